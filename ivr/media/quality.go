package media

import (
	"math"
	"time"
)

// Quality is how well both sides of a call hear each other, so far.
type Quality struct {
	Received uint64        // Packets expected from the far end.
	Lost     float64       // Share of them that did not arrive, 0–1.
	Jitter   time.Duration // Mean deviation of their arrival (RFC 3550 §6.4.1).
	MOS      float64       // What we hear, from 1 (bad) to 4.4 (as good as G.711 gets); 0 while nothing is known.

	Reported  bool // The far end has told how it hears us; else what follows is zero.
	FarLost   float64
	FarJitter time.Duration
	RoundTrip time.Duration // 0 while unknown.
	FarMOS    float64       // What the caller hears.
}

// The figures of the E-model for G.711 (ITU-T G.107 and G.113 appendix I): the
// rating of a call without any fault, the factor of random loss with loss
// concealment, as telephones have it, and without, as we listen.
const (
	bestRating    = 93.2
	lossConcealed = 25.1
	lossBare      = 4.3
	bufferFrames  = 40 * time.Millisecond // A telephone's jitter buffer at least.
)

// mos estimates the mean opinion score of a direction (ITU-T G.107 annex B) by
// its loss, jitter and delay.
func mos(lost float64, jitter, oneWay time.Duration, robustness float64) float64 {
	delay := float64(oneWay+max(bufferFrames, 2*jitter)) / float64(time.Millisecond)
	impairment := 0.024 * delay
	if delay > 177.3 {
		impairment += 0.11 * (delay - 177.3)
	}
	percent := 100 * min(max(lost, 0), 1)
	r := bestRating - impairment - 95*percent/(percent+robustness)
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return math.Max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
