package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// card shows a booking as it stands, and what can be done with it.
func (t talk) card(b appointment.Booking, lead string) dialogue.Answer {
	if lead != "" {
		lead += "\n"
	}
	a := dialogue.Answer{Body: lead + fmt.Sprintf(t.l.T("Lịch hẹn: %s, %s.\nMã hẹn: %s. %s", "Appointment: %s, %s.\nCode: %s. %s"),
		t.when(b.Start), t.service(b.Service), appointment.FormatCode(b.Code), t.stands(b))}
	if t.today(b) && b.State == appointment.Confirmed {
		a.Offers = append(a.Offers, dialogue.Offer{Label: t.l.T("Đã đến", "I am here"), Arg: opIn + " " + b.Code})
	}
	if b.State == appointment.Requested || b.State == appointment.Confirmed {
		a.Offers = append(a.Offers, dialogue.Offer{Label: t.l.T("Đổi giờ", "Change the time"), Arg: opMoveDay + " " + b.Code})
	}
	if b.State.Open() {
		a.Offers = append(a.Offers, dialogue.Offer{Label: t.l.T("Hủy hẹn", "Cancel it"), Arg: opCancel + " " + b.Code}, t.another())
	}
	return a
}

func (t talk) today(b appointment.Booking) bool {
	return t.calendar.Day(b.Start) == t.calendar.Day(t.Now)
}

// stands is how a booking stands, and what its holder does next.
func (t talk) stands(b appointment.Booking) string {
	switch b.State {
	case appointment.Listed:
		return t.l.T("Giờ này đã hết chỗ; có chỗ trống chúng tôi sẽ nhắn.", "This time is full; we write when a place comes free.")
	case appointment.Requested:
		return fmt.Sprintf(t.l.T("Chờ cán bộ xác nhận, chậm nhất %s.", "Staff will answer by %s."), t.when(b.AnswerBy))
	case appointment.Confirmed:
		return t.l.T("Đã xác nhận. Đến nơi xin nhắn “đã đến”, hoặc nhập mã tại máy lấy số.", "Confirmed. When you come, send \"here\" or enter the code at the ticket machine.")
	default:
		return t.l.T("Lịch hẹn này không còn hiệu lực.", "This appointment is over.")
	}
}

func (t talk) show(ctx context.Context, code string) (dialogue.Answer, error) {
	b, err := t.own(ctx, code)
	if err != nil {
		return dialogue.Answer{}, err
	}
	return t.card(b, ""), nil
}

// cancel asks once more, and gives the booking back.
func (t talk) cancel(ctx context.Context, code, answer string) (dialogue.Answer, error) {
	b, err := t.own(ctx, code)
	if err != nil {
		if again, gone := t.Book.Find(ctx, code); gone == nil && again.State == appointment.Cancelled && again.Contact == contact(t.Question) {
			return t.cancelled(again), nil // Said twice.
		}
		return dialogue.Answer{}, err
	}
	op := opCancel + " " + b.Code
	switch answer {
	case no:
		return t.card(b, t.l.T("Lịch hẹn vẫn được giữ.", "Your appointment stays.")), nil
	case yes:
		b, err = t.Book.Act(ctx, appointment.ActRequest{Meta: t.meta(), Ref: b.Code, Action: appointment.Cancel, Actor: string(t.Channel)})
		if err != nil {
			return dialogue.Answer{}, err
		}
		return t.cancelled(b), nil
	}
	return dialogue.Answer{
		Body: fmt.Sprintf(t.l.T("Hủy lịch hẹn %s? Nhắn “có” để hủy, “không” để giữ lại.", "Cancel the appointment at %s? Send \"yes\" or \"no\"."), t.when(b.Start)), Ask: op,
		Offers: []dialogue.Offer{{Label: t.l.T("Hủy hẹn", "Cancel it"), Arg: op + " " + yes}, {Label: t.l.T("Giữ lại", "Keep it"), Arg: op + " " + no}},
	}, nil
}

func (t talk) cancelled(b appointment.Booking) dialogue.Answer {
	return dialogue.Answer{
		Body:   fmt.Sprintf(t.l.T("Đã hủy lịch hẹn %s.", "The appointment at %s is cancelled."), t.when(b.Start)),
		Offers: []dialogue.Offer{t.another()},
	}
}

// arrive tells how to check in, or does it where the hall shows no code.
func (t talk) arrive(ctx context.Context, code string) (dialogue.Answer, error) {
	b, err := t.own(ctx, code)
	switch {
	case err != nil:
		return dialogue.Answer{}, err
	case !t.Hall:
		return t.checkIn(ctx, b)
	}
	return dialogue.Answer{Body: t.l.T("Xin nhắn “đã đến” kèm mã 6 số trên màn hình tại sảnh, ví dụ: đã đến 123456.", "Please send \"here\" with the 6 digits of the screen in the hall, such as: here 123456.")}, nil
}

// here checks in whoever has come and holds no number; the code of the hall has
// been looked at.
func (t talk) here(ctx context.Context) (dialogue.Answer, error) {
	mine, err := t.Book.Mine(ctx, contact(t.Question))
	if err != nil {
		return dialogue.Answer{}, err
	}
	var best *appointment.Booking
	for _, b := range mine {
		if t.today(b) && b.State == appointment.Confirmed && (best == nil || apart(b.Start, t.Now) < apart(best.Start, t.Now)) {
			best = &b
		}
	}
	switch {
	case best != nil:
		return t.checkIn(ctx, *best)
	case len(mine) > 0:
		return t.card(mine[0], t.l.T("Chưa nhận khách cho lịch hẹn này. Nhắn “lấy số” để lấy số bây giờ.", "This appointment cannot be checked in now. Send \"take\" for a number now.")), nil
	}
	return dialogue.Answer{Body: t.l.T("Anh/chị chưa có số và chưa có lịch hẹn hôm nay. Nhắn “lấy số” để lấy số.", "You hold no number and no appointment of today. Send \"take\" for a number.")}, nil
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

func (t talk) checkIn(ctx context.Context, b appointment.Booking) (dialogue.Answer, error) {
	ticket, err := t.Book.CheckIn(ctx, b.Code, t.Channel)
	if err != nil {
		return dialogue.Answer{}, err
	}
	return dialogue.Answer{Body: t.l.T("Đã ghi nhận anh/chị có mặt.", "You are checked in."), Follow: &ticket}, nil
}
