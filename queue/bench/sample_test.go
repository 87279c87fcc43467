package bench

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		of   []time.Duration
		q    float64
		want time.Duration
	}{
		{nil, 0.5, 0}, {[]time.Duration{7}, 0.5, 7}, {[]time.Duration{7}, 0.999, 7}, {[]time.Duration{1, 2}, 0.5, 1},
		{hundred, 0, 1}, {hundred, 0.5, 50}, {hundred, 0.99, 99}, {hundred, 0.999, 100}, {hundred, 1, 100},
	} {
		if got := quantile(c.of, c.q); got != c.want {
			t.Errorf("quantile of %d values at %g: %d, want %d", len(c.of), c.q, got, c.want)
		}
	}
}

func TestQuantileLeavesItsShareBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 50), func(n int64) time.Duration { return time.Duration(n) }), 1, 200).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		slices.Sort(values)
		got := quantile(values, q)
		atMost, below := 0, 0
		for _, v := range values {
			if v <= got {
				atMost++
			}
			if v < got {
				below++
			}
		}
		n := float64(len(values))
		if float64(atMost) < q*n-1e-9 || (below > 0 && float64(below) >= q*n+1e-9) {
			t.Errorf("%v at %g: %d of %d not above, %d below", got, q, atMost, len(values), below)
		}
	})
}

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
