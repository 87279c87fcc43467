package notice

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"pgregory.net/rapid"
)

func ticket(s queue.State, ahead int) queue.Ticket {
	return queue.Ticket{ID: "7", State: s, Counter: "3", Standing: &queue.Standing{Ahead: ahead}}
}

func event(k queue.Kind, t queue.Ticket) queue.Event { return queue.Event{Kind: k, Ticket: &t} }

func TestHear(t *testing.T) {
	sentBack := ticket(queue.Waiting, 0)
	sentBack.CallCount = 1
	given := event(queue.TicketCancelled, ticket(queue.Cancelled, 0))
	given.Reason = ReasonCitizen
	for name, c := range map[string]struct {
		e    queue.Event
		say  Kind
		void bool
	}{
		"called":               {event(queue.TicketCalled, ticket(queue.Called, 0)), Called, true},
		"recalled":             {event(queue.TicketRecalled, ticket(queue.Called, 0)), Recalled, true},
		"resumed to a counter": {event(queue.TicketResumed, ticket(queue.Called, 0)), Called, true},
		"resumed by its time":  {event(queue.TicketResumed, sentBack), Moved, true},
		"sent back":            {event(queue.TicketRequeued, sentBack), Moved, true},
		"call taken back":      {event(queue.TicketUndone, sentBack), Moved, true},
		"no-show taken back":   {event(queue.TicketUndone, ticket(queue.Called, 0)), Recalled, true},
		"no-show":              {event(queue.TicketNoShow, ticket(queue.NoShow, 0)), Missed, true},
		"restored":             {event(queue.TicketRestored, ticket(queue.Waiting, 0)), Moved, true},
		"asked for later":      {event(queue.TicketPushedBack, ticket(queue.Waiting, 5)), "", true},
		"parked":               {event(queue.TicketParked, ticket(queue.Parked, 0)), "", true},
		"served":               {event(queue.TicketFinished, ticket(queue.Completed, 0)), Done, true},
		"cancelled by staff":   {event(queue.TicketCancelled, ticket(queue.Cancelled, 0)), Withdrawn, true},
		"given up":             {given, "", true},
		"day ended":            {event(queue.TicketExpired, ticket(queue.Expired, 0)), Closed, true},
		"confirmed":            {event(queue.TicketConfirmed, ticket(queue.Waiting, 9)), "", false},
		"rated":                {event(queue.TicketRated, ticket(queue.Completed, 0)), "", false},
		"no ticket":            {queue.Event{Kind: queue.CounterOpened}, "", false},
	} {
		if say, void := Standard().Hear(c.e); say != c.say || (len(void) > 0) != c.void {
			t.Errorf("%s: says %q and voids %v, want %q, %v", name, say, void, c.say, c.void)
		}
	}
}

func TestLook(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	estimated := func(ahead, low, high int, comeBy time.Time) queue.Ticket {
		tk := ticket(queue.Waiting, ahead)
		tk.Standing.LowMin, tk.Standing.HighMin, tk.Standing.ComeBy = &low, &high, comeBy
		return tk
	}
	late := estimated(9, 60, 90, time.Time{})
	late.Standing.MayMiss = true
	called := ticket(queue.Waiting, 1)
	called.CallCount = 1
	shown := Follower{Shown: true}
	for name, c := range map[string]struct {
		f    Follower
		t    queue.Ticket
		want []Kind
	}{
		"far":                       {shown, ticket(queue.Waiting, 4), nil},
		"near":                      {shown, ticket(queue.Waiting, 3), []Kind{Nearly}},
		"chose five":                {Follower{Shown: true, Ahead: 5}, ticket(queue.Waiting, 5), []Kind{Nearly}},
		"chose one":                 {Follower{Shown: true, Ahead: 1}, ticket(queue.Waiting, 3), nil},
		"many counters":             {shown, estimated(12, 4, 9, time.Time{}), []Kind{Nearly}},
		"chose one, many counters":  {Follower{Shown: true, Ahead: 1}, estimated(12, 4, 9, time.Time{}), nil},
		"heard it":                  {shown.Hears(Nearly), ticket(queue.Waiting, 1), nil},
		"held":                      {shown, ticket(queue.Held, 0), nil},
		"was called":                {shown, called, nil},
		"heard a call":              {shown.Hears(Called), ticket(queue.Waiting, 1), nil},
		"time to go":                {Follower{Shown: true, Travel: 20}, estimated(9, 30, 60, at.Add(20*time.Minute)), []Kind{Leave}},
		"not yet":                   {Follower{Shown: true, Travel: 20}, estimated(9, 30, 60, at.Add(21*time.Minute)), nil},
		"may not come to it":        {shown, late, []Kind{MayMiss}},
		"first look, from the desk": {Follower{}, ticket(queue.Waiting, 8), []Kind{Joined}},
	} {
		if got := Standard().Look(c.f, c.t, at); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Whoever lets others go first before being called hears again that the turn is
// near; whoever was called never does.
func TestAgain(t *testing.T) {
	f := Follower{Shown: true}.Hears(Nearly)
	back := event(queue.TicketPushedBack, ticket(queue.Waiting, 6))
	if got := f.After(back, "", beforeCall()); got.Heard(Nearly) {
		t.Error("who lets others go first is not told again")
	}
	f = f.Hears(Called)
	if got := f.After(back, "", beforeCall()); !got.Heard(Nearly) {
		t.Error("nearly after called")
	}
	if got := (Follower{}).Recall(f.String()); got.String() != f.String() || got.String() != "nearly,called" {
		t.Errorf("stored as %q, read as %q", f, got)
	}
	if got := f.Hears("x"); f.Heard("x") || !got.Heard("x") {
		t.Error("a follower was changed in place")
	}
}

// A row of the book says all that sending needs, and names only kinds of the book.
func TestBookIsWhole(t *testing.T) {
	b := Standard()
	seen := map[Kind]bool{}
	for _, r := range b {
		if seen[r.Kind] || r.Kind == "" || strings.ContainsAny(string(r.Kind), ", ") {
			t.Errorf("kind %q", r.Kind)
		}
		seen[r.Kind] = true
		if r.Life <= 0 || r.True == nil || (r.On == nil) == (r.If == nil) {
			t.Errorf("%s: life %v, needs one of On and If, and True", r.Kind, r.Life)
		}
		if r.Urgency == Now && (r.Worth != Always || r.Waits || !r.Reserve || !r.Twice) {
			t.Errorf("%s is a call that may be left out, wait or be lost", r.Kind)
		}
		if !slices.Contains(append(everything(), Withdrawn, Closed, Done), r.Kind) {
			t.Errorf("%s is voided by nothing and ends nothing", r.Kind)
		}
	}
	if b.True("unheard of", queue.Ticket{}, queue.Ticket{}) {
		t.Error("what the book does not know is true")
	}
}

// Another kind is another row: a channel adds it and changes nothing else.
func TestAnotherKind(t *testing.T) {
	dossier := Rule{
		Kind: "dossier_ready", Life: time.Hour, Worth: Useful,
		On:   func(e queue.Event) bool { return e.Kind == "dossier_ready" },
		True: func(_, _ queue.Ticket) bool { return true },
	}
	b := append(Standard(), dossier)
	if say, _ := b.Hear(event("dossier_ready", ticket(queue.Completed, 0))); say != "dossier_ready" {
		t.Errorf("says %q", say)
	}
	if !b.True("dossier_ready", queue.Ticket{}, queue.Ticket{}) {
		t.Error("is not true")
	}
}

func TestBudget(t *testing.T) {
	b := Budget{Month: 100}
	for _, c := range []struct {
		w          Worth
		used, owed int
		want       bool
	}{
		{Nice, 69, 10, true}, {Nice, 70, 10, false}, {Useful, 79, 10, true}, {Useful, 80, 10, false},
		{Answer, 89, 10, true}, {Answer, 90, 10, false}, {Always, 99, 40, true}, {Always, 100, 0, false},
	} {
		if got := b.Admits(c.w, c.used, c.owed); got != c.want {
			t.Errorf("worth %d with %d used and %d owed: %v", c.w, c.used, c.owed, got)
		}
	}
	if !b.Takes(87, 10) || b.Takes(88, 10) || !(Budget{}).Takes(1e9, 0) || !(Budget{}).Admits(Nice, 1e9, 0) {
		t.Error("who may still take a number")
	}
	rapid.Check(t, func(r *rapid.T) { // What matters more is never left out sooner.
		b := Budget{Month: rapid.IntRange(0, 500).Draw(r, "month")}
		used, owed := rapid.IntRange(0, 600).Draw(r, "used"), rapid.IntRange(0, 600).Draw(r, "owed")
		for w := Nice; w < Always; w++ {
			if b.Admits(w, used, owed) && !b.Admits(w+1, used, owed) {
				r.Fatalf("worth %d is sent and %d is not", w, w+1)
			}
		}
	})
}

func TestQuiet(t *testing.T) {
	zone := time.FixedZone("+7", 7*3600)
	night := Quiet{From: "21:30", To: "06:30"}
	for clock, want := range map[string]string{"21:29": "", "21:30": "06:30", "23:59": "06:30", "00:00": "06:30", "06:29": "06:30", "06:30": ""} {
		at, _ := time.ParseInLocation("2006-01-02 15:04", "2026-11-22 "+clock, zone)
		end, quiet := night.Until(at)
		if quiet != (want != "") || quiet && (end.Format("15:04") != want || !end.After(at) || end.Sub(at) > 24*time.Hour) {
			t.Errorf("at %s: %v, %v", clock, end, quiet)
		}
	}
	if _, quiet := (Quiet{From: "12:00", To: "13:00"}).Until(time.Date(2026, 1, 1, 12, 30, 0, 0, zone)); !quiet {
		t.Error("a quiet noon is not")
	}
	for _, bad := range []Quiet{{"9", "10"}, {"09:00", ""}, {"25:00", "06:00"}} {
		if bad.Check() == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

func TestNext(t *testing.T) {
	ways := []Way{{queue.Zalo, false}, {queue.SMS, false}, {queue.Phone, true}}
	for _, c := range []struct {
		failed queue.Channel
		needs  []string
		want   queue.Channel
	}{
		{queue.Zalo, nil, queue.SMS}, {queue.SMS, nil, queue.Phone}, {queue.Phone, nil, ""},
		{queue.SMS, []string{queue.NeedHearing}, ""}, {queue.Telegram, []string{queue.NeedMobility}, queue.Zalo},
	} {
		if w, ok := Next(ways, c.failed, c.needs); w.Channel != c.want || ok != (c.want != "") {
			t.Errorf("after %s with %v: %v", c.failed, c.needs, w)
		}
	}
}

// What has waited for long is said only if it would be said now.
func TestStillSo(t *testing.T) {
	near := queue.Ticket{ID: "1", State: queue.Waiting, Standing: &queue.Standing{Ahead: 2}}
	far, called, again := near, near, near
	far.Standing = &queue.Standing{Ahead: 20}
	called.State = queue.Called
	again.CallCount = 1
	away, late, here := near, near, near
	away.Standing = &queue.Standing{Ahead: 9, ComeBy: time.Time{}.Add(time.Minute)}
	late.Standing = &queue.Standing{Ahead: 9, ComeBy: time.Time{}}
	here.Standing, here.Presence = away.Standing, queue.Present
	for name, c := range map[string]struct {
		k    Kind
		t    queue.Ticket
		want bool
	}{
		"near": {Nearly, near, true}, "far": {Nearly, far, false}, "called": {Nearly, called, false}, "was called": {Nearly, again, false},
		"a call": {Called, called, false}, "unknown": {"x", near, false},
		"away": {Leave, away, true}, "late": {Leave, late, false}, "here": {Leave, here, false}, "no estimate": {Leave, near, false},
	} {
		if got := Standard().StillSo(c.k, Follower{}.Hears(Nearly), c.t, time.Time{}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if Standard().StillSo(Nearly, Follower{}.Hears(Called), near, time.Time{}) {
		t.Error("near after called")
	}
}
