package main

import (
	"context"
	"net/http"
	"path/filepath"
	"time"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/appointment"
	bookdesk "github.com/xinmoi/xinmoi/queue/appointment/desk"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// booking is what an office's appointments are made of.
type booking struct {
	appointments *appointment.Book
	bookDesk     *bookdesk.Desk
}

// openAppointments opens the office's appointments.
func (a *app) openAppointments(ctx context.Context) error {
	secret, err := a.db.Secret(ctx, "appointments")
	if err != nil {
		return err
	}
	texter, err := a.cfg.SMS.texter()
	if err != nil {
		return err
	}
	c := appointment.Config{
		Setup: a.setup, Office: a.engine, Secret: secret, Logger: a.log, Ring: func(context.Context, int) { a.web.Ring("Lịch hẹn chờ xác nhận") },
		Teller: bookingTeller{a, texter}, Quiet: a.quietHours, Today: a.eventsToday, Log: a.db,
	}
	if a.appointments, err = appointment.Open(ctx, filepath.Join(a.data.path, appointment.FileName), c); err != nil {
		return err
	}
	a.parts = append(a.parts, part{"appointments", a.appointments.Run, false})
	a.bookDesk, err = bookdesk.New(bookdesk.Config{
		Book: a.appointments, Setup: a.setup, Base: a.base, Address: api.ClientIP, Guesses: a.guesses, Build: version(), Logger: a.log,
	})
	return err
}

// closeAppointments closes the file.
func (a *app) closeAppointments() error {
	if a.appointments == nil {
		return nil
	}
	return a.appointments.Close()
}

// mountAppointments puts the pages behind their rights.
func (a *app) mountAppointments(mount func(string, http.Handler)) {
	a.bookDesk.HallCode = a.hallCheck()
	mount(bookdesk.Public, a.bookDesk.Handler())
	mount(bookdesk.Staff, a.api.Need(api.SeeCounter)(a.bookDesk.StaffHandler()))
	mount(bookdesk.Settings, a.api.Need(api.SeeAdmin)(a.bookDesk.SettingsHandler()))
}

// bookingNote tells, if ok, that citizens can book, for who sets the office up.
func (a *app) bookingNote(ctx context.Context) (note page.Row, ok bool) {
	s, err := a.appointments.Settings(ctx)
	if err != nil || s.Off || s.StaffOnly {
		return page.Row{}, false
	}
	return page.Row{
		Label: "Đặt lịch hẹn", LabelEN: "Appointments", Href: bookdesk.Settings,
		Value:   "đang mở: người dân đặt được ở " + bookdesk.Public + " và qua điện thoại, trò chuyện. Chưa dùng thì đánh dấu “Tạm ngừng nhận đặt hẹn”.",
		ValueEN: "open: citizens can book at " + bookdesk.Public + ", by telephone and chat. To switch it off, tick \"No new appointments\".",
	}, true
}

// bookingDoor is how citizens come at a time agreed on, for the start page.
func bookingDoor() web.Door {
	return web.Door{
		Title: "Đặt lịch hẹn", TitleEN: "Book an appointment", Href: bookdesk.Public,
		Text: "Chọn việc, ngày và giờ; đến đúng giờ, không phải chờ lâu.", TextEN: "Choose what you come for, day and time; come then and wait little.",
	}
}

// bookingCode is the kind of code that an appointment has, for the kiosk.
func (a *app) bookingCode() kiosk.CodeKind {
	return kiosk.CodeKind{Name: "appointment", Read: appointment.ParseCode, Find: func(ctx context.Context, code string) (kiosk.Found, error) {
		b, err := a.appointments.Find(ctx, code)
		if queue.ErrorCode(err) == appointment.CodeUnknownBooking {
			err = queue.Errorf(queue.CodeUnknownTicket, "no booking has this code")
		}
		if err != nil {
			return kiosk.Found{}, err
		}
		if b.State == appointment.CheckedIn {
			t, err := a.engine.Ticket(ctx, b.Ticket)
			return kiosk.Found{Ticket: t, Holder: true}, err
		}
		setup, err := a.setup(ctx)
		if err != nil {
			return kiosk.Found{}, err
		}
		calendar := appointment.NewCalendar(setup)
		found := kiosk.Found{Holder: true, Title: "Lịch hẹn · Appointment " + b.Start.In(calendar.Zone()).Format("15:04 02/01/2006")}
		found.Lines = []string{bookingLine(b, calendar)}
		if b.State == appointment.Confirmed && calendar.Day(b.Start) == calendar.Day(time.Now()) {
			found.CheckIn = func(ctx context.Context, _ string) (queue.Ticket, error) { // The booking's own key sees to one ticket.
				return a.appointments.CheckIn(ctx, code, queue.Kiosk)
			}
		}
		return found, nil
	}}
}

// bookingLine says how a booking stands, and what to do if it is not the time.
func bookingLine(b appointment.Booking, c appointment.Calendar) string {
	switch {
	case b.State == appointment.Confirmed && c.Day(b.Start) != c.Day(time.Now()):
		return "Lịch hẹn không phải hôm nay: xin đến đúng ngày, hoặc lấy số. · The appointment is not for today: come on its day, or take a number."
	case b.State == appointment.Confirmed:
		return "Xin bấm nút bên dưới để lấy số. · Please press the button below for your number."
	case b.State == appointment.Requested:
		return "Cán bộ chưa xác nhận: xin hỏi quầy hướng dẫn, hoặc lấy số. · Staff have not answered yet: ask at the help desk, or take a number."
	case b.State == appointment.Listed:
		return "Chưa có chỗ trống: xin lấy số. · No place has come free: please take a number."
	default:
		return "Lịch hẹn này không còn hiệu lực: xin lấy số. · This appointment is over: please take a number."
	}
}

// bookingsOf are the appointments as the interface carries them.
type bookingsOf struct{ book *appointment.Book }

// Slots implements api.Appointments.
func (b bookingsOf) Slots(ctx context.Context, service, from string, days int, staff bool) ([]api.AppointmentDay, error) {
	all, err := b.book.Slots(ctx, service, from, days, staff)
	out := make([]api.AppointmentDay, len(all))
	for i, d := range all {
		out[i] = api.AppointmentDay{Date: d.Date, Holiday: orNull(d.Holiday), Slots: make([]api.AppointmentSlot, len(d.Slots))}
		for j, s := range d.Slots {
			out[i].Slots[j] = api.AppointmentSlot{Start: s.Start, Free: s.Free}
		}
	}
	return out, err
}

// Book implements api.Appointments.
func (b bookingsOf) Book(ctx context.Context, r api.AppointmentRequest) (api.Appointment, error) {
	out, err := b.book.Book(ctx, appointment.Request{
		Meta: r.Meta, Service: r.Service, Procedure: r.Procedure, Start: r.Start, Channel: r.Channel, Language: r.Language, Needs: r.Needs, Contact: r.Contact, List: r.List,
	})
	return onWire(out), err
}

// named refuses ids to citizens: they are easily guessed.
func named(ref string, staff bool) error {
	if _, ok := appointment.ParseCode(ref); ok || staff {
		return nil
	}
	return queue.Errorf(appointment.CodeUnknownBooking, "that is no appointment's code")
}

// Get implements api.Appointments.
func (b bookingsOf) Get(ctx context.Context, ref string, staff bool) (api.Appointment, error) {
	if err := named(ref, staff); err != nil {
		return api.Appointment{}, err
	}
	out, err := b.book.Find(ctx, ref)
	return onWire(out), err
}

// Act implements api.Appointments.
func (b bookingsOf) Act(ctx context.Context, r api.AppointmentAct) (api.Appointment, error) {
	if err := named(r.Ref, r.Staff); err != nil {
		return api.Appointment{}, err
	}
	out, err := b.book.Act(ctx, appointment.ActRequest{
		Ref: r.Ref, Action: appointment.Action(r.Action), Actor: r.Actor, Staff: r.Staff, Reason: r.Reason, Start: r.Start, Version: r.Version,
	})
	return onWire(out), err
}

// CheckIn implements api.Appointments.
func (b bookingsOf) CheckIn(ctx context.Context, ref string, staff bool, by queue.Channel) (queue.Ticket, error) {
	if err := named(ref, staff); err != nil {
		return queue.Ticket{}, err
	}
	return b.book.CheckIn(ctx, ref, by)
}

// List implements api.Appointments.
func (b bookingsOf) List(ctx context.Context, from, to time.Time) ([]api.Appointment, error) {
	all, err := b.book.List(ctx, from, to)
	out := make([]api.Appointment, len(all))
	for i, one := range all {
		out[i] = onWire(one)
	}
	return out, err
}

func onWire(b appointment.Booking) api.Appointment {
	out := api.Appointment{
		ID: b.ID, Code: b.Code, Service: b.Service, Procedure: orNull(b.Procedure), Start: b.Start, End: b.End(), State: string(b.State), Reason: orNull(b.Reason),
		Channel: b.Channel, Language: b.Language, Needs: append([]string{}, b.Needs...), MadeAt: b.MadeAt, Version: b.Version, Ticket: orNull(b.Ticket), Contact: orNull(b.Contact),
	}
	if !b.AnswerBy.IsZero() {
		out.AnswerBy = &b.AnswerBy
	}
	return out
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
