package bots

import (
	"context"
	"errors"
	"sync"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// place is the office as all letters of one batch see it: asked once, by the
// first of them that needs to know.
type place struct {
	bots  *Bots
	once  sync.Once
	facts dialogue.Facts
	err   error

	mu     sync.Mutex
	months map[string]*Month
}

func newPlace(b *Bots) *place { return &place{bots: b, months: map[string]*Month{}} }

// look gives what is known of the office.
func (p *place) look(ctx context.Context) (dialogue.Facts, error) {
	p.once.Do(func() {
		p.err = errors.New("the office was not asked") // Also where asking breaks.
		p.facts, p.err = p.bots.facts(ctx)
	})
	return p.facts, p.err
}

// reserve reports whether the month's messages of a channel allow one more
// number, and keeps them back for it: the others of the batch do not count on them.
func (p *place) reserve(ctx context.Context, channel string) error {
	if p.bots.budget(channel).Month <= 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.months[channel]
	if m == nil {
		now, err := p.bots.month(ctx, channel)
		if err != nil {
			return queue.Errorf(queue.CodeUnavailable, "the mailbox cannot be read: %v", err)
		}
		m = &now
		p.months[channel] = m
	}
	if !m.Budget.Takes(m.Used, m.Owed) {
		return queue.Errorf(queue.CodeChannelFull, "%d of %d messages of the month are left", m.Budget.Month-m.Used, m.Budget.Month)
	}
	m.Owed += 1 + notice.PerFollower
	return nil
}
