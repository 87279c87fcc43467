package callout

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// follow reads the office's log for ever, from where it left off. What was
// missed shows when each wish's ticket is looked up, as it is before every call.
func (c *Caller) follow(ctx context.Context) {
	var office string
	_ = queue.Following{ // Ends with ctx.
		Office: c.config.Office,
		From: func(ctx context.Context) (after int64, err error) {
			if after, office, err = queue.LeftOff(ctx, c.config.Office, c.book, c.log); err == nil {
				c.markAll()
			}
			return after, err
		},
		Event: func(ctx context.Context, ev queue.Event) (bool, error) { return c.notice(ctx, office, ev) },
		Save:  func(ctx context.Context, seq int64) error { return c.book.SetCursor(ctx, office, seq) },
		Broken: func(err error, pause time.Duration) {
			c.log.Warn("the office's log cannot be read; trying again", "err", err, "in", pause)
		},
	}.Run(ctx)
}

// Why a ringing call is given up.
var (
	errTicketOver = errors.New("the ticket is over")
	errHere       = errors.New("its holder has come")
)

// notice acts on one event: a wish whose ticket is over ends, together with the
// cursor; a running call hears of it; and the service is looked at. It tells
// whether it wrote the cursor.
func (c *Caller) notice(ctx context.Context, office string, ev queue.Event) (wrote bool, err error) {
	if ev.Kind == queue.OfficeConfigured || ev.Kind == queue.DayOpened {
		c.markAll()
	}
	if ev.Ticket == nil {
		return false, nil
	}
	t := *ev.Ticket
	c.mark(t.Service)
	switch {
	case over(t):
		c.stopRinging(t.ID, errTicketOver)
	case ev.Kind == queue.TicketCheckedIn:
		c.stopRinging(t.ID, errHere)
	}
	c.tell(t)
	if !over(t) {
		return false, nil
	}
	w, ok, err := c.book.WishFor(ctx, t.ID)
	if err != nil || !ok || w.State == book.Done {
		return false, err
	}
	ended, err := c.book.EndAt(ctx, t.ID, book.Expired, office, ev.Seq)
	if ended {
		c.toScrub()
	}
	return err == nil, err
}

// stopRinging gives up a call about a ticket that is not answered yet.
func (c *Caller) stopRinging(ticket string, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.running[ticket]; r != nil && !r.answered {
		r.stop(why)
	}
}

// tell gives a running call the latest of its ticket.
func (c *Caller) tell(t queue.Ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.running[t.ID]
	if r == nil {
		return
	}
	select {
	case <-r.moved: // Older news.
	default:
	}
	r.moved <- t
}

// mark has the wishes of a service looked at.
func (c *Caller) mark(service string) {
	c.mu.Lock()
	c.dirty[service] = true
	c.mu.Unlock()
	c.ring()
}

// everything stands for all services.
const everything = ""

func (c *Caller) markAll() { c.mark(everything) }

func (c *Caller) toScrub() {
	c.mu.Lock()
	c.erased = true
	c.mu.Unlock()
}
