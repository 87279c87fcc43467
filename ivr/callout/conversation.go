package callout

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// How long a conversation waits, and how often it repeats itself.
const (
	helloWait  = 2 * time.Second         // For the end of "A lô?": machines' greetings are longer, people's are not.
	shortWait  = 3 * time.Second         // For a key, before everything is said again.
	longWait   = 7 * time.Second         // For a key, once everything was said twice (ISO/IEC 13714).
	officeWait = 1500 * time.Millisecond // Silence that a waiting citizen is asked to bear.

	readingsMin = 2 // An answering machine hears everything so often.
	readingsMax = 4 // Somebody who asks for it, so often.
	maxWaits    = 6 // "One moment, please."
	maxTurns    = 2 // How often news may begin anew because the ticket moved on.
)

// stage is where a conversation stands.
type stage int

const (
	unanswered stage = iota
	listening        // The far end says "A lô?".
	telling          // Number, place and what to do are said.
	asking           // The keys are said.
	waiting          // All is said; a key may come.
	doubting         // Asked whether the number is really to be given back.
	doubted          // The same, and the question is over.
	acting           // The office is asked.
	leaving          // The line is down, the office has not answered.
	closing          // The last sentence is spoken.
	ended
)

// Conversation is one call to a citizen, as a value: Step gives the next one.
//
// Its promises, each tested: every input in every stage leads on to speech, a
// timer or the end; it ends, whatever happens; the office is asked at most
// once, and to give a number back only after the key was pressed twice with the
// question between; nobody is left in silence longer than longWait.
type Conversation struct {
	message

	stage    stage
	readings int // Times the news was begun.
	turns    int // Times the news changed.
	waits    int
	heard    bool   // The news was said to its end once.
	pressed  string // Keys that decided.
	asked    queue.Action
	moved    bool // The office let others go first.
}

// Ended reports whether nothing more will come of this conversation.
func (c Conversation) Ended() bool { return c.stage == ended }

// where names the place in the conversation, in words that stay.
func (c Conversation) where() string {
	switch c.stage {
	case unanswered, listening:
		return "call: greeting"
	case doubting, doubted:
		return "call: cancel?"
	case acting, leaving:
		return "call: office asked"
	case closing, ended:
		return "call: goodbye"
	}
	return "call: " + string(c.purpose)
}

// outcome tells how an answered call ended.
func (c Conversation) outcome() book.Outcome {
	switch {
	case c.pressed != "":
		return book.Pressed
	case c.heard:
		return book.Listened
	}
	return book.CutShort
}

// Step takes one input and gives the conversation after it with what is to be
// done now, in this order.
func (c Conversation) Step(in Input) (Conversation, []Action) {
	if c.stage == ended {
		return c, nil
	}
	switch in := in.(type) {
	case Answered:
		return c.answered()
	case Spoke:
		if c.stage == listening {
			return c.tell()
		}
	case Key:
		return c.key(in.Digit)
	case Played:
		return c.played()
	case Silence:
		return c.silence()
	case Mute:
		return c.hangup()
	case HungUp:
		return c.hungUp()
	case Acted:
		return c.acted(in)
	case Moved:
		return c.follow(in.Ticket)
	}
	return c, nil
}

func (c Conversation) answered() (Conversation, []Action) {
	if c.stage != unanswered {
		return c, nil
	}
	c.stage = listening
	return c, []Action{Note{book.Answered}, SetTimer{helloWait}}
}

// tell says the news, from the second time on without the greeting.
func (c Conversation) tell() (Conversation, []Action) {
	c.stage = telling
	c.readings++
	if c.readings == 1 {
		return c, []Action{Say{c.first()}}
	}
	return c, []Action{Say{c.second()}}
}

// key lets a key act as soon as the telephone is at the ear: who knows these
// calls need not wait for the end.
func (c Conversation) key(k rune) (Conversation, []Action) {
	switch c.stage {
	case listening:
		return c.tell()
	case telling, asking, waiting:
		return c.choose(k)
	case doubting, doubted:
		return c.decideCancel(k)
	}
	return c, nil
}

// choose does what a key stands for. Keys without a meaning do not cut a
// sentence.
func (c Conversation) choose(k rune) (Conversation, []Action) {
	switch {
	case k == '1':
		c.pressed += "1"
		if c.ticket.State == queue.Held {
			return c.act(Act{Action: queue.Confirm})
		}
		return c.close(c.confirmed())
	case k == '2':
		c.pressed += "2"
		return c.act(Act{Action: queue.Later, Places: ivr.LaterPlaces})
	case k == '3' && c.cancels():
		c.pressed += "3"
		c.stage = doubting
		return c, []Action{Say{c.sure()}}
	case (k == '9' || k == '*') && c.readings < readingsMax:
		return c.tell()
	}
	return c, nil
}

// decideCancel gives the number back at the same key only.
func (c Conversation) decideCancel(k rune) (Conversation, []Action) {
	switch k {
	case '3':
		c.pressed += "3"
		return c.act(Act{Action: queue.Cancel})
	case '1':
		c.pressed += "1"
		return c.close(c.last("kept", "be-there"))
	}
	return c, nil
}

// act asks the office, once per call: every way on from here ends it.
func (c Conversation) act(a Act) (Conversation, []Action) {
	c.stage, c.asked, c.waits = acting, a.Action, 0
	return c, []Action{Hush{}, a, SetTimer{officeWait}}
}

// acted tells what the office did.
func (c Conversation) acted(in Acted) (Conversation, []Action) {
	if c.stage != acting && c.stage != leaving {
		return c, nil
	}
	c.moved = c.asked == queue.Later && in.Err == nil
	if c.stage == leaving {
		c.stage = ended
		return c, nil
	}
	switch ok := in.Err == nil; {
	case c.asked == queue.Later && ok:
		return c.close(c.last("done-later", "will-call"))
	case c.asked == queue.Later:
		return c.close(c.last("not-now", "be-there"))
	case c.asked == queue.Cancel && ok:
		return c.close(c.last("state-cancelled"))
	case c.asked == queue.Confirm && ok:
		return c.close(c.confirmed())
	}
	return c.close(c.last("not-done"))
}

// played goes on after a sentence was heard to its end.
func (c Conversation) played() (Conversation, []Action) {
	switch c.stage {
	case telling:
		c.stage = asking
		ask := []Action{Say{c.keys()}}
		if !c.heard {
			c.heard = true
			ask = append(ask, Note{book.Heard})
		}
		return c, ask
	case asking:
		c.stage = waiting
		if c.readings < readingsMin {
			return c, []Action{SetTimer{shortWait}}
		}
		return c, []Action{SetTimer{longWait}}
	case doubting:
		c.stage = doubted
		return c, []Action{SetTimer{longWait}}
	case acting:
		return c, []Action{SetTimer{officeWait}}
	case closing:
		return c.hangup()
	}
	return c, nil
}

// silence goes on after a timer ran out.
func (c Conversation) silence() (Conversation, []Action) {
	switch c.stage {
	case listening:
		return c.tell()
	case waiting:
		if c.readings < readingsMin {
			return c.tell()
		}
		return c.close(c.last())
	case doubted:
		return c.close(c.last("kept", "be-there"))
	case acting:
		if c.waits++; c.waits <= maxWaits {
			return c, []Action{Say{c.speech.Say("wait")}}
		}
		return c.acted(Acted{Err: queue.Errorf(queue.CodeUnavailable, "no answer while the citizen waited")})
	case closing:
		return c.hangup()
	}
	return c, nil
}

// follow begins anew when a counter calls the ticket while we talk, and says
// so when the ticket is over. What the citizen does through this call is not
// news.
func (c Conversation) follow(t queue.Ticket) (Conversation, []Action) {
	if c.stage >= acting {
		return c, nil
	}
	was := c.ticket.State
	c.ticket.State, c.ticket.Counter = t.State, t.Counter
	if t.Standing != nil && c.stage <= listening {
		c.ticket.Standing = t.Standing // It moved on while it rang.
	}
	if over(t) {
		if c.stage == unanswered {
			return c.hangup()
		}
		return c.close(c.last("state-over"))
	}
	if t.State != queue.Called || c.purpose == book.Called && was == queue.Called {
		return c, nil
	}
	c.purpose = book.Called
	if c.stage <= listening || c.turns == maxTurns {
		return c, nil // The first words will say it.
	}
	c.turns++
	c.readings = min(c.readings, readingsMin-1) // Said at least once more.
	return c.tell()
}

// hungUp ends the conversation; what the office is asked may still be done.
func (c Conversation) hungUp() (Conversation, []Action) {
	if c.stage == acting {
		c.stage = leaving
		return c, nil
	}
	if c.stage != leaving {
		c.stage = ended
	}
	return c, nil
}

// close says the last sentence.
func (c Conversation) close(s announce.Sentence) (Conversation, []Action) {
	c.stage = closing
	return c, []Action{Say{s}}
}

// hangup ends the conversation from our side.
func (c Conversation) hangup() (Conversation, []Action) {
	if c.stage == acting {
		c.stage = leaving
	} else {
		c.stage = ended
	}
	return c, []Action{Hangup{}}
}
