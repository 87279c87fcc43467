package bots

import (
	"context"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// Refuse forgets a telephone whose holder said so elsewhere, by telephone for
// example: the conversation by message, what chats gave it for, and what was on its
// way to it. When it returns nil, nothing of it is on the disk.
func (b *Bots) Refuse(ctx context.Context, telephone string) error {
	err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Forget(string(queue.SMS), telephone, b.now()) })
	if err != nil {
		return err
	}
	return b.box.Scrub(ctx)
}
