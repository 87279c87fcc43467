package main

import (
	"context"
	"time"
)

// nightlyHour is when the store is copied, in the office's time: nobody is
// there, and the day's last message has gone.
const nightlyHour = 2

// nightly copies store and messages once a night. A copy that fails is said
// and tried again the next night; the office goes on.
func (a *app) nightly(ctx context.Context) error {
	for {
		timer := time.NewTimer(time.Until(nextNight(time.Now(), a.where.location())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case now := <-timer.C:
			if _, err := backUp(ctx, a.data.path, "", now); err != nil && ctx.Err() == nil {
				a.log.Error("the nightly backup failed; see \"xinmoi backup\"", "err", err)
			}
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
