package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// keptNow ends a call whose number is kept, after offering a call for when the
// turn is near.
func (d Dialogue) keptNow() (Dialogue, []Action) {
	told := d.speak.keptWords(d.ticket, d.heard, d.set.now)
	if !d.mayOfferCall(d.ticket) {
		return d.close(told, d.speak.say("be-there"))
	}
	d.stage, d.offered = consent, true
	return d, []Action{Say{Sentence: d.speak.join(told, d.choicesText())}}
}

// mayOfferCall reports whether this caller may be asked: the office calls, the
// number is known, and there is still time for it.
func (d Dialogue) mayOfferCall(t queue.Ticket) bool {
	limits := d.set.setup.Phone.Callback
	return d.set.callBack && !d.offered && !limits.Off && t.Standing != nil && t.Standing.Ahead > limits.WithDefaults().Ahead
}

func (d Dialogue) consentChoices() []choice {
	line := func() announce.Sentence { return d.speak.key("ask-call", '1') }
	return []choice{{key: '1', full: line, short: line, do: func(d Dialogue) (Dialogue, []Action) { return d.wish(d.ticket) }}}
}

// wish notes that the caller wants to be called.
func (d Dialogue) wish(t queue.Ticket) (Dialogue, []Action) {
	d = d.ask(wishing)
	d.offered = true
	return d, []Action{Hush{}, Ask{N: d.questions, Ticket: t, Language: d.speak.Code}, SetTimer{officeWait}}
}

// wished promises the call only once the wish is noted.
func (d Dialogue) wished(in Wished) (Dialogue, []Action) {
	if d.stage != wishing || in.N != d.questions {
		return d, nil
	}
	if in.Err != nil {
		return d.close(d.speak.prompts("not-done", "be-there"))
	}
	return d.close(d.speak.prompts("will-call", "be-there"))
}
