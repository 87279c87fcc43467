package ivr

import (
	"cmp"
	"math"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// clearly is how much more often a service must be asked for to come before
// another in the menu that nobody has arranged: a key that callers know does not
// move for a few numbers more or less.
const clearly = 1.25

// Enough is how many numbers a demand must count to say anything.
const Enough = 100

// EnoughDemand reports whether a demand, the numbers taken by service, says
// anything about what callers want.
func EnoughDemand(demand map[string]int) bool {
	total := 0
	for _, n := range demand {
		total += n
	}
	return total >= Enough
}

// ByDemand puts the services that are asked for most in front, those that are
// asked for about as often in the order of the setup; all stay as they are while
// there is not EnoughDemand. The list is a new one.
func ByDemand(services []queue.ServiceView, demand map[string]int) []queue.ServiceView {
	if !EnoughDemand(demand) {
		return services
	}
	rank := func(v queue.ServiceView) int {
		return int(math.Floor(math.Log(float64(max(demand[v.ID], 0)+1)) / math.Log(clearly)))
	}
	sorted := slices.Clone(services)
	slices.SortStableFunc(sorted, func(a, b queue.ServiceView) int { return cmp.Compare(rank(b), rank(a)) })
	return sorted
}
