package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// part is something that runs as long as the office does.
type part struct {
	name string
	run  func(ctx context.Context) error // Returns when ctx ends.
	// vital parts end the program when they fail; the others are started anew.
	vital bool
}

// group runs parts and hears when a vital one fails.
type group struct {
	log    *slog.Logger
	wg     sync.WaitGroup
	failed chan error // Receives the first vital failure.
}

func newGroup(log *slog.Logger) *group {
	return &group{log: log, failed: make(chan error, 1)}
}

// start runs a part in the background until ctx ends.
func (g *group) start(ctx context.Context, p part) {
	g.wg.Go(func() {
		for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
			err := p.run(ctx)
			if ctx.Err() != nil {
				return
			}
			if p.vital {
				select {
				case g.failed <- fmt.Errorf("%s stopped: %w", p.name, err):
				default: // Another vital part was first.
				}
				return
			}
			g.log.Error("part stopped and will be started anew", "part", p.name, "in", wait, "err", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	})
}

// wait returns when every part has returned.
func (g *group) wait() { g.wg.Wait() }
