package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// hall is a view to which a test tells events of its own.
type hall struct {
	*run
	t   testing.TB
	now time.Time
	n   int64
}

// newHall is the commune's centre with its counters open; change its setup
// before.
func newHall(t testing.TB, change func(*queue.Setup)) *hall {
	r := newRun(t.Context(), small(1))
	r.setup = queue.CommuneCentre()
	if change != nil {
		change(&r.setup)
	}
	h := &hall{run: r, t: t, now: r.firstDay().Add(8 * time.Hour)}
	r.view = r.newView()
	r.view.check = queue.NewLogCheck(r.setup.Office, func(queue.Finding) {}, func(queue.Ticket) {}) // These logs have no hashes.
	h.tell(queue.Event{Kind: queue.OfficeConfigured, Setup: &r.setup, Actor: system})
	h.tell(queue.Event{Kind: queue.DayOpened, Setup: &r.setup, Opening: &queue.Opening{Day: "2026-11-23"}, Actor: system})
	for _, c := range r.setup.Counters {
		h.tell(queue.Event{Kind: queue.CounterOpened, Counter: c.ID, Actor: system})
	}
	return h
}

func (h *hall) tell(e queue.Event) {
	h.n++
	e.Seq, e.At, e.Office = h.n, h.now, h.setup.Office
	h.view.add(e)
}

// issue gives a number, with whatever change makes of it.
func (h *hall) issue(number string, change func(*queue.Ticket)) queue.Ticket {
	n, err := queue.ParseNumber(number)
	if err != nil {
		h.t.Fatal(err)
	}
	t := queue.Ticket{
		ID: number, Number: n, Service: n.Prefix, State: queue.Waiting, Class: queue.Normal, Channel: queue.Kiosk, Presence: queue.Present,
		Day: "2026-11-23", IssuedAt: h.now, EligibleAt: h.now,
	}
	if change != nil {
		change(&t)
	}
	h.tell(queue.Event{Kind: queue.TicketIssued, Ticket: &t, Actor: system})
	return t
}

// becomes tells another event of a ticket.
func (h *hall) becomes(t queue.Ticket, kind queue.Kind, state queue.State, counter string) queue.Ticket {
	t.State, t.Counter = state, counter
	h.tell(queue.Event{Kind: kind, Ticket: &t, Counter: counter, Actor: system})
	return t
}

// finds wants a finding with these words; what follows from it may be found too.
func (h *hall) finds(words string) {
	h.t.Helper()
	if !slices.ContainsFunc(h.report.Findings, func(f Finding) bool { return strings.Contains(f.Text, words) }) {
		h.t.Errorf("found %v, nothing that says %q", h.report.Findings, words)
	}
}

func (h *hall) findsNothing() {
	h.t.Helper()
	if len(h.report.Findings) > 0 {
		h.t.Fatalf("found %v", h.report.Findings)
	}
}

// Each thing that must not happen is noticed, and only that.
func TestViewNotices(t *testing.T) {
	for name, c := range map[string]struct {
		want string
		do   func(*hall)
	}{
		"a number twice": {"is given to ticket", func(h *hall) {
			h.issue("A001", nil)
			h.issue("A001", func(t *queue.Ticket) { t.ID, t.Number.N = "77", 1 })
		}},
		"a number going back": {"comes after", func(h *hall) { h.issue("A002", nil); h.issue("A001", nil) }},
		"a ticket of nobody":  {"not of this day", func(h *hall) { h.becomes(queue.Ticket{ID: "9"}, queue.TicketFinished, queue.Completed, "") }},
		"a changed number": {"makes another ticket", func(h *hall) {
			a := h.issue("A001", nil)
			a.Number.N = 5
			h.becomes(a, queue.TicketFinished, queue.Completed, "")
		}},
		"an early lapse":        {"lapses at", lapse(-time.Second)},
		"a lapse in time":       {"", lapse(0)},
		"two tickets in a hand": {"has A001 in hand", func(h *hall) { h.give("A001", "1"); h.give("A002", "1") }},
		"a ticket in two hands": {"from counter 1 to 2", func(h *hall) { a := h.give("A001", "1"); h.becomes(a, queue.TicketStarted, queue.Serving, "2") }},
		"closed with a ticket": {"closed with ticket", func(h *hall) {
			h.give("A001", "1")
			h.tell(queue.Event{Kind: queue.CounterClosed, Counter: "1", Actor: system})
		}},
		"a call to a closed one": {"which is paused", func(h *hall) {
			h.tell(queue.Event{Kind: queue.CounterPaused, Counter: "1", Actor: system})
			h.give("A001", "1")
		}},
		"a call of a called one": {"which is called", func(h *hall) { a := h.give("A001", "1"); h.becomes(a, queue.TicketCalled, queue.Called, "2") }},
		"a stranger's event":     {"who sent nothing", func(h *hall) { h.tell(queue.Event{Kind: queue.CounterClosed, Counter: "1", Actor: "mallory"}) }},
		"somebody lost at night": {"day 2026-11-24 begins", func(h *hall) { h.issue("A001", nil); h.nextDay() }},
		"a full quota":           {"is given after 1 numbers", func(h *hall) { h.issue("D001", nil); h.issue("D002", nil) }},
		"a number past the last": {"up to 3", func(h *hall) { h.issue("C004", nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t, func(s *queue.Setup) { s.Services[3].Quota, s.Services[2].Last = 1, 3 })
			h.findsNothing()
			c.do(h)
			if c.want == "" {
				h.findsNothing()
			} else {
				h.finds(c.want)
			}
		})
	}
}

func lapse(off time.Duration) func(*hall) {
	return func(h *hall) {
		a := h.issue("A001", func(t *queue.Ticket) { t.State, t.HoldUntil = queue.Held, h.now.Add(time.Minute) })
		h.now = h.now.Add(time.Minute + off)
		h.becomes(a, queue.TicketLapsed, queue.Cancelled, "")
	}
}

// give calls a new ticket to a counter.
func (h *hall) give(number, counter string) queue.Ticket {
	return h.becomes(h.issue(number, nil), queue.TicketCalled, queue.Called, counter)
}

func (h *hall) nextDay() {
	h.now = h.now.Add(24 * time.Hour)
	h.tell(queue.Event{Kind: queue.DayOpened, Setup: &h.setup, Opening: &queue.Opening{Day: "2026-11-24"}, Actor: system})
}

// A command has the events that it may have, as often as it may.
func TestViewAttributes(t *testing.T) {
	h := newHall(t, nil)
	q := h.request("kiosk-1", true, queue.TakeRequest{Service: "A", Channel: queue.Kiosk}, nil)
	first := queue.Ticket{ID: "A001", Number: queue.Number{Prefix: "A", N: 1}, Service: "A", State: queue.Waiting, Day: "2026-11-23"}
	h.tell(queue.Event{Kind: queue.TicketIssued, Ticket: &first, Actor: q.op.actor})
	h.findsNothing()
	second := first
	second.ID, second.Number.N = "A002", 2
	h.tell(queue.Event{Kind: queue.TicketIssued, Ticket: &second, Actor: q.op.actor})
	h.finds("is number 2 of kiosk-1")

	h = newHall(t, nil)
	q = h.request("counter-1", false, queue.CounterRequest{Counter: "1"}, nil)
	h.tell(queue.Event{Kind: queue.CounterClosed, Counter: "1", Actor: q.op.actor})
	h.finds("came of counter-1")
}

func TestPersonsAreCounted(t *testing.T) {
	for _, c := range []struct {
		person string
		first  queue.State // What became of the first number.
		found  bool
	}{
		{"tel:+84901234567", queue.Waiting, true}, {"tel:+84901234567", queue.Cancelled, false}, {"org:ubnd", queue.Waiting, false}, {"", queue.Waiting, false},
	} {
		h := newHall(t, func(s *queue.Setup) { s.Rules.PersonMost, s.Rules.OrganisationMost = 1, 3 })
		for n := range 2 {
			q := h.request("phone-1", true, queue.TakeRequest{Service: "A", Channel: queue.Phone, Person: c.person}, nil)
			ticket := queue.Ticket{ID: q.op.actor, Number: queue.Number{Prefix: "A", N: n + 1}, Service: "A", State: queue.Waiting, Day: "2026-11-23"}
			h.tell(queue.Event{Kind: queue.TicketIssued, Ticket: &ticket, Actor: q.op.actor})
			if n == 0 && c.first != queue.Waiting {
				h.becomes(ticket, queue.TicketCancelled, c.first, "")
			}
		}
		if got := len(h.report.Findings) > 0; got != c.found {
			t.Errorf("%s with a first number %s: found %v", c.person, c.first, h.report.Findings)
		}
	}
}

// Who is next, by the rules one by one.
func TestOrder(t *testing.T) {
	minutes := func(m int) func(*queue.Ticket) {
		return func(t *queue.Ticket) { t.EligibleAt = t.EligibleAt.Add(-time.Duration(m) * time.Minute) }
	}
	with := func(changes ...func(*queue.Ticket)) func(*queue.Ticket) {
		return func(t *queue.Ticket) {
			for _, c := range changes {
				c(t)
			}
		}
	}
	class := func(c queue.Class) func(*queue.Ticket) { return func(t *queue.Ticket) { t.Class = c } }
	remote := func(t *queue.Ticket) { t.Presence = queue.Remote }
	booked := func(t *queue.Ticket) { t.Class, t.Slot = queue.Appointment, t.EligibleAt }
	returned := func(t *queue.Ticket) { t.Returned = true }
	only := func(c string) func(*queue.Ticket) { return func(t *queue.Ticket) { t.Only = c } }
	checkIn := func(s *queue.Setup) { s.Rules.CheckIn = true }
	helps := func(s *queue.Setup) { s.Counters[3].Helps = []string{"A"} }
	for name, c := range map[string]struct {
		setup   func(*queue.Setup)
		counter int // Index.
		hall    []func(*queue.Ticket)
		service string
		second  bool
		want    string
	}{
		"nobody":                         {service: "AA", want: "", counter: 3},
		"who waits longest":              {hall: []func(*queue.Ticket){minutes(5), minutes(9), minutes(1)}, service: "AAA", want: "A002"},
		"equal: the first":               {hall: []func(*queue.Ticket){nil, nil}, service: "AA", want: "A001"},
		"three times as fast":            {hall: []func(*queue.Ticket){minutes(10), with(minutes(4), class(queue.Priority))}, service: "AA", want: "A002"},
		"but no faster":                  {hall: []func(*queue.Ticket){minutes(10), with(minutes(3), class(queue.Priority))}, service: "AA", want: "A001"},
		"not this counter's":             {counter: 3, hall: []func(*queue.Ticket){minutes(9), nil}, service: "AC", want: "C001"},
		"another counter's own":          {hall: []func(*queue.Ticket){with(minutes(9), only("2")), nil}, service: "AA", want: "A002"},
		"this counter's own":             {counter: 3, hall: []func(*queue.Ticket){with(minutes(9), only("4")), nil}, service: "AC", want: "A001"},
		"remote, passed over":            {setup: checkIn, hall: []func(*queue.Ticket){with(minutes(9), remote), nil}, service: "AA", want: "A002"},
		"remote, nobody asks":            {hall: []func(*queue.Ticket){with(minutes(9), remote), nil}, service: "AA", want: "A001"},
		"booked, before the time":        {hall: []func(*queue.Ticket){with(minutes(-9), remote, booked)}, service: "A", want: ""},
		"booked, its time has come":      {hall: []func(*queue.Ticket){with(remote, booked)}, service: "A", want: "A001"},
		"booked, there early":            {hall: []func(*queue.Ticket){with(minutes(-9), booked), nil}, service: "AA", want: "A002"},
		"returned, not twice in a row":   {hall: []func(*queue.Ticket){with(minutes(9), returned), nil}, service: "AA", second: true, want: "A002"},
		"returned, its turn":             {hall: []func(*queue.Ticket){with(minutes(9), returned), nil}, service: "AA", want: "A001"},
		"returned, nobody else of it":    {hall: []func(*queue.Ticket){with(minutes(9), returned), nil}, service: "AB", second: true, want: "A001"},
		"returned, a booked one waits":   {hall: []func(*queue.Ticket){with(minutes(9), returned), with(remote, booked)}, service: "AA", second: true, want: "A002"},
		"helping, when they wait longer": {setup: helps, counter: 3, hall: []func(*queue.Ticket){minutes(9), minutes(5)}, service: "AC", want: "A001"},
		"own first otherwise":            {setup: helps, counter: 3, hall: []func(*queue.Ticket){with(minutes(4), class(queue.Priority)), minutes(5)}, service: "AC", want: "C001"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t, c.setup)
			n := map[string]int{}
			for i, change := range c.hall {
				s := c.service[i : i+1]
				n[s]++
				h.issue(queue.Number{Prefix: s, N: n[s]}.String(), change)
			}
			h.view.second["A"] = c.second
			got := ""
			if first := h.view.first(h.setup.Counters[c.counter], h.now); first != nil {
				got = first.ID
			}
			if got != c.want {
				t.Errorf("next is %q, want %q", got, c.want)
			}
		})
	}
}

// Where counters call by themselves, the longest idle one does.
func TestLongestIdle(t *testing.T) {
	auto := func(s *queue.Setup) { s.Rules.AutoCall = true }
	for _, c := range []struct {
		counter string
		found   bool
	}{{"1", false}, {"2", true}} {
		h := newHall(t, auto)
		h.now = h.now.Add(time.Minute)
		h.tell(queue.Event{Kind: queue.CounterOpened, Counter: "2", Actor: system})
		h.give("A001", c.counter)
		if c.found {
			h.finds("is free since")
		} else {
			h.findsNothing()
		}
	}
}
