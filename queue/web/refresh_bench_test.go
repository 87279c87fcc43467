package web

import (
	"context"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// BenchmarkRefresh is what lies between an event and the first board that hears
// of it: looking at the office, and writing the hall in both languages.
func BenchmarkRefresh(b *testing.B) {
	ctx, stop := context.WithCancel(context.Background())
	e, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = e.Run(ctx) }()
	defer func() { stop(); <-done }()
	for range 100 {
		if _, err := e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
			b.Fatal(err)
		}
	}
	w, err := New(Config{Office: e, Links: queue.NewLinks([]byte("secret of the test"), "http://office.test")})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := w.refresh(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
