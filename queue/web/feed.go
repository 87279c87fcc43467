package web

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	maxPublic    = 4096                   // Open live connections of the public; more are refused with 503.
	maxPerClient = 64                     // Of these from one address: a hall's Wi-Fi, but no flood.
	maxStaff     = 1024                   // Open live connections of the staff; no crowd outside takes theirs.
	freshEvery   = 10 * time.Second       // Look at the office at least so often: opening hours change without an event.
	refreshPause = 100 * time.Millisecond // Between two snapshots; many events in between become one.
	retryMin     = 500 * time.Millisecond // First pause after the log broke off …
	retryMax     = 10 * time.Second       // … and the longest.
)

// snapshot is the office at one seq, ready to be sent: SSE frames, encoded
// once and shared by all watchers.
type snapshot struct {
	seq   int64
	board map[page.Lang][]byte
	staff []byte
}

// same reports whether a watcher would see no difference.
func (s *snapshot) same(o *snapshot) bool {
	if s == nil || o == nil || s.seq != o.seq || !bytes.Equal(s.staff, o.staff) {
		return s == o
	}
	for l, frame := range s.board {
		if !bytes.Equal(frame, o.board[l]) {
			return false
		}
	}
	return true
}

// Why a watcher is refused.
var (
	errFull    = errors.New("too many live connections")
	errCrowded = errors.New("too many live connections from one address")
	errClosed  = errors.New("the live pages are stopped")
)

// staff stands for the address of everyone who came with a staff or admin
// token: they are counted apart from the public, and together.
const staff = ""

// feed hands the latest snapshot to every watcher.
type feed struct {
	now func() time.Time

	mu       sync.Mutex // Guards everything below; nothing blocks under it.
	running  bool
	last     *snapshot
	fresh    time.Time                 // When last was known to be true.
	watchers map[chan *snapshot]string // By address, or staff.
	clients  map[string]int            // Watchers of each address, and of the staff.
}

func newFeed(now func() time.Time) *feed {
	return &feed{now: now, running: true, fresh: now(), watchers: map[chan *snapshot]string{}, clients: map[string]int{}}
}

// open lets watchers in.
func (f *feed) open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = true
}

// close lets every watcher go and refuses new ones.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = false
	for box := range f.watchers {
		close(box)
	}
	clear(f.watchers)
	clear(f.clients)
}

// full tells why a client, or the staff, gets no further connection. The
// caller holds f.mu.
func (f *feed) full(client string) error {
	switch crew := f.clients[staff]; {
	case !f.running:
		return errClosed
	case client == staff && crew >= maxStaff, client != staff && len(f.watchers)-crew >= maxPublic:
		return errFull
	case client != staff && f.clients[client] >= maxPerClient:
		return errCrowded
	default:
		return nil
	}
}

// watch lets a client in, by its address, or the staff. It gives a mailbox
// that holds the latest snapshot not yet taken; it is closed when the feed
// ends. leave must be called.
func (f *feed) watch(client string) (box <-chan *snapshot, leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.full(client); err != nil {
		return nil, nil, err
	}
	b := make(chan *snapshot, 1)
	if f.last != nil {
		b <- f.last
	}
	f.watchers[b] = client
	f.clients[client]++
	return b, func() { f.leave(b) }, nil
}

// leave forgets a watcher; one that left already is not counted twice.
func (f *feed) leave(b chan *snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	client, ok := f.watchers[b]
	if !ok {
		return
	}
	delete(f.watchers, b)
	if f.clients[client]--; f.clients[client] == 0 {
		delete(f.clients, client)
	}
}

// publish puts s into every mailbox, over whatever lies there unread. A
// snapshot that changes nothing only proves that the last one is still true.
func (f *feed) publish(s *snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fresh = f.now()
	if f.last != nil && s.same(f.last) {
		return
	}
	f.last = s
	for box := range f.watchers {
		select {
		case <-box: // The watcher is slow: it gets the newer one instead.
		default:
		}
		box <- s // Never blocks: only publish sends, under the lock.
	}
}

// age is how long ago the office was last known to be as shown.
func (f *feed) age() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(0, f.now().Sub(f.fresh))
}

// follow keeps the roll of the day and wakes the refresher at every event. The
// rest of a snapshot is read from the office itself, and so cannot miss
// anything.
func (w *Web) follow(ctx context.Context, wake chan<- struct{}) {
	pause := retryMin
	var after int64 = -1
	for ctx.Err() == nil {
		if after < 0 {
			if seq, err := w.beginning(ctx); err == nil {
				after = seq
			}
		}
		if after >= 0 {
			if seq := w.drain(ctx, after, wake); seq > after {
				after, pause = seq, retryMin
			}
		}
		poke(wake)
		sleep(ctx, pause/2+rand.N(pause/2))
		pause = min(pause*2, retryMax)
	}
}

// drain reads the log until it breaks off and returns the last seq seen.
func (w *Web) drain(ctx context.Context, after int64, wake chan<- struct{}) int64 {
	for ev, err := range w.Office.Events(ctx, after) {
		if err != nil {
			if ctx.Err() == nil {
				w.log.Warn("log broke off, following again", "after", after, "err", err)
			}
			break
		}
		after = ev.Seq
		w.roll.add(ev)
		poke(wake)
	}
	return after
}

// keepFresh publishes a snapshot after every wake and every freshEvery.
func (w *Web) keepFresh(ctx context.Context, wake <-chan struct{}) {
	tick := time.NewTicker(freshEvery)
	defer tick.Stop()
	failing := false
	for {
		err := w.refresh(ctx)
		if failed := err != nil && ctx.Err() == nil; failed != failing {
			failing = failed
			w.log.Warn("live pages", "stale", failing, "err", err)
		}
		sleep(ctx, refreshPause)
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
	}
}

// refresh reads the office and publishes what it saw.
func (w *Web) refresh(ctx context.Context) error {
	h, err := w.look(ctx)
	if err != nil {
		return err
	}
	s, err := w.encode(h)
	if err != nil {
		return err
	}
	w.feed.publish(s)
	return nil
}

// hall is everything the live pages show, read at one moment. Board comes
// first: what the others tell is never older than its seq.
type hall struct {
	board      queue.Board
	info       queue.Info
	services   []queue.ServiceView
	counters   []queue.CounterView
	procedures []queue.Procedure
	roll       rollView
	rings      []ring
}

func (w *Web) look(ctx context.Context) (hall, error) {
	var h hall
	var errs [5]error
	h.board, errs[0] = w.Office.Board(ctx)
	h.info, errs[1] = w.Office.Info(ctx)
	h.services, errs[2] = w.Office.Services(ctx)
	h.counters, errs[3] = w.Office.Counters(ctx)
	h.procedures, errs[4] = w.Office.Procedures(ctx)
	h.rings = w.bell.asking()
	h.roll = w.roll.view(w.Now(), w.rules(ctx))
	return h, errors.Join(errs[:]...)
}

// encode renders a snapshot for every kind of watcher.
func (w *Web) encode(h hall) (*snapshot, error) {
	s := &snapshot{seq: h.board.Seq, board: map[page.Lang][]byte{}}
	for _, l := range []page.Lang{page.Vietnamese, page.English} {
		html, err := w.kit.Fragment("board", "hall", page.View{Lang: l, Data: w.boardView(l, h)})
		if err != nil {
			return nil, err
		}
		s.board[l] = frame("board", h.board.Seq, map[string]string{"html": string(html)})
	}
	s.staff = frame("staff", h.board.Seq, staffView(h))
	return s, nil
}

// poke wakes without waiting; one wake pending is enough.
func poke(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
