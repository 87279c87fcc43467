package booking

import (
	"context"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// askWhich asks which of several appointments is meant.
func (c call) askWhich(mine []appointment.Booking, page int) (ivr.Reply, error) {
	some, page, more := paged(mine, page)
	p := place{Step: which, Page: page, More: more}
	var lines []announce.Sentence
	for _, b := range some {
		p.Offers = append(p.Offers, b.Code)
		at := b.Start.In(c.calendar.Zone())
		lines = append(lines, c.Speech.When("", at, c.now))
	}
	return c.offer(p, c.Speech.Say("book-which"), lines)
}

func (c call) chooseOwn(ctx context.Context, p place) (ivr.Reply, error) {
	if code := p.chosen(c.Keys); code != "" {
		return c.tell(ctx, code)
	}
	mine, err := c.Book.Mine(ctx, c.contact())
	switch {
	case err != nil:
		return ivr.Reply{}, err
	case len(mine) == 0:
		return c.services(ctx, place{})
	case p.More && c.Keys == string(moreKey):
		return c.askWhich(mine, p.Page+1)
	}
	return c.wrong(c.askWhich(mine, p.Page))
}

// mine finds an appointment of the caller that is still open.
func (c call) mine(ctx context.Context, code string) (appointment.Booking, bool, error) {
	b, err := c.Book.Find(ctx, code)
	if queue.ErrorCode(err) == appointment.CodeUnknownBooking {
		return b, false, nil
	}
	return b, err == nil && b.State.Open() && b.Contact == c.contact(), err
}

// The keys of an appointment.
const (
	hereKey   = '1'
	moveKey   = '2'
	cancelKey = '3'
	newKey    = '4'
)

// tell tells an appointment and what can be done with it.
func (c call) tell(ctx context.Context, code string) (ivr.Reply, error) {
	b, ok, err := c.mine(ctx, code)
	if err != nil {
		return ivr.Reply{}, err
	}
	if !ok {
		return c.over(c.Speech.Say("not-now"))
	}
	var lines []announce.Sentence
	p := place{Step: own, Code: code}
	for _, k := range c.keysOf(b) {
		p.Offers = append(p.Offers, string(k.key))
		lines = append(lines, c.Speech.Key(k.prompt, k.key))
	}
	return c.ask(p, c.Speech.When("book-own", b.Start.In(c.calendar.Zone()), c.now), c.stands(b), c.Speech.List(lines...))
}

// deed is what a key does with an appointment.
type deed struct {
	key    rune
	prompt string
}

// keysOf lists what can be done with an appointment now.
func (c call) keysOf(b appointment.Booking) (all []deed) {
	if b.State == appointment.Confirmed && c.calendar.Day(b.Start) == c.calendar.Day(c.now) {
		all = append(all, deed{hereKey, "do-check-in"})
	}
	if b.State != appointment.Listed {
		all = append(all, deed{moveKey, "book-move"})
	}
	return append(all, deed{cancelKey, "book-cancel"}, deed{newKey, "book-new"})
}

// stands tells what is not certain of an appointment.
func (c call) stands(b appointment.Booking) announce.Sentence {
	switch b.State {
	case appointment.Requested:
		return c.Speech.Say("book-wait")
	case appointment.Listed:
		return c.Speech.Say("book-listed")
	default:
		return announce.Sentence{}
	}
}

func (c call) chooseDeed(ctx context.Context, p place) (ivr.Reply, error) {
	b, ok, err := c.mine(ctx, p.Code)
	if err != nil {
		return ivr.Reply{}, err
	}
	if !ok {
		return c.over(c.Speech.Say("not-now"))
	}
	for _, k := range c.keysOf(b) {
		if string(k.key) != c.Keys {
			continue
		}
		switch k.key {
		case hereKey:
			return c.checkIn(ctx, b)
		case moveKey:
			return c.days(ctx, place{Service: b.Service, Code: b.Code})
		case cancelKey:
			return c.askSure(b)
		default:
			return c.services(ctx, place{})
		}
	}
	return c.wrong(c.tell(ctx, p.Code))
}

// checkIn gives the number to wait with, and says it twice.
func (c call) checkIn(ctx context.Context, b appointment.Booking) (ivr.Reply, error) {
	ctx, cancel := agreed(ctx)
	defer cancel()
	t, err := c.Book.CheckIn(ctx, b.Code, queue.Phone)
	if err != nil {
		return ivr.Reply{}, err
	}
	s := c.Speech
	return c.over(s.Say("done-check-in"), s.Number("your-number", t.Number), s.Number("again", t.Number), s.Standing(t, c.now), s.Say("be-there"))
}

func (c call) askSure(b appointment.Booking) (ivr.Reply, error) {
	return c.ask(place{Step: sure, Code: b.Code}, c.Speech.When("book-sure", b.Start.In(c.calendar.Zone()), c.now),
		c.Speech.List(c.Speech.Key("sure-yes", cancelKey), c.Speech.Key("sure-no", hereKey)))
}

// chooseCancel cancels at the same key only.
func (c call) chooseCancel(ctx context.Context, p place) (ivr.Reply, error) {
	b, ok, err := c.mine(ctx, p.Code)
	if err != nil {
		return ivr.Reply{}, err
	}
	switch {
	case !ok:
		return c.over(c.Speech.Say("not-now"))
	case c.Keys == string(hereKey):
		return c.over(c.Speech.Say("book-kept"))
	case c.Keys != string(cancelKey):
		return c.wrong(c.askSure(b))
	}
	ctx, cancel := agreed(ctx)
	defer cancel()
	if _, err := c.Book.Act(ctx, appointment.ActRequest{Meta: c.meta(), Ref: p.Code, Action: appointment.Cancel, Actor: string(queue.Phone)}); err != nil {
		return c.refused(ctx, p, err)
	}
	return c.over(c.Speech.Say("book-cancelled"))
}
