package queue

import (
	"testing"
	"time"
)

// A counter helps another line when that line waits so many times as long as
// its own.
func TestHelpingRule(t *testing.T) {
	type wait struct{ own, help time.Duration } // How long the first of each line has waited; 0 = nobody.
	for name, c := range map[string]struct {
		factor float64
		wait   wait
		want   string
	}{
		"nobody of its own":             {0, wait{0, time.Second}, "B"},
		"nobody anywhere":               {0, wait{}, ""},
		"nobody to help":                {0, wait{time.Minute, 0}, "A"},
		"the own waits longer":          {0, wait{10 * time.Minute, 9 * time.Minute}, "A"},
		"equal, the earlier":            {0, wait{10 * time.Minute, 10 * time.Minute}, "A"},
		"the other waits longer":        {0, wait{10 * time.Minute, 10*time.Minute + time.Second}, "B"},
		"twice, not yet":                {2, wait{10 * time.Minute, 20*time.Minute - time.Second}, "A"},
		"twice":                         {2, wait{10 * time.Minute, 20 * time.Minute}, "B"},
		"half, but the own is before":   {0.5, wait{10 * time.Minute, 6 * time.Minute}, "A"},
		"half, and the own just began":  {0.5, wait{time.Minute, 2 * time.Minute}, "B"},
		"ten times, nobody of its own":  {10, wait{0, time.Second}, "B"},
		"ten times, somebody of its's":  {10, wait{time.Second, 9 * time.Second}, "A"},
		"ten times, somebody, and long": {10, wait{time.Second, 10 * time.Second}, "B"},
	} {
		t.Run(name, func(t *testing.T) {
			setup := ruled(Rules{HelpFactor: c.factor})
			setup.Counters[0].Services, setup.Counters[0].Helps = []string{"A"}, []string{"B"}
			if err := setup.validate(); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, setup)
			w.setCounter(t, "1", Opened)
			calls := w.now.Add(time.Hour)
			for _, line := range []struct {
				service string
				wait    time.Duration
			}{{"A", c.wait.own}, {"B", c.wait.help}} {
				if line.wait > 0 {
					w.now = calls.Add(-line.wait)
					w.take(t, TakeRequest{Service: line.service})
				}
			}
			w.now = calls
			d, err := w.do(t, Meta{}, CounterRequest{Counter: "1"})
			got := ""
			if err == nil {
				got = w.s.tickets[d.ticket].Service
			}
			if got != c.want {
				t.Errorf("calls of %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

// Whoever is not callable is no reason to leave others waiting.
func TestHelpLooksAtThoseWhoAreThere(t *testing.T) {
	setup := ruled(Rules{CheckIn: true})
	setup.Counters[0].Services, setup.Counters[0].Helps = []string{"A"}, []string{"B"}
	w := newWorld(t, setup)
	w.setCounter(t, "1", Opened)
	w.take(t, TakeRequest{Service: "A", Channel: Web}) // Far away.
	w.wait(t, time.Minute)
	id := w.take(t, TakeRequest{Service: "B"}).ID
	w.wait(t, time.Second)
	if got := w.next(t, "1"); got.ID != id {
		t.Errorf("calls %s", got.Number)
	}
}

// A ticket that waits for one counter alone is that counter's own, and nobody
// else's to help.
func TestReservedTicketsAreNotHelped(t *testing.T) {
	setup := CommuneCentre()
	setup.Counters[0].Services, setup.Counters[0].Helps = []string{"A"}, []string{"B"}
	w := newWorld(t, setup)
	w.setCounter(t, "1", Opened)
	w.setCounter(t, "2", Opened)
	id := w.take(t, TakeRequest{Service: "B"}).ID
	w.next(t, "2")
	w.act(t, ActRequest{Ticket: id, Action: Transfer, Counter: "2"})
	w.refuse(t, CounterRequest{Counter: "1"}, CodeNobodyWaiting)
	w.next(t, "2")
	w.act(t, ActRequest{Ticket: id, Action: Transfer, Counter: "1"})
	w.now = w.now.Add(time.Second)
	own := w.take(t, TakeRequest{Service: "A"})
	w.now = w.now.Add(time.Second)
	if got := w.next(t, "1"); got.ID != id {
		t.Errorf("counter 1 calls %s before %s", own.Number, w.s.tickets[id].Number)
	}
}

// Helping is for calls by rule; staff who choose do not wait for it.
func TestHelpedTicketsMayBeChosen(t *testing.T) {
	setup := CommuneCentre()
	setup.Counters[0].Services, setup.Counters[0].Helps = []string{"A"}, []string{"B"}
	w := newWorld(t, setup)
	w.setCounter(t, "1", Opened)
	w.take(t, TakeRequest{Service: "A"})
	w.now = w.now.Add(time.Second)
	id := w.take(t, TakeRequest{Service: "B"}).ID
	w.refuse(t, CallRequest{Counter: "1", Ticket: id}, CodeBadRequest)
	w.mustDo(t, Meta{}, CallRequest{Counter: "1", Ticket: id, Reason: "đã hẹn"})
	if last := w.log[len(w.log)-1]; !last.Chosen {
		t.Errorf("event %+v", last)
	}
}

func TestHelpThatCannotBe(t *testing.T) {
	for _, f := range []float64{-1, 0.09, 10.1, 1e9} {
		if err := ruled(Rules{HelpFactor: f}).validate(); ErrorCode(err) != CodeBadRequest {
			t.Errorf("factor %g: %v", f, err)
		}
	}
	for _, helps := range [][]string{{"Z"}, {"A"}, {"B", "A"}} {
		s := CommuneCentre()
		s.Counters[0].Services, s.Counters[0].Helps = []string{"A"}, helps
		if err := s.validate(); ErrorCode(err) != CodeUnknownService {
			t.Errorf("helps %v: %v", helps, err)
		}
	}
}
