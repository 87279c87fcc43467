package estimate

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// read yields the stored events after a cursor and before another.
func read(ctx context.Context, src Source, office string, after, before int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		for e, err := range queue.Stored(ctx, src, office, after) {
			if (err == nil && e.Seq >= before) || !yield(e, err) {
				return
			}
		}
	}
}

// learn makes the state for the last of the days that have begun from the log
// of those before it. What the old state told is first compared with what came
// true.
func learn(ctx context.Context, src Source, old *State, begun []Mark) (*State, error) {
	s := newState(old.Office)
	s.Truth = slices.Clone(old.Truth)
	shift, err := s.compare(ctx, src, old, begun)
	if err != nil {
		return nil, err
	}
	for _, m := range begun {
		s.mark(m)
	}
	var samples []Sample
	for i := range len(s.Marks) - 1 {
		f, err := replay(ctx, src, s.Office, s.Marks[i], s.Marks[i+1], NewHall(s.Memory, nil))
		if err != nil {
			return nil, err
		}
		samples = append(samples, f.hall.EndDay(f.day)...)
		s.Through = f.day
	}
	if s.Model, err = Fit(samples); err != nil {
		return nil, fmt.Errorf("learn from %d waits of %d days: %w", len(samples), len(s.Marks)-1, err)
	}
	s.Memory.Shift = shift
	return s, nil
}

// compare replays the days that the old state made estimates for, notes how
// true those were, and gives how far that moved its intervals.
func (s *State) compare(ctx context.Context, src Source, old *State, begun []Mark) (Shift, error) {
	shift := old.Memory.Shift
	n := len(old.Marks)
	if n == 0 || len(begun) <= n {
		return shift, nil
	}
	m := *old.Memory
	m.Lines = maps.Clone(m.Lines)
	f, err := replay(ctx, src, s.Office, begun[n-1], begun[n], NewHall(&m, old.Model))
	if err != nil {
		return shift, err
	}
	s.Truth = append(s.Truth, sumUp(f.day, f.hall.Truth()))
	s.Truth = s.Truth[max(0, len(s.Truth)-truthDays):]
	return m.Shift, nil
}

// replay follows a past day to its end.
func replay(ctx context.Context, src Source, office string, day, next Mark, hall *Hall) (f *follower, err error) {
	for e, err := range read(ctx, src, office, day.Seq-1, next.Seq) {
		switch {
		case err != nil:
			return nil, fmt.Errorf("read day %s of %s: %w", day.Day, office, err)
		case f != nil && e.Ticket != nil && e.Ticket.Trial: // Staff trying out teach nothing.
		case f != nil:
			f.apply(e)
		case e.Kind == queue.DayOpened && e.Opening != nil:
			f = follow(e, hall)
		}
	}
	if f == nil {
		return nil, fmt.Errorf("the log of %s has no day_opened at seq %d", office, day.Seq)
	}
	return f, nil
}

// marks lists the days of a log.
func marks(ctx context.Context, src Source, office string) (list []Mark, err error) {
	for e, err := range read(ctx, src, office, 0, math.MaxInt64) {
		if err != nil {
			return nil, fmt.Errorf("read the log of %s: %w", office, err)
		}
		if e.Kind == queue.DayOpened && e.Opening != nil {
			list = append(list, Mark{Day: e.Opening.Day, Seq: e.Seq})
		}
	}
	return list, nil
}
