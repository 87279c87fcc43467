package afar

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/ivr/booking"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// AppointmentsPath is where the office takes what callers want with their
// appointments: POST, below it the name of the request. Neither a telephone
// number nor a code is ever part of an address.
const AppointmentsPath = "/telephone/appointments"

// What a telephone may ask.
const (
	askSetup    = "/setup"
	askSettings = "/settings"
	askSlots    = "/slots"
	askMine     = "/mine"
	askFind     = "/find"
	askBook     = "/book"
	askAct      = "/act"
	askCheckIn  = "/check-in"
)

// Bounds of an answer: the half-hours of sixty days are the longest.
const (
	maxAnswer   = 256 << 10
	answerTime  = 8 * time.Second // A caller who waits longer has hung up.
	mostAskDays = 60
)

// question is what a telephone asks; each request uses some of it.
type question struct {
	Service string                  `json:"service,omitempty"`
	From    string                  `json:"from,omitempty"`
	Days    int                     `json:"days,omitempty"`
	Contact string                  `json:"contact,omitempty"`
	Ref     string                  `json:"ref,omitempty"`
	Book    *appointment.Request    `json:"book,omitempty"`
	Act     *appointment.ActRequest `json:"act,omitempty"`
}

// entered is a ticket with what stands beside it.
type entered struct {
	Ticket   queue.Ticket
	Standing *queue.Standing
}

// refusal is what the office has decided against.
type refusal struct {
	Code    queue.Code `json:"code"`
	Message string     `json:"message"`
}

// AppointmentsHandler lets telephones on other machines reach the appointments of
// an office, as citizens and not as staff. setup is the office's. Whoever mounts
// it lets only telephones in.
func AppointmentsHandler(d booking.Book, setup func(context.Context) (queue.Setup, error)) http.Handler {
	mux := http.NewServeMux()
	for path, answer := range map[string]func(context.Context, question) (any, error){
		askSetup: func(ctx context.Context, _ question) (any, error) { return bookingSetup(ctx, setup) },
		askSettings: func(ctx context.Context, _ question) (any, error) {
			return d.Settings(ctx)
		},
		askSlots: func(ctx context.Context, q question) (any, error) {
			return d.Slots(ctx, q.Service, q.From, min(q.Days, mostAskDays), false)
		},
		askMine: func(ctx context.Context, q question) (any, error) { return d.Mine(ctx, q.Contact) },
		askFind: func(ctx context.Context, q question) (any, error) { return d.Find(ctx, q.Ref) },
		askBook: func(ctx context.Context, q question) (any, error) { return bookAfar(ctx, d, q.Book) },
		askAct:  func(ctx context.Context, q question) (any, error) { return actAfar(ctx, d, q.Act) },
		askCheckIn: func(ctx context.Context, q question) (any, error) {
			t, err := d.CheckIn(ctx, q.Ref, queue.Phone)
			return entered{t, t.Standing}, err
		},
	} {
		mux.HandleFunc("POST "+AppointmentsPath+path, asked(answer))
	}
	return mux
}

// asked answers one kind of question.
func asked(answer func(context.Context, question) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q question
		body, err := readBody(w, r, maxBody)
		if err == nil {
			err = read(body, &q)
		}
		var out any
		if err == nil {
			out, err = answer(r.Context(), q)
		}
		if err != nil && (decided(err) || queue.ErrorCode(err) == queue.CodeRateLimited) { // One person's limit: seconds change nothing.
			_ = page.JSON(w, http.StatusUnprocessableEntity, refusal{queue.ErrorCode(err), err.Error()})
			return
		}
		if err != nil {
			refuse(w, err)
			return
		}
		_ = page.JSON(w, http.StatusOK, out)
	}
}

// bookingSetup is what a conversation about appointments needs of the setup. The
// procedures, of which an office may have thousands, are not part of it.
func bookingSetup(ctx context.Context, setup func(context.Context) (queue.Setup, error)) (queue.Setup, error) {
	s, err := setup(ctx)
	return queue.Setup{Office: s.Office, Name: s.Name, NameEN: s.NameEN, TimeZone: s.TimeZone, Services: s.Services, Hours: s.Hours, Days: s.Days, Rules: s.Rules}, err
}

// bookAfar books as a caller, whatever the request says.
func bookAfar(ctx context.Context, d booking.Book, r *appointment.Request) (any, error) {
	if r == nil {
		return nil, errBody
	}
	r.Channel = queue.Phone
	return d.Book(ctx, *r)
}

// actAfar acts as a caller, whatever the request says: what callers may do is to
// move and to cancel.
func actAfar(ctx context.Context, d booking.Book, r *appointment.ActRequest) (any, error) {
	if r == nil || r.Action != appointment.Reschedule && r.Action != appointment.Cancel {
		return nil, errBody
	}
	r.Staff, r.Actor = false, string(queue.Phone)
	return d.Act(ctx, *r)
}

// Appointments is the office's appointments as a telephone on another machine
// has them. It implements what package ivr/booking needs.
type Appointments struct {
	Base  string       // "http://192.168.1.10:8080"
	Token string       // Of the role channel.
	HTTP  *http.Client // Nil = http.DefaultClient.
}

// Setup gives what bookings need of the office's setup.
func (a *Appointments) Setup(ctx context.Context) (s queue.Setup, err error) {
	return s, a.ask(ctx, askSetup, question{}, &s)
}

// Settings tells what the office has decided about bookings.
func (a *Appointments) Settings(ctx context.Context) (s appointment.Settings, err error) {
	return s, a.ask(ctx, askSettings, question{}, &s)
}

// Slots lists half-hours as citizens may have them; staff is not believed of a
// telephone.
func (a *Appointments) Slots(ctx context.Context, service, from string, days int, _ bool) (out []appointment.Day, err error) {
	return out, a.ask(ctx, askSlots, question{Service: service, From: from, Days: days}, &out)
}

// Mine lists the open bookings of a contact.
func (a *Appointments) Mine(ctx context.Context, contact string) (out []appointment.Booking, err error) {
	return out, a.ask(ctx, askMine, question{Contact: contact}, &out)
}

// Find gives a booking by its code.
func (a *Appointments) Find(ctx context.Context, ref string) (out appointment.Booking, err error) {
	return out, a.ask(ctx, askFind, question{Ref: ref}, &out)
}

// Book asks for a booking, under a key again while the outcome is unknown: it is
// made once, and nobody who has one hears that there is none.
func (a *Appointments) Book(ctx context.Context, r appointment.Request) (out appointment.Booking, err error) {
	return out, a.insist(ctx, askBook, question{Book: &r}, &out, r.Key != "")
}

// Act changes a booking as its holder, under a key again while the outcome is
// unknown.
func (a *Appointments) Act(ctx context.Context, r appointment.ActRequest) (out appointment.Booking, err error) {
	return out, a.insist(ctx, askAct, question{Act: &r}, &out, r.Key != "")
}

// CheckIn makes a number of a booking whose holder has come; again while the
// outcome is unknown, as a booking leads to one number.
func (a *Appointments) CheckIn(ctx context.Context, ref string, _ queue.Channel) (queue.Ticket, error) {
	var e entered
	err := a.insist(ctx, askCheckIn, question{Ref: ref}, &e, true)
	e.Ticket.Standing = e.Standing
	return e.Ticket, err
}

// insist asks a question again while its outcome is unknown, where that is done
// once however often it is asked.
func (a *Appointments) insist(ctx context.Context, path string, q question, out any, once bool) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for wait := retry; ; wait *= 2 {
		err := a.ask(ctx, path, q, out)
		if !once || queue.ErrorCode(err) != queue.CodeUnavailable {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// ask sends a question. What the office has decided comes back as its error;
// all else is queue.CodeUnavailable.
func (a *Appointments) ask(ctx context.Context, path string, q question, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	status, answer, err := post(ctx, a.HTTP, a.Base, a.Token, AppointmentsPath+path, q, maxAnswer)
	if err != nil {
		return queue.Errorf(queue.CodeUnavailable, "appointments: %w", err)
	}
	var no refusal
	switch {
	case status == http.StatusUnprocessableEntity && json.Unmarshal(answer, &no) == nil && no.Code != "":
		return &queue.Error{Code: no.Code, Message: no.Message}
	case status != http.StatusOK:
		return queue.Errorf(queue.CodeUnavailable, "appointments: the office answered %d", status)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return queue.Errorf(queue.CodeUnavailable, "appointments: the office's answer: %w", err)
	}
	return nil
}
