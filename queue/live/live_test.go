package live

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var morning = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

func min2(m int) time.Time { return morning.Add(time.Duration(m) * time.Minute) }

// story tells a day in short words.
type story struct {
	d   Day
	now time.Time
	n   int
}

// ended adds a number that was called, and ended after took.
func (s *story) ended(counter string, kind queue.Kind, took time.Duration, chosen bool) {
	s.n++
	t := queue.Ticket{ID: fmt.Sprint(s.n), Number: queue.Number{Prefix: "A", N: s.n}, Service: "A", State: queue.Called, Counter: counter, CalledAt: s.now}
	call := t
	s.d.Add(queue.Event{Kind: queue.TicketCalled, At: s.now, Counter: counter, Ticket: &call, Chosen: chosen})
	t.State = queue.Completed
	if kind == queue.TicketFinished {
		t.StartedAt = s.now
	}
	s.now = s.now.Add(took)
	s.d.Add(queue.Event{Kind: kind, At: s.now, Counter: counter, Ticket: &t})
}

// What was done on trial is shown while it lasts, and forgotten when it ends.
func TestTrialIsForgotten(t *testing.T) {
	var s story
	s.now = morning
	served := func() (n int, mean time.Duration) {
		o := s.d.Overview(Seen{Counters: []queue.CounterView{{Counter: queue.Counter{ID: "1"}, State: queue.Opened}}}, s.now)
		return o.Counters[0].Served, o.Counters[0].Mean
	}
	try := func(on bool) {
		s.d.Add(queue.Event{Kind: queue.OfficeConfigured, At: s.now, Setup: &queue.Setup{Trial: on}})
	}
	s.d.Add(queue.Event{Kind: queue.DayOpened, At: s.now, Setup: &queue.Setup{Trial: true}, Opening: &queue.Opening{}})
	for range 12 { // Impossibly fast, as staff who press keys are.
		s.ended("1", queue.TicketFinished, 5*time.Second, true)
	}
	if n, _ := served(); n != 12 {
		t.Errorf("%d services on trial, want 12", n)
	}
	try(false)
	if n, mean := served(); n != 0 || mean != 0 {
		t.Errorf("after the trial %d services of %v are left of it", n, mean)
	}
	if _, known := s.d.usual("A"); known {
		t.Error("the trial tells how long a service takes")
	}
	s.ended("1", queue.TicketFinished, 8*time.Minute, false)
	try(false) // Another change of the setup takes nothing away.
	if n, mean := served(); n != 1 || mean != 8*time.Minute {
		t.Errorf("%d services of %v, want one of 8 minutes", n, mean)
	}
}

func TestHints(t *testing.T) {
	usual := func(s *story) { // Ten services of eight minutes at another counter.
		for range 10 {
			s.ended("9", queue.TicketFinished, 8*time.Minute, false)
		}
	}
	times := func(n int, kind queue.Kind, took time.Duration, chosen bool) func(*story) {
		return func(s *story) {
			for range n {
				s.ended("1", kind, took, chosen)
			}
		}
	}
	for name, c := range map[string]struct {
		does []func(*story)
		wait time.Duration // Until somebody looks.
		want []Hint
	}{
		"a usual day":           {does: []func(*story){usual, times(5, queue.TicketFinished, 7*time.Minute, false)}},
		"too early":             {does: []func(*story){usual, times(3, queue.TicketFinished, time.Minute, false)}, want: []Hint{{Kind: TooEarly, N: 3, Of: 3}}},
		"twice is chance":       {does: []func(*story){usual, times(2, queue.TicketFinished, time.Minute, false)}},
		"a quarter is enough":   {does: []func(*story){usual, times(5, queue.TicketFinished, 2*time.Minute, false)}},
		"nobody knows yet":      {does: []func(*story){times(3, queue.TicketFinished, 40*time.Second, false)}},
		"but that is too fast":  {does: []func(*story){times(3, queue.TicketFinished, 20*time.Second, false)}, want: []Hint{{Kind: TooEarly, N: 3, Of: 3}}},
		"long ago":              {does: []func(*story){usual, times(3, queue.TicketFinished, time.Minute, false)}, wait: 3 * time.Hour},
		"chosen":                {does: []func(*story){usual, times(3, queue.TicketFinished, 8*time.Minute, true), times(2, queue.TicketFinished, 8*time.Minute, false)}, want: []Hint{{Kind: OutOfOrder, N: 3, Of: 5}}},
		"absences in a row":     {does: []func(*story){times(4, queue.TicketNoShow, 30*time.Second, false)}, want: []Hint{{Kind: NoShows, N: 4, Of: 4}}},
		"patient absences":      {does: []func(*story){times(4, queue.TicketNoShow, 3*time.Minute, false)}},
		"somebody came between": {does: []func(*story){times(2, queue.TicketNoShow, 30*time.Second, false), times(1, queue.TicketFinished, 8*time.Minute, false), times(2, queue.TicketNoShow, 30*time.Second, false)}},
	} {
		s := &story{now: morning}
		for _, do := range c.does {
			do(s)
		}
		got := s.d.hints("1", s.now.Add(c.wait))
		for i := range got {
			if got[i].Since.IsZero() || got[i].Counter != "1" {
				t.Errorf("%s: %+v", name, got[i])
			}
			if vi, en := got[i].Words(); vi == "" || en == "" {
				t.Errorf("%s: no words", name)
			}
			got[i].Since, got[i].Counter = time.Time{}, ""
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A slip of the finger that was undone is nobody's fault, and no figure.
func TestUndone(t *testing.T) {
	s := &story{now: morning}
	for range 3 {
		s.ended("1", queue.TicketFinished, 5*time.Second, false)
		back := queue.Ticket{ID: fmt.Sprint(s.n), Service: "A", State: queue.Serving, Counter: "1"}
		s.d.Add(queue.Event{Kind: queue.TicketUndone, At: s.now, Counter: "1", Ticket: &back})
	}
	if h := s.d.hints("1", s.now); h != nil {
		t.Errorf("%+v", h)
	}
	if seat := s.d.seats["1"]; seat.served != 0 || seat.total != 0 {
		t.Errorf("%+v", seat)
	}
}

func TestOverview(t *testing.T) {
	var d Day
	d.Add(queue.Event{Kind: queue.DayOpened, At: min2(0), Opening: &queue.Opening{Counters: []queue.CounterSeat{{ID: "1", State: queue.Opened}}}})
	wait := func(id string, service string, m int, change func(*queue.Ticket)) {
		tk := queue.Ticket{ID: id, Number: queue.Number{Prefix: service, N: m + 1}, Service: service, State: queue.Waiting, IssuedAt: min2(m), Presence: queue.Present}
		if change != nil {
			change(&tk)
		}
		d.Add(queue.Event{Kind: queue.TicketIssued, At: min2(m), Ticket: &tk})
	}
	d.Add(queue.Event{Kind: queue.OfficeConfigured, At: min2(0), Setup: &queue.Setup{Rules: queue.Rules{CheckIn: true}}})
	wait("1", "A", 0, nil)
	wait("2", "A", 20, nil)
	wait("3", "A", 1, func(tk *queue.Ticket) { tk.Presence = queue.Remote })
	wait("4", "B", 5, func(tk *queue.Ticket) { tk.Slot = min2(35) })
	d.Add(queue.Event{Kind: queue.CounterPaused, At: min2(30), Counter: "2"})
	hand := &queue.Ticket{ID: "9", Number: queue.Number{Prefix: "A", N: 9}, Service: "A", State: queue.Serving, StartedAt: min2(36), CalledAt: min2(35)}
	o := d.Overview(Seen{
		Info:     queue.Info{ID: "x"},
		Services: []queue.ServiceView{{Service: queue.Service{ID: "A", Target: 15}, Waiting: 3, Open: true}, {Service: queue.Service{ID: "B"}, Waiting: 1}},
		Counters: []queue.CounterView{
			{Counter: queue.Counter{ID: "1", Services: []string{"A"}}, State: queue.Opened},
			{Counter: queue.Counter{ID: "2", Services: []string{"B"}}, State: queue.Paused, Reason: "Họp"},
			{Counter: queue.Counter{ID: "3", Services: []string{"A"}}, State: queue.Opened, Ticket: hand},
			{Counter: queue.Counter{ID: "4"}, State: queue.Closed},
		},
		Troubles: []Trouble{{ID: 1, By: "An", Grave: true}, {ID: 2}, {ID: 3, Grave: true}},
	}, min2(40))
	if o.Waiting != 4 || o.Over != 2 || o.Open != 2 || o.Busy != 1 || o.Longest == nil || o.Longest.Who != "A001" || o.Longest.Longest != 40*time.Minute {
		t.Errorf("%+v", o)
	}
	if b := o.Services[1]; b.Longest != 5*time.Minute || b.Over != 0 || !b.Nobody || b.Target != queue.DefaultTarget {
		t.Errorf("who has booked waits from the booked time: %+v", b)
	}
	var order []int64
	for _, x := range o.Troubles {
		order = append(order, x.ID)
	}
	if !slices.Equal(order, []int64{3, 2, 1}) {
		t.Errorf("troubles in the order %v", order)
	}
	want := []struct {
		does   Activity
		since  time.Duration
		idling bool
	}{{Idle, 40 * time.Minute, true}, {Paused, 10 * time.Minute, false}, {Serving, 4 * time.Minute, false}, {Closed, 0, false}}
	for i, w := range want {
		if c := o.Counters[i]; c.Activity != w.does || c.For != w.since || c.Idling != w.idling {
			t.Errorf("counter %s: %s for %v, idling %v; want %+v", c.ID, c.Activity, c.For, c.Idling, w)
		}
	}
}

func TestMove(t *testing.T) {
	setup := func() queue.Setup {
		return queue.Setup{Services: []queue.Service{{ID: "A"}, {ID: "B"}}, Counters: []queue.Counter{
			{ID: "1", Services: []string{"A", "B"}}, {ID: "2", Services: []string{"A"}, Helps: []string{"B"}},
		}}
	}
	for name, c := range map[string]struct {
		m    Move
		want string // "counter 1; counter 2", or the code of the refusal.
	}{
		"move":               {Move{"B", "1", "2"}, "[A] []; [A B] []"},
		"give":               {Move{"B", "", "2"}, "[A B] []; [A B] []"},
		"take":               {Move{"A", "1", ""}, "[B] []; [A] [B]"},
		"the last of a desk": {Move{"A", "2", ""}, "setup_in_use"},
		"the last of a line": {Move{"B", "1", ""}, "setup_in_use"},
		"nothing":            {Move{"A", "1", "1"}, "bad_request"},
		"has it":             {Move{"A", "", "1"}, "bad_request"},
		"has it not":         {Move{"B", "3", "2"}, "unknown_counter"},
		"unknown":            {Move{"X", "1", "2"}, "unknown_service"},
	} {
		before := setup()
		got, err := c.m.Apply(before)
		said := fmt.Sprint(queue.ErrorCode(err))
		if err == nil {
			said = fmt.Sprintf("%v %v; %v %v", got.Counters[0].Services, got.Counters[0].Helps, got.Counters[1].Services, got.Counters[1].Helps)
		}
		if said != c.want {
			t.Errorf("%s: %s (%v), want %s", name, said, err, c.want)
		}
		if fmt.Sprint(before) != fmt.Sprint(setup()) {
			t.Errorf("%s changes the setup it was given", name)
		}
	}
}

// A watcher keeps up with a real office, and says when it cannot reach it.
func TestWatcher(t *testing.T) {
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	looked := make(chan struct{}, 1)
	w, err := NewWatcher(Source{ID: "x", Office: e}, func() {
		select {
		case looked <- struct{}{}:
		default:
		}
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{}, 2)
	go func() { _ = e.Run(ctx); ended <- struct{}{} }()
	go func() { _ = w.Run(ctx); ended <- struct{}{} }()
	defer func() { stop(); <-ended; <-ended }()
	if _, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
		t.Fatal(err)
	}
	for v := w.View(); v.Waiting != 1 || v.Longest == nil; v = w.View() {
		<-looked
	}
	if v := w.View(); v.Longest.Who != "A001" || v.Lost || v.Seen.IsZero() {
		t.Errorf("%+v", v)
	}
	if _, err := NewWatcher(Source{}, nil, nil, nil); err == nil {
		t.Error("a watcher of nothing")
	}
}

// gone is an office that does not answer.
type gone struct{ queue.Office }

func (gone) Info(context.Context) (queue.Info, error) {
	return queue.Info{}, queue.Errorf(queue.CodeUnavailable, "gone")
}
func (gone) Services(context.Context) ([]queue.ServiceView, error) { return nil, nil }
func (gone) Counters(context.Context) ([]queue.CounterView, error) { return nil, nil }

func TestLost(t *testing.T) {
	w, err := NewWatcher(Source{ID: "x", Office: gone{}}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.look(t.Context())
	if v := w.View(); !v.Lost || !v.Seen.IsZero() || v.ID != "x" {
		t.Errorf("%+v", v)
	}
}

// Who took a number by telephone waits like everybody where the office asks for
// no check-in; where it does, from the check-in on.
func TestWaitsFromAfar(t *testing.T) {
	for name, c := range map[string]struct {
		checkIn bool
		here    queue.Presence
		over    int
		who     string
	}{
		"nobody asks":    {false, queue.Remote, 2, "A001"},
		"not come yet":   {true, queue.Remote, 1, "A002"},
		"has checked in": {true, queue.Present, 2, "A001"},
	} {
		var d Day
		d.Add(queue.Event{Kind: queue.DayOpened, At: morning, Setup: &queue.Setup{Rules: queue.Rules{CheckIn: c.checkIn}}, Opening: &queue.Opening{}})
		for n, here := range []queue.Presence{c.here, queue.Present} {
			at := morning.Add(time.Duration(n) * time.Minute)
			d.Add(queue.Event{Kind: queue.TicketIssued, At: at, Ticket: &queue.Ticket{
				ID: fmt.Sprint(n), Number: queue.Number{Prefix: "A", N: n + 1}, Service: "A", State: queue.Waiting, IssuedAt: at, Presence: here,
			}})
		}
		o := d.Overview(Seen{Services: []queue.ServiceView{{Service: queue.Service{ID: "A", Target: 15}, Waiting: 2}}}, morning.Add(30*time.Minute))
		if o.Over != c.over || o.Longest == nil || o.Longest.Who != c.who {
			t.Errorf("%s: %d over, longest %+v; want %d, %s", name, o.Over, o.Longest, c.over, c.who)
		}
	}
}
