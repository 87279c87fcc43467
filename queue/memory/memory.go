// Package memory keeps offices' logs in memory: for tests, and for trying a
// policy on a past day. Nothing survives the process.
package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Store implements queue.Store. The zero value is ready.
type Store struct {
	mu      sync.Mutex
	offices map[string]*office
	fail    error // What Append answers with while it is not nil.
}

type office struct {
	events  []queue.Event
	tickets map[string]queue.Ticket
	keys    []queue.KeyRecord
	persons []queue.PersonRecord
}

var _ queue.Store = (*Store)(nil)

// Fail makes every Append fail with err until Fail(nil): a full disk.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// Persons gives what is on record about the takers of tickets.
func (s *Store) Persons(_ context.Context, name string) ([]queue.PersonRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.office(name).persons), nil
}

func (s *Store) office(name string) *office {
	if s.offices == nil {
		s.offices = map[string]*office{}
	}
	if s.offices[name] == nil {
		s.offices[name] = &office{tickets: map[string]queue.Ticket{}}
	}
	return s.offices[name]
}

// Load implements queue.Store.
func (s *Store) Load(_ context.Context, name string, keysSince time.Time) (queue.Loaded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.office(name)
	from := 0
	for i, e := range o.events {
		if e.Kind == queue.DayOpened {
			from = i
		}
	}
	loaded := queue.Loaded{Events: slices.Clone(o.events[from:]), Persons: slices.Clone(o.persons)}
	for _, k := range o.keys {
		if !k.At.Before(keysSince) {
			loaded.Keys = append(loaded.Keys, k)
		}
	}
	return loaded, nil
}

// Append implements queue.Store.
func (s *Store) Append(_ context.Context, b queue.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	o := s.office(b.Office)
	if int64(len(o.events)) != b.After {
		return queue.Errorf(queue.CodeFenced, "the log of %s ends at %d, not at %d", b.Office, len(o.events), b.After)
	}
	for _, e := range b.Events {
		body, err := e.Body()
		if err != nil {
			return err
		}
		stored, err := queue.DecodeEvent(body, e.Hash)
		if err != nil {
			return err
		}
		o.events = append(o.events, stored)
		if stored.Ticket != nil {
			o.tickets[stored.Ticket.ID] = *stored.Ticket
		}
	}
	o.forget(b.ForgetBefore)
	o.keys = append(o.keys, b.Keys...)
	o.persons = append(o.persons, b.Persons...)
	return nil
}

func (o *office) forget(f queue.Forget) {
	o.keys = slices.DeleteFunc(o.keys, func(k queue.KeyRecord) bool { return k.At.Before(f.Keys) })
	o.persons = slices.DeleteFunc(o.persons, func(p queue.PersonRecord) bool { return p.At.Before(f.Persons) })
}

// Read implements queue.Store; a negative limit is none.
func (s *Store) Read(_ context.Context, name string, after int64, limit int) ([]queue.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.office(name).events
	from := min(max(after, 0), int64(len(events)))
	to := int64(len(events))
	if limit >= 0 {
		to = min(from+int64(limit), to)
	}
	return slices.Clone(events[from:to]), nil
}

// Ticket implements queue.Store.
func (s *Store) Ticket(_ context.Context, name, id string) (queue.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.office(name).tickets[id]
	if !ok {
		return t, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %s", id)
	}
	return t, nil
}
