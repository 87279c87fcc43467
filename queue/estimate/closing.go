package estimate

import "math"

// LongerThan is how likely a wait is to last longer than some minutes: one half
// at Minutes, a tenth at High, nine tenths at Low.
func (e Estimate) LongerThan(minutes float64) float64 {
	if e.scale == 0 {
		return math.NaN()
	}
	const tenth = 1.2816 // Of a normal distribution lies beyond so many standard deviations.
	z := (math.Log(max(minutes, 0)+2) - e.centre) / e.scale
	spread := e.high
	if z < 0 {
		spread = -e.low
	}
	return math.Erfc(z/max(spread/tenth, 1e-6)/math.Sqrt2) / 2
}

// MayBeTooLate reports whether somebody may well not be called before the
// office closes in some minutes: more often than once in ten.
func (e Estimate) MayBeTooLate(toClosing float64) bool { return e.High > toClosing }

// TooLate reports whether nobody should be given such a number any more: the
// late end of the call is later than one mean service before closing.
func (e Estimate) TooLate(toClosing, service float64) bool { return e.High > toClosing-service }
