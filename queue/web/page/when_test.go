package page_test

import (
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestWhen(t *testing.T) {
	zone := time.FixedZone("+07", 7*60*60)
	for _, tc := range []struct {
		at     time.Time
		vi, en string
	}{
		{time.Date(2026, 11, 23, 7, 30, 0, 0, zone), "07:30, thứ Hai 23/11", "07:30 on Monday 23 November"},
		{time.Date(2026, 11, 29, 13, 0, 0, 0, zone), "13:00, Chủ nhật 29/11", "13:00 on Sunday 29 November"},
		{time.Date(2027, 1, 2, 0, 0, 0, 0, zone), "00:00, thứ Bảy 02/01", "00:00 on Saturday 2 January"},
		{time.Time{}, "", ""},
	} {
		if vi, en := page.Vietnamese.When(tc.at), page.English.When(tc.at); vi != tc.vi || en != tc.en {
			t.Errorf("%v: %q, %q, want %q, %q", tc.at, vi, en, tc.vi, tc.en)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 days", 1: "1 day", 2: "2 days", 1000: "1000 days"} {
		if got := page.Count(n, "day"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
