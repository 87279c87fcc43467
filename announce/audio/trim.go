package audio

import (
	"math"
	"time"
)

// The figures of trimming a clip: what is 40 dB below its peak is silence;
// some of it stays before, where stops and aspirates (t, th, k, kh) begin
// softly, and a little behind; the edges are faded so that they cannot click.
const (
	trimBelow  = 40.0
	trimWindow = 5 * time.Millisecond
	trimBefore = 40 * time.Millisecond
	trimAfter  = 15 * time.Millisecond
	edgeFade   = 5 * time.Millisecond
)

// Trim cuts silence from both ends of a clip and fades the edges. Sound
// without any content becomes empty.
func Trim(p PCM) PCM {
	begin, end := Edges(p)
	if begin == end {
		return PCM{Rate: p.Rate}
	}
	from := max(0, begin-samplesIn(p.Rate, trimBefore))
	to := min(len(p.Samples), end+samplesIn(p.Rate, trimAfter))
	return Fade(PCM{Rate: p.Rate, Samples: p.Samples[from:to]}, edgeFade)
}

// Fade gives a copy of p that rises and falls over d with a raised cosine.
func Fade(p PCM, d time.Duration) PCM {
	out := p.Clone()
	n := min(samplesIn(p.Rate, d), len(out.Samples)/2)
	for i := range n {
		k := float32(0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(n)))
		out.Samples[i] *= k
		out.Samples[len(out.Samples)-1-i] *= k
	}
	return out
}

// Append joins next to p, overlapping them by an equal-power crossfade. Both
// must have the same rate; p's samples may be changed.
func Append(p, next PCM, overlap time.Duration) PCM {
	n := min(samplesIn(p.Rate, overlap), len(p.Samples), len(next.Samples))
	start := len(p.Samples) - n
	for i := range n {
		angle := math.Pi / 2 * (float64(i) + 0.5) / float64(n)
		p.Samples[start+i] = p.Samples[start+i]*float32(math.Cos(angle)) + next.Samples[i]*float32(math.Sin(angle))
	}
	p.Samples = append(p.Samples, next.Samples[n:]...)
	return p
}
