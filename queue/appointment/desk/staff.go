package desk

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// StaffHandler serves what is under Staff.
func (d *Desk) StaffHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Staff, func(w http.ResponseWriter, r *http.Request) { d.bookings(w, r, nil) })
	for name, a := range map[string]appointment.Action{"confirm": appointment.Confirm, "decline": appointment.Decline, "cancel": appointment.Cancel} {
		d.staff.Form(mux, name, formMost, func(w http.ResponseWriter, r *http.Request, err error) {
			d.answer(w, r, err, func() error {
				_, err := d.Book.Act(r.Context(), appointment.ActRequest{
					Ref: r.PostForm.Get("id"), Action: a, Actor: page.Who(r.Context()), Staff: true, Reason: r.PostForm.Get("reason"),
				})
				return err
			})
		})
	}
	d.staff.Form(mux, "check-in", formMost, func(w http.ResponseWriter, r *http.Request, err error) {
		d.answer(w, r, err, func() error {
			_, err := d.Book.CheckIn(r.Context(), r.PostForm.Get("id"), queue.Staff)
			return err
		})
	})
	d.staff.Form(mux, "told", formMost, func(w http.ResponseWriter, r *http.Request, err error) {
		d.answer(w, r, err, func() error { return d.Book.Reached(r.Context(), r.PostForm.Get("id"), page.Who(r.Context())) })
	})
	d.staff.Form(mux, "book", formMost, func(w http.ResponseWriter, r *http.Request, err error) {
		d.answer(w, r, err, func() error { return d.bookFor(r) })
	})
	return d.staff.Handler(mux)
}

// answer does what a form asks for and shows the day again.
func (d *Desk) answer(w http.ResponseWriter, r *http.Request, err error, do func() error) {
	if err != nil {
		err = queue.Errorf(queue.CodeBadRequest, "%v", err)
	} else {
		err = do()
	}
	if err != nil {
		d.bookings(w, r, err)
		return
	}
	d.staff.See(w, r, url.Values{"day": {r.PostForm.Get("day")}}, "")
}

// errClock is a time that cannot be read.
var errClock = errors.New("no time")

// bookFor books for somebody at the counter or on the telephone.
func (d *Desk) bookFor(r *http.Request) error {
	f := r.PostForm
	_, calendar, err := d.office(r.Context())
	if err != nil {
		return err
	}
	start, err := time.ParseInLocation("2006-01-02 15:04", f.Get("day")+" "+f.Get("clock"), calendar.Zone())
	if err != nil {
		return queue.Errorf(queue.CodeBadRequest, "%w", errClock)
	}
	req := appointment.Request{
		Meta: queue.Meta{Key: f.Get("key"), Caller: page.Who(r.Context())}, Service: f.Get("service"), Start: start, Channel: queue.Staff, Language: "vi",
	}
	if phone := f.Get("phone"); phone != "" {
		req.Contact = "tel:" + phone
	}
	_, err = d.Book.Book(r.Context(), req)
	return err
}

// wrongForStaff is what went wrong on the page of the counters, and what to do next.
func wrongForStaff(l page.Lang, f url.Values, err error) string {
	switch code := queue.ErrorCode(err); {
	case errors.Is(err, errClock):
		return l.T("Xin ghi giờ hẹn là đầu nửa giờ, như 09:30.", "Please give the time on the half-hour, like 09:30.")
	case code == appointment.CodeSlotInvalid:
		return l.T("Không đặt được giờ này. Xin ghi đầu một nửa giờ chưa qua mà cơ quan làm việc.", "This time cannot be booked. Please give the beginning of a half-hour that is still to come and in which the office works.")
	case code == appointment.CodeSlotFull:
		return l.T("Giờ này đã hết chỗ. Xin chọn giờ khác.", "This time is full. Please choose another.")
	case code == queue.CodeBadRequest && f.Has("clock"):
		return l.T("Xin ghi đủ số điện thoại, hoặc để trống.", "Please give the whole telephone number, or none.")
	case code == queue.CodeBadRequest && f.Has("reason"):
		return l.T("Xin ghi lý do từ chối: người đặt sẽ đọc.", "Please give the reason to decline: who booked reads it.")
	default:
		return wrong(l, err)
	}
}

// entry is a booking for staff.
type entry struct {
	ID, Code, Clock, Day, Service, State, Level, Contact, Answer, Reason, Ticket, News string
	Requested, Confirmed, Open, Today, Stranded                                        bool
}

type bookingsView struct {
	Key, Wrong, Day, DayName string
	Asked                    choice   // What was typed to book for a citizen, and not booked.
	Free                     []string // When Asked could be booked that day.
	Waiting, Entries         []entry
	Unreached                []entry // To be telephoned.
	Days, Services           []link
}

// aheadShown is how many days staff leaf through.
const aheadShown = 14

// bookings shows the requests to answer and the bookings of a day.
func (d *Desk) bookings(w http.ResponseWriter, r *http.Request, failed error) {
	l := page.Language(r)
	v := bookingsView{Key: rand.Text()}
	if failed != nil {
		f := r.PostForm
		v.Asked = choice{Service: f.Get("service"), Start: f.Get("clock"), Phone: f.Get("phone")}
		v.Wrong = wrongForStaff(l, f, failed)
	}
	setup, calendar, err := d.office(r.Context())
	now := time.Now()
	noon, ok := calendar.Date(r.FormValue("day"))
	if !ok {
		noon, _ = calendar.Date(calendar.Day(now))
	}
	v.Day, v.DayName = calendar.Day(noon), dayName(l, noon)
	if c := v.Asked; c.Service != "" && err == nil {
		c.Day = v.Day
		if all, _, e := d.slots(r.Context(), c, l, calendar, true); e == nil { // Only a help.
			for _, s := range all {
				if s.Free > 0 {
					v.Free = append(v.Free, s.Clock)
				}
			}
		}
	}
	local := noon.In(calendar.Zone())
	from := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, calendar.Zone())
	if err == nil {
		err = d.list(r, &v, l, setup, calendar, from)
	}
	today := now.In(calendar.Zone())
	for i := range aheadShown {
		day := time.Date(today.Year(), today.Month(), today.Day()+i, 12, 0, 0, 0, calendar.Zone())
		if len(calendar.Sessions(day)) > 0 {
			v.Days = append(v.Days, link{Href: Staff + "?day=" + calendar.Day(day), Text: dayName(l, day), Full: calendar.Day(day) == v.Day})
		}
	}
	if err != nil && v.Wrong == "" {
		v.Wrong, failed = wrong(l, err), err
	}
	d.staff.Render(w, r, statusOf(failed), "bookings", page.View{Title: l.T("Lịch hẹn", "Appointments"), Home: "/counter", Keep: url.Values{"day": {v.Day}}, Data: v})
}

func (d *Desk) list(r *http.Request, v *bookingsView, l page.Lang, setup queue.Setup, calendar appointment.Calendar, from time.Time) error {
	waiting, err := d.Book.Waiting(r.Context())
	if err != nil {
		return err
	}
	day, err := d.Book.List(r.Context(), from, from.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	unreached, err := d.Book.Unreached(r.Context())
	if err != nil {
		return err
	}
	for _, u := range unreached {
		e := forStaff(u.Booking, l, setup, calendar)
		e.News = newsWords(l, u.Kind)
		v.Unreached = append(v.Unreached, e)
	}
	for _, s := range setup.Services {
		v.Services = append(v.Services, link{Href: s.ID, Text: s.ID + " · " + serviceName(setup, s.ID, l), Full: s.ID == v.Asked.Service})
	}
	for _, b := range waiting {
		v.Waiting = append(v.Waiting, forStaff(b, l, setup, calendar))
	}
	for _, b := range day {
		v.Entries = append(v.Entries, forStaff(b, l, setup, calendar))
	}
	return nil
}

// newsWords are what a holder does not know yet, for who telephones.
func newsWords(l page.Lang, k appointment.NoticeKind) string {
	switch k {
	case appointment.SayConfirmed:
		return l.T("đã được xác nhận", "it is confirmed")
	case appointment.SayDeclined:
		return l.T("đã bị từ chối", "it was declined")
	case appointment.SayLapsed:
		return l.T("đã hết hạn mà chưa có trả lời", "it lapsed without an answer")
	case appointment.SayCancelled:
		return l.T("đã bị hủy", "it was cancelled")
	case appointment.SayMoved:
		return l.T("đã đổi sang giờ này", "it was moved to this time")
	case appointment.SayPromoted:
		return l.T("đã có chỗ vào giờ này", "there is a place at this time")
	default:
		return string(k)
	}
}

func forStaff(b appointment.Booking, l page.Lang, setup queue.Setup, calendar appointment.Calendar) entry {
	start := b.Start.In(calendar.Zone())
	e := entry{
		ID: b.ID, Code: appointment.FormatCode(b.Code), Clock: start.Format("15:04"), Day: dayName(l, start), Service: b.Service + " · " + serviceName(setup, b.Service, l),
		Contact: b.Contact, Reason: b.Reason, Ticket: b.Ticket, Requested: b.State == appointment.Requested, Confirmed: b.State == appointment.Confirmed, Open: b.State.Open(),
		Today: calendar.Day(time.Now()) == calendar.Day(b.Start), Stranded: b.State.Open() && !calendar.IsSlot(b.Start),
	}
	if len(e.Contact) > 4 && e.Contact[:4] == "tel:" {
		e.Contact = e.Contact[4:]
	}
	e.State, e.Level = stateWords(l, b.State)
	if b.State == appointment.Requested {
		e.Answer = l.When(b.AnswerBy.In(calendar.Zone()))
	}
	return e
}
