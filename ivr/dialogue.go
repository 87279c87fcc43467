package ivr

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// How long the dialogue waits, and how often it repeats itself
// (ISO/IEC 13714: three to ten seconds, at most four choices).
const (
	firstTimeout = 7 * time.Second         // For a key after a menu.
	slowTimeout  = 10 * time.Second        // The same, once a caller has been silent.
	interDigit   = 3 * time.Second         // For the confirming key after the offer was heard.
	officeWait   = 1500 * time.Millisecond // Silence that a waiting caller is asked to bear.

	menuOptions = 4  // Services per menu page.
	nextKey     = 5  // The key of the next page.
	repeatKey   = 9  // The key that repeats.
	maxMisses   = 3  // Wrong or missing keys before the way out is offered.
	maxTurns    = 20 // Menu sentences per call, so that every call ends.
	maxReadings = 4  // Times the number is read from the start.
	maxWaits    = 6  // "One moment, please" per question to the office.
)

// stage is where a conversation stands.
type stage int

const (
	fresh   stage = iota // Nothing has been said.
	menu                 // A menu page is offered.
	wayOut               // Three misses: one service, or come to the office.
	taking               // The office is asked for a number.
	reading              // The number is read for the first time; nothing is offered yet.
	offer                // The number is read again with the offer to keep it.
	grace                // All was heard and is kept; the caller may still press.
	keeping              // The caller is done, the office has not answered Confirm.
	closing              // The last sentence is spoken.
	ended
)

// confirmation is how far the one Confirm of a call has come.
type confirmation int

const (
	notAsked confirmation = iota
	asked
	kept
	lost
)

// Dialogue is one conversation, as a value: Step gives the next one. The zero
// value is not usable; see NewDialogue.
//
// Its promises, each tested: every input in every stage leads on to speech, a
// timer or the end; a caller who waits for the office is never left in silence
// for longer than officeWait; there is at most one Take and one Confirm per
// call; a key never answers what was not yet offered; every conversation ends.
type Dialogue struct {
	texts    texts
	office   queue.Info
	services []queue.ServiceView // All, in the order of the setup: keys never move.

	stage  stage
	page   int  // Menu page, from 0.
	misses int  // Wrong or missing keys so far.
	turns  int  // Menu sentences so far.
	slow   bool // The caller needed more time once.

	waits    int          // Times the caller was asked to wait, for the running question.
	ticket   queue.Ticket // The held ticket, once taken.
	readings int          // Times the number was begun from the start.
	early    rune         // Key pressed before the offer, answered when the offer is due.
	heard    bool         // The offer was heard to its end.
	keep     confirmation
}

// NewDialogue begins a conversation in a language ("vi"; others fall back to it).
func NewDialogue(language string) Dialogue {
	return Dialogue{texts: textsFor(language)}
}

// Ended reports whether nothing more will come of this conversation.
func (d Dialogue) Ended() bool { return d.stage == ended }

// Ticket gives the ticket of this conversation; ok is false while there is none.
func (d Dialogue) Ticket() (t queue.Ticket, ok bool) { return d.ticket, d.ticket.ID != "" }

// Kept reports whether the office has confirmed the ticket.
func (d Dialogue) Kept() bool { return d.keep == kept }

// Step takes one input and gives the conversation after it with what is to be
// done now, in this order.
func (d Dialogue) Step(in Input) (Dialogue, []Action) {
	if d.stage == ended {
		return d, nil
	}
	switch in := in.(type) {
	case HungUp:
		return d.hungUp(in)
	case Started:
		return d.start(in)
	case Key:
		return d.key(in.Digit)
	case Played:
		return d.played()
	case Silence:
		return d.silence()
	case Mute:
		return d.hangup() // What was not said must not be taken for heard.
	case Taken:
		return d.taken(in.Ticket)
	case Refused:
		return d.refused(in.Err)
	case Confirmed:
		return d.confirmed(kept)
	case NotConfirmed:
		return d.confirmed(lost)
	}
	return d, nil
}

// hungUp ends the conversation. A held number lapses by itself, unless the
// caller had heard it to its end when this side had to stop: then it is kept.
func (d Dialogue) hungUp(in HungUp) (Dialogue, []Action) {
	var last []Action
	if in.Stopping && d.stage == offer {
		d, last = d.confirm()
	}
	d.stage = ended
	return d, last
}

// start greets, or explains why nothing can be had.
func (d Dialogue) start(in Started) (Dialogue, []Action) {
	if d.stage != fresh {
		return d, nil
	}
	d.office, d.services = in.Info, in.Services
	switch {
	case in.Err != nil:
		return d.close(d.texts.last(d.texts.unavailable))
	case !in.Info.Open:
		return d.close(d.texts.last(d.texts.closedOffice))
	case d.firstOpen() < 0:
		return d.close(d.texts.last(d.texts.noService, d.texts.visit))
	}
	return d.sayMenu(d.texts.welcome(d.office, d.options()))
}

// key lets a pressed key answer what is on offer.
func (d Dialogue) key(k rune) (Dialogue, []Action) {
	switch d.stage {
	case menu:
		return d.menuKey(k)
	case wayOut:
		return d.wayOutKey(k)
	case taking, reading:
		// Nothing is offered yet: remember the key, do not let it cut the number.
		if k == '1' || k == '9' || k == '*' {
			d.early = k
		}
		return d, nil
	case offer, grace:
		return d.offerKey(k)
	}
	return d, nil
}

// played goes on after a sentence was heard to its end.
func (d Dialogue) played() (Dialogue, []Action) {
	switch d.stage {
	case menu, wayOut:
		return d, []Action{SetTimer{d.timeout()}}
	case taking, keeping:
		return d, []Action{SetTimer{officeWait}}
	case reading:
		return d.read()
	case offer:
		return d.offered()
	case closing:
		return d.hangup()
	}
	return d, nil
}

// silence goes on after a timer ran out.
func (d Dialogue) silence() (Dialogue, []Action) {
	switch d.stage {
	case menu:
		d.slow = true
		return d.miss(announce.Phrase(d.texts.nothing))
	case wayOut:
		return d.close(d.texts.last(d.texts.visit))
	case taking, keeping:
		return d.waitOn()
	case grace:
		return d.finish()
	case closing:
		return d.hangup()
	}
	return d, nil
}

// waitOn asks the caller for patience, but not for ever.
func (d Dialogue) waitOn() (Dialogue, []Action) {
	d.waits++
	if d.waits <= maxWaits {
		return d, []Action{Say{Sentence: announce.Phrase(d.texts.wait)}}
	}
	if d.stage == keeping {
		return d.close(d.texts.last(d.texts.notKept))
	}
	return d.close(d.texts.last(d.texts.unavailable))
}

// timeout is how long a menu waits for a key.
func (d Dialogue) timeout() time.Duration {
	if d.slow {
		return slowTimeout
	}
	return firstTimeout
}

// close says the last sentence.
func (d Dialogue) close(s announce.Sentence) (Dialogue, []Action) {
	d.stage = closing
	return d, []Action{Say{Sentence: s}}
}

// hangup ends the conversation from our side.
func (d Dialogue) hangup() (Dialogue, []Action) {
	d.stage = ended
	return d, []Action{Hangup{}}
}
