package announce

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// ClockTime is a time of day in minutes since midnight, 0 to 1440 (24:00).
type ClockTime int

// minutesOfDay bounds a ClockTime.
const minutesOfDay = 24 * 60

// At gives the time of day of an hour, 0 to 24, and a minute.
func At(hour, minute int) ClockTime { return ClockTime(hour*60 + minute) }

// ClockOf gives the time of day of t in its own time zone.
func ClockOf(t time.Time) ClockTime { return At(t.Hour(), t.Minute()) }

// ParseClock reads "07:30", "7:30", "7h30" or "7h"; 24:00 is the end of a day.
func ParseClock(s string) (ClockTime, error) {
	hour, minute, ok := strings.Cut(strings.Replace(strings.ToLower(strings.TrimSpace(s)), "h", ":", 1), ":")
	if ok && minute == "" && strings.ContainsAny(s, "hH") {
		minute = "00"
	}
	h, m := smallNumber(hour, 2), smallNumber(minute, 2)
	if !ok || h < 0 || m < 0 || len(minute) != 2 || m > 59 || h*60+m > minutesOfDay {
		return 0, fmt.Errorf("%.20q is not a time of day: write 07:30", s)
	}
	return At(h, m), nil
}

// smallNumber reads up to so many figures; −1 is none.
func smallNumber(s string, most int) int {
	if len(s) > most || !onlyFigures(s) {
		return -1
	}
	n := 0
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}

// Valid reports whether it is a time of day.
func (c ClockTime) Valid() bool { return c >= 0 && c <= minutesOfDay }

// split gives hour 0–23 and minute; 24:00 is midnight.
func (c ClockTime) split() (hour, minute int) {
	m := int(c) % minutesOfDay
	return m / 60, m % 60
}

// partOfDay is how Vietnamese divides the day (CLDR day periods): sáng 4–12,
// trưa at twelve, chiều to 18, tối to 21, đêm from there to 4.
func (c ClockTime) partOfDay() string {
	hour, _ := c.split()
	switch {
	case hour >= 4 && hour < 12:
		return "sáng"
	case hour == 12:
		return "trưa"
	case hour > 12 && hour < 18:
		return "chiều"
	case hour >= 18 && hour < 21:
		return "tối"
	}
	return "đêm"
}

// hour12 is the hour as it is spoken, 1 to 12.
func (c ClockTime) hour12() int {
	hour, _ := c.split()
	return (hour+11)%12 + 1
}

// Clock says a time of day: "bảy giờ ba mươi sáng", "một giờ chiều"; for
// people "7 giờ 30 sáng". It is never "kém". A time that is none is silence.
func Clock(c ClockTime, w Wording) Sentence {
	if !c.Valid() {
		return Sentence{}
	}
	part := c.partOfDay()
	return Join(c.sentence(w), words(part, part, voice.Continuation, 0))
}

// sentence says hour and minute without the part of the day.
func (c ClockTime) sentence(w Wording) Sentence {
	_, minute := c.split()
	s := w.switches()
	out := counted(c.hour12(), "giờ", s)
	if minute > 0 {
		text, spoken := fmt.Sprintf("%02d", minute), s.Words(int64(minute))
		if minute < 10 {
			text, spoken = text+" phút", spoken+" phút" // "bảy giờ năm" alone is too short to be heard well.
		}
		out = Join(out, words(text, spoken, voice.NonFinal, 0))
	}
	return out
}

// counted says a number with a word behind it in one breath: "bảy giờ".
func counted(n int, unit string, s Switches) Sentence {
	return Sentence{parts: []Part{{
		Text: fmt.Sprintf("%d %s", n, unit), Words: strings.Fields(s.Words(int64(n)) + " " + unit), Pos: voice.NonFinal,
	}}}
}

// ClockSpan is a time from one hour to another, on the same day.
type ClockSpan struct{ From, To ClockTime }

// Hours says when an office is open: "từ bảy giờ ba mươi đến mười một giờ ba
// mươi sáng, và từ một giờ ba mươi đến năm giờ chiều". The part of the day is
// said once where both ends are in it. A span that is none is left out.
func Hours(spans []ClockSpan, w Wording) Sentence {
	var out Sentence
	for _, s := range spans {
		if !s.From.Valid() || !s.To.Valid() {
			continue
		}
		from := "từ"
		if len(out.parts) > 0 {
			out.after(",", voice.Continuation, PauseComma)
			from = "và từ"
		}
		start := Clock(s.From, w)
		if s.From.partOfDay() == s.To.partOfDay() {
			start = s.From.sentence(w)
		}
		out = Join(out, words(from, from, voice.NonFinal, 0), start.Ending(voice.NonFinal), words("đến", "đến", voice.NonFinal, 0), Clock(s.To, w))
	}
	return out
}

// after puts a mark behind what was said.
func (s *Sentence) after(mark string, pos voice.Position, pause time.Duration) {
	if last := len(s.parts) - 1; last >= 0 {
		end := &s.parts[last]
		end.Text, end.Pos, end.Pause = end.Text+mark, pos, pause
	}
}

// Length says how long something takes, to the minute: "mười lăm phút", "một
// giờ năm phút", "hai giờ". Less than a minute, and anything negative, is
// "chưa đầy một phút"; more than 99 hours is said as 99.
func Length(d time.Duration, w Wording) Sentence {
	s := w.switches()
	minutes := int(min(d, 99*time.Hour).Round(time.Minute) / time.Minute)
	if minutes < 1 {
		return words("chưa đầy 1 phút", "chưa đầy một phút", voice.Continuation, 0)
	}
	var out Sentence
	if minutes >= 60 {
		out = counted(minutes/60, "giờ", s)
	}
	if minutes%60 > 0 {
		out = Join(out, counted(minutes%60, "phút", s))
	}
	return out.Ending(voice.Continuation)
}

// nearly is the wait below which no figure is promised.
const nearly = 5 * time.Minute

// Wait says how long somebody will wait: "khoảng mười lăm phút", or "sắp đến
// lượt" below five minutes, where a figure would be wrong as often as right.
func Wait(d time.Duration, w Wording) Sentence {
	if d < nearly {
		return words("sắp đến lượt", "sắp đến lượt", voice.Continuation, 0)
	}
	return Join(words("khoảng", "khoảng", voice.NonFinal, 0), Length(d, w))
}
