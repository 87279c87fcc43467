package bots

import (
	"context"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// Status tells how one channel is.
type Status struct {
	Channel   queue.Channel
	Reachable bool      // The last call worked; false before the first one.
	Since     time.Time // Since when it is so.
	LastError string    // Of the last failed call; kept while it works again.
	ErrorAt   time.Time
	Unread    int // Messages of citizens not yet handled.
	Waiting   int // Messages to citizens not yet delivered.
	Dead      int // Messages of the last two days that could not be delivered.
	Month     Month

	Tells    bool             // The channel tells whether its messages arrived …
	Receipts mailbox.Receipts // … of the last two days.
}

// Status tells how each channel is, in the order of Config.Adapters.
func (b *Bots) Status(ctx context.Context) []Status {
	var all []Status
	for _, l := range b.lines {
		s := l.health.read()
		s.Channel = l.Channel()
		if n, err := b.box.Count(ctx, string(l.Channel())); err == nil {
			s.Unread, s.Waiting, s.Dead = n.Unread, n.Waiting, n.Dead
		} else if s.LastError == "" {
			s.LastError = err.Error()
		}
		if s.Tells = l.Caps().Receipts > 0; s.Tells {
			if r, err := b.box.Receipts(ctx, string(l.Channel())); err == nil {
				s.Receipts = r
			}
		}
		if m, err := b.month(ctx, string(l.Channel())); err == nil {
			s.Month = m
		}
		all = append(all, s)
	}
	return all
}

// health is what is known of a channel's reachability.
type health struct {
	mu     sync.Mutex
	status Status
}

// worked notes a call that worked, and reports whether that is news.
func (h *health) worked(at time.Time) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.status.Reachable {
		return false
	}
	h.status.Reachable, h.status.Since = true, at
	return true
}

func (h *health) failed(err error, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.status.Reachable || h.status.Since.IsZero() {
		h.status.Reachable, h.status.Since = false, at
	}
	h.status.LastError, h.status.ErrorAt = err.Error(), at
}

func (h *health) read() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status
}
