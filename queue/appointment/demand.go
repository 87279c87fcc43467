package appointment

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Demand is what people who have not booked bring at each half-hour of a day, as
// past days show: bookings are laid beside it, where the counters have time.
type Demand struct {
	weekdays [7]course
	all      course
}

// halves are the half-hours of a day.
const halves = int(24 * time.Hour / SlotLength)

// course is the course of some days.
type course struct {
	days    map[string]bool
	minutes map[string]*[halves]float64 // By service: their work, by when they took their number.
}

// What past days must be to be gone by.
const (
	demandWeeks  = 4               // The latest so many weeks.
	leastDays    = 2               // Of one weekday; where there are fewer, days of any …
	leastAny     = 3               // … if there are so many.
	longestStay  = 2 * time.Hour   // A stay at a counter says no more than this.
	demandBefore = demandWeeks * 7 // In days.
	enough       = 0.9             // Of a half-hour's time at the counters is planned for, all in all.
	leastOffered = 0.5             // Of the usual bookings of a day are taken even where the day is full without them.
	levelStep    = 1.0 / 64        // How finely leastOffered is kept to.
	mostLevel    = float64(halves) // Nobody plans a half-hour so full.
)

// LearnDemand reads the log of the days before one: tickets that ended at a
// counter. Booked ones and those of a trial do not count.
func LearnDemand(events iter.Seq2[queue.Event, error], zone *time.Location, before string) (*Demand, error) {
	d := &Demand{}
	for e, err := range events {
		if err != nil {
			return nil, fmt.Errorf("read the log for when people come: %w", err)
		}
		t := e.Ticket
		if e.Kind != queue.TicketFinished || t == nil || t.Day >= before || t.Trial || t.Class == queue.Appointment || t.CalledAt.IsZero() {
			continue
		}
		came, stay := t.IssuedAt.In(zone), min(max(e.At.Sub(t.CalledAt), 0), longestStay)
		d.weekdays[came.Weekday()].add(t.Day, t.Service, came, stay)
		d.all.add(t.Day, t.Service, came, stay)
	}
	return d, nil
}

func (c *course) add(day, service string, came time.Time, stay time.Duration) {
	if c.days == nil {
		c.days, c.minutes = map[string]bool{}, map[string]*[halves]float64{}
	}
	if c.minutes[service] == nil {
		c.minutes[service] = &[halves]float64{}
	}
	c.days[day] = true
	c.minutes[service][halfOf(came)] += stay.Minutes()
}

// halfOf is the half-hour of the day that a local time falls into.
func halfOf(local time.Time) int {
	return (local.Hour()*60 + local.Minute()) / int(SlotLength.Minutes())
}

// on is the course of days like one; nil where too little is known.
func (d *Demand) on(day time.Weekday) *course {
	switch {
	case d == nil:
		return nil
	case len(d.weekdays[day].days) >= leastDays:
		return &d.weekdays[day]
	case len(d.all.days) >= leastAny:
		return &d.all
	default:
		return nil
	}
}

// quiet is how much of the usual bookings of a service a half-hour takes, 0 to 1:
// all where the counters have time beside those who just come, none in the rush.
// Those who book are asked for the quiet hours, so that everybody waits less.
// Where the day is full in any case, half of the usual bookings are still taken,
// in the half-hours that are the least busy.
func (p plan) quiet(service string, start time.Time) float64 {
	local := start.In(p.zone)
	c := p.demand.on(local.Weekday())
	if c == nil || p.AnyHour {
		return 1
	}
	busy, open := p.busy(c, p.together(service), local)
	if !open[halfOf(local)] {
		return 1
	}
	share := float64(p.Share) / 100
	offered := func(level float64) (sum float64) {
		for i := range busy {
			if open[i] {
				sum += min(share, max(0, level-busy[i]))
			}
		}
		return sum
	}
	usual := 0.0
	for i := range open {
		if open[i] {
			usual += share
		}
	}
	level := func(step int) float64 { return enough + float64(step)*levelStep }
	const most = int(mostLevel / levelStep)
	step := sort.Search(most, func(n int) bool { return offered(level(n)) >= leastOffered*usual })
	return min(share, max(0, level(step)-busy[halfOf(local)])) / share
}

// busy is how much of the counters' time those want who just come, of each
// half-hour's: who was not reached in one goes on waiting in the next. Open are
// the half-hours in which the office works.
func (p plan) busy(c *course, services []string, local time.Time) (busy [halves]float64, open [halves]bool) {
	for _, s := range p.Slots(local) {
		open[halfOf(s.In(p.zone))] = true
	}
	minutes := 0.0 // That the counters have in a half-hour.
	day := p.Day(local)
	for _, one := range p.setup.Counters {
		if p.works(one, day) && slices.ContainsFunc(one.Services, func(s string) bool { return slices.Contains(services, s) }) {
			minutes += SlotLength.Minutes()
		}
	}
	left := 0.0
	for i := range busy {
		for _, s := range services {
			if m := c.minutes[s]; m != nil {
				left += m[i] / float64(len(c.days)) / max(minutes, 1)
			}
		}
		if busy[i] = left; open[i] {
			left = max(0, left-1)
		}
	}
	return busy, open
}

// together lists the services that share counters with one, and with those in
// turn: where one line is long, the counters of all of them have less time.
func (p plan) together(service string) []string {
	all := []string{service}
	for i := 0; i < len(all); i++ {
		for _, c := range p.setup.Counters {
			if !slices.Contains(c.Services, all[i]) {
				continue
			}
			for _, s := range c.Services {
				if !slices.Contains(all, s) {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// PlacesOf tells how many bookings of a service an office takes in a half-hour,
// before overbooking; d is what is known of who just comes, nil = nothing.
func PlacesOf(setup queue.Setup, s Settings, d *Demand, service string, start time.Time) int {
	return plan{Calendar: NewCalendar(setup), Settings: s.withDefaults(), demand: d}.Places(service, start)
}

// learnAgain is how long after a failure the log is read again.
const learnAgain = 10 * time.Minute

// learn has the book know when people come, once a day.
func (b *Book) learn(ctx context.Context) error {
	if b.cfg.Log == nil {
		return nil
	}
	setup, err := b.cfg.Setup(ctx)
	if err != nil {
		return err
	}
	c, now := NewCalendar(setup), time.Now()
	if day := c.Day(now); day != b.learned && now.After(b.learnAfter) {
		b.learnAfter = now.Add(learnAgain) // If it fails: it reads weeks of the log.
		noon, _ := c.Date(day)
		after, err := queue.LastBefore(ctx, b.cfg.Log, setup.Office, at(noon.AddDate(0, 0, -demandBefore), "00:00"))
		if err != nil {
			return err
		}
		d, err := LearnDemand(queue.Stored(ctx, b.cfg.Log, setup.Office, after), c.Zone(), day)
		if err != nil {
			return err
		}
		b.demand.Store(d)
		b.learned = day
	}
	return nil
}

// round gives a share of some places, in whole places: never more.
func round(places int, share float64) int {
	return min(places, int(math.Round(float64(places)*share)))
}
