package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Spec says what a report is about.
type Spec struct {
	From, To string        // Business days, both included; both empty = the latest one.
	Agency   string        // Whose part alone; empty = all.
	Target   time.Duration // The longest wait within the target; 0 = what the office wanted of each service on each day.
	Parts    []Part        // What groups are wanted; nil = all.
	Compare  bool          // With the period before it,
	LastYear bool          // or with the same one of the year before.
}

// Bounds of what may be asked for.
const (
	specDays   = 3 * 366        // Days of a period.
	specTarget = 24 * time.Hour // Longest target.
	stepDays   = 62             // Days of a period that is told day by day; longer ones go by months.
)

// Parts lists all ways to part tickets that a Report has.
func Parts() []Part {
	return []Part{ByService, ByField, ByProcedure, ByAgency, ByChannel, ByClass, ByHour, ByWeekday}
}

// Report is how a period went: figures of all its business days together.
// Counts are sums over the days; a ticket in hand while a day turned is Open in
// one and TakenOver in the next.
type Report struct {
	Office   string    `json:"office"`
	Name     string    `json:"name"`
	NameEN   string    `json:"name_en,omitempty"`
	TimeZone string    `json:"time_zone"`
	Agency   string    `json:"agency,omitempty"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Days     int       `json:"days"`             // Business days that the log has of it.
	Until    time.Time `json:"until"`            // The latest event of it.
	Over     bool      `json:"over"`             // All its days have ended: nothing will change.
	Target   Seconds   `json:"target"`           // Of all waits; 0 = each service has its own.
	Behind   string    `json:"behind,omitempty"` // The log is still being read, and has been up to this day.

	Total  Group            `json:"total"`
	Before *Before          `json:"before,omitempty"`
	Step   Part             `json:"step"` // Of Steps: ByDay or ByMonth.
	Steps  []Group          `json:"steps"`
	Parts  map[Part][]Group `json:"parts"`

	Counters []Counter `json:"counters"`
	Staff    []Counter `json:"staff"` // By whoever acted; without a time of their own.
	Fairness Fairness  `json:"fairness"`

	Endings    []Ending  `json:"endings"`
	OutOfOrder int       `json:"out_of_order"`
	Stops      int       `json:"stops"` // How often the giving of numbers was stopped.
	Limits     []Reached `json:"limits"`

	Rated []Words `json:"rated"` // What citizens named when they rated, the most frequent first.
	Told  []Told  `json:"told"`  // How true the estimates were: of all, and of each service.
	Notes []Note  `json:"notes"`
}

// Before is the period that a report compares with.
type Before struct {
	From     string `json:"from"`
	To       string `json:"to"`
	LastYear bool   `json:"last_year,omitempty"` // The same period of the year before.
	Days     int    `json:"days"`
	Total    Group  `json:"total"`
}

// Words is how often something was said.
type Words struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

// Told is how true the estimates of waits were that citizens were told when
// they took their number; of those who were called.
type Told struct {
	Day      string  `json:"day,omitempty"`
	Service  string  `json:"service"` // Empty = all.
	Waits    int     `json:"waits"`
	Inside   int     `json:"inside"` // Within the interval that was told; four of five are promised.
	Late     int     `json:"late"`   // Longer than it.
	Coverage Share   `json:"coverage"`
	Wait     float64 `json:"wait_min"`  // Mean wait, in minutes.
	Error    float64 `json:"error_min"` // Mean absolute error, in minutes.
	LESError float64 `json:"les_error_min"`
}

// Fairness is how evenly work lay on the counters that were open for at least
// an hour.
type Fairness struct {
	Counters int     `json:"counters"`
	Index    Share   `json:"index"` // Jain's index of the busy share: 1 = all alike, 1/n = one does it all (Jain, Chiu, Hawe 1984).
	Most     string  `json:"most"`  // Counter that finished most in an open hour,
	MostPer  float64 `json:"most_per_hour"`
	Least    string  `json:"least"`
	LeastPer float64 `json:"least_per_hour"`
}

// Check says what is wrong with a spec, and fills in what was left open.
func (s Spec) Check() (Spec, error) {
	from, err := time.Parse(time.DateOnly, s.From)
	if err != nil {
		return s, queue.Errorf(queue.CodeBadRequest, "day %.20q is not a date like 2026-11-21", s.From)
	}
	s.To = cmp.Or(s.To, s.From)
	to, err := time.Parse(time.DateOnly, s.To)
	switch {
	case err != nil:
		return s, queue.Errorf(queue.CodeBadRequest, "day %.20q is not a date like 2026-11-21", s.To)
	case to.Before(from):
		return s, queue.Errorf(queue.CodeBadRequest, "%s is before %s", s.To, s.From)
	case int(to.Sub(from)/(24*time.Hour)) >= specDays:
		return s, queue.Errorf(queue.CodeBadRequest, "a report is about %d days at most", specDays)
	case s.Target < 0 || s.Target > specTarget:
		return s, queue.Errorf(queue.CodeBadRequest, "a target of %v is not between 0 and %v", s.Target, specTarget)
	}
	if s.Parts == nil {
		s.Parts = Parts()
	}
	for _, p := range s.Parts {
		if !slices.Contains(Parts(), p) {
			return s, queue.Errorf(queue.CodeBadRequest, "no way to part tickets is called %.20q", p)
		}
	}
	return s, nil
}

// before gives the period to compare one with: the same of the year before, or
// the one before it, which is as many months before whole months, else
// as many days.
func (s Spec) before() (from, to string) {
	begin, _ := time.Parse(time.DateOnly, s.From)
	end, _ := time.Parse(time.DateOnly, s.To)
	after := end.AddDate(0, 0, 1)
	if s.LastYear {
		return begin.AddDate(-1, 0, 0).Format(time.DateOnly), after.AddDate(-1, 0, -1).Format(time.DateOnly)
	}
	if begin.Day() == 1 && after.Day() == 1 {
		months := 12*(after.Year()-begin.Year()) + int(after.Month()-begin.Month())
		return begin.AddDate(0, -months, 0).Format(time.DateOnly), begin.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	days := int(after.Sub(begin) / (24 * time.Hour))
	return begin.AddDate(0, 0, -days).Format(time.DateOnly), begin.AddDate(0, 0, -1).Format(time.DateOnly)
}

// step is how the course of the period is told.
func (s Spec) step() Part {
	begin, _ := time.Parse(time.DateOnly, s.From)
	end, _ := time.Parse(time.DateOnly, s.To)
	if end.Sub(begin) < stepDays*24*time.Hour {
		return ByDay
	}
	return ByMonth
}

// memo keeps the latest reports, as long as nothing has come.
type memo map[string]*Report

const memoMost = 16

// Report sums a period up, as far as the log is read: Behind tells what is
// missing. ErrNoDay if the log has no business day of it, ErrBehind if none is
// read yet; queue.CodeBadRequest if the spec is none.
func (b *Book) Report(ctx context.Context, s Spec) (*Report, error) {
	r, err := b.report(ctx, s)
	if errors.Is(err, errAnew) { // Whoever deleted what is kept need not know.
		r, err = b.report(ctx, s)
	}
	if err != nil || b.Called == nil || len(r.Staff) == 0 {
		return r, err
	}
	called, named := b.Called(ctx), *r // Others may be reading r, and people are renamed.
	named.Staff = slices.Clone(r.Staff)
	for i := range named.Staff {
		named.Staff[i].Name = called[named.Staff[i].ID]
	}
	return &named, nil
}

func (b *Book) report(ctx context.Context, s Spec) (*Report, error) {
	if s.From == "" && s.To == "" {
		var err error
		if _, s.From, _, err = b.reached(ctx); err != nil {
			return nil, err
		}
		if s.From == "" {
			return nil, ErrNoDay
		}
	}
	s, err := s.Check()
	if err != nil {
		return nil, err
	}
	days, behind, err := b.between(ctx, s.From, s.To)
	if err != nil {
		return nil, err
	}
	if len(days) == 0 {
		return nil, none(behind)
	}
	last := days[len(days)-1]
	key := fmt.Sprint(s, behind, last.last)
	if r := b.remembered(key); r != nil {
		return r, nil
	}
	leave, err := b.await(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	a := newAdder(s.Agency, s.Target, append([]Part{ByTotal, s.step(), ByCounter, ByStaff}, s.Parts...)...)
	if err := b.addUp(ctx, a, days); err != nil {
		return nil, err
	}
	r := &Report{
		Office: b.Office, Name: a.setup.Name, NameEN: a.setup.NameEN, TimeZone: a.setup.TimeZone, Agency: s.Agency, From: s.From, To: s.To,
		Days: len(days), Until: last.until, Over: last.over && behind == "", Target: seconds(s.Target), Behind: behind, Step: s.step(),
	}
	r.sum(a, s)
	r.Told = slices.DeleteFunc(pool(b.told(), s), func(t Told) bool { return s.Agency != "" && a.owner["service "+t.Service] != s.Agency })
	if s.Compare || s.LastYear {
		if r.Before, err = b.before(ctx, s); err != nil {
			return nil, err
		}
	}
	b.remember(key, r)
	return r, nil
}

// none says why there is no day: the log has none, or it is not read yet.
func none(behind string) error {
	if behind != "" {
		return ErrBehind
	}
	return ErrNoDay
}

func (b *Book) remembered(key string) *Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.memo[key]
}

func (b *Book) remember(key string, r *Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.memo == nil || len(b.memo) >= memoMost {
		b.memo = memo{}
	}
	b.memo[key] = r
}

// errAnew says that a kept day was lost and is being made anew.
var errAnew = errors.New("a day's figures are being made anew")

// addUp adds days, and then once more what is wanted of them.
func (b *Book) addUp(ctx context.Context, a *adder, days []keptDay) error {
	room := []byte(nil)
	add := func(k keptDay) error {
		texts, err := k.read(&room, k.sumsAt, k.namesAt)
		if err != nil {
			return err
		}
		return a.add(k.day, texts[1], texts[0])
	}
	if err := b.through(ctx, days, add); err != nil {
		return err
	}
	a.seek()
	return b.through(ctx, days, add)
}

// through looks at each day. A kept day that cannot be read is made anew the
// next time.
func (b *Book) through(ctx context.Context, days []keptDay, look func(keptDay) error) error {
	pace := NewPace()
	for _, k := range days {
		if err := pace.Rest(ctx); err != nil {
			return err
		}
		if err := look(k); err != nil {
			b.lost(k, err)
			return queue.Errorf(queue.CodeUnavailable, "%w: %s: %v", errAnew, k.day, err)
		}
	}
	return nil
}

// before sums up the period before; nil if the log has nothing of it.
func (b *Book) before(ctx context.Context, s Spec) (*Before, error) {
	from, to := s.before()
	days, _, err := b.between(ctx, from, to)
	if err != nil || len(days) == 0 {
		return nil, err
	}
	a := newAdder(s.Agency, s.Target, ByTotal)
	if err := b.addUp(ctx, a, days); err != nil {
		return nil, err
	}
	return &Before{From: from, To: to, LastYear: s.LastYear, Days: len(days), Total: a.total()}, nil
}

// sum takes over what was added.
func (r *Report) sum(a *adder, s Spec) {
	r.Total, r.Steps, r.Parts = a.total(), a.groups(r.Step), map[Part][]Group{}
	for _, p := range s.Parts {
		r.Parts[p] = a.groups(p)
	}
	if list := r.Parts[ByAgency]; len(list) == 1 && list[0].ID == "" {
		r.Parts[ByAgency] = []Group{}
	}
	r.Counters, r.Staff = a.counters(), a.staff()
	r.Fairness = fairness(r.Counters)
	r.Endings, r.OutOfOrder, r.Stops, r.Limits, r.Rated = a.ended(), r.Total.OutOfOrder, a.stops, a.limits(), a.rated()
	r.Notes = notes()
}

// staff gives what each of the staff did; those who only looked are left out.
func (a *adder) staff() []Counter {
	list := []Counter{}
	for _, g := range a.groups(ByStaff) {
		c := a.sums[ByStaff].of(g.ID).counter()
		if g.ID == "" || c.Stays+g.Calls == 0 {
			continue
		}
		c.ID, c.Work, c.Time = g.ID, g.Work, Time{Pauses: []Pause{}}
		list = append(list, c)
	}
	return list
}

// limits gives those that were reached, most often first.
func (a *adder) limits() []Reached {
	list := append([]Reached{}, a.reached...)
	slices.SortFunc(list, func(x, y Reached) int {
		return cmp.Or(cmp.Compare(y.Days, x.Days), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Channel, y.Channel))
	})
	return list
}

// rated gives what citizens named.
func (a *adder) rated() []Words {
	out := []Words{}
	if all := a.said[ratedWords]; all != nil {
		for text, n := range *all {
			out = append(out, Words{text, n})
		}
	}
	slices.SortFunc(out, func(x, y Words) int { return cmp.Or(cmp.Compare(y.N, x.N), strings.Compare(x.Text, y.Text)) })
	return out
}

// fairness compares counters.
func fairness(counters []Counter) Fairness {
	f := Fairness{}
	var sum, squares float64
	for _, c := range counters {
		if c.Time.Open < 3600 {
			continue
		}
		x := float64(c.Time.Busy / c.Time.Open)
		sum, squares = sum+x, squares+x*x
		f.Counters++
		per := float64(c.Finished) / (float64(c.Time.Open) / 3600)
		if f.Most == "" || per > f.MostPer {
			f.Most, f.MostPer = c.ID, per
		}
		if f.Least == "" || per < f.LeastPer {
			f.Least, f.LeastPer = c.ID, per
		}
	}
	if squares > 0 {
		f.Index = Share(round(sum*sum/(float64(f.Counters)*squares), 10_000))
	}
	f.MostPer, f.LeastPer = round(f.MostPer, 100), round(f.LeastPer, 100)
	return f
}

func (b *Book) told() []Told {
	if b.Told == nil {
		return nil
	}
	return b.Told()
}

// pool sums up how true estimates were in a period: of all, and of each service.
func pool(days []Told, s Spec) []Told {
	list := []Told{}
	for _, d := range days {
		if d.Day < s.From || d.Day > s.To || d.Waits == 0 || (s.Agency != "" && d.Service == "") {
			continue
		}
		i := slices.IndexFunc(list, func(t Told) bool { return t.Service == d.Service })
		if i < 0 {
			i = len(list)
			list = append(list, Told{Service: d.Service})
		}
		list[i].add(d)
	}
	for i := range list {
		t := &list[i]
		t.Coverage = share(t.Inside, t.Waits)
		t.Wait, t.Error, t.LESError = round(t.Wait, 100), round(t.Error, 100), round(t.LESError, 100)
	}
	slices.SortFunc(list, func(x, y Told) int { return strings.Compare(x.Service, y.Service) })
	return list
}

// add adds another day; means are weighed by waits.
func (t *Told) add(d Told) {
	n := float64(t.Waits + d.Waits)
	mean := func(a, b float64) float64 { return (a*float64(t.Waits) + b*float64(d.Waits)) / n }
	t.Wait, t.Error, t.LESError = mean(t.Wait, d.Wait), mean(t.Error, d.Error), mean(t.LESError, d.LESError)
	t.Waits, t.Inside, t.Late = t.Waits+d.Waits, t.Inside+d.Inside, t.Late+d.Late
}
