package estimate

import (
	"fmt"
	"math"
	"time"
)

// Range is a wait in whole minutes, in figures that people use.
type Range struct{ Low, High int }

// Range rounds an estimate outwards to figures that people use: fives up to an
// hour, tens up to two, quarters of an hour beyond. It is never empty.
func (e Estimate) Range() Range {
	r := Range{Low: round(max(e.Low, 0), math.Floor), High: round(max(e.High, 0), math.Ceil)}
	if r.High <= r.Low {
		r.High = r.Low + step(float64(r.Low))
	}
	return r
}

func round(minutes float64, to func(float64) float64) int {
	minutes = min(minutes, longestWait)
	s := step(minutes)
	return int(to(minutes/float64(s))) * s
}

func step(minutes float64) int {
	switch {
	case minutes < 60:
		return 5
	case minutes < 120:
		return 10
	default:
		return 15
	}
}

// Then is what is shown after r, when the wait is now e: the same, unless an
// end has moved by more than five minutes, or a tenth.
func (r Range) Then(e Estimate) Range {
	moved := func(shown, now int) bool {
		return math.Abs(float64(shown-now)) > max(moveMinutes, float64(shown)/10)
	}
	// An end that was rounded outwards may lie a step away from the first.
	next := e.Range()
	if !moved(r.Low, next.Low) && !moved(r.High, next.High) {
		return r
	}
	return next
}

const moveMinutes = 5

// Shown is what a ticket's holder is told.
type Shown struct {
	Range
	ComeBy   time.Time // Ten minutes before the earliest likely call, on a full five minutes.
	MayMiss  bool      // It may well not be called before the office closes.
	Counters int
	Each     float64 // Minutes that one person keeps one counter.
}

// Show is what is told at first. Missing is how likely the ticket is not to be
// called before the office closes.
func (e Estimate) Show(now time.Time, missing float64) Shown {
	r := e.Range()
	return Shown{Range: r, ComeBy: r.comeBy(now), MayMiss: missing > warnFrom, Counters: e.Counters, Each: e.Each()}
}

// Then is what is told after s, when the wait is now e. Each figure stays as it
// is until it has moved: nobody should watch figures tremble, nor be told to
// come later and then earlier again because the clock goes on.
func (s Shown) Then(e Estimate, now time.Time, missing float64) Shown {
	next := Shown{Range: s.Range.Then(e), Counters: e.Counters, Each: s.Each}
	if next.ComeBy = next.comeBy(now); next.ComeBy.Sub(s.ComeBy).Abs() <= moveMinutes*time.Minute {
		next.ComeBy = s.ComeBy
	}
	if each := e.Each(); s.Counters != e.Counters || math.Abs(each-s.Each) > max(0.75, s.Each/8) {
		next.Each = each
	}
	next.MayMiss = missing > warnFrom || s.MayMiss && missing > warnUntil
	return next
}

// From one in ten on, people are warned that they may not be called in time;
// the warning goes when it is one in twenty.
const warnFrom, warnUntil = 0.1, 0.05

func (r Range) comeBy(now time.Time) time.Time {
	return now.Add(time.Duration(r.Low)*time.Minute - comeEarly).Truncate(moveMinutes * time.Minute)
}

const comeEarly = 10 * time.Minute

// Each is the minutes that one person keeps one counter, such that those ahead
// at the open counters make up the wait.
func (e Estimate) Each() float64 {
	return e.Minutes * float64(max(e.Counters, 1)) / float64(e.Ahead+1)
}

// Phrase tells in one sentence how true estimates were, in Vietnamese or, for a
// language tag that begins with "en", in English; nothing of a handful of waits.
func (t Trueness) Phrase(language string) string {
	const least = 5
	form := "%.0f%% lượt chờ nằm trong khoảng đã báo, lệch trung bình %.0f phút"
	if len(language) >= 2 && language[:2] == "en" {
		form = "%.0f%% of waits were within the time told, off by %.0f minutes on average"
	}
	if t.Waits < least {
		return ""
	}
	return fmt.Sprintf(form, 100*t.Coverage(), t.Error)
}
