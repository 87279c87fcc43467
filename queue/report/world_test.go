package report

import (
	"context"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// hall is an office in memory whose clock the test sets.
type hall struct {
	t      failer
	store  *memory.Store
	engine *queue.Engine
	now    time.Time
	zone   *time.Location
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

const office = "trung-tam"

// twoAgencies is an office with a line and a counter for each of two
// departments; counter 1 helps out everywhere.
func twoAgencies() queue.Setup {
	s := queue.CommuneCentre()
	s.Agencies = []queue.Agency{{ID: "tu-phap", Name: "Tư pháp", NameEN: "Justice"}, {ID: "dat-dai", Name: "Đất đai", NameEN: "Land"}}
	s.Services = []queue.Service{{ID: "A", Name: "Hộ tịch", Agency: "tu-phap"}, {ID: "B", Name: "Nhà đất", Agency: "dat-dai", Target: 10}}
	s.Counters = []queue.Counter{
		{ID: "1", Name: "Quầy số 1", Services: []string{"A", "B"}},
		{ID: "2", Name: "Quầy số 2", Agency: "dat-dai", Services: []string{"B"}},
	}
	s.Procedures = nil
	return s
}

func newHall(t failer, setup queue.Setup, begin string) *hall {
	t.Helper()
	zone, err := time.LoadLocation(setup.TimeZone)
	if err != nil {
		t.Fatalf("%v", err)
	}
	h := &hall{t: t, store: &memory.Store{}, zone: zone}
	h.clock(begin)
	seed := uint64(0)
	h.engine, err = queue.NewEngine(context.Background(), queue.Config{
		Setup: setup, Store: h.store, Secret: []byte("secret"), Now: func() time.Time { return h.now },
		Seed: func() uint64 { seed++; return seed },
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return h
}

// clock sets the time, "2026-11-20 07:30:00" in the office's zone.
func (h *hall) clock(at string) {
	h.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04:05", at, h.zone)
	if err != nil || now.Before(h.now) {
		h.t.Fatalf("time %q: %v", at, err)
	}
	h.now = now
}

// do does one command, which must succeed.
func (h *hall) do(c queue.Command) queue.Ticket {
	h.t.Helper()
	a := h.engine.Together(context.Background(), c)[0]
	if a.Err != nil {
		h.t.Fatalf("%s %+v: %v", h.now, c, a.Err)
	}
	return a.Ticket
}

func by(who string) queue.Meta { return queue.Meta{Caller: who} }

func (h *hall) take(want, service string, channel queue.Channel, class queue.Class) {
	h.t.Helper()
	got := h.do(queue.TakeRequest{Meta: by(string(channel)), Service: service, Channel: channel, Class: class})
	if got.Number.String() != want {
		h.t.Fatalf("%s: took %s, want %s", h.now, got.Number, want)
	}
}

func (h *hall) next(counter, want string) {
	h.t.Helper()
	if got := h.do(queue.CounterRequest{Meta: by("staff-1"), Counter: counter}); got.Number.String() != want {
		h.t.Fatalf("%s: counter %s called %s, want %s", h.now, counter, got.Number, want)
	}
}

func (h *hall) choose(counter, ticket, reason string) {
	h.t.Helper()
	h.do(queue.CallRequest{Meta: by("staff-1"), Counter: counter, Ticket: ticket, Reason: reason})
}

func (h *hall) act(ticket string, a queue.Action) {
	h.t.Helper()
	h.do(queue.ActRequest{Meta: by("staff-1"), Ticket: ticket, Action: a})
}

func (h *hall) counter(id string, state queue.CounterState, reason string) {
	h.t.Helper()
	h.do(queue.SetCounterRequest{Meta: by("staff-1"), Counter: id, State: state, Reason: reason})
}

// tick does what is due.
func (h *hall) tick() { h.engine.Together(context.Background()) }

// log is all that happened.
func (h *hall) log() []queue.Event {
	h.t.Helper()
	events, err := h.store.Read(context.Background(), office, 0, -1)
	if err != nil {
		h.t.Fatalf("%v", err)
	}
	return events
}

// figures are of one day.
func (h *hall) figures(day string) Figures {
	h.t.Helper()
	f, err := Of(context.Background(), h.store, office, day)
	if err != nil {
		h.t.Fatalf("%s: %v", day, err)
	}
	return f
}

func (f Figures) group(t *testing.T, id string) Group {
	t.Helper()
	for _, list := range [][]Group{f.Agencies, f.Services, f.Channels, f.Classes} {
		for _, g := range list {
			if g.ID == id {
				return g
			}
		}
	}
	t.Fatalf("no group %q", id)
	return Group{}
}
