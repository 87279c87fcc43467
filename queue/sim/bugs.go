package sim

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Defects put in on purpose, each around the store or the office, so that it is
// seen whether the simulation would see them. None of them is in the heart.

const outOfOrder = "out-of-order"

// bug wraps a store.
type bug func(s *store, luck *rand.Rand) queue.Store

func bugs() map[string]bug {
	return map[string]bug{
		"ack-before-sync": func(s *store, luck *rand.Rand) queue.Store { return lazyStore{s, luck} },
		"double-issue":    func(s *store, _ *rand.Rand) queue.Store { return unfencedStore{s} },
		"stale-cache":     func(s *store, luck *rand.Rand) queue.Store { return &staleStore{store: s, luck: luck} },
		"lost-key":        func(s *store, _ *rand.Rand) queue.Store { return forgetfulStore{store: s, keys: true} },
		"lost-persons":    func(s *store, _ *rand.Rand) queue.Store { return forgetfulStore{store: s, persons: true} },
		"lost-event":      func(s *store, luck *rand.Rand) queue.Store { return leakyStore{s, luck} },
		"reordered-batch": func(s *store, luck *rand.Rand) queue.Store { return shufflingStore{s, luck} },
		outOfOrder:        func(s *store, _ *rand.Rand) queue.Store { return s }, // Around the office; see favour.
	}
}

// Bugs lists the defects that can be put in.
func Bugs() []string { return slices.Sorted(maps.Keys(bugs())) }

// dress puts the bug of this run around a store.
func (r *run) dress(s *store) queue.Store {
	if wrap := bugs()[r.cfg.Bug]; wrap != nil {
		return wrap(s, r.luck)
	}
	return s
}

// lazyStore answers before what it wrote is synced; it syncs now and then.
type lazyStore struct {
	*store
	luck *rand.Rand
}

// Append implements queue.Store.
func (s lazyStore) Append(ctx context.Context, b queue.Batch) error {
	if s.luck.IntN(3) == 0 {
		return s.store.Append(ctx, b)
	}
	if err := s.begin(b); err != nil {
		return err
	}
	return s.disk.write(b)
}

// unfencedStore lets two owners append.
type unfencedStore struct{ *store }

// Append implements queue.Store.
func (s unfencedStore) Append(ctx context.Context, b queue.Batch) error {
	b.After = s.disk.end()
	return s.store.Append(ctx, b)
}

// staleStore now and then reads from a cache that nobody has told of the
// latest writes.
type staleStore struct {
	*store
	luck *rand.Rand
}

// Load implements queue.Store.
func (s *staleStore) Load(ctx context.Context, office string, keysSince time.Time) (queue.Loaded, error) {
	loaded, err := s.store.Load(ctx, office, keysSince)
	if behind := 3; err == nil && len(loaded.Events) > behind+1 && s.luck.IntN(2) == 0 {
		loaded.Events = loaded.Events[:len(loaded.Events)-1-s.luck.IntN(behind)]
	}
	return loaded, err
}

// forgetfulStore does not store what goes beside the log.
type forgetfulStore struct {
	*store
	keys, persons bool
}

// Append implements queue.Store.
func (s forgetfulStore) Append(ctx context.Context, b queue.Batch) error {
	if s.keys {
		b.Keys = nil
	}
	if s.persons {
		b.Persons = nil
	}
	return s.store.Append(ctx, b)
}

// leakyStore loses an event now and then.
type leakyStore struct {
	*store
	luck *rand.Rand
}

// Append implements queue.Store.
func (s leakyStore) Append(ctx context.Context, b queue.Batch) error {
	if n := len(b.Events); n > 1 && s.luck.IntN(4) == 0 {
		lost := s.luck.IntN(n - 1) // Never the last: the fence would see that.
		b.Events = slices.Delete(slices.Clone(b.Events), lost, lost+1)
	}
	return s.store.Append(ctx, b)
}

// shufflingStore writes a batch in another order now and then.
type shufflingStore struct {
	*store
	luck *rand.Rand
}

// Append implements queue.Store.
func (s shufflingStore) Append(ctx context.Context, b queue.Batch) error {
	if n := len(b.Events); n > 2 && s.luck.IntN(4) == 0 {
		i := s.luck.IntN(n - 2) // The last one stays: the fence would see that.
		b.Events = slices.Clone(b.Events)
		b.Events[i], b.Events[i+1] = b.Events[i+1], b.Events[i]
	}
	return s.store.Append(ctx, b)
}

// favour calls a friend instead of whoever is next.
func (r *run) favour(cmd queue.Command) queue.Command {
	next, ok := cmd.(queue.CounterRequest)
	if !ok || r.cfg.Bug != outOfOrder || r.luck.IntN(20) > 0 {
		return cmd
	}
	if friend, ok := (&clerk{r: r, counter: next.Counter}).waitingOne(); ok {
		return queue.CallRequest{Meta: next.Meta, Counter: next.Counter, Ticket: friend, Reason: "bạn"}
	}
	return cmd
}
