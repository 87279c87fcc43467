package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	maxPublic    = 16384                  // Open live connections of the public; more are refused with 503.
	maxPerClient = 64                     // Of these from one address: a hall's Wi-Fi, but no flood.
	maxStaff     = 1024                   // Open live connections of the staff; no crowd outside takes theirs.
	freshEvery   = 10 * time.Second       // Look at the office at least so often: opening hours change without an event.
	refreshPause = 20 * time.Millisecond  // Least time between two snapshots; many events in between become one.
	refreshMost  = 100 * time.Millisecond // Most time between them, while events come.
	refreshShare = 2                      // In between, a snapshot is followed by so many times its own time of rest.
	retryMin     = 500 * time.Millisecond // First pause after the log broke off …
	retryMax     = 10 * time.Second       // … and the longest.
)

// snapshot is the office at one seq, ready to be sent: SSE frames, encoded
// once and shared by all watchers.
type snapshot struct {
	seq     int64
	board   map[page.Lang][]byte // The board that has no name, which shows all.
	staff   []byte
	hall    hall                       // For the pages that are one ticket's.
	setting string                     // Stands for what the office has decided about its boards.
	make    func(boardKey) []byte      // Encodes the board of a name or a counter; nil = there is none.
	known   func(boardKey) boardKey    // Leaves out a name or counter that is not there: strangers may ask for any. Set with make.
	mu      sync.Mutex                 // Guards special.
	special map[boardKey]func() []byte // Boards that somebody has asked for, each encoded once.
}

// frame gives what a board is to be sent; nil if it cannot be made. The boards
// of names and counters are made when the first watcher asks: an office has more
// of them than hang in it.
func (s *snapshot) frame(k boardKey) []byte {
	if s.make != nil {
		k = s.known(k)
	}
	if plain := (boardKey{lang: k.lang}); k == plain || s.make == nil {
		return s.board[k.lang]
	}
	s.mu.Lock()
	if s.special == nil {
		s.special = map[boardKey]func() []byte{}
	}
	once, ok := s.special[k]
	if !ok {
		once = sync.OnceValue(func() []byte { return s.make(k) })
		s.special[k] = once
	}
	s.mu.Unlock()
	return once()
}

// inHand reports whether a counter has a ticket.
func (s *snapshot) inHand(ticket string) bool {
	return slices.ContainsFunc(s.hall.counters, func(c queue.CounterView) bool { return c.Ticket != nil && c.Ticket.ID == ticket })
}

// same reports whether a watcher would see no difference.
func (s *snapshot) same(o *snapshot) bool {
	if s == nil || o == nil || s.seq != o.seq || s.setting != o.setting || !bytes.Equal(s.staff, o.staff) {
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

// watcher is who is told of every snapshot.
type watcher struct {
	client string // Address, or staff.
	ticket string // Whose page it is; empty = none's.
}

// feed hands the latest snapshot to every watcher.
type feed struct {
	now func() time.Time

	mu       sync.Mutex // Guards everything below; nothing blocks under it.
	running  bool
	last     *snapshot
	fresh    time.Time // When last was known to be true.
	watchers map[chan *snapshot]watcher
	clients  map[string]int // Watchers of each address, and of the staff.
}

func newFeed(now func() time.Time) *feed {
	return &feed{now: now, running: true, fresh: now(), watchers: map[chan *snapshot]watcher{}, clients: map[string]int{}}
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

// watch lets a client in, by its address, or the staff, who looks at a ticket
// or, with "", at the hall. It gives a mailbox
// that holds the latest snapshot not yet taken; it is closed when the feed
// ends. leave must be called.
func (f *feed) watch(client, ticket string) (box <-chan *snapshot, leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.full(client); err != nil {
		return nil, nil, err
	}
	b := make(chan *snapshot, 1)
	if f.last != nil {
		b <- f.last
	}
	f.watchers[b] = watcher{client, ticket}
	f.clients[client]++
	return b, func() { f.leave(b) }, nil
}

// leave forgets a watcher; one that left already is not counted twice.
func (f *feed) leave(b chan *snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	who, ok := f.watchers[b]
	if !ok {
		return
	}
	client := who.client
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
	// Whoever is at a counter or on the way there, and the hall, are told before
	// those who learn that they are one place further.
	for _, first := range []bool{true, false} {
		for box, who := range f.watchers {
			if (who.ticket == "" || s.inHand(who.ticket)) != first {
				continue
			}
			select {
			case <-box: // The watcher is slow: it gets the newer one instead.
			default:
			}
			box <- s // Never blocks: only publish sends, under the lock.
		}
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
	var after int64 = -1
	_ = queue.Following{ // Ends with ctx.
		Office: w.Office, First: retryMin, Most: retryMax,
		From: func(ctx context.Context) (_ int64, err error) {
			if after < 0 {
				var seq int64
				if seq, err = queue.BeforeToday(ctx, w.Office, w.Now()); err == nil {
					after = seq
				}
			}
			return after, err
		},
		Event: func(_ context.Context, ev queue.Event) (bool, error) {
			after = ev.Seq
			w.roll.add(ev)
			poke(wake)
			return false, nil
		},
		Broken: func(err error, _ time.Duration) {
			w.log.Warn("log broke off, following again", "after", after, "err", err)
			poke(wake)
		},
	}.Run(ctx)
}

// keepFresh publishes a snapshot after every wake and every freshEvery.
func (w *Web) keepFresh(ctx context.Context, wake <-chan struct{}) {
	tick := time.NewTicker(freshEvery)
	defer tick.Stop()
	failing := false
	for {
		began := time.Now()
		err := w.refresh(ctx)
		if failed := err != nil && ctx.Err() == nil; failed != failing {
			failing = failed
			w.log.Warn("live pages", "stale", failing, "err", err)
		}
		sleep(ctx, min(refreshMost, max(refreshPause, refreshShare*time.Since(began))))
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
	s, err := w.encode(ctx, h)
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
	boards     []queue.BoardSetup  // Those with a name.
	next       map[string][]string // Service → numbers whose turn is near.
	shared     map[string]shared   // Counters at which several consoles are open.
	rules      queue.Rules
}

// laterMost is how often a ticket may be pushed back.
func (h hall) laterMost() int { return cmp.Or(h.rules.LaterMost, 2) }

func (w *Web) look(ctx context.Context) (hall, error) {
	var h hall
	var errs [5]error
	h.board, errs[0] = w.Office.Board(ctx)
	h.info, errs[1] = w.Office.Info(ctx)
	w.keepTo(h.info.TimeZone)
	h.services, errs[2] = w.Office.Services(ctx)
	h.counters, errs[3] = w.Office.Counters(ctx)
	h.procedures, errs[4] = w.Office.Procedures(ctx)
	h.rings, h.shared = w.bell.asking(), w.seats.shared()
	setup := w.decided(ctx)
	h.boards, h.rules, h.roll = setup.Boards, setup.Rules, w.roll.view(w.Now(), setup.Rules)
	h.next = w.roll.next(setup, w.Now())
	return h, errors.Join(errs[:]...)
}

// encode renders a snapshot for every kind of watcher.
func (w *Web) encode(ctx context.Context, h hall) (*snapshot, error) {
	s := &snapshot{seq: h.board.Seq, board: map[page.Lang][]byte{}, hall: h}
	for _, l := range []page.Lang{page.Vietnamese, page.English} {
		f, err := w.boardFrame(boardKey{lang: l}, h)
		if err != nil {
			return nil, err
		}
		s.board[l] = page.Frame("board", h.board.Seq, f)
	}
	for _, b := range h.boards {
		s.setting += boardVersion(b)
	}
	s.known = h.known
	s.make = func(k boardKey) []byte {
		f, err := w.boardFrame(k, h)
		if err != nil {
			w.log.Warn("board not made", "board", k.name, "counter", k.counter, "err", err)
			return nil
		}
		return page.Frame("board", h.board.Seq, f)
	}
	s.staff = page.Frame("staff", h.board.Seq, w.staffNow(ctx, h))
	return s, nil
}

// staffNow is what the consoles are sent, with the notes on what is in hand.
func (w *Web) staffNow(ctx context.Context, h hall) staffSnapshot {
	s := staffView(h)
	for _, c := range s.Counters {
		w.noted(ctx, c.Ticket)
	}
	return s
}

// poke wakes without waiting; one wake pending is enough.
func poke(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) { queue.Await(ctx, nil, d) }
