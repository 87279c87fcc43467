package whatif

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// rule says who is next. The hall tells it what happens, in the order of time.
// Visits go by their index in the day.
type rule interface {
	// open and shut staff a counter or leave it.
	open(ctx context.Context, counter string, now time.Time) error
	shut(ctx context.Context, counter string, now time.Time) error
	// take gives visit i its number.
	take(ctx context.Context, i int, v *Visit, now time.Time) error
	// next calls somebody to a counter; ok is false if there is nobody.
	next(ctx context.Context, counter string, now time.Time) (i int, ok bool, err error)
	// step is what the citizen of a waiting, held or parked visit does.
	step(ctx context.Context, i int, s Step, now time.Time) error
	// end is the end of a stay at a counter.
	end(ctx context.Context, i int, s Stage, now time.Time) error
	// back says that a parked or given up visit waits again.
	back(ctx context.Context, i int, s Stage, now time.Time) error
}

// moment is something that happens in the hall at a time.
type moment struct {
	at    time.Time
	order int // What happens first at one time: see the constants.
	seq   int
	do    func(ctx context.Context) error
}

// The order of what happens in the same millisecond.
const (
	ending   = iota // A stay at a counter.
	staffing        // A counter opens or closes.
	coming          // Citizens take numbers, check in, cancel.
	pressing        // A counter calls.
)

type moments []moment

func (m moments) Len() int { return len(m) }
func (m moments) Less(i, j int) bool {
	return cmp.Or(m[i].at.Compare(m[j].at), cmp.Compare(m[i].order, m[j].order), cmp.Compare(m[i].seq, m[j].seq)) < 0
}
func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)   { *m = append(*m, x.(moment)) }
func (m *moments) Pop() any {
	last := len(*m) - 1
	x := (*m)[last]
	*m = (*m)[:last]
	return x
}

// where is where a visit is.
type where int

const (
	outside where = iota // Not come yet, or gone.
	held                 // Its number is not delivered yet.
	remote               // Waits, not checked in, and is not called: see hall.stands.
	waiting              // Can be called.
	atDesk
	aside // Parked, or given up and to be restored.
)

// guest is a visit under way.
type guest struct {
	outcome
	visit   *Visit
	where   where
	service string // Where it waits; changes by transfer.
	only    string // Counter that alone may call it.
	stage   int    // Stays at counters so far.
}

// seat is a counter at work.
type seat struct {
	*Desk
	serves  []string
	open    bool
	leaving bool // Its last span is over; it goes when nobody is there for it.
	busy    bool
	presses int       // How often the staff were about to call.
	pressed bool      // They are about to call.
	vain    int       // What had happened when they last found nobody; see hall.news.
	idle    time.Time // Since when it is free.
	calls   int
}

// hall is a day under way.
type hall struct {
	day     *Day
	rule    rule
	now     time.Time
	coming  moments
	seq     int
	guests  []guest
	seats   []*seat
	present map[string]int // Service → visits that any of its counters may call.
	bound   map[string]int // Counter → visits that it alone may call.
	news    int            // Counts what happens but calls.
	work    time.Duration
}

// play plays a day under a rule and gives what became of each visit.
func play(ctx context.Context, day *Day, r rule) (*hall, error) {
	h := &hall{day: day, rule: r, now: day.Start, guests: make([]guest, len(day.Visits)), present: map[string]int{}, bound: map[string]int{}}
	for i := range day.Visits {
		v := &day.Visits[i]
		h.guests[i] = guest{visit: v, service: v.Service}
		h.at(v.At, coming, func(ctx context.Context) error { return h.arrive(ctx, i) })
		if !v.Slot.IsZero() {
			h.at(v.Slot, coming, func(context.Context) error { return h.due(i) })
		}
		for _, s := range v.Steps {
			h.at(s.At, coming, func(ctx context.Context) error { return h.step(ctx, i, s) })
		}
	}
	for i := range day.Desks {
		h.staff(&day.Desks[i])
	}
	return h, h.run(ctx)
}

// staff plans a counter's spans.
func (h *hall) staff(d *Desk) {
	s := &seat{Desk: d}
	for _, c := range h.day.Setup.Counters {
		if c.ID == d.Counter {
			s.serves = slices.Concat(c.Services, c.Helps)
		}
	}
	h.seats = append(h.seats, s)
	for i, span := range d.Spans {
		last := i == len(d.Spans)-1
		h.at(span.From, staffing, func(ctx context.Context) error {
			s.open, s.leaving, s.idle = true, false, h.now
			return h.rule.open(ctx, d.Counter, h.now)
		})
		h.at(span.To, staffing, func(ctx context.Context) error {
			s.leaving = true
			if last && d.Stays {
				return nil
			}
			return h.leave(ctx, s)
		})
	}
}

// leave closes a counter, as soon as nobody stands there.
func (h *hall) leave(ctx context.Context, s *seat) error {
	if s.busy || !s.open {
		return nil
	}
	s.open, s.leaving, s.pressed = false, false, false
	return h.rule.shut(ctx, s.Counter, h.now)
}

func (h *hall) at(t time.Time, order int, do func(context.Context) error) {
	if t.Before(h.now) {
		t = h.now
	}
	h.seq++
	heap.Push(&h.coming, moment{at: t, order: order, seq: h.seq, do: do})
}

// run lets time pass until nothing more can happen.
func (h *hall) run(ctx context.Context) error {
	for len(h.coming) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := heap.Pop(&h.coming).(moment)
		h.now = m.at
		if m.order != pressing {
			h.news++
		}
		if err := m.do(ctx); err != nil {
			return err
		}
		if len(h.coming) == 0 || h.coming[0].at.After(h.now) || h.coming[0].order == pressing {
			if err := h.fill(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill lets the free counters call, the one longest free first.
func (h *hall) fill(ctx context.Context) error {
	free := make([]*seat, 0, len(h.seats))
	for _, s := range h.seats {
		if s.open && !s.busy {
			free = append(free, s)
		}
	}
	slices.SortStableFunc(free, func(a, b *seat) int { return a.idle.Compare(b.idle) })
	for _, s := range free {
		if err := h.tend(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// tend lets a free counter call, or begin to, or go, or do nothing.
func (h *hall) tend(ctx context.Context, s *seat) error {
	switch {
	case !h.wanted(s):
		s.pressed = false // Another counter was quicker.
		if s.leaving {
			return h.leave(ctx, s)
		}
	case s.pressed || s.vain == h.news:
	case s.pause() == 0:
		return h.call(ctx, s)
	default:
		s.pressed = true
		s.presses++
		press := s.presses
		h.at(h.now.Add(s.pause()), pressing, func(ctx context.Context) error {
			if !s.pressed || s.presses != press {
				return nil
			}
			return h.call(ctx, s)
		})
	}
	return nil
}

// pause is how long the staff take before the next call.
func (s *seat) pause() time.Duration {
	if s.calls < len(s.Pauses) {
		return s.Pauses[s.calls]
	}
	return s.Pause
}

// wanted reports whether a counter has somebody to call.
func (h *hall) wanted(s *seat) bool {
	return h.bound[s.Counter] > 0 || slices.ContainsFunc(s.serves, func(service string) bool { return h.present[service] > 0 })
}

// call lets a counter call whom the rule says.
func (h *hall) call(ctx context.Context, s *seat) error {
	s.pressed = false
	i, ok, err := h.rule.next(ctx, s.Counter, h.now)
	if err != nil {
		return err
	}
	if !ok {
		s.vain = h.news
		return nil
	}
	g := &h.guests[i]
	h.move(g, atDesk)
	s.busy = true
	s.calls++
	if g.called.IsZero() {
		g.called = h.now
	}
	stage := g.next()
	h.work += stage.Work
	h.at(h.now.Add(stage.Work), ending, func(ctx context.Context) error { return h.end(ctx, s, i, stage) })
	return nil
}

// next is what happens to a visit at its next call.
func (g *guest) next() Stage {
	g.stage++
	if g.stage <= len(g.visit.Stages) {
		return g.visit.Stages[g.stage-1]
	}
	return Stage{Work: g.visit.Default, End: queue.Finish}
}

// end ends a stay at a counter.
func (h *hall) end(ctx context.Context, s *seat, i int, stage Stage) error {
	if err := h.rule.end(ctx, i, stage, h.now); err != nil {
		return err
	}
	g := &h.guests[i]
	s.busy, s.idle = false, h.now
	g.absent = stage.End == queue.Absent && (g.stage == 1 || g.absent)
	switch stage.End {
	case queue.Transfer:
		g.only = stage.Counter
		if stage.Service != "" {
			g.service = stage.Service
		}
		h.move(g, waiting)
	case queue.Requeue, queue.Later, queue.Disentitle:
		h.move(g, waiting)
	case queue.Park, queue.Absent:
		h.move(g, outside)
		if stage.Away > 0 {
			h.move(g, aside)
			h.at(h.now.Add(stage.Away), coming, func(ctx context.Context) error { return h.back(ctx, i, stage) })
		}
	default:
		g.served, g.ended = true, h.now
		h.move(g, outside)
	}
	if s.leaving && !(s.Stays && h.now.After(s.Spans[len(s.Spans)-1].From)) {
		return h.leave(ctx, s)
	}
	return nil
}

func (h *hall) back(ctx context.Context, i int, stage Stage) error {
	g := &h.guests[i]
	if g.where != aside {
		return nil
	}
	h.move(g, waiting)
	return h.rule.back(ctx, i, stage, h.now)
}

// arrive gives a visit its number.
func (h *hall) arrive(ctx context.Context, i int) error {
	g := &h.guests[i]
	if g.visit.Held {
		h.move(g, held)
	} else {
		h.move(g, h.stands(g.visit))
	}
	return h.rule.take(ctx, i, g.visit, h.now)
}

// stands is where somebody stands whose number has been delivered. The office
// calls nobody from afar who has not checked in, if it asks for that; and else
// nobody from afar before the booked time.
func (h *hall) stands(v *Visit) where {
	if v.remote() && (h.day.Setup.Rules.CheckIn || v.booked() && v.Slot.After(h.now)) {
		return remote
	}
	return waiting
}

// due is the booked time of a visit.
func (h *hall) due(i int) error {
	if g := &h.guests[i]; g.where == remote {
		h.move(g, h.stands(g.visit))
	}
	return nil
}

// step does what a citizen does by the clock, if it can still be done.
func (h *hall) step(ctx context.Context, i int, s Step) error {
	g := &h.guests[i]
	to := g.where
	switch {
	case s.Action == queue.Confirm && g.where == held:
		to = h.stands(g.visit)
	case s.Action == queue.CheckIn && g.where == remote:
		to = waiting
	case s.Action != queue.Confirm && s.Action != queue.Cancel && (g.where == waiting || g.where == remote):
	case s.Action == queue.Cancel && g.where != atDesk && g.where != outside:
		to = outside
	default:
		return nil
	}
	h.move(g, to)
	return h.rule.step(ctx, i, s, h.now)
}

// move notes where a visit is, and keeps count of who can be called.
func (h *hall) move(g *guest, to where) {
	h.count(g, -1)
	g.where = to
	h.count(g, 1)
	if to == waiting && g.here.IsZero() {
		g.here = g.visit.At // Not when a held number was delivered: the place in the line is from then.
		if h.day.Setup.Rules.CheckIn && g.visit.remote() {
			g.here = h.now
		}
	}
}

func (h *hall) count(g *guest, by int) {
	switch {
	case g.where != waiting:
	case g.only != "":
		h.bound[g.only] += by
	default:
		h.present[g.service] += by
	}
}

// figures sums up the day played.
func (h *hall) figures() Figures {
	outcomes := make([]outcome, len(h.guests))
	for i := range h.guests {
		outcomes[i] = h.guests[i].outcome
	}
	return figures(h.day.Visits, outcomes, h.work)
}
