package queue

import (
	"slices"
	"time"
)

// Automatic calls: where the office wishes, a free counter calls by itself,
// the longest idle first (FCFS-ALIS, Adan & Weiss).

// idle lists the counters that are open with nothing in hand and have been
// left in peace long enough by now, the longest idle first.
func (s *state) idle(now time.Time) []Counter {
	peace := time.Duration(s.setup.Rules.AutoCallSeconds) * time.Second
	var free []Counter
	for _, c := range s.setup.Counters {
		if d := s.counters[c.ID]; d.state == Opened && d.ticket == "" && !d.free.Add(peace).After(now) {
			free = append(free, c)
		}
	}
	slices.SortStableFunc(free, func(a, b Counter) int { return s.counters[a.ID].free.Compare(s.counters[b.ID].free) })
	return free
}

// autoCall finds the longest idle counter that somebody waits for. One call is
// made at a time, because each changes who is next.
func (s *state) autoCall(now time.Time) (Counter, *Ticket) {
	if !s.setup.Rules.AutoCall || !s.waiting.anyIn(inHall, returned, booked) {
		return Counter{}, nil
	}
	for _, c := range s.idle(now) {
		if p, ok := s.nextFor(c, now); ok {
			return c, s.ticketAt(p)
		}
	}
	return Counter{}, nil
}

// nextAutoCall is when a counter may next call by itself, as things stand.
func (s *state) nextAutoCall(now time.Time) time.Time {
	if !s.setup.Rules.AutoCall {
		return never()
	}
	if _, t := s.autoCall(now); t != nil {
		return now
	}
	next := never()
	earlier := func(t time.Time) {
		if t.After(now) && t.Before(next) {
			next = t
		}
	}
	for _, d := range s.counters {
		if d.state == Opened && d.ticket == "" {
			earlier(d.free.Add(time.Duration(s.setup.Rules.AutoCallSeconds) * time.Second))
		}
	}
	for _, l := range s.waiting.all {
		earlier(l[0].at) // A booked time to come.
	}
	return next
}
