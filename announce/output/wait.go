package output

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Backoff gives how long to wait before attempt n (from 0): twice as long each
// time, from first to most.
func Backoff(n int, first, most time.Duration) time.Duration {
	d := first
	for range n {
		if d *= 2; d >= most {
			return most
		}
	}
	return min(d, most)
}

// Wait waits for d, or less if ctx ends, whose error it gives.
func Wait(ctx context.Context, d time.Duration) error {
	if queue.Await(ctx, nil, d) {
		return nil
	}
	return ctx.Err()
}
