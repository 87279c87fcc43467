package officetest

import (
	"errors"

	"github.com/xinmoi/xinmoi/queue"
)

func calling() map[string]func(*desk) {
	return map[string]func(*desk){
		"a ticket's whole way":                   wholeWay,
		"actions out of turn are refused":        outOfTurn,
		"nobody waiting":                         nobody,
		"a busy counter gets its ticket back":    busy,
		"a closed or paused counter calls none":  notOpen,
		"a counter calls only what it serves":    ownServices,
		"a given ticket needs a reason":          givenTicket,
		"a given ticket that is next needs none": givenNext,
		"stale versions":                         versions,
	}
}

func wholeWay(d *desk) {
	t := d.take("A")
	d.set("1", queue.Opened, "")
	called := d.next("1")
	if called.ID != t.ID || called.State != queue.Called || called.Counter != "1" || called.CallCount != 1 || called.CalledAt.IsZero() {
		d.Errorf("called: %+v", called)
	}
	recalled := d.act("A001", queue.Recall)
	if recalled.State != queue.Called || recalled.CallCount != 2 || recalled.CalledAt.Before(called.CalledAt) {
		d.Errorf("recalled: %+v", recalled)
	}
	started := d.act(t.ID, queue.Start)
	if started.State != queue.Serving || started.Counter != "1" || started.StartedAt.IsZero() {
		d.Errorf("started: %+v", started)
	}
	finished := d.act(t.Code, queue.Finish)
	if finished.State != queue.Completed || finished.Counter != "1" || finished.FinishedAt.IsZero() {
		d.Errorf("finished: %+v", finished)
	}
	if v := d.counter("1"); v.Ticket != nil || v.State != queue.Opened {
		d.Errorf("counter after finish: %+v", v)
	}
	// Straight from called, and somebody who did not come.
	d.take("A")
	d.take("A")
	if got := d.act(d.next("1").ID, queue.Finish); got.State != queue.Completed {
		d.Errorf("finished from called: %s", got.State)
	}
	if got := d.act(d.next("1").ID, queue.Absent); got.State != queue.NoShow {
		d.Errorf("no-show: %s", got.State)
	}
	d.wantNext("1", queue.CodeNobodyWaiting)
}

func outOfTurn(d *desk) {
	d.take("A")
	for _, a := range []queue.Action{queue.Recall, queue.Start, queue.Finish, queue.Absent} {
		d.refused("A001", a, queue.CodeWrongState)
	}
	d.set("1", queue.Opened, "")
	d.next("1")
	d.refused("A001", queue.Cancel, queue.CodeWrongState)
	d.act("A001", queue.Start)
	for _, a := range []queue.Action{queue.Recall, queue.Start, queue.Absent, queue.Cancel} {
		d.refused("A001", a, queue.CodeWrongState)
	}
	d.act("A001", queue.Finish)
	for _, a := range []queue.Action{queue.Recall, queue.Start, queue.Finish, queue.Absent, queue.Cancel} {
		d.refused("A001", a, queue.CodeWrongState)
	}
	if t := d.ticket("A001"); t.State != queue.Completed || t.CallCount != 1 {
		d.Errorf("the refusals changed it: %+v", t)
	}
}

func nobody(d *desk) {
	d.set("1", queue.Opened, "")
	before := d.board().Seq
	d.wantNext("1", queue.CodeNobodyWaiting)
	if after := d.board().Seq; after != before {
		d.Errorf("a call of nobody left %d events", after-before)
	}
}

func busy(d *desk) {
	d.take("A")
	d.take("A")
	d.set("1", queue.Opened, "")
	inHand := d.next("1")
	check := func(err error, doing string) {
		d.Helper()
		d.wantCode(err, queue.CodeCounterBusy, doing)
		var e *queue.Error
		if !errors.As(err, &e) || e.Ticket == nil || e.Ticket.ID != inHand.ID || e.Ticket.Number != inHand.Number {
			d.Errorf("%s: the ticket in hand is not in the error %#v", doing, e)
		}
	}
	for _, state := range []queue.State{queue.Called, queue.Serving} {
		_, err := d.office.Next(d.ctx, counterAt("1"))
		check(err, "next with a "+string(state)+" ticket in hand")
		_, err = d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: "A002", Reason: "x"})
		check(err, "call with a "+string(state)+" ticket in hand")
		if got := d.ticket(inHand.ID); got.State != state {
			d.Errorf("it became %s, want %s", got.State, state)
		}
		if state == queue.Called {
			d.act(inHand.ID, queue.Start)
		}
	}
	if v := d.counter("1"); v.Ticket == nil || v.Ticket.ID != inHand.ID {
		d.Errorf("counter's ticket: %+v", v.Ticket)
	}
}

func notOpen(d *desk) {
	d.take("A")
	d.wantNext("1", queue.CodeCounterClosed)
	d.set("1", queue.Opened, "")
	d.set("1", queue.Paused, "họp")
	d.wantNext("1", queue.CodeCounterClosed)
	_, err := d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: "A001", Reason: "x"})
	d.wantCode(err, queue.CodeCounterClosed, "call at a paused counter")
	d.set("1", queue.Opened, "")
	d.next("1")
}

func ownServices(d *desk) {
	d.take("D")
	d.set("2", queue.Opened, "")
	d.wantNext("2", queue.CodeNobodyWaiting) // Serves A and B.
	d.take("B")
	if got := d.next("2"); got.Service != "B" {
		d.Errorf("counter 2 called %s", got.Number)
	}
	d.set("4", queue.Opened, "")
	if got := d.next("4"); got.Service != "D" {
		d.Errorf("counter 4 called %s", got.Number)
	}
}

func givenTicket(d *desk) {
	d.take("A")
	second := d.take("A")
	d.set("1", queue.Opened, "")
	for _, reason := range []string{"", "  "} {
		_, err := d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: second.ID, Reason: reason})
		d.wantCode(err, queue.CodeBadRequest, "call out of order without a reason")
	}
	got, err := d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: "a2", Reason: "bệnh nặng"})
	d.must(err, "call with a reason")
	if got.ID != second.ID || got.State != queue.Called || got.Counter != "1" || got.Reason != "bệnh nặng" || got.CallCount != 1 {
		d.Errorf("called: %+v", got)
	}
	d.set("2", queue.Opened, "")
	_, err = d.office.Call(d.ctx, queue.CallRequest{Counter: "2", Ticket: second.ID, Reason: "x"})
	d.wantCode(err, queue.CodeWrongState, "call what another counter has")
	if first := d.next("2"); first.Number != number("A", 1) {
		d.Errorf("after that, next is %s", first.Number)
	}
}

func givenNext(d *desk) {
	first := d.take("A")
	d.take("A")
	d.set("1", queue.Opened, "")
	got, err := d.office.Call(d.ctx, queue.CallRequest{Counter: "1", Ticket: first.Code})
	d.must(err, "call who is next anyway")
	if got.ID != first.ID || got.State != queue.Called {
		d.Errorf("called: %+v", got)
	}
}

func versions(d *desk) {
	t := d.take("A")
	d.set("1", queue.Opened, "")
	called := d.next("1")
	if called.Version <= t.Version {
		d.Fatalf("version %d after %d", called.Version, t.Version)
	}
	try := func(v int64, want queue.Code) queue.Ticket {
		d.Helper()
		got, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: t.ID, Action: queue.Start, Version: v})
		d.wantCode(err, want, "start by version")
		return got
	}
	try(t.Version, queue.CodeStaleVersion)
	try(called.Version+100, queue.CodeStaleVersion)
	if got := d.ticket(t.ID); got.State != queue.Called || got.Version != called.Version {
		d.Errorf("a stale action changed it: %+v", got)
	}
	if got := try(called.Version, ""); got.State != queue.Serving {
		d.Errorf("started: %s", got.State)
	}
}

func counters() map[string]func(*desk) {
	return map[string]func(*desk){
		"open, pause, close":                  openPauseClose,
		"repeating changes nothing":           repeatCounter,
		"closing with a ticket in hand":       closeBusy,
		"pausing keeps the ticket in hand":    pauseBusy,
		"two counters never share one ticket": twoCounters,
	}
}

func openPauseClose(d *desk) {
	if v := d.set("3", queue.Opened, ""); v.State != queue.Opened || v.ID != "3" || v.Name == "" || len(v.Services) != 2 || v.Ticket != nil {
		d.Errorf("opened: %+v", v)
	}
	if v := d.set("3", queue.Paused, "làm việc nội bộ"); v.State != queue.Paused || v.Reason != "làm việc nội bộ" {
		d.Errorf("paused: %+v", v)
	}
	if v := d.counter("3"); v.State != queue.Paused || v.Reason != "làm việc nội bộ" {
		d.Errorf("listed: %+v", v)
	}
	if v := d.set("3", queue.Opened, ""); v.State != queue.Opened || v.Reason != "" {
		d.Errorf("opened again: %+v", v)
	}
	if v := d.set("3", queue.Closed, ""); v.State != queue.Closed {
		d.Errorf("closed: %+v", v)
	}
}

func repeatCounter(d *desk) {
	for _, s := range []struct {
		state  queue.CounterState
		reason string
	}{{queue.Opened, ""}, {queue.Paused, "họp"}, {queue.Closed, ""}} {
		d.set("1", s.state, s.reason)
		before := d.board().Seq
		d.set("1", s.state, s.reason)
		if after := d.board().Seq; after != before {
			d.Errorf("%s twice left %d events", s.state, after-before)
		}
	}
}

func closeBusy(d *desk) {
	d.take("A")
	d.set("1", queue.Opened, "")
	t := d.next("1")
	_, err := d.office.SetCounter(d.ctx, queue.SetCounterRequest{Counter: "1", State: queue.Closed})
	d.wantCode(err, queue.CodeCounterBusy, "close with a ticket in hand")
	d.act(t.ID, queue.Finish)
	d.set("1", queue.Closed, "")
}

func pauseBusy(d *desk) {
	d.take("A")
	d.set("1", queue.Opened, "")
	t := d.next("1")
	if v := d.set("1", queue.Paused, "họp"); v.Ticket == nil || v.Ticket.ID != t.ID {
		d.Errorf("the pause dropped %s: %+v", t.Number, v.Ticket)
	}
	d.act(t.ID, queue.Start)
	if v := d.set("1", queue.Opened, ""); v.Ticket == nil || v.Ticket.State != queue.Serving {
		d.Errorf("opening dropped %s: %+v", t.Number, v.Ticket)
	}
	d.act(t.ID, queue.Finish)
}

// twoCounters: two presses at the same instant, thirty times.
func twoCounters(d *desk) {
	const rounds = 30
	d.set("1", queue.Opened, "")
	d.set("2", queue.Opened, "")
	seen := map[string]bool{}
	for range rounds {
		d.take("A")
		d.take("B")
		tickets := [2]queue.Ticket{}
		together(2, func(i int) {
			t, err := d.office.Next(d.ctx, counterAt([]string{"1", "2"}[i]))
			if err != nil {
				d.Errorf("next: %v", err)
			}
			tickets[i] = t
		})
		for _, t := range tickets {
			seen[t.ID] = true
			if t.ID != "" {
				d.act(t.ID, queue.Finish)
			}
		}
	}
	if len(seen) != 2*rounds {
		d.Errorf("%d presses called %d different tickets", 2*rounds, len(seen))
	}
}
