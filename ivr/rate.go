package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// worstKey is the key of the worst level; the better ones follow.
const worstKey = '1'

// mayRate reports whether a ticket is one that its holder can still rate, by what
// the office has decided. Whose ticket it is, the office has told, or the lookup
// code has.
func (d Dialogue) mayRate(t queue.Ticket) bool { return d.set.office.Rating.Rateable(t, d.set.now) }

// rateable is the ticket that would be rated now: the one that was just told,
// else the caller's own one that was served today. ok is false if there is none.
func (d Dialogue) rateable() (t queue.Ticket, ok bool) {
	if d.stage == owned && d.mayRate(d.own) {
		return d.own, true
	}
	if len(d.served) > 0 {
		return d.served[0], true
	}
	return queue.Ticket{}, false
}

// rateOpen reports whether a rating is asked for: once in a call. Who has not
// wanted to say how it was hears no more of it, and can still press the key.
func (d Dialogue) rateOpen(queue.PhoneOption) bool { return len(d.served) > 0 && !d.askedRating }

// chooseRate asks how it was; a caller of whom no such ticket is known has it
// on paper, with its code.
func (d Dialogue) chooseRate(queue.PhoneOption) (Dialogue, []Action) {
	if t, ok := d.rateable(); ok {
		return d.askRating(t)
	}
	return d.enter(ratedCode)
}

// askRating asks for one key.
func (d Dialogue) askRating(t queue.Ticket) (Dialogue, []Action) {
	d.stage, d.own, d.askedRating = rating, t, true
	return d.offerChoices(d.choicesText())
}

// ratingText asks for the key, all five in one sentence unless the office has
// decided on levels of its own.
func (d Dialogue) ratingText() announce.Sentence {
	number := announce.Join(d.speak.say("rate"), d.speak.digits(d.own.Number))
	if len(d.set.office.Rating.Levels) > 0 {
		return number
	}
	return d.speak.join(number, d.speak.say("rate-keys"))
}

// ratingChoices are the levels that the office offers, the worst on the first
// key.
func (d Dialogue) ratingChoices() []choice {
	var list []choice
	own := len(d.set.office.Rating.Levels) > 0
	scale := d.set.office.Rating.Scale()
	for i, level := range scale {
		c := choice{key: worstKey + rune(i), do: func(d Dialogue) (Dialogue, []Action) { return d.rate(level.Level) }}
		if own {
			c.full = func() announce.Sentence { return d.levelLine(level, c.key, i == 0, i == len(scale)-1) }
			c.short = func() announce.Sentence { return d.speak.choice("", d.levelName(level), "key-short", c.key) }
		} else if i == 0 {
			c.full, c.short = d.ratingText, d.ratingText
		}
		list = append(list, c)
	}
	return list
}

// levelLine offers one level of the office's own; the question goes before the
// first, how to skip it after the last.
func (d Dialogue) levelLine(l queue.RatingLevel, key rune, first, last bool) announce.Sentence {
	parts := []announce.Sentence{d.speak.choice("", d.levelName(l), "press", key)}
	if first {
		parts = append([]announce.Sentence{d.ratingText()}, parts...)
	}
	if last {
		parts = append(parts, d.speak.say("for-back"))
	}
	return d.speak.join(parts...)
}

func (d Dialogue) levelName(l queue.RatingLevel) name {
	if d.speak.Code != vietnamese && l.NameEN != "" {
		return name{l.NameEN, d.speak.Code}
	}
	return name{l.Name, vietnamese}
}

func (d Dialogue) rate(level int) (Dialogue, []Action) {
	return d.actWith(queue.ActRequest{Ticket: d.own.ID, Action: queue.Rate, Level: level})
}

// leaveRating goes on where a caller is who has rated, or does not want to.
func (d Dialogue) leaveRating(parts ...announce.Sentence) (Dialogue, []Action) {
	if len(d.mine) > 0 {
		return d.tellMine(parts...)
	}
	return d.toMenu(parts...)
}

// without gives a list that lacks a ticket; it shares nothing with the old one.
func without(list []queue.Ticket, id string) []queue.Ticket {
	var rest []queue.Ticket
	for _, t := range list {
		if t.ID != id {
			rest = append(rest, t)
		}
	}
	return rest
}
