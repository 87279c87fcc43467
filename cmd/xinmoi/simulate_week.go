package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue/sim/week"
)

// weekRow is a line of the comparison.
type weekRow struct {
	label string
	week.Config
}

// weekRows are the lines of the table, of four weeks each; with varied instead
// those that show what it rests on, of two.
func weekRows(varied bool) (rows []weekRow) {
	usual := week.Config{Weeks: 4, Remote: 0.4, Booked: 0.2}
	add := func(label string, load float64, change func(*week.Config)) {
		c := usual
		c.Load = load
		change(&c)
		rows = append(rows, weekRow{fmt.Sprintf("%.2f, %s", load, label), c})
	}
	rushing := func(c *week.Config) { c.Rushing = true }
	for _, load := range []float64{0.80, 0.90, 0.95} {
		add("booked at any hour", load, func(*week.Config) {})
		add("booked for the rush", load, rushing)
	}
	if !varied {
		return rows
	}
	const load = 0.90
	rows, usual.Weeks = nil, 2
	vary := func(label string, change func(*week.Config)) {
		add(label, load, func(c *week.Config) { rushing(c); change(c) })
	}
	vary("as above", func(*week.Config) {})
	vary("as many bookings in the rush as at any hour", func(c *week.Config) { c.AnyHour = true })
	vary("who books moves by two hours at most, else walks in", func(c *week.Config) { c.Accepts = 2 * time.Hour })
	vary("who books moves by an hour at most, else walks in", func(c *week.Config) { c.Accepts = time.Hour })
	vary("a quarter of those at home set out at once", func(c *week.Config) { c.Heedless = 0.25 })
	vary("all at home set out at once", func(c *week.Config) { c.Heedless = 1 })
	vary("twice as unpunctual", func(c *week.Config) { c.Drift = 2 })
	vary("20 % from home, 10 % booked", func(c *week.Config) { c.Remote, c.Booked = 0.2, 0.1 })
	vary("40 % from home, nobody booked", func(c *week.Config) { c.Booked = 0 })
	vary("nobody from home, 20 % booked", func(c *week.Config) { c.Remote = 0 })
	return rows
}

// runWeek compares the time that citizens spend in the hall when all walk in with
// that when some take the number at home and some have booked. What it prints are
// the tables of queue/sim/week/WEEK.md.
func runWeek(ctx context.Context, seed uint64, seeds int, varied bool, out io.Writer) error {
	rows := weekRows(varied)
	var lives []week.Config
	for _, r := range rows {
		for n := range seeds {
			r.Seed = seed + uint64(n)
			lives = append(lives, r.Config, r.Alone())
		}
	}
	lived, err := liveAll(ctx, lives)
	if err != nil {
		return err
	}
	fmt.Fprint(out, "| load, and what differs | all walk in | 40 % from home, 20 % booked | ratio | walked in | from home | booked | booked times moved by | stayed away |\n"+strings.Repeat("|---", 9)+"|\n")
	for _, r := range rows {
		var before, after [4]halls
		var ratios []float64
		for n := range seeds {
			r.Seed = seed + uint64(n)
			alone, life := lived[r.Alone()], lived[r.Config]
			ratios = append(ratios, life.Ratio(alone))
			before[0] = append(before[0], alone.All)
			after[0] = append(after[0], life.All)
			for way, h := range life.Ways {
				after[way+1] = append(after[way+1], h)
			}
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s | %.1f h | %.0f %% |\n", r.label, before[0], after[0], ratioWords(ratios),
			after[1], after[2], after[3], after[3].moved().Hours(), 100*after[0].absent())
	}
	return nil
}

// liveAll lives through each of some weeks once, as many at a time as there are
// processors.
func liveAll(ctx context.Context, all []week.Config) (map[week.Config]week.Life, error) {
	lived := map[week.Config]week.Life{}
	for _, c := range all {
		lived[c] = week.Life{}
	}
	var mu sync.Mutex
	var errs []error
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	todo := slices.Collect(func(yield func(week.Config) bool) {
		for c := range lived {
			if !yield(c) {
				return
			}
		}
	})
	for _, c := range todo {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			life, err := week.Live(ctx, c)
			mu.Lock()
			defer mu.Unlock()
			lived[c] = life
			errs = append(errs, err)
		})
	}
	group.Wait()
	return lived, errors.Join(append(errs, ctx.Err())...)
}

// halls are the same people's times in the hall, by seed.
type halls []week.Hall

// String gives mean / 90th percentile in minutes, each the mean over the seeds.
func (h halls) String() string {
	if len(h) == 0 || h[0].People == 0 {
		return "–"
	}
	var mean, high time.Duration
	for _, one := range h {
		mean += one.Mean
		high += one.P90
	}
	n := time.Duration(len(h))
	return fmt.Sprintf("%.0f / %.0f", (mean / n).Minutes(), (high / n).Minutes())
}

// moved is how far booked times were from the wish.
func (h halls) moved() (sum time.Duration) {
	for _, one := range h {
		sum += one.Moved
	}
	return sum / time.Duration(len(h))
}

// absent is the share of those who stayed away.
func (h halls) absent() float64 {
	away, all := 0, 0
	for _, one := range h {
		away += one.Absent
		all += one.Absent + one.People
	}
	return float64(away) / float64(all)
}

// ratioWords gives the mean of some ratios, with the least and the most.
func ratioWords(all []float64) string {
	sum := 0.0
	for _, r := range all {
		sum += r
	}
	text := fmt.Sprintf("**%.2f**", sum/float64(len(all)))
	if len(all) > 1 {
		text += fmt.Sprintf(" (%.2f … %.2f)", slices.Min(all), slices.Max(all))
	}
	return text
}
