// Package bench measures how many tickets an office makes durable per second,
// beside what the same disk can do at best and what a store with one
// transaction per call reaches, all in one run: absolute figures differ from
// machine to machine, their ratios tell whether the store is well built. It
// also times every kind of command on a day larger than any office has.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// Store is what the benchmark opens, uses and closes.
type Store interface {
	queue.Store
	io.Closer
}

// Config says what to measure.
type Config struct {
	Dir      string          // On the disk in question; the benchmark works in a directory of its own below it and removes that.
	Callers  []int           // How many call at once, one measurement each. Default 1, 64, 256, 1024.
	Duration time.Duration   // Of one measurement. Default 2 s.
	Tickets  int             // Of the big day. Default 5,000.
	Slow     []time.Duration // Added to every commit to stand for slower disks, one pass each; 0 is the disk as it is. Default 0.

	// Open opens a durable store in an empty directory. The driver that it
	// uses has to be registered with database/sql as "sqlite3", because the
	// naive store is built on the same one.
	Open func(ctx context.Context, dir string) (Store, error)

	Progress func(step string) // Told what is measured next; nil = nobody asks.
}

// Bounds of one run, so that a slip of the finger does not fill a disk.
const (
	maxCallers  = 4096
	maxSeries   = 8
	minDuration = 10 * time.Millisecond
	maxDuration = time.Minute
	maxSlow     = time.Second
	maxActions  = 200_000 // Of one measurement: about 300 MB on disk.
	maxTickets  = 100_000 // Of the big day, which is all in memory.
)

func (c Config) withDefaults() Config {
	c.Dir = cmp.Or(c.Dir, ".")
	c.Duration = cmp.Or(c.Duration, 2*time.Second)
	c.Tickets = cmp.Or(c.Tickets, dayTickets)
	if len(c.Callers) == 0 {
		c.Callers = []int{1, comparedAt, 256, 1024}
	}
	if len(c.Slow) == 0 {
		c.Slow = []time.Duration{0}
	}
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	return c
}

// Validate refuses what Queue would not measure.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Open == nil:
		return fmt.Errorf("no store to measure")
	case len(c.Callers) > maxSeries || len(c.Slow) > maxSeries:
		return fmt.Errorf("%d counts of callers and %d disks: at most %d each", len(c.Callers), len(c.Slow), maxSeries)
	case c.Tickets < 1 || c.Tickets > maxTickets:
		return fmt.Errorf("a day of %d tickets: give 1 to %d", c.Tickets, maxTickets)
	case c.Duration < minDuration || c.Duration > maxDuration:
		return fmt.Errorf("%v per measurement: give %v to %v", c.Duration, minDuration, maxDuration)
	}
	for _, n := range c.Callers {
		if n < 1 || n > maxCallers {
			return fmt.Errorf("%d callers: give 1 to %d", n, maxCallers)
		}
	}
	for _, d := range c.Slow {
		if d < 0 || d > maxSlow {
			return fmt.Errorf("a disk slower by %v: give 0 to %v", d, maxSlow)
		}
	}
	return nil
}

// Queue runs the benchmark. It takes about Duration × (2 + 2 × callers) for
// each disk, and leaves nothing behind, also when ctx ends.
func Queue(ctx context.Context, c Config) (r Report, err error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	dir, err := os.MkdirTemp(c.Dir, "xinmoi-bench-")
	if err != nil {
		return Report{}, fmt.Errorf("make a directory to work in: %w", err)
	}
	defer func() {
		if gone := os.RemoveAll(dir); err == nil && gone != nil {
			err = fmt.Errorf("remove what was measured with: %w", gone)
		}
	}()
	r = about(c)
	if r.Day, err = c.day(ctx); err != nil {
		return r, fmt.Errorf("big day: %w", err)
	}
	for _, slow := range c.Slow {
		disk, err := pass{Config: c, work: dir, slow: slow}.measure(ctx)
		if ctx.Err() != nil { // Whatever broke because of it.
			return r, ctx.Err()
		}
		if err != nil {
			return r, err
		}
		r.Disks = append(r.Disks, disk)
	}
	return r, nil
}

// pass is one round of all measurements on one disk.
type pass struct {
	Config
	work string
	slow time.Duration
}

// measure takes the disk's own rate half before and half after the rest, so
// that a machine that becomes busier or idler meanwhile favours nobody.
func (p pass) measure(ctx context.Context) (Disk, error) {
	d := Disk{SlowerMS: goal.Millis(p.slow)}
	before, err := p.appends(ctx)
	if err != nil {
		return d, err
	}
	if d.Naive, err = p.naive(ctx); err != nil {
		return d, fmt.Errorf("naive store: %w", err)
	}
	for _, callers := range p.Callers {
		take, next, err := p.office(ctx, callers)
		if err != nil {
			return d, fmt.Errorf("%d callers: %w", callers, err)
		}
		d.Take, d.Next = append(d.Take, take), append(d.Next, next)
	}
	after, err := p.appends(ctx)
	if err != nil {
		return d, err
	}
	d.Append = before.and(after).row(1)
	d.Ratios = ratios(d)
	return d, nil
}

// sub makes a directory for one measurement; done removes it, so that the
// next one finds the disk no fuller.
func (p pass) sub(name string) (dir string, done func() error, err error) {
	dir, err = os.MkdirTemp(p.work, name+"-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// at finds the row of a number of callers.
func at(rows []Row, callers int) (Row, bool) {
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Callers == callers })
	if i < 0 {
		return Row{}, false
	}
	return rows[i], true
}
