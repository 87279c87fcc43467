package audio

import (
	"math"
	"time"
)

// Tone is the amplitude of the frequency hz in the whole of p (Goertzel's
// algorithm): 1 for a sine of full scale. Tests use it to find what is heard.
func Tone(p PCM, hz float64) float64 {
	if len(p.Samples) == 0 || p.Rate <= 0 {
		return 0
	}
	coefficient := 2 * math.Cos(2*math.Pi*hz/float64(p.Rate))
	var s1, s2 float64
	for _, v := range p.Samples {
		s1, s2 = float64(v)+coefficient*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - coefficient*s1*s2
	return 2 * math.Sqrt(math.Max(0, power)) / float64(len(p.Samples))
}

// LoudestTone looks for hz in steps of half a window and gives the largest
// amplitude and when that window begins. It finds a chime in a long recording.
func LoudestTone(p PCM, hz float64, window time.Duration) (amplitude float64, at time.Duration) {
	n := samplesIn(p.Rate, window)
	if n < 2 {
		return 0, 0
	}
	for from := 0; from+n <= len(p.Samples); from += n / 2 {
		part := PCM{Rate: p.Rate, Samples: p.Samples[from : from+n]}
		if a := Tone(part, hz); a > amplitude {
			amplitude, at = a, PCM{Rate: p.Rate, Samples: p.Samples[:from]}.Duration()
		}
	}
	return amplitude, at
}

// ActiveTime is how long p is louder than floor (RMS in dB of full scale),
// counted in blocks of 10 ms.
func ActiveTime(p PCM, floor float64) time.Duration {
	block := samplesIn(p.Rate, 10*time.Millisecond)
	var total time.Duration
	for _, b := range blockPowers(p.Samples, block) {
		if 10*math.Log10(b) > floor {
			total += 10 * time.Millisecond
		}
	}
	return total
}
