package audio

import (
	"math"
	"time"
)

// The two notes of the call chime, in hertz: a falling third, unlike any fire
// or evacuation signal.
const (
	ChimeHigh = 659.255 // E5, first.
	ChimeLow  = 523.251 // C5, second.
)

// The shape of the chime.
const (
	chimeLength = 1100 * time.Millisecond
	chimeSecond = 400 * time.Millisecond // When the second note begins.
	chimeAttack = 5 * time.Millisecond
	chimeDecay  = 350 * time.Millisecond // Time constant of each note.
	chimeOctave = 0.25                   // Second partial, of the first.
)

// Chime is the sound before a call, at ChimeLUFS and RatePA.
func Chime() PCM {
	p := Silence(RatePA, chimeLength)
	strike(p, 0, ChimeHigh)
	strike(p, chimeSecond, ChimeLow)
	p = Fade(p, edgeFade)
	if levelled, err := ToLUFS(p, ChimeLUFS, 60); err == nil {
		return levelled
	}
	return p
}

func strike(p PCM, at time.Duration, hz float64) {
	start := samplesIn(p.Rate, at)
	attack, decay := chimeAttack.Seconds(), chimeDecay.Seconds()
	for i := start; i < len(p.Samples); i++ {
		t := float64(i-start) / float64(p.Rate)
		envelope := math.Min(1, t/attack) * math.Exp(-t/decay)
		tone := math.Sin(2*math.Pi*hz*t) + chimeOctave*math.Sin(4*math.Pi*hz*t)
		p.Samples[i] += float32(envelope * tone)
	}
}

// Beep is a short soft tone that tells a telephone caller that something is
// coming, where speech cannot be had.
func Beep(rate int, hz float64, d time.Duration) PCM {
	p := Silence(rate, d)
	for i := range p.Samples {
		p.Samples[i] = float32(0.15 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return Fade(p, edgeFade)
}
