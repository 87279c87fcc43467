package main

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// nightlyHour is when the store is copied, in the office's time: nobody is
// there, and the day's last message has gone.
const nightlyHour = 2

// nightly copies store and messages once a night. A copy that fails is said
// and tried again the next night; the office goes on.
func (a *app) nightly(ctx context.Context) error {
	for a.where.night(ctx) {
		if _, err := backUp(ctx, a.data.path, "", time.Now()); err != nil && ctx.Err() == nil {
			a.log.Error("the nightly backup failed; see \"xinmoi backup\"", "err", err)
		}
	}
	return nil
}

// lookForNight is how long an office may have had another time zone, or another
// clock, before the night is looked for by it.
const lookForNight = 10 * time.Minute

// night waits until the office's clock strikes nightlyHour; false if ctx ends.
func (w *whereabouts) night(ctx context.Context) bool {
	since := time.Now().Round(0) // By the wall's clock: the machine may sleep.
	for {
		now := time.Now().Round(0)
		if now.Before(since) { // The clock was ahead.
			since = now
		}
		left := nextNight(since, w.location()).Sub(now)
		if left <= 0 {
			return ctx.Err() == nil
		}
		if !queue.Await(ctx, nil, min(left, lookForNight)) {
			return false
		}
	}
}

// nextNight is the next time after now at which the clock in loc strikes
// nightlyHour.
func nextNight(now time.Time, loc *time.Location) time.Time {
	local := now.In(loc)
	night := time.Date(local.Year(), local.Month(), local.Day(), nightlyHour, 0, 0, 0, loc)
	if !night.After(now) {
		night = time.Date(local.Year(), local.Month(), local.Day()+1, nightlyHour, 0, 0, 0, loc)
	}
	return night
}
