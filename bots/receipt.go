package bots

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// maxReason bounds a channel's words of why a message did not arrive, in bytes.
const maxReason = 120

// isReceipt reports whether a channel tells of a message, and not of a person.
func isReceipt(in Inbound) bool { return in.Kind == Arrived || in.Kind == NotArrived }

// noteReceipts writes down what a channel tells of its messages. Told again, or
// of a message that nobody knows, it changes nothing.
func (b *Bots) noteReceipts(ctx context.Context, l *line, batch []Inbound) error {
	var told []Inbound
	for _, in := range batch {
		if isReceipt(in) {
			told = append(told, in)
		}
	}
	if len(told) == 0 {
		return nil
	}
	channel := string(l.Channel())
	err := b.box.Update(ctx, func(tx *mailbox.Tx) error {
		for _, in := range told {
			r := mailbox.Arrived
			if in.Kind == NotArrived {
				r = mailbox.Failed
			}
			if _, err := tx.Told(channel, in.Mark, r, cut(in.Text, maxReason), b.now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		ring(l.wake)
	}
	return err
}

// awaits tells how long a message that its channel took is kept until the channel
// tells whether it arrived, and by which mark it will: calls and whatever else
// has another way to go. 0 = it is done.
func (b *Bots) awaits(p mailbox.Parcel, ref string) (mark string, wait time.Duration) {
	l := b.line(p.Channel)
	if l == nil || p.Confirm {
		return "", 0
	}
	mark = ref
	switch l.Adapter.(type) {
	case Keyed, Marker:
		mark = p.Mark
	}
	if mark == "" || !b.hasReserve(p) {
		return "", 0
	}
	return mark, l.Caps().Receipts
}

// hasReserve reports whether a message of this kind is told by another way when
// its own fails.
func (b *Bots) hasReserve(p mailbox.Parcel) bool {
	if rule, ok := b.book.Rule(notice.Kind(p.Kind)); ok {
		return rule.Reserve
	}
	name, _, ok := wordOf(p)
	topic, known := b.topic(name)
	return ok && known && topic.Lost != nil
}

// told reports whether a parcel's channel has taken it, and what became of it is
// to be settled.
func told(p mailbox.Parcel) bool {
	return p.State == mailbox.Awaiting || p.State == mailbox.Lost
}

// aftermath settles a message that its channel took. One that did not arrive goes
// the next way, if it still matters; one of which nothing was heard is left alone:
// it may have arrived, and a second one would be paid for.
func (b *Bots) aftermath(ctx, keep context.Context, p mailbox.Parcel) error {
	if p.State == mailbox.Awaiting {
		b.log.Warn("whether a message arrived was not told", "channel", p.Channel, "kind", p.Kind)
		return b.box.Update(keep, func(tx *mailbox.Tx) error { return tx.Unheard(p.ID, b.now()) })
	}
	why := "did not arrive: " + hideChat(p.Reason, p.Chat)
	b.log.Warn("a message did not arrive", "channel", p.Channel, "kind", p.Kind, "why", why)
	if b.obsolete(ctx, p) {
		return b.end(keep, p, mailbox.Dropped, why)
	}
	return b.undelivered(ctx, keep, p, why)
}

// serves reports whether something of a chat is under way.
func (s *sender) serves(chat string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy[chat]
}
