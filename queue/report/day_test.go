package report

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

// friday plays 2026-11-20, the day whose figures TestDayByHand knows by hand.
// It takes over a ticket called the evening before and leaves one in hand.
func friday(t failer) *hall {
	h := newHall(t, twoAgencies(), "2026-11-19 23:00:00")
	for _, step := range []struct {
		at string
		do func()
	}{
		{"19 23:50:00", func() { h.counter("1", queue.Opened, ""); h.take("A001", "A", queue.Kiosk, "") }},
		{"19 23:58:00", func() { h.next("1", "A001") }},
		{"20 00:10:00", h.tick},
		{"20 00:12:00", func() { h.act("A001", queue.Start) }},
		{"20 00:20:00", func() { h.act("A001", queue.Finish); h.counter("1", queue.Closed, "") }},
		{"20 07:00:00", func() { h.do(queue.TakeRequest{Meta: by("kiosk-1"), Service: "A", Channel: queue.Kiosk, Dossiers: 3}) }},
		{"20 07:05:00", func() { h.do(queue.TakeRequest{Meta: by("phone"), Service: "A", Channel: queue.Phone, Hold: true}) }}, // A002
		{"20 07:07:00", h.tick},
		{"20 07:10:00", func() { h.take("B001", "B", queue.Kiosk, queue.Priority) }},
		{"20 07:12:00", func() { h.take("A003", "A", queue.Kiosk, "") }},
		{"20 07:14:00", func() { h.take("B002", "B", queue.Zalo, "") }},
		{"20 07:20:00", func() { h.take("A004", "A", queue.Staff, queue.Priority) }},
		{"20 07:22:00", func() { h.take("A005", "A", queue.Web, "") }},
		{"20 07:25:00", func() {
			h.do(queue.ActRequest{Meta: by("link:9"), Ticket: "A005", Action: queue.Cancel, Reason: "citizen"})
		}},
		{"20 07:30:00", func() {
			h.counter("1", queue.Opened, "")
			h.counter("2", queue.Opened, "")
			h.next("1", "B001")
		}},
		{"20 07:31:00", func() { h.act("B001", queue.Disentitle) }},
		{"20 07:32:00", func() { h.next("1", "A004") }},
		{"20 07:32:20", func() { h.act("A004", queue.Undo) }},
		{"20 07:33:00", func() { h.next("2", "B001"); h.choose("1", "A003", "mẹ bế con nhỏ") }},
		{"20 07:33:30", func() { h.act("A003", queue.Undo) }},
		{"20 07:34:00", func() { h.act("B001", queue.Start); h.next("1", "A004") }},
		{"20 07:35:00", func() { h.act("A004", queue.Start) }},
		{"20 07:40:00", func() {
			h.do(queue.ActRequest{Meta: by("staff-1"), Ticket: "B001", Action: queue.Transfer, Service: "A"})
		}},
		{"20 07:45:00", func() { h.act("A004", queue.Finish); h.next("2", "B002") }},
		{"20 07:45:30", func() { h.act("A004", queue.Undo) }},
		{"20 07:50:00", func() { h.act("A004", queue.Finish); h.act("B002", queue.Park) }},
		{"20 07:51:00", func() { h.do(queue.ActRequest{Meta: by("link:7"), Ticket: "A004", Action: queue.Rate, Level: 4}) }},
		{"20 07:52:00", func() { h.choose("1", "A003", "hẹn trước") }},
		{"20 07:53:00", func() { h.act("A003", queue.Recall) }},
		{"20 07:55:00", func() { h.act("A003", queue.Absent) }},
		{"20 08:00:00", func() {
			h.act("A003", queue.Restore)
			h.do(queue.ActRequest{Meta: by("staff-1"), Ticket: "B002", Action: queue.Resume, Counter: "2"})
		}},
		{"20 08:01:00", func() { h.act("B002", queue.Start) }},
		{"20 08:02:00", func() { h.next("1", "A001") }},
		{"20 08:10:00", func() {
			h.act("A001", queue.Finish)
			h.do(queue.ActRequest{Meta: by("link:5"), Ticket: "A001", Action: queue.Rate, Level: 5})
			h.counter("1", queue.Paused, "Xử lý hồ sơ nội bộ")
		}},
		{"20 08:11:00", func() { h.act("B002", queue.Finish) }},
		{"20 08:20:00", func() { h.counter("2", queue.Paused, "Họp") }},
		{"20 08:30:00", func() {
			h.counter("2", queue.Closed, "")
			h.counter("1", queue.Opened, "")
			h.next("1", "B001")
		}},
		{"20 08:35:00", func() { h.act("B001", queue.Absent) }},
		{"20 09:00:00", func() {
			h.do(queue.IssuingRequest{Meta: by("staff-1"), Service: "B", Stopped: true, Reason: "hết chỗ"})
			h.do(queue.CardRequest{Meta: by("staff-1"), Kind: "elderly", Until: h.now.AddDate(1, 0, 0)})
		}},
		{"20 09:05:00", func() { h.take("A006", "A", queue.Kiosk, "") }},
		{"20 09:10:00", func() { h.next("1", "A003") }},
		{"20 09:12:00", func() { h.act("A003", queue.Requeue); h.next("1", "A006") }},
		{"20 09:13:00", func() { h.act("A006", queue.Start) }},
		{"21 03:00:00", h.tick},
		{"21 03:15:00", func() { h.act("A006", queue.Finish) }},
	} {
		h.clock("2026-11-" + step.at)
		step.do()
	}
	return h
}

func TestDayByHand(t *testing.T) {
	f := friday(t).figures("2026-11-20")
	if f.Day != "2026-11-20" || !f.Over || f.Until.Sub(f.From) != 96600*time.Second {
		t.Errorf("day %s from %s until %s, over %v", f.Day, f.From, f.Until, f.Over)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"total", f.Total.Counts, Counts{Issued: 8, TakenOver: 1, Served: 4, NoShow: 1, Cancelled: 1, Undelivered: 1, Expired: 1, Open: 1, InHand: 1, Dossiers: 10}},
		{"A", f.group(t, "A").Counts, Counts{Issued: 6, TakenOver: 1, In: 1, Served: 3, NoShow: 1, Cancelled: 1, Undelivered: 1, Expired: 1, Open: 1, InHand: 1, Dossiers: 8}},
		{"B", f.group(t, "B").Counts, Counts{Issued: 2, Out: 1, Served: 1, Dossiers: 2}},
		{"land", f.group(t, "dat-dai").Counts, f.group(t, "B").Counts},
		{"priority", f.group(t, "priority").Counts, Counts{Issued: 2, Out: 1, Served: 1, Dossiers: 2}},
		{"kiosk", f.group(t, "kiosk").Counts, Counts{Issued: 4, TakenOver: 1, Served: 2, NoShow: 1, Expired: 1, Open: 1, InHand: 1, Dossiers: 6}},
		{"sms", f.group(t, "sms").Counts, Counts{}},

		{"wait", f.Total.Wait, Spread{6, 1740, 1200, 3720, 3720}},
		{"since issue", f.Total.SinceIssue, Spread{6, 1740, 1200, 3720, 3720}},
		{"wait in A", f.group(t, "A").Wait, Spread{4, 1845, 840, 3720, 3720}},
		{"wait in B", f.group(t, "B").Wait, Spread{2, 1530, 1200, 1860, 1860}},
		{"wait of priority", f.group(t, "priority").Wait, Spread{2, 1020, 840, 1200, 1200}},
		{"again", f.Total.WaitAgain, Spread{3, 2440, 3000, 4200, 4200}},
		{"again in A", f.group(t, "A").WaitAgain, Spread{2, 3600, 3000, 4200, 4200}},
		{"again in B", f.group(t, "B").WaitAgain, Spread{1, 120, 120, 120, 120}},
		{"way", f.Total.Way, Spread{5, 216, 60, 840, 840}},
		{"service", f.Total.Service, Spread{5, 564, 480, 900, 900}},
		{"lead", f.Total.Lead, Spread{4, 2805, 1800, 4200, 4200}},

		{"total priority", f.Total.Priority, Priority{Declared: 1, Refused: 1, Abuse: 1, ByStaff: 1}},
		{"ratings", f.Total.Ratings, Ratings{N: 2, Mean: 4.5, Levels: [5]int{0, 0, 0, 1, 1}}},
		{"ratings of justice", f.group(t, "tu-phap").Ratings, Ratings{N: 2, Mean: 4.5, Levels: [5]int{0, 0, 0, 1, 1}}},
		{"calls", calls(f.Total.Work), [8]int{11, 2, 2, 1, 1, 1, 1, 3}},
		{"share", f.Total.OutOfOrderShare, Share(0.1818)},
		{"others", [3]int{f.Total.Parks, f.Total.Restores, f.Total.PushBacks}, [3]int{1, 1, 0}},
		{"cards", f.CardsIssued, 1},
		{"endings", f.Endings, []Ending{
			{queue.NoShow, Staff, "", 1}, {queue.Cancelled, Citizen, "citizen", 1}, {queue.Cancelled, System, queue.ReasonUndelivered, 1},
			{queue.Expired, System, queue.ReasonDayEnd, 1},
		}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s:\n%s", c.what, diff)
		}
	}
}

// calls picks the counts of calls and what was done to them.
func calls(w Work) [8]int {
	return [8]int{w.Calls, w.CallsUndone, w.OutOfOrder, w.OutOfOrderUndone, w.Recalls, w.Transfers, w.Requeues, w.Undos}
}

func TestCountersByHand(t *testing.T) {
	f := friday(t).figures("2026-11-20")
	if len(f.Counters) != 2 {
		t.Fatalf("%d counters", len(f.Counters))
	}
	one, two := f.Counters[0], f.Counters[1]
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"calls of 1", calls(one.Work), [8]int{9, 2, 2, 1, 1, 0, 1, 3}},
		{"share of 1", one.OutOfOrderShare, Share(0.2222)},
		{"calls of 2", calls(two.Work), [8]int{2, 0, 0, 0, 0, 1, 0, 0}},
		{"stays at 1", [7]int{one.Stays, one.Finished, one.NoShow, one.Parked, one.Transferred, one.Returned, one.InHand}, [7]int{8, 3, 2, 0, 0, 2, 1}},
		{"stays at 2", [7]int{two.Stays, two.Finished, two.NoShow, two.Parked, two.Transferred, two.Returned, two.InHand}, [7]int{3, 1, 0, 1, 1, 0, 0}},
		{"time of 1", one.Time, Time{
			Open: 69600, Busy: 66800, Idle: 2800, Paused: 1200, BackOffice: 1200, Closed: 25800, Pauses: []Pause{{"Xử lý hồ sơ nội bộ", 1200}},
		}},
		{"time of 2", two.Time, Time{Open: 3000, Busy: 1380, Idle: 1620, Paused: 600, Closed: 93000, Pauses: []Pause{{"Họp", 600}}}},
		{"ratings of 1", one.Ratings.N, 2},
		{"ratings of 2", two.Ratings.N, 0},
		{"service at 1", one.Service, Spread{3, 620, 480, 900, 900}},
		{"service at 2", two.Service, Spread{2, 480, 360, 600, 600}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s:\n%s", c.what, diff)
		}
	}
	var told []string
	for _, c := range f.OutOfOrder {
		told = append(told, c.Number.String()+" "+c.Counter+" "+c.Reason+" "+c.By+map[bool]string{true: " undone"}[c.Undone])
	}
	if want := []string{"A003 1 mẹ bế con nhỏ staff-1 undone", "A003 1 hẹn trước staff-1"}; !reflect.DeepEqual(told, want) {
		t.Errorf("out of order: %q", told)
	}
	if len(f.Issuing) != 1 || f.Issuing[0].Service != "B" || !f.Issuing[0].Stopped {
		t.Errorf("issuing: %+v", f.Issuing)
	}
}

// TestTakenOver: the days around it account for the ticket in hand, too, and
// its way and wait are counted once.
func TestTakenOver(t *testing.T) {
	h := friday(t)
	before, after := h.figures("2026-11-19"), h.figures("2026-11-21")
	if want := (Counts{Issued: 1, Open: 1, InHand: 1, Dossiers: 1}); before.Total.Counts != want || before.Total.Wait.N != 1 || before.Total.Way.N != 0 {
		t.Errorf("before: %+v, %d waits", before.Total.Counts, before.Total.Wait.N)
	}
	if want := (Counts{TakenOver: 1, Served: 1}); after.Total.Counts != want || after.Total.Wait.N != 0 || after.Total.Way.N != 0 || after.Over {
		t.Errorf("after: %+v", after.Total)
	}
	if want := (Spread{1, 64920, 64920, 64920, 64920}); after.Total.Service != want {
		t.Errorf("service across midnight: %+v", after.Total.Service)
	}
	if latest := h.figures(""); latest.Day != "2026-11-21" || !reflect.DeepEqual(latest, after) {
		t.Errorf("the latest day is %s", latest.Day)
	}
}

// TestAppointment: who comes early for a booked time waits from that time on,
// but was there since the number was taken.
func TestAppointment(t *testing.T) {
	h := newHall(t, twoAgencies(), "2026-11-20 08:00:00")
	h.counter("2", queue.Opened, "")
	h.do(queue.TakeRequest{Service: "B", Channel: queue.Kiosk, Slot: h.now.Add(time.Hour)})
	h.clock("2026-11-20 09:30:00")
	h.next("2", "B001")
	h.clock("2026-11-20 09:40:00")
	h.act("B001", queue.Finish)
	total := h.figures("").Total
	for what, pair := range map[string][2]Spread{
		"wait": {total.Wait, {1, 1800, 1800, 1800, 1800}}, "since issue": {total.SinceIssue, {1, 5400, 5400, 5400, 5400}},
		"lead": {total.Lead, {1, 6000, 6000, 6000, 6000}}, "service": {total.Service, {1, 600, 600, 600, 600}},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %+v, want %+v", what, pair[0], pair[1])
		}
	}
}

// TestTakenOverAgain: a ticket parked at its first visit and called back keeps
// when that one began; its way is still to come.
func TestTakenOverAgain(t *testing.T) {
	began := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	s := takeOver(queue.Ticket{State: queue.Called, CalledAt: began.Add(time.Hour), StartedAt: began, Counter: "1"})
	if in := s.stays[0]; !in.started.IsZero() || !in.called.Equal(began.Add(time.Hour)) {
		t.Errorf("stay %+v", in)
	}
}

func TestEventsOfTheDay(t *testing.T) {
	h := friday(t)
	f, next := h.figures("2026-11-20"), h.figures("2026-11-21")
	log := h.log()
	if first := log[f.First-1]; first.Kind != queue.DayOpened || first.Opening.Day != f.Day || next.First != f.Last+1 || next.Last != int64(len(log)) {
		t.Errorf("events %d to %d, then %d to %d of %d", f.First, f.Last, next.First, next.Last, len(log))
	}
}

func TestWhoIs(t *testing.T) {
	for actor, want := range map[string]Who{
		"system": System, "staff-first": Staff, "staff-abc/desk": Staff, "admin-first": Staff,
		"link:7": Citizen, "link": Citizen, "phone": Citizen, "telegram": Citizen, "kiosk-first": Citizen, "": Citizen,
	} {
		if got := whoIs(actor); got != want {
			t.Errorf("%q is %s, want %s", actor, got, want)
		}
	}
}

// TestPausedWithTicketInHand: the counter is busy until the ticket is done.
func TestPausedWithTicketInHand(t *testing.T) {
	at := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	after := func(m int) time.Time { return at.Add(time.Duration(m) * time.Minute) }
	s := shift{state: queue.Opened, since: at, ticket: "7"}
	s.until(after(1))
	s.state, s.reason = queue.Paused, "Họp"
	s.until(after(4))
	s.ticket = ""
	s.until(after(9))
	want := Time{Open: 240, Busy: 240, Paused: 300, Pauses: []Pause{{"Họp", 300}}}
	if diff := cmp.Diff(want, s.time()); diff != "" {
		t.Error(diff)
	}
}

func TestDaysThatAreNotThere(t *testing.T) {
	h := friday(t)
	for _, day := range []string{"2026-11-18", "2026-11-22", "0001-01-01", "9999-12-31"} {
		if _, err := Of(context.Background(), h.store, office, day); !errors.Is(err, ErrNoDay) {
			t.Errorf("%s: %v", day, err)
		}
	}
	if _, err := Of(context.Background(), h.store, "elsewhere", ""); !errors.Is(err, ErrNoDay) {
		t.Errorf("an unknown office: %v", err)
	}
	for _, day := range []string{"today", "2026-13-01", "2026-11-20 "} {
		if _, err := Of(context.Background(), h.store, office, day); queue.ErrorCode(err) != queue.CodeBadRequest {
			t.Errorf("%q: %v", day, err)
		}
	}
}

// TestLogsThatCannotBeTrue: figures are refused rather than wrong.
func TestLogsThatCannotBeTrue(t *testing.T) {
	log := friday(t).log()
	whole := func(events []queue.Event) error {
		_, err := Day(office, from(each(events), "2026-11-20"))
		return err
	}
	if err := whole(log); err != nil {
		t.Fatal(err)
	}
	mid := len(log) / 2
	gap := append(append([]queue.Event{}, log[:mid]...), log[mid+1:]...)
	if err := whole(gap); err == nil || !strings.Contains(err.Error(), "gap") {
		t.Errorf("a gap: %v", err)
	}
	other := append([]queue.Event{}, log...)
	other[mid].Office = "elsewhere"
	if err := whole(other); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("another office: %v", err)
	}
	ghost := append([]queue.Event{}, log...)
	for i := range ghost {
		if ghost[i].Kind == queue.TicketStarted {
			ticket := *ghost[i].Ticket
			ticket.ID = "99999"
			ghost[i].Ticket = &ticket
		}
	}
	if err := whole(ghost); err == nil || !strings.Contains(err.Error(), "neither issued nor taken over") {
		t.Errorf("a ticket from nowhere: %v", err)
	}
	broken := errors.New("disk")
	_, err := Day(office, func(yield func(queue.Event, error) bool) { yield(queue.Event{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("a broken disk: %v", err)
	}
}

// TestPublic: neither names nor words of staff leave the office; the numbers do.
func TestPublic(t *testing.T) {
	f := friday(t).figures("2026-11-20")
	body, err := json.Marshal(f.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"staff-1", "hẹn trước", "mẹ bế", "Họp", "hết chỗ"} {
		if strings.Contains(string(body), word) {
			t.Errorf("public figures say %q", word)
		}
	}
	if p := f.Public(); p.Total.OutOfOrder != 2 || len(p.OutOfOrder) != 2 || len(p.Endings) != 4 {
		t.Errorf("public figures lost something: %+v", p.OutOfOrder)
	}
	if f.OutOfOrder[1].Reason == "" || len(f.Counters[0].Time.Pauses) == 0 {
		t.Error("Public changed the figures themselves")
	}
}

func TestPriorityRestsOn(t *testing.T) {
	for _, c := range []struct {
		first, last queue.Entitlement
		want        Priority
	}{
		{queue.Declared, queue.Declared, Priority{Declared: 1, Unchecked: 1}},
		{queue.Declared, queue.Confirmed, Priority{Declared: 1, Confirmed: 1}},
		{queue.Declared, queue.Refused, Priority{Declared: 1, Refused: 1}},
		{queue.ByCard, queue.ByCard, Priority{Card: 1}},
		{queue.ByCard, queue.Confirmed, Priority{Card: 1}},
		{queue.ByCard, queue.Refused, Priority{Card: 1, Withdrawn: 1}},
		{queue.Confirmed, queue.Refused, Priority{ByStaff: 1, Withdrawn: 1}},
		{"", queue.Confirmed, Priority{Granted: 1}},
		{"", "", Priority{}},
	} {
		var all tally
		all.entitled(c.first, c.last)
		c.want.Abuse = share(c.want.Refused, c.want.Declared)
		if got := all.priority(); got != c.want {
			t.Errorf("%q then %q: %+v", c.first, c.last, got)
		}
	}
}

// A number set aside for a kiosk is issued when the kiosk has given it to
// somebody, and then from that moment; those it never gave are no figures.
func TestSetAsideIsNotIssued(t *testing.T) {
	h := newHall(t, twoAgencies(), "2026-11-20 07:30:00")
	h.counter("1", queue.Opened, "")
	h.take("A001", "A", queue.Kiosk, queue.Normal)
	var aside []queue.Ticket
	for range 5 {
		aside = append(aside, h.do(queue.TakeRequest{Meta: by("kiosk-2"), Service: "A", Channel: queue.Kiosk, Reserve: true}))
	}
	heard := h.do(queue.TakeRequest{Meta: by("phone"), Service: "B", Channel: queue.Phone, Hold: true})
	if f := h.figures("2026-11-20"); f.Total.Issued != 2 || f.Total.Open != 2 || f.Total.Dossiers != 2 {
		t.Errorf("none given: %+v", f.Total.Counts)
	}
	h.clock("2026-11-20 08:00:00")
	h.do(queue.ActRequest{Meta: by("phone"), Ticket: heard.ID, Action: queue.Confirm})
	told := h.now.Add(-10 * time.Minute)
	h.do(queue.ActRequest{Meta: by("kiosk-2"), Ticket: aside[0].ID, Action: queue.Confirm, Told: &queue.Told{At: told, Class: queue.Priority}})
	h.act(aside[1].ID, queue.Cancel)
	h.act(aside[2].ID, queue.Cancel)
	h.act(aside[2].ID, queue.Undo)
	f := h.figures("2026-11-20")
	if f.Total.Issued != 3 || f.Total.Cancelled != 0 || f.Total.Undos != 0 || f.Total.Priority.Declared != 1 || f.group(t, "A").Issued != 2 || f.group(t, string(queue.Kiosk)).Issued != 2 {
		t.Errorf("one given: %+v, priority %+v", f.Total.Counts, f.Total.Priority)
	}
	h.choose("1", "A002", "priority")
	h.act("A002", queue.Start)
	h.act("A002", queue.Finish)
	if f := h.figures("2026-11-20"); f.Total.SinceIssue.Median.Duration() != 10*time.Minute || f.Total.Served != 1 {
		t.Errorf("it waited %v of %+v", f.Total.SinceIssue, f.Total.Counts)
	}
	h.clock("2026-11-20 23:59:00")
	h.tick()
	h.clock("2026-11-21 05:00:00")
	h.tick()
	f = h.figures("2026-11-20")
	if f.Total.Issued != 3 || f.Total.Undelivered != 0 || !f.Total.Balanced() {
		t.Errorf("after the day: %+v", f.Total.Counts)
	}
	if r := mustReport(t, h.book(""), h.all()); r.Total.Issued != 3 || r.Total.Undelivered != 0 {
		t.Errorf("in the book: %+v", r.Total.Counts)
	}
}

// What was taken away during the day keeps its name in the day's figures, if it
// was used.
func TestTakenAwayKeepsItsName(t *testing.T) {
	setup := twoAgencies()
	setup.Counters = append(setup.Counters, queue.Counter{ID: "4", Name: "Quầy lưu động", Services: []string{"A"}})
	setup.Services = append(setup.Services, queue.Service{ID: "C", Name: "Trả kết quả", Agency: "tu-phap"}, queue.Service{ID: "D", Name: "Không ai dùng"})
	h := newHall(t, setup, "2026-11-20 07:30:00")
	h.take("C001", "C", queue.Kiosk, queue.Normal)
	h.act("C001", queue.Cancel)
	h.counter("4", queue.Opened, "")
	h.counter("4", queue.Closed, "")
	for range 2 { // Another change does not forget it.
		h.do(queue.ConfigureRequest{Meta: by("admin-1"), Setup: twoAgencies()})
		h.clock("2026-11-20 09:00:00")
	}
	f := h.figures("2026-11-20")
	names := map[string]string{}
	for _, c := range f.Counters {
		names[c.ID] = c.Name
	}
	if names["4"] != "Quầy lưu động" || len(names) != 3 {
		t.Errorf("counters %q", names)
	}
	if g := f.group(t, "C"); g.Name != "Trả kết quả" || g.Issued != 1 {
		t.Errorf("service C is %q with %+v", g.Name, g.Counts)
	}
	for _, g := range f.Services {
		if g.ID == "D" {
			t.Error("a service that nobody used and that is gone")
		}
	}
}
