package queue

import (
	"testing"
	"time"
)

// calendar is an office of morning and afternoon sessions over Tết 2027: its
// Saturday is a make-up day, the eve is short, the feast itself is off.
func calendar() Setup {
	s := CommuneCentre()
	for day := time.Monday; day <= time.Friday; day++ {
		s.Hours = append(s.Hours, Hours{day, "07:30", "11:30"}, Hours{day, "13:00", "17:00"})
	}
	s.Days = []Day{
		{Date: "2027-01-30", Name: "Làm bù", Hours: []Span{{"07:30", "11:30"}, {"13:00", "16:00"}}},
		{Date: "2027-02-03", Name: "Ngày ngắn", Hours: []Span{{"08:00", "10:00"}}},
	}
	for _, date := range []string{"2027-02-04", "2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09", "2027-02-10"} {
		s.Days = append(s.Days, Day{Date: date, Name: "Tết Nguyên đán"})
	}
	return s
}

// inZone is a time in an office's own zone.
func inZone(t *testing.T, zone, clock string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", clock, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

const vietNam = "Asia/Ho_Chi_Minh"

func TestDaysOfTheirOwn(t *testing.T) {
	if err := calendar().validate(); err != nil {
		t.Fatal(err)
	}
	s := newWorld(t, calendar()).s
	for clock, want := range map[string]struct {
		open  bool
		opens string // The next opening after it.
	}{
		"2027-01-29 16:59:59": {true, "2027-01-30 07:30:00"},  // Friday; the Saturday after is worked.
		"2027-01-30 07:29:59": {false, "2027-01-30 07:30:00"}, //
		"2027-01-30 07:30:00": {true, "2027-01-30 13:00:00"},
		"2027-01-30 15:59:59": {true, "2027-02-01 07:30:00"},
		"2027-01-30 16:00:00": {false, "2027-02-01 07:30:00"}, // Its own hours, not the week's.
		"2027-01-31 09:00:00": {false, "2027-02-01 07:30:00"}, // Sunday.
		"2027-02-03 07:45:00": {false, "2027-02-03 08:00:00"}, // A Wednesday, but short.
		"2027-02-03 09:59:59": {true, "2027-02-11 07:30:00"},
		"2027-02-03 10:00:00": {false, "2027-02-11 07:30:00"}, // Over the feast.
		"2027-02-08 09:00:00": {false, "2027-02-11 07:30:00"}, // A Monday off.
		"2027-02-11 07:30:00": {true, "2027-02-11 13:00:00"},
		"2027-02-12 17:00:00": {false, "2027-02-15 07:30:00"}, // Over a weekend.
		"2027-02-12 11:30:00": {false, "2027-02-12 13:00:00"}, // Over noon.
	} {
		at := inZone(t, vietNam, clock)
		if got := s.openAt(at); got != want.open {
			t.Errorf("%s: open %v", clock, got)
		}
		if got := s.opensAfter(at); !got.Equal(inZone(t, vietNam, want.opens)) {
			t.Errorf("%s: opens %s, want %s", clock, got.In(s.location), want.opens)
		}
	}
}

func TestOpensTomorrow(t *testing.T) {
	always := newWorld(t, CommuneCentre()).s
	holiday := CommuneCentre()
	holiday.Days = []Day{{Date: "2026-11-24", Name: "Nghỉ"}, {Date: "2026-11-25", Hours: []Span{{"09:00", "24:00"}}}}
	off := newWorld(t, holiday).s
	never := CommuneCentre()
	never.Hours = []Hours{{time.Sunday, "08:00", "09:00"}}
	for day := 20; day <= 31; day++ {
		never.Days = append(never.Days, Day{Date: time.Date(2026, 12, day, 0, 0, 0, 0, time.UTC).Format("2006-01-02")})
	}
	for name, c := range map[string]struct {
		s        *state
		now      string
		tomorrow string
		after    string
	}{
		"around the clock":           {always, "2026-11-23 08:00:00", "2026-11-24 00:00:00", "2026-11-24 00:00:00"},
		"around it, at midnight":     {always, "2026-11-23 00:00:00", "2026-11-24 00:00:00", "2026-11-24 00:00:00"},
		"around it, at the end":      {always, "2026-11-23 23:59:59", "2026-11-24 00:00:00", "2026-11-24 00:00:00"},
		"before a day off":           {off, "2026-11-23 08:00:00", "2026-11-25 09:00:00", "2026-11-25 09:00:00"},
		"on a day off":               {off, "2026-11-24 08:00:00", "2026-11-25 09:00:00", "2026-11-25 09:00:00"},
		"before a late start":        {off, "2026-11-25 08:00:00", "2026-11-26 00:00:00", "2026-11-25 09:00:00"},
		"sessions, in the morning":   {newWorld(t, calendar()).s, "2026-11-23 08:00:00", "2026-11-24 07:30:00", "2026-11-23 13:00:00"},
		"sessions, on the last day":  {newWorld(t, calendar()).s, "2026-11-27 18:00:00", "2026-11-30 07:30:00", "2026-11-30 07:30:00"},
		"a Sunday now and then":      {newWorld(t, never).s, "2026-12-13 09:00:00", "2027-01-03 08:00:00", "2027-01-03 08:00:00"},
		"a Sunday now and then, too": {newWorld(t, never).s, "2026-12-13 07:00:00", "2027-01-03 08:00:00", "2026-12-13 08:00:00"},
	} {
		now := inZone(t, vietNam, c.now)
		if got := c.s.opensTomorrow(now); !got.Equal(inZone(t, vietNam, c.tomorrow)) {
			t.Errorf("%s: tomorrow %s, want %s", name, got.In(c.s.location), c.tomorrow)
		}
		if got := c.s.opensAfter(now); !got.Equal(inZone(t, vietNam, c.after)) {
			t.Errorf("%s: next %s, want %s", name, got.In(c.s.location), c.after)
		}
	}
	shut := CommuneCentre()
	shut.Hours = []Hours{{time.Sunday, "08:00", "09:00"}}
	for day := inZone(t, vietNam, "2026-11-01 12:00:00"); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
		shut.Days = append(shut.Days, Day{Date: day.Format("2006-01-02")})
	}
	if got := newWorld(t, shut).s.opensAfter(startOfTests()); !got.IsZero() {
		t.Errorf("an office that never opens again opens %s", got)
	}
}

func TestLastMinutes(t *testing.T) {
	setup := calendar()
	setup.Rules.LastMinutes = 30
	w := newWorld(t, setup)
	for clock, want := range map[string]Code{
		"2026-11-23 11:15:00": "", // The morning is not the day's last session.
		"2026-11-23 11:30:00": CodeOfficeClosed,
		"2026-11-23 16:29:59": "",
		"2026-11-23 16:30:00": CodeIssuingStopped,
		"2026-11-23 16:59:59": CodeIssuingStopped,
		"2026-11-23 17:00:00": CodeOfficeClosed,
		"2027-01-30 15:29:59": "", // The make-up day's own hours.
		"2027-01-30 15:30:00": CodeIssuingStopped,
		"2027-02-03 09:30:00": CodeIssuingStopped,
	} {
		w.now = inZone(t, vietNam, clock)
		err := w.s.gives(w.s.setup.Services[0], Kiosk, w.now)
		if ErrorCode(err) != want {
			t.Errorf("%s: %v, want %q", clock, err, want)
		}
		if want == CodeIssuingStopped && !w.s.opensTomorrow(w.now).Equal(opensOf(t, err)) {
			t.Errorf("%s: opens %s", clock, opensOf(t, err))
		}
	}
	evening := CommuneCentre()
	evening.Hours = []Hours{{time.Monday, "18:00", "24:00"}, {time.Monday, "07:00", "08:00"}}
	evening.Rules.LastMinutes = 60
	w = newWorld(t, evening)
	for clock, want := range map[string]Code{"2026-11-23 07:59:59": "", "2026-11-23 22:59:59": "", "2026-11-23 23:00:00": CodeIssuingStopped} {
		if err := w.s.gives(w.s.setup.Services[0], Kiosk, inZone(t, vietNam, clock)); ErrorCode(err) != want {
			t.Errorf("evening %s: %v, want %q", clock, err, want)
		}
	}
	always := newWorld(t, ruled(Rules{LastMinutes: 60})).s
	if err := always.gives(always.setup.Services[0], Kiosk, inZone(t, vietNam, "2026-11-23 23:59:00")); err != nil {
		t.Errorf("an office that never closes: %v", err)
	}
}

// opensOf is what a refusal says of the next numbers.
func opensOf(t *testing.T, err error) time.Time {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("%v is no Error", err)
	}
	return e.Opens
}

// An hour that is missing or comes twice moves no opening time of the clock on
// the wall.
func TestSummerTime(t *testing.T) {
	const paris = "Europe/Paris"
	setup := CommuneCentre()
	setup.TimeZone = paris
	for day := time.Sunday; day <= time.Saturday; day++ {
		setup.Hours = append(setup.Hours, Hours{day, "08:00", "12:00"}, Hours{day, "23:00", "24:00"})
	}
	setup.Rules.LastMinutes = 30
	s := newWorld(t, setup).s
	for _, date := range []string{"2027-03-27", "2027-03-28", "2027-03-29", "2027-10-30", "2027-10-31", "2027-11-01"} {
		if at := inZone(t, paris, date+" 08:00:00"); !s.openAt(at) || s.openAt(at.Add(-time.Second)) {
			t.Errorf("%s does not open at eight", date)
		}
		if got := s.opensAfter(inZone(t, paris, date+" 00:00:00")); !got.Equal(inZone(t, paris, date+" 08:00:00")) {
			t.Errorf("%s opens %s", date, got.In(s.location))
		}
		next := inZone(t, paris, date+" 12:00:00").In(s.location).AddDate(0, 0, 1).Format("2006-01-02")
		if got := s.opensTomorrow(inZone(t, paris, date+" 09:00:00")); !got.Equal(inZone(t, paris, next+" 08:00:00")) {
			t.Errorf("after %s opens %s", date, got.In(s.location))
		}
		if got := s.lastNumber(inZone(t, paris, date+" 09:00:00")); !got.Equal(inZone(t, paris, date+" 23:30:00")) {
			t.Errorf("%s: the last number at %s", date, got.In(s.location))
		}
	}
}

// Where the clocks are set at midnight, a day may begin at one o'clock.
func TestMidnightThatDoesNotExist(t *testing.T) {
	const santiago = "America/Santiago" // 6 September 2026 begins at 01:00.
	setup := CommuneCentre()
	setup.TimeZone = santiago
	setup.Hours = []Hours{{time.Saturday, "08:00", "24:00"}, {time.Sunday, "00:00", "12:00"}, {time.Monday, "07:00", "12:00"}}
	s := newWorld(t, setup).s
	if at := s.opensAfter(inZone(t, santiago, "2026-09-05 12:00:00")); !s.openAt(at) || at.After(inZone(t, santiago, "2026-09-06 02:00:00")) {
		t.Errorf("opens %s", at.In(s.location))
	}
	if at := s.opensAfter(inZone(t, santiago, "2026-09-06 12:00:00")).In(s.location); at.Format("2006-01-02 15:04") != "2026-09-07 07:00" {
		t.Errorf("after the short day it opens %s", at)
	}
	if s.openAt(inZone(t, santiago, "2026-09-06 12:00:00")) {
		t.Error("open after its hours")
	}
}

func TestRefusalsSayWhenNumbersAreGivenAgain(t *testing.T) {
	setup := calendar()
	setup.Services[0].Quota = 1
	w := newWorld(t, setup)
	w.now = inZone(t, vietNam, "2026-11-23 09:00:00")
	w.take(t, TakeRequest{Service: "A"})
	for name, c := range map[string]struct {
		now, opens string
		service    string
		code       Code
	}{
		"in the morning":           {"2026-11-23 07:00:00", "2026-11-23 07:30:00", "B", CodeOfficeClosed},
		"at noon":                  {"2026-11-23 12:00:00", "2026-11-23 13:00:00", "B", CodeOfficeClosed},
		"in the evening":           {"2026-11-23 17:00:00", "2026-11-24 07:30:00", "B", CodeOfficeClosed},
		"all numbers given":        {"2026-11-23 10:00:00", "2026-11-24 07:30:00", "A", CodeServiceFull},
		"all numbers given, Tết":   {"2027-02-03 09:00:00", "2027-02-11 07:30:00", "A", CodeServiceFull},
		"all given, and it's noon": {"2026-11-23 12:00:00", "2026-11-24 07:30:00", "A", CodeOfficeClosed},
	} {
		now := inZone(t, vietNam, c.now)
		v, _ := w.s.service(c.service)
		err := w.s.gives(v, Kiosk, now)
		if got := opensOf(t, err); ErrorCode(err) != c.code || !got.Equal(inZone(t, vietNam, c.opens)) {
			t.Errorf("%s: %v, opens %s; want %s, %s", name, err, got.In(w.s.location), c.code, c.opens)
		}
	}
}

func TestDaysThatCannotBe(t *testing.T) {
	for name, days := range map[string][]Day{
		"in words":       {{Date: "Tết"}},
		"without zeros":  {{Date: "2027-2-6"}},
		"that never was": {{Date: "2027-02-30"}},
		"twice":          {{Date: "2027-02-06"}, {Date: "2027-02-06"}},
		"backwards":      {{Date: "2027-02-06", Hours: []Span{{"12:00", "08:00"}}}},
		"of no length":   {{Date: "2027-02-06", Hours: []Span{{"12:00", "12:00"}}}},
		"from midnight":  {{Date: "2027-02-06", Hours: []Span{{"24:00", "24:00"}}}},
		"past midnight":  {{Date: "2027-02-06", Hours: []Span{{"23:00", "25:00"}}}},
		"from words":     {{Date: "2027-02-06", Hours: []Span{{"sáng", "trưa"}}}},
		"too many":       make([]Day, maxDays+1),
		"a long name":    {{Date: "2027-02-06", Name: string(make([]byte, maxName+1))}},
	} {
		s := CommuneCentre()
		s.Days = days
		if err := s.validate(); ErrorCode(err) != CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := CommuneCentre()
	s.Days = []Day{{Date: "2028-02-29", Hours: []Span{{"00:00", "24:00"}}}}
	if err := s.validate(); err != nil {
		t.Error(err)
	}
}
