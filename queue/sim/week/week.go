// Package week is for finding out what telephone, chat and appointments spare
// citizens: it lives through an office's weeks twice, once with everybody walking
// in, once with some who take their number from home and some who have booked,
// and compares the time that they spend in the hall.
//
// The office is the real one: engine and policy, the estimate of waits, which
// learns every night from the log (estimate.Live), and the places that may be
// booked (appointment.PlacesOf), which follow what the same log shows of the rush.
// People are modelled; what is assumed of them is in Config and in WEEK.md, with
// the table.
package week

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Config is what a comparison is made of.
type Config struct {
	Seed   uint64
	Weeks  int     // Measured, after one in which the office learns its waits.
	Load   float64 // Work that comes ÷ time of the counters.
	Remote float64 // Share of those who take the number by telephone or chat.
	Booked float64 // Share of those with an appointment.
	// Rushing has those who book want to be there when those do who walk in; else
	// any time of the day suits them alike, as they need not come early for a number.
	Rushing bool
	// Accepts is how far from the wish those who book take a time; who finds none
	// walks in when they wished to. 0 = at any distance on that day.
	Accepts  time.Duration
	AnyHour  bool    // The office takes as many bookings in the rush as at any hour.
	Heedless float64 // Share of those from home who set out at once, whatever they are told.
	Drift    float64 // How unpunctual people are, as a multiple of what is assumed; 0 = 1.

	days int // Of a week; 0 = five.
}

// Alone is the same people's weeks in which everybody walks in.
func (c Config) Alone() Config {
	return Config{Seed: c.Seed, Weeks: c.Weeks, Load: c.Load, days: c.days}
}

// Validate refuses what cannot be meant.
func (c Config) Validate() error {
	switch {
	case c.Weeks < 1 || c.Weeks > 100:
		return fmt.Errorf("%d weeks: give 1 to 100", c.Weeks)
	case c.Load <= 0 || c.Load > 1.2:
		return fmt.Errorf("load %g: give 0.1 to 1.2", c.Load)
	case c.Remote < 0 || c.Booked < 0 || c.Remote+c.Booked > 1:
		return fmt.Errorf("shares %g and %g: give parts of 1", c.Remote, c.Booked)
	case c.Heedless < 0 || c.Heedless > 1 || c.Drift < 0 || c.Drift > 10 || c.Accepts < 0:
		return fmt.Errorf("heedless %g, drift %g, accepts %v: give a part of 1, at most 10, at least 0", c.Heedless, c.Drift, c.Accepts)
	}
	return nil
}

// The ways in which citizens come.
const (
	walk   = iota // To the ticket machine.
	remote        // With a number taken at home.
	booked        // At a time agreed on.
	ways
)

// person is one citizen; drawn once, the same in both lives.
type person struct {
	decides time.Time // To come, at home.
	travel  time.Duration
	service int
	work    time.Duration // At the counter.

	lot     float64       // By which the way is chosen.
	drift   time.Duration // From the time that was aimed at: how early (less than 0) or late.
	forgets float64       // Below the share of those who do not come: stays at home.
	suits   float64       // Part of the day that would suit best for an appointment.
	heeds   float64       // Below the share of the heedless: sets out at once.
}

// What is assumed of people. Lengths are of a normal or log-normal
// distribution; see WEEK.md for why.
const (
	travelMean   = 20 * time.Minute
	travelSpread = 0.5
	driftSpread  = 6 * time.Minute  // Of those who aim at a time.
	lateShare    = 0.10             // Of them, this many are late beside …
	lateMean     = 10 * time.Minute // … by so much on average.
	remoteAbsent = 0.05             // Take a number and never come.
	bookedAbsent = 0.10             // Book and never come.
	bookedEarly  = 5 * time.Minute  // Before the booked time is what they aim at.
	looksAgain   = 5 * time.Minute  // How often somebody at home is told anew when to come.
	fewAhead     = 5                // Who cannot be told yet when to come sets out with so few ahead.
)

// The office: that of the table of rules (queue/whatif/POLICY.md).
func services() (ids []string, shares []float64, means []time.Duration) {
	return []string{"A", "B", "C"}, []float64{0.5, 0.3, 0.2}, []time.Duration{5 * time.Minute, 9 * time.Minute, 14 * time.Minute}
}

func counters() [][]string {
	return [][]string{{"A", "B"}, {"A", "B"}, {"B", "C"}, {"B", "C"}, {"A", "C"}, {"A", "C"}}
}

// rush is the shares of those who want to be there in each hour of the day.
func rush() []float64 { return []float64{0.26, 0.17, 0.13, 0.11, 0.10, 0.09, 0.08, 0.06} }

const workSpread = 0.8

// people draws the citizens of a day that opens at a time.
func (c Config) people(rng *rand.Rand, opens time.Time) (all []person) {
	_, shares, means := services()
	var mean float64
	for i, m := range means {
		mean += shares[i] * m.Minutes()
	}
	hours := rush()
	n := c.Load * float64(len(counters())*len(hours)*60) / mean
	for hour, share := range hours {
		for t := rng.ExpFloat64() / (n * share); t < 1; t += rng.ExpFloat64() / (n * share) {
			there := opens.Add(time.Duration((float64(hour) + t) * float64(time.Hour)))
			p := person{travel: min(max(logNormal(rng, travelMean, travelSpread), 3*time.Minute), 90*time.Minute), lot: rng.Float64(), forgets: rng.Float64(), suits: rng.Float64(), heeds: rng.Float64()}
			p.decides = there.Add(-p.travel).Truncate(time.Millisecond)
			x := rng.Float64()
			for p.service = 0; p.service < len(shares)-1 && x >= shares[p.service]; p.service++ {
				x -= shares[p.service]
			}
			p.work = logNormal(rng, means[p.service], workSpread)
			p.drift = time.Duration(rng.NormFloat64() * float64(driftSpread))
			if rng.Float64() < lateShare {
				p.drift += time.Duration(rng.ExpFloat64() * float64(lateMean))
			}
			p.drift = time.Duration(float64(p.drift) * cmp.Or(c.Drift, 1))
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b person) int { return a.decides.Compare(b.decides) })
	return all
}

func logNormal(rng *rand.Rand, mean time.Duration, spread float64) time.Duration {
	variance := math.Log(1 + spread*spread)
	return time.Duration(float64(mean) * math.Exp(math.Sqrt(variance)*rng.NormFloat64()-variance/2)).Truncate(time.Millisecond)
}

// comes is how somebody comes, under given shares.
func (p person) comes(c Config) int {
	switch {
	case p.lot < c.Booked:
		return booked
	case p.lot < c.Booked+c.Remote:
		return remote
	default:
		return walk
	}
}

// Hall is how long some people were in the hall before they were called.
type Hall struct {
	People int
	Absent int // Who took a number or booked and never came.
	Mean   time.Duration
	P90    time.Duration
	Late   float64       // Share of those whose turn had come when they came.
	Moved  time.Duration // How far booked times were from the wish, on average.
}

// Life is how the measured weeks went.
type Life struct {
	All  Hall
	Ways [ways]Hall // Walked in, from home, booked.
}

// Ratio is the mean time in the hall by that of a life in which everybody walks in.
func (l Life) Ratio(alone Life) float64 { return float64(l.All.Mean) / float64(alone.All.Mean) }

// Live lives through the weeks.
func Live(ctx context.Context, c Config) (Life, error) {
	if err := c.Validate(); err != nil {
		return Life{}, err
	}
	return live(ctx, c)
}

// told is what became of somebody.
type told struct {
	way    int
	absent bool
	late   bool
	wait   time.Duration
	moved  time.Duration
}

// sum makes a Life of what became of people.
func sum(all []told) (l Life) {
	l.All = hall(all, -1)
	for w := range ways {
		l.Ways[w] = hall(all, w)
	}
	return l
}

func hall(all []told, way int) (h Hall) {
	var waits []time.Duration
	var total, moved time.Duration
	late := 0
	for _, t := range all {
		switch {
		case way >= 0 && t.way != way:
			continue
		case t.absent:
			h.Absent++
			continue
		case t.late:
			late++
		}
		waits = append(waits, t.wait)
		total += t.wait
		moved += t.moved
	}
	h.People = len(waits)
	if h.People == 0 {
		return h
	}
	slices.Sort(waits)
	h.Mean, h.P90, h.Moved = total/time.Duration(h.People), waits[(len(waits)-1)*90/100], moved/time.Duration(h.People)
	h.Late = float64(late) / float64(h.People)
	return h
}
