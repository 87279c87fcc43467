package goal

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMet(t *testing.T) {
	for _, c := range []struct {
		r   Ratio
		met bool
	}{
		{AtMost("a", 3, 2), false}, {AtMost("a", 2, 2), true}, {AtMost("a", 0, 0), true}, {AtMost("a", 1, 0), false},
		{AtLeast("a", 1, 2), false}, {AtLeast("a", 2, 2), true}, {AtLeast("a", 3, 2), true},
		{Told("a", 9), true}, {AtMost("a", 3, 2).If(false), true}, {AtMost("a", 3, 2).If(true), false}, {Told("a", 9).If(true), true},
	} {
		if c.r.Met() != c.met {
			t.Errorf("%+v: met %v", c.r, c.r.Met())
		}
	}
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	Write(&b, []Ratio{AtMost("chờ", 2.26, 2), AtLeast("numbers", 12, 2.5), Told("x", 1)}, 1)
	want := "  chờ            2.3   goal ≤ 2: MISSED\n  numbers       12.0   goal ≥ 2.5: met\n  x              1.0\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, []Ratio{AtLeast("a", 1, 2)}); err != nil {
		t.Fatal(err)
	}
	var back []Ratio
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 1 || back[0] != AtLeast("a", 1, 2) {
		t.Errorf("%v: %s", err, &b)
	}
}

func TestOver(t *testing.T) {
	if Over(3, 2) != 1.5 || Over(3, 0) != 0 {
		t.Error("not divided")
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		of   []time.Duration
		q    float64
		want time.Duration
	}{
		{nil, 0.5, 0}, {[]time.Duration{7}, 0.5, 7}, {[]time.Duration{7}, 0.999, 7}, {[]time.Duration{1, 2}, 0.5, 1},
		{hundred, 0, 1}, {hundred, 0.5, 50}, {hundred, 0.99, 99}, {hundred, 0.999, 100}, {hundred, 1, 100},
	} {
		if got := Quantile(c.of, c.q); got != c.want {
			t.Errorf("quantile of %d values at %g: %d, want %d", len(c.of), c.q, got, c.want)
		}
	}
}

func TestQuantileLeavesItsShareBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 50), func(n int64) time.Duration { return time.Duration(n) }), 1, 200).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		slices.Sort(values)
		got := Quantile(values, q)
		atMost, below := 0, 0
		for _, v := range values {
			if v <= got {
				atMost++
			}
			if v < got {
				below++
			}
		}
		n := float64(len(values))
		if float64(atMost) < q*n-1e-9 || (below > 0 && float64(below) >= q*n+1e-9) {
			t.Errorf("%v at %g: %d of %d not above, %d below", got, q, atMost, len(values), below)
		}
	})
}
