package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func morning() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) }

// event makes a line of the log about ticket A001 … as it then was.
func event(seq int64, k queue.Kind, id, counter string, s queue.State) queue.Event {
	return queue.Event{
		Seq: seq, Kind: k, Counter: counter, Actor: "staff", At: morning().Add(time.Duration(seq) * time.Second),
		Ticket: &queue.Ticket{ID: id, State: s, Service: "A", Counter: counter, Version: seq},
	}
}

func TestRollUndo(t *testing.T) {
	system := event(3, queue.TicketNoShow, "1", "1", queue.NoShow)
	system.Actor = "system"
	for name, tc := range map[string]struct {
		events []queue.Event
		after  time.Duration // Since the last event.
		want   queue.Kind
	}{
		"nothing done":     {[]queue.Event{event(1, queue.TicketIssued, "1", "", queue.Waiting)}, 0, ""},
		"called":           {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called)}, 0, queue.TicketCalled},
		"the latest":       {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called), event(3, queue.TicketFinished, "1", "1", queue.Completed)}, 0, queue.TicketFinished},
		"another ticket":   {[]queue.Event{event(2, queue.TicketFinished, "1", "1", queue.Completed), event(3, queue.TicketCalled, "2", "1", queue.Called)}, 0, queue.TicketCalled},
		"just in time":     {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called)}, time.Minute, queue.TicketCalled},
		"too late":         {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called)}, time.Minute + 1, ""},
		"taken back":       {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called), event(3, queue.TicketUndone, "1", "1", queue.Waiting)}, 0, ""},
		"by the clock":     {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called), system}, 0, ""},
		"followed by all":  {[]queue.Event{event(2, queue.TicketFinished, "1", "1", queue.Completed), event(3, queue.TicketRated, "1", "", queue.Completed)}, 0, ""},
		"another counter":  {[]queue.Event{event(2, queue.TicketCalled, "1", "2", queue.Called)}, 0, ""},
		"a new day":        {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called), {Seq: 3, Kind: queue.DayOpened}}, 0, ""},
		"others elsewhere": {[]queue.Event{event(2, queue.TicketCalled, "1", "1", queue.Called), event(3, queue.TicketCalled, "2", "2", queue.Called)}, 0, queue.TicketCalled},
	} {
		r := newRoll()
		last := morning()
		for _, e := range tc.events {
			r.add(e)
			if !e.At.IsZero() {
				last = e.At
			}
		}
		if got := r.view(last.Add(tc.after), queue.Rules{}).last["1"].Kind; got != tc.want {
			t.Errorf("%s: counter 1 may undo %q, want %q", name, got, tc.want)
		}
	}
}

func TestRollLists(t *testing.T) {
	r := newRoll()
	r.add(event(1, queue.TicketParked, "1", "1", queue.Parked))
	r.add(event(2, queue.TicketNoShow, "2", "1", queue.NoShow))
	r.add(event(3, queue.TicketIssued, "3", "", queue.Waiting))
	r.add(event(4, queue.TicketEntitled, "1", "1", queue.Parked)) // Still set aside since the first.
	r.add(queue.Event{Seq: 5, Kind: queue.IssuingStopped, Service: "B", Reason: "Hết giờ"})
	v := r.view(morning().Add(time.Minute), queue.Rules{})
	if len(v.parked) != 1 || v.parked[0].ID != "1" || !v.parked[0].Since.Equal(morning().Add(time.Second)) || v.parked[0].Version != 4 {
		t.Errorf("parked %+v", v.parked)
	}
	if len(v.missed) != 1 || len(r.waiting([]string{"A"})) != 1 || len(r.waiting([]string{"B"})) != 0 || v.stopped["B"] != "Hết giờ" {
		t.Errorf("missed %+v, stopped %v", v.missed, v.stopped)
	}
	if v := r.view(morning().Add(2*time.Second+10*time.Minute), queue.Rules{RestoreMinutes: 10}); len(v.missed) != 1 {
		t.Errorf("not restorable to the end of the office's own time")
	}
	if v := r.view(morning().Add(3*time.Second+10*time.Minute), queue.Rules{RestoreMinutes: 10}); len(v.missed) != 0 {
		t.Errorf("listed longer than it may be restored: %+v", v.missed)
	}
	r.add(queue.Event{Seq: 6, Kind: queue.IssuingResumed, Service: "B"})
	r.add(event(7, queue.TicketResumed, "1", "1", queue.Called))
	if v := r.view(morning(), queue.Rules{}); len(v.parked) != 0 || len(v.stopped) != 0 {
		t.Errorf("parked %+v, stopped %v", v.parked, v.stopped)
	}
}

// TestRollAgreesWithTheOffice: whatever is done, the lists made from the log
// are what the office itself says of every ticket.
func TestRollAgreesWithTheOffice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		setup := queue.CommuneCentre()
		engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: &memory.Store{}, Now: morning})
		if err != nil {
			rt.Fatal(err)
		}
		actions := []queue.Action{queue.Start, queue.Finish, queue.Absent, queue.Park, queue.Resume, queue.Requeue, queue.Restore, queue.Undo, queue.Cancel, queue.Later, queue.Entitle, queue.Disentitle}
		commands := []queue.Command{queue.SetCounterRequest{Counter: "1", State: queue.Opened}}
		for range rapid.IntRange(1, 40).Draw(rt, "commands") {
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				commands = append(commands, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
			case 1:
				commands = append(commands, queue.CounterRequest{Counter: "1"})
			default:
				commands = append(commands, queue.ActRequest{
					Ticket: fmt.Sprintf("A%03d", rapid.IntRange(1, 5).Draw(rt, "ticket")), Counter: "1", Reason: "x",
					Action: rapid.SampledFrom(actions).Draw(rt, "action"),
				})
			}
		}
		for _, c := range commands { // One by one: most are refused.
			engine.Together(ctx, c)
		}
		r := newRoll()
		board, err := engine.Board(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		seen := map[string]bool{}
		for e, err := range engine.Events(ctx, 0) {
			if err != nil {
				rt.Fatal(err)
			}
			r.add(e)
			if e.Ticket != nil {
				seen[e.Ticket.ID] = true
			}
			if e.Seq == board.Seq {
				break
			}
		}
		v := r.view(morning(), queue.Rules{})
		for id := range seen {
			tk, err := engine.Ticket(ctx, id)
			if err != nil {
				rt.Fatal(err)
			}
			has := func(list []aside) bool {
				return slices.ContainsFunc(list, func(a aside) bool { return a.ID == id && a.Version == tk.Version })
			}
			waits := slices.ContainsFunc(r.waiting([]string{"A"}), func(w queue.Ticket) bool { return w.ID == id })
			if has(v.parked) != (tk.State == queue.Parked) || has(v.missed) != (tk.State == queue.NoShow) || waits != (tk.State == queue.Waiting) {
				rt.Fatalf("%s is %s; parked %v, missed %v, waiting %v", tk.Number, tk.State, has(v.parked), has(v.missed), waits)
			}
		}
		if d, ok := v.last["1"]; ok { // What is offered to be undone can be undone.
			if err := engine.Together(ctx, queue.ActRequest{Ticket: d.Ticket, Action: queue.Undo, Version: d.Version})[0].Err; err != nil {
				rt.Fatalf("undo of %+v: %v", d, err)
			}
		}
	})
}

// TestNextOfTheLine: those whose turn is near are the first of the line as the
// staff's list has it, in its order.
func TestNextOfTheLine(t *testing.T) {
	setup, now := queue.CommuneCentre(), time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		r := newRoll()
		var line []queue.Ticket
		for i := range rapid.IntRange(0, 40).Draw(t, "people") {
			one := queue.Ticket{
				ID: strconv.Itoa(i), Number: queue.Number{Prefix: "A", N: i + 1}, Service: "A", State: queue.Waiting,
				Class:      rapid.SampledFrom([]queue.Class{queue.Normal, queue.Priority, queue.Appointment}).Draw(t, "class"),
				EligibleAt: now.Add(-time.Duration(rapid.IntRange(0, 9).Draw(t, "minutes")) * time.Minute),
			}
			r.tickets[one.ID] = one
			line = append(line, one)
		}
		byTurn(setup, "1", now, line)
		var want []string
		for _, one := range line[:min(len(line), boardNext)] {
			want = append(want, one.Number.String())
		}
		if got := r.next(setup, now)["A"]; !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
