package announce

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/voice"
)

func TestClock(t *testing.T) {
	for _, c := range []struct{ clock, text, spoken string }{
		{"07:30", "7 giờ 30 sáng", "bảy giờ ba mươi sáng"},
		{"8:00", "8 giờ sáng", "tám giờ sáng"},
		{"7h05", "7 giờ 05 phút sáng", "bảy giờ năm phút sáng"},
		{"04:00", "4 giờ sáng", "bốn giờ sáng"},
		{"03:59", "3 giờ 59 đêm", "ba giờ năm mươi chín đêm"},
		{"12:00", "12 giờ trưa", "mười hai giờ trưa"},
		{"12:45", "12 giờ 45 trưa", "mười hai giờ bốn mươi lăm trưa"},
		{"13h", "1 giờ chiều", "một giờ chiều"},
		{"17:21", "5 giờ 21 chiều", "năm giờ hai mươi mốt chiều"},
		{"18:00", "6 giờ tối", "sáu giờ tối"},
		{"20:24", "8 giờ 24 tối", "tám giờ hai mươi tư tối"},
		{"21:00", "9 giờ đêm", "chín giờ đêm"},
		{"00:00", "12 giờ đêm", "mười hai giờ đêm"},
		{"24:00", "12 giờ đêm", "mười hai giờ đêm"},
	} {
		at, err := ParseClock(c.clock)
		if err != nil {
			t.Errorf("%s: %v", c.clock, err)
		}
		if s := Clock(at, Wording{}); s.Text() != c.text || s.Spoken() != c.spoken {
			t.Errorf("%s: %q, spoken %q", c.clock, s.Text(), s.Spoken())
		}
	}
	for _, bad := range []string{"", "7", "7:5", "7:60", "25:00", "24:01", "-1:00", "7:300", "007:30", "7h3", "٧:30", "7:30:00"} {
		if got, err := ParseClock(bad); err == nil {
			t.Errorf("%q is %d", bad, got)
		}
	}
	if !Clock(-1, Wording{}).IsZero() || !Clock(minutesOfDay+1, Wording{}).IsZero() {
		t.Error("a time that is none is said")
	}
	if got := Clock(ClockOf(time.Date(2026, 11, 22, 9, 24, 0, 0, time.UTC)), Wording{Region: South}).Spoken(); got != "chín giờ hai mươi bốn sáng" {
		t.Errorf("%q", got)
	}
}

func TestHours(t *testing.T) {
	spans := []ClockSpan{{At(7, 30), At(11, 30)}, {At(13, 30), At(17, 0)}}
	s := Hours(spans, Wording{})
	if want := "từ bảy giờ ba mươi đến mười một giờ ba mươi sáng và từ một giờ ba mươi đến năm giờ chiều"; s.Spoken() != want {
		t.Errorf("%q", s.Spoken())
	}
	if want := "từ 7 giờ 30 đến 11 giờ 30 sáng, và từ 1 giờ 30 đến 5 giờ chiều"; s.Text() != want {
		t.Errorf("%q", s.Text())
	}
	if got := Hours([]ClockSpan{{At(8, 0), At(17, 0)}, {-5, 3}}, Wording{}).Spoken(); got != "từ tám giờ sáng đến năm giờ chiều" {
		t.Errorf("%q", got)
	}
	if !Hours(nil, Wording{}).IsZero() {
		t.Error("no hours are said")
	}
}

func TestLengthAndWait(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		-time.Minute:              {"chưa đầy một phút", "sắp đến lượt"},
		20 * time.Second:          {"chưa đầy một phút", "sắp đến lượt"},
		time.Minute:               {"một phút", "sắp đến lượt"},
		4*time.Minute + 59e9:      {"năm phút", "sắp đến lượt"},
		5 * time.Minute:           {"năm phút", "khoảng năm phút"},
		15 * time.Minute:          {"mười lăm phút", "khoảng mười lăm phút"},
		65 * time.Minute:          {"một giờ năm phút", "khoảng một giờ năm phút"},
		2 * time.Hour:             {"hai giờ", "khoảng hai giờ"},
		1000 * time.Hour:          {"chín mươi chín giờ", "khoảng chín mươi chín giờ"},
		24*time.Minute + 29*1e9:   {"hai mươi tư phút", "khoảng hai mươi tư phút"},
		59*time.Minute + 40*1e9:   {"một giờ", "khoảng một giờ"},
		time.Duration(1<<63 - 1):  {"chín mươi chín giờ", "khoảng chín mươi chín giờ"},
		time.Duration(-(1 << 62)): {"chưa đầy một phút", "sắp đến lượt"},
	} {
		if l, w := Length(d, Wording{}).Spoken(), Wait(d, Wording{}).Spoken(); l != want[0] || w != want[1] {
			t.Errorf("%v: %q, %q", d, l, w)
		}
	}
	if got := Wait(65*time.Minute, Wording{}).Text(); got != "khoảng 1 giờ 5 phút" {
		t.Errorf("%q", got)
	}
}

func TestDate(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		date         string
		r            Region
		text, spoken string
	}{
		{"2026-11-22", North, "Chủ nhật, ngày 22 tháng 11 năm 2026", "chủ nhật ngày hai mươi hai tháng mười một năm hai nghìn không trăm hai mươi sáu"},
		{"2026-03-05", North, "Thứ năm, ngày 5 tháng 3 năm 2026", "thứ năm ngày mồng năm tháng ba năm hai nghìn không trăm hai mươi sáu"},
		{"2026-03-10", South, "Thứ ba, ngày 10 tháng 3 năm 2026", "thứ ba ngày mùng mười tháng ba năm hai ngàn không trăm hai mươi sáu"},
		{"2027-04-24", South, "Thứ bảy, ngày 24 tháng 4 năm 2027", "thứ bảy ngày hai mươi bốn tháng tư năm hai ngàn không trăm hai mươi bảy"},
		{"2024-05-11", North, "Thứ bảy, ngày 11 tháng 5 năm 2024", "thứ bảy ngày mười một tháng năm năm hai nghìn không trăm hai mươi tư"},
	} {
		s := Date(day(c.date), Wording{Region: c.r})
		if s.Text() != c.text || s.Spoken() != c.spoken {
			t.Errorf("%s: %q\n%q", c.date, s.Text(), s.Spoken())
		}
		parts := s.Parts()
		if p := parts[len(parts)-2]; p.Pause != pauseYear || p.Pos != voice.Continuation {
			t.Errorf("%s: before the year %+v", c.date, p)
		}
	}
	if got := Day(day("2026-11-23"), Wording{}).Text(); got != "Thứ hai, ngày 23 tháng 11" {
		t.Errorf("%q", got)
	}
}

func TestReopens(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for opens, want := range map[string]string{
		"2026-11-22 13:30": "Văn phòng làm việc lại lúc 1 giờ 30 chiều hôm nay.",
		"2026-11-23 07:30": "Văn phòng làm việc lại lúc 7 giờ 30 sáng ngày mai.",
		"2026-11-30 07:30": "Văn phòng làm việc lại lúc 7 giờ 30 sáng thứ hai, ngày 30 tháng 11.",
		"2027-11-22 07:30": "Văn phòng làm việc lại lúc 7 giờ 30 sáng thứ hai, ngày 22 tháng 11.",
	} {
		s := Reopens(at(opens), at("2026-11-22 12:10"), Wording{})
		if s.Text() != want {
			t.Errorf("%s: %q", opens, s.Text())
		}
		if last := s.Parts()[len(s.Parts())-1]; last.Pos != voice.Final {
			t.Errorf("%s ends with %+v", opens, last)
		}
	}
	if s := Reopens(at("2027-01-01 08:00"), at("2026-12-31 23:59"), Wording{Region: South}); s.Spoken() != "văn phòng làm việc lại lúc tám giờ sáng ngày mai" {
		t.Errorf("%q", s.Spoken())
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[int64][2]string{
		0:             {"0 đồng", "không đồng"},
		500:           {"500 đồng", "năm trăm đồng"},
		50_000:        {"50.000 đồng", "năm mươi nghìn đồng"},
		1_250_000:     {"1.250.000 đồng", "một triệu hai trăm năm mươi nghìn đồng"},
		2_000_000_000: {"2.000.000.000 đồng", "hai tỷ đồng"},
		-15_000:       {"-15.000 đồng", "âm mười lăm nghìn đồng"},
	} {
		if s := Money(amount, Wording{}); s.Text() != want[0] || s.Spoken() != want[1] {
			t.Errorf("%d: %q, %q", amount, s.Text(), s.Spoken())
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		if got := strings.ReplaceAll(Grouped(n), ".", ""); got != fmt.Sprint(n) {
			t.Fatalf("%d is written %s", n, Grouped(n))
		}
	})
}

func TestCodesAndPhones(t *testing.T) {
	for _, c := range []struct {
		s            Sentence
		text, spoken string
	}{
		{Code("001099012345"), "001 099 012 345", "không không một không chín chín không một hai ba bốn năm"},
		{Code("123456789"), "123 456 789", "một hai ba bốn năm sáu bảy tám chín"},
		{Code("h29-240521-0012"), "H29-240 521-0012", "hát hai chín hai bốn không năm hai một không không một hai"},
		{Code("000.00.16.H29"), "000.00.16.H29", "không không không không không một sáu hát hai chín"},
		{Code("12345"), "123 45", "một hai ba bốn năm"},
		{Code(" –7/b "), "7/B", "bảy bê"},
		{Code("…"), "", ""},
		{Phone("+84 912 345 678"), "0912 345 678", "không chín một hai ba bốn năm sáu bảy tám"},
		{Phone("0912.345.678"), "0912 345 678", "không chín một hai ba bốn năm sáu bảy tám"},
		{Phone("02438261234"), "024 3826 1234", "không hai bốn ba tám hai sáu một hai ba bốn"},
		{Phone("02033821234"), "0203 3821 234", "không hai không ba ba tám hai một hai ba bốn"},
		{Phone("19001234"), "1900 1234", "một chín không không một hai ba bốn"},
		{Phone("113"), "113", "một một ba"},
		{Phone("84"), "84", "tám bốn"},
	} {
		if c.s.Text() != c.text || c.s.Spoken() != c.spoken {
			t.Errorf("%q, spoken %q; want %q", c.s.Text(), c.s.Spoken(), c.text)
		}
	}
	var pauses []time.Duration
	for _, p := range Code("H2912").Parts() {
		pauses = append(pauses, p.Pause)
	}
	if want := []time.Duration{pauseDigit, pauseDigit, pauseDigit, pauseDigit, 0}; fmt.Sprint(pauses) != fmt.Sprint(want) {
		t.Errorf("pauses %v", pauses)
	}
	if p := Code("123456").Parts()[2]; p.Pause != pauseGroup || p.Pos != voice.Continuation {
		t.Errorf("end of a group: %+v", p)
	}
}

// Every sign of a code is said, in groups of at most four, however it is written.
func FuzzCode(f *testing.F) {
	f.Add("H29-240521-0012")
	f.Add("+84 912 345 678")
	f.Add("Đ٣\u0301..12345678901234567890")
	f.Fuzz(func(t *testing.T, code string) {
		run := 0
		for _, p := range Code(code).Parts() {
			if len(p.Words) == 0 {
				t.Fatalf("%q: nothing said in %+v", code, p)
			}
			if run++; p.Pause == pauseGroup {
				run = 0
			}
			if p.Text >= "0" && p.Text <= "9" && len(p.Text) == 1 && run > maxCode {
				t.Fatalf("%q: a group of %d", code, run)
			}
		}
		want := 0
		for _, c := range cutRunes(code, maxCode) {
			if isFigure(c) {
				want++
			}
		}
		var got int
		for _, p := range Phone(code).Parts() {
			got += len(p.Words)
		}
		if got < want-2 || got > want {
			t.Fatalf("%q: %d figures said of %d", code, got, want)
		}
	})
}

func FuzzParseClock(f *testing.F) {
	f.Add("07:30")
	f.Add("7h")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClock(text)
		if err != nil {
			return
		}
		again, err := ParseClock(fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60))
		if err != nil || again != c || Clock(c, Wording{}).IsZero() {
			t.Fatalf("%q is %d, then %d (%v)", text, c, again, err)
		}
	})
}

// Whatever is read aloud is read from clips alone.
func TestReadingsHaveClips(t *testing.T) {
	for _, w := range []Wording{{}, {Region: South}} {
		lib := libraryOf(InventoryOf(w, BuiltIn(), nil))
		var all []Sentence
		for m := ClockTime(0); m <= minutesOfDay; m++ {
			all = append(all, Clock(m, w))
		}
		for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
			all = append(all, Date(d, w), Day(d, w), Reopens(d, d.AddDate(0, 0, d.Day()%3-2), w))
		}
		for m := time.Duration(0); m < 300; m++ {
			all = append(all, Wait(m*time.Minute, w), Length(m*time.Minute, w), Money(int64(m)*5000, w), Money(int64(m)*1_250_000_000, w))
		}
		all = append(all, Hours([]ClockSpan{{At(7, 30), At(11, 30)}, {At(13, 0), At(17, 0)}}, w), Code("ABCDĐEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
		for _, s := range all {
			for _, step := range Plan(s, lib) {
				if step.Missing {
					t.Fatalf("%q lacks %q", s.Text(), step.Text)
				}
			}
		}
	}
}
