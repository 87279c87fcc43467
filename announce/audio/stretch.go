package audio

import (
	"math"
	"time"
)

// The range of Stretch: outside it speech sounds made.
const (
	MinSpeed = 0.8
	MaxSpeed = 1.2
)

// The figures of overlap-add: a window holds two periods of the lowest voice,
// and the search reaches one period either way.
const (
	stretchHop    = 15 * time.Millisecond
	stretchSearch = 8 * time.Millisecond
	stretchCoarse = 4 // Samples per step of the first search.
)

// Stretch makes speech faster (above 1) or slower without changing its pitch,
// since the tone of a Vietnamese syllable is its meaning: windows of 30 ms are
// laid closer or wider, each taken where it continues the last one best (WSOLA,
// Verhelst & Roelands 1993). Speed is held within MinSpeed and MaxSpeed; 1 and
// 0 change nothing.
func Stretch(p PCM, speed float64) PCM {
	hop := samplesIn(p.Rate, stretchHop)
	if speed == 0 || speed == 1 || hop == 0 || len(p.Samples) < 4*hop {
		return p
	}
	speed = max(MinSpeed, min(MaxSpeed, speed))
	n := int(float64(len(p.Samples)) / speed)
	out := make([]float32, n+2*hop)
	window := hann(2 * hop)
	last := 0 // Where the last window was taken from.
	for at := 0; at < n; at += hop {
		from := int(float64(at) * speed)
		if at > 0 {
			from = alike(p, last+hop, from, hop)
		}
		for i := range 2 * hop {
			if from+i < len(p.Samples) {
				w := window[i]
				if at == 0 && i < hop {
					w = 1 // Nothing comes before the first window.
				}
				out[at+i] += w * p.Samples[from+i]
			}
		}
		last = from
	}
	return PCM{Rate: p.Rate, Samples: out[:n]}
}

// alike finds the place near from whose next hop samples are most like those
// at natural, the ones that would have followed.
func alike(p PCM, natural, from, hop int) int {
	search := samplesIn(p.Rate, stretchSearch)
	limit := len(p.Samples) - hop
	if natural > limit || from-search < 0 || from+search > limit {
		return max(0, min(from, limit))
	}
	best := strongest(p.Samples, natural, from-search, from+search, hop, stretchCoarse)
	return strongest(p.Samples, natural, max(0, best-stretchCoarse), min(limit, best+stretchCoarse), hop, 1)
}

// strongest is the place in lo … hi, in steps, that correlates best with natural.
func strongest(s []float32, natural, lo, hi, n, step int) int {
	best, most := lo, math.Inf(-1)
	for from := lo; from <= hi; from += step {
		cross, energy := float32(0), float32(1e-9)
		for i := 0; i < n; i += step {
			v := s[from+i]
			cross += v * s[natural+i]
			energy += v * v
		}
		if like := float64(cross) / math.Sqrt(float64(energy)); like > most {
			best, most = from, like
		}
	}
	return best
}

// hann is a raised-cosine window whose copies, half a length apart, add up to 1.
func hann(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(n)))
	}
	return w
}
