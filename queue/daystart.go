package queue

import (
	"context"
	"time"
)

// How far back the log is read to know the day so far: a business day lasts at
// most from one midnight to some hours after the next.
const (
	dayMost   = 36 * time.Hour
	firstLook = 2048 // Events.
)

// BeforeToday finds a place in an office's log before its business day began,
// without reading all that was before: who follows the log from there knows the
// day so far.
func BeforeToday(ctx context.Context, o Office, now time.Time) (after int64, err error) {
	b, err := o.Board(ctx)
	if err != nil {
		return 0, err
	}
	for back := int64(firstLook); back < b.Seq; back *= 4 {
		for e, err := range o.Events(ctx, b.Seq-back) {
			if err != nil {
				return 0, err
			}
			if now.Sub(e.At) > dayMost {
				return b.Seq - back, nil
			}
			break
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	return 0, nil
}
