package main

import (
	"testing"
	"time"
)

func TestNextNight(t *testing.T) {
	loc := time.FixedZone("+07", 7*60*60)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, loc) }
	for _, tc := range []struct{ now, want time.Time }{
		{at(21, 1, 59), at(21, 2, 0)},
		{at(21, 2, 0), at(22, 2, 0)},
		{at(21, 23, 0), at(22, 2, 0)},
		{at(30, 12, 0), time.Date(2026, 12, 1, 2, 0, 0, 0, loc)},
	} {
		if got := nextNight(tc.now.UTC(), loc); !got.Equal(tc.want) {
			t.Errorf("after %s: %s, want %s", tc.now, got, tc.want)
		}
	}
}
