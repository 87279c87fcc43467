package callout

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	followBase = 200 * time.Millisecond
	followMost = 5 * time.Second

	// Events that concern no wish are not worth a disk write each; after a
	// crash at most these are read again.
	cursorEvents = 256
	cursorEvery  = 5 * time.Second
)

// follow reads the office's log for ever, from where it left off.
func (c *Caller) follow(ctx context.Context) {
	for wait := followBase; ctx.Err() == nil; {
		progress, err := c.followOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if progress {
			wait = followBase
		}
		c.log.Warn("the office's log cannot be read; trying again", "err", err, "in", wait)
		if !sleep(ctx, wait) {
			return
		}
		wait = min(2*wait, followMost)
	}
}

// followOnce reads until the log breaks off and tells whether it came ahead.
func (c *Caller) followOnce(ctx context.Context) (progress bool, err error) {
	cursor, office, err := c.cursor(ctx)
	if err != nil {
		return false, err
	}
	c.markAll()
	saved, savedAt := cursor, c.now()
	for ev, err := range c.config.Office.Events(ctx, cursor) {
		if err != nil {
			return progress, err
		}
		progress = true
		ended, err := c.notice(ctx, office, ev)
		if err != nil {
			return progress, err
		}
		if !ended && (ev.Seq-saved >= cursorEvents || c.now().Sub(savedAt) >= cursorEvery) {
			if err := c.book.SetCursor(ctx, office, ev.Seq); err != nil {
				return progress, err
			}
			ended = true
		}
		if ended {
			saved, savedAt = ev.Seq, c.now()
		}
	}
	return progress, ctx.Err()
}

// cursor gives the place in the log to go on from. The first time that is its
// present end; and it is never past the end, which happens when the office was
// restored from a backup. What was missed then shows when each wish's ticket is
// looked up, as it is before every call.
func (c *Caller) cursor(ctx context.Context) (seq int64, office string, err error) {
	ask, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	info, err := c.config.Office.Info(ask)
	if err != nil {
		return 0, "", err
	}
	board, err := c.config.Office.Board(ask)
	if err != nil {
		return 0, "", err
	}
	seq, known, err := c.book.Cursor(ctx, info.ID)
	if err != nil {
		return 0, "", err
	}
	if known && seq <= board.Seq {
		return seq, info.ID, nil
	}
	if known {
		c.log.Warn("the office's log ends before what was read of it; going on from its end", "read", seq, "end", board.Seq)
	}
	return board.Seq, info.ID, c.book.SetCursor(ctx, info.ID, board.Seq)
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
