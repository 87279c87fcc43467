package memory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return new(memory.Store) })
}

func TestFailLeavesNothing(t *testing.T) {
	s := new(memory.Store)
	broken := errors.New("disk full")
	s.Fail(broken)
	b := queue.Batch{
		Office: "o", Events: []queue.Event{{Office: "o", Seq: 1, Kind: queue.CounterOpened}},
		Keys: []queue.KeyRecord{{Key: "k"}}, Persons: []queue.PersonRecord{{Ticket: "1"}},
	}
	if err := s.Append(t.Context(), b); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	loaded, err := s.Load(t.Context(), "o", time.Time{})
	persons, _ := s.Persons(t.Context(), "o")
	if err != nil || len(loaded.Events)+len(loaded.Keys)+len(persons) != 0 {
		t.Errorf("a failed write left %+v, %v, %v", loaded, persons, err)
	}
	s.Fail(nil)
	if err := s.Append(t.Context(), b); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

// What is read is a copy: nobody can change the log through it.
func TestReadersKeepNoHandOnTheLog(t *testing.T) {
	s := new(memory.Store)
	e := queue.Event{Office: "o", Seq: 1, Kind: queue.TicketIssued, Ticket: &queue.Ticket{ID: "1", State: queue.Waiting}}
	if err := s.Append(t.Context(), queue.Batch{Office: "o", Events: []queue.Event{e}}); err != nil {
		t.Fatal(err)
	}
	e.Ticket.State = queue.Cancelled
	got, err := s.Read(t.Context(), "o", 0, -1)
	if err != nil || len(got) != 1 || got[0].Ticket.State != queue.Waiting {
		t.Fatalf("the writer changed the log: %+v, %v", got, err)
	}
	got[0].Kind = "forged"
	if again, err := s.Read(t.Context(), "o", 0, 5); err != nil || again[0].Kind != queue.TicketIssued {
		t.Errorf("a reader changed the log: %+v, %v", again, err)
	}
}
