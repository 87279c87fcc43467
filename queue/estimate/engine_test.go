package estimate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// The heart asks while it lives: whoever takes a number is told the wait as
// soon as a counter is open, and nobody waits for anybody.
func TestTheHeartAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		live, err := NewLive(LiveConfig{Office: queue.CommuneCentre().Office, Source: store, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		engine, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: store, Estimate: live.Standing})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- engine.Run(ctx) }()
		go func() { done <- live.Run(ctx, engine) }()
		take := func() queue.Ticket {
			synctest.Wait()
			got, err := engine.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if s := take().Standing; s.LowMin != nil {
			t.Errorf("a wait of %d minutes with every counter closed", *s.LowMin)
		}
		if _, err := engine.SetCounter(ctx, queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			take()
			time.Sleep(time.Minute) // Of the bubble.
		}
		last := take()
		if s := last.Standing; s == nil || s.LowMin == nil || *s.LowMin < 20 || *s.HighMin <= *s.LowMin {
			t.Fatalf("%s stands at %+v behind 21", last.Number, last.Standing)
		}
		again, err := engine.Ticket(ctx, last.ID)
		if err != nil || again.Standing.LowMin == nil || *again.Standing.LowMin != *last.Standing.LowMin {
			t.Errorf("%+v, %v; told %d before", again.Standing, err, *last.Standing.LowMin)
		}
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
