package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func week() Chart {
	return Chart{
		ID: "week", Title: `Số phiếu <b>&"`, Desc: "Cột là số phiếu", Labels: []string{"T2", "T3", "T4"},
		Bars:  &Series{Name: "Đã cấp", Values: []float64{10, 0, 37}},
		Lines: []Series{{Name: "Đã phục vụ", Values: []float64{9, math.NaN(), 30}}, {Name: "90%", Values: []float64{1, 2, 3}}},
	}
}

// wellFormed reads a picture as XML and counts its elements.
func wellFormed(t failer, svg string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return seen
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			seen[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("%s has %s, which the page's policy forbids", e.Name.Local, a.Name.Local)
				}
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("%s=%s", a.Name.Local, a.Value)
				}
			}
		}
	}
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func TestSVG(t *testing.T) {
	svg := string(week().SVG())
	seen := wellFormed(t, svg)
	if seen["rect"] != 3+1 || seen["circle"] != 2+3 || seen["path"] != 2 || seen["desc"] != 1 {
		t.Errorf("%v in %s", seen, svg)
	}
	for _, want := range []string{`role="img"`, `aria-labelledby="week-t week-d"`, `Số phiếu &lt;b&gt;&amp;`, "T4: 37", "Đã phục vụ, T2: 9", "stroke-dasharray"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in %s", want, svg)
		}
	}
	for _, empty := range []Chart{{}, {Labels: []string{"T2"}}, {Labels: []string{"T2"}, Bars: &Series{Values: []float64{math.NaN()}}}} {
		if svg := empty.SVG(); svg != "" {
			t.Errorf("nothing to draw: %s", svg)
		}
	}
	holes := Chart{ID: "h", Labels: []string{"a", "b", "c", "d"}, Lines: []Series{{Name: "x", Values: []float64{1, math.NaN(), 3, 4}}}}
	if svg := string(holes.SVG()); strings.Count(svg, "M") != 2 {
		t.Errorf("a hole is drawn over: %s", svg)
	}
}

// TestAnySVG: whatever the values and words, a picture can be read, and no bar
// leaves it.
func TestAnySVG(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "n")
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1e7), rapid.Just(math.NaN()), rapid.Just(math.Inf(1)), rapid.Just(-1.0)), 0, 90)
		c := Chart{ID: "c", Title: rapid.String().Draw(t, "title"), Desc: "d", Bars: &Series{Name: "b", Values: values.Draw(t, "bars")}, Lines: []Series{{Name: "l", Values: values.Draw(t, "line")}}}
		c.Title = strings.ToValidUTF8(strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0xfffe && r <= 0xffff {
				return -1
			}
			return r
		}, c.Title), "")
		for range n {
			c.Labels = append(c.Labels, "x")
		}
		wellFormed(t, string(c.SVG()))
	})
}

func TestNice(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 1: 0.2, 4: 1, 5: 1, 7: 2, 37: 10, 100: 20, 1234: 500, 0.3: 0.1} {
		if got := nice(most); math.Abs(got-want) > 1e-9 {
			t.Errorf("up to %g in steps of %g, want %g", most, got, want)
		}
	}
}
