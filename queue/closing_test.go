package queue

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A counter that closes says what becomes of the ticket in its hands.
func TestClosingWithATicketInHand(t *testing.T) {
	for name, c := range map[string]struct {
		serving bool
		inHand  Action
		want    State
		code    Code
	}{
		"nothing said":            {false, "", Called, CodeCounterBusy},
		"finish":                  {true, Finish, Completed, ""},
		"quick finish":            {false, Finish, Completed, ""},
		"requeue":                 {true, Requeue, Waiting, ""},
		"park":                    {true, Park, Parked, ""},
		"no-show":                 {false, Absent, NoShow, ""},
		"no-show of who is there": {true, Absent, Serving, CodeWrongState},
		"something else":          {false, Start, Called, CodeUnknownAction},
		"transfer":                {false, Transfer, Called, CodeUnknownAction},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, CommuneCentre())
			w.setCounter(t, "1", Opened)
			id := w.take(t, TakeRequest{Service: "A"}).ID
			w.next(t, "1")
			if c.serving {
				w.act(t, ActRequest{Ticket: id, Action: Start})
			}
			close := SetCounterRequest{Meta: Meta{Caller: "staff-1"}, Counter: "1", State: Closed, Reason: "hết giờ", InHand: c.inHand}
			if c.code != "" {
				w.refuse(t, close, c.code)
				if w.s.counters["1"].state != Opened || w.s.tickets[id].State != c.want {
					t.Errorf("counter %s, ticket %s", w.s.counters["1"].state, w.s.tickets[id].State)
				}
				return
			}
			events := len(w.log)
			d := w.mustDo(t, close.Meta, close)
			got, happened := w.s.tickets[id], w.log[events:]
			if d.counter != "1" || d.ticket != "" || got.State != c.want || w.s.counters["1"].state != Closed || w.s.inHand("1") != "" {
				t.Errorf("answer %+v, ticket %s", d, got.State)
			}
			if len(happened) != 2 || happened[0].Ticket == nil || happened[0].Reason != "hết giờ" || happened[0].Counter != "1" || happened[1].Kind != CounterClosed {
				t.Errorf("events %+v", happened)
			}
			w.mustDo(t, close.Meta, close) // Repeating changes nothing.
			if len(w.log) != events+2 {
				t.Error("closing twice left more")
			}
			w.whole(t)
		})
	}
}

func TestClosingAnEmptyCounterIgnoresTheHand(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	events := len(w.log)
	w.mustDo(t, Meta{}, SetCounterRequest{Counter: "1", State: Closed, InHand: Finish})
	if len(w.log) != events+1 {
		t.Errorf("%d events", len(w.log)-events)
	}
}

func TestARatingIsGivenOnce(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.next(t, "1")
	w.act(t, ActRequest{Ticket: id, Action: Finish, Reason: "trả kết quả"})
	finished := *w.s.tickets[id]
	w.wait(t, 10*time.Minute)
	rate := func(level int, reasons ...string) ActRequest {
		return ActRequest{Ticket: id, Action: Rate, Level: level, Reasons: reasons}
	}
	for _, bad := range []ActRequest{
		rate(0), rate(6), rate(-1), rate(5, slices.Repeat([]string{"x"}, 9)...), rate(5, strings.Repeat("x", 65)), rate(5, "\xff"),
	} {
		w.refuse(t, bad, CodeBadRequest)
	}
	reasons := []string{"nhanh", strings.Repeat("x", 64)}
	got := w.act(t, rate(5, reasons...))
	reasons[0] = "chậm" // The office keeps its own.
	if got.Rating == nil || got.Rating.Level != 5 || !slices.Equal(got.Rating.Reasons, []string{"nhanh", reasons[1]}) || !got.Rating.At.Equal(w.now) {
		t.Errorf("rating %+v", got.Rating)
	}
	if got.State != Completed || got.Reason != finished.Reason || !got.FinishedAt.Equal(finished.FinishedAt) {
		t.Errorf("the rating changed the end: %+v", got)
	}
	w.refuse(t, rate(1), CodeWrongState)
	w.whole(t)
}

func TestRulesThatCannotBe(t *testing.T) {
	for name, r := range map[string]Rules{
		"negative calls":        {CallsMost: -1},
		"calls without end":     {CallsMost: 101},
		"negative no-show":      {NoShowSeconds: -1},
		"no-show next week":     {NoShowSeconds: 86401},
		"negative later":        {LaterMost: -1},
		"later without end":     {LaterMost: 101},
		"negative restore":      {RestoreMinutes: -1},
		"restore next week":     {RestoreMinutes: 1441},
		"negative undo":         {UndoSeconds: -1},
		"undo next week":        {UndoSeconds: 86401},
		"negative person":       {PersonMost: -1},
		"person without end":    {PersonMost: 101},
		"negative organisation": {OrganisationMost: -1},
		"all organisations":     {OrganisationMost: 101},
		"negative last minutes": {LastMinutes: -1},
		"last minutes of a day": {LastMinutes: 1441},
		"negative peace":        {AutoCallSeconds: -1},
		"peace for ever":        {AutoCallSeconds: 86401},
		"cutoff in words":       {RemoteUntil: "4pm"},
		"cutoff without zero":   {RemoteUntil: "9:00"},
		"cutoff after the day":  {RemoteUntil: "24:00"},
	} {
		if err := ruled(r).validate(); ErrorCode(err) != CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range []Rules{{}, {CheckIn: true, RemoteUntil: "16:00", CallsMost: 3, NoShowSeconds: 60, LaterMost: 1, RestoreMinutes: 15, UndoSeconds: 30}} {
		if err := ruled(r).validate(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if got := (Rules{PersonMost: 3}).withDefaults().OrganisationMost; got != 3 {
		t.Errorf("organisations have %d numbers where persons have 3", got)
	}
	if got := (Rules{}).withDefaults(); got != (Rules{CallsMost: 5, LaterMost: 2, RestoreMinutes: 30, UndoSeconds: 60, HelpFactor: 1}) {
		t.Errorf("defaults %+v", got)
	}
}
