package queue

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// machine drives an office with random commands and checks the promises of
// the order after each of them, by brute force.
type machine struct {
	*world
	rates  map[Class]int64 // Whole numbers, so that the oracle reckons exactly.
	issued map[string]int  // "day service" → numbers given out.
	ids    map[string]bool
	open   int // Tickets issued or taken over today.
	used   []keyed
}

// keyed is a command that was done under a request key.
type keyed struct {
	meta   Meta
	what   any
	answer decision
}

func newMachine(t *rapid.T) *machine {
	setup := CommuneCentre()
	if rapid.Bool().Draw(t, "hours") {
		for day := time.Sunday; day <= time.Saturday; day++ {
			setup.Hours = append(setup.Hours, Hours{day, "07:30", "11:30"}, Hours{day, "13:00", "24:00"})
		}
	}
	fast := rapid.SampledFrom([]int64{1, 2, 3, 4}).Draw(t, "rate")
	setup.Rates = Rates{Normal: 1, Appointment: float64(fast), Priority: 3}
	m := &machine{
		world:  newWorld(t, setup),
		rates:  map[Class]int64{Normal: 1, Appointment: fast, Priority: 3},
		issued: map[string]int{}, ids: map[string]bool{},
	}
	for _, c := range setup.Counters {
		m.setCounter(t, c.ID, Opened)
	}
	return m
}

// send does a command, perhaps under a key, and notes what it gave out.
func (m *machine) send(t *rapid.T, what any) {
	events := len(m.log)
	meta := Meta{Caller: rapid.SampledFrom([]string{"kiosk-1", "staff-2"}).Draw(t, "caller")}
	if rapid.Bool().Draw(t, "keyed") {
		meta.Key = "key-" + strconv.Itoa(len(m.used))
	}
	d, err := m.do(t, meta, what)
	if err != nil {
		if len(m.log) != events {
			t.Fatalf("%v left %d events", err, len(m.log)-events)
		}
		return
	}
	if meta.Key != "" {
		m.used = append(m.used, keyed{meta, what, d})
	}
	m.note(t, m.log[events:])
}

// note checks numbers as they are given out.
func (m *machine) note(t *rapid.T, events []Event) {
	for _, e := range events {
		switch e.Kind {
		case DayOpened:
			m.open = len(e.Opening.Tickets)
		case TicketIssued, TicketHeld:
			series := e.Ticket.Day + " " + e.Ticket.Service
			m.issued[series]++
			m.open++
			if e.Ticket.Number != (Number{e.Ticket.Service, m.issued[series]}) {
				t.Fatalf("%s gave %s as number %d", series, e.Ticket.Number, m.issued[series])
			}
			if m.ids[e.Ticket.ID] {
				t.Fatalf("id %s twice", e.Ticket.ID)
			}
			m.ids[e.Ticket.ID] = true
			if _, ok := ParseCode(e.Ticket.Code); !ok {
				t.Fatalf("code %q is none", e.Ticket.Code)
			}
		}
	}
}

func (m *machine) takeAny(t *rapid.T) {
	m.send(t, TakeRequest{
		Service: rapid.SampledFrom([]string{"A", "A", "a", "B", "C", "D", "Z"}).Draw(t, "service"),
		Channel: rapid.SampledFrom(Channels()).Draw(t, "channel"),
		Class:   rapid.SampledFrom(append(classes(), Normal, Normal, "vip")).Draw(t, "class"),
		Hold:    rapid.Bool().Draw(t, "hold"),
		Needs:   rapid.SampledFrom([][]string{nil, {}, {"wheelchair"}}).Draw(t, "needs"),
	})
}

func (m *machine) anyCounter(t *rapid.T) string {
	return rapid.SampledFrom([]string{"1", "2", "3", "4", "9"}).Draw(t, "counter")
}

func (m *machine) anyTicket(t *rapid.T) string {
	ids := m.s.ticketIDs()
	if len(ids) == 0 {
		return "none"
	}
	ticket := m.s.tickets[rapid.SampledFrom(ids).Draw(t, "ticket")]
	return rapid.SampledFrom([]string{ticket.ID, ticket.Code, ticket.Number.String()}).Draw(t, "ref")
}

// crowd is several people at the door within a second.
func (m *machine) crowd(t *rapid.T) {
	for range rapid.IntRange(1, 6).Draw(t, "people") {
		m.now = m.now.Add(100 * time.Millisecond)
		m.takeAny(t)
	}
}

// serve is a counter at work: it ends what it has in hand and calls the next.
func (m *machine) serve(t *rapid.T) {
	counter := m.anyCounter(t)
	if id := m.s.inHand(counter); id != "" {
		m.send(t, ActRequest{Ticket: id, Action: rapid.SampledFrom([]Action{Finish, Absent}).Draw(t, "end")})
	}
	m.next(t, counter)
}

// next calls and compares with the oracle.
func (m *machine) next(t *rapid.T, counter string) {
	want := m.oracle(counter)
	events := len(m.log)
	m.send(t, CounterRequest{Counter: counter})
	if happened := m.log[events:]; len(happened) == 1 {
		got := happened[0].Ticket
		if want == nil || got.ID != want.ID || got.Counter != counter || got.State != Called {
			t.Fatalf("counter %s called %+v, want %+v", counter, got, want)
		}
		m.checkStarvation(t, got)
	} else if c, desk, err := m.s.counter(counter); err == nil && desk.state == Opened && desk.ticket == "" && want != nil {
		t.Fatalf("counter %s is ready, %s waits, and nothing was called", c.ID, want.Number)
	}
}

// weight is a ticket's score in rate-milliseconds, exactly.
func (m *machine) weight(t *Ticket) int64 {
	return m.rates[t.Class] * m.now.Sub(t.EligibleAt).Milliseconds()
}

// sooner is the order of the hall, straight from its definition.
func (m *machine) sooner(a, b *Ticket) bool {
	switch wa, wb := m.weight(a), m.weight(b); {
	case wa != wb:
		return wa > wb
	case !a.EligibleAt.Equal(b.EligibleAt):
		return a.EligibleAt.Before(b.EligibleAt)
	default:
		return a.seq() < b.seq()
	}
}

// oracle looks at every ticket to find who is next at a counter.
func (m *machine) oracle(counter string) (best *Ticket) {
	c, _, err := m.s.counter(counter)
	if err != nil {
		return nil
	}
	for _, t := range m.s.tickets {
		if t.State == Waiting && slices.Contains(c.Services, t.Service) && (best == nil || m.sooner(t, best)) {
			best = t
		}
	}
	return best
}

// checkStarvation: whoever is passed over has not waited longer than the
// ratio of the rates allows; within a class nobody is passed over at all.
func (m *machine) checkStarvation(t *rapid.T, called *Ticket) {
	c, _, _ := m.s.counter(called.Counter)
	for _, left := range m.s.tickets {
		if left.State != Waiting || !slices.Contains(c.Services, left.Service) {
			continue
		}
		if m.weight(left) > m.weight(called) {
			t.Fatalf("%s was called before %s, which has waited too long", called.Number, left.Number)
		}
		if left.Class == called.Class && left.EligibleAt.Before(called.EligibleAt) {
			t.Fatalf("%s overtook %s of its own class", called.Number, left.Number)
		}
	}
}

func (m *machine) callAny(t *rapid.T) {
	m.send(t, CallRequest{
		Counter: m.anyCounter(t), Ticket: m.anyTicket(t),
		Reason: rapid.SampledFrom([]string{"", "  ", "bệnh nặng"}).Draw(t, "reason"),
	})
}

func (m *machine) actAny(t *rapid.T) {
	m.send(t, ActRequest{Ticket: m.anyTicket(t), Action: rapid.SampledFrom(Actions()).Draw(t, "action")})
}

func (m *machine) setAny(t *rapid.T) {
	m.send(t, SetCounterRequest{
		Counter: m.anyCounter(t), State: rapid.SampledFrom([]CounterState{Opened, Opened, Paused, Closed, "dancing"}).Draw(t, "state"),
	})
}

// repeat sends an earlier command again under its key: same answer, nothing new.
func (m *machine) repeat(t *rapid.T) {
	if len(m.used) == 0 {
		return
	}
	u := rapid.SampledFrom(m.used).Draw(t, "used")
	events := len(m.log)
	d, err := m.do(t, u.meta, u.what)
	if err != nil || len(m.log) != events || d.ticket != u.answer.ticket || d.counter != u.answer.counter {
		t.Fatalf("repeated %+v: %v, %d events, ticket %q, want %q", u.what, err, len(m.log)-events, d.ticket, u.answer.ticket)
	}
	if _, err := m.do(t, u.meta, CounterRequest{Counter: "other"}); ErrorCode(err) != CodeKeyReused {
		t.Fatalf("another request under the key: %v", err)
	}
	other := u.meta
	other.Caller = "somebody-else"
	if _, err := m.do(t, other, CounterRequest{Counter: "other"}); ErrorCode(err) != CodeUnknownCounter {
		t.Fatalf("another caller's key: %v", err)
	}
}

// pass lets time pass and does what time brings, as the engine would.
func (m *machine) pass(t *rapid.T) {
	const tenth = 100 * time.Millisecond
	step := rapid.SampledFrom([]time.Duration{
		time.Millisecond, tenth, tenth, 5 * time.Second, 20 * time.Second, 20 * time.Second, time.Minute, time.Minute,
		10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 3 * time.Hour, 26 * time.Hour,
	})
	m.now = m.now.Add(step.Draw(t, "step") * time.Duration(rapid.IntRange(1, 3).Draw(t, "times")))
	if m.s.due(m.now) {
		m.tick(t)
		if m.s.due(m.now) { // A turned day leaves no holds; lapsed holds may let the day turn.
			m.tick(t)
		}
	}
	for _, held := range m.s.tickets {
		if held.State == Held && !held.HoldUntil.After(m.now) {
			t.Fatalf("%s is still held at %s", held.Number, m.now)
		}
	}
}

func (m *machine) tick(t *rapid.T) {
	events := len(m.log)
	m.mustDo(t, Meta{}, tick{})
	m.note(t, m.log[events:])
}

// check is what must hold after anything.
func (m *machine) check(t *rapid.T) {
	m.checkDesks(t)
	states := map[State]int{}
	for id, ticket := range m.s.tickets {
		states[ticket.State]++
		if ticket.ID != id || m.s.codes[ticket.Code] != id {
			t.Fatalf("ticket %s is filed wrongly", id)
		}
		if st := m.s.standing(*ticket, m.now); st != nil && st.Ahead != m.countAhead(ticket) {
			t.Fatalf("%s has %d ahead, want %d", ticket.Number, st.Ahead, m.countAhead(ticket))
		}
	}
	total := 0
	for _, s := range States() {
		total += states[s]
	}
	if total != m.open || len(m.s.tickets) != m.open {
		t.Fatalf("%d tickets in known states, %d in all, %d were issued", total, len(m.s.tickets), m.open)
	}
	waiting := 0
	for _, v := range m.s.setup.Services {
		waiting += m.s.waiting.waiting(v.ID)
	}
	if waiting != states[Waiting] || len(m.s.holds) != states[Held] {
		t.Fatalf("%d in lines, %d waiting; %d holds, %d held", waiting, states[Waiting], len(m.s.holds), states[Held])
	}
}

// checkDesks: a counter has at most one ticket and a ticket at most one counter.
func (m *machine) checkDesks(t *rapid.T) {
	at := map[string]string{}
	for id, desk := range m.s.counters {
		if desk.ticket == "" {
			continue
		}
		if other, twice := at[desk.ticket]; twice {
			t.Fatalf("ticket %s is at counters %s and %s", desk.ticket, other, id)
		}
		at[desk.ticket] = id
	}
	for id, ticket := range m.s.tickets {
		if ticket.State.InHand() != (at[id] != "") || (at[id] != "" && at[id] != ticket.Counter) {
			t.Fatalf("ticket %s is %s at counter %q, desks say %q", id, ticket.State, ticket.Counter, at[id])
		}
	}
}

func (m *machine) countAhead(p *Ticket) (n int) {
	for _, t := range m.s.tickets {
		if t.State == Waiting && t.Service == p.Service && t.ID != p.ID && m.sooner(t, p) {
			n++
		}
	}
	return n
}

// checkReplay: the log alone makes the same state, and so does the part of it
// since the day was opened; the chain of hashes is whole.
func (m *machine) checkReplay(t *rapid.T) {
	opened, hash := 0, ""
	for i, e := range m.log {
		if e.Kind == DayOpened {
			opened = i
		}
		if e.Seq != int64(i+1) || (i > 0 && e.At.Before(m.log[i-1].At)) {
			t.Fatalf("event %d has seq %d at %s", i, e.Seq, e.At)
		}
		body, err := e.Body()
		if err != nil || chainHash(hash, body) != e.Hash {
			t.Fatalf("the chain is broken at %d, %v", e.Seq, err)
		}
		hash = e.Hash
	}
	for _, part := range [][]Event{m.log, m.log[opened:]} {
		if d := diffStates(m.s, replay(t, m.s.office, part)); d != "" {
			t.Fatalf("replay of %d events differs:\n%s", len(part), d)
		}
	}
}

func TestAnyDayKeepsThePromises(t *testing.T) {
	called := 0
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"take": m.takeAny, "crowd": m.crowd, "crowd again": m.crowd,
			"next": func(t *rapid.T) { m.next(t, m.anyCounter(t)) },
			"call": m.callAny, "serve": m.serve, "serve again": m.serve, "serve more": m.serve,
			"act": m.actAny, "act again": m.actAny, "set": m.setAny,
			"repeat": m.repeat, "pass": m.pass, "": m.check,
		})
		m.checkReplay(t)
		for _, e := range m.log {
			if e.Kind == TicketCalled {
				called++
			}
		}
	})
	t.Logf("%d calls checked", called)
	if called < 100 {
		t.Errorf("only %d calls: the test proves little", called)
	}
}
