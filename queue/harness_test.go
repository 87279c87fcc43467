package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/officetest"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newEngine loads an office without running it.
func newEngine(t testing.TB, c queue.Config) *queue.Engine {
	t.Helper()
	if c.Setup.Office == "" {
		c.Setup = queue.CommuneCentre()
	}
	if c.Store == nil {
		c.Store = new(memory.Store)
	}
	e, err := queue.NewEngine(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run runs an engine; stop ends it and waits, and so does the test's end.
func run(t testing.TB, e *queue.Engine) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// start loads and runs an office.
func start(t testing.TB, c queue.Config) *queue.Engine {
	t.Helper()
	e := newEngine(t, c)
	run(t, e)
	return e
}

func openSQLite(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// stores are the stores that every test of the whole engine runs over.
func stores() map[string]func(testing.TB) queue.Store {
	return map[string]func(testing.TB) queue.Store{
		"memory": func(testing.TB) queue.Store { return new(memory.Store) },
		"sqlite": func(t testing.TB) queue.Store { return openSQLite(t) },
	}
}

func links() *queue.Links { return queue.NewLinks([]byte("secret"), "http://127.0.0.1:8080") }

func TestEngineIsAnOffice(t *testing.T) {
	for name, store := range stores() {
		t.Run(name, func(t *testing.T) {
			officetest.Run(t, func(t *testing.T, setup queue.Setup) queue.Office {
				return start(t, queue.Config{Setup: setup, Store: store(t), Links: links()})
			})
		})
	}
}

// asCaller sends everything in one caller's name, as the network does.
type asCaller struct {
	queue.Office
	name string
}

func (o asCaller) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	r.Caller = o.name
	return o.Office.Take(ctx, r)
}

func TestKeysBelongToTheirCaller(t *testing.T) {
	officetest.RunCallers(t, func(t *testing.T, setup queue.Setup) (one, other queue.Office) {
		e := start(t, queue.Config{Setup: setup, Links: links()})
		return asCaller{e, "kiosk-1"}, asCaller{e, "kiosk-2"}
	})
}

// The short ways that the tests of this package share.

func take(t testing.TB, o queue.Office, r queue.TakeRequest) queue.Ticket {
	t.Helper()
	if r.Service == "" {
		r.Service = "A"
	}
	if r.Channel == "" {
		r.Channel = queue.Kiosk
	}
	got, err := o.Take(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func act(t testing.TB, o queue.Office, ticket string, a queue.Action) queue.Ticket {
	t.Helper()
	got, err := o.Act(context.Background(), queue.ActRequest{Ticket: ticket, Action: a})
	if err != nil {
		t.Fatalf("%s %s: %v", a, ticket, err)
	}
	return got
}

func openCounter(t testing.TB, o queue.Office, id string) {
	t.Helper()
	if _, err := o.SetCounter(context.Background(), queue.SetCounterRequest{Counter: id, State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
}

func next(t testing.TB, o queue.Office, counter string) queue.Ticket {
	t.Helper()
	got, err := o.Next(context.Background(), queue.CounterRequest{Counter: counter})
	if err != nil {
		t.Fatalf("next at %s: %v", counter, err)
	}
	return got
}

func ticket(t testing.TB, o queue.Office, ref string) queue.Ticket {
	t.Helper()
	got, err := o.Ticket(context.Background(), ref)
	if err != nil {
		t.Fatalf("ticket %s: %v", ref, err)
	}
	return got
}

func wantCode(t testing.TB, err error, want queue.Code) {
	t.Helper()
	if got := queue.ErrorCode(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// stored is the whole log as the store has it.
func stored(t testing.TB, s queue.Store) []queue.Event {
	t.Helper()
	events, err := s.Read(context.Background(), queue.CommuneCentre().Office, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has seq %d", i, e.Seq)
		}
	}
	return events
}

// gate is a store whose writing can be held up and made to fail.
type gate struct {
	queue.Store
	mu     sync.Mutex
	before func() error // Asked before an append; an error is its outcome.
	after  func() error // Asked after one; the batch is stored by then.
	load   func() error
}

func (g *gate) set(before, after, load func() error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before, g.after, g.load = before, after, load
}

func (g *gate) ask(which func(*gate) func() error) error {
	g.mu.Lock()
	f := which(g)
	g.mu.Unlock()
	if f == nil {
		return nil
	}
	return f()
}

func (g *gate) Append(ctx context.Context, b queue.Batch) error {
	if err := g.ask(func(g *gate) func() error { return g.before }); err != nil {
		return err
	}
	return errors.Join(g.Store.Append(ctx, b), g.ask(func(g *gate) func() error { return g.after }))
}

func (g *gate) Load(ctx context.Context, office string, keysSince time.Time) (queue.Loaded, error) {
	if err := g.ask(func(g *gate) func() error { return g.load }); err != nil {
		return queue.Loaded{}, err
	}
	return g.Store.Load(ctx, office, keysSince)
}

func diskFull() error { return errors.New("disk full") }
