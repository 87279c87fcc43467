package bots

import (
	"context"
	"fmt"
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
	// Poll waits for what people sent after cursor, as long as the channel
	// thinks fit, and gives the cursor to go on from. The channel may forget
	// what lies before a cursor when it is asked with that cursor, not earlier.
	Poll(ctx context.Context, cursor string) ([]Inbound, string, error)
	// Send sends one message to a chat and gives the channel's id of it. An
	// error that is not a *Failure counts as Ambiguous.
	Send(ctx context.Context, chat string, t dialogue.Text) (ref string, err error)
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
}

// InboundKind tells what a person did.
type InboundKind string

// The kinds of Inbound.
const (
	Said   InboundKind = "said"   // Wrote a text.
	Press  InboundKind = "press"  // Pressed a button.
	Left   InboundKind = "left"   // Blocked us: nothing can be sent any more.
	Ignore InboundKind = "ignore" // Nothing for us; kept as a trace only.
)

// Inbound is one thing a person did in a channel.
type Inbound struct {
	ExtID    string      `json:"ext_id"` // Channel's own id; the same thing again bears the same.
	Kind     InboundKind `json:"kind"`
	Chat     string      `json:"chat"`               // Where answers go.
	From     string      `json:"from"`               // Who it was; limits are counted by it.
	Group    bool        `json:"group,omitempty"`    // Said where others read along.
	Language string      `json:"language,omitempty"` // BCP 47 hint.
	Text     string      `json:"text,omitempty"`
	Payload  string      `json:"payload,omitempty"` // Of the pressed button.
	Ack      string      `json:"ack,omitempty"`     // For Acknowledger.
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
	After time.Duration // The channel wants to be left alone for this long.
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
