package ops

import (
	"fmt"
	"maps"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Bounds of what is counted by name: names come from configuration and
// dialogue, never from callers, but a mistake there must not grow for ever.
const (
	maxNames = 64
	maxDays  = 8
	others   = "other"
)

// Day is how the calls of one day went.
type Day struct {
	Day      string         // "2026-11-22", of the office's clock.
	Answered int            // Calls of citizens that were answered.
	Called   int            // Calls of ours that were answered.
	Taken    int            // Numbers reserved.
	Kept     int            // Numbers kept.
	Left     map[string]int // Callers who hung up without keeping a number, by place.
	Failed   int            // Things that could not be done or said.
	Ended    int            // Calls that are over.
	Talk     time.Duration  // Of the calls that are over.
}

// Abandoned is the sum of Left.
func (d Day) Abandoned() (n int) {
	for _, each := range d.Left {
		n += each
	}
	return n
}

// Mean is how long a call lasted.
func (d Day) Mean() time.Duration {
	if d.Ended == 0 {
		return 0
	}
	return d.Talk / time.Duration(d.Ended)
}

// Totals is what was counted since the program began, for a metrics system.
type Totals struct {
	Day                    // Its Day is empty.
	Live    int            // Calls being talked now.
	KeptAt  map[string]int // Calls that kept a number, by the place where they ended.
	Refused map[string]int // Calls that we refused, by the SIP status of our answer.
	Seconds Histogram      // How long calls lasted.
	Loss    Histogram      // Share of packets lost on the way to the caller, by call.
	Jitter  Histogram      // At the caller, in seconds.
	MOS     Histogram      // Of what the caller hears.
}

// Histogram counts values by upper bounds, as Prometheus does.
type Histogram struct {
	Bounds []float64
	Counts []uint64 // Of values up to each bound, not cumulative; the last is of all beyond.
	Sum    float64
	N      uint64
}

func newHistogram(bounds ...float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (h *Histogram) add(v float64) {
	i := 0
	for i < len(h.Bounds) && v > h.Bounds[i] {
		i++
	}
	h.Counts[i]++
	h.N++
	h.Sum += v
}

// Cumulative gives for each bound how many values do not exceed it.
func (h Histogram) Cumulative() map[float64]uint64 {
	out, sum := map[float64]uint64{}, uint64(0)
	for i, b := range h.Bounds {
		sum += h.Counts[i]
		out[b] = sum
	}
	return out
}

func (h Histogram) copied() Histogram {
	h.Counts = append([]uint64(nil), h.Counts...)
	return h
}

// figures counts; Calls.mu guards it.
type figures struct {
	days []Day // Today last.
	all  Totals
}

func newFigures() figures {
	return figures{all: Totals{
		Day: Day{Left: map[string]int{}}, KeptAt: map[string]int{}, Refused: map[string]int{},
		Seconds: newHistogram(5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600),
		Loss:    newHistogram(0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
		Jitter:  newHistogram(0.005, 0.01, 0.02, 0.03, 0.05, 0.1),
		MOS:     newHistogram(2, 2.5, 3, 3.5, 3.8, 4, 4.2),
	}}
}

// turn makes day the one that is counted. A clock that goes back counts on.
func (f *figures) turn(day string) {
	if n := len(f.days); n > 0 && f.days[n-1].Day >= day {
		return
	}
	f.days = append(f.days, Day{Day: day, Left: map[string]int{}})
	if len(f.days) > maxDays {
		f.days = f.days[1:]
	}
}

// each changes today's figures and the totals alike.
func (f *figures) each(change func(*Day)) {
	change(&f.days[len(f.days)-1])
	change(&f.all.Day)
}

func (f *figures) answered(out bool) {
	f.each(func(d *Day) {
		if out {
			d.Called++
		} else {
			d.Answered++
		}
	})
}

func (f *figures) number(fresh, kept bool) {
	f.each(func(d *Day) {
		if fresh {
			d.Taken++
		}
		if kept {
			d.Kept++
		}
	})
}

func (f *figures) failed() { f.each(func(d *Day) { d.Failed++ }) }

// ended counts a call that is over.
func (f *figures) ended(r *record) {
	lasted := max(0, r.Ended.Sub(r.Began))
	f.each(func(d *Day) {
		d.Ended++
		d.Talk += lasted
		if r.Left && !r.keeps() {
			count(d.Left, r.Where)
		}
	})
	if r.keeps() {
		count(f.all.KeptAt, r.Where)
	}
	f.all.Seconds.add(lasted.Seconds())
	f.measured(r)
}

// measured counts what the far end reported of a call that is over, once.
func (f *figures) measured(r *record) {
	if r.Quality == nil || !r.Quality.Reported || r.measured {
		return
	}
	r.measured = true
	f.all.Loss.add(r.Quality.FarLost)
	f.all.Jitter.add(r.Quality.FarJitter.Seconds())
	if r.Quality.FarMOS > 0 {
		f.all.MOS.add(r.Quality.FarMOS)
	}
}

func (f *figures) refused(code string) { count(f.all.Refused, code) }

// count adds one to a name, within bounds.
func count(names map[string]int, name string) {
	if _, known := names[name]; name == "" || !known && len(names) >= maxNames {
		name = others
	}
	names[name]++
}

// list gives copies of the days, today first.
func (f *figures) list() []Day {
	out := make([]Day, 0, len(f.days))
	for i := len(f.days) - 1; i >= 0; i-- {
		d := f.days[i]
		d.Left = maps.Clone(d.Left)
		out = append(out, d)
	}
	return out
}

func (f *figures) totals() Totals {
	t := f.all
	t.Left, t.KeptAt, t.Refused = maps.Clone(t.Left), maps.Clone(t.KeptAt), maps.Clone(t.Refused)
	t.Seconds, t.Loss, t.Jitter, t.MOS = t.Seconds.copied(), t.Loss.copied(), t.Jitter.copied(), t.MOS.copied()
	return t
}

// qualityText says a quality in one line: how the caller hears us, if the far
// end told it, and how we hear the caller.
func qualityText(q media.Quality) string {
	text := func(who string, loss float64, jitter time.Duration, mos float64) string {
		s := fmt.Sprintf("%s: loss %.1f %%, jitter %.1f ms", who, 100*loss, float64(jitter)/float64(time.Millisecond))
		if mos > 0 {
			s += fmt.Sprintf(", MOS %.1f", mos)
		}
		return s
	}
	here := text("we hear", q.Lost, q.Jitter, q.MOS)
	if !q.Reported {
		return here
	}
	far := text("caller hears", q.FarLost, q.FarJitter, q.FarMOS)
	if q.RoundTrip > 0 {
		far += fmt.Sprintf(", round trip %.0f ms", float64(q.RoundTrip)/float64(time.Millisecond))
	}
	return far + "; " + here
}
