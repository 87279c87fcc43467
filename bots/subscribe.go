package bots

import (
	"context"
	"errors"
	"fmt"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// Subscribe has a chat that cannot ask for it itself follow a ticket, after its
// holder was shown the words about personal data and agreed; language is "vi" or
// "en". When it returns nil, that is durable, and the chat is told so; once more
// changes nothing. The error is ErrNoChat, or has one of these codes:
// wrong_state for a ticket of which there is nothing more to tell, person_limit
// where enough chats follow it, and those of Office.Ticket.
func (b *Bots) Subscribe(ctx context.Context, channel queue.Channel, chat, ticket, language string) error {
	l, err := b.followable(channel)
	if err != nil {
		return err
	}
	t, err := b.ticket(ctx, ticket)
	if err != nil {
		return err
	}
	if !t.State.Open() || t.State == queue.Held {
		return queue.Errorf(queue.CodeWrongState, "nothing more is told of a ticket that is %s", t.State)
	}
	facts, err := b.facts(ctx)
	if err != nil {
		return err
	}
	v := mailbox.Binding{Channel: string(channel), Chat: chat, Ticket: t.ID, Service: t.Service, Language: dialogue.ChooseLanguage(language, ""), At: b.now()}
	if err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return b.subscribe(tx, facts, v, t) }); err != nil {
		return err
	}
	b.near.mark(t.Service)
	ring(l.wake)
	return b.calledMeanwhile(ctx, facts, v, t)
}

// followable is the line of a channel once what its chats follow is followed.
func (b *Bots) followable(channel queue.Channel) (*line, error) {
	l := b.line(string(channel))
	if l == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoChat, channel)
	}
	select {
	case <-b.following:
		return l, nil
	default:
		return nil, queue.Errorf(queue.CodeUnavailable, "the office's log cannot be read yet")
	}
}

// Resubscribe has a chat take the place of another, by which its holder can no longer
// be told, and follow a ticket: it follows what the old one did, and the old one is
// forgotten. Knowing its whole name, keys and all, proves that it was the same
// holder's. What was on its way to the old one may be lost: the new one is told how it
// stands. Errors are those of Subscribe.
func (b *Bots) Resubscribe(ctx context.Context, channel queue.Channel, old, chat, ticket, language string) error {
	if _, err := b.followable(channel); err != nil {
		return err
	}
	if old != chat {
		if err := b.inherit(ctx, string(channel), old, chat); err != nil {
			return err
		}
	}
	return b.Subscribe(ctx, channel, chat, ticket, language)
}

// inherit moves what a chat follows to another, in one transaction.
func (b *Bots) inherit(ctx context.Context, channel, old, chat string) error {
	bound, err := b.box.BindingsOfChat(ctx, channel, old)
	if err != nil || len(bound) == 0 {
		return err
	}
	facts, err := b.facts(ctx)
	if err != nil {
		return err
	}
	open := map[string]queue.Ticket{}
	for _, v := range bound {
		t, err := b.ticket(ctx, v.Ticket)
		switch {
		case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		case err != nil:
			return err
		case t.State.Open() && t.State != queue.Held, t.State == queue.NoShow: // Who missed the turn may be let back into the line.
			open[t.ID] = t
		}
	}
	err = b.box.Update(ctx, func(tx *mailbox.Tx) error {
		if err := tx.Forget(channel, old, b.now()); err != nil {
			return err
		}
		for _, v := range bound {
			t, ok := open[v.Ticket]
			if !ok {
				continue
			}
			next := mailbox.Binding{Channel: channel, Chat: chat, Ticket: t.ID, Service: t.Service, Language: v.Language, At: b.now()}
			if err := b.subscribe(tx, facts, next, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.scrub(ctx)
	for id, t := range open {
		b.near.mark(t.Service)
		if err := b.calledMeanwhile(ctx, facts, mailbox.Binding{Channel: channel, Chat: chat, Ticket: id}, t); err != nil {
			return err
		}
	}
	ring(b.line(channel).wake)
	return nil
}

// calledMeanwhile tells a call that came between the look at a ticket and its
// binding, where the log's follower has passed it already. Rarely both tell it.
func (b *Bots) calledMeanwhile(ctx context.Context, facts dialogue.Facts, v mailbox.Binding, before queue.Ticket) error {
	t, err := b.ticket(ctx, v.Ticket)
	if err != nil || before.State == queue.Called || t.State != queue.Called {
		return nil // What follows is told as ever.
	}
	return b.box.Update(ctx, func(tx *mailbox.Tx) error {
		v, bound, err := tx.Binding(v.Channel, v.Chat, v.Ticket)
		if err != nil || !bound || follower(v).Heard(notice.Called) {
			return err
		}
		return b.firstWord(tx, facts, v, t, notice.Called)
	})
}

func (b *Bots) subscribe(tx *mailbox.Tx, facts dialogue.Facts, v mailbox.Binding, t queue.Ticket) error {
	if _, bound, err := tx.Binding(v.Channel, v.Chat, v.Ticket); err != nil || bound {
		return errors.Join(err, tx.Bind(v)) // In another language, perhaps.
	}
	n, err := tx.Followers(v.Ticket)
	if err != nil {
		return err
	}
	if n >= followers {
		return queue.Errorf(queue.CodePersonLimit, "%d people follow it", n)
	}
	if err := tx.Bind(v); err != nil {
		return err
	}
	if err := tx.SaveChat(mailbox.Chat{
		Channel: v.Channel, ID: v.Chat, Language: v.Language, Seen: b.now(), Consent: dialogue.ConsentVersion, ConsentAt: b.now(),
	}); err != nil {
		return err
	}
	bound, _, err := tx.Binding(v.Channel, v.Chat, v.Ticket)
	if err != nil {
		return err
	}
	switch t.State {
	case queue.Waiting:
		return b.firstWord(tx, facts, bound, t, notice.Joined)
	case queue.Called:
		return b.firstWord(tx, facts, bound, t, notice.Called)
	default:
		return nil
	}
}

// firstWord tells a new follower how it stands.
func (b *Bots) firstWord(tx *mailbox.Tx, facts dialogue.Facts, v mailbox.Binding, t queue.Ticket, say notice.Kind) error {
	if err := tx.Hear(v.ID, follower(v).Hears(say).String()); err != nil {
		return err
	}
	return b.tell(tx, inLanguage(facts, v, say, t), v, say, "subscribed", b.now())
}

// Unsubscribe forgets a chat at once, with all it would have been told.
func (b *Bots) Unsubscribe(ctx context.Context, channel queue.Channel, chat string) error {
	if err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Forget(string(channel), chat, b.now()) }); err != nil {
		return err
	}
	b.scrub(ctx)
	return nil
}

// Followers counts the chats that follow a ticket.
func (b *Bots) Followers(ctx context.Context, ticket string) (int, error) {
	all, err := b.box.BindingsOfTicket(ctx, ticket)
	return len(all), err
}
