package officetest_test

import (
	"context"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/officetest"
)

// TestEngineIsManaged holds the engine to what supervisors are promised; the
// client is held to it in package api.
func TestEngineIsManaged(t *testing.T) {
	officetest.RunManagement(t, func(t *testing.T, setup queue.Setup) queue.Management {
		e, err := queue.NewEngine(context.Background(), queue.Config{
			Setup: setup, Store: new(memory.Store), Links: queue.NewLinks([]byte("s"), "http://127.0.0.1"), Secret: []byte("secret"),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return e
	})
}
