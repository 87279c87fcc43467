package afar

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xinmoi/xinmoi/ivr/booking"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

var _ booking.Book = (*Appointments)(nil)

// diary answers everything with something, and keeps what it was asked.
type diary struct {
	err   error
	staff bool
	book  appointment.Request
	act   appointment.ActRequest
	in    queue.Channel
}

var half = time.Date(2026, 11, 23, 8, 30, 0, 0, time.FixedZone("", 7*60*60))

func held() appointment.Booking {
	return appointment.Booking{
		ID: "9", Code: "123456784", Service: "A", Procedure: "birth", Start: half, State: appointment.Confirmed, Channel: queue.Phone, Language: "vi",
		Needs: []string{"wheelchair"}, Contact: "tel:+84912345678", MadeAt: half.Add(-48 * time.Hour), AnswerBy: half, ChangedAt: half, Reason: "họp", Version: 3, Sequence: 1, Ticket: "7",
	}
}

func (d *diary) Settings(context.Context) (appointment.Settings, error) {
	return appointment.Settings{StaffOnly: true, DaysAhead: 9, RemindMinutes: []int{60}, Services: map[string]appointment.Service{"A": {Off: true}}}, d.err
}

func (d *diary) Slots(_ context.Context, service, from string, days int, staff bool) ([]appointment.Day, error) {
	d.staff = staff
	return []appointment.Day{{Date: from, Holiday: "Tết", NameEN: service, Slots: []appointment.Slot{{Start: half, Free: days}}}}, d.err
}

func (d *diary) Mine(context.Context, string) ([]appointment.Booking, error) {
	return []appointment.Booking{held()}, d.err
}

func (d *diary) Find(_ context.Context, ref string) (appointment.Booking, error) {
	b := held()
	b.Code = ref
	return b, d.err
}

func (d *diary) Book(_ context.Context, r appointment.Request) (appointment.Booking, error) {
	d.book = r
	return held(), d.err
}

func (d *diary) Act(_ context.Context, r appointment.ActRequest) (appointment.Booking, error) {
	d.act = r
	return held(), d.err
}

func (d *diary) CheckIn(_ context.Context, _ string, by queue.Channel) (queue.Ticket, error) {
	d.in = by
	return queue.Ticket{ID: "7", Number: queue.Number{Prefix: "A", N: 12}, State: queue.Waiting, IssuedAt: half, Slot: half, Standing: &queue.Standing{Ahead: 2}}, d.err
}

// telephone reaches a diary from another machine, without a network.
func telephone(d *diary) *Appointments {
	setup := func(context.Context) (queue.Setup, error) {
		s := queue.CommuneCentre()
		s.Phone.Menu = []queue.PhoneOption{{Key: "1", Kind: "service"}}
		return s, d.err
	}
	return &Appointments{Base: "http://office/", Token: "secret", HTTP: &http.Client{Transport: direct{AppointmentsHandler(d, setup)}}}
}

// same compares what came over the network with what was sent.
func same(t *testing.T, what string, got, want any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	equalTimes := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
	if diff := cmp.Diff(want, got, equalTimes, cmpopts.IgnoreUnexported(appointment.Booking{})); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}

// From another machine the appointments look as they do at the office.
func TestAppointmentsFromAfar(t *testing.T) {
	ctx, d := t.Context(), &diary{}
	far := telephone(d)
	settings, err := far.Settings(ctx)
	want, _ := d.Settings(ctx)
	same(t, "settings", settings, want, err)
	days, err := far.Slots(ctx, "B", "2026-11-23", 5, false)
	wantDays, _ := d.Slots(ctx, "B", "2026-11-23", 5, false)
	same(t, "slots", days, wantDays, err)
	mine, err := far.Mine(ctx, "tel:+84912345678")
	same(t, "mine", mine, []appointment.Booking{held()}, err)
	found, err := far.Find(ctx, "123456784")
	same(t, "found", found, held(), err)
	r := appointment.Request{
		Meta: queue.Meta{Key: "call-1", Caller: "phone"}, Service: "A", Procedure: "birth", Start: half, Channel: queue.Phone, Language: "en", Needs: []string{"sign"}, Contact: "tel:+84912345678", List: true, Told: true,
	}
	made, err := far.Book(ctx, r)
	same(t, "made", made, held(), err)
	same(t, "the wish", d.book, r, nil)
	move := appointment.ActRequest{Meta: queue.Meta{Key: "call-2", Caller: "phone"}, Ref: "9", Action: appointment.Reschedule, Actor: "phone", Start: half, Version: 3, Reason: "x", Told: true}
	moved, err := far.Act(ctx, move)
	same(t, "moved", moved, held(), err)
	same(t, "the move", d.act, move, nil)
	in, err := far.CheckIn(ctx, "123456784", queue.Phone)
	wantIn, _ := d.CheckIn(ctx, "", queue.Phone)
	same(t, "the number", in, wantIn, err)
	setup, err := far.Setup(ctx)
	office := queue.CommuneCentre()
	if err != nil || len(office.Services) == 0 || !reflect.DeepEqual(setup.Services, office.Services) || setup.TimeZone != office.TimeZone || len(setup.Phone.Menu) > 0 || len(setup.Counters) > 0 || len(setup.Procedures) > 0 {
		t.Errorf("setup: %+v, %v", setup, err)
	}
}

// A telephone is not staff, whatever it says.
func TestAppointmentsAsCitizen(t *testing.T) {
	ctx, d := t.Context(), &diary{}
	far := telephone(d)
	_, _ = far.Slots(ctx, "A", "", 1000, true)
	_, _ = far.Book(ctx, appointment.Request{Channel: queue.Staff})
	_, _ = far.Act(ctx, appointment.ActRequest{Action: appointment.Cancel, Staff: true, Actor: "staff:lan"})
	_, _ = far.CheckIn(ctx, "9", queue.Staff)
	if d.staff || d.book.Channel != queue.Phone || d.act.Staff || d.act.Actor != "phone" || d.in != queue.Phone {
		t.Errorf("%+v", d)
	}
	d.act = appointment.ActRequest{}
	if _, err := far.Act(ctx, appointment.ActRequest{Action: appointment.Confirm}); err == nil || d.act.Action != "" {
		t.Errorf("a telephone has confirmed: %v, %+v", err, d.act)
	}
}

// What the office has decided comes back by its code; what passes can be tried again.
func TestAppointmentsRefused(t *testing.T) {
	for _, code := range []queue.Code{appointment.CodeSlotFull, appointment.CodeSlotInvalid, appointment.CodeUnknownBooking, appointment.CodeNotToday, appointment.CodeNotBookable, appointment.CodeBookingLimit, queue.CodeUnknownService, queue.CodeRateLimited, queue.CodeClockWrong, queue.CodePersonLimit} {
		far := telephone(&diary{err: queue.Errorf(code, "no")})
		key := queue.Meta{Key: "call-1"} // Even then it is not asked again.
		_, made := far.Book(t.Context(), appointment.Request{Meta: key})
		_, moved := far.Act(t.Context(), appointment.ActRequest{Meta: key, Action: appointment.Cancel})
		_, in := far.CheckIn(t.Context(), "9", queue.Phone)
		for _, err := range []error{made, moved, in} {
			if queue.ErrorCode(err) != code {
				t.Errorf("%s came back as %v", code, err)
			}
		}
	}
	away := &Appointments{Base: "http://127.0.0.1:1"}
	_, unreached := away.Find(t.Context(), "123456784")
	_, broken := telephone(&diary{err: errors.New("disk full in /var/lib/office")}).Find(t.Context(), "123456784")
	for _, err := range []error{unreached, broken} {
		if queue.ErrorCode(err) != queue.CodeUnavailable || strings.Contains(err.Error(), "/var/") || strings.Contains(err.Error(), "123456784") {
			t.Errorf("%v", err)
		}
	}
}

// forgetful has made a booking, and its first answers are lost.
type forgetful struct {
	diary
	lost int
	keys []string
}

func (f *forgetful) Book(ctx context.Context, r appointment.Request) (appointment.Booking, error) {
	f.keys = append(f.keys, r.Key)
	if len(f.keys) <= f.lost {
		return appointment.Booking{}, errors.New("database is locked")
	}
	return f.diary.Book(ctx, r)
}

// A booking whose outcome is unknown is asked for again, under its key.
func TestBookingOutcomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			key         string
			lost, asked int
			ok          bool
		}{{"call-1", 2, 3, true}, {"", 2, 1, false}, {"call-1", 1000, 5, false}} {
			d := &forgetful{lost: c.lost}
			far := &Appointments{Base: "http://office", HTTP: &http.Client{Transport: direct{AppointmentsHandler(d, nil)}}}
			b, err := far.Book(t.Context(), appointment.Request{Meta: queue.Meta{Key: c.key}})
			if (err == nil) != c.ok || (b.ID != "") != c.ok || len(d.keys) != c.asked || d.keys[len(d.keys)-1] != c.key {
				t.Errorf("%+v: %+v, %v, asked under %q", c, b, err, d.keys)
			}
		}
	})
}

// deaf is a way to the office that loses the first answers to everything but
// questions: what was asked is done.
type deaf struct {
	direct
	lost int
	keys []string // Of what was asked.
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var q question
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, err
	}
	if q.Act != nil {
		d.keys = append(d.keys, q.Act.Key)
	}
	answer, err := d.direct.RoundTrip(r)
	if d.lost--; d.lost >= 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return answer, err
}

// What is done to an appointment whose first answer is lost is asked for again
// under its key, a check-in without one; without a key the caller hears that it is
// not known.
func TestActOutcomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, key := range []string{"call-1", ""} {
			way := &deaf{direct: direct{AppointmentsHandler(&diary{}, nil)}, lost: 1}
			far := &Appointments{Base: "http://office", HTTP: &http.Client{Transport: way}}
			b, err := far.Act(t.Context(), appointment.ActRequest{Meta: queue.Meta{Key: key}, Ref: "9", Action: appointment.Cancel})
			want := []string{key}
			if key != "" {
				want = []string{key, key}
			}
			if !slices.Equal(way.keys, want) || (err == nil) != (key != "") || (b.ID != "") != (key != "") {
				t.Errorf("key %q: %+v, %v, asked under %q", key, b, err, way.keys)
			}
		}
		way := &deaf{direct: direct{AppointmentsHandler(&diary{}, nil)}, lost: 1}
		ticket, err := (&Appointments{Base: "http://office", HTTP: &http.Client{Transport: way}}).CheckIn(t.Context(), "9", queue.Phone)
		if err != nil || ticket.ID != "7" || ticket.Standing == nil || way.lost >= 0 {
			t.Errorf("%+v, %v", ticket, err)
		}
	})
}

// What is no question of a telephone changes nothing.
func TestAppointmentBodies(t *testing.T) {
	d := &diary{}
	h := AppointmentsHandler(d, func(context.Context) (queue.Setup, error) { return queue.Setup{}, nil })
	for name, c := range map[string]struct{ path, kind, body string }{
		"a form":     {askBook, "application/x-www-form-urlencoded", `{"book":{"Service":"A"}}`},
		"no JSON":    {askBook, "application/json", "service=A"},
		"no booking": {askBook, "application/json", `{}`},
		"no action":  {askAct, "application/json", `{}`},
		"too much":   {askFind, "application/json", `{"ref":"` + strings.Repeat("9", 2*maxBody) + `"}`},
	} {
		r := httptest.NewRequest("POST", AppointmentsPath+c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if d.book.Service != "" || d.act.Ref != "" {
		t.Errorf("%+v", d)
	}
}
