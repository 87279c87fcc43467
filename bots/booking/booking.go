package booking

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Name is the topic's name, in buttons and where notices are offered answers.
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
	Forget(ctx context.Context, contact string) error
	Lost(ctx context.Context, notice string) error
}

// Config is what the topic needs; Book and Setup are required.
type Config struct {
	Book  Book
	Setup func(ctx context.Context) (queue.Setup, error)
	Hall  bool // The hall shows a code by which one checks in; else who says to have come is believed.
}

// Topic makes the topic.
func Topic(c Config) (dialogue.Topic, error) {
	if c.Book == nil || c.Setup == nil {
		return dialogue.Topic{}, errors.New("booking in chats: Config.Book and Setup are required")
	}
	return dialogue.Topic{
		Name: Name, Here: opHere,
		Phrases: []string{
			"dat lich hen", "dat lich", "dat hen", "hen gio", "lich hen cua toi", "lich hen", "huy lich hen", "huy hen", "doi lich hen", "doi gio hen", "doi hen",
			"book an appointment", "my appointment", "cancel appointment", "change appointment", "appointment", "hen", "book",
		},
		Help:   [2]string{"đặt hẹn – đặt, xem, đổi, hủy lịch hẹn (ví dụ: hẹn A 24/11 9h)", "appointment – make, see, change or cancel one (such as: book A 24/11 9h)"},
		Answer: func(ctx context.Context, q dialogue.Question) (dialogue.Answer, error) { return c.answer(ctx, q) },
		Held:   c.held,
		Forget: func(ctx context.Context, q dialogue.Question) error { return c.Book.Forget(ctx, contact(q)) },
		Lost:   c.Book.Lost,
	}, nil
}

// contact is whom notices go to, and whom bookings count for.
func contact(q dialogue.Question) string {
	if q.Phone != "" {
		return "tel:" + q.Phone
	}
	return string(q.Channel) + ":" + q.Chat
}

// Chat takes a contact apart that is a chat; ok is false for a telephone.
func Chat(contact string) (channel queue.Channel, chat string, ok bool) {
	name, chat, ok := strings.Cut(contact, ":")
	return queue.Channel(name), chat, ok && name != "tel"
}

// talk is one question being answered.
type talk struct {
	Config
	dialogue.Question
	l        page.Lang
	setup    queue.Setup
	calendar appointment.Calendar
}

func (c Config) answer(ctx context.Context, q dialogue.Question) (dialogue.Answer, error) {
	setup, err := c.Setup(ctx)
	if err != nil {
		return dialogue.Answer{}, err
	}
	t := talk{Config: c, Question: q, l: page.Lang(q.Language), setup: setup, calendar: appointment.NewCalendar(setup)}
	a, err := t.step(ctx)
	if err != nil && queue.ErrorCode(err) != queue.CodeUnavailable {
		return t.refused(ctx, err)
	}
	return a, err
}

// refused says why something was not done, and what to do instead.
func (t talk) refused(ctx context.Context, err error) (dialogue.Answer, error) {
	var a dialogue.Answer
	switch queue.ErrorCode(err) {
	case appointment.CodeSlotFull, appointment.CodeSlotInvalid:
		a.Body = t.l.T("Giờ này vừa hết chỗ. Xin nhắn “đặt hẹn” để chọn giờ khác.", "This time has just become full. Send \"appointment\" to choose another.")
	case appointment.CodeBookingLimit:
		a, err = t.enter(ctx)
		a.Body = t.l.T("Anh/chị đã có đủ lịch hẹn được phép; xin hủy một lịch trước.\n", "You have as many appointments as are allowed; please cancel one first.\n") + a.Body
		return a, err
	case queue.CodeRateLimited:
		a.Body = t.l.T("Anh/chị đã đặt và đổi hẹn nhiều lần; xin thử lại sau vài giờ, hoặc nhắn “lấy số” khi đến.", "You have booked and changed many times; please try again in a few hours, or send \"take\" when you come.")
	case appointment.CodeNotBookable, queue.CodeUnknownService:
		a.Body = t.l.T("Hiện không nhận đặt hẹn cho việc này. Nhắn “lấy số” để lấy số.", "This cannot be booked now. Send \"take\" for a number.")
	case appointment.CodeUnknownBooking, queue.CodeWrongState:
		a.Body = t.l.T("Lịch hẹn này đã thay đổi. Nhắn “lịch hẹn” để xem lại.", "This appointment has changed. Send \"appointment\" to see how it stands.")
	case appointment.CodeNotToday:
		a.Body = t.l.T("Lịch hẹn không phải hôm nay. Nhắn “lịch hẹn” để xem hoặc đổi giờ, hoặc “lấy số” để lấy số bây giờ.", "The appointment is not for today. Send \"appointment\" to see or change it, or \"take\" for a number now.")
	case queue.CodeOfficeClosed, queue.CodeServiceClosed, queue.CodeIssuingStopped, queue.CodeServiceFull, queue.CodeChannelFull:
		a.Body = t.l.T("Lúc này chưa cấp được số. Xin hỏi bàn hướng dẫn, lịch hẹn vẫn còn.", "No number can be given now. Please ask at the desk; your appointment stands.")
	default:
		return a, err
	}
	return a, nil
}

// meta names what this letter leads to: delivered twice it is done once.
func (t talk) meta() queue.Meta { return queue.Meta{Key: t.Key, Caller: string(t.Channel)} }

// own finds an open booking of who asks.
func (t talk) own(ctx context.Context, code string) (appointment.Booking, error) {
	b, err := t.Book.Find(ctx, code)
	if err != nil {
		return b, err
	}
	if b.Contact != contact(t.Question) || !b.State.Open() {
		return b, queue.Errorf(appointment.CodeUnknownBooking, "no open booking of this chat")
	}
	return b, nil
}

// held words what is kept of somebody.
func (c Config) held(ctx context.Context, q dialogue.Question) (lines []string, err error) {
	setup, err := c.Setup(ctx)
	if err != nil {
		return nil, err
	}
	mine, err := c.Book.Mine(ctx, contact(q))
	if err != nil {
		return nil, err
	}
	t := talk{Config: c, Question: q, l: page.Lang(q.Language), setup: setup, calendar: appointment.NewCalendar(setup)}
	for _, b := range mine {
		lines = append(lines, fmt.Sprintf(t.l.T("Lịch hẹn %s, mã %s, và mã cuộc trò chuyện này để báo tin về nó", "Appointment at %s, code %s, and this chat's id to tell you about it"), t.when(b.Start), appointment.FormatCode(b.Code)))
	}
	return lines, nil
}

func (t talk) when(at time.Time) string { return t.l.When(at.In(t.calendar.Zone())) }

// dayName is a date in words: "thứ Hai 23/11".
func (t talk) dayName(at time.Time) string {
	local := at.In(t.calendar.Zone())
	if t.l == page.English {
		return local.Format("Mon 2 Jan")
	}
	_, day, _ := strings.Cut(t.l.When(local), ", ")
	return day
}

func (t talk) service(id string) string {
	for _, v := range t.setup.Services {
		if v.ID == id && t.l == page.English && v.NameEN != "" {
			return v.NameEN
		}
		if v.ID == id {
			return v.Name
		}
	}
	return id
}
