package announce

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// pauseYear keeps the month or day apart from the year: "tháng năm" (May) and
// "năm hai nghìn" (the year two thousand) would run together.
const pauseYear = 150 * time.Millisecond

// Date says a day: "chủ nhật, ngày hai mươi hai tháng mười một, năm hai nghìn
// không trăm hai mươi sáu"; for people "Chủ nhật, ngày 22 tháng 11 năm 2026".
// The first ten days are "mồng" or "mùng", April is "tháng tư".
func Date(t time.Time, w Wording) Sentence {
	s := w.switches()
	year := s.Words(int64(t.Year()))
	return Join(
		Weekday(t.Weekday()).marked(",", PauseComma),
		dayAndMonth(t, s).marked("", pauseYear),
		words(fmt.Sprintf("năm %d", t.Year()), "năm "+year, voice.Continuation, 0),
	)
}

// Day says a day of this year or the next without the year: "thứ hai, ngày
// mồng năm tháng ba".
func Day(t time.Time, w Wording) Sentence {
	return Join(Weekday(t.Weekday()).marked(",", PauseComma), dayAndMonth(t, w.switches()).Ending(voice.Continuation))
}

// When says a moment from now on, as it is told to somebody who plans: "bảy giờ
// ba mươi sáng hôm nay", "… sáng ngày mai", and further away "… sáng thứ hai,
// ngày hai mươi ba tháng mười một". Both times are those of the office's zone.
func When(at, now time.Time, w Wording) Sentence {
	clock := Clock(ClockOf(at), w).Ending(voice.NonFinal)
	switch {
	case sameDay(at, now):
		return Join(clock, words("hôm nay", "hôm nay", voice.Continuation, 0))
	case sameDay(at, now.AddDate(0, 0, 1)):
		return Join(clock, words("ngày mai", "ngày mai", voice.Continuation, 0))
	}
	day := Day(at, w)
	day.parts[0].Text = strings.ToLower(day.parts[0].Text) // It does not begin the sentence.
	return Join(clock, day)
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

// Reopens tells who comes too late when the office works again: "Văn phòng làm
// việc lại lúc bảy giờ ba mươi sáng ngày mai."
func Reopens(at, now time.Time, w Wording) Sentence {
	out := Join(Phrase("Văn phòng làm việc lại lúc"), When(at, now, w)).Ending(voice.Final)
	out.after(".", voice.Final, PauseSentence)
	return out
}

// Weekday says a day of the week: "chủ nhật", "thứ hai" … "thứ bảy".
func Weekday(d time.Weekday) Sentence {
	names := [...]string{"Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy"}
	name := names[(int(d)%7+7)%7]
	return words(name, strings.ToLower(name), voice.Continuation, 0)
}

func dayAndMonth(t time.Time, s Switches) Sentence {
	day := "ngày " + s.Words(int64(t.Day()))
	if t.Day() <= 10 {
		day = "ngày " + s.FirstDays + " " + s.Words(int64(t.Day()))
	}
	return Join(
		words(fmt.Sprintf("ngày %d", t.Day()), day, voice.NonFinal, 0),
		words(fmt.Sprintf("tháng %d", int(t.Month())), monthWords(t.Month(), s), voice.NonFinal, 0),
	)
}

// monthWords names a month: "tháng một" … "tháng mười hai".
func monthWords(m time.Month, s Switches) string {
	if m == time.April {
		return "tháng tư"
	}
	return "tháng " + s.Words(int64(m))
}

// marked gives the sentence with a mark and a pause behind it; it goes on.
func (s Sentence) marked(mark string, pause time.Duration) Sentence {
	out := s.Ending(voice.Continuation)
	out.after(mark, voice.Continuation, pause)
	return out
}
