package queue

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// Whom a counter calls, by brute force.

// next calls and compares with the oracle.
func (m *machine) next(t *rapid.T, counter string) {
	m.settle(t)
	candidates, events := m.callable(counter), len(m.log)
	want := m.oracle(candidates)
	rests := want != nil && m.second[want.Service]
	_ = m.send(t, CounterRequest{Counter: counter})
	if happened := m.log[events:]; len(happened) == 1 {
		got := happened[0].Ticket
		if want == nil || got.ID != want.ID || got.Counter != counter || got.State != Called {
			t.Fatalf("counter %s called %+v, want %+v", counter, got, want)
		}
		m.checkStarvation(t, got, candidates, rests)
	} else if c, desk, err := m.s.counter(counter); err == nil && desk.state == Opened && desk.ticket == "" && want != nil {
		t.Fatalf("counter %s is ready, %s waits, and nothing was called", c.ID, want.Number)
	}
}

// weight is a ticket's score in rate-milliseconds, exactly.
func (m *machine) weight(t *Ticket) int64 {
	return m.rates[t.Class] * m.now.Sub(t.EligibleAt).Milliseconds()
}

// sooner is the order of the hall, straight from its definition.
func (m *machine) sooner(a, b *Ticket) bool {
	switch wa, wb := m.weight(a), m.weight(b); {
	case wa != wb:
		return wa > wb
	case !a.EligibleAt.Equal(b.EligibleAt):
		return a.EligibleAt.Before(b.EligibleAt)
	default:
		return a.seq() < b.seq()
	}
}

// callable looks at every ticket to find whom a counter may call: those who
// are there, or whose booked time has come; not reserved for another counter;
// of the returned ones of a service that called one last only those that keep
// nobody waiting; of the lines that it only helps those that have waited so
// many times as long as its own.
func (m *machine) callable(counter string) (out []*Ticket) {
	c, _, err := m.s.counter(counter)
	if err != nil {
		return nil
	}
	own := func(k *Ticket) bool {
		return k.Only == counter || (k.Only == "" && slices.Contains(c.Services, k.Service))
	}
	fresh := map[string]bool{}
	var mine []*Ticket
	for _, k := range m.s.tickets {
		helps := k.Only == "" && slices.Contains(c.Helps, k.Service)
		if k.State == Waiting && m.there(k) && (own(k) || helps) {
			mine = append(mine, k)
			fresh[k.Service] = fresh[k.Service] || !k.Returned
		}
	}
	mine = slices.DeleteFunc(mine, func(k *Ticket) bool { return k.Returned && m.second[k.Service] && fresh[k.Service] })
	var longest time.Duration
	for _, k := range mine {
		if own(k) {
			longest = max(longest, m.now.Sub(k.EligibleAt))
		}
	}
	halves := map[float64]time.Duration{0: 2, 0.5: 1, 2: 4}[m.s.setup.Rules.HelpFactor]
	for _, k := range mine {
		if own(k) || 2*m.now.Sub(k.EligibleAt) >= halves*longest {
			out = append(out, k)
		}
	}
	return out
}

// there reports whether the holder of a ticket is thought to be in the hall.
func (m *machine) there(k *Ticket) bool {
	early := k.Class == Appointment && !k.Slot.IsZero() && !k.Returned && k.EligibleAt.After(m.now)
	return k.Presence == Present || (!m.s.setup.Rules.CheckIn && !early)
}

// oracle is who is next among those who may be called.
func (m *machine) oracle(candidates []*Ticket) (best *Ticket) {
	for _, t := range candidates {
		if best == nil || m.sooner(t, best) {
			best = t
		}
	}
	return best
}

// checkStarvation: whoever is passed over has not waited longer than the
// ratio of the rates allows; within a class nobody is passed over at all; two
// returned tickets of a service in a row only if nobody else of it was there.
func (m *machine) checkStarvation(t *rapid.T, called *Ticket, candidates []*Ticket, rests bool) {
	for _, left := range candidates {
		if left.ID == called.ID {
			continue
		}
		if m.weight(left) > m.weight(called) {
			t.Fatalf("%s was called before %s, which has waited too long", called.Number, left.Number)
		}
		if left.Class == called.Class && left.EligibleAt.Before(called.EligibleAt) {
			t.Fatalf("%s overtook %s of its own class", called.Number, left.Number)
		}
		if rests && called.Returned && !left.Returned && left.Service == called.Service {
			t.Fatalf("%s is the second returned one in a row, before %s", called.Number, left.Number)
		}
	}
}

// autoOracle is who calls whom by itself: of the counters that are ready and
// have somebody to call the one that has been so the longest.
func (m *machine) autoOracle() (counter string, ticket *Ticket) {
	var since time.Time
	for _, c := range m.s.setup.Counters {
		ready, free := m.idleSince(c.ID)
		best := m.oracle(m.callable(c.ID))
		if ready && best != nil && (ticket == nil || free.Before(since)) {
			counter, ticket, since = c.ID, best, free
		}
	}
	return counter, ticket
}

// idleSince reads from the log since when a counter has been open with nothing
// in hand; ready if it may call by itself.
func (m *machine) idleSince(counter string) (ready bool, since time.Time) {
	rules, open, hand := m.s.setup.Rules, false, ""
	for _, e := range m.log {
		switch {
		case e.Kind == DayOpened:
			since = e.At
		case e.Ticket != nil && e.Ticket.State.InHand() && e.Ticket.Counter == counter:
			hand = e.Ticket.ID
		case e.Ticket != nil && e.Ticket.ID == hand:
			hand, since = "", e.At
		case e.Counter == counter && e.Kind == CounterOpened:
			open, since = true, e.At
		case e.Counter == counter && (e.Kind == CounterPaused || e.Kind == CounterClosed):
			open = false
		}
	}
	return rules.AutoCall && open && hand == "" && !since.Add(time.Duration(rules.AutoCallSeconds)*time.Second).After(m.now), since
}

// checkIdle: where calls are automatic no counter is idle while somebody waits
// whom it may call.
func (m *machine) checkIdle(t *rapid.T) {
	if counter, ticket := m.autoOracle(); ticket != nil {
		t.Fatalf("counter %s is idle at %s while %s waits", counter, m.now, ticket.Number)
	}
}
