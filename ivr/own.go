package ivr

import (
	"fmt"
	"slices"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// laterPlaces is how many others are let go first; the prompt "do-later" says it.
const laterPlaces = 5

// maxMine is how many of the own tickets are offered by key.
const maxMine = 4

// The keys of what can be done with a ticket. They do not move when one of
// them cannot be had.
const (
	keyLater   = '1'
	keyCheckIn = '2'
	keyCancel  = '3'
	keyCall    = '4'
	keyNew     = '5'
	keyRate    = '6'
	keyForget  = '7'
	keyKeep    = '1' // Of a number that is still held.
)

// tellMine tells the caller's one ticket, or asks which of several.
func (d Dialogue) tellMine(before ...announce.Sentence) (Dialogue, []Action) {
	if len(d.mine) == 1 {
		return d.tell(d.mine[0], before...)
	}
	d.stage = which
	return d.offerChoices(append(before, d.speak.say("mine-many"), d.choicesText())...)
}

// mineChoices reveals nothing but numbers: several people may share a
// telephone.
func (d Dialogue) mineChoices() []choice {
	var list []choice
	for i, t := range d.mine[:min(len(d.mine), maxMine)] {
		key := rune('1' + i)
		line := func() announce.Sentence {
			number := announce.NumberSlowIn(d.speak.Code, t.Number)
			return announce.Join(d.speak.say("mine-number"), number, announce.Pause(announce.PauseComma), d.speak.key("press", key))
		}
		list = append(list, choice{key: key, full: line, short: line, do: func(d Dialogue) (Dialogue, []Action) { return d.tell(t) }})
	}
	return d.withMore(list)
}

// withMore adds what is not about the tickets that go on: a further number,
// how it was, and that the telephone number be erased.
func (d Dialogue) withMore(list []choice) []choice {
	add := func(key rune, prompt string, do func(Dialogue) (Dialogue, []Action)) {
		line := func() announce.Sentence { return d.speak.key(prompt, key) }
		list = append(list, choice{key: key, full: line, short: line, do: do})
	}
	if d.set.anyOpen() && d.mayTake() {
		add(keyNew, "do-new", func(d Dialogue) (Dialogue, []Action) { return d.toMenu() })
	}
	if t, ok := d.rateable(); ok && !d.askedRating {
		add(keyRate, "do-rate", func(d Dialogue) (Dialogue, []Action) { return d.askRating(t) })
	}
	if d.forgetOpen(queue.PhoneOption{}) {
		add(keyForget, "do-forget", func(d Dialogue) (Dialogue, []Action) { return d.chooseForget(queue.PhoneOption{}) })
	}
	return list
}

// tell says how a ticket stands and what can be done with it.
func (d Dialogue) tell(t queue.Ticket, before ...announce.Sentence) (Dialogue, []Action) {
	d.stage, d.own = owned, t
	return d.offerChoices(append(before, d.told(), d.choicesText())...)
}

// told says number and standing of the ticket.
func (d Dialogue) told() announce.Sentence {
	s, t := d.speak, d.own
	number := announce.Join(s.say("mine-one"), s.digits(t.Number))
	switch t.State {
	case queue.Waiting:
		return s.join(number, s.standing(t, d.set.now))
	case queue.Held:
		return s.join(number, s.say("state-held"))
	case queue.Called:
		return s.join(number, s.say("state-called"), s.phrase(fmt.Sprintf("%s %s.", s.text("go-to"), t.Counter)))
	case queue.Serving:
		return s.join(number, s.say("state-serving"))
	case queue.Parked:
		return s.join(number, s.say("state-parked"))
	case queue.NoShow:
		return s.join(number, s.say("state-no-show"))
	case queue.Completed:
		return s.join(announce.Join(s.say("mine-number"), s.digits(t.Number)), s.say("state-served"))
	case queue.Cancelled:
		return s.join(announce.Join(s.say("mine-number"), s.digits(t.Number)), s.say("state-cancelled"))
	}
	return s.join(announce.Join(s.say("mine-number"), s.digits(t.Number)), s.say("state-over"))
}

// laterMost is how often a ticket may be pushed back where the office says
// nothing else (queue.Rules).
const laterMost = 2

// ownedChoices is what can be done with a ticket in its state.
func (d Dialogue) ownedChoices() []choice {
	var list []choice
	add := func(key rune, prompt string, do func(Dialogue) (Dialogue, []Action)) {
		line := func() announce.Sentence { return d.speak.key(prompt, key) }
		list = append(list, choice{key: key, full: line, short: line, do: do})
	}
	rules := d.set.setup.Rules
	most := laterMost
	if rules.LaterMost > 0 {
		most = rules.LaterMost
	}
	t := d.own
	if t.State == queue.Held && d.keep == notAsked && d.ticket.ID == "" {
		add(keyKeep, "keep-key", Dialogue.adopt)
	}
	if (t.State == queue.Waiting || t.State == queue.Called) && t.LaterCount < most {
		add(keyLater, "do-later", func(d Dialogue) (Dialogue, []Action) { return d.act(queue.Later) })
	}
	if rules.CheckIn && t.State == queue.Waiting && t.Presence == queue.Remote {
		add(keyCheckIn, "do-check-in", func(d Dialogue) (Dialogue, []Action) { return d.act(queue.CheckIn) })
	}
	if slices.Contains([]queue.State{queue.Held, queue.Waiting, queue.Parked}, t.State) {
		add(keyCancel, "do-cancel", Dialogue.askCancel)
	}
	if t.State == queue.Waiting && d.mayOfferCall(t) {
		add(keyCall, "ask-call", func(d Dialogue) (Dialogue, []Action) { return d.askTravel(d.own) })
	} else if t.State == queue.Waiting && t.Needing(queue.NeedHearing) && d.mayOfferMessage() { // Somebody calls for a holder who does not hear well.
		add(keyCall, "ask-text", func(d Dialogue) (Dialogue, []Action) { return d.write(d.own) })
	}
	return d.withMore(list)
}

// adopt goes on where an earlier call was cut off: the number is read again
// and offered.
func (d Dialogue) adopt() (Dialogue, []Action) {
	d.ticket = d.own
	return d.readAgain()
}

// ownedSilence ends a call whose caller has heard what there was to hear. A
// number that is still held is read again: hearing it keeps it.
func (d Dialogue) ownedSilence() (Dialogue, []Action) {
	switch {
	case d.own.State == queue.Held && d.keep == notAsked && d.ticket.ID == "":
		return d.adopt()
	case d.own.State == queue.Waiting:
		return d.close(d.speak.say("be-there"))
	}
	return d.close()
}

// askCancel asks once more: a cancelled number is gone.
func (d Dialogue) askCancel() (Dialogue, []Action) {
	d.stage = sure
	return d.offerChoices(d.sureText(), d.choicesText())
}

func (d Dialogue) sureText() announce.Sentence {
	return announce.Join(d.speak.say("sure-cancel"), d.speak.digits(d.own.Number))
}

func (d Dialogue) sureChoices() []choice {
	yes, no := func() announce.Sentence { return d.speak.key("sure-yes", '1') }, func() announce.Sentence { return d.speak.key("sure-no", '2') }
	return []choice{
		{key: '1', full: yes, short: yes, do: func(d Dialogue) (Dialogue, []Action) { return d.act(queue.Cancel) }},
		{key: '2', full: no, short: no, do: func(d Dialogue) (Dialogue, []Action) { return d.tell(d.own) }},
	}
}

// act asks the office to do something with the ticket.
func (d Dialogue) act(a queue.Action) (Dialogue, []Action) {
	r := queue.ActRequest{Ticket: d.own.ID, Action: a}
	if a == queue.Later {
		r.Places = laterPlaces
	}
	return d.actWith(r)
}

func (d Dialogue) actWith(r queue.ActRequest) (Dialogue, []Action) {
	d = d.ask(asking)
	d.doing = r.Action
	return d, []Action{Hush{}, Act{N: d.questions, Request: r}, SetTimer{officeWait}}
}

// done tells what became of it.
func (d Dialogue) done(in Done) (Dialogue, []Action) {
	if d.stage != asking || d.doing == "" || in.N != d.questions {
		return d, nil
	}
	if in.Err != nil {
		if queue.ErrorCode(in.Err) == queue.CodeWrongState {
			return d.notDone("not-now")
		}
		return d.notDone("not-done")
	}
	d.own = in.Ticket
	d.mine = replaced(d.mine, in.Ticket)
	switch d.doing {
	case queue.Later:
		return d.tell(in.Ticket, d.speak.say("done-later"))
	case queue.CheckIn:
		return d.tell(in.Ticket, d.speak.say("done-check-in"))
	case queue.Rate:
		d.served = without(d.served, in.Ticket.ID)
		return d.leaveRating(d.speak.say("rated"))
	}
	gone := d.speak.say("state-cancelled")
	if len(d.mine) > 0 {
		return d.tellMine(gone)
	}
	if !d.set.anyOpen() {
		return d.close(gone)
	}
	return d.toMenu(gone)
}

// replaced puts a ticket in the place of its earlier self, without it once it
// is over; the list is a new one.
func replaced(list []queue.Ticket, t queue.Ticket) []queue.Ticket {
	var out []queue.Ticket
	for _, old := range list {
		if old.ID != t.ID {
			out = append(out, old)
		} else if t.State.Open() {
			out = append(out, t)
		}
	}
	return out
}

// notDone explains that the office did not do it, and goes on.
func (d Dialogue) notDone(prompt string) (Dialogue, []Action) {
	switch d.doing {
	case "":
		return d.toMenu(d.speak.say(prompt))
	case queue.Rate:
		return d.leaveRating(d.speak.say(prompt))
	}
	d.stage = owned
	return d.offerChoices(d.speak.say(prompt), d.choicesText())
}
