package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// sample is what one measurement saw.
type sample struct {
	latencies []time.Duration // Of every action, those that ended late among them.
	counted   int             // Actions that ended within elapsed.
	elapsed   time.Duration
	cpu       time.Duration // User and system time of this whole process, callers and all.
}

// and joins two measurements of the same thing.
func (s sample) and(t sample) sample {
	return sample{slices.Concat(s.latencies, t.latencies), s.counted + t.counted, s.elapsed + t.elapsed, s.cpu + t.cpu}
}

// row sums up.
func (s sample) row(callers int) Row {
	sorted := slices.Sorted(slices.Values(s.latencies))
	r := Row{
		Callers: callers, Actions: len(sorted),
		P50: goal.Millis(goal.Quantile(sorted, 0.5)), P99: goal.Millis(goal.Quantile(sorted, 0.99)), P999: goal.Millis(goal.Quantile(sorted, 0.999)),
	}
	if s.elapsed > 0 {
		r.PerSecond = float64(s.counted) / s.elapsed.Seconds()
	}
	if len(sorted) > 0 {
		r.CPU = float64(s.cpu.Microseconds()) / float64(len(sorted))
	}
	return r
}

// errDone ends a measurement before its time: there is nothing left to do.
var errDone = errors.New("nothing left to do")

// caller does one action and says how long it took.
type caller func(ctx context.Context) (time.Duration, error)

// closedLoop lets callers work, each beginning the next action when the last
// one is answered, until d has passed, the disk's share is used up or a caller
// has nothing left to do. The first other error ends it.
func closedLoop(ctx context.Context, d time.Duration, callers []caller) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Statements under a context that can end cost the driver a goroutine
	// each; the loop looks at ctx itself.
	work := context.WithoutCancel(ctx)
	var left atomic.Int64
	left.Store(maxActions)
	parts := make([]sample, len(callers))
	cpu, begun := CPUTime(), time.Now()
	var all sync.WaitGroup
	for i, act := range callers {
		all.Go(func() {
			part := &parts[i]
			part.latencies = make([]time.Duration, 0, 1024)
			for ctx.Err() == nil && time.Since(begun) < d {
				if left.Add(-1) < 0 {
					cancel(errDone)
					return
				}
				took, err := act(work)
				if err != nil {
					cancel(err)
					return
				}
				part.latencies = append(part.latencies, took)
				if time.Since(begun) <= d {
					part.counted++
				}
			}
		})
	}
	all.Wait()
	return total(ctx, parts, d, time.Since(begun), CPUTime()-cpu)
}

func total(ctx context.Context, parts []sample, planned, elapsed, cpu time.Duration) (sample, error) {
	var sum sample
	for _, p := range parts {
		sum.latencies = append(sum.latencies, p.latencies...)
		sum.counted += p.counted
	}
	sum.elapsed, sum.cpu = min(planned, elapsed), cpu
	if err := context.Cause(ctx); err != nil && !errors.Is(err, errDone) {
		return sum, err
	}
	return sum, nil
}

// CPUTime is what this process has used so far; 0 where that is not known.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
