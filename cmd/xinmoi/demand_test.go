package main

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// What was taken on the days before counts, today does not: a menu stays as it
// is through a day, whatever is asked for.
func TestDemandBefore(t *testing.T) {
	store := new(memory.Store)
	setup := queue.CommuneCentre()
	engine, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- engine.Run(ctx) }()
	for _, service := range []string{"A", "B", "B"} {
		if _, err := engine.Take(ctx, queue.TakeRequest{Service: service, Channel: queue.Kiosk}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zoneOf(setup.TimeZone))
	for days, want := range map[int]map[string]int{0: {}, 1: {"A": 1, "B": 2}, demandDays: {"A": 1, "B": 2}, demandDays + 1: {}} {
		got, err := demandBefore(t.Context(), store, setup.Office, now.AddDate(0, 0, days))
		maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%d days later: %v, %v; want %v", days, got, err, want)
		}
	}
}
