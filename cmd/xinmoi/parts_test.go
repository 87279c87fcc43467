package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A group that is told to stop waits for its parts, but not for ever, and names
// the one that hangs.
func TestGroupStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		g, released := newGroup(slog.New(slog.DiscardHandler)), make(chan struct{})
		untilStopped := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		g.start(ctx, part{"printer", func(context.Context) error { <-released; return nil }, false})
		g.start(ctx, part{"board", untilStopped, false})
		g.start(ctx, part{"board", untilStopped, true})
		stop()
		began := time.Now()
		err := g.wait(time.Minute)
		if err == nil || !strings.Contains(err.Error(), "printer") || strings.Contains(err.Error(), "board") || time.Since(began) != time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		close(released)
		if err := g.wait(time.Minute); err != nil {
			t.Errorf("when all have returned: %v", err)
		}
	})
}

// A part that fails is started anew; a vital one ends the program.
func TestGroupRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		g, runs, boom := newGroup(slog.New(slog.DiscardHandler)), make(chan int, 9), errors.New("boom")
		n := 0
		g.start(ctx, part{"board", func(context.Context) error { n++; runs <- n; return boom }, false})
		for want := 1; want <= 3; want++ {
			if got := <-runs; got != want {
				t.Errorf("run %d, want %d", got, want)
			}
		}
		g.start(ctx, part{"office", func(context.Context) error { return boom }, true})
		if err := <-g.failed; !errors.Is(err, boom) || !strings.Contains(err.Error(), "office") {
			t.Errorf("the program ends with %v", err)
		}
		stop()
		if err := g.wait(time.Minute); err != nil {
			t.Error(err)
		}
	})
}
