package api

import (
	"context"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Explanations and figures read a whole day: how often one caller may ask, and
// how many are made at once.
const (
	replayEvery  = 2 * time.Second
	replayBurst  = 10
	replayAtOnce = 2
	replayWait   = 5 * time.Second // How long others are waited for.
)

// gate lets in few of those who want something that costs much.
type gate struct {
	what   string        // For the detail of a problem.
	asked  *page.Limiter // By who asks.
	places chan struct{} // As many as are being made.
}

func newGate(what string) *gate {
	return &gate{what: what, asked: page.NewLimiter(replayEvery, replayBurst), places: make(chan struct{}, replayAtOnce)}
}

// enter admits one request of an operation, or says that it is too much at once.
func (g *gate) enter(ctx context.Context, op, who string) (release func(), err error) {
	tooMuch := func(wait time.Duration, format string, args ...any) error {
		return newProblem(queue.CodeRateLimited, format, args...).
			withAdvice(manageAdvice(op, queue.CodeRateLimited)).withHeader("Retry-After", strconv.Itoa(int(wait.Seconds())))
	}
	if !g.asked.Allow(who) {
		return nil, tooMuch(replayEvery, "too many %s for one caller", g.what)
	}
	ctx, cancel := context.WithTimeout(ctx, replayWait)
	defer cancel()
	select {
	case g.places <- struct{}{}:
		return func() { <-g.places }, nil
	case <-ctx.Done():
		return nil, tooMuch(time.Second, "%d %s are being made already", replayAtOnce, g.what)
	}
}

// who names the caller for a gate: without the part of a device that speaks,
// which it may call as it likes.
func who(office string, id identity) string {
	if len(id.grants) > 0 {
		return id.grants[0].ID
	}
	return "link:" + office + "/" + id.ticket
}
