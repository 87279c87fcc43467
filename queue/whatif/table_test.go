package whatif

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

func TestRulesOfOthers(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 11, 23, 8, m, 0, 0, time.UTC) }
	a := []entry{{1, "A", queue.Normal, at(3)}, {2, "A", queue.Normal, at(5)}, {3, "A", queue.Appointment, at(9)}}
	b := []entry{{4, "B", queue.Normal, at(1)}, {5, "B", queue.Normal, at(6)}, {6, "B", queue.Appointment, at(7)}}
	c := []entry{{7, "C", queue.Normal, at(2)}, {8, "C", queue.Priority, at(8)}}
	for _, x := range []struct {
		name  string
		pick  func([][]entry, time.Time) entry
		lines [][]entry
		want  int
	}{
		{"longest wait", longestWait, [][]entry{a, b, c}, 4}, {"longest wait", longestWait, [][]entry{a, c}, 7}, {"longest wait of one", longestWait, [][]entry{a}, 1},
		{"longest queue, the first of equals", longestQueue, [][]entry{c, a, b}, 1}, {"longest queue", longestQueue, [][]entry{c, b[:1]}, 7},
		{"fixed order", fixedOrder, [][]entry{a, b, c}, 1}, {"fixed order", fixedOrder, [][]entry{c, b}, 7},
		{"strict: priority", strictPriority, [][]entry{a, b, c}, 8}, {"strict: the older appointment", strictPriority, [][]entry{a, b}, 6}, {"strict: nobody special", strictPriority, [][]entry{a[:2], b[:2]}, 4},
	} {
		if got := x.pick(x.lines, at(10)); got.visit != x.want {
			t.Errorf("%s: visit %d, want %d", x.name, got.visit, x.want)
		}
	}
}

// A rule of others refuses a day that it cannot play, instead of playing another.
func TestRulesOfOthersPlaySingleStays(t *testing.T) {
	_, d, _ := madeUp(t, 0.5, 1, eventful)
	if _, err := play(t.Context(), d, newPlain(d, longestWait)); !errors.Is(err, errMadeUp) {
		t.Errorf("%v, want %v", err, errMadeUp)
	}
}

// The made-up days have the load, the mixture and the spread that they are
// said to have.
func TestModel(t *testing.T) {
	m := Hall(0.80)
	const days = 200
	var visits, first, work, squares, short, priority, appointment float64
	for seed := range uint64(days) {
		d, err := m.Day(seed, oneTo(3))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range d.Visits {
			visits++
			minutes := v.Stages[0].Work.Minutes()
			work += minutes
			switch v.Class {
			case queue.Priority:
				priority++
			case queue.Appointment:
				appointment++
			}
			if v.At.Before(d.Start.Add(time.Hour)) {
				first++
			}
			if v.Service == "A" {
				short++
				squares += (minutes - 5) * (minutes - 5)
			}
		}
	}
	a, errA := m.Day(1, oneTo(3))
	b, errB := m.Day(1, oneTo(1))
	if errA != nil || errB != nil || cmp.Diff(a.Visits, b.Visits, cmp.AllowUnexported(Visit{})) != "" {
		t.Errorf("other people come at other rates, %v, %v", errA, errB)
	}
	for what, c := range map[string]struct{ got, want, within float64 }{
		"load": {work / days / 6 / 480, 0.80, 0.01}, "service A": {short / visits, 0.5, 0.01}, "spread": {math.Sqrt(squares/short) / 5, 0.8, 0.04},
		"first hour": {first / visits, 0.26, 0.01}, "priority": {priority / visits, 0.1, 0.005}, "appointment": {appointment / visits, 0.1, 0.005},
	} {
		if math.Abs(c.got-c.want) > c.within {
			t.Errorf("%s: %.4f, want %.3f ± %.3f", what, c.got, c.want, c.within)
		}
	}
}

// With no privilege at all, accumulating priority is the longest wait first:
// the same people are called at the same times.
func TestCompare(t *testing.T) {
	t.Parallel()
	steps := 0
	c := Comparison{Days: 2, Seed: 5, Loads: []float64{0.8}, Progress: func(done, of int) {
		if steps++; done != steps || of != 2 {
			t.Errorf("step %d: %d of %d", steps, done, of)
		}
	}}
	got, err := Compare(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Outcome{}
	for _, o := range got {
		by[o.Rule] = o
		if o.All.N != got[0].All.N {
			t.Errorf("%s served %d, want %d", o.Rule, o.All.N, got[0].All.N)
		}
	}
	names := contenders()
	fifo, flat := by[names[0].name], by[names[4].name]
	flat.Rule = fifo.Rule
	if diff := cmp.Diff(fifo, flat); diff != "" {
		t.Errorf("FIFO and 1:1 differ:\n%s", diff)
	}
	strict, four := by[names[3].name].ByClass[queue.Priority].Mean, by[names[7].name].ByClass[queue.Priority].Mean
	if three := by[names[6].name].ByClass[queue.Priority].Mean; !(strict < four && four < three && three < fifo.ByClass[queue.Priority].Mean) {
		t.Errorf("priority waits %v strictly, %v at 1:4, %v at 1:3", strict, four, three)
	}
	var out bytes.Buffer
	if err := WriteTables(&out, got); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n| "); n != len(names)+1 || !strings.Contains(out.String(), "| 1.00 |") {
		t.Errorf("%d rows in:\n%s", n, &out)
	}
}

func TestComparisonIsRefusedAndStopped(t *testing.T) {
	for _, c := range []Comparison{{Days: 0}, {Days: 1 << 20}, {Days: 1, Loads: []float64{0}}, {Days: 1, Loads: []float64{3}}, {Days: 1, Loads: []float64{math.NaN()}}} {
		if _, err := Compare(t.Context(), c); err == nil {
			t.Errorf("%+v was played", c)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Compare(ctx, Comparison{Days: 3, Seed: 1, Loads: []float64{0.8}}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// The page about the policy shows what the command prints: every rule, at both
// loads.
func TestPageShowsEveryRule(t *testing.T) {
	page, err := os.ReadFile("POLICY.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contenders() {
		if n := strings.Count(string(page), "\n| "+c.name+" | "); n != 2 {
			t.Errorf("%q stands %d times in the page, want 2", c.name, n)
		}
	}
}
