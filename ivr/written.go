package ivr

import (
	"context"

	"github.com/xinmoi/xinmoi/queue"
)

// Writer sends callers a message with the number that they were just told.
type Writer interface {
	// Writes reports whether a message can be sent to a number, as the network
	// told it. It answers at once.
	Writes(number string) bool
	// Write sends the message about w.Ticket that the caller has asked for.
	Write(ctx context.Context, w Wish) error
}

// mayOfferMessage reports whether this caller may be asked for a message.
func (d Dialogue) mayOfferMessage() bool { return d.set.writes && !d.offered }

// write has a message sent.
func (d Dialogue) write(t queue.Ticket) (Dialogue, []Action) {
	d = d.ask(wishing)
	d.offered, d.far = true, written
	return d, []Action{Hush{}, Send{N: d.questions, Ticket: t, Language: d.speak.Code}, SetTimer{officeWait}}
}
