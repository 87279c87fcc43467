package estimate

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func TestPhrases(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		vi, en    string
	}{
		{27, 42, "khoảng 25 đến 45 phút", "about 25 to 45 minutes"},
		{0, 3, "dưới 5 phút", "less than 5 minutes"},
		{2.5, 11, "dưới 15 phút", "less than 15 minutes"},
		{10, 10, "khoảng 10 đến 15 phút", "about 10 to 15 minutes"},
		{50, 75, "khoảng 50 phút đến 1 giờ 20 phút", "about 50 minutes to 1 hour 20 minutes"},
		{64, 121, "khoảng 1 giờ đến 2 giờ 15 phút", "about 1 hour to 2 hours 15 minutes"},
	} {
		r := Estimate{Low: c.low, High: c.high}.Range()
		if vi, en := r.Phrase("vi"), r.Phrase("en-GB"); vi != c.vi || en != c.en {
			t.Errorf("%v–%v: %q, %q; want %q, %q", c.low, c.high, vi, en, c.vi, c.en)
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

func TestComeBy(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 12, 0, 0, time.UTC)
	for _, c := range []struct {
		low    int
		vi, en string
	}{
		{40, "nên đến trước 9 giờ 40", "please come before 09:40"},
		{60, "nên đến trước 10 giờ", "please come before 10:00"},
		{5, "nên đến ngay", "please come now"},
	} {
		r := Range{Low: c.low, High: c.low + 20}
		if vi, en := r.ComeByPhrase(now, "vi"), r.ComeByPhrase(now, "en"); vi != c.vi || en != c.en {
			t.Errorf("%d minutes: %q, %q; want %q, %q", c.low, vi, en, c.vi, c.en)
		}
	}
}

func TestExplain(t *testing.T) {
	e := Estimate{Minutes: 28, Ahead: 20, Counters: 3}
	if got, want := e.Explain("vi"), "20 người phía trước, 3 quầy, mỗi người 4 phút"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := e.Explain("en"), "20 ahead, 3 counters, 4 minutes each"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for minutes, want := range map[float64]string{0: "0.5", 2.4: "2.5", 9.2: "9", 31.4: "31"} {
		if got := (Estimate{Minutes: minutes, Counters: 1}).Each(); got != want {
			t.Errorf("%v minutes each: %q, want %q", minutes, got, want)
		}
	}
}

func TestClosing(t *testing.T) {
	setup := queue.Setup{
		TimeZone: "Asia/Ho_Chi_Minh",
		Hours:    []queue.Hours{{Day: time.Monday, From: "07:30", To: "11:30"}, {Day: time.Monday, From: "13:30", To: "17:00"}, {Day: time.Tuesday, From: "00:00", To: "24:00"}},
		Days:     []queue.Day{{Date: "2026-11-30", Hours: []queue.Span{{From: "08:00", To: "10:00"}}}, {Date: "2026-12-07"}},
	}
	at := func(date, clock string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", date+" "+clock, zone(t))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct{ date, want string }{{"2026-11-23", "17:00"}, {"2026-11-30", "10:00"}, {"2026-12-07", ""}, {"2026-11-26", ""}} {
		got, ok := Closing(setup, at(c.date, "08:00"))
		if ok != (c.want != "") || ok && !got.Equal(at(c.date, c.want)) {
			t.Errorf("%s closes at %v, %v; want %s", c.date, got, ok, c.want)
		}
	}
	if got, ok := Closing(setup, at("2026-11-24", "08:00")); !ok || !got.Equal(at("2026-11-25", "00:00")) {
		t.Errorf("a day without end closes at %v, %v", got, ok)
	}
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
	if far := (Estimate{Low: 31}); far.Leave(DefaultTravel) || !(Estimate{Low: 29}).Leave(DefaultTravel) {
		t.Error("the reminder does not come when the way and ten minutes are left")
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
