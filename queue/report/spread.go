package report

import (
	"cmp"
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

// millis is a duration in milliseconds, up to 49 days: a report on a year has
// millions of them.
type millis uint32

// millisOf is exact for what comes from a log.
func millisOf(d time.Duration) millis {
	return millis(min(max(d, 0).Milliseconds(), math.MaxUint32))
}

func (m millis) duration() time.Duration { return time.Duration(m) * time.Millisecond }

// add appends one, and makes room for twice as many when there is none: append
// alone would copy a long list many times.
func (m *millisList) add(d time.Duration) {
	if len(*m) == cap(*m) {
		*m = slices.Grow(*m, max(len(*m), 8))
	}
	*m = append(*m, millisOf(d))
}

// millisList is durations of one kind.
type millisList []millis

// nth gives what would be at index n if all were sorted, and sorts no more than
// that takes: Hoare's selection, with the middle one of three to divide by.
func nth[T cmp.Ordered](all []T, n int) T {
	for len(all) > 12 {
		first, middle, last := all[0], all[len(all)/2], all[len(all)-1]
		pivot := max(min(first, middle), min(max(first, middle), last))
		i, j := 0, len(all)-1
		for i <= j {
			for all[i] < pivot {
				i++
			}
			for all[j] > pivot {
				j--
			}
			if i <= j {
				all[i], all[j] = all[j], all[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			all = all[:j+1]
		case n >= i:
			all, n = all[i:], n-i
		default:
			return pivot
		}
	}
	slices.Sort(all)
	return all[n]
}

// Share is a part of a whole, 0 to 1, to the ten-thousandth; 0 of nothing.
type Share float64

func share(part, whole int) Share {
	if whole == 0 {
		return 0
	}
	return Share(round(float64(part)/float64(whole), 10_000))
}

// round keeps one part in so many.
func round(v, parts float64) float64 { return math.Round(v*parts) / parts }
