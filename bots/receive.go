package bots

import (
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/queue"
)

// Receive stores what a channel told of its own accord, in a webhook. Only
// after it returned nil may the channel be answered that it was taken; the same
// thing again, by its ExtID, changes nothing. It may be called from any
// goroutine, also before Run: what waits is handled then.
func (b *Bots) Receive(ctx context.Context, channel queue.Channel, batch []Inbound) error {
	l := b.line(string(channel))
	if l == nil {
		return fmt.Errorf("bots: no channel is named %q", channel)
	}
	if len(batch) == 0 {
		return nil
	}
	if err := b.store(ctx, l, batch, "", ""); err != nil {
		return err
	}
	b.answers(l)
	return nil
}
