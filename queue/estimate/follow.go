package estimate

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// follower turns the log of an office's day into what its lines show.
type follower struct {
	hall     *Hall
	setup    queue.Setup
	zone     *time.Location
	midnight time.Time // That the business day began with.
	day      string
	lines    map[string]*standing // By service.
	tickets  map[string]queue.Ticket
	counters map[string]queue.CounterState
	inHand   map[string]stay // By counter.
}

// stay is somebody at a counter, or who was there last.
type stay struct {
	ticket, service string
	since, until    time.Time // Until is zero while it lasts.
	more            bool      // When it ended, somebody waited for the counter.
}

// standing is who stands in a line.
type standing struct {
	waiting []queue.Ticket // By when their waiting began to count, then by issue.
	left    int            // How many have left it today.
	middle  float64        // Minute at which somebody in its middle was asked last.
}

// follow begins with a day_opened event.
func follow(opened queue.Event, hall *Hall) *follower {
	f := &follower{hall: hall, zone: time.UTC, lines: map[string]*standing{}, tickets: map[string]queue.Ticket{}, counters: map[string]queue.CounterState{}, inHand: map[string]stay{}}
	f.day = opened.Opening.Day
	f.configured(opened.Setup)
	f.midnight, _ = time.ParseInLocation(time.DateOnly, f.day, f.zone) // A log's own date.
	for _, c := range opened.Opening.Counters {
		f.counters[c.ID] = c.State
	}
	for _, s := range f.setup.Services {
		f.observe(s.ID, opened.At)
	}
	return f
}

func (f *follower) configured(s *queue.Setup) {
	if s == nil {
		return
	}
	f.setup = *s
	if s.Rates == (queue.Rates{}) {
		f.setup.Rates = queue.DefaultRates()
	}
	if zone, err := time.LoadLocation(s.TimeZone); err == nil {
		f.zone = zone
	}
}

// minute is a time as minutes of the business day.
func (f *follower) minute(t time.Time) float64 { return t.Sub(f.midnight).Minutes() }

// apply takes in one event of the day.
func (f *follower) apply(e queue.Event) {
	switch e.Kind {
	case queue.OfficeConfigured:
		f.configured(e.Setup)
	case queue.CounterOpened, queue.CounterPaused, queue.CounterClosed:
		f.counter(e)
	default:
		if e.Ticket != nil {
			f.ticket(e)
		}
	}
}

func (f *follower) counter(e queue.Event) {
	state := queue.Closed
	switch e.Kind {
	case queue.CounterOpened:
		state = queue.Opened
	case queue.CounterPaused:
		state = queue.Paused
	}
	f.counters[e.Counter] = state
	for _, c := range f.setup.Counters {
		if c.ID == e.Counter {
			for _, s := range c.Services {
				f.observe(s, e.At)
			}
		}
	}
}

// open counts the counters that call for a service.
func (f *follower) open(service string) (n int) {
	for _, c := range f.setup.Counters {
		if f.counters[c.ID] == queue.Opened && slices.Contains(c.Services, service) {
			n++
		}
	}
	return n
}

func (f *follower) line(service string) *standing {
	l := f.lines[service]
	if l == nil {
		l = &standing{}
		f.lines[service] = l
	}
	return l
}

func (f *follower) observe(service string, at time.Time) {
	l := f.line(service)
	f.hall.Observe(service, f.minute(at), l.left, len(l.waiting), f.open(service))
}

// ticket moves a ticket, and learns from what it does.
func (f *follower) ticket(e queue.Event) {
	now, old := *e.Ticket, f.tickets[e.Ticket.ID]
	f.tickets[now.ID] = now
	f.hand(old, now, e.At)
	was, is := old.State == queue.Waiting, now.State == queue.Waiting
	if was && is && old.Service == now.Service {
		f.replace(now)
		return
	}
	if was {
		f.leave(old, now, e)
	}
	if is {
		f.join(now, e)
	}
}

// replace notes what changed of a ticket that goes on waiting.
func (f *follower) replace(t queue.Ticket) {
	l := f.line(t.Service)
	l.remove(t.ID)
	l.add(t)
}

func (l *standing) remove(id string) {
	l.waiting = slices.DeleteFunc(l.waiting, func(o queue.Ticket) bool { return o.ID == id })
}

func (l *standing) add(t queue.Ticket) {
	i := len(l.waiting)
	for i > 0 && t.Earlier(&l.waiting[i-1]) {
		i--
	}
	l.waiting = slices.Insert(l.waiting, i, t)
}

func (f *follower) leave(old, now queue.Ticket, e queue.Event) {
	l := f.line(old.Service)
	l.remove(old.ID)
	l.left++
	f.observe(old.Service, e.At)
	if e.Kind != queue.TicketCalled || e.Chosen { // Whom staff picked out says nothing of the line.
		f.hall.Left(now.ID)
		return
	}
	f.hall.Called(now.ID, f.minute(e.At))
	f.askMiddle(old.Service, l, e.At)
}

// middleEvery is how often somebody in the middle of a line is asked, in
// minutes, so that waits are learned from their middle too.
const middleEvery = 10

func (f *follower) askMiddle(service string, l *standing, at time.Time) {
	minute := f.minute(at)
	if len(l.waiting) < 3 || minute < l.middle+middleEvery {
		return
	}
	l.middle = minute
	t := l.waiting[len(l.waiting)/2]
	f.hall.Enter(t.ID, service, minute, f.place(t, at), false)
}

func (f *follower) join(t queue.Ticket, e queue.Event) {
	l := f.line(t.Service)
	if (e.Kind == queue.TicketIssued || e.Kind == queue.TicketConfirmed) && f.open(t.Service) > 0 {
		f.hall.Enter(t.ID, t.Service, f.minute(e.At), f.place(t, e.At), true)
	}
	l.add(t)
	f.observe(t.Service, e.At)
}

// rank counts those in line who are called before a ticket if they are called
// now.
func (f *follower) rank(t queue.Ticket, now time.Time) (n int) {
	line := f.line(t.Service).waiting
	for i := range line {
		if line[i].ID != t.ID && f.setup.Rates.Before(&line[i], &t, now) {
			n++
		}
	}
	return n
}

// closing tells in how many minutes the office closes for the day of now; ok is
// false if it does not.
func (f *follower) closing(now time.Time) (minutes float64, ok bool) {
	at, ok := f.setup.Closing(now.In(f.zone))
	return at.Sub(now).Minutes(), ok
}
