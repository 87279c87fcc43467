package queue

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// pressed is a staff action and what leads to it.
type pressed struct {
	before []Action      // After the call by counter 1.
	action Action        // Empty = the call itself.
	kind   Kind          // What the action leaves in the log.
	wait   time.Duration // Before the action.
}

func staffActions() map[string]pressed {
	return map[string]pressed{
		"call":                {kind: TicketCalled},
		"recall":              {action: Recall, kind: TicketRecalled, wait: time.Minute},
		"start":               {action: Start, kind: TicketStarted},
		"finish":              {before: []Action{Start}, action: Finish, kind: TicketFinished},
		"quick finish":        {action: Finish, kind: TicketFinished},
		"no-show":             {action: Absent, kind: TicketNoShow},
		"later":               {action: Later, kind: TicketPushedBack},
		"park":                {action: Park, kind: TicketParked},
		"park while serving":  {before: []Action{Start}, action: Park, kind: TicketParked},
		"resume":              {before: []Action{Park}, action: Resume, kind: TicketResumed, wait: time.Minute},
		"transfer":            {action: Transfer, kind: TicketTransferred},
		"requeue":             {before: []Action{Start}, action: Requeue, kind: TicketRequeued},
		"restore":             {before: []Action{Absent}, action: Restore, kind: TicketRestored, wait: time.Minute},
		"cancel while parked": {before: []Action{Park}, action: Cancel, kind: TicketCancelled},

		"entitle":                  {action: Entitle, kind: TicketEntitled},
		"entitle while serving":    {before: []Action{Start}, action: Entitle, kind: TicketEntitled},
		"entitle while parked":     {before: []Action{Park}, action: Entitle, kind: TicketEntitled},
		"disentitle":               {before: []Action{Entitle}, action: Disentitle, kind: TicketDisentitled},
		"disentitle while serving": {before: []Action{Start, Entitle}, action: Disentitle, kind: TicketDisentitled},
		"disentitle while parked":  {before: []Action{Park, Entitle}, action: Disentitle, kind: TicketDisentitled},
	}
}

// press leads a new office to the moment before a staff action, does it, and
// tells how the ticket was before.
func press(t *testing.T, p pressed) (w *world, before Ticket) {
	t.Helper()
	w = newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	w.setCounter(t, "2", Opened)
	ids := w.crowdOf(t, 3, TakeRequest{Service: "A", Channel: Web, Needs: []string{"wheelchair"}})
	before = *w.s.tickets[ids[0]]
	w.next(t, "1")
	if p.action != "" {
		for _, a := range p.before {
			w.act(t, withAll(ids[0], a))
		}
		w.wait(t, p.wait)
		before = *w.s.tickets[ids[0]]
		w.act(t, withAll(ids[0], p.action))
	}
	if last := w.log[len(w.log)-1]; last.Kind != p.kind {
		t.Fatalf("the action left %s, want %s", last.Kind, p.kind)
	}
	return w, before
}

func undo(id string) ActRequest {
	return ActRequest{Meta: Meta{Caller: "staff-1"}, Ticket: id, Action: Undo, Reason: "bấm nhầm"}
}

func TestUndoPutsBackWhatWas(t *testing.T) {
	for name, p := range staffActions() {
		t.Run(name, func(t *testing.T) {
			w, before := press(t, p)
			w.wait(t, time.Minute) // The last moment.
			done := *w.s.tickets[before.ID]
			got := *w.act(t, undo(before.ID))
			if diff := cmp.Diff(before, got, cmpopts.IgnoreFields(Ticket{}, "Version")); diff != "" {
				t.Errorf("not as before:\n%s", diff)
			}
			last := w.log[len(w.log)-1]
			if last.Kind != TicketUndone || last.Actor != "staff-1" || last.Reason != "bấm nhầm" || got.Version != last.Seq || last.Calls() {
				t.Errorf("event %+v, version %d", last, got.Version)
			}
			if done.State.InHand() && last.Counter != done.Counter {
				t.Errorf("taken from counter %s, the log says %q", done.Counter, last.Counter)
			}
			if (w.s.inHand("1") == before.ID) != before.State.InHand() || w.s.inHand("2") != "" {
				t.Errorf("%s, and counter 1 has %q in hand", before.State, w.s.inHand("1"))
			}
			w.refuse(t, undo(before.ID), CodeWrongState) // Once.
			w.whole(t)
			if before.State == Waiting {
				if next := w.next(t, "1"); next.ID != before.ID {
					t.Errorf("next is %s: it lost its place", next.Number)
				}
			}
		})
	}
}

func TestUndoComesTooLate(t *testing.T) {
	for name, p := range staffActions() {
		t.Run(name, func(t *testing.T) {
			w, before := press(t, p)
			w.wait(t, time.Minute+time.Millisecond)
			w.refuse(t, undo(before.ID), CodeWrongState)
		})
	}
	w := newWorld(t, ruled(Rules{UndoSeconds: 5}))
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.next(t, "1")
	w.wait(t, 5001*time.Millisecond)
	w.refuse(t, undo(id), CodeWrongState)
}

// Only the latest event of a ticket can be taken back, and only if the staff
// did it.
func TestUndoIsForTheLatestActionOfTheStaff(t *testing.T) {
	t.Run("two actions", func(t *testing.T) {
		w, before := press(t, staffActions()["start"])
		w.act(t, ActRequest{Ticket: before.ID, Action: Finish})
		if got := w.act(t, undo(before.ID)); got.State != Serving {
			t.Errorf("it is %s", got.State)
		}
		w.refuse(t, undo(before.ID), CodeWrongState)
	})
	t.Run("rated meanwhile", func(t *testing.T) {
		w, before := press(t, staffActions()["finish"])
		w.act(t, ActRequest{Ticket: before.ID, Action: Rate, Level: 5})
		w.refuse(t, undo(before.ID), CodeWrongState)
	})
	t.Run("checked in meanwhile", func(t *testing.T) {
		w, before := press(t, staffActions()["transfer"])
		w.force(t, before.ID, Waiting, "")
		w.refuse(t, undo(before.ID), CodeWrongState)
	})
	t.Run("what the taker did", func(t *testing.T) {
		w := newWorld(t, CommuneCentre())
		id := w.take(t, TakeRequest{Service: "A", Channel: Web, Hold: true}).ID
		w.refuse(t, undo(id), CodeWrongState)
		w.act(t, ActRequest{Ticket: id, Action: Confirm})
		w.refuse(t, undo(id), CodeWrongState)
		w.act(t, ActRequest{Ticket: id, Action: CheckIn})
		w.refuse(t, undo(id), CodeWrongState)
	})
	t.Run("what time did", func(t *testing.T) {
		w, before := press(t, staffActions()["park"])
		w.act(t, undo(before.ID))
		w.act(t, ActRequest{Ticket: before.ID, Action: Park, ResumeAt: w.now.Add(10 * time.Second)})
		w.wait(t, 10*time.Second)
		w.refuse(t, undo(before.ID), CodeWrongState)
	})
	t.Run("the day turned", func(t *testing.T) {
		w, before := press(t, staffActions()["call"])
		w.now = w.s.midnightAfter(w.s.day).Add(dayGrace - time.Second)
		w.settle(t)
		w.act(t, ActRequest{Ticket: before.ID, Action: Start})
		w.wait(t, 2*time.Second)
		if w.s.tickets[before.ID].State != Serving {
			t.Fatal("the new day lost what was in hand")
		}
		w.refuse(t, undo(before.ID), CodeWrongState)
		w.whole(t)
	})
	t.Run("an unknown ticket", func(t *testing.T) {
		newWorld(t, CommuneCentre()).refuse(t, undo("A001"), CodeUnknownTicket)
	})
	t.Run("an old version", func(t *testing.T) {
		w, before := press(t, staffActions()["finish"])
		stale := undo(before.ID)
		stale.Version = before.Version
		w.refuse(t, stale, CodeStaleVersion)
	})
}

func TestUndoNeedsTheCounterBack(t *testing.T) {
	for _, name := range []string{"finish", "quick finish", "no-show", "park", "later", "transfer", "requeue"} {
		t.Run(name, func(t *testing.T) {
			w, before := press(t, staffActions()[name])
			other := w.s.numbers[Number{"A", 3}]
			w.mustDo(t, Meta{}, CallRequest{Counter: "1", Ticket: other, Reason: "x"})
			w.refuse(t, undo(before.ID), CodeCounterBusy)
			w.act(t, ActRequest{Ticket: other, Action: Finish})
			w.setCounter(t, "1", Closed)
			w.refuse(t, undo(before.ID), CodeCounterClosed)
			w.setCounter(t, "1", Paused) // Staff are there.
			w.act(t, undo(before.ID))
			if w.s.inHand("1") != before.ID {
				t.Errorf("counter 1 has %q in hand", w.s.inHand("1"))
			}
			w.whole(t)
		})
	}
}

// A parked ticket whose hour came while staff had it called stays parked when
// the call is taken back: nothing brings it back unasked.
func TestUndoOfAResumeAfterItsHour(t *testing.T) {
	w, before := press(t, staffActions()["start"])
	w.act(t, ActRequest{Ticket: before.ID, Action: Park, ResumeAt: w.now.Add(10 * time.Second)})
	w.wait(t, 5*time.Second)
	w.act(t, ActRequest{Ticket: before.ID, Action: Resume})
	w.wait(t, 15*time.Second)
	if got := w.act(t, undo(before.ID)); got.State != Parked || !got.ResumeAt.IsZero() {
		t.Errorf("%s until %s", got.State, got.ResumeAt)
	}
	w.wait(t, time.Hour)
	if s := w.s.tickets[before.ID].State; s != Parked {
		t.Errorf("it became %s", s)
	}
	w.whole(t)
}

func TestUndoOfACallLeavesTheBoard(t *testing.T) {
	w, before := press(t, staffActions()["call"])
	e := &Engine{office: w.s.office, state: w.s, watch: steadyClock{now: func() time.Time { return w.now }}}
	if b, _ := e.Board(t.Context()); len(b.Recent) != 1 || b.Recent[0].Counter != "1" {
		t.Errorf("recent calls: %+v", b.Recent)
	}
	w.act(t, undo(before.ID))
	if b, _ := e.Board(t.Context()); len(b.Recent) != 0 || len(b.Serving) != 0 {
		t.Errorf("recent calls: %+v", b.Recent)
	}
}
