package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// adder sums up business days: first each of them, then, for what lies in
// between, each of them again.
type adder struct {
	agency string        // Whose tickets alone are summed up; empty = all.
	target time.Duration // 0 = each service's own.
	again  bool          // What was wanted is taken.
	sums   map[Part]sums
	works  map[string]*work
	names  map[Part][]name
	owner  map[string]string // Counter or service → agency, as "counter 1".
	said   map[string]*words[int]
	code   *coder // For all days, and for what they are made of.

	named      string // By what names and owner were learned last.
	setup      queue.Setup
	stops      int
	reached    []Reached
	cards, off int
}

// Part is a way to part tickets into groups.
type Part string

// The parts.
const (
	ByTotal     Part = "total"
	ByAgency    Part = "agency"
	ByService   Part = "service"
	ByField     Part = "field"
	ByProcedure Part = "procedure"
	ByChannel   Part = "channel"
	ByClass     Part = "class"
	ByHour      Part = "hour"    // Of issue, in the office's zone.
	ByWeekday   Part = "weekday" // Of the business day; "1" is Monday, "7" Sunday.
	ByDay       Part = "day"
	ByMonth     Part = "month"
	ByCounter   Part = "counter"
	ByStaff     Part = "staff"
)

func newAdder(agency string, target time.Duration, parts ...Part) *adder {
	a := &adder{
		agency: agency, target: target, sums: map[Part]sums{}, works: map[string]*work{}, names: map[Part][]name{}, owner: map[string]string{},
		said: map[string]*words[int]{}, code: &coder{},
	}
	for _, p := range parts {
		a.sums[p] = sums{}
	}
	return a
}

// splitBy gives the split of a part but for those that depend on the day.
func splitBy(p Part) split {
	switch p {
	case ByAgency:
		return split{moment: func(k keys) string { return k.agency }}
	case ByService:
		return split{moment: func(k keys) string { return k.service }}
	case ByClass:
		return split{moment: func(k keys) string { return string(k.class) }}
	case ByCounter:
		return split{moment: func(k keys) string { return k.counter }}
	case ByStaff:
		return split{moment: func(k keys) string { return k.staff }}
	case ByChannel:
		return split{ticket: func(l *life) string { return string(l.channel) }}
	case ByProcedure:
		return split{ticket: func(l *life) string { return l.procedure }}
	default:
		return split{}
	}
}

// ofDay gives a split for one day.
func ofDay(p Part, s split, d *daily) split {
	switch p {
	case ByField:
		fields := map[string]string{}
		for _, v := range d.setup.Procedures {
			fields[v.ID] = v.Field
		}
		return split{ticket: func(l *life) string { return fields[l.procedure] }}
	case ByHour:
		zone := zoneOf(d.setup.TimeZone)
		return split{ticket: func(l *life) string { return time.UnixMilli(l.issued).In(zone).Format("15") }}
	default:
		return s
	}
}

func weekdayOf(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return string('0' + rune((int(at.Weekday())+6)%7+1))
}

// byDay gives the group of a part in which all of a day is.
func byDay(p Part, day string) (id string, all bool) {
	switch p {
	case ByTotal:
		return "", true
	case ByDay:
		return day, true
	case ByMonth:
		return day[:min(len(day), len("2026-11"))], true
	case ByWeekday:
		return weekdayOf(day), true
	default:
		return "", false
	}
}

// add adds a day, given its names and sums.
func (a *adder) add(day, names, sums string) error {
	if !a.again {
		if err := a.know(names); err != nil {
			return err
		}
	}
	whole := []*sum{}
	for p, groups := range a.sums {
		if id, all := byDay(p, day); all {
			whole = append(whole, groups.of(id))
		}
	}
	c := a.code
	c.in, c.err = sums, nil
	c.dictionary()
	a.addWorks(c)
	for range c.times() {
		agency := c.id("")
		var what func()
		switch {
		case agency == a.agency:
			what = func() { a.addScope(c, whole, func(p Part) bool { return a.agency == "" || p != ByCounter }) }
		case agency == "": // A counter's line is all that it did, for other agencies' tickets, too.
			what = func() { a.addScope(c, nil, func(p Part) bool { return p == ByCounter }) }
		}
		c.block(what)
	}
	if c.in != "" {
		c.fail()
	}
	return c.err
}

// addWorks adds how counters spent the day, and what is no matter of one agency.
func (a *adder) addWorks(c *coder) {
	var issued, off int
	c.int(&issued)
	c.int(&off)
	stops := int(c.number(0))
	for range c.times() {
		w := work{counter: c.id("")}
		c.duration(&w.busy)
		c.duration(&w.idle)
		c.duration(&w.closed)
		to := a.works[w.counter]
		if to == nil { // Nothing may hold on to the text of a whole day.
			to = &work{counter: strings.Clone(w.counter)}
			a.works[to.counter] = to
		}
		if !a.again {
			to.busy, to.idle, to.closed = to.busy+w.busy, to.idle+w.idle, to.closed+w.closed
		}
		for range c.times() {
			reason, took := c.id(""), time.Duration(0)
			if c.duration(&took); !a.again && c.err == nil {
				to.paused.add(strings.Clone(reason), took)
			}
		}
	}
	if a.again {
		return
	}
	a.stops += stops
	if a.agency == "" {
		a.cards, a.off = a.cards+issued, a.off+off
	}
}

// addScope adds the parts that are asked for of all tickets, or of an agency's.
func (a *adder) addScope(c *coder, whole []*sum, asked func(Part) bool) {
	a.addWords(c, whole != nil)
	for range c.times() {
		p := Part(c.id(""))
		var what func()
		if groups, known := a.sums[p]; known && asked(p) {
			what = func() {
				for range c.times() {
					into := whole
					if id := c.id(""); p != ByTotal && c.err == nil {
						into = []*sum{groups.of(id)}
					}
					c.read(into, a.again)
				}
			}
		}
		c.block(what)
	}
}

// addWords adds how often numbers were stopped, and what people said.
func (a *adder) addWords(c *coder, mine bool) {
	stops := int(c.number(0))
	if mine && !a.again {
		a.stops += stops
	}
	a.readReached(c, mine)
	for range c.times() {
		what, word, n := c.id(""), c.id(""), int(c.number(0))
		if !mine || a.again || c.err != nil {
			continue
		}
		if a.said[what] == nil {
			a.said[strings.Clone(what)] = &words[int]{}
		}
		a.said[what].add(strings.Clone(word), n)
	}
}

// seek says what to take when the days are added again.
func (a *adder) seek() {
	a.again = true
	for _, groups := range a.sums {
		for _, s := range groups {
			for i := range s.piles {
				limit := millis(0)
				if span(i) == spanWait {
					limit = millisOf(a.target)
				}
				s.piles[i].seek(limit)
			}
		}
	}
}

// know learns the names that things have on a day; later days know better.
func (a *adder) know(named string) error {
	if named == a.named && named != "" { // As most days do.
		return nil
	}
	d := &daily{}
	if err := d.readNames(named); err != nil {
		return err
	}
	a.named, a.setup = strings.Clone(named), d.setup
	for service, agency := range d.whose {
		a.owner["service "+service] = agency
	}
	for _, c := range d.setup.Counters {
		a.owner["counter "+c.ID] = c.Agency
	}
	for p := range a.sums {
		a.names[p] = merge(a.names[p], namesBy(p, d.setup))
	}
	return nil
}

// merge puts new names in the place of old ones, and others behind them.
func merge(old, now []name) []name {
	for _, n := range now {
		i := slices.IndexFunc(old, func(o name) bool { return o.id == n.id })
		if i < 0 {
			old = append(old, n)
			continue
		}
		old[i] = n
	}
	return old
}

// namesBy gives the names of a part's groups in their order; those of some are
// their ids.
func namesBy(p Part, s queue.Setup) (names []name) {
	switch p {
	case ByService:
		for _, v := range s.Services {
			names = append(names, name{v.ID, v.Name, v.NameEN})
		}
	case ByAgency:
		for _, v := range s.Agencies {
			names = append(names, name{v.ID, v.Name, v.NameEN})
		}
	case ByCounter:
		for _, v := range s.Counters {
			names = append(names, name{v.ID, v.Name, ""})
		}
	case ByProcedure:
		for _, v := range s.Procedures {
			names = append(names, name{v.ID, v.Name, v.NameEN})
		}
	case ByField:
		for _, v := range s.Procedures {
			names = merge(names, []name{{v.Field, v.Field, v.FieldEN}})
		}
	case ByChannel:
		return channelNames()
	case ByClass:
		return classNames()
	case ByWeekday:
		return weekdayNames()
	}
	return names
}

// total is everything in one group.
func (a *adder) total() Group {
	return a.sums[ByTotal].of("").group(name{}, a.target)
}

// groups gives the groups of a part.
func (a *adder) groups(p Part) []Group {
	list := a.sums[p].groups(a.names[p], a.target)
	for i := range list {
		if p == ByService {
			list[i].Agency = a.owner["service "+list[i].ID]
			list[i].Target = seconds(cmp.Or(a.target, a.wanted(list[i].ID)))
		}
	}
	return list
}

// wanted is the longest wait that the office wants of a service, as it is on the
// last day.
func (a *adder) wanted(service string) time.Duration {
	i := slices.IndexFunc(a.setup.Services, func(v queue.Service) bool { return v.ID == service })
	if i < 0 {
		return queue.DefaultTarget
	}
	return a.setup.Services[i].WaitTarget()
}

// counters gives every counter, those that are no more last.
func (a *adder) counters() []Counter {
	sums, known := a.sums[ByCounter], map[string]bool{}
	for id := range a.works {
		known[id] = true
	}
	for id := range sums {
		known[id] = id != "" // Marks that no counter made.
	}
	list := []Counter{}
	for _, n := range inOrder(a.names[ByCounter], known) {
		owner := a.owner["counter "+n.id]
		if a.agency != "" && owner != a.agency {
			continue
		}
		c := Counter{}
		if s := sums[n.id]; s != nil {
			c = s.counter()
			c.Work = s.work(a.target)
		}
		c.ID, c.Name, c.Agency = n.id, n.vi, owner
		w := a.works[n.id]
		if w == nil {
			w = &work{}
		}
		c.Time = w.time()
		list = append(list, c)
	}
	return list
}

// ended lists how tickets ended that were not served.
func (a *adder) ended() []Ending {
	list := []Ending{}
	for what, reasons := range a.said {
		if what == ratedWords {
			continue
		}
		state, by, _ := strings.Cut(what, " ")
		for reason, n := range *reasons {
			list = append(list, Ending{State: queue.State(state), By: Who(by), Reason: reason, N: n})
		}
	}
	slices.SortFunc(list, compareEndings)
	return list
}

// figures are those of the one day.
func (d *daily) figures() (Figures, error) {
	names, err := d.names()
	if err != nil {
		return Figures{}, err
	}
	a, sums := newAdder("", 0, ByTotal, ByService, ByAgency, ByChannel, ByClass, ByCounter), d.sums()
	if err := a.add(d.day, names, sums); err != nil {
		return Figures{}, err
	}
	a.seek()
	if err := a.add(d.day, names, sums); err != nil {
		return Figures{}, err
	}
	f := Figures{
		Office: d.office, Name: d.setup.Name, NameEN: d.setup.NameEN, TimeZone: d.setup.TimeZone, Day: d.day,
		From: d.from, Until: d.until, Over: d.over, First: d.first, Last: d.last,
		Total: a.total(), Agencies: a.groups(ByAgency), Services: a.groups(ByService), Channels: a.groups(ByChannel), Classes: a.groups(ByClass),
		Counters: a.counters(), OutOfOrder: append([]Call{}, d.outOfOrder...), Endings: a.ended(), Issuing: append([]Stop{}, d.issuing...), Limits: append([]Limit{}, d.limits...),
		CardsIssued: a.cards, CardsRevoked: a.off, Notes: notes(),
	}
	if len(f.Agencies) == 1 && f.Agencies[0].ID == "" {
		f.Agencies = []Group{}
	}
	return f, nil
}
