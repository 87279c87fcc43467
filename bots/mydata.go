package bots

import (
	"context"

	"github.com/xinmoi/xinmoi/bots/dialogue"
)

// myData tells somebody all that is held about the chat.
func (b *Bots) myData(ctx context.Context, t *talk) (dialogue.Message, error) {
	h, err := b.box.HeldOf(ctx, t.letter.Channel, t.letter.Chat)
	if err != nil {
		return dialogue.Message{}, err
	}
	d := dialogue.HeldData{
		Channel: t.letter.Channel, Chat: t.letter.Chat, Language: h.Chat.Language, Phone: h.Chat.Phone, Hearing: h.Chat.Needs != "",
		Seen: h.Chat.Seen, Consent: h.Chat.Consent, ConsentAt: h.Chat.ConsentAt, Waiting: h.Outbox, Undelivered: h.Letters, Menu: h.Menu,
		KeptFor: b.keep.Chats, LettersFor: b.keep.Letters,
	}
	for _, v := range h.Bindings {
		held := dialogue.HeldTicket{Since: v.At, Ahead: v.Ahead, Travel: v.Travel}
		if ticket, ok := find(t.facts.Mine, v.Ticket); ok {
			held.Number, held.State, held.Trial = ticket.Number.String(), ticket.State, ticket.Trial
		}
		d.Tickets = append(d.Tickets, held)
	}
	if d.Elsewhere, err = b.heldElsewhere(ctx, t); err != nil {
		return dialogue.Message{}, err
	}
	return t.facts.MyData(d), nil
}
