package queue

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// machine drives an office with random commands and checks the promises of
// the order after each of them, by brute force. What it expects it takes from
// the log and from the tickets' fields, never from the state's indexes.
type machine struct {
	*world
	rates   map[Class]int64 // Whole numbers, so that the oracle reckons exactly.
	issued  map[string]int  // "day service" → the latest number given out.
	ids     map[string]bool
	open    int // Tickets issued or taken over today.
	used    []keyed
	history map[string][]Event // Ticket id → its events, of all days.
	second  map[string]bool    // Services whose latest call today was of a returned ticket.
	stops   map[string]bool    // Services that staff have stopped today; "" = all.
	cards   []shown
	told    *Told // What the command in hand says of a number set aside.
}

// keyed is a command that was done under a request key.
type keyed struct {
	meta   Meta
	what   any
	answer decision
}

func newMachine(t *rapid.T) *machine {
	m := &machine{
		issued: map[string]int{}, ids: map[string]bool{}, history: map[string][]Event{}, second: map[string]bool{}, stops: map[string]bool{},
	}
	m.world = newWorld(t, m.drawSetup(t))
	m.s.secret = []byte("secret")
	m.readRates()
	for _, c := range m.s.setup.Counters {
		m.setCounter(t, c.ID, Opened)
	}
	return m
}

// drawSetup is an office under any rules.
func (m *machine) drawSetup(t *rapid.T) Setup {
	setup := CommuneCentre()
	if rapid.Bool().Draw(t, "hours") {
		for day := time.Sunday; day <= time.Saturday; day++ {
			setup.Hours = append(setup.Hours, Hours{day, "07:30", "11:30"}, Hours{day, "13:00", "24:00"})
		}
		setup.Days = rapid.SampledFrom([][]Day{nil, nil, {{Date: "2026-11-24"}, {Date: "2026-11-25", Hours: []Span{{"09:00", "12:00"}}}}}).Draw(t, "days")
	}
	setup.Rules = Rules{
		CheckIn:         rapid.Bool().Draw(t, "check-in"),
		RemoteUntil:     rapid.SampledFrom([]string{"", "08:30", "16:00"}).Draw(t, "remote until"),
		CallsMost:       rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "calls"),
		NoShowSeconds:   rapid.SampledFrom([]int{0, 0, 45}).Draw(t, "no-show"),
		LaterMost:       rapid.SampledFrom([]int{0, 1, 5}).Draw(t, "later"),
		LastMinutes:     rapid.SampledFrom([]int{0, 0, 60}).Draw(t, "last minutes"),
		CardOnly:        rapid.SampledFrom([]bool{false, false, true}).Draw(t, "card only"),
		AutoCall:        rapid.SampledFrom([]bool{false, false, true}).Draw(t, "auto"),
		AutoCallSeconds: rapid.SampledFrom([]int{0, 0, 20}).Draw(t, "peace"),
		HelpFactor:      rapid.SampledFrom([]float64{0, 0.5, 2}).Draw(t, "help"),
	}
	fast := rapid.SampledFrom([]float64{1, 2, 3, 4}).Draw(t, "rate")
	setup.Rates = Rates{Normal: 1, Appointment: fast, Priority: 3}
	if rapid.Bool().Draw(t, "helps") {
		setup.Counters[1].Helps, setup.Counters[3].Helps = []string{"C", "D"}, []string{"A"}
	}
	a, b := &setup.Services[0], &setup.Services[1]
	a.Quota = rapid.SampledFrom([]int{0, 0, 6}).Draw(t, "quota")
	a.Quotas = rapid.SampledFrom([]map[Channel]int{nil, nil, {Web: 1, SMS: 0}}).Draw(t, "quotas")
	b.First = rapid.SampledFrom([]int{0, 0, 100}).Draw(t, "first")
	b.Last = rapid.SampledFrom([]int{0, 0, 103}).Draw(t, "last")
	return setup
}

func (m *machine) readRates() {
	r := m.s.setup.Rates
	m.rates = map[Class]int64{Normal: int64(r.Normal), Appointment: int64(r.Appointment), Priority: int64(r.Priority)}
}

// send does a command, perhaps under a key, and notes what came of it.
func (m *machine) send(t *rapid.T, what any) error {
	m.settle(t) // The engine does first what is due.
	events := len(m.log)
	m.told = nil
	if r, ok := what.(ActRequest); ok {
		m.told = r.Told
	}
	meta := Meta{Caller: rapid.SampledFrom([]string{"kiosk-1", "staff-2"}).Draw(t, "caller")}
	if rapid.Bool().Draw(t, "keyed") {
		meta.Key = "key-" + strconv.Itoa(len(m.used))
	}
	d, err := m.do(t, meta, what)
	if err != nil {
		if len(m.log) != events {
			t.Fatalf("%v left %d events", err, len(m.log)-events)
		}
		return err
	}
	if meta.Key != "" {
		m.used = append(m.used, keyed{meta, what, d})
	}
	m.note(t, m.log[events:])
	return nil
}

// note checks events as they happen.
func (m *machine) note(t *rapid.T, events []Event) {
	for _, e := range events {
		switch e.Kind {
		case DayOpened:
			m.open, m.second, m.stops = len(e.Opening.Tickets), map[string]bool{}, map[string]bool{}
		case IssuingStopped, IssuingResumed:
			if e.Kind == IssuingResumed && e.Service == "" {
				clear(m.stops)
			}
			m.stops[e.Service] = e.Kind == IssuingStopped
		case TicketIssued, TicketHeld:
			m.noteNumber(t, e)
		case TicketCalled:
			m.second[e.Ticket.Service] = e.Ticket.Returned
		}
		if e.Ticket != nil {
			m.noteChange(t, e)
			m.history[e.Ticket.ID] = append(m.history[e.Ticket.ID], e)
		}
	}
}

// nextNumber is the next number of a series.
func (m *machine) nextNumber(v Service) int { return max(m.issued[m.s.day+" "+v.ID]+1, v.First) }

// noteNumber checks numbers as they are given out.
func (m *machine) noteNumber(t *rapid.T, e Event) {
	series := e.Ticket.Day + " " + e.Ticket.Service
	v, _ := m.s.service(e.Ticket.Service)
	want := m.nextNumber(v)
	m.issued[series] = want
	m.open++
	if e.Ticket.Number != (Number{e.Ticket.Service, want}) || (v.Last > 0 && want > v.Last) {
		t.Fatalf("%s gave %s, want %d of %d to %d", series, e.Ticket.Number, want, v.First, v.Last)
	}
	if m.ids[e.Ticket.ID] {
		t.Fatalf("id %s twice", e.Ticket.ID)
	}
	m.ids[e.Ticket.ID] = true
	if _, ok := ParseCode(e.Ticket.Code); !ok {
		t.Fatalf("code %q is none", e.Ticket.Code)
	}
	if class, from := m.worth(*e.Ticket, e.At); e.Ticket.Presence == Present && e.Ticket.Class != Priority && (e.Ticket.Class != class || !e.Ticket.EligibleAt.Equal(from)) {
		t.Fatalf("%s is %s from %s, want %s from %s", e.Ticket.Number, e.Ticket.Class, e.Ticket.EligibleAt, class, from)
	}
}

// worth is what a ticket that comes at now is worth: an appointment from its
// time, if its holder is at most ten minutes late, or from now; after half an
// hour an ordinary ticket.
func (m *machine) worth(k Ticket, now time.Time) (Class, time.Time) {
	if k.Slot.IsZero() {
		return k.Class, now
	}
	switch late := now.Sub(k.Slot); {
	case late > 30*time.Minute:
		return Normal, now
	case late > 10*time.Minute:
		return Appointment, now
	default:
		return Appointment, k.Slot
	}
}

// noteChange compares a ticket with what it was: what a ticket is never
// changes, and its place only by what may change it, never for the better.
func (m *machine) noteChange(t *rapid.T, e Event) {
	past := m.history[e.Ticket.ID]
	if len(past) == 0 {
		return
	}
	was, is := past[len(past)-1].Ticket, e.Ticket
	if aside := was.State == Held && was.HoldUntil.IsZero(); aside && e.Kind == TicketConfirmed {
		was = m.givenOut(t, e, *was)
	}
	if is.Number != was.Number || is.Code != was.Code || is.Channel != was.Channel || !is.Slot.Equal(was.Slot) ||
		is.Day != was.Day || !is.IssuedAt.Equal(was.IssuedAt) || is.Version != e.Seq || is.Version <= was.Version {
		t.Fatalf("%s made another ticket of %+v: %+v", e.Kind, was, is)
	}
	if absent := m.s.setup.Rules.CheckIn && is.Presence == Remote; is.Reason == ReasonCutoff && e.Kind == TicketExpired && !absent {
		t.Fatalf("%s is there and ended at the cutoff", is.Number)
	}
	m.noteClass(t, e, was)
	switch e.Kind {
	case TicketUndone:
		m.noteUndone(t, e, past)
	case TicketEntitled: // Staff see the holder: a booked time to come is waited for no more.
		if want := was.EligibleAt; !is.EligibleAt.Equal(want) && !(want.After(e.At) && is.EligibleAt.Equal(e.At)) {
			t.Fatalf("%s moved %s from %s to %s", e.Kind, is.Number, want, is.EligibleAt)
		}
	case TicketCheckedIn, TicketPushedBack:
		if is.EligibleAt.Before(was.EligibleAt) {
			t.Fatalf("%s moved %s forward", e.Kind, is.Number)
		}
	default:
		if !is.EligibleAt.Equal(was.EligibleAt) {
			t.Fatalf("%s moved %s in its line", e.Kind, is.Number)
		}
	}
}

// givenOut is what a number set aside becomes when a citizen gets it: it counts
// from when the machine says, but neither from before it was set aside nor from
// the future; the rest of what the machine says holds where it can.
func (m *machine) givenOut(t *rapid.T, e Event, was Ticket) *Ticket {
	told := Told{}
	if m.told != nil {
		told = *m.told
	}
	at := e.At
	if !told.At.IsZero() && told.At.Before(at) {
		at = told.At
		if at.Before(was.IssuedAt) {
			at = was.IssuedAt
		}
	}
	was.IssuedAt, was.EligibleAt = at, at
	if told.Class == Priority && !m.s.setup.Rules.CardOnly {
		was.Class, was.Entitlement = Priority, Declared
	}
	if told.Language == "en" {
		was.Language = "en"
	}
	if e.Ticket.Language != was.Language {
		t.Fatalf("%s speaks %q, want %q", was.Number, e.Ticket.Language, was.Language)
	}
	return &was
}

// noteClass: a class changes when staff look, and when the holder of an
// appointment comes late; what it rests on only when staff look.
func (m *machine) noteClass(t *rapid.T, e Event, was *Ticket) {
	is, class, rests := e.Ticket, was.Class, was.Entitlement
	switch e.Kind {
	case TicketUndone:
		return // noteUndone knows.
	case TicketEntitled:
		class, rests = Priority, Confirmed
	case TicketDisentitled:
		if was.Class != Priority {
			t.Fatalf("%s lost a priority that it had not", is.Number)
		}
		class, rests = Normal, Refused
	case TicketCheckedIn:
		if was.Class == Appointment && !was.Slot.IsZero() {
			var from time.Time
			class, from = m.worth(*was, e.At)
			if was.LaterCount == 0 && !is.EligibleAt.Equal(from) {
				t.Fatalf("%s, booked for %s, came at %s and counts from %s", is.Number, is.Slot, e.At, is.EligibleAt)
			}
		}
	}
	if is.Class != class || is.Entitlement != rests {
		t.Fatalf("%s made %s on %q of %s on %q", e.Kind, is.Class, is.Entitlement, was.Class, was.Entitlement)
	}
}

// noteUndone: the ticket is as it was before its latest event, which was the
// staff's and fresh.
func (m *machine) noteUndone(t *rapid.T, e Event, past []Event) {
	taken := past[len(past)-1]
	staff := []Kind{
		TicketCalled, TicketRecalled, TicketStarted, TicketFinished, TicketNoShow, TicketPushedBack, TicketParked,
		TicketResumed, TicketTransferred, TicketRequeued, TicketRestored, TicketCancelled, TicketEntitled, TicketDisentitled,
	}
	if taken.Actor == system || !slices.Contains(staff, taken.Kind) || e.At.Sub(taken.At) > time.Minute {
		t.Fatalf("%s by %q at %s was undone at %s", taken.Kind, taken.Actor, taken.At, e.At)
	}
	want, got := *past[len(past)-2].Ticket, *e.Ticket
	want.Version = got.Version
	if got.ResumeAt.IsZero() && got.State == Parked {
		want.ResumeAt = time.Time{}
	}
	if at, ever := m.givenUp(want); ever && !at.After(e.At) {
		want.CalledAt = e.At // Its time had run out.
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("undo of %s:\n%s", taken.Kind, diff)
	}
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

// several does a few things in a row, moments apart.
func (m *machine) several(f func(*rapid.T)) func(*rapid.T) {
	return func(t *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(t, "several") {
			m.now = m.now.Add(700 * time.Millisecond)
			f(t)
			m.check(t)
		}
	}
}

// serve is a counter at work: it ends what it has in hand and calls the next.
func (m *machine) serve(t *rapid.T) {
	counter := m.anyCounter(t)
	if id := m.s.inHand(counter); id != "" {
		ends := []Action{Finish, Finish, Absent, Requeue, Park, Later, Transfer}
		_ = m.send(t, m.drawAct(t, id, rapid.SampledFrom(ends).Draw(t, "end")))
	}
	m.next(t, counter)
}

func (m *machine) callAny(t *rapid.T) {
	_ = m.send(t, CallRequest{
		Counter: m.anyCounter(t), Ticket: m.anyTicket(t),
		Reason: rapid.SampledFrom([]string{"", "  ", "bệnh nặng"}).Draw(t, "reason"),
	})
}

// actAny does any action, more often than not on a ticket that allows it, and
// compares with the table of the reference.
func (m *machine) actAny(t *rapid.T) {
	m.settle(t)
	action := rapid.SampledFrom(Actions()).Draw(t, "action")
	ref := m.anyTicket(t)
	if fit := m.fitting(action); len(fit) > 0 && rapid.IntRange(0, 4).Draw(t, "fit") > 0 {
		ref = rapid.SampledFrom(fit).Draw(t, "fitting")
	}
	r := m.drawAct(t, ref, action)
	var before Ticket
	if found, err := m.s.find(ref); err == nil {
		before = *found
	}
	err := m.send(t, r)
	want, allowed := life()[before.State][action]
	switch {
	case before.ID == "" || action == Undo:
	case before.State == Cancelled && action == Confirm:
		want, allowed = step{to: Waiting}, before.Reason == ReasonUndelivered
		fallthrough
	default:
		after := m.s.tickets[before.ID]
		if !allowed && ErrorCode(err) != CodeWrongState && ErrorCode(err) != CodeStaleVersion {
			t.Fatalf("%s of a %s ticket: %v, now %s", action, before.State, err, after.State)
		}
		if allowed && err == nil && after.State != want.to {
			t.Fatalf("%s of a %s ticket made it %s, want %s", action, before.State, after.State, want.to)
		}
	}
}

// fitting lists the tickets whose state allows an action.
func (m *machine) fitting(a Action) (ids []string) {
	for _, id := range m.s.ticketIDs() {
		_, allowed := life()[m.s.tickets[id].State][a]
		if _, undoable := m.s.undo[id]; (a == Undo && undoable) || allowed {
			ids = append(ids, id)
		}
	}
	return ids
}

// drawAct fills in what an action reads.
func (m *machine) drawAct(t *rapid.T, ref string, a Action) ActRequest {
	r := ActRequest{Ticket: ref, Action: a, Reason: rapid.SampledFrom([]string{"", "giấy tờ"}).Draw(t, "why")}
	switch a {
	case Later:
		r.Places = rapid.IntRange(-1, 6).Draw(t, "places")
	case Park:
		after := rapid.SampledFrom([]time.Duration{-1, 0, 0, time.Second, 30 * time.Second, 10*time.Minute + 1}).Draw(t, "resume")
		if after != 0 {
			r.ResumeAt = m.now.Add(after)
		}
	case Resume:
		r.Counter = rapid.SampledFrom([]string{"", "1", "2", "3", "4", "9"}).Draw(t, "at")
	case Transfer:
		if rapid.Bool().Draw(t, "to counter") {
			r.Counter = m.anyCounter(t)
		} else {
			r.Service = rapid.SampledFrom([]string{"A", "B", "C", "D", "Z", ""}).Draw(t, "to")
		}
	case Confirm:
		if rapid.Bool().Draw(t, "told") {
			r.Told = &Told{
				Class: rapid.SampledFrom([]Class{"", Normal, Priority, Appointment}).Draw(t, "as"), Language: rapid.SampledFrom([]string{"", "en", "!"}).Draw(t, "in"),
			}
			if ago := rapid.SampledFrom([]time.Duration{-1, -time.Second, 0, time.Second, time.Minute, 2 * time.Hour}).Draw(t, "ago"); ago != -1 {
				r.Told.At = m.now.Add(-ago)
			}
		}
	case Rate:
		r.Level = rapid.IntRange(0, 6).Draw(t, "level")
	}
	if found, err := m.s.find(ref); err == nil && rapid.Bool().Draw(t, "versioned") {
		r.Version = found.Version - rapid.SampledFrom([]int64{0, 0, 0, 1}).Draw(t, "stale")
	}
	return r
}

func (m *machine) setAny(t *rapid.T) {
	_ = m.send(t, SetCounterRequest{
		Counter: m.anyCounter(t), State: rapid.SampledFrom([]CounterState{Opened, Opened, Paused, Closed, "dancing"}).Draw(t, "state"),
		InHand: rapid.SampledFrom([]Action{"", Finish, Requeue, Park, Absent, Start}).Draw(t, "in hand"),
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
	if err != nil || len(m.log) != events || d.ticket != u.answer.ticket || d.card != u.answer.card || d.counter != u.answer.counter {
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
		10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 40 * time.Minute, 3 * time.Hour, 26 * time.Hour,
	})
	m.now = m.now.Add(step.Draw(t, "step") * time.Duration(rapid.IntRange(1, 3).Draw(t, "times")))
	m.settle(t)
	m.checkOverdue(t)
}

// givenUp is when a called ticket counts as a no-show, if ever.
func (m *machine) givenUp(k Ticket) (at time.Time, ever bool) {
	rules := m.s.setup.Rules
	calls := map[int]int{0: 5, 1: 1, 2: 2}[rules.CallsMost]
	ever = k.State == Called && rules.NoShowSeconds > 0 && len(k.Needs) == 0 && k.CallCount >= calls
	return k.CalledAt.Add(time.Duration(rules.NoShowSeconds) * time.Second), ever
}

// checkOverdue: nothing is left that time should have brought.
func (m *machine) checkOverdue(t *rapid.T) {
	rules := m.s.setup.Rules
	over := func(limit time.Time) bool { return !limit.After(m.now) }
	for _, k := range m.s.tickets {
		gone, ever := m.givenUp(*k)
		switch {
		case k.State == Held && !k.HoldUntil.IsZero() && over(k.HoldUntil):
			t.Fatalf("%s is still held", k.Number)
		case k.State == Parked && !k.ResumeAt.IsZero() && over(k.ResumeAt):
			t.Fatalf("%s is still parked", k.Number)
		case ever && over(gone):
			t.Fatalf("%s is still called", k.Number)
		case k.State == Waiting && rules.CheckIn && k.Presence == Remote && rules.RemoteUntil != "":
			cutoff, err := time.ParseInLocation("2006-01-02 15:04", k.Day+" "+rules.RemoteUntil, m.s.location)
			if err != nil || over(cutoff) {
				t.Fatalf("%s still waits after %s, %v", k.Number, rules.RemoteUntil, err)
			}
		}
	}
}

// settle does what is due; a day that turns may bring more.
func (m *machine) settle(t *rapid.T) {
	for round := 0; m.s.due(m.now); round++ {
		if round == 10+len(m.s.counters) {
			t.Fatalf("something is due at %s for ever", m.now)
		}
		m.tick(t)
	}
	m.checkIdle(t)
}

func (m *machine) tick(t *rapid.T) {
	events := len(m.log)
	counter, ticket := m.autoOracle()
	m.mustDo(t, Meta{}, tick{})
	happened := m.log[events:]
	m.note(t, happened)
	for _, e := range happened {
		if e.Kind == TicketCalled && (len(happened) != 1 || e.Actor != system || ticket == nil || e.Ticket.ID != ticket.ID || e.Counter != counter) {
			t.Fatalf("counter %s calls %s by itself with %d other events, want counter %s and %+v", e.Counter, e.Ticket.Number, len(happened)-1, counter, ticket)
		}
	}
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
	for _, v := range m.s.setup.Services { // Nobody waits in a line that does not exist.
		waiting += m.s.waiting.waiting(v.ID)
	}
	timed, aside := 0, 0
	for _, ticket := range m.s.tickets {
		switch {
		case ticket.State == Parked && !ticket.ResumeAt.IsZero():
			timed++
		case ticket.State == Held && ticket.HoldUntil.IsZero():
			aside++ // Until the day ends.
		}
	}
	if waiting != states[Waiting] || len(m.s.holds) != states[Held]-aside || len(m.s.resumes) != timed {
		t.Fatalf("%d in lines, %d waiting; %d holds, %d held, %d set aside; %d resumes, %d parked for a time",
			waiting, states[Waiting], len(m.s.holds), states[Held], aside, len(m.s.resumes), timed)
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
// since the day was opened, with every index, what may be undone and whose
// call was the last among them: a new day begins without either, live as in a
// replay, so that they must be equal too. The choices are the same, and the
// chain of hashes is whole.
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
		again := replay(t, m.s.office, part)
		if d := diffStates(m.s, again); d != "" {
			t.Fatalf("replay of %d events differs:\n%s", len(part), d)
		}
		for _, c := range m.s.setup.Counters {
			live, ok := m.s.nextFor(c, m.now)
			if got, same := again.nextFor(c, m.now); same != ok || comparePlaces(got, live) != 0 {
				t.Fatalf("after a replay counter %s would call %v, not %v", c.ID, got, live)
			}
		}
	}
}

// rare counts what few days have in them.
type rare struct {
	kinds                                                map[Kind]int
	returns, onlys, autos, slots, cards, helps, redeemed int
}

func (r *rare) count(m *machine) {
	for _, e := range m.log {
		r.kinds[e.Kind]++
		if past := m.history; e.Kind == TicketConfirmed && past[e.Ticket.ID][0].Ticket.HoldUntil.IsZero() && past[e.Ticket.ID][0].Kind == TicketHeld {
			r.redeemed++
		}
		if e.Kind != TicketCalled {
			continue
		}
		c, _, _ := m.s.counter(e.Counter)
		for n, is := range map[*int]bool{
			&r.returns: e.Ticket.Returned, &r.onlys: e.Ticket.Only != "", &r.autos: e.Actor == system, &r.slots: e.Ticket.booked(),
			&r.cards: e.Ticket.Entitlement == ByCard, &r.helps: slices.Contains(c.Helps, e.Ticket.Service),
		} {
			if is {
				*n++
			}
		}
	}
}

// missing lists what never happened: of that the test would prove nothing.
func (r *rare) missing() (names []string) {
	for _, k := range append(staffKinds(), TicketConfirmed, TicketLapsed, TicketCheckedIn, TicketExpired, TicketUndone, TicketRated,
		IssuingStopped, IssuingResumed, CardIssued, CardRevoked, OfficeConfigured, CallAnnounced) {
		if r.kinds[k] == 0 {
			names = append(names, string(k))
		}
	}
	if r.kinds[TicketCalled] < 100 {
		names = append(names, "a hundred calls")
	}
	for name, n := range map[string]int{
		"a returned one called": r.returns, "one counter's own": r.onlys, "called by itself": r.autos, "booked": r.slots, "with a card": r.cards,
		"as a help": r.helps, "set aside and given out": r.redeemed,
	} {
		if n == 0 {
			names = append(names, name)
		}
	}
	return names
}

// Chance may leave out of some days what is rare; then more days are lived.
func TestAnyDayKeepsThePromises(t *testing.T) {
	seen := rare{kinds: map[Kind]int{}}
	for range 20 {
		rapid.Check(t, func(t *rapid.T) {
			m := newMachine(t)
			t.Repeat(map[string]func(*rapid.T){
				"take": m.takeAny, "crowd": m.crowd, "crowd again": m.crowd,
				"next": func(t *rapid.T) { m.next(t, m.anyCounter(t)) },
				"call": m.callAny, "serve": m.several(m.serve), "serve more": m.several(m.serve),
				"act": m.several(m.actAny), "act more": m.several(m.actAny), "set": m.setAny,
				"repeat": m.repeat, "pass": m.pass, "": m.check,
				"configure": m.configure, "issuing": m.issuing, "card": m.handle, "heard": m.hear,
			})
			m.checkReplay(t)
			seen.count(m)
		})
		if len(seen.missing()) == 0 {
			break
		}
	}
	t.Logf("%+v", seen)
	if names := seen.missing(); len(names) > 0 {
		t.Errorf("never happened: %q: the test proves nothing of it", names)
	}
}
