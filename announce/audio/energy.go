package audio

import "math"

// EnergyAt gives the part of the energy of samples that lies at a frequency, and
// their mean square; a pure tone gives 1. Samples are 16 bit, rate is in hertz.
func EnergyAt(samples []int16, rate int, hz float64) (share, power float64) {
	var re, im, all float64
	for i, s := range samples {
		phase := 2 * math.Pi * hz * float64(i) / float64(rate)
		re += float64(s) * math.Cos(phase)
		im += float64(s) * math.Sin(phase)
		all += float64(s) * float64(s)
	}
	if all == 0 {
		return 0, 0
	}
	n := float64(len(samples))
	return 2 * (re*re + im*im) / n / all, all / n
}
