package whatif

import (
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Waits sums up waiting times, from the moment a citizen could have been
// called to the first call. Numbers that nobody answered are not among them.
type Waits struct {
	N                      int
	Mean, Median, P95, Max time.Duration
}

// summary makes Waits of waiting times, which it sorts.
func summary(waits []time.Duration) Waits {
	if len(waits) == 0 {
		return Waits{}
	}
	slices.Sort(waits)
	var sum time.Duration
	for _, w := range waits {
		sum += w
	}
	return Waits{
		N: len(waits), Mean: sum / time.Duration(len(waits)),
		Median: quantile(waits, 0.5), P95: quantile(waits, 0.95), Max: waits[len(waits)-1],
	}
}

// quantile is the smallest value that a share q of the sorted values does not
// exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// Figures is how a day went.
type Figures struct {
	All       Waits
	ByClass   map[queue.Class]Waits
	ByService map[string]Waits
	Served    int           // Tickets finished.
	Unserved  int           // Numbers given out and never called, of those not withdrawn.
	Absent    int           // Numbers called that nobody answered.
	Work      time.Duration // At counters, all tickets together.
	LastEnd   time.Time     // When the last service ended; zero = there was none.
}

// figures sums up what became of a day's visits.
func figures(visits []Visit, outcomes []outcome, work time.Duration) Figures {
	f := Figures{ByClass: map[queue.Class]Waits{}, ByService: map[string]Waits{}, Work: work}
	var all []time.Duration
	byClass, byService := map[queue.Class][]time.Duration{}, map[string][]time.Duration{}
	for i, o := range outcomes {
		v := &visits[i]
		switch {
		case o.called.IsZero() && !v.withdrawn() && !o.here.IsZero():
			f.Unserved++
		case o.absent:
			f.Absent++
		}
		if o.served {
			f.Served++
		}
		if o.ended.After(f.LastEnd) {
			f.LastEnd = o.ended
		}
		if !o.called.IsZero() && !o.absent {
			w := o.wait(v)
			all = append(all, w)
			byClass[v.Class] = append(byClass[v.Class], w)
			byService[v.Service] = append(byService[v.Service], w)
		}
	}
	f.All = summary(all)
	for c, w := range byClass {
		f.ByClass[c] = summary(w)
	}
	for s, w := range byService {
		f.ByService[s] = summary(w)
	}
	return f
}

// withdrawn reports whether the citizen gives the number back.
func (v *Visit) withdrawn() bool {
	return slices.ContainsFunc(v.Steps, func(s Step) bool { return s.Action == queue.Cancel })
}
