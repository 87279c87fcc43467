package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// anyDays plays some days of random commands, many of which are refused.
func anyDays(t *rapid.T) *hall {
	setup := twoAgencies()
	setup.Rules = queue.Rules{
		CheckIn:   rapid.Bool().Draw(t, "check-in"),
		CallsMost: 2, NoShowSeconds: rapid.SampledFrom([]int{0, 60}).Draw(t, "no-show"),
		AutoCall: rapid.IntRange(0, 4).Draw(t, "auto") == 0, AutoCallSeconds: 30,
	}
	h := newHall(t, setup, "2026-11-19 21:00:00")
	for range rapid.IntRange(5, 120).Draw(t, "steps") {
		h.now = h.now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 7, 20, 45, 130, 600, 600, 5400}).Draw(t, "wait")) * time.Second)
		h.engine.Together(context.Background(), anyCommand(t, h))
	}
	return h
}

func anyCommand(t *rapid.T, h *hall) queue.Command {
	who := by(rapid.SampledFrom([]string{"staff-1", "kiosk-1", "link:3"}).Draw(t, "who"))
	counter := rapid.SampledFrom([]string{"1", "1", "2"}).Draw(t, "counter")
	word := rapid.SampledFrom([]string{"", "vì", "Họp", "back office"}).Draw(t, "word")
	switch rapid.SampledFrom([]string{"take", "take", "take", "next", "next", "act", "act", "act", "act", "undo", "undo", "call", "counter"}).Draw(t, "what") {
	case "take":
		if rapid.IntRange(0, 3).Draw(t, "aside") == 0 {
			return queue.TakeRequest{Meta: who, Service: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "service"), Channel: queue.Kiosk, Reserve: true}
		}
		return queue.TakeRequest{
			Meta: who, Service: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "service"), Hold: rapid.Bool().Draw(t, "hold"),
			Channel: rapid.SampledFrom(queue.Channels()).Draw(t, "channel"), Dossiers: rapid.IntRange(0, 3).Draw(t, "dossiers"),
			Class: rapid.SampledFrom([]queue.Class{queue.Normal, queue.Appointment, queue.Priority}).Draw(t, "class"),
		}
	case "next":
		return queue.CounterRequest{Meta: who, Counter: counter}
	case "call":
		return queue.CallRequest{Meta: who, Counter: counter, Ticket: anyTicket(t, h), Reason: word}
	case "counter":
		return queue.SetCounterRequest{
			Meta: who, Counter: counter, Reason: word, InHand: rapid.SampledFrom([]queue.Action{"", queue.Requeue, queue.Finish}).Draw(t, "in hand"),
			State: rapid.SampledFrom([]queue.CounterState{queue.Opened, queue.Opened, queue.Paused, queue.Closed}).Draw(t, "state"),
		}
	}
	return queue.ActRequest{
		Meta: who, Ticket: anyTicket(t, h), Reason: word, Counter: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "to"),
		Service: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "to service"), Level: rapid.IntRange(1, 5).Draw(t, "level"), Places: 1,
		Action: rapid.SampledFrom(append(queue.Actions(), queue.Undo, queue.Undo, queue.Undo, queue.Start, queue.Finish)).Draw(t, "action"),
	}
}

func anyTicket(t *rapid.T, h *hall) string {
	var ids []string
	for _, e := range h.log() {
		if e.Kind == queue.TicketIssued || e.Kind == queue.TicketHeld {
			ids = append(ids, e.Ticket.ID)
		}
	}
	if len(ids) == 0 {
		return "A001"
	}
	return rapid.SampledFrom(ids[max(0, len(ids)-6):]).Draw(t, "ticket")
}

// days lists the business days of a log.
func days(log []queue.Event) (list []string) {
	for _, e := range log {
		if e.Kind == queue.DayOpened {
			list = append(list, e.Opening.Day)
		}
	}
	return list
}

// TestNothingIsLost: whatever happens, every ticket is accounted for once, in
// every way to group them, every stay and every second as well.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		inHand := 0
		for _, day := range days(h.log()) {
			f := h.figures(day)
			if f.Total.TakenOver != inHand {
				t.Fatalf("%s takes over %d tickets, the day before left %d", day, f.Total.TakenOver, inHand)
			}
			inHand = f.Total.InHand
			if !f.Total.Balanced() || f.Total.In+f.Total.Out != 0 || (f.Over && f.Total.Open != f.Total.InHand) {
				t.Fatalf("%s: %+v", day, f.Total.Counts)
			}
			for what, groups := range map[string][]Group{"agencies": f.Agencies, "services": f.Services, "channels": f.Channels, "classes": f.Classes} {
				checkParts(t, what, f.Total, groups)
			}
			checkCounters(t, f)
			ended := 0
			for _, e := range f.Endings {
				ended += e.N
			}
			if c := f.Total.Counts; ended != c.NoShow+c.Cancelled+c.Undelivered+c.Expired {
				t.Fatalf("%d endings of %+v", ended, c)
			}
		}
	})
}

// checkParts: the parts make up the whole.
func checkParts(t *rapid.T, what string, total Group, parts []Group) {
	var sum Group
	moved := 0
	for _, g := range parts {
		if !g.Balanced() {
			t.Fatalf("%s %s: %+v", what, g.ID, g.Counts)
		}
		moved += g.In - g.Out
		sum.Issued += g.Issued
		sum.TakenOver += g.TakenOver
		sum.Served += g.Served
		sum.NoShow += g.NoShow
		sum.Cancelled += g.Cancelled
		sum.Undelivered += g.Undelivered
		sum.Expired += g.Expired
		sum.Open += g.Open
		sum.InHand += g.InHand
		sum.Dossiers += g.Dossiers
		sum.Calls += g.Calls
		sum.CallsUndone += g.CallsUndone
		sum.OutOfOrder += g.OutOfOrder
		sum.Undos += g.Undos
		sum.Wait.N += g.Wait.N
		sum.Way.N += g.Way.N
		sum.Service.N += g.Service.N
		sum.Ratings.N += g.Ratings.N
		sum.Priority.Declared += g.Priority.Declared
	}
	whole := Group{Counts: total.Counts}
	whole.Calls, whole.CallsUndone, whole.OutOfOrder, whole.Undos = total.Calls, total.CallsUndone, total.OutOfOrder, total.Undos
	whole.Wait.N, whole.Way.N, whole.Service.N, whole.Ratings.N = total.Wait.N, total.Way.N, total.Service.N, total.Ratings.N
	whole.Priority.Declared = total.Priority.Declared
	if diff := cmp.Diff(whole, sum); diff != "" || moved != 0 {
		t.Fatalf("%s do not make up the total (%d moved):\n%s", what, moved, diff)
	}
}

// checkCounters: stays and time have no holes, and calls add up.
func checkCounters(t *rapid.T, f Figures) {
	calls, chosen, service := 0, 0, 0
	for _, c := range f.Counters {
		if c.Stays != c.Finished+c.NoShow+c.Parked+c.Transferred+c.Returned+c.InHand {
			t.Fatalf("counter %s: %+v", c.ID, c)
		}
		day := f.Until.Sub(f.From)
		tiled := c.Time.Busy.Duration() + c.Time.Idle.Duration() + c.Time.Paused.Duration() + c.Time.Closed.Duration()
		if tiled != day {
			t.Fatalf("counter %s: %v of %v in %+v", c.ID, tiled, day, c.Time)
		}
		var paused time.Duration
		for _, p := range c.Time.Pauses {
			paused += p.Time.Duration()
		}
		if paused != c.Time.Paused.Duration() || c.Time.BackOffice > c.Time.Paused {
			t.Fatalf("counter %s: %+v", c.ID, c.Time)
		}
		calls += c.Calls
		chosen += c.OutOfOrder
		service += c.Service.N
	}
	if calls != f.Total.Calls || chosen != f.Total.OutOfOrder || chosen != len(f.OutOfOrder) || service != f.Total.Service.N {
		t.Fatalf("counters: %d calls, %d chosen, %d served; total %+v", calls, chosen, service, f.Total.Work)
	}
}

// effective gives what happened to each ticket on a day, without what was
// undone and the undoing: an undo takes back the event before it. A number that
// was set aside for a machine begins where it was given to somebody, if it was.
func effective(log []queue.Event, day string) map[string][]queue.Event {
	events, begun := map[string][]queue.Event{}, false
	for _, e := range log {
		if e.Kind == queue.DayOpened {
			begun = e.Opening.Day == day
			for _, t := range e.Opening.Tickets {
				if begun {
					events[t.ID] = []queue.Event{{Kind: "taken_over", Ticket: &t}}
				}
			}
		}
		if !begun || e.Ticket == nil {
			continue
		}
		id := e.Ticket.ID
		if e.Kind == queue.TicketUndone {
			events[id] = events[id][:len(events[id])-1]
		} else {
			events[id] = append(events[id], e)
		}
	}
	for id, life := range events {
		if first := life[0].Ticket; life[0].Kind != queue.TicketHeld || !first.HoldUntil.IsZero() {
			continue
		}
		given := slices.IndexFunc(life, func(e queue.Event) bool { return e.Kind == queue.TicketConfirmed })
		if given < 0 {
			delete(events, id)
			continue
		}
		events[id] = life[given:]
	}
	return events
}

// TestFiguresByDefinition: the same figures, ticket by ticket, from what was
// not undone.
func TestFiguresByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		log := h.log()
		for _, day := range days(log) {
			f := h.figures(day)
			var waits, again, ways, services, leads, sinceIssue []time.Duration
			states := map[queue.State]int{}
			recalls := 0
			for _, life := range effective(log, day) {
				states[life[len(life)-1].Ticket.State]++
				w, a := waitsOf(life)
				waits, again = append(waits, w...), append(again, a...)
				way, service := worksOf(life)
				ways, services = append(ways, way...), append(services, service...)
				lead, since := fromIssue(life)
				leads, sinceIssue = append(leads, lead...), append(sinceIssue, since...)
				for _, e := range life {
					if e.Kind == queue.TicketRecalled {
						recalls++
					}
				}
			}
			if f.Total.Issued+f.Total.TakenOver != len(effective(log, day)) {
				t.Fatalf("%s: %+v, want %d numbers", day, f.Total.Counts, len(effective(log, day)))
			}
			if f.Total.Served != states[queue.Completed] || f.Total.NoShow != states[queue.NoShow] || f.Total.Expired != states[queue.Expired] ||
				f.Total.Cancelled+f.Total.Undelivered != states[queue.Cancelled] || f.Total.Recalls != recalls {
				t.Fatalf("%s: %+v, want %v and %d recalls", day, f.Total, states, recalls)
			}
			for what, pair := range map[string][2]Spread{
				"wait": {f.Total.Wait, spread(waits)}, "again": {f.Total.WaitAgain, spread(again)},
				"way": {f.Total.Way, spread(ways)}, "service": {f.Total.Service, spread(services)},
				"lead": {f.Total.Lead, spread(leads)}, "since issue": {f.Total.SinceIssue, spread(sinceIssue)},
			} {
				if pair[0] != pair[1] {
					t.Fatalf("%s %s: %+v, want %+v", day, what, pair[0], pair[1])
				}
			}
		}
	})
}

// waitsOf is the first wait of a life, and the later ones.
func waitsOf(life []queue.Event) (first, again []time.Duration) {
	called := life[0].Kind == "taken_over"
	for i, e := range life {
		if i == 0 || e.Ticket.State != queue.Called || life[i-1].Ticket.State != queue.Waiting {
			continue
		}
		if !called {
			first, called = append(first, max(0, e.At.Sub(e.Ticket.EligibleAt))), true
			continue
		}
		from := i - 1
		for life[from-1].Ticket.State == queue.Waiting {
			from--
		}
		again = append(again, e.At.Sub(life[from].At))
	}
	return first, again
}

// fromIssue is the whole life of a ticket that was served, and the time to its
// first call.
func fromIssue(life []queue.Event) (lead, since []time.Duration) {
	issued := life[0].Ticket.IssuedAt
	for _, e := range life {
		if e.Kind == queue.TicketFinished {
			lead = []time.Duration{e.At.Sub(issued)}
		}
		if e.Kind == queue.TicketCalled && since == nil && life[0].Kind != "taken_over" {
			since = []time.Duration{e.At.Sub(issued)}
		}
	}
	return lead, since
}

// worksOf is every way to a counter and every service there.
func worksOf(life []queue.Event) (ways, services []time.Duration) {
	var called, started time.Time
	if life[0].Kind == "taken_over" {
		switch t := life[0].Ticket; t.State {
		case queue.Serving:
			started = t.StartedAt
		default:
			called = t.CalledAt
		}
	}
	for i, e := range life {
		if i == 0 {
			continue
		}
		was := life[i-1].Ticket.State
		switch now := e.Ticket.State; {
		case now == queue.Called && was != queue.Called:
			called, started = e.At, time.Time{}
		case now == queue.Serving && was == queue.Called:
			ways, started = append(ways, e.At.Sub(called)), e.At
		case was == queue.Serving && now != queue.Serving:
			services = append(services, e.At.Sub(started))
		case was == queue.Called && now == queue.Completed:
			services = append(services, e.At.Sub(called))
		}
	}
	return ways, services
}

// TestSameFromEveryStore: the figures are the log's, whatever keeps it.
func TestSameFromEveryStore(t *testing.T) {
	h := friday(t)
	db, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	log := h.log()
	for part := range slices.Chunk(log, 7) {
		if err := db.Append(t.Context(), queue.Batch{Office: office, After: part[0].Seq - 1, Events: part}); err != nil {
			t.Fatal(err)
		}
	}
	for _, day := range append(days(log), "") {
		want, err := json.Marshal(h.figures(day))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Of(t.Context(), db, office, day)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(f); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: %v\n%s", day, err, cmp.Diff(string(want), string(got)))
		}
	}
}

// counting counts the events that were read.
type counting struct {
	*memory.Store
	read int
}

func (c *counting) Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	events, err := c.Store.Read(ctx, office, after, limit)
	c.read += len(events)
	return events, err
}

// TestOneDayIsRead: a long log costs no more than a short one, and every day
// of it is found.
func TestOneDayIsRead(t *testing.T) {
	h := newHall(t, twoAgencies(), "2025-01-01 07:00:00")
	h.counter("2", queue.Opened, "")
	for day := range 300 {
		h.now = time.Date(2025, 1, 1+day, 8, 0, 0, 0, h.zone)
		h.tick()
		for range day % 5 {
			h.do(queue.TakeRequest{Service: "B", Channel: queue.Kiosk})
		}
	}
	src := &counting{Store: h.store}
	log := h.log()
	for _, day := range days(log) {
		src.read = 0
		f, err := Of(t.Context(), src, office, day)
		if err != nil || f.Day != day {
			t.Fatalf("%s: %s, %v", day, f.Day, err)
		}
		if src.read > chunk+30 {
			t.Fatalf("%s: %d of %d events read", day, src.read, len(log))
		}
	}
	src.read = 0
	if f, err := Of(t.Context(), src, office, ""); err != nil || f.Day != "2025-10-27" || src.read > 200 {
		t.Errorf("the latest: %s, %v, %d events read", f.Day, err, src.read)
	}
	if len(days(log)) != 300 || len(log) < 2*chunk {
		t.Errorf("%d days, %d events: too little to tell", len(days(log)), len(log))
	}
}

// TestLongDayIsFound: a machine that slept for weeks opened its day long ago.
func TestLongDayIsFound(t *testing.T) {
	h := newHall(t, twoAgencies(), "2025-01-01 07:00:00")
	h.clock("2025-01-02 07:00:00")
	h.tick()
	log := h.log()
	for i := range 3 {
		e := log[len(log)-1]
		e.Kind, e.Setup, e.Opening, e.Seq, e.At = queue.CounterOpened, nil, nil, e.Seq+1, e.At.AddDate(0, i+1, 0)
		e.Counter = "1"
		log = append(log, e)
	}
	f, err := Of(t.Context(), slice(log), office, "")
	if err != nil || f.Day != "2025-01-02" || f.Last != log[len(log)-1].Seq {
		t.Errorf("%s up to %d, %v", f.Day, f.Last, err)
	}
}

// slice is a log in memory that nobody has checked.
type slice []queue.Event

func (s slice) Read(_ context.Context, _ string, after int64, limit int) ([]queue.Event, error) {
	from := min(after, int64(len(s)))
	return s[from:min(from+int64(limit), int64(len(s)))], nil
}

// madeUp turns bytes into a log that no office would write: four bytes are an
// event of any kind, about one of a few tickets, in any state, at any counter.
func madeUp(raw []byte) []queue.Event {
	setup := twoAgencies()
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	log := []queue.Event{{Office: office, Seq: 1, At: at, Kind: queue.DayOpened, Setup: &setup, Opening: &queue.Opening{
		Day: "2026-11-20", Tickets: []queue.Ticket{{ID: "0", State: queue.Serving, Counter: "1"}},
	}}}
	kinds := []queue.Kind{
		queue.TicketHeld, queue.TicketIssued, queue.TicketCalled, queue.TicketStarted, queue.TicketFinished, queue.TicketNoShow,
		queue.TicketCancelled, queue.TicketParked, queue.TicketResumed, queue.TicketTransferred, queue.TicketUndone, queue.TicketUndone,
		queue.TicketRated, queue.TicketEntitled, queue.CounterOpened, queue.CounterPaused, queue.CounterClosed,
		queue.OfficeConfigured, queue.IssuingStopped, queue.CardIssued, queue.DayOpened, "of a later version",
	}
	states := queue.States()
	for step := range slices.Chunk(raw[:min(len(raw), 400)], 4) {
		if len(step) < 4 {
			break
		}
		at = at.Add(time.Duration(step[3]) * time.Minute)
		e := queue.Event{
			Office: office, Seq: int64(len(log) + 1), At: at, Kind: kinds[int(step[0])%len(kinds)],
			Counter: string('0' + rune(step[3]%4)), Actor: "staff-1", Chosen: step[3]%2 == 0, Reason: string(rune(step[3])),
		}
		if strings.HasPrefix(string(e.Kind), "ticket_") {
			e.Ticket = &queue.Ticket{
				ID: string('0' + rune(step[1]%5)), State: states[int(step[2])%len(states)], Counter: e.Counter, IssuedAt: at.Add(-time.Hour),
				Service: string('A' + rune(step[2]%4)), Class: queue.Class(string('a' + rune(step[2]%3))), Rating: &queue.Rating{Level: int(step[1]) - 2},
			}
		}
		log = append(log, e)
	}
	return log
}

// FuzzDay: no log makes it fail otherwise than by an error, or loses a ticket.
func FuzzDay(f *testing.F) {
	f.Add([]byte{1, 1, 1, 5, 2, 1, 2, 5, 3, 1, 3, 1, 4, 1, 5, 9, 10, 1, 3, 1, 12, 1, 5, 1})
	f.Add([]byte{14, 0, 0, 1, 15, 0, 0, 9, 4, 0, 5, 1, 20, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		sum, err := Day(office, each(madeUp(raw)))
		if err != nil {
			return
		}
		if !sum.Total.Balanced() {
			t.Errorf("%+v", sum.Total.Counts)
		}
		for _, g := range slices.Concat(sum.Agencies, sum.Services, sum.Channels, sum.Classes) {
			if !g.Balanced() {
				t.Errorf("%s: %+v", g.ID, g.Counts)
			}
		}
		for _, c := range sum.Counters {
			if c.Stays != c.Finished+c.NoShow+c.Parked+c.Transferred+c.Returned+c.InHand {
				t.Errorf("counter %s: %+v", c.ID, c)
			}
		}
		if err := errors.Join(sum.Print(&bytes.Buffer{}), sum.CSV(&bytes.Buffer{})); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(sum); err != nil {
			t.Error(err)
		}
	})
}
