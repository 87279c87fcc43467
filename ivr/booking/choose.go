package booking

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// daysAhead is how far ahead days are looked for; the office bounds it.
const daysAhead = 60

// services asks what the appointment is for.
func (c call) services(ctx context.Context, p place) (ivr.Reply, error) {
	s, err := c.Book.Settings(ctx)
	if err != nil {
		return ivr.Reply{}, err
	}
	all := c.bookable(s)
	if len(all) == 0 {
		return c.over(c.Speech.Say("book-off"))
	}
	some, page, more := paged(all, p.Page)
	next := place{Step: service, Page: page, More: more}
	var lines []announce.Sentence
	for _, v := range some {
		next.Offers = append(next.Offers, v.ID)
		lines = append(lines, c.Speech.Service(v))
	}
	return c.offer(next, c.Speech.Say("book-service"), lines)
}

// days asks for one of the next days with a free half-hour.
func (c call) days(ctx context.Context, p place) (ivr.Reply, error) {
	found, err := c.Book.Slots(ctx, p.Service, "", daysAhead, false)
	if err != nil {
		return c.refused(ctx, p, err)
	}
	var free []string
	for _, d := range found {
		if len(open(d)) > 0 {
			free = append(free, d.Date)
		}
	}
	if len(free) == 0 {
		return c.over(c.Speech.Say("book-none"))
	}
	some, page, more := paged(free, p.Page)
	next := place{Step: day, Service: p.Service, Code: p.Code, Page: page, More: more, Offers: some}
	var lines []announce.Sentence
	for _, date := range some {
		noon, _ := c.calendar.Date(date)
		lines = append(lines, c.Speech.Day(noon, c.now))
	}
	return c.offer(next, c.Speech.Say("book-day"), lines)
}

// open lists the half-hours of a day that have a place.
func open(d appointment.Day) (starts []time.Time) {
	for _, s := range d.Slots {
		if s.Free > 0 {
			starts = append(starts, s.Start)
		}
	}
	return starts
}

// ofDay lists the free half-hours of the chosen day, and of the chosen part.
func (c call) ofDay(ctx context.Context, p place) (all []time.Time, err error) {
	found, err := c.Book.Slots(ctx, p.Service, p.Day, 1, false)
	if err != nil || len(found) == 0 || found[0].Date != p.Day {
		return nil, err
	}
	for _, s := range open(found[0]) {
		s = s.In(c.calendar.Zone())
		if p.Part == 0 || (p.Part == 1) == (s.Hour() < 12) {
			all = append(all, s)
		}
	}
	return all, nil
}

// clocks asks for the time of day; of many, first for the part of the day.
func (c call) clocks(ctx context.Context, p place) (ivr.Reply, error) {
	all, err := c.ofDay(ctx, p)
	switch {
	case err != nil:
		return c.refused(ctx, p, err)
	case len(all) == 0: // They went meanwhile.
		return c.refused(ctx, p, queue.Errorf(appointment.CodeSlotFull, "no place on %s", p.Day))
	case p.Part == 0 && len(all) > perPage && all[0].Hour() < 12 && all[len(all)-1].Hour() >= 12:
		next := place{Step: part, Service: p.Service, Code: p.Code, Day: p.Day, Offers: []string{"1", "2"}}
		return c.ask(next, c.Speech.Say("book-part"), c.Speech.List(c.Speech.Key("book-morning", '1'), c.Speech.Key("book-afternoon", '2')))
	}
	some, page, more := paged(all, p.Page)
	next := place{Step: clock, Service: p.Service, Code: p.Code, Day: p.Day, Part: p.Part, Page: page, More: more}
	var lines []announce.Sentence
	for _, at := range some {
		next.Offers = append(next.Offers, at.UTC().Format(time.RFC3339))
		lines = append(lines, c.Speech.Clock(at))
	}
	return c.offer(next, c.Speech.Say("book-time"), lines)
}

// list asks the question of a step on its page.
func (c call) list(ctx context.Context, p place) (ivr.Reply, error) {
	switch p.Step {
	case service:
		return c.services(ctx, p)
	case day:
		return c.days(ctx, p)
	default:
		return c.clocks(ctx, p)
	}
}

// chooseNext takes a key on the way from service to time.
func (c call) chooseNext(ctx context.Context, p place) (ivr.Reply, error) {
	if p.More && c.Keys == string(moreKey) {
		p.Page++
		return c.list(ctx, p)
	}
	what := p.chosen(c.Keys)
	if what == "" {
		if p.Step == part {
			p.Part = 0
		}
		return c.wrong(c.list(ctx, p))
	}
	p.Page = 0
	switch p.Step {
	case service:
		p.Service = what
		return c.days(ctx, p)
	case day:
		p.Day, p.Part = what, 0
		return c.clocks(ctx, p)
	case part:
		p.Part = int(what[0] - '0')
		return c.clocks(ctx, p)
	}
	at, err := time.Parse(time.RFC3339, what)
	if err != nil {
		return c.wrong(c.list(ctx, p))
	}
	p.Start = at.UnixMilli()
	return c.askCheck(p)
}

// askCheck reads the chosen time back.
func (c call) askCheck(p place) (ivr.Reply, error) {
	p.Step, p.Offers, p.More = check, nil, false
	at := time.UnixMilli(p.Start).In(c.calendar.Zone())
	return c.ask(p, c.Speech.When("book-check", at, c.now), c.Speech.List(c.Speech.Key("book-yes", '1'), c.Speech.Key("book-no", '2')))
}

// chooseCheck books the chosen time, or moves the appointment to it.
func (c call) chooseCheck(ctx context.Context, p place) (ivr.Reply, error) {
	switch {
	case c.Keys == "2":
		p.Page = 0
		return c.clocks(ctx, p)
	case c.Keys != "1":
		return c.wrong(c.askCheck(p))
	}
	ctx, cancel := agreed(ctx)
	defer cancel()
	at := time.UnixMilli(p.Start)
	if p.Code != "" {
		b, err := c.Book.Act(ctx, appointment.ActRequest{Meta: c.meta(), Ref: p.Code, Action: appointment.Reschedule, Actor: string(queue.Phone), Start: at, Told: !c.Writes(c.Number)})
		if err != nil {
			return c.refused(ctx, p, err)
		}
		return c.over(c.Speech.Say("book-moved"), c.Speech.When("book-own", b.Start.In(c.calendar.Zone()), c.now), c.stands(b))
	}
	b, err := c.Book.Book(ctx, appointment.Request{
		Meta: c.meta(), Service: p.Service, Start: at, Channel: queue.Phone,
		Language: c.Language, Contact: c.contact(), Told: !c.Writes(c.Number),
	})
	if err != nil {
		return c.refused(ctx, p, err)
	}
	return c.booked(b)
}

// booked tells the code, twice: it is what its holder comes with.
func (c call) booked(b appointment.Booking) (ivr.Reply, error) {
	s := c.Speech
	said := "book-confirmed"
	if b.State == appointment.Requested {
		said = "book-requested"
	}
	parts := []announce.Sentence{s.Say(said), s.Code("book-code", b.Code), s.Code("book-again", b.Code), s.Say("book-bring")}
	if c.Writes(c.Number) {
		parts = append(parts, s.Say("will-text"))
	}
	return c.over(parts...)
}

// agreedTime bounds what a caller has agreed to.
const agreedTime = 8 * time.Second

// agreed lets what a caller has agreed to be done also when the call ends now.
func agreed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), agreedTime)
}

// back goes one step back.
func (c call) back(ctx context.Context, p place) (ivr.Reply, error) {
	moving := p.Code != ""
	switch p.Step {
	case check, part:
		p.Page, p.Part = 0, 0
		if p.Step == check {
			return c.clocks(ctx, p)
		}
		return c.days(ctx, p)
	case clock:
		if p.Part > 0 {
			p.Page, p.Part = 0, 0
			return c.clocks(ctx, p)
		}
		return c.days(ctx, place{Service: p.Service, Code: p.Code})
	case day:
		if moving {
			return c.tell(ctx, p.Code)
		}
		return c.services(ctx, place{})
	case sure:
		return c.tell(ctx, p.Code)
	default:
		return ivr.Reply{}, nil
	}
}
