// Package desk is the pages on which citizens book a time and look after their
// booking, staff answer and see who comes, and an office decides what may be
// booked. All of them work without scripts.
package desk

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed all:templates
var files embed.FS

// Where the pages are. Public is for everybody; whoever mounts the others
// guards them, Staff for the counters and Settings for administrators.
const (
	Public   = "/hen"
	Staff    = "/counter/bookings"
	Settings = "/admin/appointments"
)

// Config is what the pages need; Book and Setup are required.
type Config struct {
	Book    *appointment.Book
	Setup   func(ctx context.Context) (queue.Setup, error)
	Office  string                       // Its name, in the head of the pages.
	Base    string                       // Address of the pages, "http://10.0.0.1:8080"; its host is part of calendar entries' names.
	Address func(r *http.Request) string // Whom tries are counted by.
	Build   string
	Guesses *page.Guesses // Slows down who tries codes; nil = one for these pages alone.
	// HallCode reports whether the hall shows a code now; nil = who says to have come
	// is believed.
	HallCode func(code string, now time.Time) bool
	Logger   *slog.Logger // Nil = silent.
}

// Desk is the pages.
type Desk struct {
	Config
	public, staff, settings *page.Desk
	books, finds            *page.Limiter
	halls                   *page.Limiter // Of the hall's code, by booking.
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Book == nil || c.Setup == nil || c.Address == nil {
		return nil, errors.New("appointment desk: Config.Book, Setup and Address are required")
	}
	if c.Guesses == nil {
		c.Guesses = page.NewGuesses(nil)
	}
	d := &Desk{Config: c, books: page.NewLimiter(bookEvery, bookBurst), finds: page.NewLimiter(findEvery, findBurst), halls: page.NewLimiter(hallEvery, hallBurst)}
	var errs [3]error
	kit := func(prefix string) (*page.Desk, error) {
		return page.NewDesk(page.DeskConfig{Name: "appointment desk", Prefix: prefix, Files: files, Office: c.Office, Build: c.Build, Logger: c.Logger})
	}
	d.public, errs[0] = kit(Public)
	d.staff, errs[1] = kit(Staff)
	d.settings, errs[2] = kit(Settings)
	return d, errors.Join(errs[:]...)
}

// formMost is how large a form may be, in bytes.
const formMost = 16 << 10

// office is the office as it is now.
func (d *Desk) office(ctx context.Context) (queue.Setup, appointment.Calendar, error) {
	s, err := d.Setup(ctx)
	return s, appointment.NewCalendar(s), err
}

// host names this installation in calendar entries.
func (d *Desk) host() string {
	_, host, _ := strings.Cut(d.Base, "://")
	host, _, _ = strings.Cut(host, ":")
	if host == "" {
		return "xinmoi.invalid"
	}
	return host
}

// serviceName is a service in a language.
func serviceName(s queue.Setup, id string, l page.Lang) string {
	for _, v := range s.Services {
		if v.ID == id && l == page.English && v.NameEN != "" {
			return v.NameEN
		}
		if v.ID == id {
			return v.Name
		}
	}
	return id
}

// dayName is a date in words: "thứ Hai 23/11".
func dayName(l page.Lang, noon time.Time) string {
	if l == page.English {
		return noon.Format("Monday 2 January")
	}
	_, day, _ := strings.Cut(l.When(noon), ", ")
	return day
}

// stateWords is a state for its holder, and how good the news are.
func stateWords(l page.Lang, s appointment.State) (words, level string) {
	switch s {
	case appointment.Listed:
		return l.T("Đang chờ có chỗ trống trong ngày", "On the waiting list of this day"), "warn"
	case appointment.Requested:
		return l.T("Đã nhận, chờ cán bộ xác nhận", "Received; staff will answer"), "warn"
	case appointment.Confirmed:
		return l.T("Đã xác nhận", "Confirmed"), "ok"
	case appointment.Declined:
		return l.T("Không nhận được", "Declined"), "fail"
	case appointment.Lapsed:
		return l.T("Đã hết hạn mà chưa có trả lời", "Lapsed without an answer"), "fail"
	case appointment.CheckedIn:
		return l.T("Đã đến và có số", "You have come and have a number"), "ok"
	case appointment.Missed:
		return l.T("Đã lỡ hẹn", "Missed"), "fail"
	default:
		return l.T("Đã hủy", "Cancelled"), "fail"
	}
}

// wrong is what went wrong, and what to do next.
func wrong(l page.Lang, err error) string {
	switch queue.ErrorCode(err) {
	case "":
		return ""
	case appointment.CodeSlotFull:
		return l.T("Giờ này vừa hết chỗ. Xin chọn giờ khác, hoặc đánh dấu vào danh sách chờ.", "This time has just become full. Please choose another, or tick the waiting list.")
	case appointment.CodeSlotInvalid:
		return l.T("Không đặt được giờ này nữa. Xin chọn một giờ trong danh sách.", "This time cannot be booked any more. Please choose one of the list.")
	case appointment.CodeUnknownBooking:
		return l.T("Không tìm thấy lịch hẹn. Xin kiểm tra lại 9 chữ số của mã hẹn.", "There is no such appointment. Please check the 9 digits of the code.")
	case appointment.CodeNotToday:
		return l.T("Lịch hẹn không phải hôm nay. Xin đến đúng ngày, hoặc đổi giờ hẹn.", "The appointment is not for today. Please come on its day, or change the time.")
	case appointment.CodeNotBookable:
		return l.T("Hiện không nhận đặt hẹn cho dịch vụ này. Xin chọn dịch vụ khác hoặc đến lấy số.", "This service cannot be booked now. Please choose another, or come and take a number.")
	case appointment.CodeBookingLimit:
		return l.T("Số điện thoại này đã có đủ lịch hẹn được phép. Xin hủy một lịch trước, hoặc gọi cho trung tâm.", "This telephone number has as many appointments as are allowed. Please cancel one first, or call the office.")
	case queue.CodeBadRequest:
		return l.T("Xin chọn giờ và ghi đủ số điện thoại, rồi gửi lại.", "Please choose a time and give the whole telephone number, then send again.")
	case queue.CodeWrongState:
		return l.T("Lịch hẹn đã thay đổi nên không làm được việc này. Xin xem trạng thái bên dưới.", "The appointment has changed, so this is not possible. Please see how it stands below.")
	case queue.CodeStaleVersion:
		return l.T("Người khác vừa thay đổi. Xin xem lại rồi thực hiện lần nữa.", "Somebody has just changed it. Please look again, then repeat.")
	case queue.CodeOfficeClosed, queue.CodeServiceClosed, queue.CodeIssuingStopped, queue.CodeServiceFull, queue.CodeChannelFull:
		return l.T("Lúc này chưa cấp được số. Xin đến máy lấy số hoặc hỏi cán bộ.", "No number can be given now. Please go to the ticket machine or ask the staff.")
	case queue.CodeForbidden:
		return l.T("Mã tại sảnh chưa đúng. Mã có 6 chữ số, hiện trên màn hình tại trung tâm và đổi mỗi phút. Xin nhập mã đang hiện, nhập mã hẹn tại máy lấy số, hoặc nhờ quầy hướng dẫn.", "That is not the code of the hall. It has 6 digits, is shown on the screen there and changes every minute. Please enter the one shown now, enter the code of your appointment at the ticket machine, or ask at the information desk.")
	case queue.CodeRateLimited:
		return l.T("Quá nhiều lần. Xin chờ ít lâu rồi thử lại.", "Too many times. Please wait a while and try again.")
	default:
		return l.T("Chưa làm được. Xin thử lại sau ít phút.", "It did not work. Please try again in a few minutes.")
	}
}

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	switch queue.ErrorCode(err) {
	case "":
		return http.StatusOK
	case appointment.CodeUnknownBooking, queue.CodeUnknownService:
		return http.StatusNotFound
	case queue.CodeBadRequest:
		return http.StatusBadRequest
	case queue.CodeForbidden:
		return http.StatusUnprocessableEntity
	case queue.CodeRateLimited:
		return http.StatusTooManyRequests
	case queue.CodeUnavailable, queue.CodeInternal:
		return http.StatusServiceUnavailable
	default:
		return http.StatusConflict
	}
}
