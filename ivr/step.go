package ivr

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// Input is one thing that happens to a Dialogue, in the order in which it
// happened.
type Input interface{ input() }

// The inputs. N in an answer is that of the question.
type (
	// Started begins the conversation with what the office is at this moment.
	Started struct {
		Info     queue.Info
		Services []queue.ServiceView
		Setup    queue.Setup    // Zero = not known; everything has a default.
		Mine     []queue.Ticket // What this caller took today and may still come for.
		Served   []queue.Ticket // What this caller took today, was served for and has not rated.
		CallBack bool           // This caller may be offered a call when the turn is near.
		Writes   bool           // This caller may be offered a message with the number.
		Known    bool           // This caller's number is in the book of those who are called back.
		Staffed  bool           // Somebody is at a counter, although the office is closed.
		Demand   map[string]int // Service → numbers taken in the past days; nil = not known.
		Spoken   []string       // Languages that can be spoken beside Vietnamese.
		Topics   []Topic        // What other parts of the program offer callers.
		Now      time.Time      // Zero = not known; then no times are said.
		Err      error          // Not nil when the office could not be asked; Info may then be empty.
	}
	// Key is a key the caller pressed: 0–9, *, #, A–D.
	Key struct{ Digit rune }
	// Played tells that the latest Say was heard to its end.
	Played struct{}
	// Silence tells that the latest SetTimer ran out.
	Silence struct{}
	// Mute tells that the latest Say could not be spoken.
	Mute struct{}
	// HungUp tells that the line is down: the caller is gone, or this side
	// stops and has let the sentence end (Stopping), or somebody else has taken
	// over (Handed).
	HungUp struct{ Stopping, Handed bool }
	// Taken answers Take with the held ticket.
	Taken struct{ Ticket queue.Ticket }
	// Refused answers Take with the reason why there is no ticket.
	Refused struct{ Err error }
	// Confirmed answers Confirm: the number is kept.
	Confirmed struct{ Ticket queue.Ticket }
	// NotConfirmed answers Confirm: the number is not kept, as far as is known.
	NotConfirmed struct{ Err error }
	// Found answers Look with the ticket, or with the reason why there is none.
	Found struct {
		N      int
		Ticket queue.Ticket
		Err    error
	}
	// Done answers Act with the ticket afterwards, or with why it was not done.
	Done struct {
		N      int
		Ticket queue.Ticket
		Err    error
	}
	// Wished answers Ask and Send: the wish is noted or the message sent, or not.
	Wished struct {
		N   int
		Err error
	}
	// Erased answers Forget: the number is erased, or not.
	Erased struct {
		N   int
		Err error
	}
	// Consulted answers Consult with what the topic says, or with why it cannot.
	Consulted struct {
		N     int
		Reply Reply
		Err   error
	}
	// Transferred answers Transfer: the far end has taken over, or has not.
	Transferred struct {
		N   int
		Err error
	}
)

func (Started) input()      {}
func (Key) input()          {}
func (Played) input()       {}
func (Silence) input()      {}
func (Mute) input()         {}
func (HungUp) input()       {}
func (Taken) input()        {}
func (Refused) input()      {}
func (Confirmed) input()    {}
func (NotConfirmed) input() {}
func (Found) input()        {}
func (Done) input()         {}
func (Wished) input()       {}
func (Erased) input()       {}
func (Consulted) input()    {}
func (Transferred) input()  {}

// Action is one thing a Dialogue wants done.
type Action interface{ action() }

// The actions. A Say or Hush ends the running prompt and the running timer; a
// SetTimer replaces the running timer. N tells questions of one call apart.
type (
	// Say speaks a sentence; it is answered by Played unless another Say or a
	// Hush comes first. An Exact one is worthless when a word is missing.
	Say struct {
		Sentence announce.Sentence
		Exact    bool
	}
	// Prepare tells what is likely to be said next, so that it is ready.
	Prepare struct{ Sentence announce.Sentence }
	// Hush stops speaking.
	Hush struct{}
	// Take asks the office for a held number of a service; answered by Taken
	// or Refused.
	Take struct {
		Service  string
		Language string
		N        int
	}
	// Confirm keeps a ticket; answered by Confirmed or NotConfirmed, and done
	// even if the caller hangs up meanwhile.
	Confirm struct{ Ticket string }
	// Look asks the office for the ticket of a lookup code; answered by Found.
	Look struct {
		N    int
		Code string
	}
	// Act does something with a ticket that is the caller's; answered by Done,
	// and done even if the caller hangs up meanwhile.
	Act struct {
		N       int
		Request queue.ActRequest
	}
	// Ask notes the wish to be called; answered by Wished, and done even if the
	// caller hangs up meanwhile.
	Ask struct {
		N        int
		Ticket   queue.Ticket
		Language string
		Travel   int // Minutes of the caller's way; 0 = not told.
	}
	// Send sends the caller a message about a ticket; answered by Wished, and
	// done even if the caller hangs up meanwhile.
	Send struct {
		N        int
		Ticket   queue.Ticket
		Language string
	}
	// Forget has the caller's telephone number erased; answered by Erased, and
	// done even if the caller hangs up meanwhile.
	Forget struct{ N int }
	// Consult asks a topic what comes next; answered by Consulted. Turn.Number
	// is left to whoever does it: a Dialogue does not know who calls.
	Consult struct {
		N     int
		Topic Topic
		Turn  Turn
	}
	// Transfer sends the caller on; answered by Transferred.
	Transfer struct {
		N  int
		To string
	}
	// SetTimer asks for Silence after D.
	SetTimer struct{ D time.Duration }
	// Hangup ends the call; nothing follows.
	Hangup struct{}
)

func (Say) action()      {}
func (Prepare) action()  {}
func (Hush) action()     {}
func (Take) action()     {}
func (Confirm) action()  {}
func (Look) action()     {}
func (Act) action()      {}
func (Ask) action()      {}
func (Send) action()     {}
func (Forget) action()   {}
func (Consult) action()  {}
func (Transfer) action() {}
func (SetTimer) action() {}
func (Hangup) action()   {}
