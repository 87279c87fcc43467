package queue

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// The order of the hall: accumulating priority (Kleinrock 1964). A ticket's
// score is rate[class] × (now − eligible), the highest score is next; equal
// scores go to the earlier eligible, then to the earlier issued. Nobody
// starves: a citizen who has waited w is never passed by somebody of a faster
// class who has waited less than w × rate / faster rate.

// DefaultRates is 1 : 3 : 3.
func DefaultRates() Rates { return Rates{Normal: 1, Appointment: 3, Priority: 3} }

// of gives the rate of a class.
func (r Rates) of(c Class) float64 {
	switch c {
	case Appointment:
		return r.Appointment
	case Priority:
		return r.Priority
	default:
		return r.Normal
	}
}

func classes() []Class { return []Class{Normal, Appointment, Priority} }

// place is a ticket's place in a line.
type place struct {
	at  time.Time // Eligible (or, for holds, due).
	seq int64     // Ticket id.
}

func comparePlaces(a, b place) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.seq, b.seq))
}

// line is places in order. Tickets of one service and class have one rate, so
// within a line the order never changes while time passes.
type line []place

func (l *line) add(p place) {
	i, found := slices.BinarySearchFunc(*l, p, comparePlaces)
	if !found {
		*l = slices.Insert(*l, i, p)
	}
}

func (l *line) remove(p place) {
	if i, found := slices.BinarySearchFunc(*l, p, comparePlaces); found {
		*l = slices.Delete(*l, i, i+1)
	}
}

// until gives the places at or before now.
func (l line) until(now time.Time) []place {
	n, _ := slices.BinarySearchFunc(l, now, func(p place, now time.Time) int {
		if p.at.After(now) {
			return 1
		}
		return -1
	})
	return slices.Clone(l[:n])
}

// lane parts the tickets of one service and class by who may call them when.
type lane string

// The lanes.
const (
	inHall   lane = ""         // Callable.
	returned lane = "returned" // Came back after missing a turn: callable at most every second call.
	absent   lane = "absent"   // Not checked in yet: passed over in silence.
	booked   lane = "booked"   // Not checked in, in an office that does not ask for it: callable from the booked time on.
)

// lines holds the waiting tickets: under each service its lines, and those that
// one counter alone may call under that counter as well.
type lines map[string]map[lineKey]*line

type lineKey struct {
	service string
	class   Class
	lane    lane
	only    string // Counter that alone may call them; empty = every counter of the service.
}

// boundTo is where the lines of one counter alone are found; no service is
// called so.
func boundTo(counter string) string { return "@" + counter }

func (ls lines) add(k lineKey, p place) {
	l := ls[k.service][k]
	if l == nil {
		l = new(line)
		ls.put(k.service, k, l)
		if k.only != "" {
			ls.put(boundTo(k.only), k, l)
		}
	}
	l.add(p)
}

func (ls lines) put(group string, k lineKey, l *line) {
	if ls[group] == nil {
		ls[group] = map[lineKey]*line{}
	}
	ls[group][k] = l
}

func (ls lines) remove(k lineKey, p place) {
	l := ls[k.service][k]
	if l == nil {
		return
	}
	if l.remove(p); len(*l) == 0 {
		delete(ls[k.service], k)
		delete(ls[boundTo(k.only)], k)
	}
}

// of gives a line for reading.
func (ls lines) of(k lineKey) line {
	if l := ls[k.service][k]; l != nil {
		return *l
	}
	return nil
}

// all yields every line; some of them twice.
func (ls lines) all(yield func(lineKey, line) bool) {
	for _, group := range ls {
		for k, l := range group {
			if !yield(k, *l) {
				return
			}
		}
	}
}

// reach yields the lines that a counter serves or helps.
func (ls lines) reach(c Counter) iter.Seq2[lineKey, line] {
	return func(yield func(lineKey, line) bool) {
		for _, services := range [][]string{c.Services, c.Helps} {
			for _, service := range services {
				for k, l := range ls[service] {
					if k.only == "" && !yield(k, *l) {
						return
					}
				}
			}
		}
		for k, l := range ls[boundTo(c.ID)] {
			if !yield(k, *l) {
				return
			}
		}
	}
}

// anyIn reports whether anybody stands in one of some lanes.
func (ls lines) anyIn(some ...lane) bool {
	for k := range ls.all {
		if slices.Contains(some, k.lane) {
			return true
		}
	}
	return false
}

// waiting counts everyone who waits for a service, wherever they are.
func (ls lines) waiting(service string) int {
	n := 0
	for _, l := range ls[service] {
		n += len(*l)
	}
	return n
}

// score is in whole milliseconds, so that whole rates give exact scores and
// equal ones are seen to be equal.
func score(r Rates, c Class, p place, now time.Time) float64 {
	return r.of(c) * float64(now.Sub(p.at).Milliseconds())
}

// before reports whether a (of class ca) is called before b (of class cb) at now.
func before(r Rates, ca Class, a place, cb Class, b place, now time.Time) bool {
	if sa, sb := score(r, ca, a, now), score(r, cb, b, now); sa != sb {
		return sa > sb
	}
	return comparePlaces(a, b) < 0
}

// Before reports whether a ticket is called before another one if either is
// called at now.
func (r Rates) Before(a, b *Ticket, now time.Time) bool {
	return before(r, a.Class, a.place(), b.Class, b.place(), now)
}

// Earlier reports whether a ticket's waiting counts from an earlier time than
// another's, or from the same and it was issued earlier.
func (t *Ticket) Earlier(other *Ticket) bool { return comparePlaces(t.place(), other.place()) < 0 }

// next picks who a counter calls at now; ok is false if nobody may be called.
// Only the heads of the lines can win. A line that the counter only helps is
// left alone until its head has waited help times as long as the counter's own
// longest waiting. Appointments have a score below nought before their time, so
// those who are early come when nobody else can.
func (ls lines) next(c Counter, r Rates, now time.Time, help float64, rested func(service string) bool) (best place, ok bool) {
	patience := time.Duration(help * float64(ls.longestOwn(c, now, rested)))
	var class Class
	for k, l := range ls.reach(c) {
		head := l[0]
		switch {
		case !ls.callable(k, head, c, now, rested):
		case !k.ownOf(c) && now.Sub(head.at) < patience:
		case !ok || before(r, k.class, head, class, best, now):
			best, class, ok = head, k.class, true
		}
	}
	return best, ok
}

// longestOwn is how long the longest waiting of those have waited whom a
// counter with lines to help may call from its own lines.
func (ls lines) longestOwn(c Counter, now time.Time, rested func(service string) bool) (longest time.Duration) {
	if len(c.Helps) == 0 {
		return 0
	}
	for k, l := range ls.reach(c) {
		if head := l[0]; k.ownOf(c) && ls.callable(k, head, c, now, rested) {
			longest = max(longest, now.Sub(head.at))
		}
	}
	return longest
}

// callable reports whether a counter may call the head of a line at all. A
// ticket that came back after missing its turn waits while rested(service) is
// false, but not for a service where the counter has nobody else: the others
// of another service may never end.
func (ls lines) callable(k lineKey, head place, c Counter, now time.Time, rested func(service string) bool) bool {
	switch {
	case !k.servedBy(c):
		return false
	case k.lane == booked:
		return !head.at.After(now)
	case k.lane == returned:
		return rested(k.service) || !ls.freshFor(c, k.service, now)
	default:
		return k.lane != absent
	}
}

// servedBy reports whether a counter may call from the line.
func (k lineKey) servedBy(c Counter) bool {
	return k.ownOf(c) || (k.only == "" && slices.Contains(c.Helps, k.service))
}

// ownOf reports whether the line is one of the counter's own.
func (k lineKey) ownOf(c Counter) bool {
	if k.only != "" {
		return k.only == c.ID
	}
	return slices.Contains(c.Services, k.service)
}

// freshFor reports whether a counter may call tickets of a service that missed
// no turn.
func (ls lines) freshFor(c Counter, service string, now time.Time) bool {
	for _, class := range classes() {
		for _, only := range []string{"", c.ID} {
			k := lineKey{service: service, class: class, lane: inHall, only: only}
			if len(ls.of(k)) > 0 && k.servedBy(c) {
				return true
			}
			k.lane = booked
			if l := ls.of(k); len(l) > 0 && !l[0].at.After(now) && k.servedBy(c) {
				return true
			}
		}
	}
	return false
}

// ahead counts the tickets of a service that would be called before p of
// class c, those not checked in yet among them: they may still come.
func (ls lines) ahead(service string, c Class, p place, r Rates, now time.Time) int {
	n := 0
	for k, l := range ls[service] {
		// Along a line the scores fall, so those ahead of p are a prefix.
		first, _ := slices.BinarySearchFunc(*l, p, func(q, p place) int {
			if before(r, k.class, q, c, p, now) {
				return -1
			}
			return 1
		})
		n += first
	}
	return n
}
