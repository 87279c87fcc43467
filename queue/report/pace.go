package report

import (
	"context"
	"time"
)

// Pace keeps long work from taking a processor for itself: it rests as long as
// it has worked, in short turns, so that whoever takes a number meanwhile waits
// no longer for it.
type Pace struct{ since time.Time }

// paceTurn is how long it works before it rests.
const paceTurn = 4 * time.Millisecond

// NewPace begins to work.
func NewPace() *Pace { return &Pace{time.Now()} }

// Rest rests if it is time to; the error is that of ctx.
func (p *Pace) Rest(ctx context.Context) error {
	worked := time.Since(p.since)
	if worked < paceTurn {
		return ctx.Err()
	}
	timer := time.NewTimer(min(worked, 5*paceTurn))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	p.since = time.Now()
	return nil
}
