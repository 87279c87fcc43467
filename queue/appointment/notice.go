package appointment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
	"github.com/xinmoi/xinmoi/queue/notice"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// NoticeKind names what a holder is told.
type NoticeKind string

// What holders are told.
const (
	SayRequested NoticeKind = "requested" // Received; staff will answer.
	SayListed    NoticeKind = "listed"    // On the waiting list.
	SayConfirmed NoticeKind = "confirmed"
	SayDeclined  NoticeKind = "declined"
	SayLapsed    NoticeKind = "lapsed"
	SayCancelled NoticeKind = "cancelled" // By the office.
	SayMoved     NoticeKind = "moved"     // To another time, by the office.
	SayPromoted  NoticeKind = "promoted"  // A place came free.
	SayReminder  NoticeKind = "reminder"
	SayMissed    NoticeKind = "missed"
)

// saidElsewhere is nothing: where it was asked for, its holder has been told how
// it stands.
const saidElsewhere NoticeKind = "said"

// Notice is one thing to be told.
type Notice struct {
	ID      string // The same for the same notice, however often it is tried.
	Kind    NoticeKind
	To      string // As Booking.Contact.
	Text    string // In the holder's language.
	Booking Booking
	Expires time.Time // Not worth telling later.
	Way     int       // How many ways have failed: it goes by a later one.
}

// Teller carries notices to people. It returns nil once the notice is safe with
// whoever sends it, ErrNoWay if this contact cannot be reached by any means from
// Notice.Way on. What fails afterwards is told to Book.Lost.
type Teller interface {
	Tell(ctx context.Context, n Notice) error
}

// ErrNoWay says that a contact cannot be reached.
var ErrNoWay = errors.New("no way to reach this contact")

// received is what a holder hears of a new booking.
func received(s State) NoticeKind {
	return map[State]NoticeKind{Requested: SayRequested, Listed: SayListed, Confirmed: SayConfirmed}[s]
}

// noticeLife is how long news are worth telling.
const noticeLife = 24 * time.Hour

// Notices is what there is to know of each notice, as of those of a visit (see
// package notice): none is worth waking somebody, what somebody waits for is
// sent to the last of a month's messages, the rest is left out before.
func Notices() notice.Book {
	answer := func(k NoticeKind) notice.Rule {
		return notice.Rule{Kind: notice.Kind(k), Urgency: notice.Anyhow, Life: noticeLife, Worth: notice.Answer, Waits: true, Reserve: true}
	}
	news := func(k NoticeKind) notice.Rule {
		r := answer(k)
		r.Worth = notice.Useful
		return r
	}
	polite := func(k NoticeKind) notice.Rule {
		r := answer(k)
		r.Worth, r.Reserve = notice.Nice, false
		return r
	}
	return notice.Book{
		polite(SayRequested), polite(SayListed), answer(SayConfirmed), answer(SayDeclined), answer(SayLapsed), answer(SayCancelled),
		answer(SayMoved), answer(SayPromoted), news(SayReminder), polite(SayMissed),
	}
}

// expires is when a notice is not worth telling any more: what is about a time
// to come, once that has come.
func (n NoticeKind) expires(b Booking, now time.Time, life time.Duration) time.Time {
	switch n {
	case SayReminder:
		return b.Start
	case SayRequested, SayListed, SayConfirmed, SayMoved, SayPromoted:
		return earlier(now.Add(life), b.Start)
	default:
		return now.Add(life)
	}
}

// tell writes down what is to be told; nothing to who gave no contact. It stands
// in place of what was to be said before: each notice says how it stands now.
// In the quiet hours it waits for their end, if that is not too late: what would
// be in vain then is said at once.
func (w *work) tell(b Booking, kind NoticeKind) error {
	if kind == saidElsewhere {
		return errors.Join(w.Do("DELETE FROM notice WHERE booking = ?", b.ID), w.Do("DELETE FROM unreached WHERE booking = ?", b.ID))
	}
	rule, known := Notices().Rule(notice.Kind(kind))
	if !known || b.Contact == "" || w.book.cfg.Teller == nil {
		return nil
	}
	next, expires := w.now, kind.expires(b, w.now, rule.Life)
	if w.book.cfg.Quiet != nil && rule.Waits {
		if end, quiet := w.book.cfg.Quiet().Until(w.now.In(w.zone)); quiet {
			expires = later(expires, kind.expires(b, end, time.Hour))
			if end.Before(expires) {
				next = end
			}
		}
	}
	return errors.Join(
		w.Do("DELETE FROM notice WHERE booking = ?", b.ID),
		w.Do("INSERT INTO notice (booking, kind, at, expires, next) VALUES (?, ?, ?, ?, ?)",
			b.ID, kind, beside.Millis(w.now), beside.Millis(expires), beside.Millis(next)))
}

// Text is what a notice says, in the holder's language; office is its name.
func Text(b Booking, kind NoticeKind, c Calendar, office string) string {
	l := page.Vietnamese
	if b.Language == string(page.English) {
		l = page.English
	}
	when, code := l.When(b.Start.In(c.Zone())), FormatCode(b.Code)
	reason := ""
	if b.Reason != "" {
		reason = " " + l.T("Lý do: ", "Reason: ") + b.Reason + "."
	}
	said, ok := sentences()[kind]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s: %s", office, fmt.Sprintf(l.T(said[0], said[1]), when, code)+reason)
}

// sentences have the time first, the code second.
func sentences() map[NoticeKind][2]string {
	return map[NoticeKind][2]string{
		SayRequested: {"đã nhận yêu cầu hẹn lúc %s, mã %s. Cán bộ sẽ trả lời trong giờ làm việc.", "we have your request for %s, code %s. Staff will answer in working hours."},
		SayListed:    {"lúc %s đã hết chỗ; quý vị ở danh sách chờ của ngày đó, mã %s. Có chỗ trống chúng tôi sẽ báo.", "%s is full; you are on that day's waiting list, code %s. We will tell you if a place comes free."},
		SayConfirmed: {"đã xác nhận lịch hẹn lúc %s, mã %s. Đến nơi xin nhập mã này tại máy lấy số.", "your appointment at %s is confirmed, code %s. Enter this code at the ticket machine when you come."},
		SayDeclined:  {"không nhận được lịch hẹn lúc %s, mã %s. Xin chọn giờ khác hoặc gọi cho chúng tôi.", "we cannot take your appointment at %s, code %s. Please choose another time or call us."},
		SayLapsed:    {"yêu cầu hẹn lúc %s, mã %s, đã hết hạn mà chưa có trả lời; mong quý vị thông cảm. Xin đặt giờ khác, hoặc đến lấy số.", "your request for %s, code %s, has lapsed without an answer; we are sorry. Please book another time, or come and take a number."},
		SayCancelled: {"lịch hẹn lúc %s, mã %s, đã bị hủy. Xin đặt giờ khác.", "your appointment at %s, code %s, was cancelled. Please book another time."},
		SayMoved:     {"lịch hẹn đã chuyển sang %s, mã %s vẫn như cũ. Nếu không đến được, xin đổi hoặc hủy.", "your appointment is now at %s, with the same code %s. If you cannot come, please change or cancel it."},
		SayPromoted:  {"đã có chỗ lúc %s, mã %s. Nếu không đến được, xin hủy để nhường người khác.", "there is a place at %s, code %s. If you cannot come, please cancel so that somebody else can."},
		SayReminder:  {"nhắc quý vị lịch hẹn lúc %s, mã %s. Nếu không đến được, xin đổi hoặc hủy.", "a reminder of your appointment at %s, code %s. If you cannot come, please change or cancel it."},
		SayMissed:    {"quý vị đã lỡ lịch hẹn lúc %s, mã %s. Xin đặt giờ khác, hoặc đến lấy số.", "you missed your appointment at %s, code %s. Please book another time, or come and take a number."},
	}
}
