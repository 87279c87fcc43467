package queue

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Tests of what puts a ticket aside or elsewhere: later, park, transfer,
// requeue, no-show and back.

// aheads is how many each waiting ticket has before it.
func (w *world) aheads() map[string]int {
	out := map[string]int{}
	for id, t := range w.s.tickets {
		if t.State == Waiting {
			out[id] = w.s.standing(*t, w.now).Ahead
		}
	}
	return out
}

func TestLaterLetsOthersGoFirst(t *testing.T) {
	all := []string{"A001", "A002", "A003", "A004", "A005", "A006"}
	for _, from := range []State{Waiting, Called} {
		for places := range 9 {
			t.Run(fmt.Sprintf("%s by %d", from, places), func(t *testing.T) {
				w := newWorld(t, CommuneCentre())
				w.setCounter(t, "1", Opened)
				ids := w.crowdOf(t, len(all), TakeRequest{Service: "A"})
				w.crowdOf(t, 1, TakeRequest{Service: "B"})
				first := w.take(t, TakeRequest{Service: "A", Class: Priority})
				before := w.aheads()
				who := 1
				if from == Called {
					w.wait(t, time.Millisecond)
					who = 0
					w.mustDo(t, Meta{}, CallRequest{Counter: "1", Ticket: ids[who], Reason: "x"})
				}
				got := w.act(t, ActRequest{Ticket: ids[who], Action: Later, Places: places})
				if got.State != Waiting || got.LaterCount != 1 || got.Counter != "" || got.Returned || w.s.inHand("1") != "" {
					t.Errorf("pushed back: %+v", got)
				}
				for id, n := range w.aheads() {
					if id != got.ID && id != first.ID && n > before[id] {
						t.Errorf("%s had %d ahead and now %d: it lost by another's delay", w.s.tickets[id].Number, before[id], n)
					}
				}
				w.act(t, ActRequest{Ticket: first.ID, Action: Cancel})
				// Behind exactly so many of its line, at least one, at most all.
				want := slices.Delete(slices.Clone(all), who, who+1)
				want = slices.Insert(want, min(who+max(places, 1), len(want)), all[who])
				w.setCounter(t, "3", Opened) // Serves A, not B.
				if order := w.order(t, "3"); !slices.Equal(order, want) {
					t.Errorf("called %v, want %v", order, want)
				}
				w.whole(t)
			})
		}
	}
}

func TestLaterOfTheOnlyOne(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.next(t, "1")
	if got := w.act(t, ActRequest{Ticket: id, Action: Later, Places: 3}); !got.EligibleAt.Equal(got.IssuedAt) {
		t.Errorf("behind nobody, eligible from %s", got.EligibleAt)
	}
	if got := w.next(t, "1"); got.ID != id || got.CallCount != 2 {
		t.Errorf("next is %s, called %d times", got.Number, got.CallCount)
	}
}

// Numbers given out in one instant have one place in time: nothing fits
// between them, so that the one who lets others go first goes behind them all.
func TestLaterAmongTicketsOfOneInstant(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	first := w.crowdOf(t, 1, TakeRequest{Service: "A"})[0]
	for range 3 {
		w.take(t, TakeRequest{Service: "A"})
	}
	w.wait(t, time.Second)
	w.take(t, TakeRequest{Service: "A"})
	w.act(t, ActRequest{Ticket: first, Action: Later, Places: 1})
	if got, want := w.order(t, "1"), []string{"A002", "A003", "A004", "A001", "A005"}; !slices.Equal(got, want) {
		t.Errorf("called %v, want %v", got, want)
	}
}

func TestLaterHasLimits(t *testing.T) {
	for most, r := range map[int]Rules{2: {}, 1: {LaterMost: 1}, 4: {LaterMost: 4}} {
		w := newWorld(t, ruled(r))
		id := w.crowdOf(t, 9, TakeRequest{Service: "A"})[0]
		w.refuse(t, ActRequest{Ticket: id, Action: Later, Places: -1}, CodeBadRequest)
		w.refuse(t, ActRequest{Ticket: id, Action: Later, Places: 51}, CodeBadRequest)
		for i := range most {
			if got := w.act(t, ActRequest{Ticket: id, Action: Later, Places: 1}); got.LaterCount != i+1 {
				t.Errorf("pushed back %d times, counted %d", i+1, got.LaterCount)
			}
		}
		w.refuse(t, ActRequest{Ticket: id, Action: Later, Places: 1}, CodeWrongState)
	}
}

func TestParkAndResumeByStaff(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	for _, c := range []string{"1", "2", "3"} {
		w.setCounter(t, c, Opened)
	}
	ids := w.crowdOf(t, 2, TakeRequest{Service: "A"})
	w.next(t, "1")
	w.act(t, ActRequest{Ticket: ids[0], Action: Start})
	got := w.act(t, ActRequest{Ticket: ids[0], Action: Park, Reason: "bổ sung giấy tờ"})
	if got.State != Parked || got.Reason != "bổ sung giấy tờ" || got.Counter != "1" || !got.ResumeAt.IsZero() || w.s.inHand("1") != "" {
		t.Errorf("parked: %+v", got)
	}
	w.wait(t, 5*time.Hour) // Nothing brings it back but the staff.
	w.mustDo(t, Meta{}, CounterRequest{Counter: "2"})
	w.setCounter(t, "3", Paused)
	w.refuse(t, ActRequest{Ticket: ids[0], Action: Resume, Counter: "2"}, CodeCounterBusy)
	w.refuse(t, ActRequest{Ticket: ids[0], Action: Resume, Counter: "3"}, CodeCounterClosed)
	w.refuse(t, ActRequest{Ticket: ids[0], Action: Resume, Counter: "4"}, CodeCounterClosed)
	w.refuse(t, ActRequest{Ticket: ids[0], Action: Resume, Counter: "9"}, CodeUnknownCounter)
	got = w.act(t, ActRequest{Ticket: ids[0], Action: Resume}) // At its own counter.
	if got.State != Called || got.Counter != "1" || got.CallCount != 2 || !got.CalledAt.Equal(w.now) || w.s.inHand("1") != ids[0] {
		t.Errorf("resumed: %+v", got)
	}
	if w.s.recent[0] != ids[0] {
		t.Errorf("the latest call is %s", w.s.recent[0])
	}
	w.act(t, ActRequest{Ticket: ids[0], Action: Park})
	w.setCounter(t, "3", Opened)
	if got = w.act(t, ActRequest{Ticket: ids[0], Action: Resume, Counter: "3"}); got.Counter != "3" || w.s.inHand("1") != "" || w.s.inHand("3") != ids[0] {
		t.Errorf("resumed elsewhere: %+v", got)
	}
	w.whole(t)
}

func TestParkedComeBackByTime(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	ids := w.crowdOf(t, 3, TakeRequest{Service: "A"})
	w.next(t, "1")
	for _, bad := range []time.Time{w.now, w.now.Add(-time.Minute), w.now.Add(24*time.Hour + time.Second)} {
		w.refuse(t, ActRequest{Ticket: ids[0], Action: Park, ResumeAt: bad}, CodeBadRequest)
	}
	// In another zone and finer than the log's time.
	at := w.now.Add(10*time.Minute + 700*time.Microsecond).In(time.FixedZone("", 7*3600))
	got := w.act(t, ActRequest{Ticket: ids[0], Action: Park, Reason: "đi photo", ResumeAt: at})
	want := w.now.Add(10 * time.Minute)
	if !got.ResumeAt.Equal(want) || got.ResumeAt.Location() != time.UTC {
		t.Errorf("resumes at %s, want %s", got.ResumeAt, want)
	}
	w.wait(t, 10*time.Minute-time.Millisecond)
	if s := w.s.tickets[ids[0]].State; s != Parked {
		t.Errorf("just before it is %s", s)
	}
	w.wait(t, time.Millisecond)
	got = w.s.tickets[ids[0]]
	if got.State != Waiting || got.Reason != ReasonResumed || !got.Returned || got.Counter != "" || !got.ResumeAt.IsZero() || !got.EligibleAt.Equal(got.IssuedAt) {
		t.Errorf("back: %+v", got)
	}
	last := w.log[len(w.log)-1]
	if last.Kind != TicketResumed || last.Actor != system || last.Calls() {
		t.Errorf("event %+v", last)
	}
	if order := w.order(t, "1"); !slices.Equal(order, []string{"A001", "A002", "A003"}) {
		t.Errorf("called %v", order)
	}
	w.whole(t)
}

func TestTransferToAService(t *testing.T) {
	for _, from := range []Action{Start, Park, ""} {
		w := newWorld(t, CommuneCentre())
		w.setCounter(t, "1", Opened)
		w.setCounter(t, "2", Opened)
		ids := w.crowdOf(t, 2, TakeRequest{Service: "A"})
		w.crowdOf(t, 2, TakeRequest{Service: "B"})
		w.next(t, "1")
		if from != "" {
			w.act(t, ActRequest{Ticket: ids[0], Action: from})
		}
		w.refuse(t, ActRequest{Ticket: ids[0], Action: Transfer}, CodeBadRequest)
		w.refuse(t, ActRequest{Ticket: ids[0], Action: Transfer, Service: "B", Counter: "2"}, CodeBadRequest)
		w.refuse(t, ActRequest{Ticket: ids[0], Action: Transfer, Service: "Z"}, CodeUnknownService)
		w.refuse(t, ActRequest{Ticket: ids[0], Action: Transfer, Counter: "9"}, CodeUnknownCounter)
		got := w.act(t, ActRequest{Ticket: ids[0], Action: Transfer, Service: "B"})
		if got.Number != (Number{"A", 1}) || got.Service != "B" || got.State != Waiting || got.Only != "" || got.Counter != "" ||
			!got.EligibleAt.Equal(got.IssuedAt) || !got.StartedAt.IsZero() || got.CallCount != 0 || w.s.inHand("1") != "" {
			t.Errorf("from %q: %+v", from, got)
		}
		if w.s.waiting.waiting("A") != 1 || w.s.waiting.waiting("B") != 3 {
			t.Errorf("%d wait for A, %d for B", w.s.waiting.waiting("A"), w.s.waiting.waiting("B"))
		}
		for service, want := range map[string]int{"A": 3, "B": 3} {
			if n := w.take(t, TakeRequest{Service: service}).Number; n != (Number{service, want}) {
				t.Errorf("the series of %s goes on with %s", service, n)
			}
		}
		if next := w.next(t, "2"); next.ID != ids[0] {
			t.Errorf("counter 2 calls %s", next.Number)
		}
		w.whole(t)
	}
}

func TestTransferToACounter(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	for _, c := range []string{"1", "2", "4"} {
		w.setCounter(t, c, Opened)
	}
	id := w.crowdOf(t, 1, TakeRequest{Service: "A"})[0]
	w.next(t, "1")
	if got := w.act(t, ActRequest{Ticket: id, Action: Transfer, Counter: "4"}); got.Only != "4" || got.Service != "A" || got.State != Waiting || got.Counter != "" {
		t.Errorf("sent on: %+v", got)
	}
	w.crowdOf(t, 1, TakeRequest{Service: "D"})
	for _, other := range []string{"1", "2"} {
		if order := w.order(t, other); slices.Contains(order, "A001") {
			t.Errorf("counter %s calls %v", other, order)
		}
		w.refuse(t, CallRequest{Counter: other, Ticket: id}, CodeBadRequest)
	}
	w.crowdOf(t, 1, TakeRequest{Service: "D"})
	if got := w.next(t, "4"); got.ID != id { // Though 4 does not serve A.
		t.Errorf("counter 4 calls %s", got.Number)
	}
	// Sent on to a service it is everybody's again.
	if got := w.act(t, ActRequest{Ticket: id, Action: Transfer, Service: "B"}); got.Only != "" {
		t.Errorf("still of counter %s alone", got.Only)
	}
	if got := w.next(t, "2"); got.ID != id {
		t.Errorf("counter 2 calls %s", got.Number)
	}
	w.whole(t)
}

func TestRequeueKeepsThePlace(t *testing.T) {
	for _, from := range []Action{"", Start, Park} {
		w := newWorld(t, CommuneCentre())
		w.setCounter(t, "1", Opened)
		ids := w.crowdOf(t, 3, TakeRequest{Service: "A"})
		w.next(t, "1")
		if from != "" {
			w.act(t, ActRequest{Ticket: ids[0], Action: from})
		}
		got := w.act(t, ActRequest{Ticket: ids[0], Action: Requeue})
		if got.State != Waiting || !got.Returned || got.Counter != "" || !got.StartedAt.IsZero() || !got.EligibleAt.Equal(got.IssuedAt) || got.CallCount != 1 {
			t.Errorf("from %q: %+v", from, got)
		}
		if order := w.order(t, "1"); !slices.Equal(order, []string{"A001", "A002", "A003"}) {
			t.Errorf("called %v", order)
		}
		w.whole(t)
	}
}

func TestRestoreWithinTheGrace(t *testing.T) {
	for grace, r := range map[time.Duration]Rules{30 * time.Minute: {}, 5 * time.Minute: {RestoreMinutes: 5}} {
		for late, allowed := range map[time.Duration]bool{0: true, grace: true, grace + time.Millisecond: false} {
			w := newWorld(t, ruled(r))
			w.setCounter(t, "1", Opened)
			ids := w.crowdOf(t, 2, TakeRequest{Service: "A", Channel: Web})
			w.next(t, "1")
			w.act(t, ActRequest{Ticket: ids[0], Action: Recall})
			w.act(t, ActRequest{Ticket: ids[0], Action: Absent})
			w.wait(t, late)
			if !allowed {
				w.refuse(t, ActRequest{Ticket: ids[0], Action: Restore}, CodeWrongState)
				continue
			}
			got := w.act(t, ActRequest{Ticket: ids[0], Action: Restore})
			if got.State != Waiting || !got.Returned || got.CallCount != 0 || got.Presence != Present || got.Counter != "" ||
				!got.FinishedAt.IsZero() || !got.EligibleAt.Equal(got.IssuedAt) {
				t.Errorf("restored: %+v", got)
			}
			if next := w.next(t, "1"); next.ID != ids[0] {
				t.Errorf("next is %s", next.Number)
			}
			w.whole(t)
		}
	}
}

func TestCallsAreLimited(t *testing.T) {
	for most, r := range map[int]Rules{5: {}, 2: {CallsMost: 2}, 1: {CallsMost: 1}} {
		w := newWorld(t, ruled(r))
		w.setCounter(t, "1", Opened)
		id := w.take(t, TakeRequest{Service: "A"}).ID
		w.next(t, "1")
		for range most - 1 {
			w.act(t, ActRequest{Ticket: id, Action: Recall})
		}
		w.refuse(t, ActRequest{Ticket: id, Action: Recall}, CodeWrongState)
		if n := w.s.tickets[id].CallCount; n != most {
			t.Errorf("called %d times, allowed %d", n, most)
		}
	}
}

func TestNoShowByItself(t *testing.T) {
	for name, c := range map[string]struct {
		rules  Rules
		needs  []string
		recall int
		after  time.Duration // From the latest call; 0 = never.
	}{
		"the staff decide":     {Rules{}, nil, 4, 0},
		"after the last call":  {Rules{NoShowSeconds: 45}, nil, 4, 45 * time.Second},
		"of few calls":         {Rules{NoShowSeconds: 60, CallsMost: 2}, nil, 1, time.Minute},
		"not before the last":  {Rules{NoShowSeconds: 45, CallsMost: 3}, nil, 1, 0},
		"not who needs help":   {Rules{NoShowSeconds: 45}, []string{"hearing"}, 4, 0},
		"after the only call":  {Rules{NoShowSeconds: 10, CallsMost: 1}, nil, 0, 10 * time.Second},
		"not where none is up": {Rules{CallsMost: 1}, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ruled(c.rules))
			w.setCounter(t, "1", Opened)
			id := w.take(t, TakeRequest{Service: "A", Needs: c.needs}).ID
			w.next(t, "1")
			for range c.recall {
				w.wait(t, 20*time.Second)
				w.act(t, ActRequest{Ticket: id, Action: Recall})
			}
			if c.after == 0 {
				w.wait(t, 2*time.Hour)
				if s := w.s.tickets[id].State; s != Called {
					t.Errorf("it is %s", s)
				}
				return
			}
			w.wait(t, c.after-time.Millisecond)
			if s := w.s.tickets[id].State; s != Called {
				t.Errorf("just before it is %s", s)
			}
			w.wait(t, time.Millisecond)
			got, last := w.s.tickets[id], w.log[len(w.log)-1]
			if got.State != NoShow || got.Reason != ReasonNoAnswer || !got.FinishedAt.Equal(w.now) || w.s.inHand("1") != "" {
				t.Errorf("given up: %+v", got)
			}
			if last.Kind != TicketNoShow || last.Actor != system || last.Counter != "1" {
				t.Errorf("event %+v", last)
			}
			w.refuse(t, ActRequest{Ticket: id, Action: Undo}, CodeWrongState) // Nobody did it.
			w.act(t, ActRequest{Ticket: id, Action: Restore})
			w.whole(t)
		})
	}
}

func TestServedTicketsAreNotGivenUp(t *testing.T) {
	w := newWorld(t, ruled(Rules{CallsMost: 1, NoShowSeconds: 30}))
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.next(t, "1")
	w.wait(t, 29*time.Second)
	w.act(t, ActRequest{Ticket: id, Action: Start})
	w.wait(t, time.Hour)
	if s := w.s.tickets[id].State; s != Serving {
		t.Errorf("it is %s", s)
	}
}
