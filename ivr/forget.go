package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// A caller's telephone number is kept in one place only, the book of those who
// want to be called; there it can be erased at once. The office itself knows
// persons by a keyed hash that is erased when the day turns, and needs it until
// then: who could have it erased would have no limit of numbers a day.

func (d Dialogue) forgetOpen(queue.PhoneOption) bool { return d.set.known && !d.forgotten }

// chooseForget asks once more: a call that was promised does not come then.
func (d Dialogue) chooseForget(queue.PhoneOption) (Dialogue, []Action) {
	if !d.forgetOpen(queue.PhoneOption{}) {
		return d.toMenu(d.speak.say("not-known"))
	}
	d.stage = erase
	return d.offerChoices(d.speak.say("sure-forget"), d.choicesText())
}

func (d Dialogue) eraseChoices() []choice {
	yes, no := func() announce.Sentence { return d.speak.key("forget-yes", '1') }, func() announce.Sentence { return d.speak.key("sure-no", '2') }
	return []choice{
		{key: '1', full: yes, short: yes, do: Dialogue.forget},
		{key: '2', full: no, short: no, do: func(d Dialogue) (Dialogue, []Action) { return d.leaveForgetting() }},
	}
}

// forget has the number erased.
func (d Dialogue) forget() (Dialogue, []Action) {
	d = d.ask(erasing)
	return d, []Action{Hush{}, Forget{N: d.questions}, SetTimer{officeWait}}
}

// erased tells that the number is gone, once it is.
func (d Dialogue) erased(in Erased) (Dialogue, []Action) {
	if d.stage != erasing || in.N != d.questions {
		return d, nil
	}
	if in.Err != nil {
		return d.leaveForgetting(d.speak.say("not-done"))
	}
	d.forgotten = true
	return d.leaveForgetting(d.speak.say("forgotten"))
}

// leaveForgetting goes back to where the caller was.
func (d Dialogue) leaveForgetting(parts ...announce.Sentence) (Dialogue, []Action) {
	if len(d.mine) > 0 {
		return d.tellMine(parts...)
	}
	return d.toMenu(parts...)
}
