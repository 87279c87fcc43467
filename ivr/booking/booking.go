package booking

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// Name is the kind of menu option that a Topic is.
const Name = "booking"

// Book is the appointments of the office; *appointment.Book is one.
type Book interface {
	Settings(ctx context.Context) (appointment.Settings, error)
	Slots(ctx context.Context, service, from string, days int, staff bool) ([]appointment.Day, error)
	Mine(ctx context.Context, contact string) ([]appointment.Booking, error)
	Find(ctx context.Context, ref string) (appointment.Booking, error)
	Book(ctx context.Context, r appointment.Request) (appointment.Booking, error)
	Act(ctx context.Context, r appointment.ActRequest) (appointment.Booking, error)
	CheckIn(ctx context.Context, ref string, by queue.Channel) (queue.Ticket, error)
}

// Config is what a Topic needs; Book and Setup are required.
type Config struct {
	Book  Book
	Setup func(ctx context.Context) (queue.Setup, error)
	// Writes reports whether a telephone can be written to: then its holder gets
	// the code as a message as well. Nil = none can.
	Writes func(number string) bool
	Now    func() time.Time // Nil = time.Now.
}

// Topic is the appointments as callers can choose them.
type Topic struct {
	Config
	mu    sync.Mutex
	ready bool
	known bool      // It was found out at least once.
	until time.Time // When to ask again whether it is ready.
}

var (
	_ ivr.Topic = (*Topic)(nil)
	_ ivr.Ready = (*Topic)(nil)
)

// New makes a Topic.
func New(c Config) (*Topic, error) {
	if c.Book == nil || c.Setup == nil {
		return nil, errors.New("booking by telephone: Config.Book and Setup are required")
	}
	if c.Writes == nil {
		c.Writes = func(string) bool { return false }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Topic{Config: c}, nil
}

// Kind implements ivr.Topic.
func (*Topic) Kind() ivr.Kind {
	return ivr.Kind{Name: Name, About: [2]string{"Đặt, đổi, hủy lịch hẹn", "An appointment: to make, move or cancel it"}}
}

// Offer implements ivr.Topic.
func (*Topic) Offer(language string) string { return ivr.Words(language, "for-booking") }

// How long it is believed whether citizens may book, and how long it may take
// to find out: longer the first time, when there is nothing to go by.
const (
	believed  = 10 * time.Second
	readyTime = 300 * time.Millisecond
	firstTime = 2 * time.Second
)

// Ready implements ivr.Ready: citizens may book, or the last look says so.
func (t *Topic) Ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.Now(); now.After(t.until) || now.Add(2*believed).Before(t.until) {
		within := readyTime
		if !t.known {
			within = firstTime
		}
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		if s, err := t.Book.Settings(ctx); err == nil {
			t.ready, t.known = !s.Off && !s.StaffOnly, true
		}
		t.until = now.Add(believed)
	}
	return t.ready
}

// call is one turn of a caller.
type call struct {
	*Topic
	ivr.Turn
	setup    queue.Setup
	calendar appointment.Calendar
	now      time.Time // In the office's zone.
}

// Turn implements ivr.Topic.
func (t *Topic) Turn(ctx context.Context, turn ivr.Turn) (ivr.Reply, error) {
	setup, err := t.Setup(ctx)
	if err != nil {
		return ivr.Reply{}, err
	}
	c := call{Topic: t, Turn: turn, setup: setup, calendar: appointment.NewCalendar(setup)}
	c.now = t.Now().In(c.calendar.Zone())
	p := read(turn.State)
	if turn.Keys == "*" {
		return c.back(ctx, p)
	}
	switch p.Step {
	case which:
		return c.chooseOwn(ctx, p)
	case own:
		return c.chooseDeed(ctx, p)
	case sure:
		return c.chooseCancel(ctx, p)
	case service, day, part, clock:
		return c.chooseNext(ctx, p)
	case check:
		return c.chooseCheck(ctx, p)
	default:
		return c.begin(ctx)
	}
}

// meta names what this turn leads to: asked for again it is done once.
func (c call) meta() queue.Meta { return queue.Meta{Key: c.Key, Caller: string(queue.Phone)} }

// contact is whom the caller's appointments count for.
func (c call) contact() string { return "tel:" + c.Number }

// begin tells the caller's own appointments, or asks what for.
func (c call) begin(ctx context.Context) (ivr.Reply, error) {
	if c.Number == "" {
		return c.over(c.Speech.Say("book-hidden"))
	}
	mine, err := c.Book.Mine(ctx, c.contact())
	if err != nil {
		return ivr.Reply{}, err
	}
	switch len(mine) {
	case 0:
		return c.services(ctx, place{})
	case 1:
		return c.tell(ctx, mine[0].Code)
	}
	return c.askWhich(mine, 0)
}

// over says the last of it; the menu follows.
func (c call) over(parts ...announce.Sentence) (ivr.Reply, error) {
	return ivr.Reply{Say: c.Speech.Join(parts...)}, nil
}

// ask says something and waits for one key.
func (c call) ask(p place, parts ...announce.Sentence) (ivr.Reply, error) {
	return ivr.Reply{Say: c.Speech.Join(parts...), Digits: 1, State: p.write(), Back: true}, nil
}

// offer asks for one of some choices.
func (c call) offer(p place, lead announce.Sentence, lines []announce.Sentence) (ivr.Reply, error) {
	var list []announce.Sentence
	for i, line := range lines {
		list = append(list, c.Speech.Option(line, rune('1'+i)))
	}
	if p.More {
		list = append(list, c.Speech.Key("book-more", moreKey))
	}
	return c.ask(p, lead, c.Speech.List(list...))
}

// wrong asks again after a key that means nothing.
func (c call) wrong(again ivr.Reply, err error) (ivr.Reply, error) {
	if err == nil {
		again.Lead = c.Speech.Say("wrong")
	}
	return again, err
}

// refused says why something was not done and what can be done instead; err
// itself where the telephone's own words must do.
func (c call) refused(ctx context.Context, p place, err error) (ivr.Reply, error) {
	switch queue.ErrorCode(err) {
	case appointment.CodeSlotFull, appointment.CodeSlotInvalid:
		p.Part, p.Start, p.Page = 0, 0, 0
		again, err := c.days(ctx, p)
		if err == nil {
			again.Lead = c.Speech.Say("book-full")
		}
		return again, err
	case appointment.CodeBookingLimit:
		return c.over(c.Speech.Say("book-limit"))
	case queue.CodeRateLimited:
		return c.over(c.Speech.Say("book-often"))
	case appointment.CodeNotBookable, queue.CodeUnknownService:
		return c.over(c.Speech.Say("book-off"))
	default:
		return ivr.Reply{}, err
	}
}

// bookable lists the services that may be booked, in the order of the office.
func (c call) bookable(s appointment.Settings) []queue.Service {
	if s.Off || s.StaffOnly {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.setup.Services), func(v queue.Service) bool { return v.Closed || s.Services[v.ID].Off })
}
