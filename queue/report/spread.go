package report

import (
	"math"
	"slices"
	"time"
)

// Seconds is a duration to the millisecond.
type Seconds float64

// seconds rounds to the millisecond.
func seconds(d time.Duration) Seconds {
	return Seconds(float64(d.Round(time.Millisecond).Milliseconds()) / 1000)
}

// Duration gives the same as a time.Duration.
func (s Seconds) Duration() time.Duration {
	return time.Duration(math.Round(float64(s)*1000)) * time.Millisecond
}

// Spread sums up durations. A quantile is the smallest of them that so large
// a share does not exceed, so that each is one that somebody really had.
type Spread struct {
	N      int     `json:"n"`
	Mean   Seconds `json:"mean"`
	Median Seconds `json:"median"`
	P90    Seconds `json:"p90"`
	Max    Seconds `json:"max"`
}

// spread makes a Spread of durations, which it sorts.
func spread(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	var sum time.Duration
	for _, d := range all {
		sum += d
	}
	return Spread{
		N: len(all), Mean: seconds(sum / time.Duration(len(all))),
		Median: quantile(all, 50), P90: quantile(all, 90), Max: seconds(all[len(all)-1]),
	}
}

// quantile takes percent in whole numbers, so that nothing is rounded.
func quantile(sorted []time.Duration, percent int) Seconds {
	return seconds(sorted[max(0, (percent*len(sorted)+99)/100-1)])
}

// Share is a part of a whole, 0 to 1, to the ten-thousandth; 0 of nothing.
type Share float64

func share(part, whole int) Share {
	if whole == 0 {
		return 0
	}
	return Share(math.Round(float64(part)/float64(whole)*10_000) / 10_000)
}
