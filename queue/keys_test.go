package queue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestOneKeyByManyAtOnce(t *testing.T) {
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			e := start(t, queue.Config{Store: store})
			openCounter(t, e, "1")
			for round := range 20 {
				key := queue.Meta{Key: "round " + string(rune('a'+round)), Caller: "kiosk"}
				got := atOnce(16, func(int) (queue.Ticket, error) {
					return e.Take(context.Background(), queue.TakeRequest{Meta: key, Service: "A", Channel: queue.Kiosk})
				}, t)
				for _, g := range got {
					if g.ID != got[0].ID || g.Number.N != round+1 {
						t.Fatalf("round %d gave %s and %s", round, got[0].Number, g.Number)
					}
				}
			}
			key := queue.Meta{Key: "press", Caller: "staff"}
			for _, g := range atOnce(16, func(int) (queue.Ticket, error) {
				return e.Next(context.Background(), queue.CounterRequest{Meta: key, Counter: "1"})
			}, t) {
				if g.Number.N != 1 || g.CallCount != 1 {
					t.Errorf("called %s, %d times", g.Number, g.CallCount)
				}
			}
			issued := 0
			for _, ev := range stored(t, store) {
				if ev.Kind == queue.TicketIssued {
					issued++
				}
			}
			if issued != 20 {
				t.Errorf("%d issued, want 20", issued)
			}
		})
	}
}

// A key is good for seven days, over days and restarts, and gives the ticket
// of the earlier day as it is now.
func TestKeysOutliveTheDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := newEngine(t, queue.Config{Store: store})
		stop := run(t, e)
		r := queue.TakeRequest{Meta: queue.Meta{Key: "k", Caller: "bot"}, Service: "A", Channel: queue.Telegram}
		first, err := e.Take(t.Context(), r)
		wantCode(t, err, "")
		time.Sleep(3 * 24 * time.Hour)
		synctest.Wait()
		again, err := e.Take(t.Context(), r)
		if err != nil || again.ID != first.ID || again.State != queue.Expired || again.Number != first.Number {
			t.Errorf("after three days: %s of %s, %s, %v", again.Number, again.Day, again.State, err)
		}
		stop()
		e = start(t, queue.Config{Store: store})
		again, err = e.Take(t.Context(), r)
		if err != nil || again.ID != first.ID {
			t.Errorf("after a restart: %s of %s, %v", again.Number, again.Day, err)
		}
		time.Sleep(5 * 24 * time.Hour)
		synctest.Wait()
		late, err := e.Take(t.Context(), r)
		if err != nil || late.ID == first.ID || late.Number.N != 1 {
			t.Errorf("after eight days: %s of %s, %v; want a new number", late.Number, late.Day, err)
		}
	})
}

func TestUnknownActionsAndStates(t *testing.T) {
	e := start(t, queue.Config{})
	got := take(t, e, queue.TakeRequest{})
	_, err := e.Act(t.Context(), queue.ActRequest{Ticket: got.ID, Action: "dance"})
	wantCode(t, err, queue.CodeUnknownAction)
	_, err = e.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: "dancing"})
	wantCode(t, err, queue.CodeUnknownAction)
	_, err = e.Act(t.Context(), queue.ActRequest{Ticket: got.ID, Action: queue.Cancel, Reason: string(make([]byte, 401))})
	wantCode(t, err, queue.CodeBadRequest)
	_, err = e.Act(t.Context(), queue.ActRequest{Ticket: got.ID, Action: queue.Cancel, Reason: "\xff"})
	wantCode(t, err, queue.CodeBadRequest)
	if s := ticket(t, e, got.ID).State; s != queue.Waiting {
		t.Errorf("it became %s", s)
	}
}
