package officetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

func reading() map[string]func(*desk) {
	return map[string]func(*desk){
		"info, services, procedures, counters": lists,
		"a ticket is found by all its names":   names,
		"unknown things give their codes":      unknown,
		"board":                                boardShows,
		"a person's tickets":                   mine,
		"what callers hear":                    phone,
		"numbers set aside, and whose one is":  aside,
	}
}

func lists(d *desk) {
	setup := queue.CommuneCentre()
	info, err := d.office.Info(d.ctx)
	d.must(err, "info")
	want := queue.Info{ID: setup.Office, Name: setup.Name, NameEN: setup.NameEN, TimeZone: setup.TimeZone, Open: true, Region: setup.Region}
	if diff := cmp.Diff(want, info); diff != "" {
		d.Error(diff)
	}
	d.take("B")
	d.take("B", held) // Not waiting yet.
	services, err := d.office.Services(d.ctx)
	d.must(err, "services")
	var wantServices []queue.ServiceView
	for _, s := range setup.Services {
		v := queue.ServiceView{Service: s, Open: true}
		if s.ID == "B" {
			v.Waiting = 1
		}
		wantServices = append(wantServices, v)
	}
	if diff := cmp.Diff(wantServices, services); diff != "" {
		d.Error(diff)
	}
	procedures, err := d.office.Procedures(d.ctx)
	d.must(err, "procedures")
	if diff := cmp.Diff(setup.Procedures, procedures); diff != "" {
		d.Error(diff)
	}
	counters, err := d.office.Counters(d.ctx)
	d.must(err, "counters")
	var wantCounters []queue.CounterView
	for _, c := range setup.Counters {
		wantCounters = append(wantCounters, queue.CounterView{Counter: c, State: queue.Closed})
	}
	if diff := cmp.Diff(wantCounters, counters); diff != "" {
		d.Error(diff)
	}
}

func names(d *desk) {
	d.take("A")
	want := d.take("A")
	c := want.Code
	for _, ref := range []string{want.ID, "A002", "a2", "a-002", "A 2", "A0002", c, c[:3] + " " + c[3:6] + " " + c[6:]} {
		if got := d.ticket(ref); got.ID != want.ID || got.Number != want.Number || got.Code != want.Code {
			d.Errorf("%q finds %s (%s), want %s (%s)", ref, got.Number, got.ID, want.Number, want.ID)
		}
	}
}

func unknown(d *desk) {
	ticket := d.take("A")
	wrong := ticket.Code[:8] + string('0'+(ticket.Code[8]-'0'+1)%10)
	for _, ref := range []string{"A999", "Z001", "123456789012", "nonsense", "0", "007", wrong} {
		_, err := d.office.Ticket(d.ctx, ref)
		d.wantCode(err, queue.CodeUnknownTicket, "ticket "+ref)
		d.refused(ref, queue.Cancel, queue.CodeUnknownTicket)
	}
	_, err := d.tryTake("Z")
	d.wantCode(err, queue.CodeUnknownService, "take Z")
	_, err = d.tryTake("", func(r *queue.TakeRequest) { r.Procedure = "bay-len-troi" })
	d.wantCode(err, queue.CodeUnknownService, "take an unknown procedure")
	_, err = d.tryTake("A", func(r *queue.TakeRequest) { r.Procedure = "dat-dai" })
	d.wantCode(err, queue.CodeBadRequest, "take a procedure of another service")
	_, err = d.tryTake("A", byChannel("fax"))
	d.wantCode(err, queue.CodeBadRequest, "take by fax")
	_, err = d.tryTake("A", ofClass("vip"))
	d.wantCode(err, queue.CodeBadRequest, "take as a VIP")
	d.wantNext("9", queue.CodeUnknownCounter)
	_, err = d.office.SetCounter(d.ctx, queue.SetCounterRequest{Counter: "9", State: queue.Opened})
	d.wantCode(err, queue.CodeUnknownCounter, "open counter 9")
	_, err = d.office.Call(d.ctx, queue.CallRequest{Counter: "9", Ticket: ticket.ID, Reason: "x"})
	d.wantCode(err, queue.CodeUnknownCounter, "call to counter 9")
	d.set("1", queue.Opened, "")
	_, err = d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: "A999", Reason: "x"})
	d.wantCode(err, queue.CodeUnknownTicket, "call A999")
	if waiting := d.board().Waiting["A"]; waiting != 1 {
		d.Errorf("%d wait after all the refusals, want 1", waiting)
	}
}

func boardShows(d *desk) {
	if b := d.board(); len(b.Serving) != 0 || len(b.Recent) != 0 || len(b.Waiting) != 4 || b.At.IsZero() {
		d.Errorf("board of an empty hall: %+v", b)
	}
	for range 3 {
		d.take("A")
	}
	d.set("2", queue.Opened, "")
	d.set("1", queue.Opened, "")
	one, two := d.next("1"), d.next("2")
	d.act(two.ID, queue.Start)
	b := d.board()
	// In the order of the counters, not of the calls.
	want := []queue.Seat{
		{Counter: "1", Number: number("A", 1), State: queue.Called, CalledAt: one.CalledAt},
		{Counter: "2", Number: number("A", 2), State: queue.Serving, CalledAt: two.CalledAt},
	}
	if diff := cmp.Diff(want, b.Serving); diff != "" {
		d.Error(diff)
	}
	if diff := cmp.Diff([]queue.Seat{want[1], want[0]}, b.Recent); diff != "" {
		d.Errorf("recent, newest first: %s", diff)
	}
	if diff := cmp.Diff(map[string]int{"A": 1, "B": 0, "C": 0, "D": 0}, b.Waiting); diff != "" {
		d.Error(diff)
	}
	before := b.Seq
	d.act(one.ID, queue.Recall)
	d.act(two.ID, queue.Finish)
	b = d.board()
	if len(b.Serving) != 1 || b.Serving[0].Number != one.Number || b.Seq != before+2 {
		d.Errorf("after finish: %+v", b)
	}
	if len(b.Recent) != 2 || b.Recent[0].Number != one.Number || b.Recent[1].State != queue.Completed {
		d.Errorf("a recall counts as the latest call, and what is over stays: %+v", b.Recent)
	}
}

func taking() map[string]func(*desk) {
	return map[string]func(*desk){
		"numbers are consecutive in each service": consecutive,
		"what the taker gets":                     fields,
		"a procedure names its service":           procedure,
		"hold and confirm":                        holdConfirm,
		"cancel":                                  cancel,
		"standing":                                standing,
		"priority":                                priority,
	}
}

func consecutive(d *desk) {
	codes, urls, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for n := 1; n <= 12; n++ {
		for _, s := range []string{"A", "C"} {
			t := d.take(s)
			if t.Number != number(s, n) {
				d.Errorf("got %s, want number %d of %s", t.Number, n, s)
			}
			if _, ok := queue.ParseCode(t.Code); !ok {
				d.Errorf("lookup code %q is none", t.Code)
			}
			codes[t.Code], urls[t.URL], ids[t.ID] = true, true, true
		}
	}
	if len(codes) != 24 || len(urls) != 24 || len(ids) != 24 {
		d.Errorf("24 tickets have %d codes, %d URLs, %d ids", len(codes), len(urls), len(ids))
	}
	if t := d.take("a"); t.Number != number("A", 13) {
		d.Errorf("lower case gives %s", t.Number)
	}
}

func fields(d *desk) {
	before := time.Now().Add(-time.Second)
	t := d.take("A", byChannel(queue.Phone), ofClass(queue.Priority), func(r *queue.TakeRequest) {
		r.Procedure, r.Language, r.Needs, r.Person = "khai-sinh", "en", []string{"wheelchair", "interpreter"}, "tel:+84912345678"
	})
	if t.URL == "" || !strings.Contains(t.URL, "/t/") {
		d.Errorf("URL %q", t.URL)
	}
	if t.IssuedAt.Before(before) || t.IssuedAt.After(time.Now().Add(time.Second)) || t.Version < 1 || t.ID == "" {
		d.Errorf("issued at %s, version %d, id %q", t.IssuedAt, t.Version, t.ID)
	}
	want := queue.Ticket{
		ID: t.ID, Office: queue.CommuneCentre().Office, Number: number("A", 1), Code: t.Code, URL: t.URL,
		Service: "A", Procedure: "khai-sinh", State: queue.Waiting, Class: queue.Priority, Channel: queue.Phone,
		Presence: queue.Remote, Language: "en", Needs: []string{"wheelchair", "interpreter"},
		IssuedAt: t.IssuedAt, Version: t.Version, Standing: &queue.Standing{},
		Day: t.Day, EligibleAt: t.EligibleAt, Entitlement: queue.Declared,
	}
	if diff := cmp.Diff(want, t); diff != "" {
		d.Error(diff)
	}
	// Whoever asks later gets the same, and so does a reprint.
	if diff := cmp.Diff(t, d.ticket(t.ID)); diff != "" {
		d.Errorf("read back: %s", diff)
	}
	plain := d.take("B")
	if plain.Class != queue.Normal || plain.Language != "vi" || plain.Presence != queue.Present || len(plain.Needs) != 0 || plain.Procedure != "" {
		d.Errorf("what was left open became %+v", plain)
	}
}

func procedure(d *desk) {
	t := d.take("", func(r *queue.TakeRequest) { r.Procedure = "dat-dai" })
	if t.Service != "B" || t.Number != number("B", 1) || t.Procedure != "dat-dai" {
		d.Errorf("%+v", t)
	}
}

func holdConfirm(d *desk) {
	t := d.take("A", held)
	if t.State != queue.Held || ahead(t) != 0 {
		d.Errorf("held ticket: %s, %d ahead", t.State, ahead(t))
	}
	d.set("1", queue.Opened, "")
	d.wantNext("1", queue.CodeNobodyWaiting)
	if n := d.board().Waiting["A"]; n != 0 {
		d.Errorf("a held number counts as %d waiting", n)
	}
	later := d.take("A")
	confirmed := d.act(t.ID, queue.Confirm)
	if confirmed.State != queue.Waiting || confirmed.Number != t.Number || confirmed.Version <= t.Version || !confirmed.HoldUntil.IsZero() {
		d.Errorf("confirmed: %+v", confirmed)
	}
	again := d.act(t.Code, queue.Confirm)
	if again.State != queue.Waiting || again.Version != confirmed.Version {
		d.Errorf("confirmed again: %s, version %d, want %d", again.State, again.Version, confirmed.Version)
	}
	// Its place is that of the moment it was taken.
	if first := d.next("1"); first.ID != t.ID {
		d.Errorf("%s is called before %s", first.Number, t.Number)
	}
	if called := d.act(t.ID, queue.Confirm); called.State != queue.Called {
		d.Errorf("a late confirm made it %s", called.State)
	}
	if n := later.Number; n != number("A", 2) {
		d.Errorf("the next number is %s", n)
	}
}

func cancel(d *desk) {
	waiting, reserved := d.take("A"), d.take("A", held)
	for _, t := range []queue.Ticket{waiting, reserved} {
		got, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: t.ID, Action: queue.Cancel, Reason: "việc bận"})
		d.must(err, "cancel")
		if got.State != queue.Cancelled || got.Reason != "việc bận" || got.Standing != nil {
			d.Errorf("cancelled: %+v", got)
		}
		d.refused(t.ID, queue.Cancel, queue.CodeWrongState)
		d.refused(t.ID, queue.Confirm, queue.CodeWrongState)
	}
	d.set("1", queue.Opened, "")
	d.wantNext("1", queue.CodeNobodyWaiting)
	if t := d.take("A"); t.Number != number("A", 3) {
		d.Errorf("a cancelled number was given out again: %s", t.Number)
	}
}

func standing(d *desk) {
	var ids []string
	for i := range 4 {
		t := d.take("A")
		if ahead(t) != i {
			d.Errorf("%s has %d ahead, want %d", t.Number, ahead(t), i)
		}
		ids = append(ids, t.ID)
	}
	if t := d.take("B"); ahead(t) != 0 {
		d.Errorf("another service counts: %d ahead", ahead(t))
	}
	d.act(ids[1], queue.Cancel)
	d.set("2", queue.Opened, "")
	called := d.next("2")
	if called.Standing != nil || ahead(d.ticket(ids[0])) != -1 {
		d.Errorf("a called ticket still has a standing: %+v", called.Standing)
	}
	got := []int{ahead(d.ticket(ids[2])), ahead(d.ticket(ids[3]))}
	if !slices.Equal(got, []int{0, 1}) {
		d.Errorf("after one was called and one gave up: %v ahead", got)
	}
}

// priority: at the very moment of issue a faster class has no score yet; it
// gains while it waits.
func priority(d *desk) {
	d.take("A")
	fast := d.take("A", ofClass(queue.Priority))
	deadline := time.NewTicker(10 * time.Millisecond)
	defer deadline.Stop()
	for ahead(d.ticket(fast.ID)) != 0 {
		select {
		case <-deadline.C:
		case <-d.ctx.Done():
			d.Fatal("a priority ticket never gains on a normal one")
		}
	}
	d.set("1", queue.Opened, "")
	if got := d.next("1"); got.ID != fast.ID {
		d.Errorf("%s was called before %s", got.Number, fast.Number)
	}
}

func closedDoors(t *testing.T, open Open) {
	setup := queue.CommuneCentre()
	setup.Services[2].Closed = true
	d := newDesk(t, open(t, setup))
	_, err := d.tryTake("C")
	d.wantCode(err, queue.CodeServiceClosed, "take from a closed service")
	services, err := d.office.Services(d.ctx)
	d.must(err, "services")
	if services[2].Open || !services[0].Open {
		d.Errorf("services: %+v", services)
	}

	// Open on one minute of one day of the week, and that is not now.
	setup = queue.CommuneCentre()
	setup.Hours = []queue.Hours{{Day: time.Now().Add(72 * time.Hour).Weekday(), From: "03:00", To: "03:01"}}
	d = newDesk(t, open(t, setup))
	_, err = d.tryTake("A")
	d.wantCode(err, queue.CodeOfficeClosed, "take from a closed office")
	info, err := d.office.Info(d.ctx)
	d.must(err, "info")
	if info.Open {
		d.Error("a closed office says it is open")
	}
}

// phone: an office that has set nothing has nothing set.
func phone(d *desk) {
	got, err := d.office.Phone(d.ctx)
	d.must(err, "phone")
	if diff := cmp.Diff(queue.PhoneSetup{}, got); diff != "" {
		d.Error(diff)
	}
}

// mine: a person's tickets are found again, whatever the spelling, while they
// go on, and nobody else's.
func mine(d *desk) {
	me := func(r *queue.TakeRequest) { r.Person, r.Channel = "tel:0912 345 678", queue.Phone }
	names := func(tickets []queue.Ticket) (s []string) {
		for _, t := range tickets {
			s = append(s, t.ID+" "+t.Code)
			if t.State == queue.Waiting && t.Standing == nil {
				d.Errorf("%s has no standing", t.Number)
			}
		}
		return s
	}
	want := func(person string, tickets ...queue.Ticket) {
		d.Helper()
		got, err := d.office.Mine(d.ctx, person)
		d.must(err, "mine")
		if diff := cmp.Diff(names(tickets), names(got)); diff != "" {
			d.Errorf("%s has others:\n%s", person, diff)
		}
	}
	want("tel:+84912345678")
	first, second := d.take("A", me), d.take("B", me)
	d.take("A") // Nobody's.
	want("tel:+84912345678", first, second)
	want("tel:+84912345679")
	want("telegram:84912345678")
	d.act(first.ID, queue.Cancel)
	want("TEL:0084912345678", second)
	for _, nobody := range []string{"", "tel:", strings.Repeat("x", 300)} {
		if _, err := d.office.Mine(d.ctx, nobody); queue.ErrorCode(err) != queue.CodeBadRequest {
			d.Errorf("%q: %v", nobody, err)
		}
	}
	d.wantUnrated("tel:+84912345678")
}

// wantUnrated looks what a person may still rate: what was served today, until
// it is rated. Not every office tells that.
func (d *desk) wantUnrated(person string) {
	d.Helper()
	office, ok := d.office.(interface {
		Unrated(ctx context.Context, person string) ([]queue.Ticket, error)
	})
	if !ok {
		return
	}
	count := func(want int) (tickets []queue.Ticket) {
		d.Helper()
		tickets, err := office.Unrated(d.ctx, person)
		d.must(err, "unrated")
		if len(tickets) != want {
			d.Errorf("%d tickets to rate, want %d", len(tickets), want)
		}
		return tickets
	}
	count(0)
	mine, err := d.office.Mine(d.ctx, person)
	d.must(err, "mine")
	d.set("1", queue.Opened, "")
	d.do(queue.ActRequest{Ticket: mine[0].ID, Action: queue.CheckIn})
	_, err = d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: mine[0].ID, Reason: "test"})
	d.must(err, "call")
	count(0)
	d.act(mine[0].ID, queue.Finish)
	if got := count(1); len(got) == 1 && got[0].ID != mine[0].ID {
		d.Errorf("%s is to be rated, want %s", got[0].Number, mine[0].Number)
	}
	d.do(queue.ActRequest{Ticket: mine[0].ID, Action: queue.Rate, Level: 5})
	count(0)
	if _, err := office.Unrated(d.ctx, ""); queue.ErrorCode(err) != queue.CodeBadRequest {
		d.Errorf("nobody's: %v", err)
	}
}

// aside: a number set aside for a kiosk is confirmed with what the citizen was
// told, and known to be the caller's by the end of a telephone number.
func aside(d *desk) {
	t := d.take("A", func(r *queue.TakeRequest) { r.Reserve = true })
	if t.State != queue.Held {
		d.Errorf("set aside: %s", t.State)
	}
	at := t.IssuedAt
	got, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: t.ID, Action: queue.Confirm, Told: &queue.Told{
		At: at, Procedure: "khai-sinh", Class: queue.Priority, Language: "en", Needs: []string{queue.NeedSight},
	}})
	d.must(err, "confirm with what was told")
	if got.State != queue.Waiting || got.Procedure != "khai-sinh" || got.Class != queue.Priority || got.Language != "en" || !got.Needing(queue.NeedSight) || !got.IssuedAt.Equal(at) {
		d.Errorf("given: %+v", got)
	}
	mine := d.take("A", func(r *queue.TakeRequest) { r.Person, r.Channel = "tel:0987654321", queue.Phone })
	found, err := d.office.Belongs(d.ctx, mine.Number.String(), "4321")
	d.must(err, "belongs")
	if found.ID != mine.ID {
		d.Errorf("%s belongs, want %s", found.Number, mine.Number)
	}
	for _, ending := range []string{"4322", "432", "", "abcd"} {
		_, err := d.office.Belongs(d.ctx, mine.ID, ending)
		d.wantCode(err, queue.CodeUnknownTicket, "belongs to "+ending)
	}
	kiosk, err := d.office.Kiosk(d.ctx)
	d.must(err, "kiosk")
	if diff := cmp.Diff(queue.KioskSetup{}, kiosk); diff != "" {
		d.Error(diff)
	}
}
