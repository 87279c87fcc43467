package estimate

import (
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

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

// Leave reports whether somebody who is travel minutes away should set out:
// the early end of the wait is not longer than the way and ten minutes.
func (e Estimate) Leave(travel float64) bool { return e.Low < travel+comeEarly.Minutes() }

// DefaultTravel is how far away somebody is taken to be who has not said, in
// minutes.
const DefaultTravel = 20

// Closing is when the last session of the day of now ends; ok is false if the
// office does not close on it, or is not open.
func Closing(s queue.Setup, now time.Time) (at time.Time, ok bool) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	local := now.In(zone)
	last := ""
	for _, h := range sessions(s, local) {
		last = max(last, h.To)
	}
	if last == "" {
		return at, false
	}
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	if last == "24:00" {
		return midnight.AddDate(0, 0, 1), true
	}
	clock, err := time.Parse("15:04", last)
	if err != nil {
		return at, false
	}
	return time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 0, 0, zone), true
}

// sessions lists when an office is open on a date; a date of its own goes
// before the weekday.
func sessions(s queue.Setup, local time.Time) (list []queue.Span) {
	date := local.Format(time.DateOnly)
	if i := slices.IndexFunc(s.Days, func(d queue.Day) bool { return d.Date == date }); i >= 0 {
		return s.Days[i].Hours
	}
	for _, h := range s.Hours {
		if h.Day == local.Weekday() {
			list = append(list, queue.Span{From: h.From, To: h.To})
		}
	}
	return list
}
