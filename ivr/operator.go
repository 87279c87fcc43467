package ivr

// operatorThere reports whether key 0 is read out: in office hours, and while
// somebody is still at a counter. It works at any time.
func (d Dialogue) operatorThere() bool {
	return d.set.setup.Phone.Operator != "" && (d.set.office.Open || d.set.staffed)
}

// operator answers key 0: it hands the caller over to a person, or says that
// there is none and goes on.
func (d Dialogue) operator() (Dialogue, []Action) {
	d.misses = 0
	if d.set.setup.Phone.Operator == "" {
		return d.afterOperator("operator-none")
	}
	if d.transfers >= d.most.transfers {
		return d.afterOperator("operator-busy")
	}
	return d.connect()
}

// connect tells that a transfer follows.
func (d Dialogue) connect() (Dialogue, []Action) {
	d.back, d.stage = d.stage, connecting
	return d, []Action{Say{Sentence: d.speak.say("operator-wait")}}
}

// transfer rings the operator.
func (d Dialogue) transfer() (Dialogue, []Action) {
	d.transfers++
	d = d.ask(transferring)
	return d, []Action{Transfer{N: d.questions, To: d.set.setup.Phone.Operator}, SetTimer{officeWait}}
}

// transferred goes on when the operator has answered, or has not.
func (d Dialogue) transferred(in Transferred) (Dialogue, []Action) {
	if d.stage != transferring || in.N != d.questions {
		return d, nil
	}
	if in.Err != nil {
		return d.operatorBusy()
	}
	d.stage = handed
	return d, []Action{Hush{}, SetTimer{handedOver}}
}

// operatorBusy goes back to where the caller was.
func (d Dialogue) operatorBusy() (Dialogue, []Action) {
	d.stage = d.back
	return d.afterOperator("operator-busy")
}

// afterOperator says why there is nobody, and what is on offer instead. Who has
// never pressed a key gets the other way out.
func (d Dialogue) afterOperator(prompt string) (Dialogue, []Action) {
	if !d.pressed {
		d.transfers = d.most.transfers
		return d.helpOut(d.speak.say(prompt))
	}
	if !d.set.anyOpen() { // Then it does not help to be told to take a number.
		prompt = "operator-away"
	}
	if d.stage == wayOut || d.stage == entering || d.stage == topical {
		return d.toMenu(d.speak.say(prompt))
	}
	return d.offerChoices(d.speak.say(prompt), d.choicesText())
}
