package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// fakeBook has one booking and notes what is asked of it.
type fakeBook struct {
	service string // Empty = A.
	acts    []AppointmentAct
	made    []AppointmentRequest
}

const fakeCode = "556515224"

func (f *fakeBook) one() Appointment {
	contact := "tel:+84912345678"
	return Appointment{ID: "1", Code: fakeCode, Service: cmp.Or(f.service, "A"), State: "requested", Contact: &contact, Needs: []string{}}
}

func (f *fakeBook) Slots(context.Context, string, string, int, bool) ([]AppointmentDay, error) {
	return []AppointmentDay{{Date: "2027-02-06", Slots: []AppointmentSlot{}}}, nil
}

func (f *fakeBook) Book(_ context.Context, r AppointmentRequest) (Appointment, error) {
	f.made = append(f.made, r)
	return f.one(), nil
}

func (f *fakeBook) Get(_ context.Context, ref string, staff bool) (Appointment, error) {
	if ref != fakeCode && !(staff && ref == "1") {
		return Appointment{}, queue.Errorf(CodeUnknownBooking, "none")
	}
	return f.one(), nil
}

func (f *fakeBook) Act(_ context.Context, r AppointmentAct) (Appointment, error) {
	f.acts = append(f.acts, r)
	return f.one(), nil
}

func (f *fakeBook) CheckIn(_ context.Context, ref string, _ bool, _ queue.Channel) (queue.Ticket, error) {
	return queue.Ticket{}, queue.Errorf(CodeNotToday, "tomorrow")
}

func (f *fakeBook) List(context.Context, time.Time, time.Time) ([]Appointment, error) {
	return []Appointment{f.one()}, nil
}

func withBook(f *fakeBook) func(*Config) {
	return func(c *Config) { c.Appointments = map[string]Appointments{"trung-tam": f} }
}

// TestAppointmentRights walks callers × what can be done with appointments.
func TestAppointmentRights(t *testing.T) {
	b := newBench(t, withBook(&fakeBook{}))
	const (
		all   = "public kiosk channel staff admin"
		staff = "staff admin"
	)
	for _, r := range []struct{ method, path, body, who string }{
		{"GET", "/appointments/slots?service=A", "", all + " board"},
		{"POST", "/appointments", `{"service":"A","start":"2027-02-06T01:00:00Z"}`, all},
		{"POST", "/appointments", `{"service":"A","start":"2027-02-06T01:00:00Z","channel":"phone"}`, "kiosk channel staff admin"},
		{"POST", "/appointments", `{"service":"A","start":"2027-02-06T01:00:00Z","channel":"staff"}`, staff},
		{"GET", "/appointments", "", staff},
		{"GET", "/appointments/" + fakeCode, "", all},
		{"POST", "/appointments/" + fakeCode + "/cancel", "", all},
		{"POST", "/appointments/" + fakeCode + "/reschedule", `{"start":"2027-02-06T01:00:00Z"}`, all},
		{"POST", "/appointments/" + fakeCode + "/check-in", "", all},
		{"POST", "/appointments/" + fakeCode + "/check-in", `{"channel":"kiosk"}`, "kiosk channel staff admin"},
		{"POST", "/appointments/" + fakeCode + "/confirm", "", staff},
		{"POST", "/appointments/" + fakeCode + "/decline", `{"reason":"x"}`, staff},
	} {
		for _, who := range []string{"public", "kiosk", "channel", "board", "staff", "admin"} {
			c := call{method: r.method, path: at + r.path, body: r.body, token: who}
			if who == "public" {
				c.token = ""
			}
			status := b.do(c).status
			refused := status == http.StatusUnauthorized || status == http.StatusForbidden
			if refused == slices.Contains(strings.Fields(r.who), who) {
				t.Errorf("%s %s %s by %s: %d", r.method, r.path, r.body, who, status)
			}
		}
	}
}

// The contact is for staff, and what citizens write as a reason is not kept.
func TestAppointmentsKeepContacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		f := &fakeBook{}
		b := newBench(t, withBook(f))
		for who, contact := range map[string]any{"": nil, "kiosk": nil, "staff": "tel:+84912345678"} {
			if got := b.do(call{method: "GET", path: at + "/appointments/" + fakeCode, token: who}).want(t, 200); got["contact"] != contact {
				t.Errorf("by %q: contact %v", who, got["contact"])
			}
		}
		b.do(call{method: "POST", path: at + "/appointments/" + fakeCode + "/cancel", body: `{"reason":"secret"}`}).want(t, 200)
		b.do(call{method: "POST", path: at + "/appointments/" + fakeCode + "/cancel", body: `{"reason":"known"}`, token: "staff"}).want(t, 200)
		if f.acts[0].Reason != "" || f.acts[0].Staff || f.acts[1].Reason != "known" || !f.acts[1].Staff {
			t.Errorf("%+v", f.acts)
		}
		b.do(call{method: "GET", path: at + "/appointments/1"}).wantProblem(t, CodeUnknownBooking)
		b.do(call{method: "POST", path: at + "/appointments/" + fakeCode + "/check-in"}).wantProblem(t, CodeNotToday)
		b.do(call{method: "POST", path: at + "/appointments", body: `{"service":"A","start":"2027-02-06T01:00:00Z","contact":"telegram:1"}`}).wantProblem(t, queue.CodeBadRequest)
		limited := false
		for range bookBurst + 2 {
			limited = limited || b.do(call{method: "POST", path: at + "/appointments", body: `{"service":"A","start":"2027-02-06T01:00:00Z"}`}).status == http.StatusTooManyRequests
		}
		for range lookupBurst + 5 {
			if b.do(call{method: "GET", path: at + "/appointments/" + fakeCode}).status == http.StatusTooManyRequests && limited {
				return
			}
		}
		t.Errorf("who has no token is not slowed down: bookings %v", limited)
	})
}

// Who has a ticket's link is slowed down like everybody who tries codes of
// appointments, and speaks for no device.
func TestLinksTryNoAppointments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		b := newBench(t, withBook(&fakeBook{}))
		taken := b.post("/tickets", "kiosk", `{"service":"A","channel":"kiosk"}`).want(t, 201)
		link := b.links.Token("trung-tam", taken["id"].(string))
		b.get("/appointments/"+fakeCode, link).want(t, 200)
		b.post("/appointments/"+fakeCode+"/check-in", link, `{"channel":"kiosk"}`).wantProblem(t, queue.CodeForbidden)
		b.post("/appointments", link, `{"service":"A","start":"2027-02-06T01:00:00Z","channel":"kiosk"}`).wantProblem(t, queue.CodeForbidden)
		told := 0
		for range 200 {
			if b.get("/appointments/123456789", link).status != http.StatusTooManyRequests {
				told++
			}
		}
		if told > lookupBurst {
			t.Errorf("%d wrong codes were looked at", told)
		}
	})
}

// Staff of one agency leave the bookings of another's services alone.
func TestAppointmentsOfAgencies(t *testing.T) {
	f := &fakeBook{}
	b := newBenchOf(t, sharedHall(), withBook(f))
	for _, a := range []string{"confirm", "decline", "cancel", "reschedule", "check-in"} {
		body := `{"reason":"x","start":"2027-02-06T01:00:00Z"}`
		if a == "check-in" {
			body = "{}"
		}
		f.service = "C"
		b.post("/appointments/"+fakeCode+"/"+a, "xd-admin", body).wantProblem(t, queue.CodeForbidden)
		f.service = "B"
		if got := b.post("/appointments/"+fakeCode+"/"+a, "xd-admin", body); got.status == http.StatusForbidden {
			t.Errorf("%s of the own service: %s", a, got.body)
		}
	}
}
