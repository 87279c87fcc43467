package announce

import (
	"context"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// plan is what an office's setup says of its loudspeakers. It is a value.
type plan struct {
	setup queue.Setup // Zones and counters alone are used.
	clock *time.Location
	whole bool // The setup was told in full, not only the office's name and region.
}

// route gives the places in here (zones of this machine, by id) where calls to
// a counter are heard. A zone that the office's setup does not name takes what
// no other zone of this machine takes, so that a call is heard rather twice
// than never.
func (p plan) route(here []string, counter string) (to []int) {
	if len(p.setup.Zones) == 0 {
		for i := range here {
			to = append(to, i)
		}
		return to
	}
	ids := p.setup.ZonesOf(counter)
	for i, id := range here {
		if slices.Contains(ids, id) {
			to = append(to, i)
		}
	}
	if len(to) > 0 {
		return to
	}
	for i, id := range here {
		if _, named := p.find(id); !named {
			to = append(to, i)
		}
	}
	return to
}

func (p plan) find(id string) (queue.Zone, bool) {
	i := slices.IndexFunc(p.setup.Zones, func(z queue.Zone) bool { return z.ID == id })
	if i < 0 {
		return queue.Zone{}, false
	}
	return p.setup.Zones[i], true
}

// place tells where a counter is.
func (p plan) place(counter string) queue.Place {
	for _, c := range p.setup.Counters {
		if c.ID == counter {
			return c.Place
		}
	}
	return queue.Place{}
}

// level tells how loud a zone is now, in dB beside the usual level, and whether
// it is silent. The quiet times are those of the office's clock.
func (p plan) level(id string, now time.Time) (db int, silent bool) {
	z, ok := p.find(id)
	if !ok {
		return 0, false
	}
	if p.clock != nil {
		now = now.In(p.clock)
	}
	return z.At(now.Format("15:04"))
}

// alarm tells how loud an emergency is in a zone: as at any time that is not a
// quiet one.
func (p plan) alarm(id string) int {
	z, _ := p.find(id)
	return z.Volume
}

// absent lists the zones of the office that are not here.
func (p plan) absent(here []string) (ids []string) {
	for _, z := range p.setup.Zones {
		if !slices.Contains(here, z.ID) {
			ids = append(ids, z.ID)
		}
	}
	return ids
}

// learn asks the office for its setup. An office that does not tell it (a
// machine without the right to) is spoken for as its name card says.
func (a *Announcer) learn(ctx context.Context, info queue.Info) {
	if m, ok := a.c.Office.(interface {
		Setup(context.Context) (queue.SetupView, error)
	}); ok {
		if v, err := m.Setup(ctx); err == nil {
			a.Adopt(v.Setup)
			return
		}
	}
	a.speakAs(info.Region, info.ByValue)
	a.mu.Lock()
	defer a.mu.Unlock()
	if clock, err := time.LoadLocation(info.TimeZone); err == nil && !a.plan.whole {
		a.plan.clock = clock
	}
}

// Adopt takes a setup, also before the log tells it: routes, levels and readings change from the next call.
func (a *Announcer) Adopt(s queue.Setup) {
	a.speakAs(s.Region, s.ByValue)
	p := plan{setup: s, clock: time.UTC, whole: true}
	if clock, err := time.LoadLocation(s.TimeZone); err == nil {
		p.clock = clock
	}
	a.mu.Lock()
	a.plan = p
	a.mu.Unlock()
	for _, z := range a.zones {
		zone, _ := p.find(z.c.Name)
		z.read(zone.Readings)
	}
}

// speakAs takes the office's way of speaking; an unknown region is North.
func (a *Announcer) speakAs(region string, byValue bool) {
	r, err := ParseRegion(region)
	if err != nil {
		a.c.Logger.Warn("unknown speech region, speaking as in the North", "region", region)
		r = North
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wording = Wording{Region: r, ByValue: byValue}
}
