package queue

import (
	"slices"
	"testing"
	"time"
)

// Tests of what a ticket's class rests on, and of booked times.

func TestWhatPriorityRestsOn(t *testing.T) {
	for name, c := range map[string]struct {
		request TakeRequest
		rules   Rules
		code    Code
		class   Class
		rests   Entitlement
	}{
		"nothing asked for":          {request: TakeRequest{Channel: Kiosk}, class: Normal},
		"on the citizen's word":      {request: TakeRequest{Channel: Kiosk, Class: Priority}, class: Priority, rests: Declared},
		"on the word by phone":       {request: TakeRequest{Channel: Phone, Class: Priority}, class: Priority, rests: Declared},
		"taken by staff":             {request: TakeRequest{Channel: Staff, Class: Priority}, class: Priority, rests: Confirmed},
		"staff need no card":         {request: TakeRequest{Channel: Staff, Class: Priority}, rules: Rules{CardOnly: true}, class: Priority, rests: Confirmed},
		"the word where cards count": {request: TakeRequest{Channel: Kiosk, Class: Priority}, rules: Rules{CardOnly: true}, code: CodeCardNeeded},
		"ordinary where cards count": {request: TakeRequest{Channel: Kiosk}, rules: Rules{CardOnly: true}, class: Normal},
		"the age read in a card":     {request: TakeRequest{Channel: Kiosk, Aged: true}, class: Priority, rests: ByAge},
		"the age where cards count":  {request: TakeRequest{Channel: Kiosk, Aged: true}, rules: Rules{CardOnly: true}, class: Priority, rests: ByAge},
		"an age read by telephone":   {request: TakeRequest{Channel: Phone, Aged: true}, code: CodeBadRequest},
		"unknown class":              {request: TakeRequest{Channel: Kiosk, Class: "vip"}, code: CodeBadRequest},
		"a class in capitals":        {request: TakeRequest{Channel: Kiosk, Class: "Priority"}, code: CodeBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ruled(c.rules))
			c.request.Service = "A"
			if c.code != "" {
				w.refuse(t, c.request, c.code)
				return
			}
			if got := w.take(t, c.request); got.Class != c.class || got.Entitlement != c.rests {
				t.Errorf("class %s on %q", got.Class, got.Entitlement)
			}
		})
	}
}

func TestEntitledGainsPrecedence(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	ids := w.crowdOf(t, 3, TakeRequest{Service: "A"})
	w.wait(t, time.Minute)
	w.refuse(t, ActRequest{Ticket: ids[2], Action: Disentitle}, CodeWrongState)
	got := w.act(t, ActRequest{Ticket: ids[2], Action: Entitle, Reason: "thẻ thương binh"})
	if got.Class != Priority || got.Entitlement != Confirmed || got.State != Waiting || got.Reason != "" || !got.EligibleAt.Equal(got.IssuedAt) {
		t.Errorf("entitled: %+v", got)
	}
	if last := w.log[len(w.log)-1]; last.Kind != TicketEntitled || last.Reason != "thẻ thương binh" || last.Actor != "staff-1" {
		t.Errorf("event %+v", last)
	}
	w.setCounter(t, "1", Opened)
	if next := w.next(t, "1"); next.ID != ids[2] {
		t.Errorf("%s is next", next.Number)
	}
	w.whole(t)
}

// Who was called on a false word loses the turn, but not the time waited.
func TestDisentitled(t *testing.T) {
	for name, c := range map[string]struct {
		until []Action // After the call.
		want  State
	}{
		"called":  {nil, Waiting},
		"serving": {[]Action{Start}, Serving},
		"parked":  {[]Action{Park}, Parked},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, CommuneCentre())
			w.setCounter(t, "1", Opened)
			w.crowdOf(t, 2, TakeRequest{Service: "A"})
			liar := w.take(t, TakeRequest{Service: "A", Class: Priority}).ID
			w.wait(t, time.Minute)
			if got := w.next(t, "1"); got.ID != liar {
				t.Fatalf("%s is next", got.Number)
			}
			for _, a := range c.until {
				w.act(t, ActRequest{Ticket: liar, Action: a, Reason: "thiếu giấy"})
			}
			got := w.act(t, ActRequest{Ticket: liar, Action: Disentitle, Reason: "không có giấy tờ"})
			if got.Class != Normal || got.Entitlement != Refused || got.State != c.want || !got.EligibleAt.Equal(got.IssuedAt) || got.Returned {
				t.Errorf("disentitled: %+v", got)
			}
			if holds := w.s.inHand("1") == liar; holds != c.want.InHand() || (got.Counter == "1") != (c.want != Waiting) {
				t.Errorf("counter 1 has %q in hand, the ticket says counter %q", w.s.inHand("1"), got.Counter)
			}
			w.refuse(t, ActRequest{Ticket: liar, Action: Disentitle}, CodeWrongState) // Once.
			w.whole(t)
			if c.want == Waiting {
				if order := w.order(t, "1"); !slices.Equal(order, []string{"A001", "A002", "A003"}) {
					t.Errorf("called %v, want everybody in turn", order)
				}
				if n := w.s.tickets[liar].CallCount; n != 1 {
					t.Errorf("called %d times: the turn that was not its own counts", n)
				}
			}
		})
	}
}

// A refused one who brings the papers after all is entitled again.
func TestRefusedAndThenEntitled(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	id := w.take(t, TakeRequest{Service: "A", Class: Priority}).ID
	w.act(t, ActRequest{Ticket: id, Action: Disentitle})
	if got := w.act(t, ActRequest{Ticket: id, Action: Entitle}); got.Class != Priority || got.Entitlement != Confirmed {
		t.Errorf("%s on %s", got.Class, got.Entitlement)
	}
	if got := w.act(t, undo(id)); got.Class != Normal || got.Entitlement != Refused {
		t.Errorf("after the undo %s on %s", got.Class, got.Entitlement)
	}
}

// What staff look at does not lose why it was put aside.
func TestEntitlingKeepsTheReasonOfTheState(t *testing.T) {
	for _, a := range []Action{Entitle, Disentitle} {
		w := newWorld(t, CommuneCentre())
		w.setCounter(t, "1", Opened)
		id := w.take(t, TakeRequest{Service: "A", Class: Priority}).ID
		w.next(t, "1")
		w.act(t, ActRequest{Ticket: id, Action: Park, Reason: "thiếu giấy"})
		if got := w.act(t, ActRequest{Ticket: id, Action: a, Reason: "đã xem thẻ"}); got.State != Parked || got.Reason != "thiếu giấy" {
			t.Errorf("%s: %s because of %q", a, got.State, got.Reason)
		}
	}
}

// arrivals are how an appointment at 09:00 fares by when its holder comes.
func arrivals() map[string]struct {
	at       string
	class    Class
	fromSlot bool // Its waiting counts from the booked time, else from the arrival.
} {
	type arrival = struct {
		at       string
		class    Class
		fromSlot bool
	}
	return map[string]arrival{
		"an hour early":      {"08:00:00", Appointment, true},
		"on the instant":     {"09:00:00", Appointment, true},
		"ten minutes late":   {"09:10:00", Appointment, true},
		"a little more":      {"09:10:01", Appointment, false},
		"half an hour late":  {"09:30:00", Appointment, false},
		"later than that":    {"09:30:01", Normal, false},
		"in the afternoon":   {"15:00:00", Normal, false},
		"long before anyone": {"00:00:00", Appointment, true},
	}
}

func TestAppointmentsOfThoseWhoCome(t *testing.T) {
	slot := local(t, time.Monday, "09:00:00")
	for name, c := range arrivals() {
		check := func(t *testing.T, got *Ticket, now time.Time) {
			t.Helper()
			want := now
			if c.fromSlot {
				want = slot
			}
			if got.Class != c.class || !got.EligibleAt.Equal(want) || !got.Slot.Equal(slot) || got.Presence != Present {
				t.Errorf("%s from %s, slot %s, %s; want %s from %s", got.Class, got.EligibleAt, got.Slot, got.Presence, c.class, want)
			}
		}
		t.Run("at the kiosk "+name, func(t *testing.T) {
			w := newWorld(t, CommuneCentre())
			w.now = local(t, time.Monday, c.at)
			check(t, w.take(t, TakeRequest{Service: "A", Slot: slot}), w.now)
		})
		for _, checkIn := range []bool{false, true} {
			t.Run("checked in "+name, func(t *testing.T) {
				w := newWorld(t, ruled(Rules{CheckIn: checkIn}))
				w.now = local(t, time.Monday, "00:00:00")
				id := w.take(t, TakeRequest{Service: "A", Slot: slot, Channel: Web}).ID
				w.now = local(t, time.Monday, c.at)
				check(t, w.act(t, ActRequest{Ticket: id, Action: CheckIn}), w.now)
				w.whole(t)
			})
		}
	}
}

// A number taken from afar for a booked time that has passed must not have
// waited since then.
func TestBookedTimeThatHasPassed(t *testing.T) {
	for _, channel := range []Channel{Kiosk, Web} {
		w := newWorld(t, CommuneCentre())
		w.setCounter(t, "1", Opened)
		w.now = local(t, time.Monday, "12:00:00")
		w.crowdOf(t, 1, TakeRequest{Service: "A"})
		w.now = local(t, time.Monday, "15:00:00")
		got := w.take(t, TakeRequest{Service: "A", Slot: local(t, time.Monday, "08:00:00"), Channel: channel})
		if got.EligibleAt.Before(w.now) {
			t.Errorf("%s: taken at %s, it has waited since %s", channel, w.now, got.EligibleAt)
		}
		w.wait(t, time.Second)
		if next := w.next(t, "1"); next.ID == got.ID {
			t.Errorf("%s: it is called before somebody who has waited three hours", channel)
		}
	}
}

func TestWhatBookingsMayBe(t *testing.T) {
	slot := local(t, time.Monday, "09:00:00")
	for name, c := range map[string]struct {
		request TakeRequest
		code    Code
	}{
		"a slot alone":              {TakeRequest{Slot: slot}, ""},
		"a slot of the class":       {TakeRequest{Slot: slot, Class: Appointment}, ""},
		"the day's first moment":    {TakeRequest{Slot: local(t, time.Monday, "00:00:00")}, ""}, // Long past.
		"the day's last moment":     {TakeRequest{Slot: local(t, time.Tuesday, "00:00:00").Add(-time.Millisecond)}, ""},
		"the class without a slot":  {TakeRequest{Class: Appointment}, ""},
		"tomorrow":                  {TakeRequest{Slot: slot.AddDate(0, 0, 1)}, CodeBadRequest},
		"the moment after the day":  {TakeRequest{Slot: local(t, time.Tuesday, "00:00:00")}, CodeBadRequest},
		"yesterday":                 {TakeRequest{Slot: slot.AddDate(0, 0, -1)}, CodeBadRequest},
		"the moment before the day": {TakeRequest{Slot: local(t, time.Monday, "00:00:00").Add(-time.Millisecond)}, CodeBadRequest},
		"an ordinary one":           {TakeRequest{Slot: slot, Class: Normal}, CodeBadRequest},
		"a priority one":            {TakeRequest{Slot: slot, Class: Priority}, CodeBadRequest},
		"too many dossiers":         {TakeRequest{Dossiers: 100}, CodeBadRequest},
		"fewer than none":           {TakeRequest{Dossiers: -1}, CodeBadRequest},
		"a pile of dossiers":        {TakeRequest{Dossiers: 99}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, CommuneCentre())
			c.request.Service, c.request.Channel = "A", Web
			if c.code != "" {
				w.refuse(t, c.request, c.code)
				return
			}
			got := w.take(t, c.request)
			if got.Slot.After(w.now) && !got.EligibleAt.Equal(got.Slot) {
				t.Errorf("booked for %s, it counts from %s", got.Slot, got.EligibleAt)
			}
			if !got.Slot.Equal(c.request.Slot) || got.Dossiers != c.request.Dossiers || (got.Slot.After(w.now) && got.Class != Appointment) {
				t.Errorf("%+v", got)
			}
			w.whole(t)
		})
	}
}

func TestWhenAppointmentsAreCalled(t *testing.T) {
	slot := local(t, time.Monday, "09:00:00")
	for name, c := range map[string]struct {
		checkIn bool
		channel Channel
		alone   bool
		at      string
		called  bool
	}{
		"there, alone, early":             {channel: Kiosk, alone: true, at: "08:30:00", called: true},
		"there, early":                    {channel: Kiosk, at: "08:59:59", called: false},
		"there, others wait longer":       {channel: Kiosk, at: "09:00:00", called: false},
		"there, half an hour on":          {channel: Kiosk, at: "09:31:00", called: true},
		"from afar, alone, early":         {channel: Web, alone: true, at: "08:59:59", called: false},
		"from afar, alone, at the time":   {channel: Web, alone: true, at: "09:00:00", called: true},
		"from afar, half an hour on":      {channel: Web, at: "09:31:00", called: true},
		"not checked in, alone, in time":  {checkIn: true, channel: Web, alone: true, at: "09:31:00", called: false},
		"not checked in, others are":      {checkIn: true, channel: Web, at: "09:31:00", called: false},
		"there in an office of check-ins": {checkIn: true, channel: Kiosk, alone: true, at: "08:30:00", called: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ruled(Rules{CheckIn: c.checkIn}))
			w.setCounter(t, "1", Opened)
			id := w.take(t, TakeRequest{Service: "A", Slot: slot, Channel: c.channel}).ID
			if !c.alone {
				w.now = local(t, time.Monday, "08:15:00")
				w.crowdOf(t, 1, TakeRequest{Service: "A"})
			}
			w.now = local(t, time.Monday, c.at)
			d, err := w.do(t, Meta{}, CounterRequest{Counter: "1"})
			if c.alone && !c.called {
				if ErrorCode(err) != CodeNobodyWaiting {
					t.Errorf("%v, want nobody waiting", err)
				}
			} else if err != nil || (d.ticket == id) != c.called {
				t.Errorf("%v, ticket %q; the appointment is %q", err, d.ticket, id)
			}
			w.whole(t)
		})
	}
}

// Letting others go first is not taken back by checking in.
func TestCheckingInDoesNotUndoLater(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	slot := func(clock string) time.Time { return local(t, time.Monday, clock) }
	id := w.take(t, TakeRequest{Service: "A", Slot: slot("09:00:00"), Channel: Web}).ID
	w.take(t, TakeRequest{Service: "A", Slot: slot("09:05:00"), Channel: Web})
	w.now = slot("09:06:00")
	pushed := w.act(t, ActRequest{Ticket: id, Action: Later, Places: 1}).EligibleAt
	if got := w.act(t, ActRequest{Ticket: id, Action: CheckIn}); got.EligibleAt.Before(pushed) {
		t.Errorf("pushed back to %s and now at %s", pushed, got.EligibleAt)
	}
}

// An appointment that went back to its line is a returned one like any other.
func TestReturnedAppointmentsRestToo(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	for _, counter := range []string{"1", "2"} {
		w.setCounter(t, counter, Opened)
		w.take(t, TakeRequest{Service: "A", Slot: w.now, Channel: Web})
		w.wait(t, time.Second)
		w.next(t, counter)
	}
	for _, counter := range []string{"1", "2"} {
		w.act(t, ActRequest{Ticket: w.s.inHand(counter), Action: Requeue})
	}
	fresh := w.crowdOf(t, 1, TakeRequest{Service: "A"})[0]
	w.wait(t, time.Minute)
	w.next(t, "1")
	if second := w.next(t, "2"); second.ID != fresh {
		t.Errorf("%s is the second returned one in a row, while %s waits", second.Number, w.s.tickets[fresh].Number)
	}
}

func TestTransferBelongsToTheOtherAgency(t *testing.T) {
	setup := CommuneCentre()
	setup.Agencies = []Agency{{ID: "tu-phap", Name: "Tư pháp"}, {ID: "dia-chinh", Name: "Địa chính"}}
	setup.Services[0].Agency, setup.Services[1].Agency = "tu-phap", "dia-chinh"
	if err := setup.validate(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup)
	w.setCounter(t, "1", Opened)
	got := w.take(t, TakeRequest{Service: "A"})
	if got.Agency != "tu-phap" {
		t.Errorf("taken of %q", got.Agency)
	}
	w.next(t, "1")
	if got = w.act(t, ActRequest{Ticket: got.ID, Action: Transfer, Service: "B"}); got.Agency != "dia-chinh" {
		t.Errorf("after the transfer of %q", got.Agency)
	}
	w.next(t, "1")
	if got = w.act(t, ActRequest{Ticket: got.ID, Action: Transfer, Counter: "4"}); got.Agency != "dia-chinh" {
		t.Errorf("sent on to a counter it is of %q", got.Agency)
	}
	if got := w.take(t, TakeRequest{Service: "C"}); got.Agency != "" {
		t.Errorf("a line of nobody in particular is of %q", got.Agency)
	}
}
