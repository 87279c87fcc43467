// Package holiday is for suggesting Viet Nam's public holidays to an office that
// sets its calendar up: by the Labour Code (Bộ luật Lao động 2019, articles 111
// and 112), with the days of the lunar calendar computed. What the Government
// decides anew each year is marked as unsure; nothing here closes an office.
package holiday

import (
	"slices"
	"strings"
	"time"
)

// Day is one suggested day off.
type Day struct {
	Date         time.Time // Midnight UTC of the date.
	Name, NameEN string
	Sure         bool // Fixed by law; else announced anew each year: look before saving.
}

// The years that the computation of the moon was tried for.
const (
	First = 2000
	Last  = 2099
)

// Public lists the public holidays of a year in order, days off in lieu among
// them: a holiday on a Saturday or Sunday is made up for on the next working
// day. Outside First to Last the list is empty.
func Public(year int) []Day {
	if year < First || year > Last {
		return nil
	}
	date := func(month time.Month, day int) time.Time { return time.Date(year, month, day, 0, 0, 0, 0, time.UTC) }
	tet := lunar(year, 1, 1)
	days := []Day{{date(time.January, 1), "Tết Dương lịch", "New Year's Day", true}}
	for i := -1; i <= 3; i++ { // Five days; which, is announced each year.
		days = append(days, Day{tet.AddDate(0, 0, i), "Tết Nguyên đán", "Lunar New Year", i >= 0 && i <= 2})
	}
	days = append(days,
		Day{lunar(year, 3, 10), "Giỗ Tổ Hùng Vương", "Hung Kings' Commemoration Day", true},
		Day{date(time.April, 30), "Ngày Chiến thắng", "Reunification Day", true},
		Day{date(time.May, 1), "Ngày Quốc tế lao động", "International Labour Day", true},
		Day{besideNationalDay(date(time.September, 2)), "Quốc khánh", "National Day", false},
		Day{date(time.September, 2), "Quốc khánh", "National Day", true},
	)
	// The Party's resolution 80-NQ/TW of January 2026 wants it a paid day off, and
	// the Government's 30/NQ-CP has it put into article 112: compare before relying on it.
	if year >= 2026 {
		days = append(days, Day{date(time.November, 24), "Ngày Văn hóa Việt Nam", "Viet Nam Culture Day", false})
	}
	days = inLieu(days)
	slices.SortFunc(days, func(a, b Day) int { return a.Date.Compare(b.Date) })
	return days
}

// besideNationalDay guesses the second day of it: the one that lengthens a
// weekend, else the day before.
func besideNationalDay(second time.Time) time.Time {
	switch second.Weekday() {
	case time.Thursday, time.Friday, time.Wednesday:
		return second.AddDate(0, 0, 1)
	default:
		return second.AddDate(0, 0, -1)
	}
}

// inLieu adds the days off for holidays that fall on a weekend.
func inLieu(days []Day) []Day {
	taken := map[time.Time]bool{}
	for _, d := range days {
		taken[d.Date] = true
	}
	for _, d := range slices.Clone(days) {
		if !weekend(d.Date) {
			continue
		}
		at := d.Date
		for weekend(at) || taken[at] {
			at = at.AddDate(0, 0, 1)
		}
		taken[at] = true
		days = append(days, Day{at, "Nghỉ bù " + d.Name, "In lieu of " + strings.TrimPrefix(d.NameEN, "In lieu of "), false})
	}
	return days
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }
