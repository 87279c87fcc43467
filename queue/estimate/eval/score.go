package eval

import (
	"fmt"
	"math"
	"slices"

	"github.com/xinmoi/xinmoi/queue/estimate"
)

// Score sums up one method over some answers.
type Score struct {
	Moments  int
	MAE, LES float64 // Mean absolute errors in minutes, of the method and of LES.
	Cover    float64 // Share within the interval; meaningless for a rule without one.
	Late     float64 // Share above it.
	Width    float64 // Mean, in minutes.
	Winkler  float64 // Width and ten times the miss, in minutes.
	Wait     float64 // Mean true wait in minutes.
}

// Ratio is the error as a part of that of LES.
func (s Score) Ratio() float64 { return s.MAE / s.LES }

// Ours scores the learned estimate.
func Ours(answers []Answer) Score {
	s := scored(answers, func(a Answer) float64 { return a.Ours.Minutes })
	for _, a := range answers {
		n := float64(len(answers))
		low, high, w := a.Ours.Low, a.Ours.High, a.Wait
		miss := max(low-w, w-high, 0)
		s.Width += (high - low) / n
		s.Winkler += (high - low + 10*miss) / n
		if miss == 0 {
			s.Cover += 1 / n
		}
		if w > high {
			s.Late += 1 / n
		}
	}
	return s
}

// Of scores a rule.
func Of(rule estimate.Rule, answers []Answer) Score {
	return scored(answers, func(a Answer) float64 { return a.Said[rule] })
}

func scored(answers []Answer, said func(Answer) float64) (s Score) {
	s.Moments = len(answers)
	n := float64(s.Moments)
	for _, a := range answers {
		s.MAE += math.Abs(said(a)-a.Wait) / n
		s.LES += math.Abs(a.LES-a.Wait) / n
		s.Wait += a.Wait / n
	}
	return s
}

// Part is the score of some of the answers.
type Part struct {
	Name string
	Score
}

// ByWaiting scores by how many were waiting.
func ByWaiting(answers []Answer) (parts []Part) {
	for _, b := range [][2]int{{1, 2}, {3, 5}, {6, 11}, {12, 24}, {25, math.MaxInt}} {
		name := fmt.Sprintf("%d–%d", b[0], b[1])
		if b[1] == math.MaxInt {
			name = fmt.Sprintf("%d and more", b[0])
		}
		parts = append(parts, part(name, answers, func(a Answer) bool { return b[0] <= a.Waiting && a.Waiting <= b[1] }))
	}
	return slices.DeleteFunc(parts, func(p Part) bool { return p.Moments == 0 })
}

// ByOffice scores each office.
func ByOffice(answers []Answer) (parts []Part) {
	var offices []string
	for _, a := range answers {
		if !slices.Contains(offices, a.Office) {
			offices = append(offices, a.Office)
		}
	}
	slices.Sort(offices)
	for _, id := range offices {
		parts = append(parts, part(id, answers, func(a Answer) bool { return a.Office == id }))
	}
	return parts
}

func part(name string, answers []Answer, in func(Answer) bool) Part {
	var some []Answer
	for _, a := range answers {
		if in(a) {
			some = append(some, a)
		}
	}
	return Part{name, Ours(some)}
}
