package sim

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// The order of the hall, straight from its definition and by looking at
// everybody: of those whom the counter may call, the one with the largest rate
// × time waited, in whole milliseconds; equal ones by time, then by issue.

// checkCall looks at a call: the ticket waited, the counter was ready, and
// unless staff chose it, it was next.
func (v *view) checkCall(e queue.Event, old *queue.Ticket) {
	t := e.Ticket
	if old.State != queue.Waiting || v.desk(t.Counter) != queue.Opened || v.hands[t.Counter] != "" {
		v.r.wrong("event %d calls ticket %s, which is %s, to counter %s, which is %s with %q in hand",
			e.Seq, t.Number, old.State, t.Counter, v.desk(t.Counter), v.hands[t.Counter])
		return
	}
	i := slices.IndexFunc(v.setup.Counters, func(c queue.Counter) bool { return c.ID == t.Counter })
	if i < 0 {
		v.r.wrong("event %d calls ticket %s to counter %s, which there is not", e.Seq, t.Number, t.Counter)
		return
	}
	best := v.first(v.setup.Counters[i], e.At)
	if p := v.r.ops[e.Actor]; p != nil {
		if c, chosen := p.cmd.(queue.CallRequest); chosen {
			if c.Reason == "" && (best == nil || best.ID != t.ID) {
				v.r.wrong("event %d calls ticket %s out of order without a reason", e.Seq, t.Number)
			}
			return
		}
	}
	if e.Actor == system {
		v.checkIdle(v.setup.Counters[i], e.At)
	}
	v.ordered++
	if best == nil {
		v.r.wrong("event %d calls ticket %s to counter %s, which may call nobody", e.Seq, t.Number, t.Counter)
	} else if best.ID != t.ID {
		v.r.wrong("event %d calls ticket %s (%s, eligible %s) to counter %s; next is %s (%s, eligible %s)",
			e.Seq, t.Number, t.Class, t.EligibleAt, t.Counter, best.Number, best.Class, best.EligibleAt)
	}
}

// checkIdle: where counters call by themselves, the longest idle one does.
func (v *view) checkIdle(c queue.Counter, now time.Time) {
	peace := time.Duration(v.setup.Rules.AutoCallSeconds) * time.Second
	for _, o := range v.setup.Counters {
		ready := v.desk(o.ID) == queue.Opened && v.hands[o.ID] == "" && !v.free[o.ID].Add(peace).After(now)
		if ready && v.free[o.ID].Before(v.free[c.ID]) && v.first(o, now) != nil {
			v.r.wrong("counter %s calls at %s, free since %s; counter %s is free since %s", c.ID, now, v.free[c.ID], o.ID, v.free[o.ID])
		}
	}
}

// first is who is next for a counter; nil if nobody.
func (v *view) first(c queue.Counter, now time.Time) (best *queue.Ticket) {
	callable := v.callable(c, now)
	help := v.setup.Rules.HelpFactor
	if help == 0 {
		help = 1
	}
	patience := time.Duration(help * float64(longestOwn(c, callable, now)))
	for _, t := range callable {
		if !own(c, t) && now.Sub(v.headOf(t, callable).EligibleAt) < patience {
			continue
		}
		if best == nil || v.sooner(t, best, now) {
			best = t
		}
	}
	return best
}

// callable is everybody whom a counter may call but for the helping rule.
func (v *view) callable(c queue.Counter, now time.Time) (out []*queue.Ticket) {
	fresh := map[string]bool{}
	var mine []*queue.Ticket
	for _, id := range v.order {
		t := v.tickets[id]
		if t.State != queue.Waiting || !served(c, t) || !v.there(t, now) {
			continue
		}
		mine = append(mine, t)
		if !t.Returned {
			fresh[t.Service] = true
		}
	}
	for _, t := range mine {
		if !t.Returned || !v.second[t.Service] || !fresh[t.Service] {
			out = append(out, t)
		}
	}
	return out
}

// there reports whether a ticket's holder has to be reckoned with: checked in,
// or the office does not ask for that and a booked time has come.
func (v *view) there(t *queue.Ticket, now time.Time) bool {
	switch {
	case t.Presence != queue.Remote:
		return true
	case v.setup.Rules.CheckIn:
		return false
	default:
		return !early(t) || !t.EligibleAt.After(now)
	}
}

// early reports whether a ticket waits as an appointment whose holder has not
// checked in, nor been here before.
func early(t *queue.Ticket) bool {
	return !t.Returned && t.Presence == queue.Remote && t.Class == queue.Appointment && !t.Slot.IsZero()
}

func own(c queue.Counter, t *queue.Ticket) bool {
	if t.Only != "" {
		return t.Only == c.ID
	}
	return slices.Contains(c.Services, t.Service)
}

func served(c queue.Counter, t *queue.Ticket) bool {
	return own(c, t) || (t.Only == "" && slices.Contains(c.Helps, t.Service))
}

// longestOwn is how long those of a counter's own lines have waited at most.
func longestOwn(c queue.Counter, callable []*queue.Ticket, now time.Time) (longest time.Duration) {
	for _, t := range callable {
		if own(c, t) && len(c.Helps) > 0 {
			longest = max(longest, now.Sub(t.EligibleAt))
		}
	}
	return longest
}

// headOf is the first of a ticket's line: same service, class and lane.
func (v *view) headOf(t *queue.Ticket, callable []*queue.Ticket) *queue.Ticket {
	head := t
	for _, o := range callable {
		if o.Service == t.Service && o.Class == t.Class && o.Only == t.Only && o.Returned == t.Returned && early(o) == early(t) && o.EligibleAt.Before(head.EligibleAt) {
			head = o
		}
	}
	return head
}

// sooner reports whether a is called before b.
func (v *view) sooner(a, b *queue.Ticket, now time.Time) bool {
	switch wa, wb := v.weight(a, now), v.weight(b, now); {
	case wa != wb:
		return wa > wb
	case !a.EligibleAt.Equal(b.EligibleAt):
		return a.EligibleAt.Before(b.EligibleAt)
	default:
		return len(a.ID) < len(b.ID) || (len(a.ID) == len(b.ID) && a.ID < b.ID)
	}
}

// weight is rate × milliseconds waited, in whole numbers: the simulated
// offices have whole rates.
func (v *view) weight(t *queue.Ticket, now time.Time) int64 {
	rates := v.setup.Rates
	if rates == (queue.Rates{}) {
		rates = queue.DefaultRates()
	}
	rate := map[queue.Class]float64{queue.Normal: rates.Normal, queue.Appointment: rates.Appointment, queue.Priority: rates.Priority}[t.Class]
	return int64(rate) * now.Sub(t.EligibleAt).Milliseconds()
}
