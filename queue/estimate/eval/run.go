package eval

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"slices"

	"github.com/xinmoi/xinmoi/queue/estimate"
)

// Trial is what to learn from and what to test on.
type Trial struct {
	Train, Test []OfficeDay
	From        string // Test from this date on, and learn each night from all earlier days; empty = learn once, from Train.
	Fewest      int    // People waiting at a moment, at least; 0 = 3.
	Frozen      bool   // Without From: remember nothing of the tested days, whatever they show.
}

const fewestWaiting = 3

// Answer is one moment, what was said, and what came true.
type Answer struct {
	Office, Date, Queue string
	Moment
	Said map[estimate.Rule]float64 // Minutes.
	Ours estimate.Estimate
}

// Run replays the days in order of time. An answer is given before anything
// later is seen.
func Run(ctx context.Context, t Trial) ([]Answer, error) {
	r := runner{Trial: t, fewest: cmp.Or(t.Fewest, fewestWaiting), offices: map[string]*estimate.Memory{}, model: &estimate.Model{}}
	if t.From == "" {
		return r.once(ctx)
	}
	return r.nightly(ctx)
}

type runner struct {
	Trial
	fewest  int
	offices map[string]*estimate.Memory
	samples []estimate.Sample
	learned int // Samples that the model was fitted to.
	model   *estimate.Model
	answers []Answer
}

// once learns from Train, then tests.
func (r *runner) once(ctx context.Context) ([]Answer, error) {
	if err := r.dates(ctx, r.Train, func(days []OfficeDay) error { r.play(days, nil, true); return nil }); err != nil {
		return nil, err
	}
	if err := r.fit(); err != nil {
		return nil, err
	}
	err := r.dates(ctx, r.Test, func(days []OfficeDay) error {
		r.play(days, func(OfficeDay) bool { return true }, !r.Frozen)
		return nil
	})
	return r.answers, err
}

// nightly tests from a date on and learns from everything before each day.
func (r *runner) nightly(ctx context.Context) ([]Answer, error) {
	tested := map[string]bool{}
	for _, d := range r.Test {
		tested[d.Office+"/"+d.Date] = d.Date >= r.From
	}
	days := slices.Clone(r.Test)
	for _, d := range r.Train {
		if _, twice := tested[d.Office+"/"+d.Date]; !twice {
			days = append(days, d)
		}
	}
	slices.SortStableFunc(days, func(a, b OfficeDay) int { return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Office, b.Office)) })
	wanted := func(d OfficeDay) bool { return tested[d.Office+"/"+d.Date] }
	err := r.dates(ctx, days, func(days []OfficeDay) error {
		if slices.ContainsFunc(days, wanted) {
			if err := r.fit(); err != nil {
				return err
			}
		}
		r.play(days, wanted, true)
		return nil
	})
	return r.answers, err
}

// dates gives the days of one date after the other.
func (r *runner) dates(ctx context.Context, days []OfficeDay, do func([]OfficeDay) error) error {
	for len(days) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := 1
		for n < len(days) && days[n].Date == days[0].Date {
			n++
		}
		if err := do(days[:n]); err != nil {
			return fmt.Errorf("%s: %w", days[0].Date, err)
		}
		days = days[n:]
	}
	return nil
}

func (r *runner) fit() error {
	if len(r.samples) == r.learned {
		return nil // Nothing new.
	}
	m, err := estimate.Fit(r.samples)
	if err != nil {
		return err
	}
	r.model, r.learned = m, len(r.samples)
	return nil
}

// play replays the days of one date; those that are tested give answers. What
// they taught is remembered only when all of them are over.
func (r *runner) play(days []OfficeDay, tested func(OfficeDay) bool, remember bool) {
	halls := make([]*estimate.Hall, len(days))
	memories := make([]*estimate.Memory, len(days))
	for i, d := range days {
		memories[i] = r.memory(d.Office)
		halls[i] = estimate.NewHall(memories[i], r.model)
		p := player{OfficeDay: d, hall: halls[i], model: r.model}
		if tested != nil && tested(d) {
			p.fewest = r.fewest
		}
		r.answers = append(r.answers, p.run()...)
	}
	if !remember {
		return
	}
	for i, d := range days {
		r.samples = append(r.samples, halls[i].EndDay(d.Office+"/"+d.Date)...)
		r.offices[d.Office] = memories[i]
	}
}

// memory is what an office remembers, with the earlier days of the others.
func (r *runner) memory(office string) *estimate.Memory {
	m := r.offices[office]
	if m == nil {
		m = estimate.NewMemory(nil)
	}
	var others []*estimate.Memory
	for _, id := range slices.Sorted(maps.Keys(r.offices)) {
		if id != office {
			others = append(others, r.offices[id])
		}
	}
	return m.Beside(others)
}

// player replays one office's day.
type player struct {
	OfficeDay
	hall   *estimate.Hall
	model  *estimate.Model
	fewest int // 0 = no answers are wanted.
}

// place is one look of one line.
type place struct{ minute, queue, look int }

func (p *player) run() (answers []Answer) {
	var order []place
	moments := make([]map[int]Moment, len(p.Queues))
	for i, q := range p.Queues {
		for k, l := range q.Looks {
			order = append(order, place{l.Minute, i, k})
		}
		if p.fewest > 0 {
			moments[i] = map[int]Moment{}
			for _, m := range q.Moments(p.fewest) {
				moments[i][m.At] = m
			}
		}
	}
	slices.SortStableFunc(order, func(a, b place) int { return cmp.Compare(a.minute, b.minute) })
	for len(order) > 0 {
		n := 1
		for n < len(order) && order[n].minute == order[0].minute {
			n++
		}
		p.observe(order[:n])
		for _, at := range order[:n] {
			if m, ok := p.join(at, moments[at.queue]); ok {
				answers = append(answers, m)
			}
		}
		order = order[n:]
	}
	return answers
}

func (p *player) observe(looks []place) {
	for _, at := range looks {
		q := &p.Queues[at.queue]
		l := q.Looks[at.look]
		p.hall.Observe(q.Queue, float64(l.Minute), l.Called, l.Waiting, l.Counters)
	}
}

// join asks at one look; the answer counts if it is a moment whose truth is known.
func (p *player) join(at place, moments map[int]Moment) (a Answer, ok bool) {
	q := &p.Queues[at.queue]
	if at.look < firstLook || !q.plausible(at.look) {
		return a, false
	}
	told, x, ok := p.hall.Join(q.Queue)
	m, wanted := moments[at.look]
	if !ok || !wanted {
		return a, false
	}
	a = Answer{Office: p.Office, Date: p.Date, Queue: q.Queue, Moment: m, Ours: told, Said: map[estimate.Rule]float64{}}
	for _, r := range estimate.Rules() {
		a.Said[r] = p.model.Rule(r, &x)
	}
	a.Said[estimate.LES], a.Said[estimate.HOL] = m.LES, m.HOL
	return a, true
}
