package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
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

	mu      sync.Mutex
	running map[string]int // How many parts of a name have not returned.
}

func newGroup(log *slog.Logger) *group {
	return &group{log: log, failed: make(chan error, 1), running: map[string]int{}}
}

// start runs a part in the background until ctx ends.
func (g *group) start(ctx context.Context, p part) {
	g.count(p.name, 1)
	g.wg.Go(func() {
		defer g.count(p.name, -1)
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

func (g *group) count(name string, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running[name] += n
}

// stopLimit is how long parts may take to return once told to.
const stopLimit = sentenceTime + 15*time.Second

// wait returns when every part has returned. Parts that do not within the limit
// are named in the error: what was answered is durable, so that the process can
// end without them.
func (g *group) wait(limit time.Duration) error {
	returned := make(chan struct{})
	go func() { g.wg.Wait(); close(returned) }()
	select {
	case <-returned:
		return nil
	case <-time.After(limit):
		return fmt.Errorf("stopped without waiting any longer than %v for %s", limit, strings.Join(g.names(), ", "))
	}
}

// names lists the parts that have not returned.
func (g *group) names() (names []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(g.running)) {
		if g.running[name] > 0 {
			names = append(names, name)
		}
	}
	return names
}
