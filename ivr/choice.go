package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
)

// The keys that mean the same wherever something is offered (ISO/IEC 13714).
const (
	repeatKey   = '9'
	backKey     = '*'
	operatorKey = '0'
	endKey      = '#'
)

// choice is one thing a key does where something is offered.
type choice struct {
	key         rune
	full, short func() announce.Sentence // Nil: the key works, but is not read out.
	do          func(Dialogue) (Dialogue, []Action)
}

// choices lists what is on offer at this stage.
func (d Dialogue) choices() []choice {
	switch d.stage {
	case menu, fresh:
		return d.menuChoices()
	case which:
		return d.mineChoices()
	case owned:
		return d.ownedChoices()
	case sure:
		return d.sureChoices()
	case consent:
		return d.consentChoices()
	case wayOut:
		return d.wayOutChoices()
	case rating:
		return d.ratingChoices()
	case erase:
		return d.eraseChoices()
	}
	return nil
}

// choicesText reads out what is on offer, with the keys that always work.
func (d Dialogue) choicesText() announce.Sentence {
	var lines []announce.Sentence
	for _, c := range d.choices() {
		if c.full != nil {
			lines = append(lines, c.full())
		}
	}
	switch d.stage {
	case wayOut, consent, sure, rating, erase:
		return d.speak.join(lines...)
	}
	if d.operatorThere() {
		lines = append(lines, d.speak.key("for-operator", operatorKey))
	}
	lines = append(lines, d.speak.key("for-repeat", repeatKey))
	if d.hasBack() {
		lines = append(lines, d.speak.say("for-back"))
	}
	return d.speak.list(lines)
}

// shortText reads it in few words: "Hộ tịch, phím một."
func (d Dialogue) shortText() announce.Sentence {
	var lines []announce.Sentence
	for _, c := range d.choices() {
		if c.short != nil {
			lines = append(lines, c.short())
		}
	}
	return d.speak.list(lines)
}

// offerChoices says something and what is on offer after it, unless the call
// has gone round too often.
func (d Dialogue) offerChoices(parts ...announce.Sentence) (Dialogue, []Action) {
	if d.stage == fresh {
		d.stage = menu
	}
	d.turns++
	if d.turns > d.most.turns {
		return d.offerWayOut()
	}
	tellsNumber := d.stage == which || d.stage == owned || d.stage == sure || d.stage == rating
	return d, []Action{Say{Sentence: d.speak.join(parts...), Exact: tellsNumber}}
}

// choiceKey lets a key choose. The keys that always work come last, so that an
// office may not hide them and none of ours hides an offer.
func (d Dialogue) choiceKey(k rune) (Dialogue, []Action) {
	for _, c := range d.choices() {
		if c.key == k {
			d.misses = 0
			return c.do(d)
		}
	}
	switch {
	case d.stage == wayOut && k != operatorKey:
		return d.close(d.speak.say("visit"))
	case d.stage == consent:
		return d.close(d.speak.say("be-there"))
	case k == repeatKey:
		return d.repeat()
	case k == backKey:
		return d.goBack()
	case k == operatorKey:
		return d.operator()
	case k == endKey && d.stage == menu:
		return d.enter(serviceCode)
	case k == endKey:
		return d, nil // Some press it after every key.
	}
	return d.miss(d.speak.say("wrong"))
}

// repeat reads the offer again, with what was told before it.
func (d Dialogue) repeat() (Dialogue, []Action) {
	switch d.stage {
	case owned:
		return d.offerChoices(d.told(), d.choicesText())
	case which:
		return d.offerChoices(d.speak.say("mine-many"), d.choicesText())
	case sure:
		return d.offerChoices(d.sureText(), d.choicesText())
	case erase:
		return d.offerChoices(d.speak.say("sure-forget"), d.choicesText())
	}
	return d.offerChoices(d.shutText(), d.choicesText())
}

// hasBack reports whether the star key leads to somewhere else.
func (d Dialogue) hasBack() bool {
	switch d.stage {
	case menu:
		return len(d.path) > 0
	case owned, which:
		return true
	}
	return false
}

// goBack goes up one level; from the first one it reads the offer again.
func (d Dialogue) goBack() (Dialogue, []Action) {
	switch {
	case d.stage == menu && len(d.path) > 0:
		d.path = d.path[:len(d.path)-1]
		return d.offerChoices(d.choicesText())
	case d.stage == sure:
		return d.tell(d.own)
	case d.stage == rating:
		return d.leaveRating()
	case d.stage == erase:
		return d.leaveForgetting()
	case d.stage == owned && len(d.mine) > 1:
		return d.tellMine()
	case d.stage != menu:
		return d.toMenu()
	}
	return d.repeat()
}

// toMenu begins at the first level, after saying something. Where no number can
// be had, what to do about it is part of that.
func (d Dialogue) toMenu(parts ...announce.Sentence) (Dialogue, []Action) {
	d.stage, d.path = menu, nil
	switch {
	case d.set.anyOpen():
	case len(parts) == 0:
		parts = append(parts, d.shutText())
	case d.set.office.Open:
		parts = append(parts, d.speak.say("visit"))
	}
	return d.offerChoices(append(parts, d.choicesText())...)
}

// shutText tells why no number can be had, and when again; nothing while one
// can, and below the first level.
func (d Dialogue) shutText() announce.Sentence {
	switch {
	case d.stage != menu && d.stage != fresh || len(d.path) > 0:
	case !d.set.office.Open:
		return d.speak.closed(d.set.office.Opens, d.set.now)
	case !d.set.anyOpen():
		return d.speak.prompts("no-service", "visit")
	}
	return announce.Sentence{}
}

// missed is a silence where a key was asked for.
func (d Dialogue) missed() (Dialogue, []Action) {
	d.silences++
	d.speak.slow = d.silences >= slowSilences
	return d.miss(d.speak.say("nothing"))
}

// miss repeats the offer shorter; after the third miss there is a way out.
func (d Dialogue) miss(why announce.Sentence) (Dialogue, []Action) {
	d.misses++
	if d.misses < d.most.misses {
		return d.offerChoices(why, d.shortText())
	}
	return d.helpOut()
}

// helpOut is for callers who do not find their way. Who has pressed no key may
// have a telephone that cannot: then silence leads to a person, or to the
// number that the office has for such callers.
func (d Dialogue) helpOut(why ...announce.Sentence) (Dialogue, []Action) {
	switch {
	case !d.set.office.Open: // At night nobody is woken by a silent telephone.
		return d.close(append(why, d.comeBack())...)
	case d.pressed:
	case d.set.setup.Phone.Operator != "" && d.transfers < d.most.transfers:
		return d.connect()
	case d.generalOpen():
		d.stage = general
		return d, []Action{Say{Sentence: d.speak.join(append(why, d.speak.say("general"))...)}}
	}
	return d.offerWayOut(why...)
}

// generalOpen reports whether the office gives silent callers a number.
func (d Dialogue) generalOpen() bool {
	v, ok := d.set.service(d.set.setup.Phone.General)
	return ok && v.Open && d.set.office.Open && d.mayTake() && d.own.ID == ""
}

// offerWayOut offers the first open service under its own key, or the office.
func (d Dialogue) offerWayOut(why ...announce.Sentence) (Dialogue, []Action) {
	d.outs++
	if d.stage == wayOut || d.outs > d.most.outs || !d.mayTake() {
		return d.close(append(why, d.comeBack())...)
	}
	d.stage = wayOut
	if len(d.choices()) == 0 {
		return d.close(append(why, d.comeBack())...)
	}
	return d, []Action{Say{Sentence: d.speak.join(append(why, d.choicesText(), d.speak.say("or-visit"))...)}}
}

// comeBack is what to do for whom the telephone can do nothing more.
func (d Dialogue) comeBack() announce.Sentence {
	if d.set.office.Open {
		return d.speak.say("visit")
	}
	return d.speak.say("call-in-hours")
}

// wayOutChoices is the first service of the menu that gives numbers.
func (d Dialogue) wayOutChoices() []choice {
	if !d.set.office.Open {
		return nil
	}
	for _, o := range d.set.menu {
		v, ok := d.set.service(o.Service)
		if !ok || !v.Open {
			continue
		}
		return []choice{{
			key:  rune(o.Key[0]),
			full: func() announce.Sentence { return d.speak.choice("way-out", d.label(o), "press", rune(o.Key[0])) },
			do:   func(d Dialogue) (Dialogue, []Action) { return d.take(v.ID) },
		}}
	}
	for _, v := range d.set.services { // None on the first level.
		if v.Open {
			return []choice{{
				key:  '1',
				full: func() announce.Sentence { return d.speak.choice("way-out", d.serviceName(v), "press", '1') },
				do:   func(d Dialogue) (Dialogue, []Action) { return d.take(v.ID) },
			}}
		}
	}
	return nil
}
