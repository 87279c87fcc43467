package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestFullDisk(t *testing.T) {
	store := new(memory.Store)
	e := start(t, queue.Config{Store: store})
	openCounter(t, e, "1")
	first := take(t, e, queue.TakeRequest{})
	events := len(stored(t, store))

	store.Fail(errors.New("disk full"))
	r := queue.TakeRequest{Meta: queue.Meta{Key: "k"}, Service: "A", Channel: queue.Kiosk}
	for range 3 {
		_, err := e.Take(t.Context(), r)
		wantCode(t, err, queue.CodeUnavailable)
	}
	_, err := e.Next(t.Context(), queue.CounterRequest{Counter: "1"})
	wantCode(t, err, queue.CodeUnavailable)
	_, err = e.Act(t.Context(), queue.ActRequest{Ticket: first.ID, Action: queue.Cancel})
	wantCode(t, err, queue.CodeUnavailable)

	// Nobody sees what never became durable.
	b, err := e.Board(t.Context())
	if err != nil || b.Waiting["A"] != 1 || len(b.Serving) != 0 || b.Seq != int64(events) {
		t.Errorf("board %+v, %v", b, err)
	}
	if got := ticket(t, e, first.ID); got.State != queue.Waiting {
		t.Errorf("%s became %s", got.Number, got.State)
	}
	_, err = e.Ticket(t.Context(), "A002")
	wantCode(t, err, queue.CodeUnknownTicket)

	store.Fail(nil)
	got, err := e.Take(t.Context(), r)
	if err != nil || got.Number.N != 2 {
		t.Errorf("after the repair: %s, %v", got.Number, err)
	}
	again, err := e.Take(t.Context(), r)
	if err != nil || again.ID != got.ID {
		t.Errorf("and again: %s, %v", again.Number, err)
	}
	if n := len(stored(t, store)); n != events+1 {
		t.Errorf("%d events, want %d", n, events+1)
	}
}

// The worst outcome: the write is reported to have failed, but it is there.
func TestUnknownOutcome(t *testing.T) {
	g := &gate{Store: new(memory.Store)}
	e := start(t, queue.Config{Store: g})
	heard := watch(t, e, lastSeq(t, e))
	g.set(nil, diskFull, nil)
	r := queue.TakeRequest{Meta: queue.Meta{Key: "k"}, Service: "A", Channel: queue.Kiosk}
	_, err := e.Take(t.Context(), r)
	wantCode(t, err, queue.CodeUnavailable)
	g.set(nil, nil, nil)
	// Whoever watches the log hears of what is in it, without another event.
	if ev := hear(t, heard); ev.Ticket == nil || ev.Ticket.Number.N != 1 {
		t.Errorf("heard %+v", ev)
	}
	got, err := e.Take(t.Context(), r)
	if err != nil || got.Number.N != 1 {
		t.Errorf("the repeat gives %s, %v; want the one ticket", got.Number, err)
	}
	if other := take(t, e, queue.TakeRequest{}); other.Number.N != 2 {
		t.Errorf("the next number is %s", other.Number)
	}
}

func lastSeq(t testing.TB, o queue.Office) int64 {
	t.Helper()
	b, err := o.Board(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return b.Seq
}

// watch reads the log in the background until the test ends.
func watch(t testing.TB, o queue.Office, after int64) <-chan queue.Event {
	heard := make(chan queue.Event)
	ctx, cancel := context.WithCancel(context.Background())
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for ev, err := range o.Events(ctx, after) {
			if err != nil {
				return
			}
			select {
			case heard <- ev:
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		watcher.Wait()
	})
	return heard
}

// hear waits for the next event, but not for ever.
func hear(t testing.TB, heard <-chan queue.Event) queue.Event {
	t.Helper()
	select {
	case ev := <-heard:
		return ev
	case <-time.After(5 * time.Minute): // Only a failure uses it up.
		t.Fatal("nothing is heard of the log")
		return queue.Event{}
	}
}

// While a batch is being written, readers wait or see the old state; when it
// then fails, they have never seen the new one.
func TestNothingIsSeenBeforeItIsDurable(t *testing.T) {
	g := &gate{Store: new(memory.Store)}
	e := start(t, queue.Config{Store: g})
	writing, fail := make(chan struct{}), make(chan struct{})
	g.set(func() error {
		close(writing)
		<-fail
		return diskFull()
	}, nil, nil)
	var done sync.WaitGroup
	done.Go(func() {
		_, err := e.Take(context.Background(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
		wantCode(t, err, queue.CodeUnavailable)
	})
	<-writing
	var reading sync.WaitGroup
	for range 4 {
		reading.Add(1)
		done.Go(func() {
			reading.Done()
			for range 100 {
				if b, err := e.Board(context.Background()); err != nil || b.Waiting["A"] != 0 {
					t.Errorf("a phantom: %+v, %v", b.Waiting, err)
				}
				if _, err := e.Ticket(context.Background(), "A001"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
					t.Errorf("a phantom ticket: %v", err)
				}
			}
		})
	}
	reading.Wait()
	g.set(nil, nil, nil)
	close(fail)
	done.Wait()
	if got := take(t, e, queue.TakeRequest{}); got.Number.N != 1 {
		t.Errorf("a failed write used up a number: %s", got.Number)
	}
}

// The store is gone altogether: reading and acting say so, watchers wait, and
// all goes on by itself when it is back.
func TestStoreGoneAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{Store: new(memory.Store)}
		e := start(t, queue.Config{Store: g})
		take(t, e, queue.TakeRequest{})
		for range 3 {
			take(t, e, queue.TakeRequest{Hold: true})
		}
		seq := lastSeq(t, e)
		g.set(diskFull, nil, diskFull)
		time.Sleep(time.Minute) // Three holds lapse at once, and that cannot be written.
		for range 3 {
			_, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
			wantCode(t, err, queue.CodeUnavailable)
		}
		_, err := e.Board(t.Context())
		wantCode(t, err, queue.CodeUnavailable)
		_, err = e.Ticket(t.Context(), "A001")
		wantCode(t, err, queue.CodeUnavailable)
		_, err = e.Info(t.Context())
		wantCode(t, err, queue.CodeUnavailable)
		heard := watch(t, e, seq)
		ahead := watch(t, e, seq+1) // A cursor past what is durable.
		synctest.Wait()

		g.set(nil, nil, nil)
		time.Sleep(time.Second) // The engine looks again by itself.
		synctest.Wait()
		if b, err := e.Board(t.Context()); err != nil || b.Waiting["A"] != 1 {
			t.Errorf("board %+v, %v", b, err)
		}
		for _, cursor := range []<-chan queue.Event{heard, heard, heard, ahead, ahead} {
			if ev := hear(t, cursor); ev.Kind != queue.TicketLapsed {
				t.Errorf("heard %s", ev.Kind)
			}
		}
		got := take(t, e, queue.TakeRequest{})
		if got.Number.N != 5 {
			t.Errorf("the next number is %s", got.Number)
		}
		for _, cursor := range []<-chan queue.Event{heard, ahead} {
			if ev := hear(t, cursor); ev.Ticket == nil || ev.Ticket.ID != got.ID {
				t.Errorf("heard %+v, want %s", ev, got.Number)
			}
		}
	})
}

func TestTwoOwnersFenceEachOther(t *testing.T) {
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			a := start(t, queue.Config{Store: store})
			b := start(t, queue.Config{Store: store})
			heard := watch(t, a, lastSeq(t, a))
			numbers := map[int]bool{}
			for range 10 {
				for _, e := range []*queue.Engine{a, b} {
					got, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
					if err != nil {
						wantCode(t, err, queue.CodeFenced)
						got = take(t, e, queue.TakeRequest{}) // It has read the log anew.
					}
					if numbers[got.Number.N] {
						t.Errorf("%s was given out twice", got.Number)
					}
					numbers[got.Number.N] = true
				}
			}
			if len(numbers) != 20 {
				t.Errorf("%d different numbers, want 20", len(numbers))
			}
			issued := 0
			for _, ev := range stored(t, store) {
				if ev.Kind == queue.TicketIssued {
					issued++
				}
			}
			if issued != 20 {
				t.Errorf("%d in the log, want 20: a fenced take left something, or an acknowledged one is lost", issued)
			}
			for i := range 19 { // The other owner's too, but for its last one.
				if ev := hear(t, heard); ev.Ticket == nil || ev.Ticket.Number.N != i+1 {
					t.Fatalf("heard %+v, want number %d", ev, i+1)
				}
			}
		})
	}
}

func TestBadSetupIsRefusedAndLeavesNothing(t *testing.T) {
	store := new(memory.Store)
	setup := queue.CommuneCentre()
	setup.Services = nil
	_, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: store})
	wantCode(t, err, queue.CodeBadRequest)
	if n := len(stored(t, store)); n != 0 {
		t.Errorf("%d events of an office that cannot be", n)
	}
	store.Fail(diskFull())
	if _, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: store}); err == nil {
		t.Error("founded on a full disk")
	}
}

// The program died between its first event and the opening of the day.
func TestHalfFoundedOffice(t *testing.T) {
	store := new(memory.Store)
	setup := queue.CommuneCentre()
	founding := queue.Event{Office: setup.Office, Seq: 1, At: time.Now().UTC(), Kind: queue.OfficeConfigured, Setup: &setup}
	if err := store.Append(t.Context(), queue.Batch{Office: setup.Office, Events: []queue.Event{founding}}); err != nil {
		t.Fatal(err)
	}
	e := start(t, queue.Config{Store: store})
	if got := take(t, e, queue.TakeRequest{}); got.Day == "" || got.Number.N != 1 {
		t.Errorf("%s of day %q", got.Number, got.Day)
	}
	if kind := stored(t, store)[1].Kind; kind != queue.DayOpened {
		t.Errorf("the second event is %s", kind)
	}
}

func TestAnEditedLogIsNoticed(t *testing.T) {
	store := new(memory.Store)
	e := newEngine(t, queue.Config{Store: store})
	stop := run(t, e)
	for range 3 {
		take(t, e, queue.TakeRequest{})
	}
	stop()
	for name, edit := range map[string]func([]queue.Event){
		"nothing": func([]queue.Event) {},
		"a time": func(log []queue.Event) {
			log[3].Ticket.IssuedAt = log[3].Ticket.IssuedAt.Add(-time.Hour)
		},
	} {
		log := stored(t, store)
		fresh := make([]queue.Event, len(log))
		for i, ev := range log {
			fresh[i] = ev.Public() // Without the stored body, so that an edit shows.
			if ev.Ticket != nil {
				whole := *ev.Ticket
				fresh[i].Ticket = &whole
			}
		}
		edit(fresh)
		errors := &countErrors{}
		edited := new(memory.Store)
		if err := edited.Append(t.Context(), queue.Batch{Office: log[0].Office, Events: fresh}); err != nil {
			t.Fatal(err)
		}
		newEngine(t, queue.Config{Store: edited, Logger: errors.logger()})
		if (errors.n.Load() > 0) != (name != "nothing") {
			t.Errorf("edit of %s: %d complaints", name, errors.n.Load())
		}
	}
}

// Every page asks what the office is called: while the disk hangs, it is not
// known, and nobody waits for it.
func TestWhatTheOfficeIsCalledWaitsForNobody(t *testing.T) {
	g := &gate{Store: new(memory.Store)}
	e := start(t, queue.Config{Store: g})
	setup := queue.CommuneCentre()
	if vi, en, ok := e.Called(); !ok || vi != setup.Name || en != setup.NameEN {
		t.Errorf("%q, %q, %v", vi, en, ok)
	}
	writing, hangs := make(chan struct{}), make(chan struct{})
	g.set(func() error {
		close(writing)
		<-hangs
		return nil
	}, nil, nil)
	var done sync.WaitGroup
	done.Go(func() {
		if _, err := e.Take(context.Background(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
			t.Error(err)
		}
	})
	<-writing
	if vi, _, ok := e.Called(); ok {
		t.Errorf("%q while the store writes", vi)
	}
	g.set(nil, nil, nil)
	close(hangs)
	done.Wait()
	if _, _, ok := e.Called(); !ok {
		t.Error("not known again afterwards")
	}
}
