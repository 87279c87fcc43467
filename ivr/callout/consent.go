package callout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

// Why a wish is not taken.
var (
	ErrNumber = errors.New("this number cannot be called: only Vietnamese mobile and geographic numbers can")
	ErrOver   = errors.New("this ticket is over")
)

// Offer implements ivr.Callbacks: it reports whether a caller may be asked for
// the consent to be called. Nothing is promised that could not be kept: not to
// a withheld or foreign number, not when the hour for calls is over today, not
// while the trunk is down.
func (c *Caller) Offer(number string) bool {
	if _, ok := callable(number); !ok {
		return false
	}
	rules, local := c.currentRules(), c.local()
	c.mu.Lock()
	down := c.trunk.until.After(c.now())
	c.mu.Unlock()
	return !rules.Off && !down && local.Format(clock) < rules.To
}

// Ask implements ivr.Callbacks: the wish is on the disk when it returns.
func (c *Caller) Ask(ctx context.Context, w ivr.Wish) error {
	number, ok := callable(w.Number)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s", ErrNumber, media.MaskNumber(w.Number))
	case over(w.Ticket):
		return fmt.Errorf("%w: %s is %s", ErrOver, w.Ticket.Number, w.Ticket.State)
	}
	rules := c.currentRules()
	err := c.book.Note(ctx, book.Wish{
		Ticket: w.Ticket.ID, Number: w.Ticket.Number.String(), Service: w.Ticket.Service, Issued: w.Ticket.IssuedAt, Day: w.Ticket.Day,
		Telephone: number, Language: w.Language, Ahead: rules.Ahead, Minutes: max(rules.Minutes, w.Minutes()),
		Present: w.Ticket.Presence == queue.Present, Asked: c.now(),
	})
	if err != nil {
		return err
	}
	c.log.Info("a citizen wants to be called", "ticket", w.Ticket.Number.String(), "caller", media.MaskNumber(number))
	c.mark(w.Ticket.Service)
	return nil
}

// Knows implements ivr.Forgetter: it reports whether a number waits in the book.
func (c *Caller) Knows(ctx context.Context, number string) (bool, error) {
	e164, ok := callable(number)
	if !ok {
		return false, nil
	}
	return c.book.Knows(ctx, e164)
}

// Forget implements ivr.Forgetter: it erases a telephone number with all that was asked for it, and ends a
// call that is ringing there. It returns when the number is gone from the disk.
func (c *Caller) Forget(ctx context.Context, number string) error {
	e164, ok := callable(number)
	if !ok {
		return nil // Such a number was never noted.
	}
	tickets, err := c.book.Forget(ctx, e164)
	if err != nil {
		return err
	}
	for _, id := range tickets {
		c.stopRinging(id, errForgotten)
	}
	return c.book.Scrub(ctx)
}

// ForgetFor erases a telephone number with what was asked for some tickets, and
// nothing else: who names a number elsewhere need not be the one who answers it.
func (c *Caller) ForgetFor(ctx context.Context, number string, tickets []string) error {
	e164, ok := callable(number)
	if !ok {
		return nil // Such a number was never noted.
	}
	for _, id := range tickets {
		found, err := c.book.ForgetFor(ctx, e164, id)
		if err != nil {
			return err
		}
		if found {
			c.stopRinging(id, errForgotten)
		}
	}
	return c.book.Scrub(ctx)
}

// Held lists what is open of a telephone number; with tickets, only what
// concerns those.
func (c *Caller) Held(ctx context.Context, number string, tickets []string) (held []book.Wish, err error) {
	e164, ok := callable(number)
	if !ok {
		return nil, nil // Such a number was never noted.
	}
	all, err := c.book.Of(ctx, e164)
	for _, w := range all {
		if tickets == nil || slices.Contains(tickets, w.Ticket) {
			held = append(held, w)
		}
	}
	return held, err
}

var errForgotten = errors.New("the citizen wants to be forgotten")
