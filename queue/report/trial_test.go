package report

import (
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// What an office does while it is tried out is in no figure: neither its
// tickets nor the time of its counters. What it does afterwards is.
func TestTrialStaysOut(t *testing.T) {
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	setup := queue.CommuneCentre()
	setup.Trial = true
	store := &memory.Store{}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: store, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	do := func(c queue.Command) queue.Answer {
		t.Helper()
		now = now.Add(time.Minute)
		a := e.Together(t.Context(), c)[0]
		if a.Err != nil {
			t.Fatalf("%T: %v", c, a.Err)
		}
		return a
	}
	do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	serve := func() {
		do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
		id := do(queue.CounterRequest{Counter: "1"}).Ticket.ID
		do(queue.ActRequest{Ticket: id, Action: queue.Finish})
	}
	serve()
	serve()
	left := do(queue.TakeRequest{Service: "B", Channel: queue.Kiosk}).Ticket
	if !left.Trial {
		t.Error("a ticket issued while the office is tried out does not say so")
	}
	setup.Trial = false
	do(queue.ConfigureRequest{Setup: setup})
	if got, err := e.Ticket(t.Context(), left.ID); err != nil || got.State != queue.Cancelled || got.Reason != queue.ReasonTrial {
		t.Errorf("what the trial left is %s (%s), %v", got.State, got.Reason, err)
	}
	do(queue.SetCounterRequest{Counter: "1", State: queue.Opened}) // The end of the trial has closed it.
	serve()
	serve()
	var figures Figures
	if figures, err = Day(setup.Office, queue.Stored(t.Context(), store, setup.Office, 0)); err != nil {
		t.Fatal(err)
	}
	if n := figures.Total.Issued; n != 2 {
		t.Errorf("%d tickets count, want the 2 issued after the trial", n)
	}
	i := slices.IndexFunc(figures.Counters, func(c Counter) bool { return c.ID == "1" })
	if i < 0 || figures.Counters[i].Time.Open > 10*60 || figures.Counters[i].Stays != 2 {
		t.Errorf("counter 1 was open %v s, want two served and the minutes after the trial alone", figures.Counters)
	}
}
