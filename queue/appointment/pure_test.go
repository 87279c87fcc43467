package appointment

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"pgregory.net/rapid"
)

// hanoi is an office with ordinary hours and the Tết of 2027 (17 February is
// the first day of the lunar year; here 15 to 19 February are free).
func hanoi() queue.Setup {
	s := queue.CommuneCentre()
	for d := time.Monday; d <= time.Friday; d++ {
		s.Hours = append(s.Hours, queue.Hours{Day: d, From: "07:30", To: "11:30"}, queue.Hours{Day: d, From: "13:30", To: "17:00"})
	}
	for _, date := range []string{"2027-02-15", "2027-02-16", "2027-02-17", "2027-02-18", "2027-02-19"} {
		s.Days = append(s.Days, queue.Day{Date: date, Name: "Tết Nguyên đán", NameEN: "Lunar New Year"})
	}
	s.Days = append(s.Days, queue.Day{Date: "2027-02-20", Name: "Làm bù", NameEN: "Make-up day", Hours: []queue.Span{{From: "08:00", To: "11:00"}}})
	return s
}

func local(t testing.TB, clock string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", clock, NewCalendar(hanoi()).Zone())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestTransitions walks all states × actions; the table here follows the words
// of the design, not the code.
func TestTransitions(t *testing.T) {
	want := map[string]State{
		"confirm requested": Confirmed, "confirm confirmed": Confirmed,
		"decline requested": Declined, "decline listed": Declined, "decline declined": Declined,
		"cancel listed": Cancelled, "cancel requested": Cancelled, "cancel confirmed": Cancelled, "cancel cancelled": Cancelled,
		"reschedule requested": Requested, "reschedule confirmed": Confirmed,
		"check-in confirmed": CheckedIn, "check-in checked_in": CheckedIn,
		"promote listed": Requested, "lapse requested": Lapsed, "lapse listed": Lapsed, "miss confirmed": Missed,
		"found listed": CheckedIn, "found requested": CheckedIn, "found confirmed": CheckedIn, "found missed": CheckedIn, "lost checked_in": Confirmed,
	}
	for _, a := range Actions() {
		for _, s := range States() {
			to, err := next(s, a)
			w, ok := want[string(a)+" "+string(s)]
			if ok && (err != nil || to != w) || !ok && queue.ErrorCode(err) != queue.CodeWrongState {
				t.Errorf("%s %s: %q, %v; want %q", a, s, to, err, w)
			}
		}
	}
	if _, err := next(Confirmed, "explode"); queue.ErrorCode(err) != queue.CodeUnknownAction {
		t.Error(err)
	}
}

func TestAddWorking(t *testing.T) {
	c := NewCalendar(hanoi())
	for name, w := range map[string]struct {
		from  string
		hours float64
		want  string
	}{
		"within a session":          {"2026-11-23 08:00", 2, "2026-11-23 10:00"},
		"to the end of a session":   {"2026-11-23 07:30", 4, "2026-11-23 11:30"},
		"over noon":                 {"2026-11-23 10:00", 4, "2026-11-23 16:00"},
		"from within noon":          {"2026-11-23 12:00", 1, "2026-11-23 14:30"},
		"overnight":                 {"2026-11-23 16:00", 4, "2026-11-24 10:30"},
		"before opening":            {"2026-11-23 03:00", 4, "2026-11-23 11:30"},
		"Friday evening":            {"2026-11-27 20:00", 4, "2026-11-30 11:30"},
		"Friday afternoon":          {"2026-11-27 16:00", 4, "2026-11-30 10:30"},
		"Sunday":                    {"2026-11-29 10:00", 4, "2026-11-30 11:30"},
		"before Tết":                {"2027-02-12 15:00", 4, "2027-02-20 10:00"},
		"in Tết, a make-up day":     {"2027-02-17 10:00", 3, "2027-02-20 11:00"},
		"in Tết, past make-up day":  {"2027-02-17 10:00", 4, "2027-02-22 08:30"},
		"nothing is nothing, now":   {"2026-11-23 08:10", 0, "2026-11-23 08:10"},
		"nothing, when it is night": {"2026-11-23 20:00", 0, "2026-11-24 07:30"},
	} {
		got, ok := c.AddWorking(local(t, w.from), time.Duration(w.hours*float64(time.Hour)))
		if !ok || !got.Equal(local(t, w.want)) {
			t.Errorf("%s: %v, %v", name, got.In(c.Zone()), ok)
		}
	}
	never := hanoi()
	never.Hours, never.Days = []queue.Hours{{Day: time.Monday, From: "08:00", To: "08:01"}}, nil
	if got, ok := NewCalendar(never).AddWorking(local(t, "2026-11-23 08:00"), 4*time.Hour); ok {
		t.Errorf("an office that hardly works: %v", got)
	}
	always := queue.CommuneCentre()
	if got, ok := NewCalendar(always).AddWorking(local(t, "2026-11-29 22:00"), 4*time.Hour); !ok || !got.Equal(local(t, "2026-11-30 02:00")) {
		t.Errorf("around the clock: %v", got)
	}
}

// What is added is what was worked, whatever the time.
func TestAddWorkingIsWork(t *testing.T) {
	c := NewCalendar(hanoi())
	rapid.Check(t, func(r *rapid.T) {
		from := local(t, "2027-02-01 00:00").Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(r, "minute")) * time.Minute)
		d := time.Duration(rapid.IntRange(1, 20*60).Draw(r, "work")) * time.Minute
		to, ok := c.AddWorking(from, d)
		if !ok || to.Before(from) || c.Working(from, to) != d {
			r.Fatalf("from %v for %v: %v, worked %v", from, d, to.In(c.Zone()), c.Working(from, to))
		}
		if again := c.Working(from, to.Add(-time.Minute)); again >= d {
			r.Fatalf("a minute earlier %v was worked already", again)
		}
	})
}

func TestSlots(t *testing.T) {
	c := NewCalendar(hanoi())
	for day, want := range map[string]int{"2026-11-23": 15, "2026-11-28": 0, "2027-02-17": 0, "2027-02-20": 6} {
		noon, _ := c.Date(day)
		if got := c.Slots(noon); len(got) != want {
			t.Errorf("%s: %d half-hours, want %d", day, len(got), want)
		}
	}
	if !c.IsSlot(local(t, "2026-11-23 11:00")) || c.IsSlot(local(t, "2026-11-23 11:30")) || c.IsSlot(local(t, "2026-11-23 11:15")) {
		t.Error("11:00 is the morning's last half-hour")
	}
	overlapping := hanoi()
	overlapping.Hours = append(overlapping.Hours, queue.Hours{Day: time.Monday, From: "08:00", To: "12:00"})
	noon, _ := c.Date("2026-11-23")
	if got := NewCalendar(overlapping).Slots(noon); len(got) != 16 {
		t.Errorf("sessions that overlap: %d half-hours", len(got))
	}
}

// The bound of the policy, computed another way: by walking all outcomes.
func TestOverbooked(t *testing.T) {
	for _, c := range []struct {
		places int
		share  float64
		want   int
	}{
		{0, 0.5, 0}, {1, 0.1, 1}, {4, 0.1, 4}, {10, 0, 10}, {10, 0.1, 10}, {10, 0.3, 12}, {10, 0.9, 12}, {1, 0.6, 1}, {1, 0.7, 2}, {1, 0.9, 3}, {1, 1, 3}, {20, 0.2, 22},
	} {
		if got := Overbooked(c.places, c.share); got != c.want {
			t.Errorf("%d places, %v stay away: %d, want %d", c.places, c.share, got, c.want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		places, share := rapid.IntRange(1, 6).Draw(r, "places"), rapid.Float64Range(0, 1).Draw(r, "share")
		n := Overbooked(places, share)
		if n < places || n > places+overMost {
			r.Fatalf("%d for %d places", n, places)
		}
		if n > places && crowds(places, n, share) > crowdRisk+1e-9 {
			r.Fatalf("%d for %d places: too many come with %v", n, places, crowds(places, n, share))
		}
		if n < places+overMost && crowds(places, n+1, share) <= crowdRisk-1e-9 {
			r.Fatalf("%d for %d places: one more would do", n, places)
		}
	})
	if got := NoShowShare(0, 0); math.Abs(got-0.1) > 1e-12 {
		t.Errorf("nothing seen: %v", got)
	}
	if got := NoShowShare(9, 81); math.Abs(got-0.1) > 1e-12 {
		t.Errorf("as expected: %v", got)
	}
}

func crowds(places, n int, share float64) (sum float64) {
	for who := range 1 << n {
		p, come := 1.0, 0
		for i := range n {
			if who>>i&1 == 1 {
				p, come = p*(1-share), come+1
			} else {
				p *= share
			}
		}
		if come > places {
			sum += p
		}
	}
	return sum
}

// Without places set by hand, all bookings of a half-hour together are at most
// the office's share of what its counters get done.
func TestPlacesKeepTheShare(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := queue.CommuneCentre()
		ids := []string{"A", "B", "C", "D"}
		for i := range s.Counters {
			s.Counters[i].Services = rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, 4, rapid.ID[string]).Draw(r, "services")
		}
		p := plan{Calendar: NewCalendar(s), Settings: Settings{Share: rapid.IntRange(1, 50).Draw(r, "share"), Minutes: rapid.IntRange(2, 40).Draw(r, "minutes")}.withDefaults()}
		away := rapid.IntRange(0, 4).Draw(r, "away")
		start := local(t, "2026-11-23 08:00")
		for _, c := range s.Counters[:away] {
			p.Absences = append(p.Absences, Absence{"2026-11-23", c.ID})
		}
		sum := 0
		for _, id := range ids {
			sum += p.Places(id, start)
		}
		most := float64(len(s.Counters)-away) * 30 / float64(p.Minutes) * float64(p.Share) / 100
		if float64(sum) > most+1e-6 {
			r.Fatalf("%d places, the share is %v", sum, most)
		}
	})
}

func TestCodes(t *testing.T) {
	for range 50 {
		code, err := newCode()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ParseCode(FormatCode(code)); !ok || got != code {
			t.Fatalf("%s is read as %q, %v", code, got, ok)
		}
		if _, ok := queue.ParseCode(code); ok {
			t.Fatalf("%s is a ticket's code as well", code)
		}
		for i := range code {
			for d := byte('0'); d <= '9'; d++ {
				wrong := code[:i] + string(rune(d)) + code[i+1:]
				if _, ok := ParseCode(wrong); ok && wrong != code {
					t.Fatalf("%s for %s is not noticed", wrong, code)
				}
			}
			if i > 0 && code[i] != code[i-1] {
				if _, ok := ParseCode(code[:i-1] + string(code[i]) + string(code[i-1]) + code[i+1:]); ok {
					t.Fatalf("a swap at %d of %s is not noticed", i, code)
				}
			}
		}
	}
	for _, bad := range []string{"", "12345678", "1234567890", "abcdefghi", strings.Repeat("1", 1000), "12345678９"} {
		if _, ok := ParseCode(bad); ok {
			t.Errorf("%q is a code", bad)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("123 456 789")
	f.Add("٣٣٣")
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseCode(s)
		if again, fine := ParseCode(code); ok && (!fine || again != code || len(code) != queue.CodeLength) {
			t.Errorf("%q gives %q, then %q", s, code, again)
		}
		if _, ticket := queue.ParseCode(s); ok && ticket {
			t.Errorf("%q is both", s)
		}
	})
}
