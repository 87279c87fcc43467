package queue_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// endings notes what a store is told of tickets whose day has ended.
type endings struct {
	memory.Store
	mu   sync.Mutex
	told []string
}

func (s *endings) Append(ctx context.Context, b queue.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range b.Ended {
		s.told = append(s.told, fmt.Sprintf("%s %s", t.Number, t.State))
	}
	return s.Store.Append(ctx, b)
}

// since gives what was told since the call before.
func (s *endings) since() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.told
	s.told = nil
	return told
}

// A store is told of every ticket when its day ends, and of one in hand over
// night each time it changes later.
func TestStoreIsToldOfEndedTickets(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC).UnixMilli())
	store := new(endings)
	e := newEngine(t, queue.Config{Store: store, Now: func() time.Time { return time.UnixMilli(now.Add(1)) }})
	stop := run(t, e)
	defer stop()
	expect := func(when string, want ...string) {
		t.Helper()
		if got := store.since(); !slices.Equal(got, want) {
			t.Errorf("%s: told of %q, want %q", when, got, want)
		}
	}
	openCounter(t, e, "1")
	take(t, e, queue.TakeRequest{Service: "A"})
	act(t, e, take(t, e, queue.TakeRequest{Service: "B"}).ID, queue.Cancel)
	take(t, e, queue.TakeRequest{Service: "B"})
	overnight := next(t, e, "1")
	expect("the first day")

	now.Add((24 * time.Hour).Milliseconds())
	today := take(t, e, queue.TakeRequest{Service: "A"})
	expect("the day's turn", "A001 called", "B001 cancelled", "B002 expired")
	act(t, e, overnight.ID, queue.Start)
	act(t, e, today.ID, queue.Cancel)
	act(t, e, overnight.ID, queue.Finish)
	expect("the second day", "A001 serving", "A001 completed")

	now.Add((24 * time.Hour).Milliseconds())
	take(t, e, queue.TakeRequest{Service: "A"})
	expect("the second turn", "A001 completed", "A001 cancelled")
}
