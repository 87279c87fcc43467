package estimate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// oracle simulates an office forward from what it shows, knowing what nobody
// knows of a real one: how many will come, how long people take on average and
// how that varies.
type oracle struct {
	plan  hallPlan
	setup queue.Setup
	rng   *rand.Rand
}

// desk is a counter in a simulated future.
type desk struct {
	services []string
	free     float64 // Minutes from now.
}

// person is somebody in a simulated future.
type person struct {
	service  string
	rate     float64
	eligible float64 // Minutes from now.
	me       bool
}

// median is the middle of the waits of a ticket in some futures, in minutes.
func (o *oracle) median(f *follower, t queue.Ticket, now time.Time) float64 {
	const futures = 25
	var waits []float64
	for range futures {
		waits = append(waits, o.wait(f, t, now))
	}
	slices.Sort(waits)
	return waits[futures/2]
}

// wait plays one future.
func (o *oracle) wait(f *follower, t queue.Ticket, now time.Time) float64 {
	desks, line := o.desks(f, now), o.line(f, t, now)
	coming := o.coming(f.minute(now) - 450) // The doors open at half past seven.
	for {
		slices.SortStableFunc(desks, func(a, b desk) int { return cmp.Compare(a.free, b.free) })
		d, best := -1, -1
		for i := range desks {
			at := desks[i].free
			for len(coming) > 0 && coming[0].eligible <= at {
				line, coming = append(line, coming[0]), coming[1:]
			}
			if best = next(line, desks[i].services, at); best >= 0 {
				d = i
				break
			}
		}
		if d < 0 { // Idle counters wait for who comes next.
			if len(coming) == 0 {
				return 0 // Cannot be: t stands in line.
			}
			for i := range desks {
				desks[i].free = max(desks[i].free, coming[0].eligible)
			}
			continue
		}
		if line[best].me {
			return max(desks[d].free, 0)
		}
		desks[d].free += o.minutes(line[best].service)
		line = slices.Delete(line, best, best+1)
	}
}

// next is who a counter calls at a minute; -1 = nobody.
func next(line []person, services []string, at float64) int {
	best, score := -1, math.Inf(-1)
	for i, p := range line {
		if slices.Contains(services, p.service) {
			if s := p.rate * (at - p.eligible); s > score {
				best, score = i, s
			}
		}
	}
	return best
}

func (o *oracle) minutes(service string) float64 {
	variance := math.Log(1 + o.plan.spread*o.plan.spread)
	return o.plan.minutes[service] * math.Exp(math.Sqrt(variance)*o.rng.NormFloat64()-variance/2)
}

// desks are the open counters; who stands there takes longer than so far.
func (o *oracle) desks(f *follower, now time.Time) (list []desk) {
	for _, c := range f.setup.Counters {
		if f.counters[c.ID] != queue.Opened {
			continue
		}
		d := desk{services: c.Services}
		for _, t := range f.tickets {
			if t.State.InHand() && t.Counter == c.ID {
				spent := now.Sub(t.CalledAt).Minutes()
				for range 1000 {
					if d.free = o.minutes(t.Service) - spent; d.free > 0 {
						break
					}
				}
				d.free = max(d.free, 0)
			}
		}
		list = append(list, d)
	}
	return list
}

func (o *oracle) line(f *follower, me queue.Ticket, now time.Time) (list []person) {
	for _, s := range sorted(f.lines) {
		for _, t := range f.lines[s].waiting {
			list = append(list, person{service: s, rate: map[queue.Class]float64{queue.Normal: 1, queue.Priority: 3}[t.Class], eligible: t.EligibleAt.Sub(now).Minutes(), me: t.ID == me.ID})
		}
	}
	return list
}

// coming are those who will come, from a minute of the day on.
func (o *oracle) coming(minute float64) (list []person) {
	for hour, share := range o.plan.hours {
		perMinute := o.plan.people * share / 60
		end := float64(hour+1) * 60
		for at := max(minute, float64(hour)*60) + o.rng.ExpFloat64()/perMinute; at < end; at += o.rng.ExpFloat64() / perMinute {
			p := person{rate: 1, eligible: at - minute}
			x := o.rng.Float64()
			for _, s := range sorted(o.plan.share) {
				p.service = s
				if x -= o.plan.share[s]; x < 0 {
					break
				}
			}
			if o.rng.Float64() < o.plan.priority {
				p.rate = 3
			}
			list = append(list, p)
		}
	}
	return list
}

// In a simulated office whose every day is like the others, the learned
// estimate errs hardly more than a simulation that knows the truth.
func TestNearTheOracle(t *testing.T) {
	if testing.Short() || racing {
		t.Skip("simulates some 10,000 futures: not with -short or -race")
	}
	const learned, tested, every = 20, 8, 3
	w := newWorld(t, smallHall(), 21)
	for n := range learned {
		w.day(n, nil)
	}
	o := &oracle{plan: w.hall, setup: queue.Setup{Rates: queue.DefaultRates()}, rng: rand.New(rand.NewPCG(1, 1))}
	l := newLive(t, w, "")
	runLive(t, l, w)
	type said struct{ ours, truth float64 }
	told, seen, asked := map[string]said{}, len(w.events()), 0
	for n := range tested {
		w.day(learned+n, func(taken queue.Ticket) {
			for _, e := range w.since(seen) {
				l.see(t, e)
				seen++
			}
			if asked++; asked%every != 0 {
				return
			}
			if e, ok := l.Ticket(Asked{Ticket: taken, Ahead: taken.Standing.Ahead, Now: w.now}); ok {
				told[taken.ID] = said{e.Minutes, o.median(l.today, taken, w.now)}
			}
		})
	}
	var ours, best, wait float64
	n := 0
	for _, e := range w.events() {
		if s, ok := told[ticketOf(e)]; ok && e.Kind == queue.TicketCalled {
			true := e.At.Sub(e.Ticket.IssuedAt).Minutes()
			ours += math.Abs(s.ours - true)
			best += math.Abs(s.truth - true)
			wait += true
			n++
		}
	}
	t.Logf("%d waits of %.1f min: ours errs by %.2f, who knows the truth by %.2f: %.3f", n, wait/float64(n), ours/float64(n), best/float64(n), ours/best)
	// Other processors round differently.
	if n < 300 || ours > 1.12*best {
		t.Errorf("of %d waits, errors are %.3f of the oracle's", n, ours/best)
	}
}

func ticketOf(e queue.Event) string {
	if e.Ticket == nil {
		return ""
	}
	return e.Ticket.ID
}
