package whatif

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// office is the real office as a rule: the engine over a store in memory, its
// clock in the hall's hands.
type office struct {
	engine *queue.Engine
	store  *memory.Store
	name   string
	now    time.Time
	ids    []string       // Visit → ticket id; empty = no number yet.
	visits map[string]int // And back.
}

var _ rule = (*office)(nil)

// newOffice founds an office for one day. Whatever could refuse a number that
// was given is left out of its setup.
func newOffice(ctx context.Context, day *Day, seed uint64) (*office, error) {
	o := &office{store: &memory.Store{}, name: day.Setup.Office, now: day.Start, ids: make([]string, len(day.Visits)), visits: map[string]int{}}
	var err error
	o.engine, err = queue.NewEngine(ctx, queue.Config{
		Setup: unlimited(day.Setup), Store: o.store,
		Now: func() time.Time { return o.now },
		Seed: func() uint64 {
			seed++
			return seed
		},
	})
	if err != nil {
		return nil, fmt.Errorf("found the office: %w", err)
	}
	return o, nil
}

// unlimited is a setup in which whoever comes gets a number and nothing but
// the log ends a wait: hours and limits have shaped the day already.
func unlimited(s queue.Setup) queue.Setup {
	s.Hours, s.Days = nil, nil
	s.Rules.NoShowSeconds, s.Rules.PersonMost, s.Rules.OrganisationMost, s.Rules.RemoteUntil = 0, 0, 0, ""
	s.Rules.LastMinutes, s.Rules.CardOnly = 0, false
	s.Rules.AutoCall, s.Rules.AutoCallSeconds = false, 0 // The hall presses.
	s.Services = slices.Clone(s.Services)
	for i := range s.Services {
		v := &s.Services[i]
		v.Closed, v.First, v.Last, v.Quota, v.Quotas = false, 0, 0, 0, nil
	}
	return s
}

// caller is who acts in a played day.
const caller = "what-if"

// do has one command decided at a time.
func (o *office) do(ctx context.Context, c queue.Command, now time.Time) (queue.Ticket, error) {
	o.now = now
	a := o.engine.Together(ctx, c)[0]
	return a.Ticket, a.Err
}

func (o *office) set(ctx context.Context, counter string, state queue.CounterState, now time.Time) error {
	_, err := o.do(ctx, queue.SetCounterRequest{Meta: queue.Meta{Caller: caller}, Counter: counter, State: state}, now)
	return err
}

func (o *office) open(ctx context.Context, counter string, now time.Time) error {
	return o.set(ctx, counter, queue.Opened, now)
}

func (o *office) shut(ctx context.Context, counter string, now time.Time) error {
	return o.set(ctx, counter, queue.Closed, now)
}

func (o *office) take(ctx context.Context, i int, v *Visit, now time.Time) error {
	class := v.Class
	if !v.Slot.IsZero() { // Who is too late is made an ordinary citizen by the office itself.
		class = queue.Appointment
	}
	t, err := o.do(ctx, queue.TakeRequest{
		Meta: queue.Meta{Caller: caller}, Service: v.Service, Class: class, Channel: v.Channel, Needs: v.Needs, Slot: v.Slot, Hold: v.Held,
	}, now)
	if err != nil {
		return fmt.Errorf("a number of service %s at %s: %w", v.Service, now.Format(time.RFC3339), err)
	}
	o.ids[i], o.visits[t.ID] = t.ID, i
	return nil
}

func (o *office) next(ctx context.Context, counter string, now time.Time) (int, bool, error) {
	t, err := o.do(ctx, queue.CounterRequest{Meta: queue.Meta{Caller: caller}, Counter: counter}, now)
	if queue.ErrorCode(err) == queue.CodeNobodyWaiting {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("next at counter %s: %w", counter, err)
	}
	return o.visits[t.ID], true, nil
}

// act does an action on a visit's ticket.
func (o *office) act(ctx context.Context, i int, r queue.ActRequest, now time.Time) error {
	r.Meta, r.Ticket = queue.Meta{Caller: caller}, o.ids[i]
	if _, err := o.do(ctx, r, now); err != nil {
		return fmt.Errorf("visit %d at %s: %w", i, now.Format(time.RFC3339), err)
	}
	return nil
}

func (o *office) step(ctx context.Context, i int, s Step, now time.Time) error {
	err := o.act(ctx, i, queue.ActRequest{Action: s.Action, Places: s.Places}, now)
	if queue.ErrorCode(err) == queue.CodeWrongState {
		return nil // The day has gone another way, and there is nothing left to do.
	}
	return err
}

func (o *office) end(ctx context.Context, i int, s Stage, now time.Time) error {
	r := queue.ActRequest{Action: s.End, Places: s.Places, Service: s.Service, Counter: s.Counter}
	switch s.End {
	case queue.Park:
		if s.Away > 0 {
			r.ResumeAt = now.Add(s.Away)
		}
	case queue.Later, queue.Disentitle:
		if err := o.act(ctx, i, r, now); queue.ErrorCode(err) != queue.CodeWrongState {
			return err
		}
		r = queue.ActRequest{Action: queue.Requeue}
	}
	return o.act(ctx, i, r, now)
}

func (o *office) back(ctx context.Context, i int, s Stage, now time.Time) error {
	if s.End == queue.Absent {
		return o.act(ctx, i, queue.ActRequest{Action: queue.Restore}, now)
	}
	o.now = now
	o.engine.Together(ctx) // The office knows by itself when a parked ticket waits again.
	return nil
}

// log gives the events of the day played.
func (o *office) log(ctx context.Context) ([]queue.Event, error) {
	return o.store.Read(ctx, o.name, 0, -1)
}
