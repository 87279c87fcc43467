package callout

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// Input is one thing that happens to a Conversation, in the order in which it
// happened.
type Input interface{ input() }

// The inputs.
type (
	// Answered tells that somebody or something took the call.
	Answered struct{}
	// Spoke tells that the far end said something and fell silent: "A lô?".
	Spoke struct{}
	// Key is a key pressed: 0–9, *, #, A–D.
	Key struct{ Digit rune }
	// Played tells that the latest Say was heard to its end.
	Played struct{}
	// Silence tells that the latest SetTimer ran out.
	Silence struct{}
	// Mute tells that the latest Say could not be spoken.
	Mute struct{}
	// HungUp tells that the line is down.
	HungUp struct{}
	// Acted answers Act with the ticket as it is, or with why it did not happen.
	Acted struct {
		Ticket queue.Ticket
		Err    error
	}
	// Moved tells that something happened to the ticket meanwhile.
	Moved struct{ Ticket queue.Ticket }
)

func (Answered) input() {}
func (Spoke) input()    {}
func (Key) input()      {}
func (Played) input()   {}
func (Silence) input()  {}
func (Mute) input()     {}
func (HungUp) input()   {}
func (Acted) input()    {}
func (Moved) input()    {}

// Action is one thing a Conversation wants done.
type Action interface{ action() }

// The actions. A Say or Hush ends the running prompt and the running timer; a
// SetTimer replaces the running timer.
type (
	// Say speaks a sentence; it is answered by Played unless another Say or a
	// Hush comes first.
	Say struct{ Sentence announce.Sentence }
	// Hush stops speaking.
	Hush struct{}
	// SetTimer asks for Silence after D.
	SetTimer struct{ D time.Duration }
	// Note writes down how far the call came.
	Note struct{ Progress book.Progress }
	// Act asks the office to do something to the ticket; answered by Acted,
	// also after the line is down.
	Act struct {
		Action queue.Action
		Places int // For queue.Later.
	}
	// Hangup ends the call; nothing follows.
	Hangup struct{}
)

func (Say) action()      {}
func (Hush) action()     {}
func (SetTimer) action() {}
func (Note) action()     {}
func (Act) action()      {}
func (Hangup) action()   {}
