package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Trouble is something that is wrong with the office's machines.
type Trouble struct {
	ID     int64 // Of the alarm, to acknowledge it; 0 = it cannot be.
	VI, EN string
	Grave  bool
	Since  time.Time
	By     string // Who takes care of it; empty = nobody.
}

// Seen is what one office says of itself at one moment.
type Seen struct {
	Info     queue.Info
	Services []queue.ServiceView
	Counters []queue.CounterView
	Expect   map[string][2]time.Duration // Service → how long who comes now will wait; none = nobody knows.
	Troubles []Trouble
}

// Activity is what a counter does.
type Activity string

// The activities.
const (
	Serving Activity = "serving" // Somebody stands there.
	Calling Activity = "calling" // Somebody is on the way.
	Idle    Activity = "idle"    // Open, and nothing in hand.
	Paused  Activity = "paused"
	Closed  Activity = "closed"
)

// CounterNow is one counter at this moment.
type CounterNow struct {
	queue.Counter
	Activity Activity
	Reason   string        // Why it pauses.
	Since    time.Time     // Of the activity; zero = not known.
	For      time.Duration // How long that is.
	Number   string        // In hand.
	What     string        // Service in hand.
	Served   int           // Today.
	Mean     time.Duration // Of its services today; 0 = none yet.
	Waits    int           // Numbers that it could call.
	Idling   bool          // Idle for a while although somebody waits for it.
	Slow     bool          // In service for more than twice the usual time.
	Hints    []Hint
}

// ServiceNow is one line at this moment.
type ServiceNow struct {
	queue.Service
	Gives     bool // Numbers.
	Waiting   int
	Longest   time.Duration // Of those who wait now.
	Who       string        // Their number.
	Target    time.Duration
	Over      int           // How many wait longer than that already.
	Low, High time.Duration // Who comes now will wait about so long; both 0 = not known.
	Open      int           // Counters that call it now.
	Nobody    bool          // Somebody waits and no counter calls the line.
}

// Overview is the office at one look.
type Overview struct {
	At       time.Time
	Info     queue.Info
	Waiting  int
	Longest  *ServiceNow // With the longest wait; nil = nobody waits.
	Over     int         // Who wait longer than the target.
	Busy     int         // Counters with a number in hand.
	Open     int         // Counters that are open.
	Services []ServiceNow
	Counters []CounterNow
	Troubles []Trouble
	Hints    []Hint
}

// idleSoon is after how long an open counter with nothing in hand is noticed
// while somebody waits for it.
const idleSoon = 2 * time.Minute

// Overview puts together what an office says and what the day's log tells.
func (d *Day) Overview(s Seen, now time.Time) Overview {
	o := Overview{At: now, Info: s.Info, Troubles: slices.Clone(s.Troubles)}
	slices.SortStableFunc(o.Troubles, func(a, b Trouble) int {
		return cmp.Or(boolean(a.By != "", b.By != ""), boolean(!a.Grave, !b.Grave), a.Since.Compare(b.Since))
	})
	for _, v := range s.Services {
		line := d.line(v, s, now)
		o.Waiting += line.Waiting
		o.Over += line.Over
		o.Services = append(o.Services, line)
	}
	for i := range o.Services {
		if l := &o.Services[i]; l.Who != "" && (o.Longest == nil || l.Longest > o.Longest.Longest) {
			o.Longest = l
		}
	}
	for _, v := range s.Counters {
		c := d.counter(v, o.Services, now)
		if v.State == queue.Opened {
			o.Open++
		}
		if v.Ticket != nil {
			o.Busy++
		}
		o.Hints = append(o.Hints, c.Hints...)
		o.Counters = append(o.Counters, c)
	}
	return o
}

// boolean puts false before true.
func boolean(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// line is one service. Who has not come where that is asked for waits, but not
// in the hall, and is not counted among the longest.
func (d *Day) line(v queue.ServiceView, s Seen, now time.Time) ServiceNow {
	l := ServiceNow{Service: v.Service, Gives: v.Open, Waiting: v.Waiting, Target: v.WaitTarget()}
	if e, ok := s.Expect[v.ID]; ok {
		l.Low, l.High = e[0], e[1]
	}
	for _, t := range d.waiting {
		if t.Service != v.ID || d.checkIn && t.Presence == queue.Remote {
			continue
		}
		waits := now.Sub(t.IssuedAt)
		if !t.Slot.IsZero() { // Who has booked waits from the booked time.
			waits = now.Sub(later(t.IssuedAt, t.Slot))
		}
		if waits > l.Target {
			l.Over++
		}
		number := t.Number.String()
		if waits > l.Longest || waits == l.Longest && (l.Who == "" || number < l.Who) {
			l.Longest, l.Who = waits, number
		}
	}
	for _, c := range s.Counters {
		if c.State == queue.Opened && (slices.Contains(c.Services, v.ID) || slices.Contains(c.Helps, v.ID)) {
			l.Open++
		}
	}
	l.Nobody = l.Waiting > 0 && l.Open == 0
	return l
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// counter is one counter.
func (d *Day) counter(v queue.CounterView, lines []ServiceNow, now time.Time) CounterNow {
	c := CounterNow{Counter: v.Counter, Activity: Closed, Reason: v.Reason, Hints: d.hints(v.ID, now)}
	if s := d.seats[v.ID]; s != nil {
		c.Since, c.Served = s.since, s.served
		if s.served > 0 {
			c.Mean = s.total / time.Duration(s.served)
		}
	}
	for _, l := range lines {
		if slices.Contains(v.Services, l.ID) || slices.Contains(v.Helps, l.ID) {
			c.Waits += l.Waiting
		}
	}
	switch t := v.Ticket; {
	case t != nil:
		c.Number, c.What, c.Activity, c.Since = t.Number.String(), t.Service, Calling, t.CalledAt
		if t.State == queue.Serving {
			c.Activity, c.Since = Serving, t.StartedAt
		}
	case v.State == queue.Opened:
		c.Activity = Idle
	case v.State == queue.Paused:
		c.Activity = Paused
	}
	if !c.Since.IsZero() {
		c.For = max(0, now.Sub(c.Since))
	}
	c.Idling = c.Activity == Idle && c.Waits > 0 && c.For >= idleSoon
	if usual, ok := d.usual(c.What); ok && c.Activity == Serving {
		c.Slow = c.For > 2*usual
	}
	return c
}
