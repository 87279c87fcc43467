package queue

import (
	"cmp"
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

// lines holds the waiting tickets by service and class.
type lines map[lineKey]*line

type lineKey struct {
	service string
	class   Class
}

func (ls lines) add(service string, class Class, p place) {
	k := lineKey{service, class}
	if ls[k] == nil {
		ls[k] = new(line)
	}
	ls[k].add(p)
}

func (ls lines) remove(service string, class Class, p place) {
	if l := ls[lineKey{service, class}]; l != nil {
		l.remove(p)
	}
}

// of gives a line for reading.
func (ls lines) of(service string, class Class) line {
	if l := ls[lineKey{service, class}]; l != nil {
		return *l
	}
	return nil
}

func (ls lines) waiting(service string) int {
	n := 0
	for _, c := range classes() {
		n += len(ls.of(service, c))
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
	return cmp.Or(
		cmp.Compare(score(r, cb, b, now), score(r, ca, a, now)),
		comparePlaces(a, b),
	) < 0
}

// next picks who a counter with these services calls at now; ok is false if
// nobody waits. Only the heads of the lines can win.
func (ls lines) next(services []string, r Rates, now time.Time) (best place, ok bool) {
	var bestClass Class
	for _, s := range services {
		for _, c := range classes() {
			l := ls.of(s, c)
			if len(l) == 0 {
				continue
			}
			if !ok || before(r, c, l[0], bestClass, best, now) {
				best, bestClass, ok = l[0], c, true
			}
		}
	}
	return best, ok
}

// ahead counts the tickets of a service that would be called before p of class c.
func (ls lines) ahead(service string, c Class, p place, r Rates, now time.Time) int {
	n := 0
	for _, other := range classes() {
		l := ls.of(service, other)
		// Along a line the scores fall, so those ahead of p are a prefix.
		first, _ := slices.BinarySearchFunc(l, p, func(q, p place) int {
			if before(r, other, q, c, p, now) {
				return -1
			}
			return 1
		})
		n += first
	}
	return n
}
