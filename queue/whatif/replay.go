package whatif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Change is what is otherwise. The zero value changes nothing.
type Change struct {
	Rates   queue.Rates              // Zero = those of the day.
	Add     []Shift                  // Counters that were not there.
	Remove  []string                 // Counters that nobody works at.
	Minutes map[string]time.Duration // Service → how long a stay takes on average; each stay in proportion.
	Setup   *queue.Setup             // Rates, rules and what counters serve are its; nil = those of the day.
}

// Empty reports whether nothing is otherwise.
func (c Change) Empty() bool {
	return c.Rates == (queue.Rates{}) && len(c.Add) == 0 && len(c.Remove) == 0 && len(c.Minutes) == 0 && c.Setup == nil
}

// Shift is the work of one more counter.
type Shift struct {
	Services []string
	From, To string // "07:30", "11:30"; both empty = while any counter is open.
}

// Result is a day beside itself.
type Result struct {
	Day    string
	Setup  queue.Setup // As it was.
	Change Change
	Was    Figures // As the log tells.
	Own    Figures // Replayed under its own rules: what differs from Was is the model's error.
	Other  Figures // Replayed with the change.
}

// Replay plays a past day once more under its own rules, and with a change.
// The events are those of one business day from its DayOpened on; see ReadDay.
//
// Citizens come, check in, push back and withdraw when they did, and stay at a
// counter as long as they did; whoever was not served stays for the median of
// the service. Whom nobody answered for does not answer. Counters are staffed
// as they were, and take as long before each of their calls; those that stayed
// until nobody was left do so again. Who is next, the office decides.
func Replay(ctx context.Context, events []queue.Event, change Change) (Result, error) {
	r, err := readDay(events)
	if err != nil {
		return Result{}, err
	}
	result := Result{Day: r.name, Setup: r.day.Setup, Change: change, Was: figures(r.day.Visits, r.outcomes, r.work)}
	other, err := r.day.changed(r.name, change)
	if err != nil {
		return Result{}, err
	}
	if result.Own, err = replay(ctx, &r.day); err != nil {
		return Result{}, err
	}
	result.Other = result.Own
	if !change.Empty() {
		result.Other, err = replay(ctx, other)
	}
	return result, err
}

// replay plays a day under the office's own policy.
func replay(ctx context.Context, day *Day) (Figures, error) {
	o, err := newOffice(ctx, day, 1)
	if err != nil {
		return Figures{}, err
	}
	h, err := play(ctx, day, o)
	if err != nil {
		return Figures{}, fmt.Errorf("replay: %w", err)
	}
	return h.figures(), nil
}

// changed is the day with a change; the day itself stays as it is.
func (d *Day) changed(name string, c Change) (*Day, error) {
	n := *d
	n.Setup.Counters, n.Desks = slices.Clone(d.Setup.Counters), slices.Clone(d.Desks)
	if c.Setup != nil {
		n.decide(c.Setup)
	}
	if c.Rates != (queue.Rates{}) {
		n.Setup.Rates = c.Rates
	}
	for _, id := range c.Remove {
		i := slices.IndexFunc(n.Desks, func(d Desk) bool { return d.Counter == id })
		if i < 0 {
			return nil, fmt.Errorf("counter %q was not open on %s", id, name)
		}
		n.Desks = slices.Delete(n.Desks, i, i+1)
	}
	for _, s := range c.Add {
		if err := n.add(name, s, d); err != nil {
			return nil, err
		}
	}
	return &n, n.rescale(c.Minutes)
}

// decide puts what another setup decides in the place of what the day had:
// rates, rules, and what the counters serve that both know.
func (d *Day) decide(s *queue.Setup) {
	d.Setup.Rates, d.Setup.Rules = s.Rates, s.Rules
	known := func(ids []string) (list []string) {
		for _, id := range ids {
			if slices.ContainsFunc(d.Setup.Services, func(v queue.Service) bool { return v.ID == id }) {
				list = append(list, id)
			}
		}
		return list
	}
	for i := range d.Setup.Counters {
		c := &d.Setup.Counters[i]
		if j := slices.IndexFunc(s.Counters, func(o queue.Counter) bool { return o.ID == c.ID }); j >= 0 {
			c.Services, c.Helps = known(s.Counters[j].Services), known(s.Counters[j].Helps)
		}
	}
}

// add staffs one more counter, beside those of the day as it was.
func (d *Day) add(name string, s Shift, was *Day) error {
	if len(s.Services) == 0 {
		return fmt.Errorf("one more counter: say which services it has")
	}
	for _, id := range s.Services {
		if !slices.ContainsFunc(d.Setup.Services, func(v queue.Service) bool { return v.ID == id }) {
			return fmt.Errorf("one more counter: there is no service %q on %s", id, name)
		}
	}
	spans := open(was.Desks)
	if s.From != "" || s.To != "" {
		span, err := d.clock(name, s)
		if err != nil {
			return err
		}
		spans = []Span{span}
	}
	id := strconv.Itoa(highestCounter(d.Setup) + 1)
	desk := Desk{Counter: id, Spans: spans, Stays: s.To == ""}
	var pauses []time.Duration
	for _, other := range was.Desks {
		desk.Stays = desk.Stays && slices.ContainsFunc(was.Desks, func(d Desk) bool { return d.Stays })
		pauses = append(pauses, other.Pause)
	}
	desk.Pause = summary(pauses).Median
	d.Setup.Counters = append(d.Setup.Counters, queue.Counter{ID: id, Name: "Quầy số " + id, Services: s.Services})
	d.Desks = append(d.Desks, desk)
	return nil
}

// highestCounter is the highest number of a counter.
func highestCounter(s queue.Setup) (highest int) {
	for _, c := range s.Counters {
		if n, err := strconv.Atoi(c.ID); err == nil {
			highest = max(highest, n)
		}
	}
	return highest
}

// clock is a shift's time on the day.
func (d *Day) clock(name string, s Shift) (Span, error) {
	zone, err := time.LoadLocation(d.Setup.TimeZone)
	if err != nil {
		return Span{}, err
	}
	const layout = time.DateOnly + " 15:04"
	from, err := time.ParseInLocation(layout, name+" "+s.From, zone)
	if err != nil {
		return Span{}, fmt.Errorf("from %q: write a time like 07:30", s.From)
	}
	to, err := time.ParseInLocation(layout, name+" "+s.To, zone)
	if err != nil {
		return Span{}, fmt.Errorf("to %q: write a time like 11:30", s.To)
	}
	if !from.Before(to) {
		return Span{}, fmt.Errorf("from %s to %s: give the earlier first", s.From, s.To)
	}
	return Span{from.UTC(), to.UTC()}, nil
}

// open is when any of the counters is open.
func open(desks []Desk) []Span {
	var all, merged []Span
	for _, d := range desks {
		all = append(all, d.Spans...)
	}
	slices.SortFunc(all, func(a, b Span) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	for _, s := range all {
		if n := len(merged); n > 0 && !s.From.After(merged[n-1].To) {
			if s.To.After(merged[n-1].To) {
				merged[n-1].To = s.To
			}
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// rescale stretches the stays at counters so that those of a service last as
// long on average as wanted.
func (d *Day) rescale(minutes map[string]time.Duration) error {
	if len(minutes) == 0 {
		return nil
	}
	factors := map[string]float64{}
	for service, want := range minutes {
		var sum time.Duration
		n := 0
		for i := range d.Visits {
			if v := &d.Visits[i]; v.Service == service && len(v.Stages) > 0 {
				sum += v.Stages[len(v.Stages)-1].Work
				n++
			}
		}
		if n == 0 || sum == 0 || want <= 0 {
			return fmt.Errorf("service %q: nobody was served, or %v is not a time it can take", service, want)
		}
		factors[service] = float64(want) * float64(n) / float64(sum)
	}
	visits := slices.Clone(d.Visits)
	for i := range visits {
		v := &visits[i]
		f, ok := factors[v.Service]
		if !ok {
			continue
		}
		v.Default = scale(v.Default, f)
		v.Stages = slices.Clone(v.Stages)
		for j := range v.Stages {
			if v.Stages[j].End != queue.Absent {
				v.Stages[j].Work = scale(v.Stages[j].Work, f)
			}
		}
	}
	d.Visits = visits
	return nil
}

func scale(d time.Duration, f float64) time.Duration {
	return time.Duration(float64(d) * f).Truncate(time.Millisecond)
}
