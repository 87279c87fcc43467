package estimate

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      Range
	}{{27, 42, Range{25, 45}}, {0, 3, Range{0, 5}}, {2.5, 11, Range{0, 15}}, {10, 10, Range{10, 15}}, {50, 75, Range{50, 80}}, {64, 121, Range{60, 135}}} {
		if got := (Estimate{Low: c.low, High: c.high}).Range(); got != c.want {
			t.Errorf("%v–%v: %v, want %v", c.low, c.high, got, c.want)
		}
	}
}

func TestRangesHoldTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(0, longestWait).Draw(t, "low")
		e := Estimate{Low: low, High: rapid.Float64Range(low, longestWait).Draw(t, "high")}
		r := e.Range()
		if float64(r.Low) > e.Low || float64(r.High) < e.High || r.Low < 0 || r.High <= r.Low {
			t.Fatalf("%+v is said as %+v", e, r)
		}
		if again := r.Then(e); again != r {
			t.Fatalf("%+v became %+v though nothing moved", r, again)
		}
	})
}

// What is shown stays until the wait has moved, and is never below nought.
func TestShownStays(t *testing.T) {
	shown := Estimate{Low: 26, High: 44}.Range()
	for _, c := range []struct {
		low, high float64
		want      Range
	}{
		{24, 44, Range{25, 45}}, {22, 41, Range{25, 45}}, {30, 50, Range{25, 45}}, {19, 40, Range{15, 40}}, {26, 51, Range{25, 55}}, {-3, 4, Range{0, 5}},
	} {
		if got := shown.Then(Estimate{Low: c.low, High: c.high}); got != c.want {
			t.Errorf("after %v, %v–%v is shown as %v, want %v", shown, c.low, c.high, got, c.want)
		}
	}
}

// minutesAfter is a time of the day on which these tests play.
func minutesAfter(minutes int) time.Time {
	return time.Date(2026, 11, 23, 9, minutes, 0, 0, time.UTC)
}

func TestWhenToCome(t *testing.T) {
	for low, want := range map[float64]time.Time{40: minutesAfter(40), 60: minutesAfter(60), 5: minutesAfter(5), 0: minutesAfter(0)} {
		if got := (Estimate{Low: low, High: low + 20}).Show(minutesAfter(12), 0).ComeBy; !got.Equal(want) {
			t.Errorf("from %v minutes on: come by %v, want %v", low, got, want)
		}
	}
}

// While a wait stays what it is, the time to come goes with the clock, in steps
// of more than five minutes; while the wait runs down, it stays.
func TestTimeToComeStays(t *testing.T) {
	e := Estimate{Low: 40, Minutes: 50, High: 60, Counters: 1}
	shown := e.Show(minutesAfter(0), 0)
	for minute := range 30 {
		e.Low, e.High = 40-float64(minute), 60-float64(minute)
		if shown = shown.Then(e, minutesAfter(minute), 0); !shown.ComeBy.Equal(minutesAfter(30)) {
			t.Fatalf("after %d minutes: come by %v", minute, shown.ComeBy)
		}
	}
	stuck := Estimate{Low: 40, High: 60}
	shown = stuck.Show(minutesAfter(0), 0)
	moves := 0
	for minute := range 60 {
		next := shown.Then(stuck, minutesAfter(minute), 0)
		if next.ComeBy.Before(shown.ComeBy) || next.ComeBy.Sub(minutesAfter(minute)) < 20*time.Minute {
			t.Fatalf("after %d minutes: come by %v, before %v", minute, next.ComeBy, shown.ComeBy)
		}
		if !next.ComeBy.Equal(shown.ComeBy) {
			moves++
		}
		shown = next
	}
	if moves == 0 || moves > 6 {
		t.Errorf("the time to come moved %d times in an hour", moves)
	}
}

func TestOtherFiguresStay(t *testing.T) {
	now := minutesAfter(0)
	e := Estimate{Low: 25, Minutes: 28, High: 45, Ahead: 20, Counters: 3}
	shown := e.Show(now, 0.07)
	if shown.MayMiss || shown.Counters != 3 || math.Abs(shown.Each-4) > 1e-9 {
		t.Fatalf("%+v", shown)
	}
	e.Minutes = 32
	if got := shown.Then(e, now, 0.11); got.Each != shown.Each || !got.MayMiss || !got.Then(e, now, 0.07).MayMiss || got.Then(e, now, 0.04).MayMiss {
		t.Errorf("%+v", got)
	}
	if e.Minutes = 40; shown.Then(e, now, 0).Each == shown.Each {
		t.Error("each does not move")
	}
	e.Minutes, e.Counters = 28, 2
	if got := shown.Then(e, now, 0); got.Counters != 2 || math.Abs(got.Each-8.0/3) > 1e-9 {
		t.Errorf("with two counters %+v", got)
	}
}

// Whatever the wait does, what is shown is what would be shown anew, give or
// take what need not be told; and who looks twice sees the same.
func TestShownIsNearTheWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute, shown := 0, Shown{}
		for i := range rapid.IntRange(1, 30).Draw(t, "looks") {
			minute += rapid.IntRange(0, 20).Draw(t, "later")
			low := rapid.Float64Range(0, 200).Draw(t, "low")
			e := Estimate{Low: low, Minutes: low + 5, High: low + rapid.Float64Range(0, 100).Draw(t, "width"), Counters: rapid.IntRange(1, 3).Draw(t, "counters"), Ahead: rapid.IntRange(0, 40).Draw(t, "ahead")}
			missing, now := rapid.Float64Range(0, 0.3).Draw(t, "missing"), minutesAfter(minute)
			anew := e.Show(now, missing)
			if shown = shown.Then(e, now, missing); i == 0 {
				shown = anew
			}
			if off := shown.ComeBy.Sub(shown.Range.comeBy(now)).Abs(); off > 5*time.Minute {
				t.Fatalf("come by %v, off by %v", shown.ComeBy, off)
			}
			if diff := math.Abs(float64(shown.Low - anew.Low)); diff > max(5, float64(shown.Low)/10) {
				t.Fatalf("shown from %d, anew from %d minutes", shown.Low, anew.Low)
			}
			if shown.Counters != anew.Counters || missing > warnFrom && !shown.MayMiss || missing < warnUntil && shown.MayMiss {
				t.Fatalf("%+v with %v missing and %d counters", shown, missing, e.Counters)
			}
			if again := shown.Then(e, now, missing); again != shown {
				t.Fatalf("%+v became %+v though nothing moved", shown, again)
			}
		}
	})
}

// What was learned may say anything of a moment unlike any before; what is told
// is within what the counters can do.
func TestHeldNearTheRunForward(t *testing.T) {
	minutes := func(most int) *rapid.Generator[float64] { // To the millisecond, as the log counts.
		return rapid.Map(rapid.IntRange(0, most*60_000), func(ms int) float64 { return float64(ms) / 60_000 })
	}
	rapid.Check(t, func(t *rapid.T) {
		said := lg(minutes(600).Draw(t, "said"))
		forward := minutes(300).Draw(t, "forward")
		least := forward * rapid.Float64Range(0.3, 1).Draw(t, "open")
		e := (&Model{}).estimate(&Features{fBase: said}, 6, Shift{})
		before := e
		e.hold(least, forward)
		if e.Low > e.Minutes || e.Minutes > e.High {
			t.Fatalf("%+v", e)
		}
		if e.Minutes < least/2.5-2 || e.Minutes > 2.5*forward+5.01 || e.Low < least/6.25-2 || e.High > 6.25*forward+5.01 {
			t.Fatalf("forward %.1f to %.1f is told as %.1f to %.1f, about %.1f", least, forward, e.Low, e.High, e.Minutes)
		}
		if near := lg(least/2.5) <= said && said <= lg(2.5*forward+5); near && math.Abs(before.Minutes-e.Minutes) > 1e-6 {
			t.Fatalf("what was near was moved from %.2f to %.2f", before.Minutes, e.Minutes)
		}
		if e.High <= 0 {
			t.Fatalf("nobody can be called within no time at all: %+v", e)
		}
		if got := e.LongerThan(e.Minutes); math.Abs(got-0.5) > 1e-6 {
			t.Fatalf("longer than the middle with %.6f", got)
		}
	})
}

func TestBeforeClosing(t *testing.T) {
	e := (&Model{}).estimate(&Features{fBase: lg(30)}, 6, Shift{})
	for minutes, want := range map[float64]float64{e.Low: 0.9, e.Minutes: 0.5, e.High: 0.1} {
		if got := e.LongerThan(minutes); math.Abs(got-want) > 1e-3 {
			t.Errorf("longer than %.0f minutes with %.3f, want %.1f", minutes, got, want)
		}
	}
	if !(e.LongerThan(1) > e.LongerThan(30) && e.LongerThan(30) > e.LongerThan(200)) {
		t.Error("longer waits are not less likely")
	}
	if e.MayBeTooLate(e.High+1) || !e.MayBeTooLate(e.High-1) {
		t.Error("the warning does not begin where one in ten comes too late")
	}
	if e.TooLate(e.High+8, 7) || !e.TooLate(e.High+6, 7) {
		t.Error("numbers are not stopped one service before closing")
	}
}

func TestTruth(t *testing.T) {
	told := func(line string, wait float64, taken bool) Told {
		return Told{Line: line, Wait: wait, LES: 10, Taken: taken, Estimate: Estimate{Low: 10, Minutes: 20, High: 30}}
	}
	d := sumUp("2026-11-23", []Told{told("B", 35, true), told("A", 25, true), told("A", 15, true), told("A", 99, false)})
	want := Trueness{Waits: 2, Wait: 20, Error: 5, LESError: 10, Inside: 2}
	if len(d.Services) != 2 || d.Services[0].ID != "A" || d.Services[0].Trueness != want {
		t.Errorf("%+v", d.Services)
	}
	if d.All.Waits != 3 || d.All.Late != 1 || math.Abs(d.All.Coverage()-2.0/3) > 1e-9 {
		t.Errorf("%+v", d.All)
	}
	if vi, en := d.All.Phrase("vi"), Pool([]Day{d, d}, "").Phrase("en"); vi != "" || en != "67% of waits were within the time told, off by 8 minutes on average" {
		t.Errorf("%q, %q", vi, en)
	}
	if sum := Pool([]Day{d, d, {}}, "A"); sum.Waits != 4 || sum.Error != 5 || sum.Inside != 4 {
		t.Errorf("%+v", sum)
	}
}

func TestAlarms(t *testing.T) {
	day := func(inside int, off float64) Day {
		x := Trueness{Waits: 100, Wait: 30, Error: off, LESError: 20, Inside: inside, Late: 100 - inside}
		return Day{All: x, Services: []Service{{"A", x}}}
	}
	var good []Day
	for range 10 {
		good = append(good, day(80, 8))
	}
	if a := Alarms(good); len(a) != 0 {
		t.Errorf("%+v", a)
	}
	for name, bad := range map[string]Day{"coverage": day(55, 8), "error": day(80, 14)} {
		a := Alarms(append(good[:7:7], bad, bad, bad))
		if len(a) != 2 || a[0].Service != "" || a[1].Service != "A" || !strings.Contains(a[0].Vi, "3 ngày qua") && !strings.Contains(a[0].Vi, "dự báo 3") {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := Alarms([]Day{{All: Trueness{Waits: 5}}}); len(a) != 0 {
		t.Errorf("five waits raise %+v", a)
	}
}
