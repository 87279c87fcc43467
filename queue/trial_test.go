package queue_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// trialHall is an office that is tried out and served in by turns.
type trialHall struct {
	t     *rapid.T
	e     *queue.Engine
	store *memory.Store
	now   time.Time
	setup queue.Setup
	known map[string]queue.Ticket // Every ticket as it stands.
}

func newTrialHall(t *rapid.T) *trialHall {
	h := &trialHall{t: t, store: &memory.Store{}, now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), setup: queue.CommuneCentre(), known: map[string]queue.Ticket{}}
	h.e = h.load()
	return h
}

func (h *trialHall) load() *queue.Engine {
	e, err := queue.NewEngine(h.t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: h.store, Now: func() time.Time { return h.now }})
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

func (h *trialHall) do(c queue.Command) error {
	h.now = h.now.Add(time.Second)
	a := h.e.Together(h.t.Context(), c)[0]
	if a.Err == nil && a.Ticket.ID != "" {
		h.known[a.Ticket.ID] = queue.Ticket{}
	}
	for id := range h.known {
		got, err := h.e.Ticket(h.t.Context(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		got.Standing = nil // It moves by itself.
		h.known[id] = got
	}
	return a.Err
}

// step does something that staff, machines or citizens may do.
func (h *trialHall) step() {
	counter := rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(h.t, "counter")
	ids := append(slices.Sorted(maps.Keys(h.known)), "0")
	ticket := rapid.SampledFrom(ids).Draw(h.t, "ticket")
	switch rapid.IntRange(0, 5).Draw(h.t, "what") {
	case 0, 1:
		way := rapid.IntRange(0, 3).Draw(h.t, "way")
		_ = h.do(queue.TakeRequest{Service: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(h.t, "service"), Channel: queue.Kiosk, Hold: way == 1, Reserve: way == 2})
	case 2:
		_ = h.do(queue.SetCounterRequest{Counter: counter, State: rapid.SampledFrom([]queue.CounterState{queue.Opened, queue.Paused}).Draw(h.t, "state")})
	case 3:
		_ = h.do(queue.CounterRequest{Counter: counter})
	default: // Refused or not: nothing must bring a ticket of an ended trial back.
		_ = h.do(queue.ActRequest{Ticket: ticket, Counter: counter, Action: rapid.SampledFrom(queue.Actions()).Draw(h.t, "action"), Level: 5})
	}
}

// turn begins or ends the trial.
func (h *trialHall) turn() {
	before, was := maps.Clone(h.known), h.setup.Trial
	next := h.setup
	next.Trial = !was
	err := h.do(queue.ConfigureRequest{Setup: next})
	waits := false
	for _, t := range before {
		aside := t.State == queue.Held && t.HoldUntil.IsZero()
		waits = waits || !t.Trial && t.State.Open() && !aside
		if !t.Trial && !aside {
			if diff := cmp.Diff(t, h.known[t.ID]); diff != "" {
				h.t.Fatalf("a ticket that counts was touched (-before +after):\n%s", diff)
			}
		}
	}
	if refused := err != nil; refused != (next.Trial && waits) {
		h.t.Fatalf("trial %v → %v with somebody waiting (%v): %v", was, next.Trial, waits, err)
	}
	if err != nil {
		if code := queue.ErrorCode(err); code != queue.CodeSetupInUse {
			h.t.Fatalf("refused by %s", code)
		}
		return
	}
	h.setup = next
	counters, _ := h.e.Counters(h.t.Context())
	for _, c := range counters {
		if was && c.State != queue.Closed && c.Ticket == nil {
			h.t.Fatalf("counter %s is still %s after the trial", c.ID, c.State)
		}
	}
}

// check wants nothing of a trial to live or to be shown once it has ended.
func (h *trialHall) check() {
	if h.setup.Trial {
		return
	}
	tried := map[queue.Number]bool{}
	for _, t := range h.known {
		tried[t.Number] = t.Trial
		if t.Trial && t.State.Open() {
			h.t.Fatalf("%s of the trial is %s after its end", t.Number, t.State)
		}
	}
	board, err := h.e.Board(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, seat := range append(board.Serving, board.Recent...) {
		if tried[seat.Number] {
			h.t.Fatalf("the board shows %s of the trial", seat.Number)
		}
	}
}

func TestTrialLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newTrialHall(t)
		for range rapid.IntRange(1, 4).Draw(t, "turns") {
			for range rapid.IntRange(0, 12).Draw(t, "steps") {
				h.step()
				h.check()
			}
			h.turn()
			h.check()
		}
		want, _ := h.e.Board(t.Context())
		got, err := h.load().Board(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("after a restart the board is another: %v\n%s", err, diff)
		}
	})
}

// A number of an ended trial stays over, whoever asks in whatever way.
func TestNobodyRevivesATrial(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Trial = true
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	e := newEngine(t, queue.Config{Setup: setup, Now: func() time.Time { return now }})
	do := func(c queue.Command) queue.Answer { return e.Together(t.Context(), c)[0] }
	do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	missed := do(queue.CounterRequest{Counter: "1"}).Ticket
	do(queue.ActRequest{Ticket: missed.ID, Action: queue.Absent})
	waiting := do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk}).Ticket
	setup.Trial = false
	if err := do(queue.ConfigureRequest{Setup: setup}).Err; err != nil {
		t.Fatal(err)
	}
	for id, actions := range map[string][]queue.Action{missed.ID: {queue.Restore, queue.Undo}, waiting.ID: {queue.Undo, queue.Confirm}} {
		for _, a := range actions {
			err := do(queue.ActRequest{Ticket: id, Action: a}).Err
			if queue.ErrorCode(err) != queue.CodeWrongState {
				t.Errorf("%s of a number of the trial: %v", a, err)
			}
		}
	}
	if got := do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk}).Ticket; got.Trial || got.State != queue.Waiting {
		t.Errorf("the first number that counts is %s, trial %v", got.State, got.Trial)
	}
}

// What a trial has served takes nothing from the day's quotas, nor from what a
// person may have: whoever tried it out may come as a citizen.
func TestTrialUsesUpNothing(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Trial, setup.Services[0].Quota, setup.Rules.PersonMost = true, 1, 1
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	e := newEngine(t, queue.Config{Setup: setup, Now: func() time.Time { return now }})
	do := func(c queue.Command) queue.Answer { return e.Together(t.Context(), c)[0] }
	mine := queue.TakeRequest{Service: "A", Channel: queue.Phone, Person: "tel:0912345678"}
	do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	do(mine)
	tried := do(queue.CounterRequest{Counter: "1"}).Ticket
	if got := do(queue.ActRequest{Ticket: tried.ID, Action: queue.Finish}); got.Err != nil || got.Ticket.State != queue.Completed {
		t.Fatalf("%+v, %v", got.Ticket, got.Err)
	}
	if code := queue.ErrorCode(do(mine).Err); code != queue.CodeServiceFull && code != queue.CodePersonLimit {
		t.Errorf("limits are not tried out: %q", code)
	}
	setup.Trial = false
	if err := do(queue.ConfigureRequest{Setup: setup}).Err; err != nil {
		t.Fatal(err)
	}
	if got := do(mine); got.Err != nil || got.Ticket.Trial {
		t.Errorf("the first number that counts: %+v, %v", got.Ticket, got.Err)
	}
	if code := queue.ErrorCode(do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk}).Err); code != queue.CodeServiceFull {
		t.Errorf("a second one: %q, want %q", code, queue.CodeServiceFull)
	}
}
