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
	loc, err := time.LoadLocation(c.info.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}
