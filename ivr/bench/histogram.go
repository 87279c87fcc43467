package bench

import (
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// The bins of a histogram.
const (
	binWidth = 10 * time.Microsecond
	binCount = 20000 // Up to 200 ms; the last bin has everything beyond.
)

// histogram counts durations in equal bins, for values too many to keep.
type histogram struct {
	bins  [binCount]uint32
	count int
}

func (h *histogram) add(d time.Duration) {
	h.bins[min(max(0, d/binWidth), binCount-1)]++
	h.count++
}

// at gives the value below which a share of all lies, in milliseconds; 0
// without values.
func (h *histogram) at(share float64) float64 {
	if h.count == 0 {
		return 0
	}
	rank, seen := int(math.Ceil(share*float64(h.count))), 0
	for i, n := range h.bins {
		if seen += int(n); seen >= rank && seen > 0 {
			return ms(time.Duration(i+1) * binWidth)
		}
	}
	return ms(binCount * binWidth)
}

// quantile is histogram.at for values that were kept.
func quantile(values []time.Duration, share float64) float64 {
	return ms(goal.Quantile(slices.Sorted(slices.Values(values)), share))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
