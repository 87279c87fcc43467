package callout

import (
	"context"
	"errors"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

// errStopped says that the program stops.
var errStopped = errors.New("the program stops")

// start makes a call that the book has begun, beside everything else.
func (c *Caller) start(ctx context.Context, a book.Attempt, w book.Wish, t queue.Ticket) {
	ring, stop := context.WithCancelCause(ctx)
	r := &ringing{stop: stop, moved: make(chan queue.Ticket, 1)}
	c.mu.Lock()
	c.running[w.Ticket] = r
	c.mu.Unlock()
	c.work.Go(func() {
		defer stop(nil)
		rep, progress, later := c.guarded(w, func() (book.Report, book.Progress, bool) { return c.call(ctx, ring, r, a, w, t) })
		c.finish(ctx, a, w, rep, progress, later)
		c.mu.Lock()
		delete(c.running, w.Ticket)
		c.mu.Unlock()
		<-c.atOnce
		c.mark(w.Service)
	})
}

// guarded lets no defect in one call end the program, and with it the office:
// how that call ended is in doubt.
func (c *Caller) guarded(w book.Wish, call func() (book.Report, book.Progress, bool)) (rep book.Report, progress book.Progress, later bool) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("defect in a call to a citizen", "ticket", w.Number, "panic", p)
			rep, progress, later = book.Report{Outcome: book.Doubtful}, book.Answered, false
		}
	}()
	return call()
}

// call rings a citizen and leads the conversation. ring ends when the ticket
// moves on before the answer.
func (c *Caller) call(ctx, ring context.Context, r *ringing, a book.Attempt, w book.Wish, t queue.Ticket) (rep book.Report, progress book.Progress, later bool) {
	progress = book.Dialling
	m := c.message(w, a.Purpose, t)
	ready, err := prepare(ring, c.config.Render, m.all())
	if err != nil {
		c.log.Error("nobody is called, because the message cannot be spoken", "err", err)
		return book.Report{Outcome: stoppedOr(ring, book.Unspoken)}, progress, false
	}
	began := c.now()
	line, err := c.dial(ring, w.Telephone)
	rep.Rang = c.now().Sub(began)
	if err != nil {
		f := failureOf(err)
		rep.Outcome, rep.Code, rep.Err = f.Outcome, f.Code, f.Err
		switch cause := context.Cause(ring); {
		case cause != nil:
			rep.Outcome = book.Stopped
		case errors.Is(err, errRang):
			rep.Outcome = book.NoAnswer
		}
		c.log.Info("a citizen was not reached", "caller", media.MaskNumber(w.Telephone), "ticket", w.Number,
			"outcome", rep.Outcome, "code", rep.Code, "seconds", rep.Rang.Seconds(), "err", err)
		return rep, progress, false
	}
	answered := c.now()
	conversation := c.talk(ctx, r, line, a, w, m, ready)
	rep.Talked = c.now().Sub(answered)
	rep.Outcome, rep.Pressed = conversation.outcome(), conversation.pressed
	if progress = book.Answered; conversation.heard {
		progress = book.Heard
	}
	c.log.Info("a citizen was called", "caller", media.MaskNumber(w.Telephone), "ticket", w.Number,
		"outcome", rep.Outcome, "keys", rep.Pressed, "seconds", rep.Talked.Seconds())
	return rep, progress, conversation.moved
}

func stoppedOr(ctx context.Context, o book.Outcome) book.Outcome {
	if ctx.Err() != nil {
		return book.Stopped
	}
	return o
}

// errRang says that we let it ring as long as is polite.
var errRang = errors.New("nobody answered")

// dial rings for a bounded time.
func (c *Caller) dial(ctx context.Context, number string) (ivr.Line, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.currentRules().Ring, errRang)
	defer cancel()
	line, err := c.config.Dialer.Call(ctx, number)
	if err != nil && errors.Is(context.Cause(ctx), errRang) && failureOf(err).Outcome == book.TrunkDown {
		return nil, errors.Join(errRang, err)
	}
	return line, err
}

// message gathers what the words depend on.
func (c *Caller) message(w book.Wish, p book.Purpose, t queue.Ticket) message {
	c.mu.Lock()
	speech := ivr.SpeechIn(w.Language, c.office, c.phone)
	c.mu.Unlock()
	return message{speech: speech, office: c.info(), purpose: p, ticket: t, now: c.local()}
}

// talk leads the conversation on an answered line.
func (c *Caller) talk(ctx context.Context, r *ringing, line ivr.Line, a book.Attempt, w book.Wish, m message, ready prompts) Conversation {
	c.mu.Lock()
	r.answered = true
	c.mu.Unlock()
	l := &lead{
		line: line, render: c.config.Render, ready: ready, moved: r.moved,
		log: c.log.With("call", line.ID(), "caller", media.MaskNumber(w.Telephone)),
		act: func(ctx context.Context, act Act) (queue.Ticket, error) {
			return persist(ctx, func(ctx context.Context) (queue.Ticket, error) {
				return c.config.Office.Act(ctx, queue.ActRequest{
					Meta: queue.Meta{Key: a.Key, Caller: string(queue.Phone)}, Ticket: w.Ticket, Action: act.Action, Places: act.Places,
					Reason: reasonOf(act.Action),
				})
			})
		},
		watch: func(m ivr.Moment) {
			if c.config.Watch != nil {
				m.At, m.Caller, m.Language = c.now(), media.MaskNumber(w.Telephone), w.Language
				c.config.Watch.Call(line.ID(), m)
			}
		},
		look: func(ctx context.Context) (queue.Ticket, error) {
			ctx, cancel := context.WithTimeout(ctx, askTime)
			defer cancel()
			return c.config.Office.Ticket(ctx, w.Ticket)
		},
		note: func(ctx context.Context, p book.Progress) {
			ctx, cancel := context.WithTimeout(ctx, writeTime)
			defer cancel()
			if err := c.book.Reach(ctx, a.ID, p); err != nil {
				c.log.Error("how far a call came cannot be noted", "err", err)
			}
		},
	}
	return l.run(ctx, Conversation{message: m})
}

// reasonOf is written to the log when the citizen gives the number up.
func reasonOf(a queue.Action) string {
	if a == queue.Cancel {
		return "citizen"
	}
	return ""
}

// finish notes how a call ended, until that is on the disk or the program ends:
// otherwise the wish would wait for ever for a call that is over.
func (c *Caller) finish(ctx context.Context, a book.Attempt, w book.Wish, rep book.Report, progress book.Progress, later bool) {
	c.watchTrunk(rep)
	keep := context.WithoutCancel(ctx)
	for wait := actRetry; ; wait = min(2*wait, firstPause) {
		err := c.finishOnce(keep, a, rep, progress, later)
		if err == nil {
			break
		}
		c.log.Error("the end of a call cannot be noted", "err", err)
		if !sleep(ctx, wait) {
			return // Unfinished: sorted at the next start.
		}
	}
	if w.Telephone != "" {
		c.toScrub()
	}
}

func (c *Caller) finishOnce(ctx context.Context, a book.Attempt, rep book.Report, progress book.Progress, later bool) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	tried, err := c.book.Tried(ctx, a.Wish)
	if err != nil {
		return err
	}
	if !rep.Outcome.Rings() { // It was counted as one that rings while it ran.
		tried.Failures++
	}
	rules := c.currentRules()
	next := rules.after(a.Purpose, progress, rep, tried, later, c.config.Texter != nil, c.now())
	return c.book.Finish(ctx, a, rep, next)
}

// watchTrunk lets calls rest when they do not leave the house.
func (c *Caller) watchTrunk(rep book.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rep.Outcome != book.TrunkDown {
		if rep.Outcome != book.Stopped && rep.Outcome != book.Unspoken {
			c.trunk = wayOut{}
		}
		return
	}
	c.trunk.fails++
	c.trunk.err = rep.Err
	c.trunk.until = c.now().Add(min(firstPause<<min(c.trunk.fails-1, 10), mostPause))
}
