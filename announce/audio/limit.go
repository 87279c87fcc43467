package audio

import (
	"math"
	"time"
)

// LimitDBTP is the ceiling of Limit, in decibels below full scale.
const LimitDBTP = -2.0

// overs is the oversampling at which true peaks are looked for (ITU-R BS.1770
// annex 2), peakHalf the half-width of its interpolation filter in samples.
const (
	overs    = 4
	peakHalf = 8
)

// TruePeak is the highest value of the waveform between the samples too, in
// dBTP; -∞ for silence.
func TruePeak(p PCM) float64 {
	peak := float32(0)
	for _, v := range truePeaks(p.Samples, float32(p.Peak())) {
		peak = max(peak, v)
	}
	return DB(float64(peak))
}

// Limit holds true peaks below LimitDBTP with 1 ms of look-ahead; sound below
// the ceiling passes unchanged. The result is a new PCM.
func Limit(p PCM) PCM { return LimitTo(p, LimitDBTP) }

// LimitTo is Limit with another ceiling, in dBTP.
func LimitTo(p PCM, dbtp float64) PCM {
	ceiling := ceilingOf(dbtp)
	peaks := truePeaks(p.Samples, ceiling)
	need := make([]float32, len(peaks))
	over := false
	for i, v := range peaks {
		need[i] = 1
		if v > ceiling {
			need[i], over = ceiling/v, true
		}
	}
	if !over {
		return p
	}
	look := max(1, samplesIn(p.Rate, time.Millisecond))
	gain := movingMean(movingMin(need, look), look/2)
	out := make([]float32, len(p.Samples))
	for i, s := range p.Samples {
		out[i] = s * gain[i]
	}
	return PCM{Rate: p.Rate, Samples: out}
}

// ceilingOf is what Limit holds samples below for a ceiling in dBTP.
func ceilingOf(dbtp float64) float32 {
	const margin = 0.1 // dB; the moving gain itself bends the waveform a little.
	return float32(FromDB(dbtp - margin))
}

// Span is a stretch of samples, from From up to To.
type Span struct{ From, To int }

// LimitWithin holds true peaks below LimitDBTP in place, where all that may
// exceed it lies in spans, which are in rising order. It costs as much as the
// spans are long; the rest of p is not looked at.
func LimitWithin(p PCM, spans []Span) {
	look := samplesIn(p.Rate, time.Millisecond)
	reach := look + look/2 + peakHalf // Of the gain's slopes and of the interpolation.
	for i := 0; i < len(spans); {
		from, to := max(0, spans[i].From-reach), spans[i].To+reach
		for i++; i < len(spans) && spans[i].From-reach <= to; i++ {
			to = max(to, spans[i].To+reach)
		}
		if to = min(to, len(p.Samples)); from >= to {
			continue
		}
		// A wave cut off seems to rise at the cut: it is cut further out than it
		// is changed.
		begin, end := max(0, from-reach), min(len(p.Samples), to+reach)
		limited := Limit(PCM{Rate: p.Rate, Samples: p.Samples[begin:end]}).Samples
		copy(p.Samples[from:to], limited[from-begin:])
	}
}

// PeakBlock is how many samples one value of Peaks covers.
const PeakBlock = 64

// Peaks gives the true peak of every PeakBlock samples, 1 = full scale.
func Peaks(p PCM) []float32 {
	out := make([]float32, (len(p.Samples)+PeakBlock-1)/PeakBlock)
	for i, v := range truePeaks(p.Samples, 0) {
		out[i/PeakBlock] = max(out[i/PeakBlock], v)
	}
	return out
}

// Over adds to spans, moved by at, the blocks of peaks that exceed the ceiling
// of Limit when they are amplified by gain.
func Over(spans []Span, peaks []float32, gain float32, at int) []Span {
	ceiling := ceilingOf(LimitDBTP)
	for i, v := range peaks {
		if v*gain > ceiling {
			spans = append(spans, Span{at + i*PeakBlock, at + (i+1)*PeakBlock})
		}
	}
	return spans
}

// truePeaks gives for each sample the largest absolute value from it up to the
// next sample. Where that cannot exceed floor, the sample itself is enough: an
// interpolated value is at most maxRise times its neighbours.
func truePeaks(s []float32, floor float32) []float32 {
	const maxRise = 2.5 // Above the sum of the absolute taps, which is 2.3.
	filters, near := peakFilters(), loudestNear(s)
	out := make([]float32, len(s))
	for i, v := range s {
		out[i] = abs32(v)
		if near[i/peakBlock]*maxRise <= floor {
			continue
		}
		for _, f := range filters {
			out[i] = max(out[i], abs32(convolve(s, i-peakHalf+1, f)))
		}
	}
	return out
}

// peakBlock is how many samples share one answer of loudestNear; at least peakHalf.
const peakBlock = 32

// loudestNear gives for each block of samples the loudest of it and its neighbours.
func loudestNear(s []float32) []float32 {
	blocks := make([]float32, (len(s)+peakBlock-1)/peakBlock)
	for i, v := range s {
		blocks[i/peakBlock] = max(blocks[i/peakBlock], abs32(v))
	}
	near := make([]float32, len(blocks))
	for i := range blocks {
		for _, b := range blocks[max(0, i-1):min(len(blocks), i+2)] {
			near[i] = max(near[i], b)
		}
	}
	return near
}

// peakFilters interpolates at 1/4, 2/4 and 3/4 between two samples.
func peakFilters() [][]float32 {
	filters := make([][]float32, 0, overs-1)
	for p := 1; p < overs; p++ {
		taps := make([]float32, 2*peakHalf)
		for k := range taps {
			x := float64(k-peakHalf+1) - float64(p)/overs
			taps[k] = float32(sinc(x) * (0.5 + 0.5*math.Cos(math.Pi*x/(peakHalf+1))))
		}
		filters = append(filters, taps)
	}
	return filters
}

// movingMin is the smallest value within reach on either side.
func movingMin(s []float32, reach int) []float32 {
	out := make([]float32, len(s))
	var deque []int // Indexes of increasing values; the front is the minimum.
	next := 0
	for i := range s {
		for ; next < len(s) && next <= i+reach; next++ {
			for len(deque) > 0 && s[deque[len(deque)-1]] >= s[next] {
				deque = deque[:len(deque)-1]
			}
			deque = append(deque, next)
		}
		for deque[0] < i-reach {
			deque = deque[1:]
		}
		out[i] = s[deque[0]]
	}
	return out
}

// movingMean is the mean within reach on either side.
func movingMean(s []float32, reach int) []float32 {
	sums := make([]float64, len(s)+1)
	for i, v := range s {
		sums[i+1] = sums[i] + float64(v)
	}
	out := make([]float32, len(s))
	for i := range s {
		lo, hi := max(0, i-reach), min(len(s), i+reach+1)
		out[i] = float32((sums[hi] - sums[lo]) / float64(hi-lo))
	}
	return out
}
