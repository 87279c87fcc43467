package callout

import (
	"context"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// writeAbout writes the message that stands in for a call, with what is true
// now: never "nearly" after "called", nothing about a ticket that is over or
// whose holder has come, nothing at night.
func (c *Caller) writeAbout(ctx context.Context, s situation) error {
	w, rules := s.wish, c.currentRules()
	here := s.ticket.Presence == queue.Present && !w.Present
	switch {
	case over(s.ticket) || !s.ticket.IssuedAt.Equal(w.Issued) || here || rules.Off:
		c.toScrub()
		_, err := c.book.End(ctx, w.Ticket, book.Expired)
		return err
	case !rules.awake(s.now):
		c.later(w.Ticket, rules.wakes(s.now))
		return nil
	case s.ticket.State != queue.Waiting && s.ticket.State != queue.Called: // Parked: its turn is not near until it is resumed.
		c.later(w.Ticket, s.now.Add(lookAgain))
		return nil
	}
	id := ivr.MessageNear
	if s.ticket.State == queue.Called {
		id = ivr.MessageCalled
	}
	c.write(ctx, w, ivr.Message(w.Language, id, c.info(), s.ticket))
	return nil
}

// write sends a message, at most once: it is noted before it is sent.
func (c *Caller) write(ctx context.Context, w book.Wish, text string) {
	marked, err := c.book.MarkTexting(ctx, w.ID)
	if err != nil || !marked {
		if err != nil {
			c.log.Error("a message cannot be noted", "err", err)
			c.later(w.Ticket, c.now().Add(lookAgain))
		}
		return
	}
	result := c.send(ctx, w, text)
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	if err := c.book.Texted(keep, w.ID, result); err != nil {
		c.log.Error("a sent message cannot be noted", "err", err)
	}
	c.toScrub()
}

// send tells what became of the wish by writing. Somebody who perhaps listened
// has perhaps still been told when the message does not go out.
func (c *Caller) send(ctx context.Context, w book.Wish, text string) book.Result {
	failed := book.Failed
	if w.Result == book.Perhaps {
		failed = book.Perhaps
	}
	if c.config.Texter == nil {
		return failed
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := c.config.Texter.Text(ctx, w.Telephone, text); err != nil {
		c.log.Warn("a citizen could be reached neither by telephone nor by message", "ticket", w.Number, "err", err)
		return failed
	}
	return book.Texted
}
