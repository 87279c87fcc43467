package sqlite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/sqlite/powercut"
)

// powerChild, in the environment, makes TestPowerCutChild an office that works
// under a recorder; it holds a cutLife as JSON.
const powerChild = "XINMOI_POWERCUT_CHILD"

// cutLife is one life of the office's process.
type cutLife struct {
	Dir     string
	Journal string
	Name    string         // Part of the request keys.
	Start   time.Time      // The office's time at the beginning.
	Resume  map[string]int // Worker → its latest request that was acknowledged: repeated first.
	Marks   int            // How many acknowledgements until it ends.
	Turn    int            // Every how many of them a night passes.
	Workers int            // How many take tickets; half as many call them.
	Close   bool           // Whether it ends in order.
	Weak    bool           // Without flushes at commits.
}

// ackMark is what the process says about an acknowledged request.
type ackMark struct {
	Worker  string
	N       int
	Key     string
	Ticket  string
	Number  string
	Day     string
	Version int64
}

// cutOffice has limits per person, so that persons are on record.
func cutOffice() queue.Setup {
	setup := queue.CommuneCentre()
	setup.Rules.PersonMost = 2
	return setup
}

// plainLife is the name of a life without held tickets: one commit each.
const plainLife = "plain"

// cutTake is the n-th request of a worker, the same at every repetition.
func cutTake(worker, key string, n int) queue.TakeRequest {
	r := queue.TakeRequest{Meta: queue.Meta{Key: key, Caller: worker}, Service: []string{"A", "B", "C", "D"}[n%4], Channel: queue.Kiosk}
	if n%3 == 0 {
		r.Channel, r.Person = queue.Phone, fmt.Sprintf("tel:+84%s%d", worker, n)
	}
	r.Hold = n%5 == 0 && !strings.HasPrefix(worker, plainLife)
	return r
}

// TestPowerCutChild is the child's body; in an ordinary run it does nothing.
func TestPowerCutChild(t *testing.T) {
	text := os.Getenv(powerChild)
	if text == "" {
		t.Skip("only as a child of the tests of power cuts")
	}
	var life cutLife
	if err := json.Unmarshal([]byte(text), &life); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), life.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if life.Weak {
		if err := db.Weaken(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	marker, err := powercut.OpenMarker(life.Journal)
	if err != nil {
		t.Fatal(err)
	}
	w := &cutWork{life: life, marker: marker}
	w.now.Store(life.Start.UnixMilli())
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: cutOffice(), Store: db, Now: func() time.Time { return time.UnixMilli(w.now.Load()) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	w.office = e
	w.work()
	if !life.Close {
		os.Exit(0) // As if killed: nothing is closed.
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// cutWork is the work of one life.
type cutWork struct {
	life   cutLife
	office *queue.Engine
	marker *powercut.Marker
	now    atomic.Int64 // Unix milliseconds.
	marks  atomic.Int64
}

func (w *cutWork) work() {
	var all sync.WaitGroup
	for i := range w.life.Workers {
		all.Go(func() { w.loop(fmt.Sprintf("%s.t%d", w.life.Name, i), w.takeOne) })
	}
	for i := range w.life.Workers / 2 {
		all.Go(func() { w.loop(fmt.Sprintf("%s.c%d", w.life.Name, i), w.callOne(fmt.Sprint(i+1))) })
	}
	all.Wait()
}

func (w *cutWork) loop(worker string, one func(worker, key string, n int)) {
	for n := w.life.Resume[worker]; w.marks.Load() < int64(w.life.Marks); n++ {
		one(worker, fmt.Sprintf("%s.%d", worker, n), n)
	}
}

// takeOne takes a ticket and confirms it if it is held.
func (w *cutWork) takeOne(worker, key string, n int) {
	r := cutTake(worker, key, n)
	got, err := w.office.Take(context.Background(), r)
	w.mark(ackMark{Worker: worker, N: n, Key: key}, got, err)
	if r.Hold {
		key += ".confirm"
		got, err := w.office.Act(context.Background(), queue.ActRequest{Meta: queue.Meta{Key: key, Caller: worker}, Ticket: got.ID, Action: queue.Confirm})
		w.mark(ackMark{Worker: worker, N: n, Key: key}, got, err)
	}
}

// callOne calls the next ticket to a counter and finishes it.
func (w *cutWork) callOne(counter string) func(worker, key string, n int) {
	return func(worker, key string, n int) {
		meta := queue.Meta{Key: key, Caller: worker}
		ctx := context.Background()
		got, err := w.office.Next(ctx, queue.CounterRequest{Meta: meta, Counter: counter})
		switch queue.ErrorCode(err) {
		case "":
			w.mark(ackMark{Worker: worker, N: n, Key: key}, got, nil)
			meta.Key += ".finish"
			got, err = w.office.Act(ctx, queue.ActRequest{Meta: meta, Ticket: got.ID, Action: queue.Finish})
			w.mark(ackMark{Worker: worker, N: n, Key: meta.Key}, got, err)
		case queue.CodeCounterClosed:
			if _, err := w.office.SetCounter(ctx, queue.SetCounterRequest{Meta: queue.Meta{Caller: worker}, Counter: counter, State: queue.Opened}); err != nil {
				w.fail(err)
			}
		case queue.CodeCounterBusy: // Called in a life before this one, which did not get as far as to say so.
			w.finishInHand(ctx, counter)
		case queue.CodeNobodyWaiting:
			runtime.Gosched()
		default:
			w.fail(err)
		}
	}
}

func (w *cutWork) finishInHand(ctx context.Context, counter string) {
	seats, err := w.office.Counters(ctx)
	if err != nil {
		w.fail(err)
	}
	for _, seat := range seats {
		if seat.ID == counter && seat.Ticket != nil {
			_, _ = w.office.Act(ctx, queue.ActRequest{Ticket: seat.Ticket.ID, Action: queue.Finish})
		}
	}
}

// mark says that a request was acknowledged; one that was refused changed
// nothing, and a night may have passed between two requests for one ticket.
func (w *cutWork) mark(a ackMark, got queue.Ticket, err error) {
	switch queue.ErrorCode(err) {
	case "":
	case queue.CodeWrongState, queue.CodeUnknownTicket:
		return
	default:
		w.fail(err)
	}
	a.Ticket, a.Number, a.Day, a.Version = got.ID, got.Number.String(), got.Day, got.Version
	text, err := json.Marshal(a)
	if err == nil {
		err = w.marker.Mark(text)
	}
	if err != nil {
		w.fail(err)
	}
	w.now.Add(200)
	if n := w.marks.Add(1); w.life.Turn > 0 && n%int64(w.life.Turn) == 0 {
		w.now.Add((24 * time.Hour).Milliseconds())
	}
}

func (w *cutWork) fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(3)
}
