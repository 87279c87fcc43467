package ivr

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
)

// How times are said. Vietnamese is announce's; other languages write the time
// with figures in their own words, and announce reads the figures.

// clock says a time of day: "bảy giờ ba mươi sáng", "7 30 in the morning".
func (s speech) clock(c announce.ClockTime) announce.Sentence {
	if s.Code == vietnamese {
		return announce.Clock(c, s.w)
	}
	return s.phrase(s.clockText(c))
}

func (s speech) clockText(c announce.ClockTime) string {
	const night, morning, noon, afternoon, evening = 0, 1, 2, 3, 4
	hour, minute := int(c)/60%24, int(c)%60
	part := night
	switch {
	case hour >= 4 && hour < 12:
		part = morning
	case hour == 12:
		part = noon
	case hour > 12 && hour < 18:
		part = afternoon
	case hour >= 18 && hour < 22:
		part = evening
	}
	text := fmt.Sprint((hour+11)%12 + 1)
	if minute > 0 && minute < 10 && s.Calendar.Zero != "" {
		text += " " + s.Calendar.Zero
	}
	if minute > 0 {
		text += fmt.Sprintf(" %d", minute)
	}
	if part < len(s.Calendar.Parts) {
		text += " " + s.Calendar.Parts[part]
	}
	return text
}

// day says a day from now on.
func (s speech) day(at, now time.Time) announce.Sentence {
	if s.Code != vietnamese {
		return s.phrase(s.dayText(at, now))
	}
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return announce.Phrase("Hôm nay")
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return announce.Phrase("Ngày mai")
	}
	return announce.Day(at, s.w)
}

func (s speech) dayText(at, now time.Time) string {
	switch day := at.Format(time.DateOnly); {
	case day == now.Format(time.DateOnly):
		return s.Calendar.Today
	case day == now.AddDate(0, 0, 1).Format(time.DateOnly):
		return s.Calendar.Tomorrow
	case len(s.Calendar.Weekdays) == 7 && len(s.Calendar.Months) == 12:
		return fmt.Sprintf("%s %s, %d %s", s.Calendar.On, s.Calendar.Weekdays[at.Weekday()], at.Day(), s.Calendar.Months[at.Month()-1])
	}
	return ""
}

// when says a moment from now on.
func (s speech) when(at, now time.Time) announce.Sentence {
	if s.Code == vietnamese {
		return announce.When(at, now, s.w)
	}
	return s.phrase(s.clockText(announce.ClockOf(at)) + " " + s.dayText(at, now))
}

// spans says the hours of one day.
func (s speech) spans(list []announce.ClockSpan) announce.Sentence {
	if s.Code == vietnamese {
		return announce.Hours(list, s.w)
	}
	var texts []string
	for i, span := range list {
		from := s.Calendar.From
		if i > 0 {
			from = s.Calendar.And
		}
		texts = append(texts, from+" "+s.clockText(span.From)+" "+s.Calendar.To+" "+s.clockText(span.To))
	}
	return s.phrase(strings.Join(texts, ", "))
}
