package callout

import (
	"math"
	"time"
)

const (
	sampleRate = 8000 // The telephone's: G.711.
	frameTime  = 20 * time.Millisecond
	frameSize  = sampleRate / 50

	// loud is the level from which a frame counts as speech: −40 dBFS, well
	// below speech on the telephone and above comfort noise.
	loud = 320

	// ringTail is how long after the answer the far end may still be heard to
	// ring: networks play that themselves (early media), and it is on its way
	// when they send the answer.
	ringTail = 200 * time.Millisecond

	minHello = 160 * time.Millisecond // Shorter is a click.
	endHello = 400 * time.Millisecond // Quiet that ends a greeting; "A lô, tôi nghe" pauses less.
)

// greeting finds the end of what the far end says first. It knows no clock:
// time is counted in samples. The zero value is ready.
type greeting struct {
	rest  []int16       // Samples short of a frame.
	since time.Duration // The answer, at most ringTail.
	spoke time.Duration // Speech so far.
	quiet time.Duration // Quiet since the latest speech.
	over  bool
}

// hear takes in 8 kHz samples and reports, once, that a greeting is over.
func (g *greeting) hear(samples []int16) (over bool) {
	if g.over {
		return false
	}
	g.rest = append(g.rest, samples...)
	n := 0
	for ; len(g.rest)-n >= frameSize; n += frameSize {
		g.frame(level(g.rest[n : n+frameSize]))
	}
	g.rest = g.rest[:copy(g.rest, g.rest[n:])]
	g.over = g.spoke >= minHello && g.quiet >= endHello
	return g.over
}

func (g *greeting) frame(rms float64) {
	if g.since < ringTail {
		g.since += frameTime
		return
	}
	if rms < loud {
		g.quiet += frameTime
		return
	}
	g.quiet = 0
	g.spoke += frameTime
}

// level is the root mean square of samples.
func level(samples []int16) float64 {
	sum := 0.0
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(samples)))
}
