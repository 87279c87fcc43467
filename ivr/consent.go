package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// keptNow ends a call whose number is kept, after offering a call for when the
// turn is near, and the number as a message.
func (d Dialogue) keptNow() (Dialogue, []Action) {
	told := d.speak.keptWords(d.ticket, d.heard, d.set.now)
	d.offersCall, d.offersMessage = d.mayOfferCall(d.ticket), d.mayOfferMessage()
	if !d.offersCall && !d.offersMessage {
		return d.close(told, d.speak.say("be-there"))
	}
	d.stage, d.offered = keptTold, true
	return d, []Action{Say{Sentence: told}}
}

// askConsent asks only now, in a sentence of its own: a key that was pressed
// late to keep the number must not be taken for a consent.
func (d Dialogue) askConsent() (Dialogue, []Action) {
	d.stage = consent
	return d, []Action{Say{Sentence: d.choicesText()}}
}

// mayOfferCall reports whether this caller may be asked: the office calls, the
// number is known, and there is still time for it.
func (d Dialogue) mayOfferCall(t queue.Ticket) bool {
	limits := d.set.setup.Phone.Callback
	return d.set.callBack && !d.offered && !t.Needing(queue.NeedHearing) && !limits.Off && t.Standing != nil && t.Standing.Ahead > limits.WithDefaults().Ahead
}

// consentChoices has no gap in its keys: who may not be called gets the message
// by the first one.
func (d Dialogue) consentChoices() (list []choice) {
	add := func(prompt string, do func(Dialogue) (Dialogue, []Action)) {
		key := '1' + rune(len(list))
		line := func() announce.Sentence { return d.speak.key(prompt, key) }
		list = append(list, choice{key: key, full: line, short: line, do: do})
	}
	if d.offersCall {
		add("ask-call", func(d Dialogue) (Dialogue, []Action) { return d.askTravel(d.ticket) })
	}
	if d.offersMessage {
		add("ask-text", func(d Dialogue) (Dialogue, []Action) { return d.write(d.ticket) })
	}
	return list
}
