package ivr

import "github.com/xinmoi/xinmoi/queue"

// take asks for the number; the only place that does, and no stage behind it
// leads back to a menu, hence one Take per call.
func (d Dialogue) take(service string) (Dialogue, []Action) {
	d.stage, d.waits, d.early = taking, 0, 0
	return d, []Action{Hush{}, Take{service}, SetTimer{officeWait}}
}

// taken reads the number for the first time.
func (d Dialogue) taken(t queue.Ticket) (Dialogue, []Action) {
	if d.stage != taking {
		return d, nil // Too late: the caller was sent away, the number lapses.
	}
	d.ticket = t
	return d.readAgain()
}

// refused explains why there is no number.
func (d Dialogue) refused(err error) (Dialogue, []Action) {
	if d.stage != taking {
		return d, nil
	}
	return d.close(d.texts.refusal(queue.ErrorCode(err)))
}

// readAgain reads the number from the start.
func (d Dialogue) readAgain() (Dialogue, []Action) {
	d.stage = reading
	d.readings++
	return d, []Action{
		Say{Sentence: d.texts.number(d.ticket.Number), Exact: true},
		Prepare{d.texts.offer(d.ticket, d.office)},
	}
}

// read goes on when the number has been heard once: only now is there
// something to answer, so a key pressed earlier is answered now.
func (d Dialogue) read() (Dialogue, []Action) {
	k := d.early
	d.early = 0
	switch {
	case k == '1':
		return d.confirmAndFinish()
	case k != 0 && d.readings < maxReadings:
		return d.readAgain()
	}
	d.stage = offer
	return d, []Action{
		Say{Sentence: d.texts.offer(d.ticket, d.office), Exact: true},
		Prepare{d.texts.farewell(d.ticket, d.office, true)},
	}
}

// offerKey answers the offer to keep the number. Keys without a meaning here
// do not cut the sentence that the caller needs most.
func (d Dialogue) offerKey(k rune) (Dialogue, []Action) {
	switch {
	case k == '1':
		return d.confirmAndFinish()
	case (k == '9' || k == '*') && d.readings < maxReadings:
		return d.readAgain()
	}
	return d, nil
}

// offered goes on when the offer was heard to its end: that alone keeps the
// number. A short time is left for the key that was just asked for.
func (d Dialogue) offered() (Dialogue, []Action) {
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
		return d.close(d.texts.farewell(d.ticket, d.office, d.heard))
	case lost:
		return d.close(d.texts.last(d.texts.notKept))
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
