package estimate

import "math"

// Estimate is how long a wait will be. Eight of ten waits come true between
// Low and High.
type Estimate struct {
	Low, Minutes, High float64 // Minutes is as often too little as too much.
	Ahead, Counters    int     // What it rests on.

	centre, scale float64 // log(minutes + 2), and how far off that is.
	low, high     float64 // The ends, in units of scale.
}

// at gives the minutes so many scales from the middle.
func (e Estimate) at(scales float64) float64 {
	const nothing = 1e-9 // What is left of a wait of no time at all.
	minutes := math.Exp(min(e.centre+scales*e.scale, math.Log(longestWait+2))) - 2
	if minutes < nothing {
		return 0
	}
	return minutes
}

// hold keeps an estimate near the wait that the policy run forward says: the
// least with the counters that are usually open, the most with those that are.
// What was learned says little of a moment unlike any before, a crowd at the
// door say; the run forward is never wrong by so much.
func (e *Estimate) hold(least, most float64) {
	const factor = 2.5 // For the middle; the ends may be as far from that again …
	const spare = 5.0  // … and some minutes: a counter is free, and its staff take their time.
	keep := func(x, factor float64) float64 {
		return max(lg(least/factor), min(lg(most*factor+spare), x))
	}
	e.centre = keep(e.centre, factor)
	e.low = (keep(e.centre+e.low*e.scale, factor*factor) - e.centre) / e.scale
	e.high = (keep(e.centre+e.high*e.scale, factor*factor) - e.centre) / e.scale
	e.Minutes, e.Low, e.High = e.at(0), e.at(e.low), e.at(e.high)
}

// Shift moves the ends of the intervals, so that as many waits come true
// within as should (adaptive conformal inference, Gibbs and Candès 2021):
// outwards where one came true beyond, inwards, more slowly, where not.
type Shift struct {
	Low  float64 `json:"low"` // Outwards, in units of the scale.
	High float64 `json:"high"`
}

// How fast the ends move, and how far.
const (
	shiftStep = 0.02
	mostShift = 1.5
	beyond    = 0.1 // Share of waits that should come true beyond an end.
)

func (s *Shift) learn(told Estimate, wait float64) {
	if told.scale == 0 {
		return
	}
	move := func(end *float64, missed bool) {
		if missed {
			*end += shiftStep * (1 - beyond)
		} else {
			*end -= shiftStep * beyond
		}
		*end = max(-mostShift, min(mostShift, *end))
	}
	move(&s.Low, wait < told.Low)
	move(&s.High, wait > told.High)
}
