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
	moved := func(shown int, now float64) bool {
		return math.Abs(float64(shown)-max(now, 0)) > max(moveMinutes, float64(shown)/10)
	}
	// An end that was rounded outwards may lie a step away from the first.
	next := e.Range()
	if !moved(r.Low, float64(next.Low)) && !moved(r.High, float64(next.High)) {
		return r
	}
	return next
}

const moveMinutes = 5

// Phrase says a wait in Vietnamese ("khoảng 25 đến 45 phút") or, for a
// language that begins with "en", in English.
func (r Range) Phrase(language string) string {
	low, high := max(r.Low, 0), max(r.High, r.Low, 1)
	if english(language) {
		switch {
		case low == 0:
			return "less than " + lengthEN(high)
		case high < 60:
			return fmt.Sprintf("about %d to %d minutes", low, high)
		default:
			return "about " + lengthEN(low) + " to " + lengthEN(high)
		}
	}
	switch {
	case low == 0:
		return "dưới " + lengthVI(high)
	case high < 60:
		return fmt.Sprintf("khoảng %d đến %d phút", low, high)
	default:
		return "khoảng " + lengthVI(low) + " đến " + lengthVI(high)
	}
}

func english(language string) bool { return len(language) >= 2 && language[:2] == "en" }

func lengthVI(minutes int) string {
	hours, rest := minutes/60, minutes%60
	switch {
	case hours == 0:
		return fmt.Sprintf("%d phút", rest)
	case rest == 0:
		return fmt.Sprintf("%d giờ", hours)
	default:
		return fmt.Sprintf("%d giờ %d phút", hours, rest)
	}
}

func lengthEN(minutes int) string {
	hours, rest := minutes/60, minutes%60
	h := fmt.Sprintf("%d hours", hours)
	if hours == 1 {
		h = "1 hour"
	}
	switch {
	case hours == 0:
		return fmt.Sprintf("%d minutes", rest)
	case rest == 0:
		return h
	default:
		return fmt.Sprintf("%s %d minutes", h, rest)
	}
}

// ComeBy is by when somebody who waits elsewhere should be in the hall: ten
// minutes before the earliest likely call, on a full five minutes, and never
// before now.
func (r Range) ComeBy(now time.Time) time.Time {
	at := now.Add(time.Duration(r.Low)*time.Minute - comeEarly).Truncate(5 * time.Minute)
	if at.Before(now) {
		return now
	}
	return at
}

const comeEarly = 10 * time.Minute

// ComeByPhrase says it: "nên đến trước 9 giờ 40". The time is said in the zone
// that it carries.
func (r Range) ComeByPhrase(now time.Time, language string) string {
	at := r.ComeBy(now)
	switch {
	case !at.After(now) && english(language):
		return "please come now"
	case !at.After(now):
		return "nên đến ngay"
	case english(language):
		return "please come before " + at.Format("15:04")
	case at.Minute() == 0:
		return fmt.Sprintf("nên đến trước %d giờ", at.Hour())
	default:
		return fmt.Sprintf("nên đến trước %d giờ %02d", at.Hour(), at.Minute())
	}
}

// Explain says what an estimate rests on: "20 người phía trước, 3 quầy, mỗi
// người 4 phút".
func (e Estimate) Explain(language string) string {
	each := e.Each()
	if english(language) {
		return fmt.Sprintf("%d ahead, %d counters, %s minutes each", e.Ahead, e.Counters, each)
	}
	return fmt.Sprintf("%d người phía trước, %d quầy, mỗi người %s phút", e.Ahead, e.Counters, each)
}

// Each is the minutes that one person keeps one counter, such that those ahead
// at the open counters make up the wait; below ten with a half where needed.
func (e Estimate) Each() string {
	minutes := e.Minutes * float64(max(e.Counters, 1)) / float64(e.Ahead+1)
	if minutes < 10 {
		return fmt.Sprintf("%g", math.Max(math.Round(2*minutes)/2, 0.5))
	}
	return fmt.Sprintf("%.0f", minutes)
}
