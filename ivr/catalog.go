package ivr

import (
	"context"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// staleAfter bounds how old an answer may be that stands in for an office
// that does not answer in time.
const staleAfter = 10 * time.Minute

// catalog knows what the office offers, also while it is slow to answer.
type catalog struct {
	office queue.Office

	mu       sync.Mutex
	info     queue.Info
	services []queue.ServiceView
	at       time.Time
	setup    queue.Setup
	setupAt  time.Time
}

// setupFresh is how long the office's setup is not asked for again: it is large,
// and calls may come by the hundred.
const setupFresh = 2 * time.Second

// setupNow tells what the office has decided; the latest answer serves while
// it cannot be asked.
func (c *catalog) setupNow(ctx context.Context, ask func(context.Context) (queue.Setup, error)) queue.Setup {
	if ask == nil {
		return queue.Setup{}
	}
	c.mu.Lock()
	known, fresh := c.setup, !c.setupAt.IsZero() && time.Since(c.setupAt) < setupFresh
	c.mu.Unlock()
	if fresh {
		return known
	}
	setup, err := ask(ctx)
	if err != nil {
		return known
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setup, c.setupAt = setup, time.Now()
	return setup
}

// now asks the office; if that takes too long, the latest answer serves, and
// whether it is still true shows when a number is asked for.
func (c *catalog) now(ctx context.Context) (queue.Info, []queue.ServiceView, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	info, services, err := c.fetch(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if !c.at.IsZero() && time.Since(c.at) < staleAfter {
			return c.info, c.services, nil
		}
		return c.info, nil, err
	}
	c.info, c.services, c.at = info, services, time.Now()
	return info, services, nil
}

func (c *catalog) fetch(ctx context.Context) (queue.Info, []queue.ServiceView, error) {
	info, err := c.office.Info(ctx)
	if err != nil {
		return queue.Info{}, nil, err
	}
	services, err := c.office.Services(ctx)
	return info, services, err
}

// zone is the office's time zone, UTC while it is not known.
func (c *catalog) zone() *time.Location {
	c.mu.Lock()
	defer c.mu.Unlock()
	return location(c.info.TimeZone)
}
