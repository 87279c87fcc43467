package queue

import (
	"cmp"
	"testing"
)

// life is the life of a ticket once more, written from the reference: what an
// action makes of a state. A pair that is missing must be refused.
func life() map[State]map[Action]step {
	done := func(s State) step { return step{to: s} }
	return map[State]map[Action]step{
		Held: {Confirm: {Waiting, TicketConfirmed}, Cancel: {Cancelled, TicketCancelled}},
		Waiting: {
			Confirm: done(Waiting), CheckIn: {Waiting, TicketCheckedIn}, Later: {Waiting, TicketPushedBack}, Cancel: {Cancelled, TicketCancelled},
			Entitle: {Waiting, TicketEntitled}, Disentitle: {Waiting, TicketDisentitled},
		},
		Called: {
			Confirm: done(Called), CheckIn: done(Called), Recall: {Called, TicketRecalled}, Start: {Serving, TicketStarted},
			Finish: {Completed, TicketFinished}, Absent: {NoShow, TicketNoShow}, Later: {Waiting, TicketPushedBack},
			Park: {Parked, TicketParked}, Transfer: {Waiting, TicketTransferred}, Requeue: {Waiting, TicketRequeued},
			Entitle: {Called, TicketEntitled}, Disentitle: {Waiting, TicketDisentitled},
		},
		Serving: {
			Confirm: done(Serving), CheckIn: done(Serving), Finish: {Completed, TicketFinished},
			Park: {Parked, TicketParked}, Transfer: {Waiting, TicketTransferred}, Requeue: {Waiting, TicketRequeued},
			Entitle: {Serving, TicketEntitled}, Disentitle: {Serving, TicketDisentitled},
		},
		Parked: {
			Confirm: done(Parked), Resume: {Called, TicketResumed}, Cancel: {Cancelled, TicketCancelled},
			Transfer: {Waiting, TicketTransferred}, Requeue: {Waiting, TicketRequeued},
			Entitle: {Parked, TicketEntitled}, Disentitle: {Parked, TicketDisentitled},
		},
		Completed: {Confirm: done(Completed), Rate: {Completed, TicketRated}},
		NoShow:    {Confirm: done(NoShow), Restore: {Waiting, TicketRestored}},
		Cancelled: {},
		Expired:   {},
	}
}

// withAll is a request with everything that an action wants to know.
func withAll(ticket string, a Action) ActRequest {
	r := ActRequest{Meta: Meta{Caller: "staff-1"}, Ticket: ticket, Action: a, Reason: "why"}
	switch a {
	case Later:
		r.Places = 1
	case Transfer:
		r.Service = "B"
	case Resume:
		r.Counter = "2"
	case Rate:
		r.Level = 4
	}
	return r
}

// Nothing forced can be undone, so that undo is refused in every state here;
// undo_test.go has its own table.
func TestEveryActionInEveryState(t *testing.T) {
	if len(life()) != len(States()) {
		t.Fatalf("the table has %d states, the code %d", len(life()), len(States()))
	}
	for _, from := range States() {
		for _, action := range Actions() {
			t.Run(string(from)+" "+string(action), func(t *testing.T) {
				w := newWorld(t, CommuneCentre())
				w.setCounter(t, "2", Opened)
				id := w.take(t, TakeRequest{Service: "A", Channel: Web, Class: Priority}).ID
				w.force(t, id, from, "")
				want, allowed := life()[from][action]
				checkStep(t, w, withAll(id, action), want, allowed)
			})
		}
	}
}

// checkStep does an action and looks for exactly one step, or for none.
func checkStep(t *testing.T, w *world, r ActRequest, want step, allowed bool) {
	t.Helper()
	before, events := *w.s.tickets[r.Ticket], len(w.log)
	r.Version = before.Version
	d, err := w.do(t, r.Meta, r)
	after, happened := *w.s.tickets[r.Ticket], w.log[events:]
	if !allowed {
		if ErrorCode(err) != CodeWrongState || len(happened) != 0 || after.State != before.State {
			t.Errorf("got %v, %d events, state %s; want wrong_state and nothing else", err, len(happened), after.State)
		}
		return
	}
	if err != nil || d.ticket != r.Ticket || after.State != want.to {
		t.Fatalf("got %v, ticket %q in state %s; want %s", err, d.ticket, after.State, want.to)
	}
	if want.kind == "" {
		if len(happened) != 0 || after.Version != before.Version {
			t.Errorf("%d events for something already done", len(happened))
		}
		return
	}
	if len(happened) != 1 || happened[0].Kind != want.kind || happened[0].Actor != "staff-1" || happened[0].Reason != "why" ||
		happened[0].Counter != cmp.Or(before.Counter, r.Counter) || after.Version != happened[0].Seq || after.Version <= before.Version {
		t.Errorf("events %+v, ticket version %d → %d", happened, before.Version, after.Version)
	}
	if before.State.InHand() != after.State.InHand() && (w.s.inHand("1") == r.Ticket) != (after.State.InHand() && after.Counter == "1") {
		t.Errorf("counter 1 has %q in hand, the ticket is %s at %q", w.s.inHand("1"), after.State, after.Counter)
	}
	w.whole(t)
}

func TestConfirmRevivesOnlyWhatLapsedUndelivered(t *testing.T) {
	for reason, allowed := range map[string]bool{ReasonUndelivered: true, "": false, "changed my mind": false} {
		w := newWorld(t, CommuneCentre())
		id := w.take(t, TakeRequest{Service: "A"}).ID
		w.force(t, id, Cancelled, reason)
		checkStep(t, w, withAll(id, Confirm), step{Waiting, TicketConfirmed}, allowed)
	}
}

func TestOnlyWaitingTicketsCanBeCalled(t *testing.T) {
	for _, from := range States() {
		t.Run(string(from), func(t *testing.T) {
			w := newWorld(t, CommuneCentre())
			w.setCounter(t, "2", Opened)
			id := w.take(t, TakeRequest{Service: "A"}).ID
			w.force(t, id, from, "")
			events := len(w.log)
			_, err := w.do(t, Meta{}, CallRequest{Counter: "2", Ticket: id, Reason: "asked for"})
			got := w.s.tickets[id]
			if from == Waiting {
				if err != nil || got.State != Called || got.Counter != "2" || got.CallCount != 1 || !got.CalledAt.Equal(w.now) {
					t.Errorf("%v, ticket %+v", err, got)
				}
			} else if ErrorCode(err) != CodeWrongState || len(w.log) != events || got.State != from {
				t.Errorf("%v, state %s", err, got.State)
			}
			_, err = w.do(t, Meta{}, CounterRequest{Counter: "2"})
			if want := map[bool]Code{true: CodeCounterBusy, false: CodeNobodyWaiting}[from == Waiting]; ErrorCode(err) != want {
				t.Errorf("next answers %v, want %s", err, want)
			}
		})
	}
}

func TestRecallCountsAndTimes(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.mustDo(t, Meta{}, CounterRequest{Counter: "1"})
	for i := 2; i <= 4; i++ {
		w.now = w.now.Add(30e9)
		w.mustDo(t, Meta{}, ActRequest{Ticket: id, Action: Recall})
		if got := w.s.tickets[id]; got.CallCount != i || !got.CalledAt.Equal(w.now) {
			t.Errorf("after %d calls: count %d, last at %s", i, got.CallCount, got.CalledAt)
		}
	}
	w.mustDo(t, Meta{}, ActRequest{Ticket: id, Action: Start})
	if got := w.s.tickets[id]; !got.StartedAt.Equal(w.now) || !got.FinishedAt.IsZero() {
		t.Errorf("started %s, finished %s", got.StartedAt, got.FinishedAt)
	}
	w.now = w.now.Add(60e9)
	w.mustDo(t, Meta{}, ActRequest{Ticket: id, Action: Finish})
	if got := w.s.tickets[id]; !got.FinishedAt.Equal(w.now) || w.s.inHand("1") != "" {
		t.Errorf("finished %s, in hand %q", got.FinishedAt, w.s.inHand("1"))
	}
}
