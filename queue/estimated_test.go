package queue_test

import (
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Whoever looks at a ticket that waits sees the wait, if somebody can tell it.
func TestStandingTellsTheWait(t *testing.T) {
	var asked []queue.Asked
	known := true
	e := start(t, queue.Config{Estimate: func(a queue.Asked) (queue.Standing, bool) {
		asked = append(asked, a)
		low, high := 10*a.Ahead, 10*a.Ahead+5
		return queue.Standing{LowMin: &low, HighMin: &high, Counters: 2, ComeBy: a.Now, MayMiss: true}, known
	}})
	want := func(got queue.Ticket, low int) {
		t.Helper()
		s := got.Standing
		if s == nil || s.LowMin == nil || *s.LowMin != low || *s.HighMin != low+5 || s.Ahead != low/10 || s.Counters != 2 || s.ComeBy.IsZero() || !s.MayMiss {
			t.Errorf("%s stands at %+v, want from %d minutes", got.Number, s, low)
		}
	}
	want(take(t, e, queue.TakeRequest{Service: "A"}), 0)
	second := take(t, e, queue.TakeRequest{Service: "A", Hold: true, Channel: queue.Phone, Person: "tel:+84912345678"})
	want(second, 10)
	if last := asked[len(asked)-1]; last.Ticket.ID != second.ID || time.Since(last.Now).Abs() > time.Minute {
		t.Errorf("asked for %+v", last)
	}
	want(act(t, e, second.ID, queue.Confirm), 10)
	got, err := e.Ticket(t.Context(), second.Code)
	if err != nil {
		t.Fatal(err)
	}
	want(got, 10)
	mine, err := e.Mine(t.Context(), "tel:0912345678")
	if err != nil || len(mine) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	want(mine[0], 10)
	known = false
	if got := act(t, e, second.ID, queue.Confirm); got.Standing == nil || got.Standing.LowMin != nil {
		t.Errorf("nobody knows, and it stands at %+v", got.Standing)
	}
	n := len(asked)
	if got := act(t, e, second.ID, queue.Cancel); got.Standing != nil || len(asked) != n {
		t.Errorf("a cancelled ticket was asked for: %+v", got.Standing)
	}
}
