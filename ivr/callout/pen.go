package callout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue"
)

// Bounds on messages that callers ask for: each costs money, and a caller's
// number is what the network says it is.
const (
	messagesEach = 3     // To one number in a day.
	messagesMost = 5_000 // To all.
)

// ErrMessages says that no more messages are sent to a number, or at all, today.
var ErrMessages = errors.New("as many messages as may be are sent today")

// Pen sends callers the number that they have just taken; it implements
// ivr.Writer. Use NewPen.
type Pen struct {
	texter Texter
	info   func(ctx context.Context) (queue.Info, error)
	log    *slog.Logger
	now    func() time.Time

	mu   sync.Mutex
	day  string
	all  int
	each map[string]int // By number, of this day only.
}

var _ ivr.Writer = (*Pen)(nil)

// NewPen makes a Pen of an office that info tells about; now nil = time.Now.
func NewPen(t Texter, info func(ctx context.Context) (queue.Info, error), log *slog.Logger, now func() time.Time) *Pen {
	if now == nil {
		now = time.Now
	}
	return &Pen{texter: t, info: info, log: log, now: now, each: map[string]int{}}
}

// Writes implements ivr.Writer: to Vietnamese mobile numbers.
func (p *Pen) Writes(number string) bool {
	e164, ok := callable(number)
	if !ok || !trunk.Mobile(e164) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room(e164)
}

// Write implements ivr.Writer. A message that may have gone out is not sent
// again.
func (p *Pen) Write(ctx context.Context, w ivr.Wish) error {
	e164, ok := callable(w.Number)
	if !ok || !trunk.Mobile(e164) {
		return fmt.Errorf("%w: %s", ErrNumber, media.MaskNumber(w.Number))
	}
	info, err := p.info(ctx)
	if err != nil {
		return fmt.Errorf("a message to a caller: %w", err)
	}
	if !p.take(e164) {
		return fmt.Errorf("%w: %s", ErrMessages, media.MaskNumber(e164))
	}
	if err := p.texter.Text(ctx, e164, ivr.Message(w.Language, ivr.MessageTaken, info, w.Ticket)); err != nil {
		p.log.Warn("a caller could not be written to", "ticket", w.Ticket.Number.String(), "caller", media.MaskNumber(e164), "err", err)
		return err
	}
	return nil
}

// take counts a message, if there is room for it.
func (p *Pen) take(number string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.room(number) {
		return false
	}
	p.all++
	p.each[number]++
	return true
}

// room forgets the numbers of the day before; p.mu is held.
func (p *Pen) room(number string) bool {
	if day := p.now().Format(time.DateOnly); day != p.day {
		p.day, p.all = day, 0
		clear(p.each)
	}
	return p.all < messagesMost && p.each[number] < messagesEach
}
