package estimate

import "math"

// Rule is a way to tell a wait that others use, to compare with.
type Rule string

// The rules.
const (
	Usual        Rule = "usual"         // Place × ten minutes ÷ open counters: what most systems print.
	LES          Rule = "les"           // The wait of the last one called.
	HOL          Rule = "hol"           // The wait so far of the first in line.
	GammaPoisson Rule = "gamma_poisson" // Place ÷ the pace of the last 45 minutes and of earlier days.
	Beginners    Rule = "beginners"     // Geometric mean of the two above: what a new office starts with.
	LinearAlone  Rule = "ridge"         // The learned estimate without its trees.
	usualMinutes      = 10
)

// Rules lists them.
func Rules() []Rule { return []Rule{Usual, LES, HOL, GammaPoisson, Beginners, LinearAlone} }

// Rule gives what a rule says, in minutes, for what is known at a moment.
func (m *Model) Rule(r Rule, x *Features) float64 {
	switch r {
	case Usual:
		return (math.Exp(x[fPlace]) - 2) * usualMinutes / (math.Exp(x[fCounters]) - 2)
	case LES:
		return x.minutes(fLES)
	case HOL:
		return x.minutes(fHOL)
	case GammaPoisson:
		return x.minutes(fGP)
	case Beginners:
		return math.Exp((&Model{}).centre(x)) - 2
	default:
		return math.Exp(linear(m.Beta, x)) - 2
	}
}
