package live

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Day is the business day so far, as far as an overview needs it. The zero
// value is ready; it is not safe for use by several goroutines.
type Day struct {
	waiting map[string]queue.Ticket // By id.
	seats   map[string]*seat        // By counter.
	stays   map[string][]time.Duration
	trial   bool // The office is being tried out.
	checkIn bool // It asks those who took a number from afar to say that they are here.
}

// seat is what one counter has done.
type seat struct {
	since  time.Time // When it came into its state, or last had a number in hand.
	served int
	total  time.Duration // Of all services.
	acts   []act         // The latest, in order.
}

// act is one thing that ended at a counter, or a call.
type act struct {
	kind    queue.Kind // TicketCalled, TicketFinished or TicketNoShow.
	at      time.Time
	took    time.Duration // Of the service; of a no-show, since the call.
	service string
	chosen  bool // Called out of order.
}

const (
	keepActs  = 60  // Of each counter.
	keepStays = 200 // Of each service.
)

// reset forgets the day before.
func (d *Day) reset(opening *queue.Opening, at time.Time) {
	d.waiting, d.seats, d.stays = map[string]queue.Ticket{}, map[string]*seat{}, map[string][]time.Duration{}
	if opening == nil {
		return
	}
	for _, c := range opening.Counters {
		d.at(c.ID).since = at
	}
}

// at finds what a counter has done.
func (d *Day) at(counter string) *seat {
	if d.seats == nil {
		d.reset(nil, time.Time{})
	}
	s := d.seats[counter]
	if s == nil {
		s = &seat{}
		d.seats[counter] = s
	}
	return s
}

// Add takes the next event of the log.
func (d *Day) Add(e queue.Event) {
	if d.waiting == nil || e.Kind == queue.DayOpened {
		d.reset(e.Opening, e.At)
	}
	if e.Setup != nil {
		d.tried(e.Setup.Trial)
		d.checkIn = e.Setup.Rules.CheckIn
	}
	switch e.Kind {
	case queue.CounterOpened, queue.CounterPaused, queue.CounterClosed:
		d.at(e.Counter).since = e.At
	}
	if e.Ticket == nil {
		return
	}
	t := *e.Ticket
	if t.State == queue.Waiting {
		d.waiting[t.ID] = t
	} else {
		delete(d.waiting, t.ID)
	}
	if e.Counter != "" {
		d.did(e, t)
	}
}

// tried notes whether the office is being tried out. What was done meanwhile is
// shown while it lasts, and counts for nothing once it has ended.
func (d *Day) tried(trial bool) {
	if d.trial && !trial {
		clear(d.stays)
		for _, s := range d.seats {
			s.served, s.total, s.acts = 0, 0, nil
		}
	}
	d.trial = trial
}

// did notes what happened at a counter.
func (d *Day) did(e queue.Event, t queue.Ticket) {
	s := d.at(e.Counter)
	a := act{kind: e.Kind, at: e.At, service: t.Service, chosen: e.Chosen}
	switch e.Kind {
	case queue.TicketFinished:
		a.took = e.At.Sub(t.StartedAt)
		if t.StartedAt.IsZero() { // Finished without a start: since the call.
			a.took = e.At.Sub(t.CalledAt)
		}
		s.served++
		s.total += a.took
		d.stays[t.Service] = last(append(d.stays[t.Service], a.took), keepStays)
	case queue.TicketNoShow:
		a.took = e.At.Sub(t.CalledAt)
	case queue.TicketCalled:
		s.acts = last(append(s.acts, a), keepActs)
		return
	case queue.TicketUndone:
		s.takeBack(t)
		return
	case queue.TicketParked, queue.TicketTransferred, queue.TicketRequeued, queue.TicketPushedBack, queue.TicketCancelled:
		s.since = e.At
		return
	default:
		return
	}
	s.since = e.At
	s.acts = last(append(s.acts, a), keepActs)
}

// takeBack forgets the latest end that was undone, so that nobody is suspected
// for a slip of the finger.
func (s *seat) takeBack(t queue.Ticket) {
	if n := len(s.acts); n > 0 && t.State.InHand() && s.acts[n-1].kind != queue.TicketCalled {
		if s.acts[n-1].kind == queue.TicketFinished {
			s.served--
			s.total -= s.acts[n-1].took
		}
		s.acts = s.acts[:n-1]
	}
}

// last keeps the newest of a list.
func last[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	return slices.Delete(list, 0, len(list)-most)
}

// usual is the median stay of a service; ok is false while too few were served
// to know.
func (d *Day) usual(service string) (time.Duration, bool) {
	const least = 10
	stays := slices.Sorted(slices.Values(d.stays[service]))
	if len(stays) < least {
		return 0, false
	}
	return stays[len(stays)/2], true
}
