package bots

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
)

// Adapter is one text channel. Its methods may be called from several
// goroutines, and their errors never contain secrets.
type Adapter interface {
	// Channel names the channel; tickets, request keys and the mailbox bear it.
	Channel() queue.Channel
	// Caps tells what the channel can do.
	Caps() Caps
	// Send sends one message to a chat and gives the channel's id of it. An
	// error that is not a *Failure counts as Ambiguous.
	Send(ctx context.Context, chat string, t dialogue.Text) (ref string, err error)
}

// Poller is an Adapter that asks its channel for what people sent. The others
// are told by their channel and hand it to Bots.Receive.
type Poller interface {
	// Poll waits for what people sent after cursor, as long as the channel
	// thinks fit, and gives the cursor to go on from. The channel may forget
	// what lies before a cursor when it is asked with that cursor, not earlier.
	Poll(ctx context.Context, cursor string) ([]Inbound, string, error)
}

// Keyed is an Adapter whose channel takes what bears the same key only once, so
// that a message in doubt can be sent again without arriving twice.
type Keyed interface {
	// SendOnce is Send with a key: at most 32 letters and digits, which tell nothing.
	// Receipts bear it as their Mark.
	SendOnce(ctx context.Context, chat, key string, t dialogue.Text) (ref string, err error)
}

// Marker is an Adapter whose channel bears a mark of ours on what it tells later
// of a message. Of one that is neither Marker nor Keyed, receipts bear what Send
// gave as the channel's own id.
type Marker interface {
	// SendMarked is Send with a mark: at most 32 letters and digits, which tell
	// nothing.
	SendMarked(ctx context.Context, chat, mark string, t dialogue.Text) (ref string, err error)
}

// Dated is an Adapter whose channel keeps what cannot be delivered at once, and so
// is told for how long, and what a newer message takes the place of.
type Dated interface {
	// SendDated is Send with what is known of the message beside its words.
	SendDated(ctx context.Context, chat string, d Dating, t dialogue.Text) (ref string, err error)
}

// Dating is what a Dated channel is told of a message.
type Dating struct {
	Until    time.Time // Later it is worth nothing.
	Urgent   bool      // Somebody waits at a counter, or soon will.
	Ticket   string    // Whose it is; a newer message about the same takes its place.
	URL      string    // Of the ticket's page; empty = not known.
	Language string    // "vi" or "en".
}

// Editor is an Adapter that can change a message in place.
type Editor interface {
	// Edit replaces a message. That nothing changed is not an error.
	Edit(ctx context.Context, chat, ref string, t dialogue.Text) error
}

// Acknowledger is an Adapter whose buttons show that they wait for an answer.
type Acknowledger interface {
	// Acknowledge ends the waiting of the button that ack names; best effort.
	Acknowledge(ctx context.Context, ack string) error
}

// Caps is what a channel can do.
type Caps struct {
	PerSecond float64       // Messages per second to all chats together.
	PerChat   time.Duration // Least time between two messages to one chat.
	EditEvery time.Duration // Least time between two edits of a card.
	PerMonth  int           // Messages a month that the provider gives, or the office pays for; 0 = no bound.
	Doubts    int           // How often a message goes out at most of which nobody knows whether it arrived; 0 = a call while it lasts, others mostDoubts times; edits do not count.

	// OneWay channels are only written to: nobody answers there, and what takes no
	// message any more never will, and is forgotten.
	OneWay bool

	// Receipts is how long the channel is waited for to tell whether a message
	// arrived; 0 = it never tells.
	Receipts time.Duration

	// Form is how its messages are worded: with buttons, or as text alone.
	Form dialogue.Form

	// AskEvery is how often one person may ask in the long run, AskBurst how
	// often at once; what comes beyond is not answered. 0 = every 2 s, 20.
	AskEvery time.Duration
	AskBurst int
}

// InboundKind tells what a person did.
type InboundKind string

// The kinds of Inbound.
const (
	Said   InboundKind = "said"   // Wrote a text.
	Press  InboundKind = "press"  // Pressed a button.
	Left   InboundKind = "left"   // Blocked us: nothing can be sent any more.
	Ignore InboundKind = "ignore" // Nothing for us; kept as a trace only.

	// What the channel itself tells of a message that it had taken, by its Mark. The
	// same may be told again, and in any order.
	Arrived    InboundKind = "arrived"     // It is on the telephone; of a modem, which knows no more: the network took it.
	NotArrived InboundKind = "not-arrived" // It will never be; Text tells why, without the person's number or id.
)

// Inbound is one thing a person did in a channel.
type Inbound struct {
	ExtID    string      `json:"ext_id"` // Channel's own id; the same thing again bears the same.
	Kind     InboundKind `json:"kind"`
	Chat     string      `json:"chat"`               // Where answers go.
	From     string      `json:"from"`               // Who it was; limits are counted by it …
	Person   string      `json:"person,omitempty"`   // … or by this name, which other doors know as well: "tel:+84912345678".
	Group    bool        `json:"group,omitempty"`    // Said where others read along.
	Language string      `json:"language,omitempty"` // BCP 47 hint.
	Text     string      `json:"text,omitempty"`
	Payload  string      `json:"payload,omitempty"` // Of the pressed button.
	Ack      string      `json:"ack,omitempty"`     // For Acknowledger.
	Mark     string      `json:"-"`                 // Of the message that Arrived or NotArrived is about.
	At       time.Time   `json:"at"`                // When it was said, by the channel's clock.
}

// FailureClass tells what to do about a failed call.
type FailureClass string

// The classes of failure.
const (
	Retry       FailureClass = "retry"       // Surely not sent; try again.
	Unreachable FailureClass = "unreachable" // Surely not sent; the whole channel is away.
	Ambiguous   FailureClass = "ambiguous"   // Perhaps sent.
	Rejected    FailureClass = "rejected"    // Never will this message be taken.
	Gone        FailureClass = "gone"        // Never will this chat take a message.
	Auth        FailureClass = "auth"        // The channel does not know us: wrong token.
	Conflict    FailureClass = "conflict"    // Somebody else uses our account at the same time.
)

// Failure is a failed call to a channel.
type Failure struct {
	Class FailureClass
	After time.Duration // The channel wants to be left alone for this long …
	Alone bool          // … or this chat alone does.
	Err   error
}

// Error implements error.
func (f *Failure) Error() string {
	if f.After > 0 {
		return fmt.Sprintf("%s (after %s): %v", f.Class, f.After, f.Err)
	}
	return fmt.Sprintf("%s: %v", f.Class, f.Err)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// NeverSent reports whether a call to a provider failed before a connection
// stood: then nothing of it can have arrived.
func NeverSent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return true
	}
	return errors.As(err, &op) && op.Op == "dial" && !errors.Is(err, context.Canceled)
}
