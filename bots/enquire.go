package bots

import (
	"context"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
)

// caps is what a channel can do; the zero Caps for one that is no longer there.
func (b *Bots) caps(channel string) Caps {
	if l := b.line(channel); l != nil {
		return l.Caps()
	}
	return Caps{}
}

// chosen gives what a person pressed, or chose by its number where menus have
// no buttons; empty if it is a text like any other.
func (b *Bots) chosen(t *talk) string {
	n := dialogue.Choice(t.in.Text)
	if t.in.Payload != "" || n == 0 || n > len(t.known.Menu) || !b.numbers(t.letter.Channel) {
		return t.in.Payload
	}
	return t.known.Menu[n-1]
}

// numbers reports whether a channel's menus are answered with a number.
func (b *Bots) numbers(channel string) bool {
	form := b.caps(channel).Form
	return form.Numbered || form.Brief
}

// enquire answers how it stands with any number of today, whoever asks: who is
// served, how many are ahead, about how long. Nothing of it tells whose it is.
func (b *Bots) enquire(ctx context.Context, facts dialogue.Facts, number string) (dialogue.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	ticket, err := b.office.Ticket(ctx, number)
	switch queue.ErrorCode(err) {
	case "":
	case queue.CodeUnknownTicket, queue.CodeBadRequest:
		return facts.NoSuchNumber(number), nil
	default:
		return dialogue.Message{}, err
	}
	board, err := b.office.Board(ctx)
	if err != nil {
		return dialogue.Message{}, err
	}
	return facts.Standing(ticket, board), nil
}
