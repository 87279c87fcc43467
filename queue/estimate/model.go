package estimate

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sync"
)

// Model is what was learned from waits that came true. The zero value has
// learned nothing and uses the rules for beginners: the geometric mean of the
// Gamma–Poisson rule and of the wait of the first in line.
type Model struct {
	Waits     int        `json:"waits"` // How many it was learned from.
	Beta      []float64  `json:"beta,omitempty"`
	Forest    Forest     `json:"forest,omitempty"`
	Blend     float64    `json:"blend,omitempty"`      // How much of the forest is used, 0 … 1: what served best on days not learned from.
	Scale     Forest     `json:"scale,omitempty"`      // How far off it is, beyond MeanScale.
	MeanScale float64    `json:"mean_scale,omitempty"` // Mean |log error|.
	Tails     []Quantile `json:"tails,omitempty"`      // Per bucket of those ahead.
}

// Quantile is where a tenth of the errors lie below, and a tenth above, in
// units of the scale.
type Quantile struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// How many waits it takes.
const (
	fewestWaits  = 500    // To learn anything.
	fewestForest = 1500   // To grow trees.
	mostRidge    = 20_000 // That the ridge is fitted to; of more, every so many-th.
	mostForest   = 12_000 // That trees are grown from, likewise.
	mostMisses   = 8_000  // Whose errors are looked at.
	folds        = 3      // For errors on waits that were not learned from.
)

const ridgeLambda, ridgeRounds = 0.03, 2

// corrections are the trees of the middle; quick ones, fewer and coarser, are
// good enough to see how large errors are.
func corrections(quick bool) growth {
	g := growth{trees: 200, depth: 4, rate: 0.08, clip: 0.4, shrink: 0.005, least: 0.01, rows: 0.4, inputs: 0.3}
	if quick {
		g.trees, g.rate, g.rows = 100, 0.16, 0.3
	}
	return g
}

func scales() growth {
	return growth{trees: 40, depth: 3, rate: 0.1, clip: 10, shrink: 0.005, least: 0.02, rows: 0.5, inputs: 0.5}
}

// Fit learns from waits. The same samples give the same model. With too few it
// is the zero model.
func Fit(samples []Sample) (*Model, error) {
	if len(samples) < fewestWaits {
		return &Model{Waits: len(samples)}, nil
	}
	m, err := fitCentre(samples, false)
	if err != nil {
		return nil, err
	}
	m.Waits = len(samples)
	learned := thin(samples, mostMisses)
	blend, misses, err := missesOf(learned)
	if err != nil {
		return nil, err
	}
	if m.Blend = blend; blend == 0 {
		m.Forest = nil
	}
	m.fitScale(learned, misses)
	m.fitTails(learned, misses)
	return m, nil
}

// fitCentre learns the middle of the interval.
func fitCentre(samples []Sample, quick bool) (*Model, error) {
	beta, err := ridge(thin(samples, mostRidge), ridgeLambda, ridgeRounds)
	if err != nil {
		return nil, err
	}
	m := &Model{Beta: beta, Blend: 1}
	if len(samples) < fewestForest {
		return m, nil
	}
	some := thin(samples, mostForest)
	x, left, weight := make([]*Features, len(some)), make([]float64, len(some)), make([]float64, len(some))
	for i := range some {
		x[i] = &some[i].X
		f := linear(beta, x[i])
		left[i], weight[i] = math.Log(some[i].Wait+2)-f, minutesOf(f)
	}
	m.Forest = grow(x, left, weight, corrections(quick))
	return m, nil
}

// thin gives about most of the samples, evenly.
func thin(samples []Sample, most int) []Sample {
	step := (len(samples) + most - 1) / most
	if step <= 1 {
		return samples
	}
	some := make([]Sample, 0, len(samples)/step+1)
	for i := 0; i < len(samples); i += step {
		some = append(some, samples[i])
	}
	return some
}

// held is what a model that was fitted without a sample's group says of it, as
// log(minutes + 2).
type held struct{ linear, forest float64 }

// missesOf tells how much of the forest serves best on groups that were not
// learned from, and for each sample the log error with so much of it.
func missesOf(samples []Sample) (blend float64, misses []float64, err error) {
	fold := make([]int, len(samples))
	for i := range samples {
		h := fnv.New32a()
		_, _ = h.Write([]byte(samples[i].Group)) // It cannot fail.
		fold[i] = int(h.Sum32() % folds)
	}
	said := make([]held, len(samples))
	var errs [folds]error
	var all sync.WaitGroup
	for k := range folds {
		all.Go(func() { errs[k] = holdOut(samples, fold, k, said) })
	}
	all.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return 0, nil, err
	}
	best := math.Inf(1)
	for _, b := range []float64{0, 0.5, 1} {
		sum := 0.0
		for i, s := range said {
			sum += math.Abs(math.Exp(s.linear+b*s.forest) - 2 - samples[i].Wait)
		}
		if sum < best {
			best, blend = sum, b
		}
	}
	misses = make([]float64, len(samples))
	for i, s := range said {
		misses[i] = math.Log(samples[i].Wait+2) - s.linear - blend*s.forest
	}
	return blend, misses, nil
}

// holdOut fits a model without one fold and lets it speak of that.
func holdOut(samples []Sample, fold []int, k int, said []held) error {
	rest := make([]Sample, 0, len(samples))
	for i := range samples {
		if fold[i] != k {
			rest = append(rest, samples[i])
		}
	}
	if len(rest) == len(samples) {
		return nil
	}
	m := &Model{} // Of too few days the rules for beginners are better.
	if len(rest) >= fewestWaits/2 {
		var err error
		if m, err = fitCentre(rest, true); err != nil {
			return fmt.Errorf("without fold %d: %w", k, err)
		}
	}
	for i := range samples {
		if fold[i] == k {
			x := &samples[i].X
			said[i].forest = m.Forest.correct(x)
			said[i].linear = m.centre(x) - m.Blend*said[i].forest
		}
	}
	return nil
}

// fitScale learns how large errors are.
func (m *Model) fitScale(samples []Sample, misses []float64) {
	x, size, weight := make([]*Features, len(samples)), make([]float64, len(samples)), make([]float64, len(samples))
	for i := range samples {
		x[i], size[i], weight[i] = &samples[i].X, math.Abs(misses[i]), 1
		m.MeanScale += size[i] / float64(len(samples))
	}
	for i := range size {
		size[i] -= m.MeanScale
	}
	if len(samples) >= fewestForest {
		m.Scale = grow(x, size, weight, scales())
	}
}

// fitTails finds the quantiles of the errors.
func (m *Model) fitTails(samples []Sample, misses []float64) {
	byBucket := make([][]float64, buckets)
	var all []float64
	for i := range samples {
		miss := misses[i] / m.scale(&samples[i].X)
		b := bucket(samples[i].Ahead)
		byBucket[b], all = append(byBucket[b], miss), append(all, miss)
	}
	slices.Sort(all)
	m.Tails = make([]Quantile, buckets)
	for b, list := range byBucket {
		slices.Sort(list)
		const prior = 100 // Errors that those of all buckets count for.
		mine, n := tails(list), float64(len(list))
		whole := tails(all)
		m.Tails[b] = Quantile{
			Low:  (n*mine.Low + prior*whole.Low) / (n + prior),
			High: (n*mine.High + prior*whole.High) / (n + prior),
		}
	}
}

// tails gives the quantiles of sorted errors.
func tails(sorted []float64) Quantile {
	if len(sorted) == 0 {
		return Quantile{}
	}
	at := func(p float64) float64 {
		return sorted[min(max(int(p*float64(len(sorted)+1)), 1), len(sorted))-1]
	}
	return Quantile{Low: at(0.1), High: at(0.9)}
}

// buckets of those ahead: up to 2, 5, 11, 24, and more.
const buckets = 5

func bucket(ahead int) int {
	switch {
	case ahead <= 2:
		return 0
	case ahead <= 5:
		return 1
	case ahead <= 11:
		return 2
	case ahead <= 24:
		return 3
	default:
		return 4
	}
}

// centre is the middle, as log(minutes + 2).
func (m *Model) centre(x *Features) float64 {
	if m.Beta == nil {
		return (x[fGP]+x[fHOL])/2 + x[fBase]
	}
	return linear(m.Beta, x) + m.Blend*m.Forest.correct(x)
}

// scale is how large errors are, as a logarithm.
func (m *Model) scale(x *Features) float64 {
	if m.MeanScale == 0 {
		return beginnersScale
	}
	return max(m.MeanScale+m.Scale.correct(x), m.MeanScale/4)
}

// What the rules for beginners err by.
const beginnersScale = 0.45

func (m *Model) tails(ahead int) Quantile {
	if len(m.Tails) != buckets {
		return Quantile{Low: -1.3, High: 1.3}
	}
	return m.Tails[bucket(ahead)]
}

// estimate tells the wait of somebody with so many ahead.
func (m *Model) estimate(x *Features, ahead int, shift Shift) Estimate {
	e := Estimate{centre: m.centre(x), scale: m.scale(x)}
	tails := m.tails(ahead)
	e.low, e.high = min(tails.Low-shift.Low, 0), max(tails.High+shift.High, 0)
	e.Minutes, e.Low, e.High = e.at(0), e.at(e.low), e.at(e.high)
	return e
}
