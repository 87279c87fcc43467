package whatif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Comparison says what to compare.
type Comparison struct {
	Days     int       // Per load; every rule plays the same.
	Seed     uint64    // Of the first day.
	Loads    []float64 // Work that comes ÷ time of the counters.
	Progress func(done, of int)
}

// Validate refuses what cannot be played.
func (c Comparison) Validate() error {
	const mostDays = 100_000
	if c.Days < 1 || c.Days > mostDays {
		return fmt.Errorf("%d days: give 1 to %d", c.Days, mostDays)
	}
	for _, l := range c.Loads {
		if !(l > 0 && l <= 2) {
			return fmt.Errorf("load %g: give more than 0, at most 2", l)
		}
	}
	return nil
}

// Outcome is how citizens fared under one rule at one load.
type Outcome struct {
	Rule    string
	Load    float64
	ByClass map[queue.Class]Waits // Over all days.
	All     Waits
}

// contender is one line of the table.
type contender struct {
	name  string
	rates queue.Rates                                // Of the office's own policy, if pick is nil.
	pick  func(lines [][]entry, now time.Time) entry // Of a rule of others.
}

// oneTo is normal : others = 1 : n.
func oneTo(n float64) queue.Rates { return queue.Rates{Normal: 1, Appointment: n, Priority: n} }

func contenders() []contender {
	return []contender{
		{name: "longest wait first (FIFO over all services)", pick: longestWait},
		{name: "longest queue first", pick: longestQueue},
		{name: "fixed order of services", pick: fixedOrder},
		{name: "strict priority", pick: strictPriority},
		{name: "**xinmoi 1:1** (no privilege)", rates: oneTo(1)},
		{name: "**xinmoi 1:2**", rates: oneTo(2)},
		{name: "**xinmoi 1:3** (default)", rates: oneTo(3)},
		{name: "**xinmoi 1:4**", rates: oneTo(4)},
	}
}

func (c contender) rule(ctx context.Context, day *Day, seed uint64) (rule, error) {
	if c.pick != nil {
		return newPlain(day, c.pick), nil
	}
	return newOffice(ctx, day, seed)
}

// tally collects waits over days.
type tally struct {
	mu    sync.Mutex
	waits map[queue.Class][]time.Duration
}

func (t *tally) add(h *hall) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range h.guests {
		g := &h.guests[i]
		t.waits[g.visit.Class] = append(t.waits[g.visit.Class], g.wait(g.visit))
	}
}

// Compare plays the model's days under every rule, several days at once; the
// outcome does not depend on how many.
func Compare(ctx context.Context, c Comparison) ([]Outcome, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	rules := contenders()
	tallies := make([][]tally, len(c.Loads)) // By load, by rule.
	for i := range tallies {
		tallies[i] = make([]tally, len(rules))
		for j := range tallies[i] {
			tallies[i][j].waits = map[queue.Class][]time.Duration{}
		}
	}
	err := inParallel(ctx, len(c.Loads)*c.Days, c.Progress, func(ctx context.Context, n int) error {
		load, day := n/c.Days, n%c.Days
		for j, r := range rules {
			h, err := r.play(ctx, Hall(c.Loads[load]), c.Seed+uint64(day))
			if err != nil {
				return fmt.Errorf("load %g, day %d, %s: %w", c.Loads[load], day, r.name, err)
			}
			tallies[load][j].add(h)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Outcome
	for i, load := range c.Loads {
		for j, r := range rules {
			out = append(out, tallies[i][j].outcome(r.name, load))
		}
	}
	return out, nil
}

// play plays one made-up day under the rule.
func (c contender) play(ctx context.Context, m Model, seed uint64) (*hall, error) {
	rates := c.rates
	if c.pick != nil {
		rates = oneTo(1)
	}
	day, err := m.Day(seed, rates)
	if err != nil {
		return nil, err
	}
	r, err := c.rule(ctx, day, seed)
	if err != nil {
		return nil, err
	}
	return play(ctx, day, r)
}

func (t *tally) outcome(rule string, load float64) Outcome {
	o := Outcome{Rule: rule, Load: load, ByClass: map[queue.Class]Waits{}}
	var all []time.Duration
	for c, w := range t.waits {
		all = append(all, w...)
		o.ByClass[c] = summary(w)
	}
	o.All = summary(all)
	return o
}

// inParallel does n tasks on all processors; after the first error no further
// ones.
func inParallel(ctx context.Context, n int, progress func(done, of int), do func(context.Context, int) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tasks := make(chan int)
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	done := 0
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := range tasks {
				err := do(ctx, i)
				mu.Lock()
				done++
				if failed == nil && err != nil {
					failed = err
					stop()
				}
				if progress != nil {
					progress(done, n)
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case tasks <- i:
		case <-ctx.Done():
		}
	}
	close(tasks)
	all.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// WriteTables prints outcomes as Markdown, one table for each load; waits in
// minutes, mean / 95th percentile / worst.
func WriteTables(w io.Writer, outcomes []Outcome) error {
	var errs []error
	print := func(format string, args ...any) {
		_, err := fmt.Fprintf(w, format, args...)
		errs = append(errs, err)
	}
	load := -1.0
	for _, o := range outcomes {
		if o.Load != load {
			load = o.Load
			print("\nLoad %.2f · chờ, phút: trung bình / p95 / lâu nhất · wait in minutes: mean / p95 / worst\n\n", load)
			print("| who is next | thường · normal | ưu tiên · priority | lịch hẹn · appointment | worst of all ÷ FIFO |\n|---|---|---|---|---|\n")
		}
		print("| %s | %s | %s | %s | %.2f |\n", o.Rule, cell(o.ByClass[queue.Normal]), cell(o.ByClass[queue.Priority]), cell(o.ByClass[queue.Appointment]),
			o.All.Max.Seconds()/first(outcomes, load).All.Max.Seconds())
	}
	return errors.Join(errs...)
}

// first is the outcome that the others of its load are compared with.
func first(outcomes []Outcome, load float64) Outcome {
	for _, o := range outcomes {
		if o.Load == load {
			return o
		}
	}
	return Outcome{}
}

func cell(w Waits) string {
	return fmt.Sprintf("%s / %s / %s", minutes(w.Mean), minutes(w.P95), minutes(w.Max))
}

// minutes are whole, but for short times.
func minutes(d time.Duration) string {
	if m := d.Minutes(); m < 10 {
		return fmt.Sprintf("%.1f", m)
	}
	return fmt.Sprintf("%.0f", d.Minutes())
}
