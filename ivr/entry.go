package ivr

import (
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// typing is what is being typed.
type typing int

const (
	lookupCode  typing = iota // A ticket's lookup code.
	serviceCode               // A service's code; see codeOf.
	ratedCode                 // The lookup code of a ticket that is to be rated.
)

// most is how many digits it has at most.
func (e typing) most() int {
	if e == serviceCode {
		return maxServiceCode
	}
	return queue.CodeLength
}

// prompt asks for it.
func (e typing) prompt() string {
	switch e {
	case lookupCode:
		return "enter-code"
	case ratedCode:
		return "rate-code"
	}
	return "enter-service"
}

// maxServiceCode is the length of the longest service code: three letters.
const maxServiceCode = 6

// codeOf is what a service's printed letters are on a telephone: A is 1, B is
// 2 … Z is 26; of several letters each is two digits: AB is 0102. It moves
// only with the letter, so that a printed card stays true.
func codeOf(id string) string {
	var code strings.Builder
	for _, c := range id {
		n := int(c-'A') + 1
		code.WriteByte('0' + byte(n/10%10))
		code.WriteByte('0' + byte(n%10))
	}
	return strings.TrimLeft(code.String(), "0")
}

// enter asks for a code.
func (d Dialogue) enter(e typing) (Dialogue, []Action) {
	if e != serviceCode && d.lookups >= d.most.lookups {
		return d.toMenu(d.speak.say("codes-over"))
	}
	d.stage, d.entry, d.typed = entering, e, ""
	return d.offerChoices(d.speak.say(e.prompt()))
}

// entryKey takes one key of a code. # ends it, * begins again or goes back.
func (d Dialogue) entryKey(k rune) (Dialogue, []Action) {
	switch {
	case k >= '0' && k <= '9':
		d.typed += string(k)
		if len(d.typed) == d.entry.most() {
			d.closer = true
			return d.entered()
		}
		return d, []Action{Hush{}, SetTimer{betweenKeys}}
	case k == endKey && d.typed != "":
		return d.entered()
	case k == backKey && d.typed != "":
		return d.enter(d.entry)
	case k == backKey || k == endKey:
		return d.leaveEntry()
	}
	return d, nil
}

// leaveEntry goes back to where the caller came from.
func (d Dialogue) leaveEntry() (Dialogue, []Action) {
	if !d.set.anyOpen() && len(d.mine) > 0 {
		return d.tellMine()
	}
	return d.toMenu()
}

// entrySilence ends a code without #; who typed nothing is asked again.
func (d Dialogue) entrySilence() (Dialogue, []Action) {
	if d.typed != "" {
		return d.entered()
	}
	d.silences++
	d.misses++
	if d.misses >= d.most.misses {
		return d.helpOut()
	}
	return d.offerChoices(d.speak.prompts("nothing", d.entry.prompt()))
}

// entered looks for what was typed.
func (d Dialogue) entered() (Dialogue, []Action) {
	typed := d.typed
	d.typed = ""
	if d.entry == serviceCode {
		return d.enteredService(strings.TrimLeft(typed, "0"))
	}
	d.lookups++
	code, ok := queue.ParseCode(typed)
	if !ok {
		return d.wrongCode("bad-code")
	}
	d = d.ask(asking)
	d.doing = ""
	return d, []Action{Hush{}, Look{N: d.questions, Code: code}, SetTimer{officeWait}}
}

func (d Dialogue) enteredService(code string) (Dialogue, []Action) {
	for _, v := range d.set.services {
		if codeOf(v.ID) != code {
			continue
		}
		if !d.set.office.Open || !v.Open {
			return d.toMenu(d.closedNow(v))
		}
		return d.take(v.ID)
	}
	d.misses++
	if d.misses >= d.most.misses {
		return d.helpOut()
	}
	d.stage = menu
	return d.offerChoices(d.speak.say("no-such-service"), d.choicesText())
}

// wrongCode lets the caller try again, but not for ever: codes must not be
// guessed.
func (d Dialogue) wrongCode(prompt string) (Dialogue, []Action) {
	if d.lookups >= d.most.lookups {
		return d.toMenu(d.speak.prompts(prompt, "codes-over"))
	}
	d.stage = entering
	if prompt == "bad-code" {
		return d.offerChoices(d.speak.say(prompt))
	}
	return d.offerChoices(d.speak.prompts(prompt, d.entry.prompt()))
}

// found tells the ticket that was looked up.
func (d Dialogue) found(in Found) (Dialogue, []Action) {
	if d.stage != asking || d.doing != "" || in.N != d.questions {
		return d, nil
	}
	switch {
	case in.Err == nil:
		d.misses = 0
		if d.entry == ratedCode && d.mayRate(in.Ticket) {
			return d.askRating(in.Ticket)
		}
		return d.tell(in.Ticket)
	case queue.ErrorCode(in.Err) == queue.CodeUnknownTicket:
		return d.wrongCode("no-ticket")
	}
	return d.notDone("not-done")
}
