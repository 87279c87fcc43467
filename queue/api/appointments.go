package api

import (
	"context"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Codes of failures that only bookings know; package queue/appointment gives
// them.
const (
	CodeSlotFull       queue.Code = "slot_full"           // No place in this half-hour.
	CodeSlotInvalid    queue.Code = "slot_invalid"        // Not a half-hour that may be booked.
	CodeUnknownBooking queue.Code = "unknown_appointment" // No such booking.
	CodeNotToday       queue.Code = "not_today"           // Its holder came on another day.
	CodeNotBookable    queue.Code = "not_bookable"        // The office takes no bookings, or not of this service.
	CodeBookingLimit   queue.Code = "booking_limit"       // The person has as many open bookings as the office gives.
)

// bookingKinds is what HTTP and people need to know of these codes.
func bookingKinds() map[queue.Code]kind {
	return map[queue.Code]kind{
		CodeSlotFull: {http.StatusConflict,
			"No place is left at this time", "Giờ này đã hết chỗ",
			"Choose another half-hour, or book with \"list\": true to stand on that day's waiting list.",
			"Xin chọn giờ khác, hoặc đặt với \"list\": true để vào danh sách chờ của ngày đó."},
		CodeSlotInvalid: {http.StatusConflict,
			"This time cannot be booked", "Không đặt được giờ này",
			"Choose one from the office's /appointments/slots.",
			"Xin chọn một giờ trong danh sách /appointments/slots của trung tâm."},
		CodeUnknownBooking: {http.StatusNotFound,
			"No such appointment", "Không tìm thấy lịch hẹn",
			"Check the 9 digits of the appointment's code.",
			"Xin kiểm tra lại 9 chữ số của mã hẹn."},
		CodeNotToday: {http.StatusConflict,
			"The appointment is for another day", "Lịch hẹn không phải hôm nay",
			"Come on the day of the appointment, change its time, or take a number now.",
			"Xin đến đúng ngày hẹn, đổi giờ hẹn, hoặc lấy số ngay bây giờ."},
		CodeNotBookable: {http.StatusConflict,
			"This cannot be booked", "Không nhận đặt hẹn cho dịch vụ này",
			"Choose another service, or come and take a number.",
			"Xin chọn dịch vụ khác, hoặc đến lấy số."},
		CodeBookingLimit: {http.StatusConflict,
			"This person has as many open appointments as the office gives", "Đã đủ số lịch hẹn được phép",
			"Keep or cancel one of them first, or ask the office.",
			"Xin dùng hoặc hủy một lịch đã đặt trước, hoặc hỏi trung tâm."},
	}
}

// Appointments are the bookings of one office.
type Appointments interface {
	// Slots lists what may be booked from a date on ("" = today); staff may
	// book more than citizens.
	Slots(ctx context.Context, service, from string, days int, staff bool) ([]AppointmentDay, error)
	Book(ctx context.Context, r AppointmentRequest) (Appointment, error)
	// Get finds one by its code; staff also by its id.
	Get(ctx context.Context, ref string, staff bool) (Appointment, error)
	Act(ctx context.Context, r AppointmentAct) (Appointment, error)
	// CheckIn gives the ticket to wait with; there is only ever one.
	CheckIn(ctx context.Context, ref string, staff bool, by queue.Channel) (queue.Ticket, error)
	List(ctx context.Context, from, to time.Time) ([]Appointment, error)
}

// AppointmentSlot is a half-hour that may be booked.
type AppointmentSlot struct {
	Start time.Time `json:"start"`
	Free  int       `json:"free" doc:"Places left; 0 = full"`
}

// AppointmentDay is a date with its half-hours.
type AppointmentDay struct {
	Date    string            `json:"date" example:"2027-02-06"`
	Holiday *string           `json:"holiday" doc:"Name of a date that has hours of its own"`
	Slots   []AppointmentSlot `json:"slots" nullable:"false"`
}

// Appointment is one booking as the wire carries it.
type Appointment struct {
	ID        string        `json:"id"`
	Code      string        `json:"code" doc:"9 digits with check digit; never also a ticket's lookup code"`
	Service   string        `json:"service"`
	Procedure *string       `json:"procedure"`
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	State     string        `json:"state" enum:"listed,requested,confirmed,declined,lapsed,checked_in,missed,cancelled"`
	Reason    *string       `json:"reason" doc:"Why it was declined or cancelled, in the words of staff"`
	Channel   queue.Channel `json:"channel"`
	Language  string        `json:"language"`
	Needs     []string      `json:"needs" nullable:"false"`
	MadeAt    time.Time     `json:"made_at"`
	AnswerBy  *time.Time    `json:"answer_by" doc:"Until when staff answer; null if there is nothing to answer"`
	Version   int           `json:"version"`
	Ticket    *string       `json:"ticket" doc:"Id of the ticket, once its holder has come"`
	Contact   *string       `json:"contact" doc:"For staff only; null once it is erased"`
}

// AppointmentRequest asks for a booking.
type AppointmentRequest struct {
	queue.Meta
	Service, Procedure, Language, Contact string
	Start                                 time.Time
	Channel                               queue.Channel
	Needs                                 []string
	List                                  bool
}

// AppointmentAct does something to a booking: confirm, decline, cancel,
// reschedule.
type AppointmentAct struct {
	Ref, Action, Actor, Reason string
	Staff                      bool
	Start                      time.Time
	Version                    int
}

// The rights to bookings; see rights.go.
const (
	mayBook     right = "appointment:book" // Ask for one.
	mayOwn      right = "appointment:own"  // See, move, cancel one by its code, and check in.
	mayBookings right = "appointment:all"  // All of them, with contacts; answer requests.
)

// bookingRights lists them.
func bookingRights() []right { return []right{mayBook, mayOwn, mayBookings} }

// How often one address may ask for a booking without a token.
const (
	bookEvery = 30 * time.Second
	bookBurst = 5
)

func (s *Server) appointmentRoutes() {
	const path = "/offices/{office}/appointments"
	register(s, operation{
		id: "appointment-slots", method: http.MethodGet, path: path + "/slots", need: mayRead,
		summary: "The half-hours of a service that may be booked",
	}, s.appointmentSlots)
	register(s, operation{
		id: "book-appointment", method: http.MethodPost, path: path, need: mayBook, status: http.StatusCreated, needsBody: true,
		summary: "Book a half-hour; without a token where the office lets citizens book by themselves",
	}, s.bookAppointment)
	register(s, operation{
		id: "list-appointments", method: http.MethodGet, path: path, need: mayBookings,
		summary: "The appointments whose half-hour begins in a span; today's if none is given",
	}, s.listAppointments)
	register(s, operation{
		id: "get-appointment", method: http.MethodGet, path: path + "/{code}", need: mayOwn,
		summary: "One appointment by its code",
	}, s.getAppointment)
	for _, a := range []struct {
		name, summary string
		need          right
	}{
		{"confirm", "Staff say yes; repeatable", mayBookings},
		{"decline", "Staff say no, with a reason that its holder is told; repeatable", mayBookings},
		{"cancel", "Its holder or the office gives it back; repeatable", mayOwn},
		{"reschedule", "Another half-hour; if there is no place, nothing changes", mayOwn},
	} {
		register(s, operation{
			id: "appointment-" + a.name, method: http.MethodPost, path: path + "/{code}/" + a.name, need: a.need, summary: a.summary,
		}, s.actOnAppointment(a.name, a.need))
	}
	register(s, operation{
		id: "appointment-check-in", method: http.MethodPost, path: path + "/{code}/check-in", need: mayOwn,
		summary: "Its holder has come: answers the ticket to wait with, the same one however often it is said",
	}, s.checkInAppointment)
}

// appointments finds the bookings of an office.
func (s *Server) appointments(office string) (Appointments, error) {
	if _, err := s.office(office); err != nil {
		return nil, err
	}
	if a := s.cfg.Appointments[office]; a != nil {
		return a, nil
	}
	return nil, newProblem(CodeNotFound, "office %s has no appointments", office)
}

// ownAppointment is what an address with a code needs; who has no token is
// slowed down, so that codes are not found by trying.
func (s *Server) ownAppointment(ctx context.Context, p AppointmentPath) (Appointments, bool, error) {
	a, err := s.appointments(p.Office)
	if err != nil {
		return nil, false, err
	}
	id := identityOf(ctx)
	if !id.stranger() {
		return a, s.may(id, mayBookings), nil
	}
	if !s.lookups.Allow(id.ip) { // It may well be right, and is no guess.
		return nil, false, newProblem(queue.CodeRateLimited, "too many look-ups from this address")
	}
	found, ok := s.cfg.Guesses.Try(id.ip)
	if !ok {
		return nil, false, newProblem(queue.CodeRateLimited, "too many look-ups from this address")
	}
	if _, err := a.Get(ctx, p.Code, false); err != nil {
		return nil, false, err
	}
	found()
	return a, false, nil
}

// ownService refuses staff of one agency what is booked for another's service.
func (s *Server) ownService(ctx context.Context, a Appointments, in AppointmentPath, by right, staff bool) error {
	if !staff {
		return nil
	}
	found, err := a.Get(ctx, in.Code, staff)
	if err != nil {
		return err
	}
	_, _, err = s.command(ctx, in.Office, KeyHeaders{}, by, touched{service: found.Service})
	return err
}

type slotsIn struct {
	OfficePath
	Service string `query:"service" required:"true" maxLength:"64"`
	From    string `query:"from" maxLength:"10" doc:"A date like 2027-02-06; today if absent"`
	Days    int    `query:"days" minimum:"0" maximum:"60" doc:"How many days; 7 if absent"`
}

func (s *Server) appointmentSlots(ctx context.Context, in *slotsIn) (*listAnswer[AppointmentDay], error) {
	a, err := s.appointments(in.Office)
	if err != nil {
		return nil, err
	}
	days := in.Days
	if days == 0 {
		days = 7
	}
	list, err := a.Slots(ctx, in.Service, in.From, days, s.may(identityOf(ctx), mayBookings))
	if err != nil {
		return nil, err
	}
	return &listAnswer[AppointmentDay]{list}, nil
}

type bookBody struct {
	Service   string    `json:"service,omitempty" nullable:"true" maxLength:"64" doc:"Needed unless procedure names one"`
	Procedure string    `json:"procedure,omitempty" nullable:"true" maxLength:"128"`
	Start     time.Time `json:"start" doc:"Beginning of a half-hour of /appointments/slots"`
	Channel   string    `json:"channel,omitempty" enum:"kiosk,phone,zalo,telegram,sms,web,staff" doc:"web if absent; all others need a token, staff one of role staff or admin"`
	Language  string    `json:"language,omitempty" nullable:"true" maxLength:"16"`
	Needs     []string  `json:"needs,omitempty" maxItems:"8"`
	Contact   string    `json:"contact,omitempty" nullable:"true" maxLength:"128" doc:"tel:+84…; erased once nothing more is to be told"`
	List      bool      `json:"list,omitempty" nullable:"true" doc:"Where there is no place, stand on the waiting list of that day"`
}

type bookIn struct {
	OfficePath
	KeyHeaders
	Body bookBody
}

func (s *Server) bookAppointment(ctx context.Context, in *bookIn) (*answer[Appointment], error) {
	a, err := s.appointments(in.Office)
	if err != nil {
		return nil, err
	}
	id, b := identityOf(ctx), in.Body
	staff := s.may(id, mayBookings)
	channel := queue.Channel(b.Channel)
	switch {
	case id.stranger() && !s.bookings.Allow(id.ip):
		return nil, newProblem(queue.CodeRateLimited, "too many bookings from this address").withHeader("Retry-After", "30")
	case channel == queue.Staff && !staff, channel != "" && channel != queue.Web && id.stranger():
		return nil, newProblem(queue.CodeForbidden, "channel %s needs a token that may use it", channel)
	case !staff && !s.may(id, mayTake) && b.Contact != "" && !isTel(b.Contact):
		return nil, newProblem(queue.CodeBadRequest, "give the contact as tel:+84…")
	}
	out, err := a.Book(ctx, AppointmentRequest{
		Meta:    queue.Meta{Key: in.Key, Caller: s.caller(id, mayBook)},
		Service: b.Service, Procedure: b.Procedure, Language: b.Language, Contact: b.Contact, Start: b.Start.UTC(), Channel: channel, Needs: b.Needs, List: b.List,
	})
	return shown(out, staff), err
}

func isTel(contact string) bool { return len(contact) > 4 && contact[:4] == "tel:" }

// shown leaves the contact to staff.
func shown(a Appointment, staff bool) *answer[Appointment] {
	if !staff {
		a.Contact = nil
	}
	return &answer[Appointment]{a}
}

// AppointmentPath is the booking that an address names.
type AppointmentPath struct {
	OfficePath
	Code string `path:"code" maxLength:"64" doc:"The appointment's code, 9 digits; for staff also its id"`
}

type getAppointmentIn struct{ AppointmentPath }

func (s *Server) getAppointment(ctx context.Context, in *getAppointmentIn) (*answer[Appointment], error) {
	a, staff, err := s.ownAppointment(ctx, in.AppointmentPath)
	if err != nil {
		return nil, err
	}
	out, err := a.Get(ctx, in.Code, staff)
	return shown(out, staff), err
}

type listAppointmentsIn struct {
	OfficePath
	From time.Time `query:"from" doc:"Beginning of the span; this morning's midnight if absent"`
	To   time.Time `query:"to" doc:"End of the span; a day later if absent"`
}

// listedMost is the longest span that is listed.
const listedMost = 62 * 24 * time.Hour

func (s *Server) listAppointments(ctx context.Context, in *listAppointmentsIn) (*listAnswer[Appointment], error) {
	a, err := s.appointments(in.Office)
	if err != nil {
		return nil, err
	}
	from, to := in.From, in.To
	if from.IsZero() {
		now := time.Now().In(s.zone(ctx, in.Office))
		from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	}
	if to.IsZero() {
		to = from.AddDate(0, 0, 1)
	}
	if to.Sub(from) > listedMost {
		return nil, newProblem(queue.CodeBadRequest, "a span of %v: ask for at most %v", to.Sub(from), listedMost)
	}
	list, err := a.List(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return &listAnswer[Appointment]{list}, nil
}

type appointmentActBody struct {
	Reason  string     `json:"reason,omitempty" nullable:"true" maxLength:"400" doc:"decline, cancel: why; its holder is told"`
	Start   *time.Time `json:"start,omitempty" nullable:"true" doc:"reschedule: the other half-hour"`
	Version int        `json:"version,omitempty" nullable:"true" minimum:"0" doc:"The version that was seen; 409 stale_version if it has moved on"`
}

type appointmentActIn struct {
	AppointmentPath
	Body *appointmentActBody
}

func (s *Server) actOnAppointment(name string, need right) func(context.Context, *appointmentActIn) (*answer[Appointment], error) {
	return func(ctx context.Context, in *appointmentActIn) (*answer[Appointment], error) {
		a, staff, err := s.ownAppointment(ctx, in.AppointmentPath)
		if err != nil {
			return nil, err
		}
		b := in.Body
		if b == nil {
			b = &appointmentActBody{}
		}
		if err := s.ownService(ctx, a, in.AppointmentPath, need, staff); err != nil {
			return nil, err
		}
		r := AppointmentAct{Ref: in.Code, Action: name, Actor: s.caller(identityOf(ctx), need), Staff: staff, Version: b.Version}
		if staff { // What citizens write is not kept.
			r.Reason = b.Reason
		}
		if b.Start != nil {
			r.Start = b.Start.UTC()
		} else if name == "reschedule" {
			return nil, newProblem(queue.CodeBadRequest, "give start, the other half-hour")
		}
		out, err := a.Act(ctx, r)
		return shown(out, staff), err
	}
}

type appointmentCheckInBody struct {
	Channel string `json:"channel,omitempty" enum:"kiosk,phone,zalo,telegram,sms,web,staff" doc:"Where its holder says so; web if absent, all others need a token"`
}

type appointmentCheckInIn struct {
	AppointmentPath
	Body *appointmentCheckInBody
}

func (s *Server) checkInAppointment(ctx context.Context, in *appointmentCheckInIn) (*answer[ticketJSON], error) {
	a, staff, err := s.ownAppointment(ctx, in.AppointmentPath)
	if err != nil {
		return nil, err
	}
	by := queue.Web
	if in.Body != nil && in.Body.Channel != "" {
		by = queue.Channel(in.Body.Channel)
	}
	if by == queue.Staff && !staff || by != queue.Web && identityOf(ctx).stranger() {
		return nil, newProblem(queue.CodeForbidden, "channel %s needs a token that may use it", by)
	}
	if err := s.ownService(ctx, a, in.AppointmentPath, mayOwn, staff); err != nil {
		return nil, err
	}
	t, err := a.CheckIn(ctx, in.Code, staff, by)
	if err != nil {
		return nil, err
	}
	return s.forTaker(t), nil
}
