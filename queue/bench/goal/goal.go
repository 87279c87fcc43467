// Package goal is for telling in one way what a measurement found, what xinmoi
// promises of it, and whether the promise is kept.
package goal

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Ratio is a figure that can be compared between machines, with what xinmoi
// promises of it.
type Ratio struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Goal    float64 `json:"goal"`
	AtLeast bool    `json:"at_least,omitempty"` // The goal is to be reached, instead of not exceeded.
	Judged  bool    `json:"judged"`             // False: only for information.
}

// AtMost is a figure that is not to exceed its goal.
func AtMost(name string, value, goal float64) Ratio {
	return Ratio{Name: name, Value: value, Goal: goal, Judged: true}
}

// AtLeast is a figure that is to reach its goal.
func AtLeast(name string, value, goal float64) Ratio {
	return Ratio{Name: name, Value: value, Goal: goal, AtLeast: true, Judged: true}
}

// Told is a figure of which nothing is promised.
func Told(name string, value float64) Ratio { return Ratio{Name: name, Value: value} }

// If leaves a promise out where it does not hold: on another disk, say, or of
// fewer calls.
func (r Ratio) If(judged bool) Ratio {
	r.Judged = r.Judged && judged
	return r
}

// Met reports whether the goal is kept; true where there is none.
func (r Ratio) Met() bool {
	switch {
	case !r.Judged:
		return true
	case r.AtLeast:
		return r.Value >= r.Goal
	default:
		return r.Value <= r.Goal
	}
}

// Write tells the figures to people, a line each, with so many digits behind
// the point.
func Write(b *strings.Builder, all []Ratio, digits int) {
	wide := 0
	for _, r := range all {
		wide = max(wide, utf8.RuneCountInString(r.Name))
	}
	for _, r := range all {
		fmt.Fprintf(b, "  %-*s %10.*f", wide, r.Name, digits, r.Value)
		if r.Judged {
			sign, outcome := "≤", "met"
			if r.AtLeast {
				sign = "≥"
			}
			if !r.Met() {
				outcome = "MISSED"
			}
			fmt.Fprintf(b, "   goal %s %g: %s", sign, r.Goal, outcome)
		}
		b.WriteByte('\n')
	}
}

// WriteJSON writes a report for programs.
func WriteJSON(w io.Writer, report any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

// Over divides; by nothing it gives 0.
func Over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Quantile is the smallest of sorted values that at least a share of them is
// not above (nearest rank); 0 of nothing.
func Quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Millis is a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
