package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/alarm"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// Who was not content raises an alarm that says which number and why, once,
// however often the log is read; who was content, and who only tried out, none;
// and nobody writes to the supervisor's telephone through it.
func TestLowRatingsRaise(t *testing.T) {
	setup := queue.CommuneCentre()
	engine, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	book, err := alarm.Open(t.Context(), alarm.Config{Path: filepath.Join(t.TempDir(), alarm.FileName)})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	a := &app{engine: engine, watching: watching{alarms: book}}
	usual := queue.RatingSetup{}.WithDefaults()
	ticket := func(id string, n, level int, trial bool, reasons ...string) queue.Event {
		return queue.Event{Kind: queue.TicketRated, Ticket: &queue.Ticket{
			ID: id, Number: queue.Number{Prefix: "A", N: n}, Counter: "2", Trial: trial, Rating: &queue.Rating{Level: level, Reasons: reasons},
		}}
	}
	events := []queue.Event{
		ticket("11", 1, usual.Low, false, usual.Reasons[0].Name, "xem http://xau.example"),
		ticket("12", 2, usual.Low+1, false),
		ticket("13", 3, 1, true),
		{Kind: queue.TicketFinished, Ticket: &queue.Ticket{ID: "14"}},
	}
	for range 2 {
		for _, e := range events {
			if _, err := a.rated(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	list, err := book.History(t.Context(), time.Time{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d alarms, %v: %+v", len(list), err, list)
	}
	if got := list[0]; !strings.Contains(got.VI, "A001") || !strings.Contains(got.VI, usual.Reasons[0].Name) || strings.Contains(got.VI+got.EN, "xau.example") {
		t.Errorf("the alarm says %q / %q", got.VI, got.EN)
	}
}
