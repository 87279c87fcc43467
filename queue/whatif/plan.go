package whatif

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// SlotLength is how finely an opening plan tells counters.
const SlotLength = 30 * time.Minute

// Goal is how long people should wait at most, and how many of them.
type Goal struct {
	Within time.Duration // 0 = 15 minutes.
	Share  float64       // Of all, 0 … 1; 0 = nine of ten.
}

func (g Goal) withDefaults() Goal {
	return Goal{Within: cmp.Or(g.Within, 15*time.Minute), Share: cmp.Or(g.Share, 0.9)}
}

// Plan is how many counters of a group should be open when, so that the goal
// would have been kept on past days.
type Plan struct {
	Services []string // Of the group: lines that share counters.
	Counters []string // That serve them, in the order in which they should open.
	Slots    []Slot
	Share    float64 // Of people who waited no longer than the goal on the past days, had it been so.
	Was      float64 // The same as it was.
	Keeps    bool    // Whether the goal is kept; if not, this is as near as was found with twice the counters.
}

// Most is how many counters the plan has open at once; more than Counters has
// means that the office needs further ones.
func (p Plan) Most() (n int) {
	for _, s := range p.Slots {
		n = max(n, s.Counters)
	}
	return n
}

// Slot is half an hour of a plan.
type Slot struct {
	From     string // "07:30", on the office's clock.
	Counters int    // That should be open.
	Was      float64
	People   float64 // Who come, on a day.
}

// Hours is the sum of the hours that the plan's counters are open.
func (p Plan) Hours() (h float64) {
	for _, s := range p.Slots {
		h += float64(s.Counters) * SlotLength.Hours()
	}
	return h
}

// Suggest tells from past days, each with the events of ReadDay, how many
// counters of every group of lines should be open in each half-hour of a day
// like them. Counters are only opened when some counter of the office was open
// on one of those days: hours and breaks stay. The shares are those of the days
// played through the real office with the plan's counters.
func Suggest(ctx context.Context, logs [][]queue.Event, goal Goal) ([]Plan, error) {
	goal = goal.withDefaults()
	var days []*pastDay
	for _, events := range logs {
		r, err := readDay(events)
		if err != nil {
			return nil, err
		}
		if len(r.day.Visits) > 0 {
			d, err := newPastDay(r)
			if err != nil {
				return nil, err
			}
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("a plan needs past days on which somebody came: there is none among the %d looked at", len(logs))
	}
	var plans []Plan
	for _, g := range groups(days[len(days)-1].day.Setup) {
		p, err := suggest(ctx, days, g, goal)
		if err != nil {
			return nil, err
		}
		if len(p.Slots) > 0 {
			plans = append(plans, p)
		}
	}
	return plans, nil
}

// Alike picks, from past days in order, those that a day to come is likely to
// resemble: the latest of the same weekday, and where these are fewer than two,
// the latest of any.
func Alike(past []string, day string, most int) ([]string, error) {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, fmt.Errorf("ngày %.20q: viết như 2026-11-23 (day: write it like 2026-11-23)", day)
	}
	var same []string
	for _, p := range past {
		if t, err := time.Parse(time.DateOnly, p); err == nil && t.Weekday() == at.Weekday() && p < day {
			same = append(same, p)
		}
	}
	if len(same) < 2 {
		same = slices.DeleteFunc(slices.Clone(past), func(p string) bool { return p >= day })
	}
	if len(same) == 0 {
		return nil, fmt.Errorf("chưa có ngày nào trước %s để dựa vào (there is no day before %s to go by)", day, day)
	}
	return same[max(0, len(same)-most):], nil
}

// WriteText prints plans for people, Vietnamese first.
func WriteText(w io.Writer, goal Goal, plans []Plan) error {
	goal = goal.withDefaults()
	t := &text{out: w}
	for _, p := range plans {
		t.line("Hàng · lines %s — quầy · counters %s", strings.Join(p.Services, ", "), strings.Join(p.Counters, ", "))
		t.line("Mục tiêu · goal: %.0f %% ≤ %.0f phút. Kế hoạch · plan: %.1f %%, đã xảy ra · as it was: %.1f %%", 100*goal.Share, goal.Within.Minutes(), 100*p.Share, 100*p.Was)
		if more := p.Most() - len(p.Counters); more > 0 {
			t.line("Cần thêm %d quầy so với hiện có. · %d counters more than there are.", more, more)
		}
		rows := [][]string{{"từ · from", "nên mở · open", "đã mở · were open", "người đến · people"}}
		for _, s := range p.Slots {
			rows = append(rows, []string{s.From, strconv.Itoa(s.Counters), fmt.Sprintf("%.1f", s.Was), fmt.Sprintf("%.0f", s.People)})
		}
		t.columns(rows)
		t.line("")
	}
	return errors.Join(t.errs...)
}

// group is lines that share counters.
type group struct{ services, counters []string }

// groups parts the lines of an office so that no counter serves two groups.
func groups(s queue.Setup) (list []group) {
	for _, c := range s.Counters {
		g := group{services: slices.Clone(c.Services), counters: []string{c.ID}}
		list = slices.DeleteFunc(list, func(o group) bool {
			shared := slices.ContainsFunc(o.services, func(id string) bool { return slices.Contains(g.services, id) })
			if shared {
				g = group{services: slices.Concat(o.services, g.services), counters: slices.Concat(o.counters, g.counters)}
			}
			return shared
		})
		list = append(list, g)
	}
	for i := range list {
		slices.Sort(list[i].services)
		list[i].services = slices.Compact(list[i].services)
		list[i].counters = mostUseful(s, list[i].counters)
	}
	slices.SortFunc(list, func(a, b group) int { return slices.Compare(a.services, b.services) })
	return list
}

// mostUseful puts counters in the order in which they should open: first those
// that serve a line nobody before them serves, those of many lines before those
// of few.
func mostUseful(s queue.Setup, ids []string) (order []string) {
	serves := map[string][]string{}
	for _, c := range s.Counters {
		serves[c.ID] = c.Services
	}
	rest, covered := slices.Clone(ids), map[string]int{}
	for len(rest) > 0 {
		value := func(id string) (v float64) {
			for _, service := range serves[id] {
				v += 1 / float64(1+10*covered[service])
			}
			return v
		}
		best := slices.MaxFunc(rest, func(a, b string) int { return cmp.Compare(value(a), value(b)) })
		for _, service := range serves[best] {
			covered[service]++
		}
		order = append(order, best)
		rest = slices.DeleteFunc(rest, func(id string) bool { return id == best })
	}
	return order
}

const daySlots = int(24 * time.Hour / SlotLength)

// pastDay is a day that was, as plans look at it.
type pastDay struct {
	day      *Day
	outcomes []outcome
	midnight time.Time
	open     [daySlots]bool // Some counter was open.
}

func newPastDay(r *reader) (*pastDay, error) {
	zone, err := time.LoadLocation(r.day.Setup.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("day %s: %w", r.name, err)
	}
	d := &pastDay{day: &r.day, outcomes: r.outcomes}
	if d.midnight, err = time.ParseInLocation(time.DateOnly, r.name, zone); err != nil {
		return nil, fmt.Errorf("day %s: %w", r.name, err)
	}
	for _, desk := range r.day.Desks {
		for i := range d.open {
			d.open[i] = d.open[i] || d.overlap(desk, i) > SlotLength/2
		}
	}
	return d, nil
}

// slotAt is when a slot begins.
func (d *pastDay) slotAt(i int) time.Time { return d.midnight.Add(time.Duration(i) * SlotLength) }

// overlap is how long a counter was open in a slot.
func (d *pastDay) overlap(desk Desk, i int) (sum time.Duration) {
	for _, s := range desk.Spans {
		from, to := s.From, s.To
		if at := d.slotAt(i); from.Before(at) {
			from = at
		}
		if at := d.slotAt(i + 1); to.After(at) {
			to = at
		}
		sum += max(0, to.Sub(from))
	}
	return sum
}

// suggest makes the plan of one group. What pooled counters would need, first
// come first served, is tried in the real office, where lines share counters
// and some go before others, and corrected by what it misses there.
func suggest(ctx context.Context, days []*pastDay, g group, goal Goal) (Plan, error) {
	p := newPool(days, g, goal)
	plan := Plan{Services: g.services, Counters: g.counters}
	if p.people == 0 {
		return plan, nil
	}
	const rounds = 16
	counters := p.least(ctx, goal.Share)
	for round := range rounds {
		t, err := p.played(ctx, counters)
		if err != nil {
			return plan, err
		}
		plan.Share, plan.Slots = t.share(), p.slots(counters)
		if plan.Keeps = plan.Share >= goal.Share; plan.Keeps {
			break
		}
		next := p.reinforced(counters, t.late)
		if round == 0 { // As few as would do if all were served a little better.
			next = p.least(ctx, min(1, p.try(counters)+(goal.Share-plan.Share)/2))
		}
		if slices.Equal(next, counters) {
			break
		}
		counters = next
	}
	plan.Was = p.was()
	return plan, nil
}

// reinforced has one counter more where most of those wait who wait too long.
func (p *pool) reinforced(counters []int, late [daySlots]int) []int {
	next, most := slices.Clone(counters), 0
	for i, n := range late {
		if p.allowed[i] && counters[i] < len(p.counters) {
			most = max(most, n)
		}
	}
	for i, n := range late {
		if most > 0 && 3*n > 2*most && p.allowed[i] && counters[i] < len(p.counters) {
			next[i]++
		}
	}
	return next
}

// fared is how the days went for a group's people.
type fared struct {
	good, all int
	late      [daySlots]int // Where those stood who waited too long.
}

func (t fared) share() float64 { return float64(t.good) / float64(max(t.all, 1)) }

// job is a visit that keeps a counter, in minutes of the day.
type job struct{ at, work float64 }

// pool is the work of a group on some days, and its counters taken for alike.
type pool struct {
	group   // Its counters, and as many again that the office does not have.
	own     []string
	goal    Goal
	days    []*pastDay
	jobs    [][]job // By day, in order of time.
	people  int
	allowed [daySlots]bool
}

func newPool(days []*pastDay, g group, goal Goal) *pool {
	p := &pool{group: g, own: g.counters, goal: goal, days: days}
	p.counters = slices.Clone(g.counters)
	highest := 0
	for _, d := range days {
		highest = max(highest, highestCounter(d.day.Setup))
	}
	for i := range g.counters {
		p.counters = append(p.counters, strconv.Itoa(highest+1+i))
	}
	for _, d := range days {
		var pauses []time.Duration
		for _, desk := range d.day.Desks {
			pauses = append(pauses, desk.Pause)
		}
		pause := summary(pauses).Median.Minutes()
		var jobs []job
		for i := range d.day.Visits {
			v := &d.day.Visits[i]
			if work := v.work(pause); p.mine(v) && work > 0 {
				jobs = append(jobs, job{d.minute(v.At), work})
			}
		}
		for i, open := range d.open {
			p.allowed[i] = p.allowed[i] || open
		}
		p.jobs = append(p.jobs, jobs)
		p.people += len(jobs)
	}
	return p
}

func (d *pastDay) minute(t time.Time) float64 { return t.Sub(d.midnight).Minutes() }

// work is how long a visit keeps counters, in minutes, with the pause before
// each call.
func (v *Visit) work(pause float64) (minutes float64) {
	for _, s := range v.Stages {
		minutes += pause + s.Work.Minutes()
	}
	if len(v.Stages) == 0 && !v.withdrawn() {
		minutes = pause + v.Default.Minutes()
	}
	return minutes
}

func (p *pool) mine(v *Visit) bool { return slices.Contains(p.services, v.Service) }

// least finds few counters with which a share of all would wait no longer than
// the goal: as few at once as will do, and of these hours those taken away that
// are missed least, for as long as the share stands. Once ctx ends it gives what
// it has.
func (p *pool) least(ctx context.Context, share float64) []int {
	counters := make([]int, daySlots)
	for n := 1; n <= len(p.counters); n++ {
		for i, ok := range p.allowed {
			if ok {
				counters[i] = n
			}
		}
		if p.try(counters) >= share {
			break
		}
	}
	share = min(share, p.try(counters))
	for ctx.Err() == nil {
		least, left := -1, share
		for i, n := range counters {
			if n <= 1 {
				continue
			}
			counters[i]--
			if got := p.try(counters); got > left || got == left && (least < 0 || n >= counters[least]) {
				least, left = i, got
			}
			counters[i]++
		}
		if least < 0 {
			break
		}
		counters[least]--
	}
	return counters
}

// try serves the days' people in the order of coming, and gives the share of
// them that waited no longer than the goal.
func (p *pool) try(counters []int) float64 {
	good := 0
	free := make([]float64, len(p.counters))
	for _, jobs := range p.jobs {
		clear(free)
		for _, j := range jobs {
			best, start := -1, float64(24*60)
			for i := range free {
				if s := whenOpen(counters, i, max(j.at, free[i])); s < start {
					best, start = i, s
				}
			}
			if best < 0 {
				continue
			}
			free[best] = start + j.work
			if start-p.opening(j.at) <= p.goal.Within.Minutes() {
				good++
			}
		}
	}
	return float64(good) / float64(p.people)
}

func slotOf(minute float64) int {
	return min(max(int(minute/SlotLength.Minutes()), 0), daySlots-1)
}

// opening is the first minute from one on at which the office opens counters.
func (p *pool) opening(minute float64) float64 {
	for s := slotOf(minute); s < daySlots; s++ {
		if p.allowed[s] {
			return max(minute, float64(s)*SlotLength.Minutes())
		}
	}
	return minute
}

// whenOpen is the first minute from one on at which a counter is open.
func whenOpen(counters []int, i int, minute float64) float64 {
	for s := max(int(minute/SlotLength.Minutes()), 0); s < daySlots; s++ {
		if counters[s] > i {
			return max(minute, float64(s)*SlotLength.Minutes())
		}
	}
	return 24 * 60
}

// played is how the group's people would have fared in the real office with so
// many counters.
func (p *pool) played(ctx context.Context, counters []int) (t fared, err error) {
	for _, d := range p.days {
		day := *d.day
		day.Desks = p.staffed(d, counters)
		day.Setup.Counters = slices.Clone(day.Setup.Counters)
		for _, id := range p.counters[len(p.own):] {
			day.Setup.Counters = append(day.Setup.Counters, queue.Counter{ID: id, Name: id, Services: p.services})
		}
		o, err := newOffice(ctx, &day, 1)
		if err != nil {
			return t, err
		}
		h, err := play(ctx, &day, o)
		if err != nil {
			return t, fmt.Errorf("play a plan: %w", err)
		}
		outcomes := make([]outcome, len(h.guests))
		for i := range h.guests {
			outcomes[i] = h.guests[i].outcome
		}
		p.count(&t, d, outcomes)
	}
	return t, nil
}

// staffed is the counters of a day as planned; those of other groups stay as
// they were.
func (p *pool) staffed(d *pastDay, counters []int) []Desk {
	pauses := []time.Duration{}
	desks := slices.DeleteFunc(slices.Clone(d.day.Desks), func(desk Desk) bool {
		mine := slices.Contains(p.counters, desk.Counter)
		if mine {
			pauses = append(pauses, desk.Pause)
		}
		return mine
	})
	pause := summary(pauses).Median
	for i, id := range p.counters {
		if desk := (Desk{Counter: id, Spans: d.spans(counters, i), Pause: pause, Stays: true}); len(desk.Spans) > 0 {
			desks = append(desks, desk)
		}
	}
	slices.SortStableFunc(desks, func(a, b Desk) int { return cmp.Compare(a.Counter, b.Counter) })
	return desks
}

// spans is when the counter with an index is open.
func (d *pastDay) spans(counters []int, index int) (list []Span) {
	for s, n := range counters {
		if n <= index {
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last].To.Equal(d.slotAt(s)) {
			list[last].To = d.slotAt(s + 1)
		} else {
			list = append(list, Span{d.slotAt(s), d.slotAt(s + 1)})
		}
	}
	return list
}

// count counts the group's people of a day who came to be called, or should
// have, and those of them who waited no longer than the goal. The time before
// the office opens is nobody's.
func (p *pool) count(t *fared, d *pastDay, outcomes []outcome) {
	for i, o := range outcomes {
		v := &d.day.Visits[i]
		if !p.mine(v) || o.here.IsZero() || o.called.IsZero() && v.withdrawn() {
			continue
		}
		t.all++
		from, until := p.opening(d.minute(o.here)), float64(24*60)
		if v.Slot.After(o.here) {
			from = max(from, d.minute(v.Slot))
		}
		if !o.called.IsZero() {
			until = d.minute(o.called)
		}
		if until-from <= p.goal.Within.Minutes() {
			t.good++
			continue
		}
		for s := slotOf(from); s < daySlots && float64(s)*SlotLength.Minutes() < until; s++ {
			t.late[s]++
		}
	}
}

// was is the share as the days were.
func (p *pool) was() float64 {
	var t fared
	for _, d := range p.days {
		p.count(&t, d, d.outcomes)
	}
	return t.share()
}

// slots words a plan's half-hours, from the first with a counter to the last.
func (p *pool) slots(counters []int) (list []Slot) {
	for i, n := range counters {
		if !p.allowed[i] {
			continue
		}
		at := time.Duration(i) * SlotLength
		s := Slot{From: fmt.Sprintf("%02d:%02d", int(at.Hours()), int(at.Minutes())%60), Counters: n}
		for k, d := range p.days {
			for _, desk := range d.day.Desks {
				if slices.Contains(p.counters, desk.Counter) {
					s.Was += d.overlap(desk, i).Hours() / SlotLength.Hours() / float64(len(p.days))
				}
			}
			for _, j := range p.jobs[k] {
				if slotOf(j.at) == i {
					s.People += 1 / float64(len(p.days))
				}
			}
		}
		list = append(list, s)
	}
	return list
}
