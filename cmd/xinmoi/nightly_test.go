package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
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

// What is done each night follows the office to another time zone the same day.
func TestNightFollowsTheZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w whereabouts
		w.keep(queue.Info{TimeZone: "Asia/Ho_Chi_Minh"})
		ctx, stop := context.WithCancel(t.Context())
		nights := make(chan time.Time)
		go func() {
			defer close(nights)
			for w.night(ctx) {
				nights <- time.Now()
			}
		}()
		first := <-nights
		if h := first.In(zoneOf("Asia/Ho_Chi_Minh")).Format("15:04"); h != "02:00" {
			t.Errorf("the first night at %s", h)
		}
		time.Sleep(time.Hour)
		w.keep(queue.Info{TimeZone: "Europe/Paris"}) // There it is 21 o'clock.
		second := <-nights
		if local := second.In(zoneOf("Europe/Paris")).Format("15:04"); local != "02:00" || second.Sub(first) > 7*time.Hour {
			t.Errorf("the second at %s, %v later", local, second.Sub(first))
		}
		if again := <-nights; again.Sub(second) != 24*time.Hour {
			t.Errorf("the third %v later", again.Sub(second))
		}
		stop()
		if _, more := <-nights; more {
			t.Error("a night after the end")
		}
	})
}
