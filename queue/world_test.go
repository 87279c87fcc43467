package queue

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// world is an office without an engine: decide and apply, one command at a
// time, and the log that comes of it.
type world struct {
	s    *state
	log  []Event
	now  time.Time
	seed uint64
}

// testing.T and rapid.T both are one.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func startOfTests() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) } // 08:00 in Viet Nam.

// newWorld founds an office and opens its day.
func newWorld(t failer, setup Setup) *world {
	t.Helper()
	w := &world{s: newState(setup.Office), now: startOfTests()}
	w.append(t, Event{Office: setup.Office, Seq: 1, At: w.now, Kind: OfficeConfigured, Actor: system, Setup: &setup})
	w.mustDo(t, Meta{}, tick{})
	return w
}

func (w *world) append(t failer, e Event) {
	t.Helper()
	if err := e.chain(w.s.hash); err != nil {
		t.Fatalf("event %d: %v", e.Seq, err)
	}
	w.s.apply(e)
	w.log = append(w.log, e)
}

// do decides a command and applies what comes of it, as the engine does.
func (w *world) do(t failer, m Meta, what any) (decision, error) {
	t.Helper()
	w.seed++
	d, err := decide(w.s, command{meta: m, do: what, seed: w.seed}, w.now)
	if err != nil {
		return d, err
	}
	for _, e := range d.events {
		w.append(t, e)
	}
	if d.key != nil {
		w.s.keys[keyID{d.key.Caller, d.key.Key}] = d.key
	}
	if p := d.person; p != nil {
		w.s.notePersons(*p)
	}
	if d.forget != (Forget{}) {
		w.s.persons = map[string][]string{}
	}
	return d, nil
}

func (w *world) mustDo(t failer, m Meta, what any) decision {
	t.Helper()
	d, err := w.do(t, m, what)
	if err != nil {
		t.Fatalf("%T %+v: %v", what, what, err)
	}
	return d
}

func (w *world) take(t failer, r TakeRequest) *Ticket {
	t.Helper()
	if r.Channel == "" {
		r.Channel = Kiosk
	}
	return w.s.tickets[w.mustDo(t, r.Meta, r).ticket]
}

func (w *world) setCounter(t failer, id string, to CounterState) {
	t.Helper()
	w.mustDo(t, Meta{}, SetCounterRequest{Counter: id, State: to})
}

// act does an action that must succeed and gives the ticket as it then stands.
func (w *world) act(t failer, r ActRequest) *Ticket {
	t.Helper()
	r.Caller = "staff-1"
	return w.s.tickets[w.mustDo(t, r.Meta, r).ticket]
}

// refuse does what must be refused, and leave nothing.
func (w *world) refuse(t failer, what any, want Code) {
	t.Helper()
	events := len(w.log)
	if _, err := w.do(t, Meta{}, what); ErrorCode(err) != want || len(w.log) != events {
		t.Fatalf("%T %+v: %v and %d events, want %s and none", what, what, err, len(w.log)-events, want)
	}
}

// next calls whoever is next.
func (w *world) next(t failer, counter string) *Ticket {
	t.Helper()
	return w.s.tickets[w.mustDo(t, Meta{Caller: "staff-1"}, CounterRequest{Meta: Meta{Caller: "staff-1"}, Counter: counter}).ticket]
}

// order calls and finishes everyone whom a counter may call, and gives their numbers.
func (w *world) order(t failer, counter string) (numbers []string) {
	t.Helper()
	for {
		d, err := w.do(t, Meta{}, CounterRequest{Counter: counter})
		if err != nil {
			if ErrorCode(err) != CodeNobodyWaiting {
				t.Fatalf("next at %s: %v", counter, err)
			}
			return numbers
		}
		numbers = append(numbers, w.s.tickets[d.ticket].Number.String())
		w.act(t, ActRequest{Ticket: d.ticket, Action: Finish})
	}
}

// wait lets time pass, with what it brings.
func (w *world) wait(t failer, d time.Duration) {
	t.Helper()
	w.now = w.now.Add(d)
	w.settle(t)
}

// settle does what is due, as the engine does before any command.
func (w *world) settle(t failer) {
	t.Helper()
	for round := 0; w.s.due(w.now); round++ {
		if round == 5+len(w.s.counters) { // Automatic calls come one by one.
			t.Fatalf("something is due at %s for ever", w.now)
		}
		w.mustDo(t, Meta{}, tick{})
	}
}

// whole checks that the log alone makes the same state.
func (w *world) whole(t failer) {
	t.Helper()
	if d := diffStates(w.s, replay(t, w.s.office, w.log)); d != "" {
		t.Fatalf("replay differs:\n%s", d)
	}
}

// force puts a ticket into any state, reachable by today's actions or not.
func (w *world) force(t failer, id string, to State, reason string) {
	t.Helper()
	ticket := *w.s.tickets[id]
	ticket.State, ticket.Reason, ticket.Version = to, reason, w.s.seq+1
	if to.InHand() {
		ticket.Counter = "1"
	}
	switch to {
	case Held:
		ticket.HoldUntil = w.now.Add(holdOther)
	case Completed, NoShow, Cancelled, Expired:
		ticket.FinishedAt = w.now
	}
	w.append(t, Event{Office: w.s.office, Seq: w.s.seq + 1, At: w.now, Kind: TicketIssued, Actor: "test", Ticket: &ticket})
}

// replay makes the state anew from stored events.
func replay(t failer, office string, log []Event) *state {
	t.Helper()
	s := newState(office)
	for _, e := range log {
		body, err := e.Body()
		if err != nil {
			t.Fatalf("%v", err)
		}
		stored, err := DecodeEvent(body, e.Hash)
		if err != nil {
			t.Fatalf("%v", err)
		}
		s.apply(stored)
	}
	return s
}

// diffStates compares whole states with every index, but for request keys,
// persons and the secret, which are not in the log.
func diffStates(want, got *state) string {
	return cmp.Diff(want, got,
		cmp.AllowUnexported(state{}, desk{}, place{}, lineKey{}, undoable{}, turn{}),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmpopts.IgnoreFields(state{}, "keys", "persons", "secret", "life", "effects"), cmpopts.EquateEmpty())
}

func TestReplayNoticesADifference(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.take(t, TakeRequest{Service: "A"})
	w.take(t, TakeRequest{Service: "B"})
	if d := diffStates(w.s, replay(t, w.s.office, w.log)); d != "" {
		t.Errorf("replay differs:\n%s", d)
	}
	if diffStates(w.s, replay(t, w.s.office, w.log[:len(w.log)-1])) == "" {
		t.Error("a missing event made no difference: the comparison sees nothing")
	}
}
