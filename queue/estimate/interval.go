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
	return max(math.Exp(min(e.centre+scales*e.scale, math.Log(longestWait+2)))-2, 0)
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
