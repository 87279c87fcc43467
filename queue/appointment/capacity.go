package appointment

import (
	"cmp"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// plan is what bookings are weighed by: the office as it is set up now.
type plan struct {
	Calendar
	Settings
	shares map[string]float64 // Service → expected no-show share, where the office overbooks.
	demand *Demand            // Who comes without a booking; nil = not known.
}

// hold is a number of units of one pool in one half-hour.
type hold struct {
	pool  string // "service:A", "resource:bed".
	start time.Time
	units int
}

func servicePool(id string) string  { return "service:" + id }
func resourcePool(id string) string { return "resource:" + id }

// service finds a service that may be booked.
func (p plan) service(id string) (queue.Service, error) {
	i := slices.IndexFunc(p.setup.Services, func(s queue.Service) bool { return s.ID == id })
	if i < 0 {
		return queue.Service{}, queue.Errorf(queue.CodeUnknownService, "no service %q", clip(id))
	}
	if s := p.setup.Services[i]; !s.Closed && !p.Services[id].Off {
		return s, nil
	}
	return queue.Service{}, queue.Errorf(CodeNotBookable, "service %s cannot be booked", id)
}

// holds lists what a booking of a service at a time takes.
func (p plan) holds(service string, start time.Time) []hold {
	all := []hold{{servicePool(service), start.UTC(), 1}}
	for _, n := range p.Services[service].Needs {
		for i := range max(n.Lasts, 1) {
			all = append(all, hold{resourcePool(n.Resource), start.Add(time.Duration(n.After+i) * SlotLength).UTC(), max(n.Units, 1)})
		}
	}
	return all
}

// limit is how many units a pool has in the half-hour that begins at start.
func (p plan) limit(pool string, start time.Time) int {
	for _, s := range p.setup.Services {
		if pool != servicePool(s.ID) {
			continue
		}
		places := p.Places(s.ID, start)
		if p.Overbook {
			return Overbooked(places, p.shares[s.ID])
		}
		return places
	}
	for _, r := range p.Resources {
		if pool == resourcePool(r.ID) {
			return r.Places // Chairs and beds do not stay away: never overbooked.
		}
	}
	return 0
}

// Places is how many bookings of a service a half-hour is planned for, before
// overbooking: what the office has set, or its share of what the counters that
// serve it get done. A counter of several services is divided among them, so
// that all services together never exceed the share either. In the rush it is less,
// unless the office has set it.
func (p plan) Places(service string, start time.Time) int {
	own := p.Services[service]
	if own.Places > 0 {
		return own.Places
	}
	minutes := float64(cmp.Or(own.Minutes, p.Minutes))
	counters := p.counters(service, p.Day(start))
	usual := int(counters*SlotLength.Minutes()/minutes*float64(p.Share)/100 + 1e-9)
	return round(usual, p.quiet(service, start))
}

// counters is how many counters work for a service on a day, in parts of
// counters.
func (p plan) counters(service, day string) (sum float64) {
	for _, c := range p.setup.Counters {
		if !slices.Contains(c.Services, service) || !p.works(c, day) {
			continue
		}
		bookable := 0
		for _, id := range c.Services {
			if _, err := p.service(id); err == nil {
				bookable++
			}
		}
		if bookable > 0 {
			sum += 1 / float64(bookable)
		}
	}
	return sum
}

// works reports whether somebody works at a counter on a day.
func (p plan) works(c queue.Counter, day string) bool {
	return !slices.Contains(p.Absences, Absence{day, c.ID})
}

// clip bounds what of a request is repeated in an error.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}
