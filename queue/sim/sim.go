// Package sim proves the promises of the queue by living through office days
// that go wrong: citizens at every door, staff at every counter, and a machine
// that crashes at any point of a commit, forgets what was not synced, runs out
// of disk, loses its clock and is restarted while another process still
// believes it owns the office. Everything is drawn from a seed, time is
// virtual, and the same seed gives the same report byte for byte.
//
// The simulation never trusts the office: it remembers what was acknowledged
// and holds that against the log on its own disk (ack.go), folds the log by
// itself (view.go) and reckons by brute force who is next (order.go). That it
// would see a fault is shown by faults put in on purpose (bugs.go).
package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Config says what is simulated. The zero value of a field is its default.
type Config struct {
	Seed   uint64    // Everything is drawn from it.
	Days   int       // Days in a row, nights included; default 1.
	People int       // Citizens a day; default 160.
	Faults float64   // Share of commits that meet a fault, 0.03 by default; negative: none.
	Bug    string    // A defect to put in on purpose, one of Bugs; empty: none.
	Trace  io.Writer // Gets a line for all that happens; nil: nobody.
}

// Defaults of Config.
const (
	defaultDays   = 1
	defaultPeople = 160
	defaultFaults = 0.03
)

// Validate refuses what cannot be simulated.
func (c Config) Validate() error {
	switch {
	case c.Days < 0 || c.Days > 1000:
		return fmt.Errorf("%d days: give 1 to 1000", c.Days)
	case c.People < 0 || c.People > 10_000:
		return fmt.Errorf("%d people: give 1 to 10000", c.People)
	case !(c.Faults <= 1): // Not a number, too.
		return fmt.Errorf("share of faults %g: give at most 1", c.Faults)
	case c.Bug != "" && bugs()[c.Bug] == nil:
		return fmt.Errorf("unknown bug %q; there are %s", c.Bug, strings.Join(Bugs(), ", "))
	}
	return nil
}

// withDefaults fills in what was left open.
func (c Config) withDefaults() Config {
	if c.Days == 0 {
		c.Days = defaultDays
	}
	if c.People == 0 {
		c.People = defaultPeople
	}
	if c.Faults == 0 {
		c.Faults = defaultFaults
	}
	return c
}

// run is one simulation under way.
type run struct {
	ctx    context.Context
	cfg    Config
	people *rand.Rand // What people do.
	luck   *rand.Rand // What goes wrong.
	draws  uint64     // Seeds given to the office so far.

	now    time.Time // The true time.
	end    time.Time
	setup  queue.Setup
	agenda agenda
	calm   bool // No more faults: all must come right now.

	disk    *disk
	trouble trouble
	owners  []*owner // None while the machine is down, two while a second process believes it owns the office.
	upAt    time.Time
	skew    time.Duration // How wrong the machine's clock is.
	actors  int
	beat    bool // The office's timer goes off.
	steady  bool // The office has a clock that nobody can set.
	trust   bool // At its next start it is told that the machine's clock is right.

	view   *view
	acks   []*op // Acknowledged, in the order of acknowledgement.
	ops    map[string]*op
	trail  trail
	report Report
}

// Run lives through the days of c. It ends at the first commit that shows
// something wrong; the report then says what, and what went before. The error
// is about c, or says that ctx ended.
func Run(ctx context.Context, c Config) (Report, error) {
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	c = c.withDefaults()
	r := newRun(ctx, c)
	for day := range c.Days {
		r.plan(day)
	}
	for r.sound() {
		due := r.agenda.pop(r.end, r.window())
		if len(due) == 0 {
			break
		}
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		r.moment(due)
	}
	r.finish()
	return r.report, nil
}

func newRun(ctx context.Context, c Config) *run {
	const peopleStream, luckStream = 1, 2
	r := &run{
		ctx: ctx, cfg: c, disk: new(disk), ops: map[string]*op{},
		people: rand.New(rand.NewPCG(c.Seed, peopleStream)),
		luck:   rand.New(rand.NewPCG(c.Seed, luckStream)),
	}
	r.report = Report{Seed: c.Seed, Days: c.Days, Faults: map[Fault]int{}, Kinds: map[queue.Kind]int{}, Refusals: map[queue.Code]int{}}
	r.setup = r.drawSetup()
	r.steady = r.often(60)
	r.view = r.newView()
	r.now = r.firstDay().Add(-time.Minute)
	r.end = r.firstDay().Add(time.Duration(c.Days) * 24 * time.Hour)
	r.upAt = r.now
	return r
}

// window is how much later people still come in the same moment: mostly each
// comes alone, now and then there is a rush.
func (r *run) window() time.Duration {
	switch n := r.luck.IntN(20); {
	case n < 15:
		return 0
	case n < 19:
		return 2 * time.Second
	default:
		return 20 * time.Second
	}
}

// moment lets everybody whose time has come act, in one commit.
func (r *run) moment(due []appointment) {
	if last := due[len(due)-1].at; last.After(r.now) {
		r.now = last
	}
	var requests []*request
	for _, a := range due {
		requests = append(requests, a.do()...)
	}
	if r.beat || len(requests) > 0 {
		r.beat = false
		r.send(requests)
	}
}

// sound reports whether nothing wrong was found yet.
func (r *run) sound() bool { return len(r.report.Findings) == 0 }

// after lets somebody act when d has passed.
func (r *run) after(d time.Duration, do func() []*request) { r.agenda.add(r.now.Add(d), do) }

// nextSeed is the office's randomness: drawn from the run's seed by count, so
// that a twin of the office can be given the same.
func (r *run) nextSeed() uint64 {
	r.draws++
	z := r.cfg.Seed + r.draws*0x9e3779b97f4a7c15 // SplitMix64 (Steele, Lea, Flood 2014).
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// finish puts everything right and looks whether all comes right: everybody
// who still waits for an answer gets one, and every promise is looked at again.
func (r *run) finish() {
	r.calm = true
	r.trouble = trouble{}
	if r.now.Before(r.end) {
		r.now = r.end
	}
	r.crash() // Nothing may depend on what is in memory.
	r.upAt, r.skew, r.trust = r.now, 0, true
	r.send(nil)
	for _, a := range r.agenda.rest() {
		if a.pending != nil {
			r.send([]*request{a.pending})
		}
	}
	if r.sound() {
		r.view.close(r.disk)
		r.lastCheck()
	}
	r.count()
}
