package whatif

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// world is an office with a clock, at which anything may be done.
type world struct {
	engine *queue.Engine
	store  *memory.Store
	now    time.Time
}

func newWorld(t rapid.TB, setup queue.Setup, at time.Time) *world {
	w := &world{store: &memory.Store{}, now: at}
	var seed uint64
	var err error
	w.engine, err = queue.NewEngine(context.Background(), queue.Config{
		Setup: setup, Store: w.store, Now: func() time.Time { return w.now },
		Seed: func() uint64 { seed++; return seed },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) do(t rapid.TB, c queue.Command) queue.Answer {
	return w.engine.Together(context.Background(), c)[0]
}

var staff = queue.Meta{Caller: "staff-1"}

// severalDays is the log of an office that gave one number more each day, from
// 2026-11-20 on.
func severalDays(t *testing.T, days int) Log {
	w := newWorld(t, queue.CommuneCentre(), time.Date(2026, 11, 19, 22, 0, 0, 0, time.UTC)) // Five in the morning.
	for n := range days {
		for range n + 1 {
			w.now = w.now.Add(time.Minute)
			if a := w.do(t, queue.TakeRequest{Meta: staff, Service: "A", Channel: queue.Kiosk}); a.Err != nil {
				t.Fatal(a.Err)
			}
		}
		w.now = time.Date(2026, 11, 20+n, 22, 0, 0, 0, time.UTC)
		w.engine.Together(context.Background())
	}
	return w.store
}

// Whatever happens in an office on a day can be replayed, and the replay keeps
// the books: nobody is lost, and as it was is what the log says.
func TestAnyDayCanBeReplayed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		setup := queue.CommuneCentre()
		setup.Rules.CheckIn = rapid.Bool().Draw(t, "check-in")
		w := newWorld(t, setup, time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC))
		for range rapid.IntRange(1, 120).Draw(t, "actions") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 240).Draw(t, "seconds")) * time.Second)
			_ = w.do(t, anything(t, w.now)) // Most is refused, as in any office with children in it.
		}
		events, err := w.store.Read(context.Background(), setup.Office, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		called, finished := books(events)
		r, err := Replay(context.Background(), events, Change{Rates: oneTo(rapid.Float64Range(1, 4).Draw(t, "rate"))})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Was.All.N + r.Was.Absent; got != called {
			t.Errorf("%d called as it was, the log says %d", got, called)
		}
		if r.Was.Served != finished {
			t.Errorf("%d served as it was, the log says %d", r.Was.Served, finished)
		}
		day, err := readDay(events)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(day.day.Visits, func(a, b Visit) int { return a.At.Compare(b.At) }) {
			t.Error("the visits are not by the time they came")
		}
		for what, f := range map[string]Figures{"as it was": r.Was, "own": r.Own, "other": r.Other} {
			if f.All.Max < f.All.P95 || f.All.P95 < f.All.Median || f.All.N+f.Absent+f.Unserved > len(day.day.Visits) {
				t.Errorf("%s: %+v of %d visits", what, f, len(day.day.Visits))
			}
		}
	})
}

// books tells how many tickets of a log were called, and how many are served,
// by the simplest reading: what staff took back did not happen.
func books(events []queue.Event) (called, finished int) {
	calls, state := map[string]int{}, map[string]queue.State{}
	for _, e := range withoutUndone(events) {
		if e.Ticket == nil {
			continue
		}
		if e.Kind == queue.TicketCalled {
			calls[e.Ticket.ID]++
		}
		state[e.Ticket.ID] = e.Ticket.State
	}
	for _, s := range state {
		if s == queue.Completed {
			finished++
		}
	}
	return len(calls), finished
}

// anything is any command that an office may be given.
func anything(t *rapid.T, now time.Time) queue.Command {
	service := rapid.SampledFrom([]string{"A", "B", "C", "D"})
	counter := rapid.SampledFrom([]string{"1", "2", "3", "4"})
	number := func() string {
		return fmt.Sprintf("%s%d", service.Draw(t, "prefix"), rapid.IntRange(1, 9).Draw(t, "number"))
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1, 2:
		take := queue.TakeRequest{
			Meta: staff, Service: service.Draw(t, "service"), Channel: rapid.SampledFrom(queue.Channels()).Draw(t, "channel"),
			Class: rapid.SampledFrom([]queue.Class{queue.Normal, queue.Priority, queue.Appointment}).Draw(t, "class"), Hold: rapid.IntRange(0, 3).Draw(t, "hold") == 0,
		}
		if take.Class == queue.Appointment {
			take.Slot = now.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, "slot")) * time.Minute)
		}
		take.Reserve = take.Channel == queue.Kiosk && take.Class == queue.Normal && rapid.Bool().Draw(t, "aside")
		return take
	case 3, 4:
		return queue.SetCounterRequest{
			Meta: staff, Counter: counter.Draw(t, "counter"), InHand: rapid.SampledFrom([]queue.Action{queue.Finish, queue.Requeue, queue.Park}).Draw(t, "in hand"),
			State: rapid.SampledFrom([]queue.CounterState{queue.Opened, queue.Opened, queue.Opened, queue.Paused, queue.Closed}).Draw(t, "state"),
		}
	case 5, 6:
		return queue.CounterRequest{Meta: staff, Counter: counter.Draw(t, "counter")}
	case 7:
		return queue.CallRequest{Meta: staff, Counter: counter.Draw(t, "counter"), Ticket: number(), Reason: "người già yếu"}
	default:
		r := queue.ActRequest{Meta: staff, Ticket: number(), Action: rapid.SampledFrom(queue.Actions()).Draw(t, "action"), Places: 2, Level: 4}
		switch r.Action {
		case queue.Transfer:
			if rapid.Bool().Draw(t, "to counter") {
				r.Counter = counter.Draw(t, "to")
			} else {
				r.Service = service.Draw(t, "to")
			}
		case queue.Confirm:
			if rapid.Bool().Draw(t, "told") {
				r.Told = &queue.Told{At: now.Add(-time.Duration(rapid.IntRange(0, 600).Draw(t, "ago")) * time.Second), Class: queue.Priority}
			}
		case queue.Resume:
			r.Counter = counter.Draw(t, "resume at")
		}
		return r
	}
}
