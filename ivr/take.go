package ivr

import (
	"errors"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// mayTake reports whether this call may still ask for a number: one per call,
// and not of every service in turn.
func (d Dialogue) mayTake() bool { return d.ticket.ID == "" && d.takes < d.most.takes }

// take asks for the number. It is the only place that does; no stage behind
// Taken leads back here, hence one number per call.
func (d Dialogue) take(service string) (Dialogue, []Action) {
	if !d.mayTake() {
		return d.close(d.speak.say("visit"))
	}
	d.stage, d.waits, d.early = taking, 0, 0
	d.takes++
	d.chosen = service
	return d, []Action{Hush{}, Take{Service: service, Language: d.speak.Code, N: d.takes}, SetTimer{officeWait}}
}

// taken reads the number for the first time.
func (d Dialogue) taken(t queue.Ticket) (Dialogue, []Action) {
	if d.stage != taking {
		return d, nil // Too late: the caller was sent away, the number lapses.
	}
	d.ticket = t
	return d.readAgain()
}

// refused explains why there is no number. Where another service may give one,
// or the caller has a number already, the call goes on.
func (d Dialogue) refused(err error) (Dialogue, []Action) {
	if d.stage != taking {
		return d, nil
	}
	why, goesOn := d.refusal(err)
	switch queue.ErrorCode(err) {
	case queue.CodePersonLimit:
		if len(d.mine) > 0 {
			return d.tellMine(why)
		}
	case queue.CodeServiceFull, queue.CodeServiceClosed, queue.CodeUnknownService, queue.CodeChannelFull, queue.CodeIssuingStopped:
		d.set = d.set.without(d.chosen)
		if d.mayTake() && d.turns < d.most.turns {
			return d.toMenu(why)
		}
	}
	if goesOn {
		return d.close(why, d.speak.say("visit"))
	}
	return d.close(why)
}

// refusal puts the office's refusal into words. other reports whether a number
// may be had elsewhere: of another service, or at the desk.
func (d Dialogue) refusal(err error) (why announce.Sentence, other bool) {
	prompts := map[queue.Code]string{
		queue.CodeServiceClosed: "closed-service", queue.CodeUnknownService: "closed-service",
		queue.CodeServiceFull: "service-full", queue.CodeIssuingStopped: "stopped", queue.CodeChannelFull: "channel-full",
		queue.CodePersonLimit: "person-limit", queue.CodeRateLimited: "too-many",
		queue.CodeCardNeeded: "not-allowed", queue.CodeCardInvalid: "not-allowed", queue.CodeForbidden: "not-allowed",
		queue.CodeUnauthorized: "not-allowed", queue.CodeBadRequest: "not-allowed", queue.CodeKeyReused: "not-allowed",
	}
	var refused *queue.Error
	opens := d.set.office.Opens
	if errors.As(err, &refused) && !refused.Opens.IsZero() {
		opens = refused.Opens
	}
	code := queue.ErrorCode(err)
	if code == queue.CodeOfficeClosed {
		return d.speak.closed(opens, d.set.now), false
	}
	prompt, known := prompts[code]
	if !known {
		return d.speak.say("unavailable"), false
	}
	why = d.speak.say(prompt)
	if refused != nil && !refused.Opens.IsZero() && !d.set.now.IsZero() {
		again := announce.Join(d.speak.say("call-again-at"), d.speak.when(refused.Opens.In(d.set.now.Location()), d.set.now))
		why = d.speak.join(why, again)
	}
	return why, true
}

// readAgain reads the number from the start.
func (d Dialogue) readAgain() (Dialogue, []Action) {
	d.stage = reading
	d.readings++
	return d, []Action{
		Say{Sentence: d.speak.number(d.ticket.Number), Exact: true},
		Prepare{d.offerText()},
	}
}

func (d Dialogue) offerText() announce.Sentence {
	return d.speak.offer(d.ticket, d.set.office.ByValue, d.set.now)
}

// read goes on when the number has been heard once: only now is there
// something to answer, so a key pressed earlier is answered now.
func (d Dialogue) read() (Dialogue, []Action) {
	k := d.early
	d.early = 0
	switch {
	case k == '1':
		return d.confirmAndFinish()
	case k != 0 && d.readings < d.most.readings:
		return d.readAgain()
	}
	d.stage = offer
	return d, []Action{
		Say{Sentence: d.offerText(), Exact: true},
		Prepare{d.speak.farewell(d.ticket, true, d.set.now)},
	}
}

// offerKey answers the offer to keep the number. Keys without a meaning here
// do not cut the sentence that the caller needs most.
func (d Dialogue) offerKey(k rune) (Dialogue, []Action) {
	switch {
	case k == '1':
		return d.confirmAndFinish()
	case (k == repeatKey || k == backKey) && d.readings < d.most.readings:
		return d.readAgain()
	}
	return d, nil
}

// offerHeard goes on when the offer was heard to its end: that alone keeps the
// number. A short time is left for the key that was just asked for.
func (d Dialogue) offerHeard() (Dialogue, []Action) {
	d.stage, d.heard = grace, true
	d, actions := d.confirm()
	return d, append(actions, SetTimer{interDigit})
}

// confirm asks the office to keep the number, once per call.
func (d Dialogue) confirm() (Dialogue, []Action) {
	if d.keep != notAsked {
		return d, nil
	}
	d.keep, d.waits = asked, 0
	return d, []Action{Confirm{d.ticket.ID}}
}

// confirmAndFinish keeps the number and stops reading it.
func (d Dialogue) confirmAndFinish() (Dialogue, []Action) {
	d, first := d.confirm()
	d, rest := d.finish()
	return d, append(first, rest...)
}

// finish thanks the caller as soon as it is known whether the number is kept.
func (d Dialogue) finish() (Dialogue, []Action) {
	switch d.keep {
	case kept:
		return d.keptNow()
	case lost:
		return d.close(d.speak.say("not-kept"))
	}
	d.stage = keeping
	return d, []Action{Hush{}, SetTimer{officeWait}}
}

// confirmed notes the answer to Confirm and goes on if the caller waits for it.
func (d Dialogue) confirmed(k confirmation) (Dialogue, []Action) {
	if d.keep != asked {
		return d, nil
	}
	d.keep = k
	if d.stage == keeping || d.stage == grace && k == lost {
		return d.finish()
	}
	return d, nil
}
