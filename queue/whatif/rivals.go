package whatif

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// plain is an office that calls by a rule of others: on slices, without a log.
type plain struct {
	lines  map[string][]entry  // Service → those who wait, in the order they came.
	serves map[string][]string // Counter → its services in its order.
	pick   func(lines [][]entry, now time.Time) entry
}

// entry is a visit in a line.
type entry struct {
	visit   int
	service string
	class   queue.Class
	since   time.Time
}

var _ rule = (*plain)(nil)

func newPlain(day *Day, pick func([][]entry, time.Time) entry) *plain {
	p := &plain{lines: map[string][]entry{}, serves: map[string][]string{}, pick: pick}
	for _, c := range day.Setup.Counters {
		p.serves[c.ID] = c.Services
	}
	return p
}

func (p *plain) open(context.Context, string, time.Time) error { return nil }
func (p *plain) shut(context.Context, string, time.Time) error { return nil }

func (p *plain) take(_ context.Context, i int, v *Visit, now time.Time) error {
	p.lines[v.Service] = append(p.lines[v.Service], entry{i, v.Service, v.Class, now})
	return nil
}

func (p *plain) next(_ context.Context, counter string, now time.Time) (int, bool, error) {
	var lines [][]entry
	for _, service := range p.serves[counter] {
		if line := p.lines[service]; len(line) > 0 {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return 0, false, nil
	}
	e := p.pick(lines, now)
	line := p.lines[e.service]
	at := slices.Index(line, e)
	p.lines[e.service] = slices.Delete(line, at, at+1)
	return e.visit, true, nil
}

// The days of a comparison are single stays: nothing else happens in them.
func (p *plain) step(context.Context, int, Step, time.Time) error  { return errMadeUp }
func (p *plain) back(context.Context, int, Stage, time.Time) error { return errMadeUp }
func (p *plain) end(_ context.Context, _ int, s Stage, _ time.Time) error {
	if s.End != queue.Finish {
		return errMadeUp
	}
	return nil
}

// errMadeUp is for a day that a plain rule cannot play.
var errMadeUp = queue.Errorf(queue.CodeInternal, "a rule of others plays days of single stays only")

// A pick chooses among lines that are not empty, given in the counter's order
// of services.

// longestWait calls whoever has waited longest, whatever for.
func longestWait(lines [][]entry, _ time.Time) entry {
	return slices.MinFunc(heads(lines), compareSince)
}

// longestQueue calls the head of the line with most people in it.
func longestQueue(lines [][]entry, _ time.Time) entry {
	return slices.MaxFunc(lines, func(a, b []entry) int { return cmp.Compare(len(a), len(b)) })[0]
}

// fixedOrder calls from the first of the counter's services that has anybody.
func fixedOrder(lines [][]entry, _ time.Time) entry { return lines[0][0] }

// strictPriority calls priority before appointments before all others, each
// by the longest wait.
func strictPriority(lines [][]entry, _ time.Time) entry {
	rank := func(e entry) int {
		return slices.Index([]queue.Class{queue.Priority, queue.Appointment, queue.Normal}, e.class)
	}
	best := lines[0][0]
	for _, line := range lines {
		for _, e := range line {
			if cmp.Or(cmp.Compare(rank(e), rank(best)), compareSince(e, best)) < 0 {
				best = e
			}
		}
	}
	return best
}

func heads(lines [][]entry) []entry {
	out := make([]entry, len(lines))
	for i, l := range lines {
		out[i] = l[0]
	}
	return out
}

func compareSince(a, b entry) int {
	return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.visit, b.visit))
}
