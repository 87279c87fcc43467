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
	l := b.line(string(channel))
	if l == nil {
		return fmt.Errorf("%w: %q", ErrNoChat, channel)
	}
	select {
	case <-b.following:
	default:
		return queue.Errorf(queue.CodeUnavailable, "the office's log cannot be read yet")
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
