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
)

// lines holds the waiting tickets.
type lines map[lineKey]*line

type lineKey struct {
	service string
	class   Class
	lane    lane
	only    string // Counter that alone may call them; empty = every counter of the service.
}

func (ls lines) add(k lineKey, p place) {
	if ls[k] == nil {
		ls[k] = new(line)
	}
	ls[k].add(p)
}

func (ls lines) remove(k lineKey, p place) {
	if l := ls[k]; l != nil {
		l.remove(p)
		if len(*l) == 0 {
			delete(ls, k)
		}
	}
}

// of gives a line for reading.
func (ls lines) of(k lineKey) line {
	if l := ls[k]; l != nil {
		return *l
	}
	return nil
}

// any reports whether anybody stands in a lane.
func (ls lines) any(in lane) bool {
	for k := range ls {
		if k.lane == in {
			return true
		}
	}
	return false
}

// waiting counts everyone who waits for a service, wherever they are.
func (ls lines) waiting(service string) int {
	n := 0
	for k, l := range ls {
		if k.service == service {
			n += len(*l)
		}
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

// next picks who a counter calls at now; ok is false if nobody may be called.
// Only the heads of the lines can win. A ticket that came back after missing
// its turn waits while rested(service) is false, but not for a service where
// the counter has nobody else: the others of another service may never end.
func (ls lines) next(c Counter, r Rates, now time.Time, rested func(service string) bool) (best place, ok bool) {
	var class Class
	for k, l := range ls {
		switch {
		case k.lane == absent || !k.servedBy(c):
		case k.lane == returned && !rested(k.service) && ls.inHallFor(c, k.service):
		case !ok || before(r, k.class, (*l)[0], class, best, now):
			best, class, ok = (*l)[0], k.class, true
		}
	}
	return best, ok
}

// servedBy reports whether a counter may call from the line.
func (k lineKey) servedBy(c Counter) bool {
	if k.only != "" {
		return k.only == c.ID
	}
	return slices.Contains(c.Services, k.service)
}

// inHallFor reports whether a counter has tickets of a service that missed no
// turn.
func (ls lines) inHallFor(c Counter, service string) bool {
	for _, class := range classes() {
		for _, only := range []string{"", c.ID} {
			k := lineKey{service: service, class: class, lane: inHall, only: only}
			if ls[k] != nil && k.servedBy(c) {
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
	for k, l := range ls {
		if k.service != service {
			continue
		}
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
