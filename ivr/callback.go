package ivr

import (
	"context"

	"github.com/xinmoi/xinmoi/queue"
)

// Callbacks takes the wishes of callers who want to be called when their turn
// is near.
type Callbacks interface {
	// Offer reports whether this caller may be asked: the office calls back,
	// and the number, as the network told it, is one that can be called.
	Offer(number string) bool
	// Ask notes a wish that the caller has consented to. Asking again for the
	// same ticket changes nothing.
	Ask(ctx context.Context, w Wish) error
}

// Wish is a caller's consent to be called about a ticket.
type Wish struct {
	Ticket   queue.Ticket
	Number   string // E.164, "+84912345678".
	Language string // In which the caller spoke with us, "vi".
}
