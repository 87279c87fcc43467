package week

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/memory"
)

const (
	officeID  = "mo-hinh"
	zone      = "Asia/Ho_Chi_Minh"
	firstDay  = "2026-11-23T07:30:00+07:00" // A Monday.
	caller    = "week"
	daysAWeek = 5
)

// moment is something that happens at a time.
type moment struct {
	at  time.Time
	seq int
	do  func() error
}

type moments []moment

func (m moments) Len() int { return len(m) }
func (m moments) Less(i, j int) bool {
	return m[i].at.Before(m[j].at) || m[i].at.Equal(m[j].at) && m[i].seq < m[j].seq
}
func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)   { *m = append(*m, x.(moment)) }
func (m *moments) Pop() any {
	last := len(*m) - 1
	x := (*m)[last]
	*m = (*m)[:last]
	return x
}

// guest is somebody on the way to being served.
type guest struct {
	person
	told
	ticket string
	here   time.Time // In the hall; zero = not yet.
}

// seat is a counter.
type seat struct {
	id   string
	busy bool
	idle time.Time
}

// world is one life of the office.
type world struct {
	Config
	ctx    context.Context
	engine *queue.Engine
	store  *memory.Store
	now    time.Time
	next   moments
	seq    int
	seats  []*seat
	guests map[string]*guest // By ticket.
	all    []told
	taken  map[string]int // Bookings by service and half-hour.
	served []queue.Event  // Of all days: what the office knows of its rush.
	demand *appointment.Demand
}

// live lives through the weeks under c. The estimate of waits follows the log as
// it grows, as in an office: the days are lived inside the log that it reads.
func live(ctx context.Context, c Config) (Life, error) {
	w := &world{Config: c, ctx: ctx, store: &memory.Store{}}
	waits, err := estimate.NewLive(estimate.LiveConfig{Office: officeID, Source: w.store})
	if err != nil {
		return Life{}, err
	}
	begin, err := time.Parse(time.RFC3339, firstDay)
	if err != nil {
		return Life{}, err
	}
	w.now = begin.UTC()
	seed := c.Seed
	w.engine, err = queue.NewEngine(ctx, queue.Config{
		Setup: office(), Store: w.store, Now: func() time.Time { return w.now }, Estimate: waits.Standing,
		Seed: func() uint64 { seed++; return seed },
	})
	if err != nil {
		return Life{}, fmt.Errorf("found the office: %w", err)
	}
	var failed error
	log := logOf(func(after int64, yield func(queue.Event) bool) { failed = w.weeks(begin.UTC(), after, yield) })
	if err := waits.Run(ctx, log); err != nil {
		return Life{}, err
	}
	if failed != nil {
		return Life{}, failed
	}
	return sum(w.all), ctx.Err()
}

// logOf is a log that is made while it is read.
type logOf func(after int64, yield func(queue.Event) bool)

// Events implements estimate.Log.
func (l logOf) Events(_ context.Context, after int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		l(after, func(e queue.Event) bool { return yield(e, nil) })
	}
}

// office is the setup: whoever took the number at home is called once there.
func office() queue.Setup {
	s := queue.Setup{Office: officeID, Name: "Mô hình", NameEN: "Model", TimeZone: zone}
	s.Rules.CheckIn = true
	ids, _, _ := services()
	for _, id := range ids {
		s.Services = append(s.Services, queue.Service{ID: id, Name: "Dịch vụ " + id})
	}
	for i, serves := range counters() {
		id := fmt.Sprint(i + 1)
		s.Counters = append(s.Counters, queue.Counter{ID: id, Name: "Quầy số " + id, Services: serves})
	}
	return s
}

// weeks lives day after day, and gives what the office writes as it writes it.
func (w *world) weeks(begin time.Time, after int64, yield func(queue.Event) bool) error {
	rng := rand.New(rand.NewPCG(w.Seed, 1))
	days := cmp.Or(w.days, daysAWeek)
	for n := range (w.Weeks + 1) * days {
		opens := begin.AddDate(0, 0, n/days*7+n%days)
		kept := len(w.all)
		if err := w.prepare(opens, w.people(rng, opens)); err != nil {
			return err
		}
		for len(w.next) > 0 {
			if err := w.ctx.Err(); err != nil {
				return nil
			}
			m := heap.Pop(&w.next).(moment)
			w.now = m.at
			if err := m.do(); err != nil {
				return err
			}
			events, err := w.store.Read(w.ctx, officeID, after, 1000)
			if err != nil {
				return err
			}
			for _, e := range events {
				after = e.Seq
				if e.Kind == queue.TicketFinished {
					w.served = append(w.served, e)
				}
				if !yield(e) {
					return nil
				}
			}
		}
		if n < days { // The office was learning.
			w.all = w.all[:kept]
		}
	}
	return nil
}

func (w *world) at(t time.Time, do func() error) {
	if t.Before(w.now) {
		t = w.now
	}
	w.seq++
	heap.Push(&w.next, moment{t, w.seq, do})
}

// past yields who was served.
func (w *world) past(yield func(queue.Event, error) bool) {
	for _, e := range w.served {
		if !yield(e, nil) {
			return
		}
	}
}

// prepare plans a day: its counters, and what everybody sets out to do.
func (w *world) prepare(opens time.Time, people []person) (err error) {
	c := appointment.NewCalendar(office())
	w.demand, err = appointment.LearnDemand(w.past, c.Zone(), c.Day(opens))
	if err != nil {
		return err
	}
	w.seats, w.guests, w.taken = nil, map[string]*guest{}, map[string]int{}
	w.now = opens.Add(-2 * time.Hour)
	for i := range counters() {
		s := &seat{id: fmt.Sprint(i + 1)}
		w.at(opens, func() error { return w.open(s) })
	}
	for _, p := range people {
		g := &guest{person: p, told: told{way: p.comes(w.Config)}}
		switch g.way {
		case walk:
			w.at(p.decides.Add(p.travel), func() error { return w.take(g, queue.TakeRequest{Channel: queue.Kiosk}) })
		case remote:
			w.at(p.decides, func() error { return w.fromHome(g) })
		default:
			w.book(g, opens)
		}
	}
	last := opens.Add(time.Duration(len(rush())) * time.Hour)
	w.at(last.Add(5*time.Hour), w.close)
	return nil
}

func (w *world) open(s *seat) error {
	s.idle = w.now
	w.seats = append(w.seats, s)
	if _, err := w.do(queue.SetCounterRequest{Meta: queue.Meta{Caller: caller}, Counter: s.id, State: queue.Opened}); err != nil {
		return err
	}
	return w.call(s)
}

// close ends a day, when the hall has long been empty.
func (w *world) close() error {
	for _, s := range w.seats {
		if _, err := w.do(queue.SetCounterRequest{Meta: queue.Meta{Caller: caller}, Counter: s.id, State: queue.Closed}); err != nil {
			return err
		}
	}
	return nil
}

// do has one command decided now.
func (w *world) do(c queue.Command) (queue.Ticket, error) {
	a := w.engine.Together(w.ctx, c)[0]
	return a.Ticket, a.Err
}

// take gives a number, and has the free counters look.
func (w *world) take(g *guest, r queue.TakeRequest) error {
	ids, _, _ := services()
	r.Meta, r.Service = queue.Meta{Caller: caller}, ids[g.service]
	t, err := w.do(r)
	if err != nil {
		return fmt.Errorf("a number at %v: %w", w.now, err)
	}
	g.ticket = t.ID
	w.guests[t.ID] = g
	if r.Channel == queue.Kiosk {
		g.here = w.now
	}
	return w.look()
}

// fromHome takes a number by telephone, and comes when told to.
func (w *world) fromHome(g *guest) error {
	if err := w.take(g, queue.TakeRequest{Channel: queue.Phone}); err != nil {
		return err
	}
	if g.forgets < remoteAbsent {
		g.absent = true
		w.all = append(w.all, g.told)
		return nil
	}
	return w.waitAtHome(g)
}

// waitAtHome looks when to come: as long as there is time, anew after a while.
func (w *world) waitAtHome(g *guest) error {
	t, err := w.engine.Ticket(w.ctx, g.ticket)
	if err != nil {
		return err
	}
	leave := w.now
	switch s := t.Standing; {
	case g.heeds < w.Heedless:
	case s != nil && s.LowMin != nil:
		leave = s.ComeBy.Add(-g.travel)
	case s != nil && s.Ahead > fewAhead:
		leave = w.now.Add(looksAgain)
	}
	if leave.After(w.now) {
		w.at(earliest(leave, w.now.Add(looksAgain)), func() error { return w.waitAtHome(g) })
		return nil
	}
	w.at(w.now.Add(max(g.travel+g.drift, time.Minute)), func() error {
		g.here = w.now
		t, err := w.do(queue.ActRequest{Meta: queue.Meta{Caller: caller}, Ticket: g.ticket, Action: queue.CheckIn})
		if err != nil {
			return fmt.Errorf("check in: %w", err)
		}
		g.late = t.Standing != nil && t.Standing.Ahead == 0
		return w.look()
	})
	return nil
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// book finds the free half-hour nearest to when somebody wants to be there; who
// finds none walks in.
func (w *world) book(g *guest, opens time.Time) {
	ids, _, _ := services()
	id, wants := ids[g.service], g.decides.Add(g.travel)
	if !w.Rushing {
		wants = opens.Add(time.Duration(g.suits * float64(len(rush())) * float64(time.Hour)))
	}
	var best time.Time
	setup, settings := w.plan()
	for i := range len(rush()) * 2 {
		start := opens.Add(time.Duration(i) * appointment.SlotLength)
		away := wants.Sub(start).Abs()
		if w.Accepts > 0 && away > w.Accepts || !best.IsZero() && away >= wants.Sub(best).Abs() {
			continue
		}
		if w.taken[id+start.String()] < appointment.PlacesOf(setup, settings, w.demand, id, start) {
			best = start
		}
	}
	switch {
	case best.IsZero():
		g.way = walk
		w.at(wants, func() error { return w.take(g, queue.TakeRequest{Channel: queue.Kiosk}) })
		return
	case g.forgets < bookedAbsent:
		g.absent = true
		w.taken[id+best.String()]++
		w.all = append(w.all, g.told)
		return
	}
	w.taken[id+best.String()]++
	g.moved = wants.Sub(best).Abs()
	w.at(best.Add(g.drift-bookedEarly), func() error {
		return w.take(g, queue.TakeRequest{Channel: queue.Kiosk, Class: queue.Appointment, Slot: best})
	})
	w.at(best, w.look) // From here it may be called.
}

// plan is the office as its bookings know it: with hours, and how long a service
// takes. They are its defaults else.
func (w *world) plan() (queue.Setup, appointment.Settings) {
	ids, _, means := services()
	setup, settings := office(), appointment.Settings{AnyHour: w.AnyHour, Services: map[string]appointment.Service{}}
	for i, id := range ids {
		settings.Services[id] = appointment.Service{Minutes: int(means[i].Minutes())}
	}
	for d := time.Monday; d <= time.Friday; d++ {
		setup.Hours = append(setup.Hours, queue.Hours{Day: d, From: "07:30", To: "15:30"})
	}
	return setup, settings
}

// look has the free counters look for somebody, the one longest free first.
func (w *world) look() error {
	free := slices.DeleteFunc(slices.Clone(w.seats), func(s *seat) bool { return s.busy })
	slices.SortStableFunc(free, func(a, b *seat) int { return a.idle.Compare(b.idle) })
	for _, s := range free {
		if err := w.call(s); err != nil {
			return err
		}
	}
	return nil
}

// call has a free counter call whom the office says.
func (w *world) call(s *seat) error {
	t, err := w.do(queue.CounterRequest{Meta: queue.Meta{Caller: caller}, Counter: s.id})
	if queue.ErrorCode(err) == queue.CodeNobodyWaiting {
		return nil
	}
	if err != nil {
		return fmt.Errorf("next at %s: %w", s.id, err)
	}
	g := w.guests[t.ID]
	g.wait = w.now.Sub(g.here)
	w.all = append(w.all, g.told)
	s.busy = true
	w.at(w.now.Add(g.work), func() error {
		if _, err := w.do(queue.ActRequest{Meta: queue.Meta{Caller: caller}, Ticket: t.ID, Action: queue.Finish}); err != nil {
			return fmt.Errorf("finish: %w", err)
		}
		s.busy, s.idle = false, w.now
		return w.call(s)
	})
	return nil
}
