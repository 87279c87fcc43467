package desk

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Handler serves what is under Public.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Public, func(w http.ResponseWriter, r *http.Request) { d.choose(w, r, nil, choice{}) })
	mux.HandleFunc("POST "+Public, d.book)
	mux.HandleFunc("POST "+Public+"/find", d.find)
	mux.HandleFunc("GET "+Public+"/{code}", func(w http.ResponseWriter, r *http.Request) { d.own(w, r, nil) })
	mux.HandleFunc("GET "+Public+"/{code}/lich.ics", d.calendar)
	mux.HandleFunc("POST "+Public+"/{code}/cancel", d.ownAct(d.cancel))
	mux.HandleFunc("POST "+Public+"/{code}/reschedule", d.ownAct(d.reschedule))
	mux.HandleFunc("POST "+Public+"/{code}/check-in", d.checkIn)
	mux.HandleFunc("GET "+Public+"/{code}/{what}", func(w http.ResponseWriter, r *http.Request) { // Loaded again after a form.
		http.Redirect(w, r, Public+"/"+url.PathEscape(r.PathValue("code")), http.StatusSeeOther)
	})
	return page.Secure(http.NewCrossOriginProtection().Handler(mux))
}

// link is a choice on a page.
type link struct {
	Href, Text, Hint string
	Full             bool
}

// slot is a half-hour on a page.
type slot struct {
	Value, Clock string
	Free         int
	Picked       bool
}

// choice is what was chosen so far.
type choice struct{ Service, Day, Start, Phone string }

// chooseView is the way from service to half-hour.
type chooseView struct {
	choice
	Wrong, ServiceName, DayName, Back, Key, Action, Code string
	Services, Days                                       []link
	Slots                                                []slot
	AskPhone, Full, List, Off                            bool
}

// choose shows the next step of a booking: service, day, half-hour and contact.
func (d *Desk) choose(w http.ResponseWriter, r *http.Request, failed error, c choice) {
	l, q := page.Language(r), r.URL.Query()
	if c == (choice{}) {
		c = choice{Service: q.Get("service"), Day: q.Get("day")}
	}
	v := chooseView{choice: c, Wrong: wrong(l, failed), Key: rand.Text(), Action: Public}
	title := l.T("Đặt lịch hẹn", "Book an appointment")
	setup, calendar, err := d.office(r.Context())
	if err == nil {
		err = d.fill(r.Context(), &v, l, setup, calendar)
	}
	if err != nil && v.Wrong == "" {
		v.Wrong, failed = wrong(l, err), err
	}
	keep := url.Values{}
	for name, value := range map[string]string{"service": c.Service, "day": c.Day} {
		if value != "" {
			keep.Set(name, value)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	d.public.Render(w, r, statusOf(failed), "choose", page.View{Title: title, Home: "/", Keep: keep, Data: v})
}

// fill finds what there is to choose.
func (d *Desk) fill(ctx context.Context, v *chooseView, l page.Lang, setup queue.Setup, calendar appointment.Calendar) error {
	s, err := d.Book.Settings(ctx)
	if err != nil {
		return err
	}
	v.AskPhone, v.List, v.Off = !s.NoContact, !s.NoList, s.Off || s.StaffOnly
	if v.Off {
		return nil
	}
	if v.Service == "" {
		for _, one := range setup.Services {
			if !one.Closed && !s.Services[one.ID].Off {
				v.Services = append(v.Services, link{Href: Public + "?" + url.Values{"service": {one.ID}}.Encode(), Text: serviceName(setup, one.ID, l)})
			}
		}
		return nil
	}
	v.ServiceName, v.Back = serviceName(setup, v.Service, l), Public
	if v.Day == "" {
		v.Days, err = d.days(ctx, v.Service, Public+"?"+url.Values{"service": {v.Service}}.Encode(), l, calendar)
		return err
	}
	v.Back = Public + "?" + url.Values{"service": {v.Service}}.Encode()
	v.Slots, v.DayName, err = d.slots(ctx, v.choice, l, calendar, false)
	v.Full = len(v.Slots) > 0
	for _, s := range v.Slots {
		v.Full = v.Full && s.Free == 0
	}
	return err
}

// days lists the days of a service, each with what is free.
func (d *Desk) days(ctx context.Context, service, href string, l page.Lang, calendar appointment.Calendar) (out []link, err error) {
	days, err := d.Book.Slots(ctx, service, "", 60, false)
	for _, day := range days {
		free := 0
		for _, s := range day.Slots {
			free += s.Free
		}
		if len(day.Slots) == 0 {
			continue
		}
		noon, _ := calendar.Date(day.Date)
		one := link{Href: href + "&day=" + day.Date, Text: dayName(l, noon), Hint: l.T("còn chỗ", "places left"), Full: free == 0}
		if one.Full {
			one.Hint = l.T("đã kín", "full")
		}
		out = append(out, one)
	}
	return out, err
}

// slots lists the half-hours of a day.
func (d *Desk) slots(ctx context.Context, c choice, l page.Lang, calendar appointment.Calendar, staff bool) (out []slot, name string, err error) {
	noon, ok := calendar.Date(c.Day)
	if !ok {
		return nil, "", queue.Errorf(queue.CodeBadRequest, "no date")
	}
	days, err := d.Book.Slots(ctx, c.Service, c.Day, 1, staff)
	if err != nil || len(days) == 0 || days[0].Date != c.Day {
		return nil, dayName(l, noon), err
	}
	for _, s := range days[0].Slots {
		value := s.Start.Format(time.RFC3339)
		out = append(out, slot{value, s.Start.In(calendar.Zone()).Format("15:04"), s.Free, value == c.Start})
	}
	return out, dayName(l, noon), nil
}

// book takes the form.
func (d *Desk) book(w http.ResponseWriter, r *http.Request) {
	if err := page.ReadForm(w, r, formMost); err != nil {
		d.choose(w, r, queue.Errorf(queue.CodeBadRequest, "%v", err), choice{})
		return
	}
	f := r.PostForm
	c := choice{f.Get("service"), f.Get("day"), f.Get("start"), f.Get("phone")}
	if !d.books.Allow(d.Address(r)) {
		d.choose(w, r, queue.Errorf(queue.CodeRateLimited, "too many bookings"), c)
		return
	}
	start, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		d.choose(w, r, queue.Errorf(queue.CodeBadRequest, "no time"), c)
		return
	}
	req := appointment.Request{
		Meta:    queue.Meta{Key: f.Get("key"), Caller: "web"},
		Service: c.Service, Start: start, Channel: queue.Web, Language: string(page.Language(r)), List: f.Get("list") != "",
	}
	if phone := strings.TrimSpace(c.Phone); phone != "" {
		req.Contact = "tel:" + phone
	}
	b, err := d.Book.Book(r.Context(), req)
	if err != nil {
		d.choose(w, r, err, c)
		return
	}
	http.Redirect(w, r, Public+"/"+b.Code, http.StatusSeeOther)
}

// find leads from a typed code to its page.
func (d *Desk) find(w http.ResponseWriter, r *http.Request) {
	_ = page.ReadForm(w, r, formMost) // What cannot be read is no code.
	code, ok := appointment.ParseCode(r.PostForm.Get("code"))
	if !ok { // What may be a code is counted where it is looked up.
		if _, told := d.Guesses.Try(d.Address(r)); !told {
			page.TooOften(w)
			return
		}
		d.choose(w, r, queue.Errorf(appointment.CodeUnknownBooking, "no code"), choice{})
		return
	}
	http.Redirect(w, r, Public+"/"+code, http.StatusSeeOther)
}

// ownView is a booking for its holder.
type ownView struct {
	Wrong, State, Level, When, Service, Code, Path, Reason, Answer, Ticket string
	Open, MayMove, MayArrive, Arrived, Hall                                bool
	Days                                                                   []link
	Slots                                                                  []slot
	DayName                                                                string
}

// named finds the booking of an address; if it cannot, the request is answered.
func (d *Desk) named(w http.ResponseWriter, r *http.Request) (appointment.Booking, bool) {
	if !d.finds.Allow(d.Address(r)) { // It may well be right, and is no guess.
		page.TooOften(w)
		return appointment.Booking{}, false
	}
	found, ok := d.Guesses.Try(d.Address(r))
	if !ok {
		page.TooOften(w)
		return appointment.Booking{}, false
	}
	var b appointment.Booking
	err := error(queue.Errorf(appointment.CodeUnknownBooking, "no code"))
	if code, ok := appointment.ParseCode(r.PathValue("code")); ok {
		b, err = d.Book.Find(r.Context(), code)
	}
	if err != nil {
		d.choose(w, r, err, choice{})
		return b, false
	}
	found()
	return b, true
}

// own shows a booking to its holder.
func (d *Desk) own(w http.ResponseWriter, r *http.Request, failed error) {
	b, ok := d.named(w, r)
	if !ok {
		return
	}
	l := page.Language(r)
	setup, calendar, err := d.office(r.Context())
	v := ownView{
		Wrong: wrong(l, failed), Code: appointment.FormatCode(b.Code), Path: Public + "/" + b.Code, Service: serviceName(setup, b.Service, l),
		When: l.When(b.Start.In(calendar.Zone())), Reason: b.Reason, Open: b.State.Open(), Arrived: b.State == appointment.CheckedIn,
		Hall: d.HallCode != nil,
	}
	v.State, v.Level = stateWords(l, b.State)
	v.MayMove = b.State == appointment.Requested || b.State == appointment.Confirmed
	v.MayArrive = b.State == appointment.Confirmed && calendar.Day(time.Now()) == calendar.Day(b.Start)
	if b.State == appointment.Requested {
		v.Answer = l.When(b.AnswerBy.In(calendar.Zone()))
	}
	keep := url.Values{}
	if q := r.URL.Query(); v.MayMove && q.Get("change") != "" && err == nil {
		keep.Set("change", "1")
		if day := q.Get("day"); day != "" {
			keep.Set("day", day)
			v.Slots, v.DayName, err = d.slots(r.Context(), choice{Service: b.Service, Day: day}, l, calendar, false)
		} else {
			v.Days, err = d.days(r.Context(), b.Service, v.Path+"?change=1", l, calendar)
		}
	}
	if err != nil && v.Wrong == "" {
		v.Wrong, failed = wrong(l, err), err
	}
	w.Header().Set("Cache-Control", "no-store")
	d.public.Render(w, r, statusOf(failed), "own", page.View{Title: l.T("Lịch hẹn của tôi", "My appointment"), Home: "/", Keep: keep, Data: v})
}

// ownAct does something with a booking of an address and shows it again.
func (d *Desk) ownAct(do func(r *http.Request, b appointment.Booking) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, ok := d.named(w, r)
		if !ok {
			return
		}
		err := page.ReadForm(w, r, formMost)
		if err == nil {
			err = do(r, b)
		}
		if err != nil {
			d.own(w, r, err)
			return
		}
		http.Redirect(w, r, Public+"/"+b.Code, http.StatusSeeOther)
	}
}

func (d *Desk) cancel(r *http.Request, b appointment.Booking) error {
	_, err := d.Book.Act(r.Context(), appointment.ActRequest{Ref: b.Code, Action: appointment.Cancel, Actor: "web"})
	return err
}

func (d *Desk) reschedule(r *http.Request, b appointment.Booking) error {
	start, err := time.Parse(time.RFC3339, r.PostForm.Get("start"))
	if err != nil {
		return queue.Errorf(queue.CodeBadRequest, "no time")
	}
	_, err = d.Book.Act(r.Context(), appointment.ActRequest{Ref: b.Code, Action: appointment.Reschedule, Actor: "web", Start: start})
	return err
}

// inHall refuses who does not know the code that the hall shows, if it shows one.
func (d *Desk) inHall(w http.ResponseWriter, r *http.Request, b appointment.Booking) error {
	if d.HallCode == nil || b.State != appointment.Confirmed { // Who has a number already is only shown it.
		return nil
	}
	if err := page.ReadForm(w, r, formMost); err != nil {
		return queue.Errorf(queue.CodeForbidden, "%v", err)
	}
	if !d.halls.Allow(b.ID) {
		return queue.Errorf(queue.CodeRateLimited, "too many codes of the hall")
	}
	if !d.HallCode(page.Digits(r.PostForm.Get("hall")), time.Now()) {
		return queue.Errorf(queue.CodeForbidden, "not the code of the hall")
	}
	return nil
}

// checkIn gives the holder the number, and leads to its page.
func (d *Desk) checkIn(w http.ResponseWriter, r *http.Request) {
	b, ok := d.named(w, r)
	if !ok {
		return
	}
	if err := d.inHall(w, r, b); err != nil {
		d.own(w, r, err)
		return
	}
	t, err := d.Book.CheckIn(r.Context(), b.Code, queue.Web)
	if err != nil {
		d.own(w, r, err)
		return
	}
	to := Public + "/" + b.Code
	if u, err := url.Parse(t.URL); err == nil && strings.HasPrefix(u.Path, "/t/") {
		to = u.Path // On this server, under whatever name the browser knows it.
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// calendar is the booking as a calendar file.
func (d *Desk) calendar(w http.ResponseWriter, r *http.Request) {
	b, ok := d.named(w, r)
	if !ok {
		return
	}
	setup, err := d.Setup(r.Context())
	if err != nil {
		d.own(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="lich-hen.ics"`)
	h.Set("Cache-Control", "no-store")
	url := ""
	if d.Base != "" {
		url = d.Base + Public + "/" + b.Code
	}
	_, _ = w.Write(appointment.ICal(b, setup, d.host(), url, page.Language(r))) // The caller may be gone.
}
