package queue

import (
	"context"
	"errors"
	"time"
)

// What is read of an office. Readers share a lock with the owner and never
// see what is not durable yet.

// rlock takes the lock for reading, unless there is no true state to read.
func (e *Engine) rlock() error {
	e.mu.RLock()
	if e.broken {
		e.mu.RUnlock()
		return Errorf(CodeUnavailable, "storage failed and the office's state could not be read back yet")
	}
	return nil
}

// Info implements Office.
func (e *Engine) Info(context.Context) (Info, error) {
	if err := e.rlock(); err != nil {
		return Info{}, err
	}
	defer e.mu.RUnlock()
	s, now := e.state.setup, e.clock()
	info := Info{
		ID: s.Office, Name: s.Name, NameEN: s.NameEN, TimeZone: s.TimeZone,
		Open: e.state.openAt(now), ByValue: s.ByValue, Region: s.Region, Trial: s.Trial, Rating: s.Rating,
	}
	if !info.Open {
		info.Opens = e.state.opensAfter(now)
	}
	return info, nil
}

// Called is what the office is called, without waiting: false while a commit goes
// on, which a slow disk draws out, and while there is no true state to read.
func (e *Engine) Called() (vi, en string, ok bool) {
	if !e.mu.TryRLock() {
		return "", "", false
	}
	defer e.mu.RUnlock()
	return e.state.setup.Name, e.state.setup.NameEN, !e.broken
}

// Services implements Office.
func (e *Engine) Services(context.Context) ([]ServiceView, error) {
	if err := e.rlock(); err != nil {
		return nil, err
	}
	defer e.mu.RUnlock()
	now := e.clock()
	views := make([]ServiceView, 0, len(e.state.setup.Services))
	for _, s := range e.state.setup.Services {
		v := ServiceView{Service: s, Open: true, Waiting: e.state.waiting.waiting(s.ID)}
		if err := new(Error); errors.As(e.state.gives(s, "", now), &err) {
			v.Open, v.Why, v.Until = false, err.Code, err.Opens
		}
		views = append(views, v)
	}
	return views, nil
}

// Procedures implements Office.
func (e *Engine) Procedures(context.Context) ([]Procedure, error) {
	if err := e.rlock(); err != nil {
		return nil, err
	}
	defer e.mu.RUnlock()
	return append([]Procedure{}, e.state.setup.Procedures...), nil
}

// Counters implements Office.
func (e *Engine) Counters(context.Context) ([]CounterView, error) {
	if err := e.rlock(); err != nil {
		return nil, err
	}
	defer e.mu.RUnlock()
	views := make([]CounterView, 0, len(e.state.setup.Counters))
	for _, c := range e.state.setup.Counters {
		v, err := e.state.counterView(c.ID)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

func (s *state) counterView(id string) (CounterView, error) {
	c, desk, err := s.counter(id)
	if err != nil {
		return CounterView{}, err
	}
	v := CounterView{Counter: c, State: desk.state, Reason: desk.reason}
	if t := s.tickets[desk.ticket]; t != nil {
		v.Ticket = publicCopy(t)
	}
	return v, nil
}

// Phone implements Office.
func (e *Engine) Phone(context.Context) (PhoneSetup, error) {
	if err := e.rlock(); err != nil {
		return PhoneSetup{}, err
	}
	defer e.mu.RUnlock()
	return e.state.setup.Phone.clone(), nil
}

// Board implements Office.
func (e *Engine) Board(context.Context) (Board, error) {
	if err := e.rlock(); err != nil {
		return Board{}, err
	}
	defer e.mu.RUnlock()
	s := e.state
	b := Board{Seq: s.seq, At: e.clock(), Serving: []Seat{}, Recent: []Seat{}, Waiting: map[string]int{}}
	for _, c := range s.setup.Counters {
		if t := s.tickets[s.inHand(c.ID)]; t != nil {
			b.Serving = append(b.Serving, t.seat())
		}
	}
	for _, id := range s.recent {
		if t := s.tickets[id]; t != nil && t.Counter != "" && !s.tried(t) { // Not if the call was taken back.
			b.Recent = append(b.Recent, t.seat())
		}
	}
	for _, v := range s.setup.Services {
		b.Waiting[v.ID] = s.waiting.waiting(v.ID)
	}
	return b, nil
}

func (t *Ticket) seat() Seat {
	return Seat{Counter: t.Counter, Number: t.Number, State: t.State, CalledAt: t.CalledAt}
}

// Ticket implements Office.
func (e *Engine) Ticket(ctx context.Context, ref string) (Ticket, error) {
	if err := e.rlock(); err != nil {
		return Ticket{}, err
	}
	t, err := e.state.find(ref)
	if err == nil {
		defer e.mu.RUnlock()
		return e.complete(*t), nil
	}
	e.mu.RUnlock() // Nobody waits for the disk.
	old, err := e.earlier(ctx, ref, err)
	if err != nil {
		return Ticket{}, err
	}
	if e.links != nil {
		old.URL = e.links.URL(e.office, old.ID)
	}
	return old, nil // Of an earlier day: it stands nowhere.
}

// earlier finds a ticket of an earlier day by its id in the store; without one,
// err is the answer.
func (e *Engine) earlier(ctx context.Context, ref string, err error) (Ticket, error) {
	if !isDigits(ref) || len(ref) > 18 {
		return Ticket{}, err
	}
	return e.store.Ticket(ctx, e.office, ref)
}

// lookup finds a ticket of today in memory, else one of an earlier day, by its
// id, in the store. The caller holds e.mu.
func (e *Engine) lookup(ctx context.Context, ref string) (Ticket, error) {
	found, err := e.state.find(ref)
	if err == nil {
		return e.complete(*found), nil
	}
	if !isDigits(ref) || len(ref) > 18 {
		return Ticket{}, err
	}
	old, err := e.store.Ticket(ctx, e.office, ref)
	if err != nil {
		return Ticket{}, err
	}
	return e.complete(old), nil
}

// complete adds what is derived: the standing and the link.
func (e *Engine) complete(t Ticket) Ticket {
	now := e.clock()
	return e.derive(t, e.state.standing(t, now), now)
}

// standing counts who would be called before a ticket; a held one is counted
// as if it were confirmed now.
func (s *state) standing(t Ticket, now time.Time) *Standing {
	if t.State != Waiting && t.State != Held {
		return nil
	}
	return &Standing{Ahead: s.waiting.ahead(t.Service, t.Class, t.place(), s.rates(), now)}
}
