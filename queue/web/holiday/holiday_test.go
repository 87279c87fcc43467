package holiday

import (
	"testing"
	"time"
)

// The first day of the lunar year and the tenth of its third month, as the
// official calendars have them.
func TestLunarDays(t *testing.T) {
	for year, want := range map[int][2]string{
		2004: {"2004-01-22", "2004-04-28"}, 2006: {"2006-01-29", "2006-04-07"}, 2007: {"2007-02-17", "2007-04-26"}, // A day before China's.
		2014: {"2014-01-31", "2014-04-09"}, 2017: {"2017-01-28", "2017-04-06"}, 2020: {"2020-01-25", "2020-04-02"},
		2021: {"2021-02-12", "2021-04-21"}, 2022: {"2022-02-01", "2022-04-10"}, 2023: {"2023-01-22", "2023-04-29"}, // Leap second month.
		2024: {"2024-02-10", "2024-04-18"}, 2025: {"2025-01-29", "2025-04-07"}, 2026: {"2026-02-17", "2026-04-26"},
		2027: {"2027-02-06", "2027-04-16"}, 2028: {"2028-01-26", "2028-04-04"}, 2029: {"2029-02-13", "2029-04-23"},
		2030: {"2030-02-02", "2030-04-12"}, // A day before China's.
	} {
		for i, got := range []time.Time{lunar(year, 1, 1), lunar(year, 3, 10)} {
			if got.Format(time.DateOnly) != want[i] {
				t.Errorf("%d: %s, want %s", year, got.Format(time.DateOnly), want[i])
			}
		}
	}
}

// The first day of the lunar year in the years that are set up beforehand.
func TestTetToCome(t *testing.T) {
	for year, want := range map[int]string{2031: "2031-01-23", 2032: "2032-02-11", 2033: "2033-01-31", 2034: "2034-02-19", 2035: "2035-02-08"} {
		if got := lunar(year, 1, 1).Format(time.DateOnly); got != want {
			t.Errorf("%d: %s, want %s", year, got, want)
		}
	}
}

func TestPublic(t *testing.T) {
	for year := First; year <= Last; year++ {
		days := Public(year)
		seen := map[time.Time]bool{}
		working := 0
		for i, d := range days {
			if seen[d.Date] || d.Date.Year() != year && d.Name[:3] != "Ngh" || i > 0 && d.Date.Before(days[i-1].Date) || d.Name == "" || d.NameEN == "" {
				t.Errorf("%d: %+v", year, days)
			}
			seen[d.Date] = true
			if !weekend(d.Date) {
				working++
			}
		}
		most := 11
		if year >= 2026 {
			most = 12
		}
		if working < most-1 || working > most { // Giỗ Tổ may fall on the Reunification Day.
			t.Errorf("%d: %d working days off, want %d", year, working, most)
		}
	}
	if Public(1999) != nil || Public(2100) != nil {
		t.Error("years that nobody has tried")
	}
}
