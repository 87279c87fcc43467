// Package storetest holds every store to one behaviour: the same suite runs
// over memory, SQLite and whatever comes later.
package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xinmoi/xinmoi/queue"
)

// Store is what the suite needs of a store.
type Store interface {
	queue.Store
	Persons(ctx context.Context, office string) ([]queue.PersonRecord, error)
}

// Run runs the suite; open gives a fresh, empty store.
func Run(t *testing.T, open func(t *testing.T) Store) {
	tests := map[string]func(*testing.T, Store){
		"what was appended is read back":  readBack,
		"a wrong cursor is fenced":        fenced,
		"two owners race":                 race,
		"load starts at the latest day":   loadDay,
		"keys and persons are kept apart": sideData,
		"tickets are found by their id":   tickets,
		"so are those of days before":     endedTickets,
		"an unknown office is empty":      unknown,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

const office = "o"

func at(i int64) time.Time { return time.UnixMilli(1_750_000_000_000 + i*1000).UTC() }

// event makes a plausible ticket event.
func event(seq int64, kind queue.Kind, ticket string, state queue.State) queue.Event {
	e := queue.Event{Office: office, Seq: seq, At: at(seq), Kind: kind, Actor: "test", Hash: fmt.Sprintf("h%d", seq)}
	if ticket != "" {
		e.Ticket = &queue.Ticket{
			ID: ticket, Office: office, Number: queue.Number{Prefix: "A", N: int(seq)}, Code: "123456782",
			Service: "A", State: state, Class: queue.Normal, Channel: queue.Kiosk, Presence: queue.Present,
			Language: "vi", Needs: []string{"wheelchair"}, IssuedAt: at(seq), EligibleAt: at(seq), Day: "2025-06-15", Version: seq,
		}
	}
	return e
}

func day(seq int64) queue.Event {
	e := event(seq, queue.DayOpened, "", "")
	setup := queue.CommuneCentre()
	e.Setup, e.Opening = &setup, &queue.Opening{Day: "2025-06-15", Counters: []queue.CounterSeat{{ID: "1", State: queue.Opened}}}
	return e
}

func mustAppend(t *testing.T, s queue.Store, b queue.Batch) {
	t.Helper()
	b.Office = office
	if err := s.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t *testing.T, s queue.Store, after int64, limit int) []queue.Event {
	t.Helper()
	events, err := s.Read(t.Context(), office, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(queue.Event{}), cmpopts.EquateEmpty())
}

func readBack(t *testing.T, s Store) {
	want := []queue.Event{
		day(1), event(2, queue.TicketIssued, "2", queue.Waiting), event(3, queue.TicketIssued, "3", queue.Waiting),
		event(4, queue.TicketCancelled, "2", queue.Cancelled),
	}
	mustAppend(t, s, queue.Batch{After: 0, Events: want[:2]})
	mustAppend(t, s, queue.Batch{After: 2, Events: want[2:]})
	if d := diff(want, mustRead(t, s, 0, 100)); d != "" {
		t.Error(d)
	}
	if d := diff(want[1:3], mustRead(t, s, 1, 2)); d != "" {
		t.Error(d)
	}
	for after := range int64(5) { // Wherever one batch ends and the next begins.
		for limit := range 6 {
			if d := diff(want[after:min(after+int64(limit), 4)], mustRead(t, s, after, limit)); d != "" {
				t.Errorf("%d after %d: %s", limit, after, d)
			}
		}
	}
	if got := mustRead(t, s, 4, 10); len(got) != 0 {
		t.Errorf("read %d events behind the end", len(got))
	}
}

func fenced(t *testing.T, s Store) {
	mustAppend(t, s, queue.Batch{Events: []queue.Event{day(1)}})
	for _, after := range []int64{0, 2} {
		err := s.Append(t.Context(), queue.Batch{
			Office: office, After: after, Events: []queue.Event{event(after+1, queue.TicketIssued, "9", queue.Waiting)},
			Keys:    []queue.KeyRecord{{Caller: "c", Key: "k", At: at(1)}},
			Persons: []queue.PersonRecord{{Ticket: "9", Person: "tel:+84900000000", At: at(1)}},
		})
		if queue.ErrorCode(err) != queue.CodeFenced {
			t.Fatalf("append after %d: %v, want fenced", after, err)
		}
	}
	if got := mustRead(t, s, 0, 10); len(got) != 1 {
		t.Errorf("a fenced batch left %d events, want 1", len(got))
	}
	if _, err := s.Ticket(t.Context(), office, "9"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
		t.Errorf("a fenced batch left its ticket row: %v", err)
	}
	loaded, err := s.Load(t.Context(), office, at(0))
	if err != nil || len(loaded.Keys) != 0 {
		t.Errorf("a fenced batch left %d keys, %v", len(loaded.Keys), err)
	}
}

// race lets two owners who both believe they own the office append at once.
func race(t *testing.T, s Store) {
	const each = 50
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	var owners sync.WaitGroup
	for owner := range 2 {
		owners.Go(func() {
			var after int64
			for n := 0; n < each; {
				e := event(after+1, queue.TicketIssued, fmt.Sprint(1000*(owner+1)+n), queue.Waiting)
				err := s.Append(context.Background(), queue.Batch{Office: office, After: after, Events: []queue.Event{e}})
				switch {
				case err == nil:
					mu.Lock()
					acknowledged[e.Ticket.ID] = true
					mu.Unlock()
					n++
					after++
				case queue.ErrorCode(err) == queue.CodeFenced:
					events, err := s.Read(context.Background(), office, after, 1000)
					if err != nil {
						t.Error(err)
						return
					}
					after += int64(len(events))
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	owners.Wait()
	log := mustRead(t, s, 0, 1000)
	if len(log) != 2*each || len(acknowledged) != 2*each {
		t.Fatalf("%d events, %d acknowledged, want %d each", len(log), len(acknowledged), 2*each)
	}
	for i, e := range log {
		if e.Seq != int64(i+1) || !acknowledged[e.Ticket.ID] {
			t.Errorf("event %d has seq %d, ticket %s", i, e.Seq, e.Ticket.ID)
		}
	}
}

func loadDay(t *testing.T, s Store) {
	first, second := day(1), day(3)
	mustAppend(t, s, queue.Batch{Events: []queue.Event{
		first, event(2, queue.TicketIssued, "2", queue.Waiting), second, event(4, queue.TicketIssued, "4", queue.Waiting),
	}})
	loaded, err := s.Load(t.Context(), office, at(0))
	if err != nil {
		t.Fatal(err)
	}
	if d := diff([]queue.Event{second, event(4, queue.TicketIssued, "4", queue.Waiting)}, loaded.Events); d != "" {
		t.Error(d)
	}
}

func sideData(t *testing.T, s Store) {
	old := queue.KeyRecord{Caller: "kiosk-1", Key: "old", Fingerprint: "f", At: at(1), Ticket: "2", Counter: ""}
	young := queue.KeyRecord{Caller: "kiosk-1", Key: "young", Fingerprint: "g", At: at(50), Counter: "1"}
	him := queue.PersonRecord{Ticket: "2", Person: "tel:+84912345678", At: at(1)}
	her := queue.PersonRecord{Ticket: "3", Person: "telegram:77", At: at(50)}
	mustAppend(t, s, queue.Batch{Events: []queue.Event{day(1)}, Keys: []queue.KeyRecord{old}, Persons: []queue.PersonRecord{him}})
	// A batch may hold keys alone: a repeatable command that changed nothing.
	mustAppend(t, s, queue.Batch{After: 1, Keys: []queue.KeyRecord{young}, Persons: []queue.PersonRecord{her}})

	loaded, err := s.Load(t.Context(), office, at(10))
	if err != nil {
		t.Fatal(err)
	}
	if d := diff([]queue.KeyRecord{young}, loaded.Keys); d != "" {
		t.Error(d)
	}
	persons, err := s.Persons(t.Context(), office)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff([]queue.PersonRecord{him, her}, persons); d != "" {
		t.Error(d)
	}
	mustAppend(t, s, queue.Batch{After: 1, ForgetBefore: queue.Forget{Persons: at(60), Keys: at(10)}})
	if persons, err = s.Persons(t.Context(), office); err != nil || len(persons) != 0 {
		t.Errorf("%d persons left, %v", len(persons), err)
	}
	loaded, err = s.Load(t.Context(), office, at(0))
	if err != nil {
		t.Fatal(err)
	}
	if d := diff([]queue.KeyRecord{young}, loaded.Keys); d != "" {
		t.Error(d)
	}
}

func tickets(t *testing.T, s Store) {
	events := []queue.Event{
		day(1), event(2, queue.TicketIssued, "2", queue.Waiting), event(3, queue.TicketCalled, "2", queue.Called),
		event(4, queue.TicketIssued, "4", queue.Waiting),
	}
	mustAppend(t, s, queue.Batch{Events: events[:2]})
	mustAppend(t, s, queue.Batch{After: 2, Events: events[2:]})
	for id, want := range map[string]*queue.Ticket{"2": events[2].Ticket, "4": events[3].Ticket} {
		got, err := s.Ticket(t.Context(), office, id)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(*want, got); d != "" {
			t.Errorf("ticket %s: %s", id, d)
		}
	}
	for _, id := range []string{"3", "99", "x", ""} {
		if _, err := s.Ticket(t.Context(), office, id); queue.ErrorCode(err) != queue.CodeUnknownTicket {
			t.Errorf("ticket %q: %v, want unknown", id, err)
		}
	}
}

// endedTickets: a ticket of a day that has ended, which then changes once more.
func endedTickets(t *testing.T, s Store) {
	events := []queue.Event{
		day(1), event(2, queue.TicketIssued, "2", queue.Waiting), event(3, queue.TicketIssued, "3", queue.Waiting),
		event(4, queue.TicketCalled, "2", queue.Called), event(5, queue.TicketExpired, "3", queue.Expired),
		day(6), event(7, queue.TicketIssued, "7", queue.Waiting), event(8, queue.TicketFinished, "2", queue.Completed),
	}
	wants := func(want map[string]queue.Event) {
		t.Helper()
		for id, e := range want {
			got, err := s.Ticket(t.Context(), office, id)
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(*e.Ticket, got); d != "" {
				t.Errorf("ticket %s: %s", id, d)
			}
		}
	}
	mustAppend(t, s, queue.Batch{Events: events[:4]})
	wants(map[string]queue.Event{"2": events[3], "3": events[2]})
	// The day turns, and the next begins in the same commit.
	mustAppend(t, s, queue.Batch{After: 4, Events: events[4:7], Ended: []*queue.Ticket{events[3].Ticket, events[4].Ticket}})
	wants(map[string]queue.Event{"2": events[3], "3": events[4], "7": events[6]})
	mustAppend(t, s, queue.Batch{After: 7, Events: events[7:], Ended: []*queue.Ticket{events[7].Ticket}})
	wants(map[string]queue.Event{"2": events[7], "3": events[4], "7": events[6]})
	for _, id := range []string{"1", "4", "6", "8", "9"} {
		if _, err := s.Ticket(t.Context(), office, id); queue.ErrorCode(err) != queue.CodeUnknownTicket {
			t.Errorf("ticket %q: %v, want unknown", id, err)
		}
	}
}

func unknown(t *testing.T, s Store) {
	loaded, err := s.Load(t.Context(), "nowhere", at(0))
	if err != nil || len(loaded.Events) != 0 || len(loaded.Keys) != 0 {
		t.Errorf("loaded %v, %v", loaded, err)
	}
	if events, err := s.Read(t.Context(), "nowhere", 0, 10); err != nil || len(events) != 0 {
		t.Errorf("read %v, %v", events, err)
	}
}
