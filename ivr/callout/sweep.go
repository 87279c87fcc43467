package callout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

// sweepMost bounds the wishes looked at in one go.
const sweepMost = 5_000

// sweep looks at the wishes that may have become due and gives how long until
// it should be done again, unless something happens.
func (c *Caller) sweep(ctx context.Context) time.Duration {
	if err := c.sweepOnce(ctx); err != nil && ctx.Err() == nil {
		c.log.Warn("cannot look whom to call; trying again", "err", err)
		c.markAllLater()
	}
	c.scrub(ctx)
	return c.nextLook()
}

func (c *Caller) sweepOnce(ctx context.Context) error {
	if err := c.refresh(ctx); err != nil {
		return err
	}
	if err := c.turnDay(ctx); err != nil {
		return err
	}
	wishes, err := c.book.Waiting(ctx, sweepMost)
	if err != nil {
		return err
	}
	dirty := c.takeDirty()
	c.keepTimes(wishes)
	wishes = slices.DeleteFunc(wishes, func(w book.Wish) bool { return !dirty[everything] && !dirty[w.Service] && !c.due(w.Ticket) })
	if wishes, err = c.unrefused(ctx, wishes); err != nil {
		return err
	}
	var calls []candidate
	for _, w := range wishes {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		found, err := c.look(ctx, w)
		if err != nil {
			return err
		}
		calls = append(calls, found...)
	}
	slices.SortStableFunc(calls, candidate.compare)
	for _, k := range calls {
		if err := c.begin(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// unrefused erases the wishes whose holders said elsewhere to want no call, and
// gives the others.
func (c *Caller) unrefused(ctx context.Context, wishes []book.Wish) ([]book.Wish, error) {
	if c.config.Refused == nil || len(wishes) == 0 {
		return wishes, nil
	}
	ask, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	refused, err := c.config.Refused(ask, wishes)
	if err != nil {
		return nil, fmt.Errorf("ask who wants no call any more: %w", err)
	}
	for _, w := range wishes {
		if !slices.Contains(refused, w.Ticket) {
			continue
		}
		if err := c.ForgetFor(ctx, w.Telephone, []string{w.Ticket}); err != nil {
			return nil, err
		}
		c.log.Info("a citizen wants no call any more", "ticket", w.Number, "caller", media.MaskNumber(w.Telephone))
	}
	return slices.DeleteFunc(wishes, func(w book.Wish) bool { return slices.Contains(refused, w.Ticket) }), nil
}

// candidate is a wish to call about now.
type candidate struct {
	wish    book.Wish
	purpose book.Purpose
	ticket  queue.Ticket
}

// compare puts first whoever has least time left, where not all can be called
// at once.
func (k candidate) compare(other candidate) int { return cmp.Compare(k.left(), other.left()) }

// left is how many go first; fewer than none if a counter calls already.
func (k candidate) left() int {
	if k.purpose == book.Called || k.ticket.Standing == nil {
		return -1
	}
	return k.ticket.Standing.Ahead
}

// turnDay throws away what is older than the day.
func (c *Caller) turnDay(ctx context.Context) error {
	day := c.earliestDay()
	c.mu.Lock()
	same := c.day == day
	c.mu.Unlock()
	if same {
		return nil
	}
	if _, err := c.book.TurnDay(ctx, day); err != nil {
		return err
	}
	c.toScrub()
	c.mu.Lock()
	c.day = day
	c.mu.Unlock()
	return nil
}

// earliestDay is the oldest business day that is kept: an office that works
// past midnight goes on under the day before for some hours.
func (c *Caller) earliestDay() string {
	const goesOn = 4 * time.Hour
	return c.local().Add(-goesOn).Format(time.DateOnly)
}

// look decides about one wish; it gives the call that should be made, if any.
func (c *Caller) look(ctx context.Context, w book.Wish) (calls []candidate, err error) {
	s, err := c.situation(ctx, w)
	if err != nil {
		return nil, err
	}
	if w.State == book.Text {
		return nil, c.writeAbout(ctx, s)
	}
	if s.ticket.Service != "" && s.ticket.Service != w.Service && !over(s.ticket) {
		c.mark(everything) // Sent on to another line, whose events must be heard.
	}
	v := c.currentRules().decide(s)
	switch v.move {
	case end:
		c.toScrub()
		if v.result == book.Failed {
			return nil, c.giveUp(ctx, w)
		}
		_, err := c.book.End(ctx, w.Ticket, v.result)
		return nil, err
	case letter:
		return nil, c.giveUp(ctx, w)
	case dial:
		return []candidate{{w, v.purpose, s.ticket}}, nil
	}
	c.later(w.Ticket, v.until)
	return nil, nil
}

// giveUp ends a wish that cannot be fulfilled by telephone.
func (c *Caller) giveUp(ctx context.Context, w book.Wish) error {
	c.toScrub()
	c.mark(w.Service)
	return c.book.GiveUp(ctx, w.ID, c.config.Texter != nil)
}

// situation asks the office how the ticket stands now.
func (c *Caller) situation(ctx context.Context, w book.Wish) (s situation, err error) {
	s = situation{wish: w, open: c.info().Open}
	ask, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	s.ticket, err = c.config.Office.Ticket(ask, w.Ticket)
	if queue.ErrorCode(err) == queue.CodeUnknownTicket {
		s.ticket, err = queue.Ticket{}, nil
	}
	s.now = c.local() // After the answer, which may have taken a while.
	return s, err
}

// begin calls a citizen if a call may begin now; else it is tried again when
// the reason has passed.
func (c *Caller) begin(ctx context.Context, k candidate) error {
	now := c.now()
	if wait := c.mayCall(now); wait > 0 {
		c.later(k.wish.Ticket, now.Add(wait))
		return nil
	}
	rules := c.currentRules()
	limits := book.Limits{Attempts: rules.Attempts, Failures: failures, PerDay: rules.PerDay}
	if k.purpose == book.Called {
		limits.Attempts = 1
	}
	a, w, err := c.book.Begin(ctx, k.wish.ID, k.purpose, limits, c.today(), now)
	if err != nil {
		<-c.atOnce
	}
	switch {
	case errors.Is(err, book.ErrOver):
		return nil
	case errors.Is(err, book.ErrTooMany):
		return c.giveUp(ctx, k.wish)
	case errors.Is(err, book.ErrBusy), errors.Is(err, book.ErrEarly):
		c.later(k.wish.Ticket, now.Add(rules.Pause/3))
		return nil
	case err != nil:
		return err
	}
	c.start(ctx, a, w, k.ticket)
	return nil
}

// mayCall takes one of the places for running calls, or tells how long to wait.
func (c *Caller) mayCall(now time.Time) time.Duration {
	c.mu.Lock()
	pause := c.trunk.until.Sub(now)
	c.mu.Unlock()
	if pause > 0 {
		return pause
	}
	select {
	case c.atOnce <- struct{}{}:
	default:
		return 2 * sweepEvery
	}
	r := c.pace.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		<-c.atOnce
		return wait
	}
	return 0
}

// later has a wish looked at again at a time.
func (c *Caller) later(ticket string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.IsZero() {
		delete(c.soon, ticket)
		return
	}
	c.soon[ticket] = at
}

// due reports, once, whether the time of a wish has come.
func (c *Caller) due(ticket string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.soon[ticket]
	if !ok || at.After(c.now()) {
		return false
	}
	delete(c.soon, ticket)
	return true
}

func (c *Caller) takeDirty() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	dirty := c.dirty
	c.dirty = map[string]bool{}
	return dirty
}

// nextLook is how long until a look is due by time alone. Every wish is looked
// at from time to time, since intervals change without events.
func (c *Caller) nextLook() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := lookAgain
	if c.idle {
		next = lookIdle
	}
	now := c.now()
	for _, at := range c.soon {
		next = min(next, max(at.Sub(now), 0))
	}
	if next >= lookAgain {
		c.dirty[everything] = true
	}
	return next
}

// keepTimes forgets the times of wishes that are gone.
func (c *Caller) keepTimes(wishes []book.Wish) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = len(wishes) == 0
	times := map[string]time.Time{}
	for _, w := range wishes {
		if at, ok := c.soon[w.Ticket]; ok {
			times[w.Ticket] = at
		}
	}
	c.soon = times
}

func (c *Caller) markAllLater() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty[everything] = true
}

// scrub makes what was erased unreadable in the file as well.
func (c *Caller) scrub(ctx context.Context) {
	c.mu.Lock()
	erased := c.erased
	c.erased = false
	c.mu.Unlock()
	if !erased {
		return
	}
	if err := c.book.Scrub(ctx); err != nil && ctx.Err() == nil {
		c.log.Error("erased numbers are not yet scrubbed from the file", "err", err)
		c.toScrub()
	}
}
