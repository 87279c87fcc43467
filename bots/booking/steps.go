package booking

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// What buttons carry: a word with a dot in front, as nothing that is typed has,
// and what it is about. Each is as short as it can be: see dialogue.Offer.
const (
	opServices = ".s"  // page
	opDays     = ".d"  // service, page
	opTimes    = ".t"  // service, day, page
	opBook     = ".ok" // service, time, answer
	opShow     = ".b"  // code
	opCancel   = ".c"  // code, answer
	opMoveDay  = ".md" // code, page
	opMoveTime = ".mt" // code, day, page
	opMove     = ".mv" // code, time, answer
	opIn       = ".in" // code
	opHere     = ".here"
)

// How times and days stand in buttons, in the office's zone.
const (
	stampLayout = "200601021504"
	dateLayout  = "20060102"
)

// perPage is how many choices one message has, beside the way to the next.
const perPage = 7

// What a question is agreed to with, and not.
const (
	yes = "co"
	no  = "khong"
)

// step does what a text or a button asks for.
func (t talk) step(ctx context.Context) (dialogue.Answer, error) {
	f := strings.Fields(t.Arg)
	at := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	page := func(i int) int { n, _ := strconv.Atoi(at(i)); return n }
	switch at(0) {
	case opServices:
		return t.services(ctx, page(1))
	case opDays:
		return t.days(ctx, choosing{service: at(1)}, page(2))
	case opTimes:
		return t.times(ctx, choosing{service: at(1)}, at(2), page(3))
	case opBook:
		return t.book(ctx, choosing{service: at(1)}, at(2), at(3))
	case opShow:
		return t.show(ctx, at(1))
	case opCancel:
		return t.cancel(ctx, at(1), at(2))
	case opMoveDay, opMoveTime, opMove:
		b, err := t.own(ctx, at(1))
		c := choosing{service: b.Service, code: b.Code}
		switch {
		case err != nil:
			return dialogue.Answer{}, err
		case at(0) == opMoveDay:
			return t.days(ctx, c, page(2))
		case at(0) == opMoveTime:
			return t.times(ctx, c, at(2), page(3))
		}
		return t.book(ctx, c, at(2), at(3))
	case opIn:
		return t.arrive(ctx, at(1))
	case opHere:
		return t.here(ctx)
	}
	if w, ok := t.wish(f); ok {
		return t.wished(ctx, w)
	}
	return t.enter(ctx)
}

// choosing is for which service a time is chosen, and for which booking if it is
// to be moved.
type choosing struct{ service, code string }

func (c choosing) op(forNew, forMove string, more ...string) string {
	head := []string{forNew, c.service}
	if c.code != "" {
		head = []string{forMove, c.code}
	}
	return strings.Join(append(head, more...), " ")
}

// enter shows the bookings that there are, or begins one.
func (t talk) enter(ctx context.Context) (dialogue.Answer, error) {
	mine, err := t.Book.Mine(ctx, contact(t.Question))
	if err != nil || len(mine) == 0 {
		if err != nil {
			return dialogue.Answer{}, err
		}
		return t.services(ctx, 0)
	}
	if len(mine) == 1 {
		return t.card(mine[0], ""), nil
	}
	a := dialogue.Answer{Body: t.l.T("Anh/chị có các lịch hẹn:", "You have these appointments:")}
	for _, b := range mine[:min(len(mine), perPage)] {
		a.Offers = append(a.Offers, dialogue.Offer{Label: t.when(b.Start), Arg: opShow + " " + b.Code})
	}
	a.Offers = append(a.Offers, t.another())
	return a, nil
}

func (t talk) another() dialogue.Offer {
	return dialogue.Offer{Label: t.l.T("Đặt lịch khác", "Another appointment"), Arg: opServices + " 0"}
}

// services asks what for.
func (t talk) services(ctx context.Context, page int) (dialogue.Answer, error) {
	s, err := t.Book.Settings(ctx)
	if err != nil {
		return dialogue.Answer{}, err
	}
	if s.Off || s.StaffOnly {
		return dialogue.Answer{}, queue.Errorf(appointment.CodeNotBookable, "bookings are not taken now")
	}
	var all []dialogue.Offer
	for _, v := range t.setup.Services {
		if !v.Closed && !s.Services[v.ID].Off {
			all = append(all, dialogue.Offer{Label: v.ID + " · " + t.service(v.ID), Arg: opDays + " " + v.ID})
		}
	}
	if len(all) == 0 {
		return dialogue.Answer{}, queue.Errorf(appointment.CodeNotBookable, "no service can be booked")
	}
	return t.paged(t.l.T("Anh/chị muốn hẹn làm việc gì?", "What would you like to come for?"), all, page, opServices), nil
}

// paged offers one page of a list, and the way to the next.
func (t talk) paged(body string, all []dialogue.Offer, page int, op string) dialogue.Answer {
	if page < 0 || page*perPage >= len(all) {
		page = 0
	}
	from := page * perPage
	a := dialogue.Answer{Body: body, Offers: all[from:min(from+perPage, len(all)):len(all)]}
	if len(all) > perPage {
		a.Offers = append(a.Offers[:len(a.Offers):len(a.Offers)], dialogue.Offer{Label: t.l.T("Xem thêm", "More"), Arg: op + " " + strconv.Itoa(page+1)})
	}
	return a
}

const daysAhead = 60

// days asks for a day with a free half-hour.
func (t talk) days(ctx context.Context, c choosing, page int) (dialogue.Answer, error) {
	found, err := t.Book.Slots(ctx, c.service, "", daysAhead, false)
	if err != nil {
		return dialogue.Answer{}, err
	}
	var all []dialogue.Offer
	for _, d := range found {
		if noon, ok := t.calendar.Date(d.Date); ok && len(open(d)) > 0 {
			all = append(all, dialogue.Offer{Label: t.dayName(noon), Arg: c.op(opTimes, opMoveTime, noon.Format(dateLayout))})
		}
	}
	if len(all) == 0 {
		return dialogue.Answer{Body: t.l.T("Hiện không còn chỗ hẹn. Nhắn “lấy số” để lấy số trong ngày.", "No time is free now. Send \"take\" for a number of today.")}, nil
	}
	return t.paged(t.service(c.service)+": "+t.l.T("anh/chị muốn đến ngày nào?", "on which day?"), all, page, c.op(opDays, opMoveDay)), nil
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

// times asks for a half-hour of a day.
func (t talk) times(ctx context.Context, c choosing, day string, page int) (dialogue.Answer, error) {
	noon, err := time.ParseInLocation(dateLayout, day, t.calendar.Zone())
	if err != nil {
		return t.days(ctx, c, 0)
	}
	noon = noon.Add(12 * time.Hour)
	found, err := t.Book.Slots(ctx, c.service, t.calendar.Day(noon), 1, false)
	if err != nil {
		return dialogue.Answer{}, err
	}
	var all []dialogue.Offer
	if len(found) > 0 && found[0].Date == t.calendar.Day(noon) {
		for _, s := range open(found[0]) {
			local := s.In(t.calendar.Zone())
			all = append(all, dialogue.Offer{Label: local.Format("15:04"), Arg: c.op(opBook, opMove, local.Format(stampLayout))})
		}
	}
	if len(all) == 0 {
		a, err := t.days(ctx, c, 0)
		a.Body = t.l.T("Ngày này đã hết chỗ. ", "This day is full. ") + a.Body
		return a, err
	}
	return t.paged(t.dayName(noon)+": "+t.l.T("anh/chị muốn đến lúc mấy giờ?", "at what time?"), all, page, c.op(opTimes, opMoveTime, day)), nil
}

// book asks whether a time is right, and takes it once it was agreed to.
func (t talk) book(ctx context.Context, c choosing, stamp, answer string) (dialogue.Answer, error) {
	start, err := time.ParseInLocation(stampLayout, stamp, t.calendar.Zone())
	if err != nil {
		return t.days(ctx, c, 0)
	}
	switch {
	case answer == no:
		return t.times(ctx, c, start.Format(dateLayout), 0)
	case answer != yes:
		op := c.op(opBook, opMove, stamp)
		return dialogue.Answer{
			Body: fmt.Sprintf(t.l.T("Hẹn đến %s, %s. Đúng không?", "Come at %s, %s. Is that right?"), t.when(start), t.service(c.service)), Ask: op,
			Offers: []dialogue.Offer{{Label: t.l.T("Đúng, đặt giờ này", "Yes, book it"), Arg: op + " " + yes}, {Label: t.l.T("Chọn giờ khác", "Another time"), Arg: op + " " + no}},
		}, nil
	case c.code != "":
		b, err := t.Book.Act(ctx, appointment.ActRequest{Meta: t.meta(), Ref: c.code, Action: appointment.Reschedule, Actor: string(t.Channel), Start: start, Told: true})
		if err != nil {
			return dialogue.Answer{}, err
		}
		return t.card(b, t.l.T("Đã đổi giờ.", "The time is changed.")), nil
	}
	b, err := t.Book.Book(ctx, appointment.Request{
		Meta: t.meta(), Service: c.service, Start: start, Channel: t.Channel,
		Language: t.Language, Contact: contact(t.Question), Told: true,
	})
	if err != nil {
		return dialogue.Answer{}, err
	}
	return t.card(b, t.l.T("Đã ghi lịch hẹn.", "Your appointment is noted.")), nil
}
