package bench

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRow(t *testing.T) {
	s := sample{latencies: []time.Duration{3 * time.Millisecond, time.Millisecond}, counted: 1, elapsed: 500 * time.Millisecond, cpu: 30 * time.Microsecond}
	want := Row{Callers: 5, Actions: 2, PerSecond: 2, P50: 1, P99: 3, P999: 3, CPU: 15}
	if got := s.row(5); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := s.and(s).row(5); got.Actions != 4 || got.PerSecond != 2 || got.CPU != 15 {
		t.Errorf("the same twice: %+v", got)
	}
	if got := (sample{}).row(1); got != (Row{Callers: 1}) {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestClosedLoopEnds(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		after int
		with  error
		want  error
	}{
		"nothing left": {10, errDone, nil},
		"failure":      {10, broken, broken},
		"disk's share": {maxActions + 1, broken, nil},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s, err := closedLoop(t.Context(), time.Minute, []caller{func(context.Context) (time.Duration, error) {
				if n++; n > c.after {
					return 0, c.with
				}
				return time.Nanosecond, nil
			}})
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if want := min(c.after, maxActions); len(s.latencies) != want || s.counted != want || s.elapsed >= time.Minute {
				t.Errorf("%d actions, %d counted in %v, want %d", len(s.latencies), s.counted, s.elapsed, want)
			}
		})
	}
}

func TestClosedLoopCountsWhatCameInTime(t *testing.T) {
	late := func(context.Context) (time.Duration, error) {
		<-time.After(30 * time.Millisecond)
		return 30 * time.Millisecond, nil
	}
	s, err := closedLoop(t.Context(), 10*time.Millisecond, []caller{late})
	if err != nil || len(s.latencies) != 1 || s.counted != 0 || s.elapsed != 10*time.Millisecond {
		t.Errorf("%+v, %v: one action that ended late", s, err)
	}
}
