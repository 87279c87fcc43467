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
	betweenKeys  = 5 * time.Second         // Between the digits of a code that is read from paper.
	officeWait   = 1500 * time.Millisecond // Silence that a waiting caller is asked to bear.
	handedOver   = 10 * time.Second        // For the line to go down after a transfer.

	slowSilences = 2 // Silences after which everything is said more slowly.
)

// limits is how often a conversation repeats itself before it goes on or ends.
type limits struct {
	misses    int // Wrong or missing keys in a row before the way out is offered.
	turns     int // Menu sentences per call, so that every call ends.
	readings  int // Times the number is read from the start.
	waits     int // "One moment, please" per question to the office.
	rings     int // The same, while the operator's telephone rings.
	takes     int // Services that refuse a number before the caller is sent to the office.
	transfers int // Attempts to reach the operator.
	outs      int // Times the way out is offered.
	lookups   int // Lookup codes per call: they must not be guessed.
	topics    int // Turns with topics per call.
}

func usualLimits() limits {
	return limits{misses: 3, turns: 24, readings: 4, waits: 6, rings: 10, takes: 3, transfers: 2, outs: 2, lookups: 3, topics: 20}
}

// stage is where a conversation stands.
type stage int

const (
	fresh        stage = iota // Nothing has been said.
	menu                      // A level of the menu is offered.
	which                     // The caller's own tickets are offered, by number.
	owned                     // One ticket was told, with what can be done with it.
	sure                      // The caller is asked whether to cancel it.
	entering                  // A code is typed.
	asking                    // The office is asked about a ticket.
	connecting                // The caller hears that a transfer follows.
	transferring              // The operator's telephone rings.
	handed                    // The operator has taken over.
	wayOut                    // Three misses: one service, or come to the office.
	general                   // A caller who presses nothing hears that a number follows.
	taking                    // The office is asked for a number.
	reading                   // The number is read for the first time; nothing is offered yet.
	offer                     // The number is read again with the offer to keep it.
	grace                     // All was heard and is kept; the caller may still press.
	keeping                   // The caller is done, the office has not answered Confirm.
	keptTold                  // It is told that the number is kept; nothing is offered yet.
	consent                   // A call is offered.
	travelling                // Asked how long the way is.
	wishing                   // The wish to be called is being noted.
	rating                    // Asked how it was.
	erase                     // Asked whether to erase the telephone number.
	erasing                   // It is being erased.
	consulting                // A topic is asked what comes next.
	topical                   // A topic waits for keys.
	closing                   // The last sentence is spoken.
	ended
)

// name is how a stage is called in traces.
func (s stage) name() string {
	return [...]string{"start", "menu", "own tickets", "ticket", "cancel?", "code", "asking", "connecting", "operator", "operator",
		"way out", "general", "taking", "number", "offer", "offer", "keeping", "keeping", "call back?", "way", "call back",
		"rating", "erase?", "erasing", "topic", "topic", "closing", "end"}[s]
}

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
// for longer than officeWait; a call gets at most one number and confirms at
// most one; a key never answers what was not yet offered; every conversation
// ends.
type Dialogue struct {
	set   *setting
	speak speech
	stage stage

	path     []int // Of the level of the menu, as indices; never changed in place.
	misses   int   // Wrong or missing keys since the last good one.
	silences int   // Times the caller was silent.
	turns    int   // Menu sentences so far.
	most     limits
	outs     int  // Times the way out was offered.
	pressed  bool // The caller has pressed any key: the telephone can.

	waits     int // Times the caller was asked to wait, for the running question.
	questions int // Asked so far, of those that are numbered.
	back      stage
	transfers int

	mine    []queue.Ticket // The caller's own, as far as they go on.
	served  []queue.Ticket // The caller's own that were served and not rated yet.
	own     queue.Ticket   // The one that was told.
	typed   string         // Digits of a code so far.
	closer  bool           // The code was complete without its #: one that follows means nothing.
	entry   typing         // What is typed.
	lookups int
	doing   queue.Action // What the office is asked to do with own; empty = to find it.

	ticket        queue.Ticket // The held ticket, once taken.
	takes         int          // Numbers asked for.
	chosen        string       // The service that was asked for one.
	readings      int          // Times the number was begun from the start.
	early         rune         // Key pressed before the offer, answered when the offer is due.
	heard         bool         // The offer was heard to its end.
	offered       bool         // A call or a message was offered …
	offersCall    bool         // … of which this
	offersMessage bool         // and this.
	calling       queue.Ticket // The one a call is wanted for …
	far           far          // … and what was found of the way.
	keep          confirmation

	askedRating bool  // A rating was asked for.
	forgotten   bool  // The caller's number was erased.
	topic       Topic // The latest one asked for …
	reply       Reply // … and what it said.
	turnsTaken  int   // With topics.
}

// NewDialogue begins a conversation in a language ("vi"; others fall back to it).
func NewDialogue(language string) Dialogue {
	return Dialogue{set: &setting{}, speak: speechIn(language, queue.Info{}, queue.PhoneSetup{}), most: usualLimits()}
}

// Ended reports whether nothing more will come of this conversation.
func (d Dialogue) Ended() bool { return d.stage == ended }

// Ticket gives the ticket of this conversation; ok is false while there is none.
func (d Dialogue) Ticket() (t queue.Ticket, ok bool) { return d.ticket, d.ticket.ID != "" }

// Kept reports whether the office has confirmed the ticket.
func (d Dialogue) Kept() bool { return d.keep == kept }

// Where names the place of the conversation, in words that stay: "menu 5.1".
func (d Dialogue) Where() string { return d.stage.name() + d.pathName() + d.topicName() }

// Language is what the caller hears.
func (d Dialogue) Language() string { return d.speak.Code }

// Secret reports whether the keys pressed now belong to a lookup code, or to
// what a topic asks for.
func (d Dialogue) Secret() bool {
	return d.stage == entering && d.entry != serviceCode || d.stage == topical && d.reply.Digits > 1
}

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
		return d.mute()
	}
	return d.answer(in)
}

// answer lets the office's answer lead on.
func (d Dialogue) answer(in Input) (Dialogue, []Action) {
	switch in := in.(type) {
	case Taken:
		return d.taken(in.Ticket)
	case Refused:
		return d.refused(in.Err)
	case Confirmed:
		return d.confirmed(kept)
	case NotConfirmed:
		return d.confirmed(lost)
	case Found:
		return d.found(in)
	case Done:
		return d.done(in)
	case Wished:
		return d.wished(in)
	case Erased:
		return d.erased(in)
	case Consulted:
		return d.consulted(in)
	case Transferred:
		return d.transferred(in)
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
	if d.stage == travelling { // The call is wanted all the same.
		d, last = d.wish()
	}
	d.stage = ended
	return d, last
}

// start greets: a known caller with the own tickets, everybody else with the
// menu. While no number can be had it tells why and until when, and what can be
// done all the same: look a ticket up, cancel it, speak to somebody.
func (d Dialogue) start(in Started) (Dialogue, []Action) {
	if d.stage != fresh {
		return d, nil
	}
	d.set, d.mine, d.served = newSetting(in), in.Mine, in.Served
	d.speak = speechIn(d.speak.Code, in.Info, in.Setup.Phone)
	switch {
	case in.Err != nil:
		return d.close(d.speak.say("unavailable"))
	case len(d.mine) > 0: // Who calls again knows where: the ticket comes at once.
		return d.tellMine(d.speak.say("greeting-plain"), d.speak.onTrial(d.set.office))
	}
	return d.offerChoices(d.speak.hello(d.set), d.shutText(), d.choicesText())
}

// key lets a pressed key answer what is on offer.
func (d Dialogue) key(k rune) (Dialogue, []Action) {
	d.pressed = true
	late := d.closer && k == endKey
	if d.closer = false; late {
		return d, nil
	}
	switch d.stage {
	case menu, which, owned, sure, wayOut, consent, rating, erase:
		return d.choiceKey(k)
	case entering:
		return d.entryKey(k)
	case travelling:
		return d.travelKey(k)
	case topical:
		return d.topicKey(k)
	case general:
		return d.toMenu()
	case taking, reading:
		// Nothing is offered yet: remember the key, do not let it cut the number.
		if d.early == 0 && (k == '1' || k == '9' || k == '*') {
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
	case menu, which, owned, sure, wayOut, entering, consent, travelling, rating, erase, topical:
		return d, []Action{SetTimer{d.timeout()}}
	case asking, taking, keeping, transferring, wishing, erasing, consulting:
		return d, []Action{SetTimer{officeWait}}
	case handed:
		return d, []Action{SetTimer{handedOver}}
	case connecting:
		return d.transfer()
	case general:
		return d.take(d.set.setup.Phone.General)
	case reading:
		return d.read()
	case offer:
		return d.offerHeard()
	case keptTold:
		return d.askConsent()
	case closing:
		return d.hangup()
	}
	return d, nil
}

// silence goes on after a timer ran out.
func (d Dialogue) silence() (Dialogue, []Action) {
	switch d.stage {
	case menu, which, sure, erase:
		return d.missed()
	case rating:
		return d.leaveRating()
	case topical:
		return d.topicSilence()
	case owned:
		return d.ownedSilence()
	case entering:
		return d.entrySilence()
	case wayOut:
		return d.close(d.speak.say("visit"))
	case asking, taking, keeping, transferring, wishing, erasing, consulting:
		return d.waitOn()
	case connecting:
		return d.transfer()
	case general:
		return d.take(d.set.setup.Phone.General)
	case grace:
		return d.finish()
	case consent:
		return d.close(d.speak.say("be-there"))
	case travelling:
		return d.wish()
	case handed, closing:
		return d.hangup()
	}
	return d, nil
}

// mute goes on after a sentence that could not be spoken: in Vietnamese, where
// another language failed. What was not said must not be taken for heard.
func (d Dialogue) mute() (Dialogue, []Action) {
	if d.speak.Code == vietnamese {
		return d.hangup()
	}
	d.speak = speechIn(vietnamese, d.set.office, d.set.setup.Phone)
	switch d.stage {
	case menu, which, owned, sure, wayOut, consent, rating, erase:
		return d.repeat()
	case keptTold:
		return d.askConsent()
	case travelling:
		return d.askTravel(d.calling)
	case topical: // What it said was made in the other language.
		return d.toMenu()
	case entering:
		return d.enter(d.entry)
	case reading, offer:
		if d.readings < d.most.readings {
			return d.readAgain()
		}
	}
	return d.hangup()
}

// waitOn asks the caller for patience, but not for ever.
func (d Dialogue) waitOn() (Dialogue, []Action) {
	d.waits++
	most := d.most.waits
	if d.stage == transferring {
		most = d.most.rings
	}
	if d.waits <= most {
		return d, []Action{Say{Sentence: d.speak.say("wait")}}
	}
	switch d.stage {
	case keeping:
		return d.close(d.speak.say("not-kept"))
	case transferring:
		return d.operatorBusy()
	case asking:
		return d.notDone("not-done")
	case wishing:
		return d.close(d.speak.prompts("not-done", "be-there"))
	case erasing:
		return d.leaveForgetting(d.speak.say("not-done"))
	case consulting:
		return d.toMenu(d.speak.say("not-done"))
	}
	return d.close(d.speak.say("unavailable"))
}

// timeout is how long a menu waits for a key.
func (d Dialogue) timeout() time.Duration {
	switch {
	case d.stage == consent:
		return interDigit
	case d.silences > 0:
		return slowTimeout
	}
	return firstTimeout
}

// close says the last sentence.
func (d Dialogue) close(parts ...announce.Sentence) (Dialogue, []Action) {
	d.stage = closing
	return d, []Action{Say{Sentence: d.speak.last(parts...)}}
}

// hangup ends the conversation from our side.
func (d Dialogue) hangup() (Dialogue, []Action) {
	d.stage = ended
	return d, []Action{Hangup{}}
}

// ask counts a question to the office and begins the wait for its answer.
func (d Dialogue) ask(s stage) Dialogue {
	d.stage, d.waits = s, 0
	d.questions++
	return d
}
