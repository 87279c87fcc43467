package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Limit is the moment at which a service had given all the numbers of the day
// that it may give, through one channel or at all. Whoever came then was
// refused; how many did is in no log.
type Limit struct {
	At      time.Time     `json:"at"`
	Service string        `json:"service"`
	Channel queue.Channel `json:"channel,omitempty"` // Empty = all.
	Most    int           `json:"most"`              // The numbers that it may give.
}

// Reached is how often a limit was reached in a period.
type Reached struct {
	Service  string        `json:"service"`
	Channel  queue.Channel `json:"channel,omitempty"` // Empty = all.
	Days     int           `json:"days"`
	Times    int           `json:"times"`    // A number that is given back can be given again.
	Earliest string        `json:"earliest"` // When it was reached first on a day, "14:05" by the office's clock.
}

// series is what a limit counts.
type series struct {
	service string
	channel queue.Channel // Empty = all.
}

// limits follows how many numbers of the day were given.
type limits struct {
	taken map[series]int
	full  map[series]bool
	list  []Limit
}

// most gives the limit of a series, if it has one.
func (s series) most(setup queue.Setup) (most int, limited bool) {
	i := slices.IndexFunc(setup.Services, func(v queue.Service) bool { return v.ID == s.service })
	if i < 0 {
		return 0, false
	}
	if s.channel == "" {
		return setup.Services[i].Quota, setup.Services[i].Quota > 0
	}
	most, limited = setup.Services[i].Quotas[s.channel]
	return most, limited && most > 0 // A channel that is closed has nothing to reach.
}

// count follows one ticket: a number withdrawn may be had by somebody else.
func (l *limits) count(day string, old, now queue.Ticket, at time.Time, setup queue.Setup) {
	if now.Day != day {
		return
	}
	counts := func(t queue.Ticket) int {
		if t.ID == "" || t.State == queue.Cancelled {
			return 0
		}
		return 1
	}
	by := counts(now) - counts(old)
	if by == 0 {
		return
	}
	for _, s := range []series{{now.Number.Prefix, ""}, {now.Number.Prefix, now.Channel}} {
		if l.taken == nil {
			l.taken, l.full = map[series]int{}, map[series]bool{}
		}
		l.taken[s] += by
		l.look(s, at, setup)
	}
}

// look notes whether a series has reached its limit.
func (l *limits) look(s series, at time.Time, setup queue.Setup) {
	most, limited := s.most(setup)
	full := limited && l.taken[s] >= most
	if full && !l.full[s] {
		l.list = append(l.list, Limit{At: at, Service: s.service, Channel: s.channel, Most: most})
	}
	l.full[s] = full
}

// configured looks at every series under other limits.
func (l *limits) configured(at time.Time, setup queue.Setup) {
	all := []series{}
	for s := range l.taken {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b series) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.channel, b.channel))
	})
	for _, s := range all {
		l.look(s, at, setup)
	}
}

// reached sums a day up.
func (d *daily) reached(agency string) (list []Reached) {
	zone := zoneOf(d.setup.TimeZone)
	for _, l := range d.limits {
		if agency != "" && d.whose[l.Service] != agency {
			continue
		}
		i := slices.IndexFunc(list, func(r Reached) bool { return r.Service == l.Service && r.Channel == l.Channel })
		if i < 0 {
			i = len(list)
			list = append(list, Reached{Service: l.Service, Channel: l.Channel, Days: 1, Earliest: l.At.In(zone).Format("15:04")})
		}
		list[i].Times++
	}
	return list
}

// writeReached codes a day's.
func (d *daily) writeReached(c *coder, agency string) {
	list := d.reached(agency)
	c.number(uint64(len(list)))
	for _, r := range list {
		c.id(r.Service)
		c.id(string(r.Channel))
		c.number(uint64(r.Times))
		c.id(r.Earliest)
	}
}

// readReached adds a day's.
func (a *adder) readReached(c *coder, mine bool) {
	for range c.times() {
		r := Reached{Service: c.id(""), Channel: queue.Channel(c.id("")), Days: 1, Times: int(c.number(0)), Earliest: c.id("")}
		if !mine || a.again || c.err != nil {
			continue
		}
		i := slices.IndexFunc(a.reached, func(o Reached) bool { return o.Service == r.Service && o.Channel == r.Channel })
		if i < 0 {
			a.reached = append(a.reached, r.apart())
			continue
		}
		o := &a.reached[i]
		o.Days, o.Times = o.Days+1, o.Times+r.Times
		if r.Earliest < o.Earliest {
			o.Earliest = r.apart().Earliest
		}
	}
}

// apart holds on to no text of a whole day.
func (r Reached) apart() Reached {
	r.Service, r.Channel, r.Earliest = strings.Clone(r.Service), queue.Channel(strings.Clone(string(r.Channel))), strings.Clone(r.Earliest)
	return r
}

// limitTable is when no more numbers were given.
func (r *Report) limitTable() Table {
	t := Table{ID: "limits", Title: Text{"Hết hạn mức cấp số", "Limits reached"}, Columns: []Column{
		{Text{"Hàng đợi", "Service"}, true}, {Text{"Kênh", "Channel"}, true}, {Text{"Số ngày", "Days"}, true},
		{Text{"Số lần", "Times"}, true}, {Text{"Sớm nhất lúc", "Earliest at"}, true},
	}}
	channels := byID(channelNames())
	for _, l := range r.Limits {
		service, channel := r.serviceWords(l.Service), Text{"Tất cả", "All"}
		if l.Channel != "" {
			channel = Text{cmp.Or(channels[string(l.Channel)].vi, string(l.Channel)), cmp.Or(channels[string(l.Channel)].en, string(l.Channel))}
		}
		t.Rows = append(t.Rows, Row{
			label(service.VI, service.EN), label(channel.VI, channel.EN), count(l.Days, nil), count(l.Times, nil), label(l.Earliest, l.Earliest),
		})
	}
	if r.Stops > 0 {
		t.Rows = append(t.Rows, Row{label("Cán bộ dừng cấp số", "Stopped by staff"), label("–", "–"), {Kind: Nothing}, count(r.Stops, nil), label("–", "–")})
	}
	return t
}
