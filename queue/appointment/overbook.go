package appointment

import "math"

// How far bookings may exceed places, and what is believed of no-shows before
// any were seen.
const (
	crowdRisk  = 0.10 // Of more people coming than there are places.
	overMost   = 2    // Bookings beyond the places, whatever was measured.
	priorMiss  = 1    // Beta(1, 9): one in ten is expected to stay away.
	priorComes = 9
)

// NoShowShare is the expected share of those who stay away, of what was seen.
func NoShowShare(missed, came int) float64 {
	return float64(max(missed, 0)+priorMiss) / float64(max(missed, 0)+max(came, 0)+priorMiss+priorComes)
}

// Overbooked is how many bookings a half-hour with so many places takes: the
// largest n for which more than places people come with a probability of at
// most 0.10, each staying away with probability share, and at most two more
// than there are places.
func Overbooked(places int, share float64) int {
	if places <= 0 {
		return 0
	}
	n := places
	for n < places+overMost && moreThan(places, n+1, 1-share) <= crowdRisk {
		n++
	}
	return n
}

// moreThan is P(Bin(n, p) > c).
func moreThan(c, n int, p float64) (sum float64) {
	for k := c + 1; k <= n; k++ {
		sum += math.Exp(logChoose(n, k)) * math.Pow(p, float64(k)) * math.Pow(1-p, float64(n-k))
	}
	return sum
}

func logChoose(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	in, _ := math.Lgamma(float64(k + 1))
	out, _ := math.Lgamma(float64(n - k + 1))
	return all - in - out
}
