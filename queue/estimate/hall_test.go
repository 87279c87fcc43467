package estimate

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// randomDay lets lines do anything that lines can do.
func randomDay(t *rapid.T, h *Hall, each func(id string, at float64)) {
	type state struct{ called, waiting int }
	lines := make([]state, rapid.IntRange(1, 3).Draw(t, "lines"))
	at := rapid.Float64Range(0, 700).Draw(t, "begin")
	for range rapid.IntRange(1, 40).Draw(t, "looks") {
		at += rapid.Float64Range(0, 30).Draw(t, "minutes")
		i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		l := &lines[i]
		calls := rapid.IntRange(0, l.waiting).Draw(t, "calls")
		l.called += calls
		l.waiting += rapid.IntRange(0, 60).Draw(t, "come") - calls
		id := fmt.Sprint("line ", i)
		h.Observe(id, at, l.called, l.waiting, rapid.IntRange(0, 5).Draw(t, "counters"))
		each(id, at)
	}
}

func sound(e Estimate) bool {
	return e.Low >= 0 && e.Low <= e.Minutes && e.Minutes <= e.High && e.High <= longestWait && !math.IsNaN(e.Minutes+e.scale+e.centre)
}

// Whatever a line does, an estimate is an interval in minutes.
func TestEstimatesAreIntervals(t *testing.T) {
	learned, err := fitCentre(madeUp(2000), false)
	if err != nil || learned.Forest == nil {
		t.Fatalf("%v, %d trees", err, len(learned.Forest))
	}
	rapid.Check(t, func(t *rapid.T) {
		m := NewMemory(nil)
		for range rapid.IntRange(1, 3).Draw(t, "days") {
			model := rapid.SampledFrom([]*Model{nil, learned}).Draw(t, "model")
			h := NewHall(m, model)
			randomDay(t, h, func(id string, at float64) {
				for _, later := range []float64{0, 7} {
					ahead := rapid.IntRange(0, 200).Draw(t, "ahead")
					if e, ok := h.Ask(id, at+later, Place{Ahead: ahead}); !ok || !sound(e) {
						t.Fatalf("%d ahead at %v: %+v, %v", ahead, at, e, ok)
					}
				}
				if e, x, ok := h.Join(id); ok {
					for i, v := range x {
						if math.IsNaN(v) || math.IsInf(v, 0) {
							t.Fatalf("feature %s is %v", featureNames()[i], v)
						}
					}
					if !sound(e) {
						t.Fatalf("joined: %+v", e)
					}
				}
			})
			for _, s := range h.EndDay("day") {
				if s.Wait < 0 || s.Group != "day" {
					t.Fatalf("%+v", s)
				}
			}
			if s := m.Shift; math.Abs(s.Low) > mostShift || math.Abs(s.High) > mostShift {
				t.Fatalf("shifted by %+v", s)
			}
		}
	})
}

// Asking changes nothing: two halls that saw the same say the same, however
// often one of them was asked.
func TestAskingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quiet, asked := NewHall(NewMemory(nil), nil), NewHall(NewMemory(nil), nil)
		type seen struct {
			id string
			at float64
		}
		var last seen
		randomDay(t, asked, func(id string, at float64) {
			l := asked.lines[id].last()
			quiet.Observe(id, at, l.called, l.waiting, l.counters)
			for n := range 3 {
				asked.Ask(id, at, Place{Ahead: n})
			}
			last = seen{id, at}
		})
		a, _ := quiet.Ask(last.id, last.at, Place{Ahead: 5})
		b, _ := asked.Ask(last.id, last.at, Place{Ahead: 5})
		if a != b {
			t.Fatalf("%+v, when asked before %+v", a, b)
		}
	})
}

func TestWaitsAreSettled(t *testing.T) {
	h := NewHall(NewMemory(nil), nil)
	h.Observe("A", 480, 0, 3, 2)
	h.Observe("A", 485, 1, 4, 2)
	if _, _, ok := h.Join("A"); !ok { // Takes number 6.
		t.Fatal("nobody could join")
	}
	h.Observe("A", 490, 4, 3, 2)
	h.Observe("A", 500, 8, 0, 2) // 6 was called half way.
	if len(h.done) != 1 || math.Abs(h.done[0].Wait-10) > 1e-9 || h.done[0].Ahead != 4 {
		t.Fatalf("%+v, want one wait of ten minutes behind four", h.done)
	}
	h.Join("A")
	if h.Observe("A", 530, 20, 0, 2); len(h.done) != 1 {
		t.Error("a wait across a gap of half an hour was learned")
	}
	for name, ok := range map[string]bool{"unknown": false} {
		if _, got := h.Ask(name, 500, Place{Ahead: 1}); got != ok {
			t.Errorf("%s line: %v", name, got)
		}
	}
}

// An interval that misses too often grows; one that holds always shrinks.
func TestIntervalsFollowTheTruth(t *testing.T) {
	m := &Model{}
	var x Features
	x[fBase] = lg(20)
	inside := func(wait func(int) float64) float64 {
		var s Shift
		n := 0
		for i := range 4000 {
			e := m.estimate(&x, 5, s)
			w := wait(i)
			if i >= 2000 && w >= e.Low && w <= e.High {
				n++
			}
			s.learn(e, w)
		}
		return float64(n) / 2000
	}
	wide := func(i int) float64 { return 20 * math.Exp(1.2*math.Sin(float64(i)*1.7)) }
	if got := inside(wide); math.Abs(got-0.8) > 0.06 {
		t.Errorf("%.2f within, want about 0.80", got)
	}
	narrow := func(i int) float64 { return 20 * math.Exp(0.2*math.Sin(float64(i)*1.7)) }
	if got := inside(narrow); math.Abs(got-0.8) > 0.06 {
		t.Errorf("%.2f within, want about 0.80", got)
	}
}

func BenchmarkEstimate(b *testing.B) {
	model, err := Fit(madeUp(3000))
	if err != nil {
		b.Fatal(err)
	}
	h := NewHall(NewMemory(nil), model)
	for i := range 2000 {
		for line := range 8 {
			h.Observe(fmt.Sprint(line), 480+float64(i)/4, i/2, 20+i%7, 3)
		}
	}
	for b.Loop() {
		if _, ok := h.Ask("3", 980, Place{Ahead: 17}); !ok {
			b.Fatal("no estimate")
		}
	}
}
