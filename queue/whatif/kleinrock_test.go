package whatif

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Kleinrock's mean waits under accumulating priority (1964), as an oracle of
// the office's scheduler: one counter, two classes, Poisson arrivals of load
// 0.4 each, exponential service of mean 1 (minute). For classes by rising
// rate b, with W0 the mean work left of who is being served:
//
//	W_p = [ W0/(1−ρ) − Σ_{i<p} ρ_i W_i (1 − b_i/b_p) ] / [ 1 − Σ_{i>p} ρ_i (1 − b_p/b_i) ]
func kleinrock(w0 float64, load, rate []float64) []float64 {
	var all float64
	for _, l := range load {
		all += l
	}
	waits := make([]float64, len(load))
	for p := range load {
		above, below := w0/(1-all), 1.0
		for i := range load {
			switch {
			case i < p:
				above -= load[i] * waits[i] * (1 - rate[i]/rate[p])
			case i > p:
				below -= load[i] * (1 - rate[p]/rate[i])
			}
		}
		waits[p] = above / below
	}
	return waits
}

func TestKleinrocksFormula(t *testing.T) {
	for _, c := range []struct{ ratio, low, high float64 }{{1, 4, 4}, {0.5, 5, 3}, {0.25, 5.714, 2.286}, {0, 6.667, 1.333}} {
		got := kleinrock(0.8, []float64{0.4, 0.4}, []float64{c.ratio, 1})
		if math.Abs(got[0]-c.low) > 0.001 || math.Abs(got[1]-c.high) > 0.001 {
			t.Errorf("ratio %g: %v, want %g and %g", c.ratio, got, c.low, c.high)
		}
	}
}

// queueDay makes up a day of the M/M/1 queue that begins empty and ends when
// it is empty again after most visits.
func queueDay(rng *rand.Rand, most int, ratio float64) *Day {
	const each = 0.4 // Per minute and class; both together 0.8.
	start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	d := &Day{Start: start, Setup: queue.Setup{
		Office: "mot-quay", Name: "Một quầy", TimeZone: "UTC", Services: []queue.Service{{ID: "A"}},
		Counters: []queue.Counter{{ID: "1", Services: []string{"A"}}},
		Rates:    queue.Rates{Normal: 1, Appointment: 1 / ratio, Priority: 1 / ratio},
	}}
	minutes := func(m float64) time.Duration {
		return time.Duration(math.Round(m*60_000)) * time.Millisecond
	}
	at, free := start, start
	for {
		at = at.Add(minutes(rng.ExpFloat64() / (2 * each)))
		if len(d.Visits) >= most && !at.Before(free) {
			d.Desks = []Desk{{Counter: "1", Spans: []Span{{start, at}}}}
			return d
		}
		work := minutes(rng.ExpFloat64())
		v := Visit{At: at, Service: "A", Class: queue.Normal, Channel: queue.Kiosk, Stages: []Stage{{Work: work, End: queue.Finish}}}
		if rng.Float64() < 0.5 {
			v.Class = queue.Priority
		}
		d.Visits = append(d.Visits, v)
		if free.Before(at) {
			free = at
		}
		free = free.Add(work)
	}
}

// sums are the waits of one day, in minutes, by class: what is measured, and
// what the same people would have waited in the order they came. The latter's
// expectation is known (4), which takes most of the chance out of the former.
type sums struct{ n, wait, inOrder [2]float64 }

func sumsOf(d *Day, h *hall) (s sums) {
	free := d.Start
	for i := range d.Visits {
		v := &d.Visits[i]
		class := 0
		if v.Class == queue.Priority {
			class = 1
		}
		if free.Before(v.At) {
			free = v.At
		}
		s.n[class]++
		s.inOrder[class] += free.Sub(v.At).Minutes()
		s.wait[class] += h.guests[i].wait(v).Minutes()
		free = free.Add(v.Stages[0].Work)
	}
	return s
}

// estimate gives the mean wait of a class, and its standard error, from
// batches (days): a ratio estimate, corrected by regression on the waits in
// the order of arrival of both classes together.
func estimate(days []sums, class int) (mean, stderr float64) {
	const known = 4.0
	var n, all float64
	for _, s := range days {
		n += s.n[class]
		all += s.n[0] + s.n[1]
	}
	y, x := make([]float64, len(days)), make([]float64, len(days))
	var sum, control float64
	for _, s := range days {
		sum += s.wait[class]
		control += s.inOrder[0] + s.inOrder[1]
	}
	raw, inOrder := sum/n, control/all
	var xx, xy float64
	for i, s := range days {
		y[i] = (s.wait[class] - raw*s.n[class]) / n * float64(len(days))
		x[i] = (s.inOrder[0] + s.inOrder[1] - inOrder*(s.n[0]+s.n[1])) / all * float64(len(days))
		xx += x[i] * x[i]
		xy += x[i] * y[i]
	}
	slope := xy / xx
	var squares float64
	for i := range days {
		r := y[i] - slope*x[i]
		squares += r * r
	}
	k := float64(len(days))
	return raw - slope*(inOrder-known), math.Sqrt(squares / (k - 2) / k)
}

func TestSchedulerKeepsKleinrocksFormula(t *testing.T) {
	const days, visits = 40, 50
	formula := map[float64][]float64{}
	for _, ratio := range []float64{1, 0.5, 0.25} {
		formula[ratio] = kleinrock(0.8, []float64{0.4, 0.4}, []float64{ratio, 1})
	}
	for _, ratio := range []float64{1, 0.5, 0.25} {
		t.Run(fmt.Sprintf("1:%g", 1/ratio), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1964, 12))
			var batches []sums
			for range days {
				d := queueDay(rng, visits, ratio)
				batches = append(batches, sumsOf(d, playOffice(t, d)))
			}
			for class, name := range []string{"normal", "priority"} {
				got, stderr := estimate(batches, class)
				want := formula[ratio][class]
				t.Logf("%s: %.3f ± %.3f, formula %.3f", name, got, 1.96*stderr, want)
				if math.Abs(got-want) > 4*stderr {
					t.Errorf("%s waits %.3f minutes, %.1f standard errors off the formula's %.3f", name, got, math.Abs(got-want)/stderr, want)
				}
				for other, f := range formula { // The test must be able to fail.
					if other != ratio && math.Abs(got-f[class]) < 4*stderr {
						t.Errorf("%s: ± %.3f cannot tell 1:%g from 1:%g", name, stderr, 1/ratio, 1/other)
					}
				}
			}
		})
	}
}

func playOffice(t testing.TB, d *Day) *hall {
	t.Helper()
	o, err := newOffice(t.Context(), d, 1)
	if err != nil {
		t.Fatal(err)
	}
	h, err := play(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// accumulating is the office's policy written a second time, as plainly as can
// be, for the tests alone.
func accumulating(ratio int64) func([][]entry, time.Time) entry {
	return func(lines [][]entry, now time.Time) entry {
		score := func(e entry) int64 {
			if e.class == queue.Normal {
				return now.Sub(e.since).Milliseconds()
			}
			return now.Sub(e.since).Milliseconds() * ratio
		}
		return slices.MaxFunc(slices.Concat(lines...), func(a, b entry) int {
			return cmp.Or(cmp.Compare(score(a), score(b)), -compareSince(a, b))
		})
	}
}

// The office calls, one by one, whom the plain form of its policy calls; and
// the plain form, which is fast, keeps the formula within one percent.
func TestSchedulerCallsAsThePlainPolicy(t *testing.T) {
	t.Parallel()
	for ratio := int64(1); ratio <= 4; ratio++ {
		d, err := morning(0.9).Day(uint64(ratio), oneTo(float64(ratio)))
		if err != nil {
			t.Fatal(err)
		}
		h := playOffice(t, d)
		p, err := play(t.Context(), d, newPlain(d, accumulating(ratio)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range d.Visits {
			if !h.guests[i].called.Equal(p.guests[i].called) {
				t.Fatalf("1:%d: visit %d called at %s, want %s", ratio, i, h.guests[i].called, p.guests[i].called)
			}
		}
	}
}

func TestPlainPolicyKeepsKleinrocksFormula(t *testing.T) {
	t.Parallel()
	const days, visits = 40, 800
	for _, ratio := range []int64{1, 2, 4} {
		rng := rand.New(rand.NewPCG(7, uint64(ratio)))
		want := kleinrock(0.8, []float64{0.4, 0.4}, []float64{1, float64(ratio)})
		var batches []sums
		for range days {
			d := queueDay(rng, visits, 1/float64(ratio))
			h, err := play(context.Background(), d, newPlain(d, accumulating(ratio)))
			if err != nil {
				t.Fatal(err)
			}
			batches = append(batches, sumsOf(d, h))
		}
		for class := range want {
			got, stderr := estimate(batches, class)
			t.Logf("1:%d class %d: %.3f ± %.3f, formula %.3f", ratio, class, got, 1.96*stderr, want[class])
			if math.Abs(got-want[class]) > 4*stderr || stderr > 0.01*want[class] {
				t.Errorf("1:%d class %d: %.3f ± %.3f, formula %.3f", ratio, class, got, stderr, want[class])
			}
		}
	}
}
