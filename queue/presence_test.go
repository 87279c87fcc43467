package queue

import (
	"slices"
	"testing"
	"time"
)

// ruled is the commune centre under rules of its own.
func ruled(r Rules) Setup {
	s := CommuneCentre()
	s.Rules = r
	return s
}

// crowdOf takes so many numbers of a service, a second apart.
func (w *world) crowdOf(t failer, n int, r TakeRequest) (ids []string) {
	t.Helper()
	for range n {
		ids = append(ids, w.take(t, r).ID)
		w.wait(t, time.Second)
	}
	return ids
}

func TestAbsentAreSkippedInSilence(t *testing.T) {
	for _, c := range []struct {
		name    string
		checkIn bool
		want    []string
	}{
		{"with check-in", true, []string{"A002", "A004"}},
		{"without check-in", false, []string{"A001", "A002", "A003", "A004"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, ruled(Rules{CheckIn: c.checkIn}))
			w.setCounter(t, "1", Opened)
			for _, channel := range []Channel{Web, Kiosk, Phone, Staff} {
				w.crowdOf(t, 1, TakeRequest{Service: "A", Channel: channel})
			}
			if got := w.s.standing(*w.s.tickets[w.s.numbers[Number{"A", 4}]], w.now).Ahead; got != 3 {
				t.Errorf("%d ahead of the last, want 3: the absent may still come", got)
			}
			if got := w.order(t, "1"); !slices.Equal(got, c.want) {
				t.Errorf("called %v, want %v", got, c.want)
			}
			for _, e := range w.log {
				if e.Ticket != nil && e.Ticket.CallCount > 0 && !slices.Contains(c.want, e.Ticket.Number.String()) {
					t.Errorf("%s of %s: it was not to be called", e.Kind, e.Ticket.Number)
				}
			}
			if got := w.s.waiting.waiting("A"); got != 4-len(c.want) {
				t.Errorf("%d wait, want %d", got, 4-len(c.want))
			}
		})
	}
}

func TestAbsentMayBeCalledByHand(t *testing.T) {
	w := newWorld(t, ruled(Rules{CheckIn: true}))
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A", Channel: Web}).ID
	w.refuse(t, CallRequest{Counter: "1", Ticket: id}, CodeBadRequest) // It is nobody's turn.
	w.mustDo(t, Meta{}, CallRequest{Counter: "1", Ticket: id, Reason: "đứng ngay đây"})
	// Whoever stood at a counter is in the hall, checked in or not.
	for _, back := range []ActRequest{
		{Action: Transfer, Service: "B"}, {Action: Transfer, Counter: "1"}, {Action: Park}, {Action: Start},
	} {
		w2 := newWorld(t, ruled(Rules{CheckIn: true}))
		w2.setCounter(t, "1", Opened)
		back.Ticket = w2.take(t, TakeRequest{Service: "A", Channel: Web}).ID
		w2.mustDo(t, Meta{}, CallRequest{Counter: "1", Ticket: back.Ticket, Reason: "đứng ngay đây"})
		if got := w2.act(t, back); got.Presence != Present {
			t.Errorf("after %s the citizen is %s", back.Action, got.Presence)
		}
		if back.Action != Transfer {
			w2.act(t, ActRequest{Ticket: back.Ticket, Action: Requeue})
		}
		if got := w2.next(t, "1"); got.ID != back.Ticket {
			t.Errorf("after %s next is %s", back.Action, got.Number)
		}
	}
}

// Whoever checks in late is welcomed by how long and how often the turn was
// missed.
func TestWelcomeOfTheLate(t *testing.T) {
	for name, c := range map[string]struct {
		called   int           // Others of the line called over the absent one.
		after    time.Duration // From the first of these calls (or from issue) to the check-in.
		returned bool
		credit   time.Duration // Waiting time left; 0 = all of it.
	}{
		"in time":                      {0, 0, false, 0},
		"in time, after hours":         {0, 3 * time.Hour, false, 0},
		"missed one, soon":             {1, time.Minute, true, 0},
		"missed one, at the limit":     {1, 15 * time.Minute, true, 0},
		"missed one, late":             {1, 2 * time.Hour, true, 0},
		"missed five, late":            {5, 2 * time.Hour, true, 0},
		"missed six, at the limit":     {6, 15 * time.Minute, true, 0},
		"missed six, just late":        {6, 15*time.Minute + 2*time.Millisecond, false, (25*time.Minute + 2*time.Millisecond) / 2},
		"missed six, very late":        {6, 2 * time.Hour, false, 15 * time.Minute},
		"missed six, waited half hour": {6, 20 * time.Minute, false, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ruled(Rules{CheckIn: true}))
			w.setCounter(t, "1", Opened)
			late := w.take(t, TakeRequest{Service: "A", Channel: Web})
			w.wait(t, time.Second)
			w.crowdOf(t, c.called, TakeRequest{Service: "A"})
			w.now = late.IssuedAt.Add(10 * time.Minute)
			if got := w.order(t, "1"); len(got) != c.called {
				t.Fatalf("called %v", got)
			}
			w.wait(t, c.after)
			got := w.act(t, ActRequest{Ticket: late.ID, Action: CheckIn})
			want := late.IssuedAt
			if c.credit > 0 {
				want = w.now.Add(-c.credit)
			}
			if got.Presence != Present || got.Returned != c.returned || !got.EligibleAt.Equal(want) {
				t.Errorf("%s, returned %v, eligible from %s, want %s", got.Presence, got.Returned, got.EligibleAt, want)
			}
			if next := w.next(t, "1"); next.ID != late.ID {
				t.Errorf("next is %s", next.Number)
			}
			w.whole(t)
		})
	}
}

// A faster class that comes before by the order of the hall takes nobody's
// turn, and neither does a call that was taken back, or one of a ticket that
// itself came back.
func TestOnlyOnesOwnTurnCanBeMissed(t *testing.T) {
	for name, c := range map[string]struct {
		class    Class
		call     func(w *world, id string)
		returned bool
	}{
		"normal in its turn":   {Normal, func(w *world, id string) { w.next(t, "1") }, true},
		"priority in its turn": {Priority, func(w *world, id string) { w.next(t, "1") }, false},
		"taken back": {Normal, func(w *world, id string) {
			w.next(t, "1")
			w.act(t, undo(id))
		}, false},
		"out of turn": {Priority, func(w *world, id string) {
			w.now = w.s.tickets[id].IssuedAt // Too early for its class to be first.
			w.mustDo(t, Meta{}, CallRequest{Counter: "1", Ticket: id, Reason: "bệnh nặng"})
		}, true},
		"one that came back": {Normal, func(w *world, id string) {
			back := *w.s.tickets[id]
			back.Returned, back.Version = true, w.s.seq+1
			w.append(t, Event{Office: w.s.office, Seq: w.s.seq + 1, At: w.now, Kind: TicketConfirmed, Ticket: &back})
			w.next(t, "1")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ruled(Rules{CheckIn: true}))
			w.setCounter(t, "1", Opened)
			absent := w.take(t, TakeRequest{Service: "A", Channel: Web})
			w.wait(t, time.Minute)
			id := w.take(t, TakeRequest{Service: "A", Class: c.class}).ID
			w.wait(t, time.Hour)
			c.call(w, id)
			if got := w.act(t, ActRequest{Ticket: absent.ID, Action: CheckIn}); got.Returned != c.returned {
				t.Errorf("returned %v, want %v", got.Returned, c.returned)
			}
			w.whole(t)
		})
	}
}

func TestCheckInIsRepeatable(t *testing.T) {
	for _, checkIn := range []bool{true, false} {
		w := newWorld(t, ruled(Rules{CheckIn: checkIn}))
		w.setCounter(t, "1", Opened)
		id := w.take(t, TakeRequest{Service: "A", Channel: Zalo}).ID
		w.act(t, ActRequest{Ticket: id, Action: CheckIn, Reason: "quét mã"})
		if last := w.log[len(w.log)-1]; last.Kind != TicketCheckedIn || last.Reason != "quét mã" || last.Ticket.Reason != "" {
			t.Errorf("event %+v", last)
		}
		events := len(w.log)
		w.act(t, ActRequest{Ticket: id, Action: CheckIn})
		w.next(t, "1")
		w.act(t, ActRequest{Ticket: id, Action: CheckIn})
		w.act(t, ActRequest{Ticket: id, Action: Start})
		w.act(t, ActRequest{Ticket: id, Action: CheckIn})
		if len(w.log) != events+2 {
			t.Errorf("%d events, want the call and the start alone", len(w.log)-events)
		}
		walkIn := w.take(t, TakeRequest{Service: "B"}).ID
		events = len(w.log)
		w.act(t, ActRequest{Ticket: walkIn, Action: CheckIn})
		if len(w.log) != events {
			t.Error("somebody who came on foot checked in")
		}
	}
}

func TestRemoteTicketsEndAtTheCutoff(t *testing.T) {
	setup := ruled(Rules{CheckIn: true, RemoteUntil: "16:00"})
	w := newWorld(t, setup)
	w.now = local(t, time.Monday, "15:00:00")
	absent := w.take(t, TakeRequest{Service: "A", Channel: SMS}).ID
	there := w.take(t, TakeRequest{Service: "A", Channel: SMS}).ID
	walkIn := w.take(t, TakeRequest{Service: "A"}).ID
	w.act(t, ActRequest{Ticket: there, Action: CheckIn})
	w.now = local(t, time.Monday, "16:00:00").Add(-time.Millisecond)
	w.settle(t)
	if s := w.s.tickets[absent].State; s != Waiting {
		t.Errorf("just before it is %s", s)
	}
	w.wait(t, time.Millisecond)
	if got := w.s.tickets[absent]; got.State != Expired || got.Reason != ReasonCutoff || !got.FinishedAt.Equal(w.now) {
		t.Errorf("at four it is %s, %q", got.State, got.Reason)
	}
	for _, id := range []string{there, walkIn} {
		if s := w.s.tickets[id].State; s != Waiting {
			t.Errorf("%s is %s", w.s.tickets[id].Number, s)
		}
	}
	// A number from afar would end as soon as it is given; the hall goes on.
	w.refuse(t, TakeRequest{Service: "A", Channel: Phone}, CodeChannelFull)
	w.take(t, TakeRequest{Service: "A"})
	w.now = local(t, time.Tuesday, "08:00:00")
	w.settle(t)
	w.take(t, TakeRequest{Service: "A", Channel: Phone})
	w.whole(t)
}

func TestCutoffNeedsCheckIn(t *testing.T) {
	w := newWorld(t, ruled(Rules{RemoteUntil: "16:00"}))
	w.now = local(t, time.Monday, "15:59:00")
	id := w.take(t, TakeRequest{Service: "A", Channel: SMS}).ID
	w.now = local(t, time.Monday, "15:59:30")
	w.take(t, TakeRequest{Service: "A", Hold: true}) // Lapses, so that the clock is looked at.
	w.wait(t, time.Hour)
	if s := w.s.tickets[id].State; s != Waiting {
		t.Errorf("where nobody checks in it is %s", s)
	}
	w.take(t, TakeRequest{Service: "A", Channel: SMS})
}

// After a call of a returned ticket somebody else of the service comes first,
// if there is anybody.
func TestReturnedComeAtMostEverySecondCall(t *testing.T) {
	for name, c := range map[string]struct {
		returned, fresh int
		want            []string
	}{
		"two and two":   {2, 2, []string{"A001", "A003", "A002", "A004"}},
		"three and one": {3, 1, []string{"A001", "A004", "A002", "A003"}},
		"alone":         {3, 0, []string{"A001", "A002", "A003"}},
		"one and three": {1, 3, []string{"A001", "A002", "A003", "A004"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, CommuneCentre())
			w.setCounter(t, "1", Opened)
			ids := w.crowdOf(t, c.returned, TakeRequest{Service: "A"})
			for range ids {
				w.next(t, "1")
				w.act(t, ActRequest{Ticket: w.s.inHand("1"), Action: Absent})
			}
			w.crowdOf(t, c.fresh, TakeRequest{Service: "A"})
			for _, id := range ids {
				if got := w.act(t, ActRequest{Ticket: id, Action: Restore}); !got.Returned {
					t.Errorf("restored: %+v", got)
				}
			}
			if got := w.order(t, "1"); !slices.Equal(got, c.want) {
				t.Errorf("called %v, want %v", got, c.want)
			}
			w.whole(t)
		})
	}
}

func TestReturnedOfOneServiceDoNotHoldUpAnother(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	var ids []string
	for _, service := range []string{"A", "B", "A", "B"} {
		ids = append(ids, w.crowdOf(t, 1, TakeRequest{Service: service})...)
	}
	for range ids {
		w.act(t, ActRequest{Ticket: w.next(t, "1").ID, Action: Absent})
	}
	for _, id := range ids {
		w.act(t, ActRequest{Ticket: id, Action: Restore})
	}
	w.crowdOf(t, 2, TakeRequest{Service: "A"})
	// All of B are returned ones: B has nobody whom they could keep waiting.
	want := []string{"A001", "B001", "B002", "A003", "A002", "A004"}
	if got := w.order(t, "1"); !slices.Equal(got, want) {
		t.Errorf("called %v, want %v", got, want)
	}
}
