package ivr

import (
	"context"

	"github.com/xinmoi/xinmoi/announce/standing"
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

// Forgetter is Callbacks that can erase what it keeps of a caller.
type Forgetter interface {
	// Knows reports whether anything is kept of a number.
	Knows(ctx context.Context, number string) (bool, error)
	// Forget erases a number with all that was asked for it. When it returns nil
	// the number is gone from the disk.
	Forget(ctx context.Context, number string) error
}

// Wish is a caller's consent to be called about a ticket.
type Wish struct {
	Ticket   queue.Ticket
	Number   string // E.164, "+84912345678".
	Language string // In which the caller spoke with us, "vi".
	Travel   int    // Minutes of the caller's way; 0 = not told.
}

// Minutes is how long the shortest expected wait may be when the call comes, as
// far as the way decides that; 0 = it does not.
func (w Wish) Minutes() int {
	if w.Travel <= 0 {
		return 0
	}
	return min(w.Travel, standing.MostTravel) + beforeTravel
}
