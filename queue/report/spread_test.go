package report

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSpread(t *testing.T) {
	s := time.Second
	for _, c := range []struct {
		all  []time.Duration
		want Spread
	}{
		{nil, Spread{}},
		{[]time.Duration{5 * s}, Spread{1, 5, 5, 5, 5}},
		{[]time.Duration{3 * s, 1 * s}, Spread{2, 2, 1, 3, 3}},
		{[]time.Duration{1500 * time.Millisecond, 0, 0}, Spread{3, 0.5, 0, 1.5, 1.5}},
		{[]time.Duration{10 * s, 9 * s, 8 * s, 7 * s, 6 * s, 5 * s, 4 * s, 3 * s, 2 * s, 1 * s}, Spread{10, 5.5, 5, 9, 10}},
	} {
		if got := spread(c.all); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.all, got, c.want)
		}
	}
}

// TestSpreadQuantiles: by the definition, counting.
func TestSpreadQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(0, 20).Draw(t, "s")) * time.Second
		}), 1, 60).Draw(t, "all")
		got := spread(all)
		for percent, q := range map[int]Seconds{50: got.Median, 90: got.P90, 100: got.Max} {
			atMost, below := 0, 0
			for _, d := range all {
				if seconds(d) <= q {
					atMost++
				}
				if seconds(d) < q {
					below++
				}
			}
			if 100*atMost < percent*len(all) || 100*below >= percent*len(all) {
				t.Fatalf("%d%% of %v is %v", percent, all, q)
			}
		}
		if got.Mean < 0 || got.Mean > got.Max {
			t.Fatalf("%+v", got)
		}
	})
}

func TestSecondsAreExact(t *testing.T) {
	for _, ms := range []int64{0, 1, 999, 1001, 86_399_999} {
		d := time.Duration(ms) * time.Millisecond
		if got := seconds(d).Duration(); got != d {
			t.Errorf("%v came back as %v", d, got)
		}
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		part, whole int
		want        Share
	}{{0, 0, 0}, {1, 3, 0.3333}, {2, 3, 0.6667}, {4, 4, 1}} {
		if got := share(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %v", c.part, c.whole, got)
		}
	}
}

// TestWordsAreBounded: somebody may give another reason every time.
func TestWordsAreBounded(t *testing.T) {
	var w words[int]
	for i := range 3 * wordsMost {
		w.add(fmt.Sprint("reason ", i), 1)
	}
	w.add("reason 0", 1)
	if len(w) != wordsMost+1 || w[otherWord] != 2*wordsMost || w["reason 0"] != 2 {
		t.Errorf("%d words, others %d", len(w), w[otherWord])
	}
}
