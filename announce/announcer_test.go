package announce

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeOffice is an office with a log that tests write.
type fakeOffice struct {
	queue.Office // Nil: what is not used must not be called.

	mu      sync.Mutex
	events  []queue.Event
	tickets map[string]queue.Ticket
	seats   []queue.Seat
	down    error
	more    chan struct{}
}

func newFakeOffice() *fakeOffice {
	return &fakeOffice{tickets: map[string]queue.Ticket{}, more: make(chan struct{})}
}

func (o *fakeOffice) Info(context.Context) (queue.Info, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return queue.Info{Region: "south"}, o.down
}

func (o *fakeOffice) Board(context.Context) (queue.Board, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return queue.Board{Seq: int64(len(o.events)), Serving: o.seats}, o.down
}

func (o *fakeOffice) Ticket(_ context.Context, ref string) (queue.Ticket, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, t := range o.tickets {
		if id == ref || t.Number.String() == ref {
			return t, o.down
		}
	}
	return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no %s", ref)
}

func (o *fakeOffice) Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		for {
			o.mu.Lock()
			down, more, next := o.down, o.more, queue.Event{}
			if after < int64(len(o.events)) {
				next = o.events[after]
			}
			o.mu.Unlock()
			switch {
			case down != nil:
				yield(queue.Event{}, down)
				return
			case next.Seq > 0:
				after = next.Seq
				if !yield(next, nil) {
					return
				}
				continue
			}
			select {
			case <-ctx.Done():
				yield(queue.Event{}, ctx.Err())
				return
			case <-more:
			}
		}
	}
}

// log appends an event and wakes the followers.
func (o *fakeOffice) log(kind queue.Kind, t queue.Ticket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tickets[t.ID] = t
	o.events = append(o.events, queue.Event{
		Seq: int64(len(o.events) + 1), At: time.Now(), Kind: kind, Counter: t.Counter, Ticket: &t,
	})
	o.wake()
}

func (o *fakeOffice) wake() {
	close(o.more)
	o.more = make(chan struct{})
}

func (o *fakeOffice) setDown(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = err
	o.wake()
}

func called(n int, counter string) queue.Ticket {
	return queue.Ticket{ID: fmt.Sprint(100 + n), Number: queue.Number{Prefix: "A", N: n}, State: queue.Called, Counter: counter, CallCount: 1}
}

// fakeOutput plays in (bubble) time and remembers.
type fakeOutput struct {
	name string

	mu      sync.Mutex
	err     error
	texts   []string
	starts  []time.Time
	playing bool
	overlap bool
}

func (o *fakeOutput) Name() string { return o.name }

func (o *fakeOutput) Play(ctx context.Context, c output.Clip) error {
	o.mu.Lock()
	err := o.err
	o.overlap = o.overlap || o.playing
	o.playing = true
	o.mu.Unlock()
	defer func() { o.mu.Lock(); o.playing = false; o.mu.Unlock() }()
	if err != nil {
		return err
	}
	timer := time.NewTimer(c.PCM.Duration())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts, o.starts = append(o.texts, c.Text), append(o.starts, c.StartedAt)
	return nil
}

func (o *fakeOutput) played() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.texts)
}

// began gives when the clips that were heard were handed over.
func (o *fakeOutput) began() []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.starts)
}

// announcing runs an Announcer in a bubble until the test body ends.
func announcing(t *testing.T, body func(*fakeOffice, *Announcer, *fakeOutput)) {
	synctest.Test(t, func(t *testing.T) {
		office, out := newFakeOffice(), &fakeOutput{name: "fake"}
		a := New(Config{Office: office, Outputs: []output.Output{out}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		synctest.Wait()
		body(office, a, out)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
		if out.overlap {
			t.Error("one announcement cut another")
		}
	})
}

// pass lets bubble time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAnnouncerSpeaksACall(t *testing.T) {
	announcing(t, func(office *fakeOffice, a *Announcer, out *fakeOutput) {
		office.log(queue.TicketCalled, called(12, "24"))
		pass(10 * time.Second)
		want := []string{
			"Xin mời số A không một hai đến quầy số hai mươi bốn", // The office is southern.
			"Số A không một hai, quầy số hai mươi bốn",
		}
		if got := out.played(); !slices.Equal(got, want) {
			t.Errorf("played %q\nwant %q", got, want)
		}
		gap := out.began()[1].Sub(out.began()[0]) - time.Duration(1100)*time.Millisecond // Chime only: no voice.
		if gap != PauseRepeat {
			t.Errorf("%v between the readings, want %v", gap, PauseRepeat)
		}
		s := a.Status()
		if !s.Following || s.Seq != 1 || len(s.Last) != 2 || s.Outputs[0].Played != 2 || s.Late {
			t.Errorf("status %+v", s)
		}
		if len(s.Missing) == 0 || len(s.Alarms) == 0 {
			t.Error("a missing voice raises no alarm")
		}
	})
}

func TestAnnouncerDropsWhatWasAnswered(t *testing.T) {
	announcing(t, func(office *fakeOffice, a *Announcer, out *fakeOutput) {
		office.log(queue.TicketCalled, called(1, "1"))
		pass(500 * time.Millisecond) // The first reading has begun.
		arrived := called(1, "1")
		arrived.State = queue.Serving
		office.log(queue.TicketStarted, arrived)
		moved := called(2, "2")
		office.log(queue.TicketCalled, moved)
		moved.State = queue.Cancelled
		office.log(queue.TicketCancelled, moved)
		pass(10 * time.Second)
		if got := out.played(); len(got) != 1 || !strings.Contains(got[0], "không không một") {
			t.Errorf("played %q, want the first reading of A001 only", got)
		}
	})
}

func TestAnnouncerSpeaksWhenTheOfficeIsAway(t *testing.T) {
	announcing(t, func(office *fakeOffice, a *Announcer, out *fakeOutput) {
		office.log(queue.TicketCalled, called(1, "1"))
		synctest.Wait()
		office.log(queue.TicketCalled, called(2, "2"))
		synctest.Wait()
		office.setDown(errors.New("cable cut"))
		pass(4 * time.Second)
		if s := a.Status(); s.Following || !strings.Contains(s.FollowErr, "cable cut") || len(s.Alarms) == 0 {
			t.Errorf("status %+v", s)
		}
		pass(10 * time.Second)
		if got := out.played(); len(got) != 4 {
			t.Errorf("played %q, want both calls twice", got)
		}
		office.setDown(nil)
		pass(20 * time.Second)
		office.log(queue.TicketCalled, called(3, "3"))
		pass(10 * time.Second)
		if got := out.played(); len(got) != 6 {
			t.Errorf("played %q: not back after the cut", got)
		}
		if s := a.Status(); !s.Following || s.FollowErr != "" {
			t.Errorf("status %+v", s)
		}
	})
}

func TestAnnouncerResumesYoungCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office, out := newFakeOffice(), &fakeOutput{name: "fake"}
		for i, age := range []time.Duration{5 * time.Second, 25 * time.Second, 5 * time.Second} {
			ticket := called(i+1, fmt.Sprint(i+1))
			office.log(queue.TicketCalled, ticket)
			state := queue.Called
			if i == 2 {
				state = queue.Serving
			}
			office.seats = append(office.seats, queue.Seat{Counter: ticket.Counter, Number: ticket.Number, State: state, CalledAt: time.Now().Add(-age)})
		}
		ctx, cancel := context.WithCancel(t.Context())
		a := New(Config{Office: office, Outputs: []output.Output{out}, Logger: slog.New(slog.DiscardHandler)})
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		pass(10 * time.Second)
		cancel()
		<-done
		if got := out.played(); len(got) != 2 || !strings.Contains(got[0], "A không không một") {
			t.Errorf("played %q, want A001 only, twice", got)
		}
	})
}

func TestAnnouncerBurst(t *testing.T) {
	announcing(t, func(office *fakeOffice, a *Announcer, out *fakeOutput) {
		const calls = 40
		for n := range calls {
			office.log(queue.TicketCalled, called(n+1, fmt.Sprint(n+1)))
		}
		pass(14 * time.Second)
		if s := a.Status(); !s.Late {
			t.Error("no alarm though calls begin more than ten seconds late")
		}
		pass(20 * time.Second)
		text := strings.Join(out.played(), " ")
		for n := range calls {
			if number := Spell(called(n+1, "").Number, Wording{Region: South}); !strings.Contains(text, number) {
				t.Errorf("%s is not in %q", number, text)
			}
		}
		if first := out.played()[1]; strings.Count(first, "Xin mời") != 1 || strings.Count(first, "quầy số") != maxBatch {
			t.Errorf("said together: %q", first)
		}
		if s := a.Status(); s.Ends[EndPlayed]+s.Ends[EndMerged] != calls || s.Ends[EndMerged] < calls/2 {
			t.Errorf("ends %v", s.Ends)
		}
	})
}

func TestAnnouncerOutputsFallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office, good := newFakeOffice(), &fakeOutput{name: "hall"}
		broken := output.Failed("speaker", errors.New("no usable sound card"))
		empty := output.Failed("browser", output.ErrNoListener)
		a := New(Config{Office: office, Outputs: []output.Output{broken, empty, good}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		if err := a.Test(ctx); err != nil {
			t.Errorf("test through the one that works: %v", err)
		}
		s := a.Status()
		if s.Outputs[0].Err == "" || s.Outputs[1].Err != "" || !s.Outputs[1].Unattended || s.Outputs[2].Played != 1 {
			t.Errorf("outputs %+v", s.Outputs)
		}
		if !strings.Contains(strings.Join(s.Alarms, "\n"), "no usable sound card") {
			t.Errorf("alarms %q", s.Alarms)
		}
		good.mu.Lock()
		good.err = errors.New("disk full")
		good.mu.Unlock()
		if err := a.Test(ctx); !errors.Is(err, errDropped) {
			t.Errorf("a test that nobody heard: %v", err)
		}
		cancel()
		<-done
		if err := a.Test(context.Background()); !errors.Is(err, errDropped) {
			t.Errorf("a stopped announcer: %v", err)
		}
	})
}

func TestAnnouncerFollowsTheSetup(t *testing.T) {
	announcing(t, func(office *fakeOffice, a *Announcer, _ *fakeOutput) {
		office.mu.Lock()
		office.events = append(office.events, queue.Event{Seq: 1, Kind: queue.OfficeConfigured, Setup: &queue.Setup{Region: "north", ByValue: true}})
		office.wake()
		office.mu.Unlock()
		synctest.Wait()
		if w := a.Wording(); w != (Wording{Region: North, ByValue: true}) {
			t.Errorf("wording %+v", w)
		}
	})
}

func TestZoneStopTellsEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := NewZone(ZoneConfig{Outputs: []output.Output{&fakeOutput{}}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- z.Run(ctx) }()
		var ends []<-chan Outcome
		for n := range 3 {
			ends = append(ends, z.Announce(call(n+1, fmt.Sprint(n+1))))
		}
		cancel()
		<-done
		for i, end := range ends {
			if o := <-end; o.Spoken() == (o.Reason != "") {
				t.Errorf("call %d: %+v", i, o)
			}
		}
	})
}
