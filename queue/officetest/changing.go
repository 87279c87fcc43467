package officetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

func changing() map[string]func(*desk) {
	return map[string]func(*desk){
		"check-in":                        checkIn,
		"later, waiting":                  laterWaiting,
		"later, called":                   laterCalled,
		"park and resume":                 parkResume,
		"park until a time":               parkUntil,
		"transfer to a service":           transferService,
		"transfer to a counter":           transferCounter,
		"requeue":                         requeue,
		"restore":                         restore,
		"recalls are limited":             recallLimit,
		"undo of each staff action":       undoEach,
		"undo, but not more":              undoLimits,
		"rate":                            rate,
		"close with a ticket in hand":     closeInHand,
		"the log tells all of it":         changingLog,
		"keys of the new actions":         changingKeys,
		"bad requests leave no trace":     changingBad,
		"returned at every second call":   returnedTurns,
		"actions that do not fit a state": changingOutOfTurn,
	}
}

// do does an action with all that it says.
func (d *desk) do(r queue.ActRequest) queue.Ticket {
	d.Helper()
	t, err := d.office.Act(d.ctx, r)
	d.must(err, string(r.Action)+" "+r.Ticket)
	return t
}

func (d *desk) wantRefused(r queue.ActRequest, want queue.Code) {
	d.Helper()
	_, err := d.office.Act(d.ctx, r)
	d.wantCode(err, want, string(r.Action)+" "+r.Ticket)
}

// called is a fresh ticket of a service, called by a counter.
func (d *desk) called(service, counter string) queue.Ticket {
	d.Helper()
	t := d.take(service)
	d.set(counter, queue.Opened, "")
	got, err := d.office.Call(d.ctx, queue.CallRequest{Counter: counter, Ticket: t.ID, Reason: "thử"})
	d.must(err, "call "+t.Number.String())
	return got
}

// wantOrder calls and finishes until nobody is left.
func (d *desk) wantOrder(counter string, want ...string) {
	d.Helper()
	got := []string{}
	for {
		t, err := d.office.Next(d.ctx, counterAt(counter))
		if queue.ErrorCode(err) == queue.CodeNobodyWaiting {
			break
		}
		d.must(err, "next at "+counter)
		got = append(got, t.Number.String())
		d.act(t.ID, queue.Finish)
	}
	if !slices.Equal(got, want) {
		d.Errorf("counter %s calls %v, want %v", counter, got, want)
	}
}

// apart waits until the next number is given out at another instant: tickets
// of one instant have no order that later could change exactly.
func (d *desk) apart(service string, n int) (ids []string) {
	d.Helper()
	var last time.Time
	for range n {
		for !time.Now().Truncate(time.Millisecond).After(last.Add(time.Millisecond)) {
			select {
			case <-time.After(time.Millisecond):
			case <-d.ctx.Done():
				d.Fatal("time stands still")
			}
		}
		t := d.take(service)
		last = t.IssuedAt
		ids = append(ids, t.ID)
	}
	return ids
}

func checkIn(d *desk) {
	t := d.take("A", byChannel(queue.Web))
	if t.Presence != queue.Remote {
		d.Errorf("by web: %s", t.Presence)
	}
	in := d.act(t.ID, queue.CheckIn)
	if in.Presence != queue.Present || in.State != queue.Waiting || in.Version <= t.Version || in.Returned || ahead(in) != 0 {
		d.Errorf("checked in: %+v", in)
	}
	if again := d.act(t.Code, queue.CheckIn); again.Version != in.Version {
		d.Errorf("twice: version %d, then %d", in.Version, again.Version)
	}
	d.set("1", queue.Opened, "")
	called := d.next("1")
	if again := d.act(t.ID, queue.CheckIn); again.State != queue.Called || again.Version != called.Version {
		d.Errorf("when called already: %+v", again)
	}
	d.act(t.ID, queue.Finish)
	d.refused(t.ID, queue.CheckIn, queue.CodeWrongState)
}

// absentRemote runs over an office where one checks in.
func absentRemote(t *testing.T, open Open) {
	setup := queue.CommuneCentre()
	setup.Rules.CheckIn = true
	d := newDesk(t, open(t, setup))
	away := d.take("A", byChannel(queue.Phone))
	d.set("1", queue.Opened, "")
	before := d.board().Seq
	d.wantNext("1", queue.CodeNobodyWaiting)
	if seq := d.board().Seq; seq != before {
		d.Errorf("skipping left %d events", seq-before)
	}
	here := d.take("A")
	if ahead(here) != 1 || d.board().Waiting["A"] != 2 {
		d.Errorf("%d ahead, %d wait; the absent may still come", ahead(here), d.board().Waiting["A"])
	}
	if got := d.next("1"); got.ID != here.ID {
		d.Errorf("called %s", got.Number)
	}
	in := d.act(away.ID, queue.CheckIn)
	if in.Presence != queue.Present || !in.Returned || !in.EligibleAt.Equal(away.EligibleAt) {
		d.Errorf("came after one call: %+v", in)
	}
	d.act(here.ID, queue.Finish)
	if got := d.next("1"); got.ID != away.ID {
		d.Errorf("then %s", got.Number)
	}
}

func laterWaiting(d *desk) {
	ids := d.apart("A", 4)
	t := d.do(queue.ActRequest{Ticket: ids[0], Action: queue.Later, Places: 2})
	if t.State != queue.Waiting || t.LaterCount != 1 || ahead(t) != 2 || t.Number != number("A", 1) {
		d.Errorf("pushed back: %+v, %d ahead", t, ahead(t))
	}
	if got := d.ticket(ids[1]); ahead(got) != 0 || got.LaterCount != 0 {
		d.Errorf("the next has %d ahead", ahead(got))
	}
	t = d.do(queue.ActRequest{Ticket: ids[0], Action: queue.Later, Places: 50})
	if t.LaterCount != 2 || ahead(t) != 3 {
		d.Errorf("to the end: %d times, %d ahead", t.LaterCount, ahead(t))
	}
	d.wantRefused(queue.ActRequest{Ticket: ids[0], Action: queue.Later, Places: 1}, queue.CodeWrongState)
	d.set("1", queue.Opened, "")
	d.wantOrder("1", "A002", "A003", "A004", "A001")
}

func laterCalled(d *desk) {
	ids := d.apart("A", 3)
	d.set("1", queue.Opened, "")
	d.next("1")
	t := d.do(queue.ActRequest{Ticket: ids[0], Action: queue.Later, Places: 1})
	if t.State != queue.Waiting || t.Counter != "" || t.LaterCount != 1 || ahead(t) != 1 {
		d.Errorf("pushed back from the counter: %+v, %d ahead", t, ahead(t))
	}
	if v := d.counter("1"); v.Ticket != nil {
		d.Errorf("counter 1 still has %s", v.Ticket.Number)
	}
	d.wantOrder("1", "A002", "A001", "A003")
}

func parkResume(d *desk) {
	t := d.called("A", "1")
	d.act(t.ID, queue.Start)
	parked := d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Park, Reason: "bổ sung giấy tờ"})
	if parked.State != queue.Parked || parked.Reason != "bổ sung giấy tờ" || !parked.ResumeAt.IsZero() || parked.Standing != nil {
		d.Errorf("parked: %+v", parked)
	}
	if v := d.counter("1"); v.Ticket != nil || d.board().Waiting["A"] != 0 {
		d.Errorf("counter 1: %+v", v)
	}
	busy := d.called("A", "2")
	for counter, want := range map[string]queue.Code{"2": queue.CodeCounterBusy, "4": queue.CodeCounterClosed, "9": queue.CodeUnknownCounter} {
		d.wantRefused(queue.ActRequest{Ticket: t.ID, Action: queue.Resume, Counter: counter}, want)
	}
	_, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: t.ID, Action: queue.Resume, Counter: "2"})
	var e *queue.Error
	if !errors.As(err, &e) || e.Ticket == nil || e.Ticket.ID != busy.ID {
		d.Errorf("the busy counter's ticket is not in %#v", err)
	}
	d.set("3", queue.Opened, "")
	got := d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Resume, Counter: "3"})
	if got.State != queue.Called || got.Counter != "3" || got.CallCount != 2 || got.CalledAt.Before(t.CalledAt) {
		d.Errorf("resumed: %+v", got)
	}
	if v := d.counter("3"); v.Ticket == nil || v.Ticket.ID != t.ID || d.board().Recent[0].Number != t.Number {
		d.Errorf("counter 3: %+v, board %+v", v, d.board().Recent)
	}
}

func parkUntil(d *desk) {
	t := d.called("A", "1")
	at := time.Now().Add(300 * time.Millisecond)
	parked := d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Park, ResumeAt: at})
	if off := at.Sub(parked.ResumeAt); off < 0 || off >= time.Millisecond {
		d.Errorf("resumes at %s, asked for %s", parked.ResumeAt, at)
	}
	start := d.board().Seq
	back := d.log(start, start+1)[0] // Waits for it.
	if back.Kind != queue.TicketResumed || back.Ticket == nil || back.Ticket.State != queue.Waiting || !back.Ticket.Returned || back.At.Before(parked.ResumeAt) {
		d.Errorf("%s at %s: %+v", back.Kind, back.At, back.Ticket)
	}
	got := d.ticket(t.ID)
	if got.State != queue.Waiting || got.Reason != queue.ReasonResumed || !got.ResumeAt.IsZero() || !got.Returned || got.Counter != "" || ahead(got) != 0 {
		d.Errorf("back: %+v", got)
	}
	d.wantOrder("1", "A001")
}

func transferService(d *desk) {
	t := d.called("A", "1")
	d.act(t.ID, queue.Start)
	d.take("B")
	got := d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Transfer, Service: "B"})
	if got.Service != "B" || got.Number != t.Number || got.State != queue.Waiting || got.Counter != "" || got.Only != "" ||
		got.CallCount != 0 || !got.StartedAt.IsZero() || !got.EligibleAt.Equal(t.EligibleAt) || ahead(got) != 0 {
		d.Errorf("transferred: %+v, %d ahead", got, ahead(got))
	}
	if b := d.board(); b.Waiting["A"] != 0 || b.Waiting["B"] != 2 {
		d.Errorf("waiting: %v", b.Waiting)
	}
	if next := d.take("B"); next.Number != number("B", 2) {
		d.Errorf("the series of B goes on with %s", next.Number)
	}
	if next := d.take("A"); next.Number != number("A", 2) {
		d.Errorf("the series of A goes on with %s", next.Number)
	}
	if found := d.ticket("A001"); found.ID != t.ID {
		d.Errorf("A001 is %s", found.ID)
	}
	d.set("2", queue.Opened, "")
	if next := d.next("2"); next.ID != t.ID {
		d.Errorf("counter 2 calls %s", next.Number)
	}
}

func transferCounter(d *desk) {
	t := d.called("A", "1")
	got := d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Transfer, Counter: "4"})
	if got.Only != "4" || got.Service != "A" || got.State != queue.Waiting || got.Counter != "" {
		d.Errorf("transferred: %+v", got)
	}
	if found := d.ticket(t.ID); found.Only != "4" {
		d.Errorf("read back: of counter %q alone", found.Only)
	}
	for _, other := range []string{"1", "2", "3"} {
		d.set(other, queue.Opened, "")
		d.wantNext(other, queue.CodeNobodyWaiting)
	}
	d.set("4", queue.Opened, "") // Though it does not serve A.
	if next := d.next("4"); next.ID != t.ID {
		d.Errorf("counter 4 calls %s", next.Number)
	}
}

func requeue(d *desk) {
	ids := d.apart("A", 2)
	d.set("1", queue.Opened, "")
	first := d.next("1")
	got := d.do(queue.ActRequest{Ticket: ids[0], Action: queue.Requeue, Reason: "chờ thân nhân"})
	if got.State != queue.Waiting || !got.Returned || got.Counter != "" || got.Reason != "chờ thân nhân" || !got.EligibleAt.Equal(first.EligibleAt) || ahead(got) != 0 {
		d.Errorf("requeued: %+v, %d ahead", got, ahead(got))
	}
	d.wantOrder("1", "A001", "A002")
}

func restore(d *desk) {
	ids := d.apart("A", 2)
	d.set("1", queue.Opened, "")
	d.next("1")
	d.refused(ids[0], queue.Restore, queue.CodeWrongState)
	d.act(ids[0], queue.Absent)
	got := d.act(ids[0], queue.Restore)
	if got.State != queue.Waiting || !got.Returned || got.CallCount != 0 || !got.FinishedAt.IsZero() || got.Counter != "" || ahead(got) != 0 {
		d.Errorf("restored: %+v", got)
	}
	d.wantOrder("1", "A001", "A002")
}

func recallLimit(d *desk) {
	t := d.called("A", "1")
	for n := 2; n <= 5; n++ {
		if got := d.act(t.ID, queue.Recall); got.CallCount != n {
			d.Errorf("called %d times, counted %d", n, got.CallCount)
		}
	}
	d.refused(t.ID, queue.Recall, queue.CodeWrongState)
}

// same compares tickets but for what every event moves.
func same(a, b queue.Ticket) string {
	a.Version, b.Version, a.Standing, b.Standing = 0, 0, nil, nil
	return cmp.Diff(a, b)
}

func undoEach(d *desk) {
	d.set("2", queue.Opened, "")
	for _, c := range []struct {
		before []queue.Action
		undone queue.ActRequest
	}{
		{nil, queue.ActRequest{Action: queue.Recall}},
		{nil, queue.ActRequest{Action: queue.Start}},
		{nil, queue.ActRequest{Action: queue.Finish}},
		{[]queue.Action{queue.Start}, queue.ActRequest{Action: queue.Finish}},
		{nil, queue.ActRequest{Action: queue.Absent}},
		{nil, queue.ActRequest{Action: queue.Later, Places: 1}},
		{[]queue.Action{queue.Start}, queue.ActRequest{Action: queue.Park, Reason: "giấy tờ"}},
		{[]queue.Action{queue.Park}, queue.ActRequest{Action: queue.Resume, Counter: "2"}},
		{nil, queue.ActRequest{Action: queue.Transfer, Service: "B"}},
		{nil, queue.ActRequest{Action: queue.Transfer, Counter: "2"}},
		{[]queue.Action{queue.Start}, queue.ActRequest{Action: queue.Requeue}},
		{[]queue.Action{queue.Absent}, queue.ActRequest{Action: queue.Restore}},
		{[]queue.Action{queue.Park}, queue.ActRequest{Action: queue.Cancel}},
	} {
		t := d.called("A", "1")
		for _, a := range c.before {
			d.act(t.ID, a)
		}
		before := d.ticket(t.ID)
		c.undone.Ticket = t.ID
		done := d.do(c.undone)
		got := d.act(t.ID, queue.Undo)
		if diff := same(before, got); diff != "" || got.Version <= done.Version {
			d.Errorf("undo of %s: version %d → %d, %s", c.undone.Action, done.Version, got.Version, diff)
		}
		if inHand := d.counter("1").Ticket; (inHand != nil) != before.State.InHand() {
			d.Errorf("undo of %s: counter 1 has %+v", c.undone.Action, inHand)
		}
		d.refused(t.ID, queue.Undo, queue.CodeWrongState)
		if before.State.InHand() {
			d.act(t.ID, queue.Finish)
		}
	}
	// A call itself: the number is back in its place, and not on the board.
	t := d.called("C", "1")
	seats := len(d.board().Recent)
	got := d.act(t.ID, queue.Undo)
	if b := d.board(); got.State != queue.Waiting || got.CallCount != 0 || got.Counter != "" || len(b.Serving) != 0 || len(b.Recent) >= seats {
		d.Errorf("undone call: %+v, board %+v", got, b)
	}
}

func undoLimits(d *desk) {
	t := d.take("A", byChannel(queue.Web))
	d.refused(t.ID, queue.Undo, queue.CodeWrongState)
	d.act(t.ID, queue.CheckIn)
	d.refused(t.ID, queue.Undo, queue.CodeWrongState)
	d.set("1", queue.Opened, "")
	d.next("1")
	d.act(t.ID, queue.Finish)
	other := d.called("A", "1")
	_, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: t.ID, Action: queue.Undo})
	d.wantCode(err, queue.CodeCounterBusy, "undo into a busy counter")
	var e *queue.Error
	if !errors.As(err, &e) || e.Ticket == nil || e.Ticket.ID != other.ID {
		d.Errorf("the ticket in hand is not in %#v", err)
	}
	d.act(other.ID, queue.Finish)
	d.set("1", queue.Closed, "")
	d.refused(t.ID, queue.Undo, queue.CodeCounterClosed)
	d.set("1", queue.Opened, "")
	if got := d.act(t.ID, queue.Undo); got.State != queue.Called || got.Counter != "1" {
		d.Errorf("undone: %+v", got)
	}
}

func rate(d *desk) {
	t := d.called("A", "1")
	level := func(n int, reasons ...string) queue.ActRequest {
		return queue.ActRequest{Ticket: t.ID, Action: queue.Rate, Level: n, Reasons: reasons}
	}
	d.wantRefused(level(5), queue.CodeWrongState)
	finished := d.act(t.ID, queue.Finish)
	for _, n := range []int{-1, 0, 6} {
		d.wantRefused(level(n), queue.CodeBadRequest)
	}
	d.wantRefused(level(3, strings.Repeat("x", 65)), queue.CodeBadRequest)
	got := d.do(level(2, "chờ lâu", "hướng dẫn chưa rõ"))
	if got.Rating == nil || got.Rating.Level != 2 || !slices.Equal(got.Rating.Reasons, []string{"chờ lâu", "hướng dẫn chưa rõ"}) {
		d.Errorf("rating: %+v", got.Rating)
	}
	if got.State != queue.Completed || !got.FinishedAt.Equal(finished.FinishedAt) {
		d.Errorf("rated: %+v", got)
	}
	if read := d.ticket(t.ID); read.Rating == nil || read.Rating.Level != 2 {
		d.Errorf("read back: %+v", read.Rating)
	}
	d.wantRefused(level(5), queue.CodeWrongState)
}

func closeInHand(d *desk) {
	for a, want := range map[queue.Action]queue.State{
		queue.Finish: queue.Completed, queue.Requeue: queue.Waiting, queue.Park: queue.Parked, queue.Absent: queue.NoShow,
	} {
		t := d.called("A", "1")
		d.wantClose("1", "", queue.CodeCounterBusy)
		d.wantClose("1", queue.Recall, queue.CodeUnknownAction, queue.CodeBadRequest)
		v, err := d.office.SetCounter(d.ctx, queue.SetCounterRequest{Counter: "1", State: queue.Closed, InHand: a})
		d.must(err, "close and "+string(a))
		if got := d.ticket(t.ID); got.State != want || v.State != queue.Closed || v.Ticket != nil {
			d.Errorf("close and %s: ticket %s, counter %+v", a, got.State, v)
		}
	}
}

// wantClose tries to close a counter; one of the codes must come of it.
func (d *desk) wantClose(counter string, inHand queue.Action, want ...queue.Code) {
	d.Helper()
	_, err := d.office.SetCounter(d.ctx, queue.SetCounterRequest{Counter: counter, State: queue.Closed, InHand: inHand})
	if !slices.Contains(want, queue.ErrorCode(err)) {
		d.Errorf("close with %q: %v, want %v", inHand, err, want)
	}
	if v := d.counter(counter); v.State != queue.Opened || v.Ticket == nil {
		d.Errorf("the refusal left %+v", v)
	}
}

func changingLog(d *desk) {
	start := d.board().Seq
	t := d.take("A", byChannel(queue.Web))
	d.act(t.ID, queue.CheckIn)
	d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Later, Places: 1})
	d.set("1", queue.Opened, "")
	d.next("1")
	d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Park, ResumeAt: time.Now().Add(time.Hour)})
	d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Resume, Counter: "1"})
	d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Transfer, Counter: "1"})
	d.next("1")
	d.act(t.ID, queue.Requeue)
	d.next("1")
	d.act(t.ID, queue.Absent)
	d.act(t.ID, queue.Restore)
	d.act(t.ID, queue.Undo)
	d.act(t.ID, queue.Restore)
	d.next("1")
	d.act(t.ID, queue.Finish)
	d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Rate, Level: 5})
	want := []struct {
		kind  queue.Kind
		at    string // Counter.
		check func(queue.Ticket) bool
	}{
		{queue.TicketIssued, "", nil},
		{queue.TicketCheckedIn, "", func(t queue.Ticket) bool { return t.Presence == queue.Present }},
		{queue.TicketPushedBack, "", func(t queue.Ticket) bool { return t.LaterCount == 1 }},
		{queue.CounterOpened, "1", nil},
		{queue.TicketCalled, "1", nil},
		{queue.TicketParked, "1", func(t queue.Ticket) bool { return !t.ResumeAt.IsZero() && t.State == queue.Parked }},
		{queue.TicketResumed, "1", func(t queue.Ticket) bool { return t.ResumeAt.IsZero() && t.State == queue.Called }},
		{queue.TicketTransferred, "1", func(t queue.Ticket) bool { return t.Only == "1" && t.Counter == "" }},
		{queue.TicketCalled, "1", nil},
		{queue.TicketRequeued, "1", func(t queue.Ticket) bool { return t.Returned }},
		{queue.TicketCalled, "1", nil},
		{queue.TicketNoShow, "1", nil},
		{queue.TicketRestored, "", func(t queue.Ticket) bool { return t.State == queue.Waiting }},
		{queue.TicketUndone, "1", func(t queue.Ticket) bool { return t.State == queue.NoShow }},
		{queue.TicketRestored, "", nil},
		{queue.TicketCalled, "1", nil},
		{queue.TicketFinished, "1", nil},
		{queue.TicketRated, "1", func(t queue.Ticket) bool { return t.Rating != nil && t.Rating.Level == 5 }},
	}
	got := d.log(start, d.board().Seq)
	if len(got) != len(want) {
		d.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i, w := range want {
		e := got[i]
		if e.Kind != w.kind || e.Counter != w.at || (w.check != nil && (e.Ticket == nil || !w.check(*e.Ticket))) {
			d.Errorf("event %d: %s at counter %q, %+v; want %s at %q", i, e.Kind, e.Counter, e.Ticket, w.kind, w.at)
		}
	}
}

func changingKeys(d *desk) {
	ids := d.apart("A", 3)
	r := queue.ActRequest{Meta: meta("later-1"), Ticket: ids[0], Action: queue.Later, Places: 1}
	first := d.do(r)
	if again := d.do(r); again.LaterCount != 1 || again.Version != first.Version {
		d.Errorf("the repeat pushed back again: %+v", again)
	}
	r.Places = 2
	d.wantRefused(r, queue.CodeKeyReused)
	d.set("1", queue.Opened, "")
	called := d.next("1")
	start := queue.ActRequest{Meta: meta("start"), Ticket: called.ID, Action: queue.Start}
	d.do(start)
	undo := queue.ActRequest{Meta: meta("undo"), Ticket: called.ID, Action: queue.Undo}
	if got := d.do(undo); got.State != queue.Called {
		d.Errorf("undone: %s", got.State)
	}
	d.do(undo)
	if got := d.do(start); got.State != queue.Called { // Done once, and taken back.
		d.Errorf("the repeated start made it %s", got.State)
	}
	closing := queue.SetCounterRequest{Meta: meta("close"), Counter: "1", State: queue.Closed, InHand: queue.Requeue}
	for range 2 {
		v, err := d.office.SetCounter(d.ctx, closing)
		d.must(err, "close")
		if v.State != queue.Closed {
			d.Errorf("closed: %+v", v)
		}
	}
}

func changingBad(d *desk) {
	t := d.called("A", "1")
	waiting := d.take("A")
	before := d.board().Seq
	for doing, c := range map[string]struct {
		r    queue.ActRequest
		want queue.Code
	}{
		"later by −1":                {queue.ActRequest{Ticket: waiting.ID, Action: queue.Later, Places: -1}, queue.CodeBadRequest},
		"later by 51":                {queue.ActRequest{Ticket: waiting.ID, Action: queue.Later, Places: 51}, queue.CodeBadRequest},
		"park until yesterday":       {queue.ActRequest{Ticket: t.ID, Action: queue.Park, ResumeAt: time.Now().Add(-24 * time.Hour)}, queue.CodeBadRequest},
		"park until next week":       {queue.ActRequest{Ticket: t.ID, Action: queue.Park, ResumeAt: time.Now().Add(7 * 24 * time.Hour)}, queue.CodeBadRequest},
		"transfer to nowhere":        {queue.ActRequest{Ticket: t.ID, Action: queue.Transfer}, queue.CodeBadRequest},
		"transfer to both":           {queue.ActRequest{Ticket: t.ID, Action: queue.Transfer, Service: "B", Counter: "2"}, queue.CodeBadRequest},
		"transfer to no service":     {queue.ActRequest{Ticket: t.ID, Action: queue.Transfer, Service: "Z"}, queue.CodeUnknownService},
		"transfer to no counter":     {queue.ActRequest{Ticket: t.ID, Action: queue.Transfer, Counter: "9"}, queue.CodeUnknownCounter},
		"a stale version":            {queue.ActRequest{Ticket: t.ID, Action: queue.Requeue, Version: t.Version - 1}, queue.CodeStaleVersion},
		"undo with a stale version":  {queue.ActRequest{Ticket: t.ID, Action: queue.Undo, Version: t.Version - 1}, queue.CodeStaleVersion},
		"an action on an unknown id": {queue.ActRequest{Ticket: "A999", Action: queue.Undo}, queue.CodeUnknownTicket},
	} {
		_, err := d.office.Act(d.ctx, c.r)
		d.wantCode(err, c.want, doing)
	}
	if seq := d.board().Seq; seq != before {
		d.Errorf("the refusals left %d events", seq-before)
	}
}

func returnedTurns(d *desk) {
	ids := d.apart("A", 2)
	d.set("1", queue.Opened, "")
	for range ids {
		d.act(d.next("1").ID, queue.Absent)
	}
	d.apart("A", 2)
	for _, id := range ids {
		d.act(id, queue.Restore)
	}
	d.wantOrder("1", "A001", "A003", "A002", "A004")
}

func changingOutOfTurn(d *desk) {
	t := d.take("A", held)
	refused := func(actions ...queue.Action) {
		d.Helper()
		for _, a := range actions {
			r := queue.ActRequest{Ticket: t.ID, Action: a}
			switch a {
			case queue.Later:
				r.Places = 1
			case queue.Transfer:
				r.Service = "B"
			case queue.Resume:
				r.Counter = "2"
			case queue.Rate:
				r.Level = 3
			}
			d.wantRefused(r, queue.CodeWrongState)
		}
	}
	d.set("2", queue.Opened, "")
	refused(queue.CheckIn, queue.Later, queue.Park, queue.Resume, queue.Transfer, queue.Requeue, queue.Restore, queue.Undo, queue.Rate)
	d.act(t.ID, queue.Confirm)
	refused(queue.Park, queue.Resume, queue.Transfer, queue.Requeue, queue.Restore, queue.Undo, queue.Rate)
	d.set("1", queue.Opened, "")
	d.next("1")
	refused(queue.Resume, queue.Restore, queue.Rate)
	d.act(t.ID, queue.Start)
	refused(queue.Later, queue.Resume, queue.Restore, queue.Rate)
	d.act(t.ID, queue.Park)
	refused(queue.CheckIn, queue.Later, queue.Park, queue.Restore, queue.Rate)
	d.do(queue.ActRequest{Ticket: t.ID, Action: queue.Resume, Counter: "1"})
	d.act(t.ID, queue.Finish)
	refused(queue.CheckIn, queue.Later, queue.Park, queue.Resume, queue.Transfer, queue.Requeue, queue.Restore)
}
