package report

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// spread sums durations up as reports do: a list, as it is kept, twice.
func spread(all []time.Duration) Spread {
	p, _ := piled(queue.DefaultTarget, all)
	return p.spread()
}

// piled piles days up.
func piled(target time.Duration, days ...[]time.Duration) (*pile, error) {
	p := &pile{}
	for again := range 2 {
		for _, day := range days {
			list := millisList{}
			for _, d := range day {
				list.add(d)
			}
			w := &coder{writing: true}
			list.write(w)
			r := &coder{in: string(w.bytes)}
			k := r.spans()
			if r.err != nil || r.in != "" {
				return p, fmt.Errorf("%w, %d bytes left", r.err, len(r.in))
			}
			if again == 0 {
				p.add(k)
			} else {
				p.take(k)
			}
		}
		if again == 0 {
			p.seek(millisOf(target))
		}
	}
	return p, nil
}

// TestPilesAreExact: durations of whatever length, of as many days as there
// are, sum up as if they were one sorted list.
func TestPilesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := time.Duration(rapid.SampledFrom([]int64{0, 1, 15, 16, 17, 900_000, 1_800_000, 86_400_000}).Draw(t, "target")) * time.Millisecond
		days := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			if rapid.IntRange(0, 9).Draw(t, "near") == 0 {
				return target
			}
			v := rapid.Uint32().Draw(t, "v") >> rapid.IntRange(0, 31).Draw(t, "shift")
			return time.Duration(v) * time.Millisecond
		}), 0, 60), 1, 4).Draw(t, "days")
		p, err := piled(target, days...)
		if err != nil {
			t.Fatal(err)
		}
		all, within := slices.Concat(days...), 0
		for _, d := range all {
			if d <= target {
				within++
			}
		}
		if got, want := p.spread(), newOracle().spread(all); got != want || p.atMost(millisOf(target)) != within {
			t.Fatalf("%+v, %d within; want %+v, %d", got, p.atMost(millisOf(target)), want, within)
		}
	})
}

// TestBins: they have no hole, and every value is in the one that says so.
func TestBins(t *testing.T) {
	for bin := range binsMost {
		least := binFrom(bin)
		if binOf(least) != bin || (bin > 0 && binOf(least-1) != bin-1) {
			t.Fatalf("bin %d begins with %d, which is in bin %d", bin, least, binOf(least))
		}
		if most := uint64(least) + 1<<(8*binBytes(bin)); bin+1 < binsMost && uint64(binFrom(bin+1)) > most {
			t.Fatalf("a value of bin %d does not fit in %d bytes", bin, binBytes(bin))
		}
	}
	if binOf(math.MaxUint32) != binsMost-1 {
		t.Errorf("the greatest value is in bin %d of %d", binOf(math.MaxUint32), binsMost)
	}
}

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
