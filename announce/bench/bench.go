// Package bench measures how quickly and how cleanly a call becomes sound,
// beside what the machine can do at best with as many samples, all in one run:
// absolute figures differ from machine to machine, their ratios tell whether
// the rendering is well built.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"sync"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Config says what to measure.
type Config struct {
	Voice *voice.Pack
	// Office is a running office that nobody else uses, with a counter that can
	// be opened and serves the first service; nil leaves "next" out.
	Office   queue.Office
	Renders  int               // Different calls that are rendered. Default 300.
	Calls    int               // Calls by "next", idle and busy. Default 20 each.
	Plays    int               // Calls played with both cores busy. Default 5, of about 5 s.
	Progress func(step string) // Told what is measured next; nil = nobody asks.
}

// Bounds of one run.
const (
	maxRenders = 9999
	maxCalls   = 500
	maxPlays   = 100
)

func (c Config) withDefaults() Config {
	c.Renders, c.Calls, c.Plays = cmp.Or(c.Renders, 300), cmp.Or(c.Calls, 20), cmp.Or(c.Plays, 5)
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	return c
}

// Validate refuses what Announce would not measure.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Voice == nil:
		return errors.New("no voice to measure with")
	case c.Renders < 1 || c.Renders > maxRenders:
		return fmt.Errorf("%d calls to render: give 1 to %d", c.Renders, maxRenders)
	case c.Calls < 1 || c.Calls > maxCalls:
		return fmt.Errorf("%d calls by next: give 1 to %d", c.Calls, maxCalls)
	case c.Plays < 1 || c.Plays > maxPlays:
		return fmt.Errorf("%d calls to play: give 1 to %d", c.Plays, maxPlays)
	}
	return nil
}

// Announce runs the benchmark. It ends early with ctx's error.
func Announce(ctx context.Context, c Config) (Report, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	r := Report{Go: runtime.Version(), CPUs: runtime.GOMAXPROCS(0), Voice: c.Voice.Manifest().ID}
	for _, step := range []struct {
		name string
		do   func(context.Context, *Report) error
	}{
		{"rendering", c.rendering}, {"next to chime", c.nextToChime}, {"playing while busy", c.playing},
	} {
		c.Progress(step.name)
		if err := step.do(ctx, &r); err != nil {
			return r, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	r.Ratios = ratios(r)
	return r, nil
}

// calls are the sentences that are rendered: other numbers and counters each
// time, digit by digit and by value, so that no two are the same.
func (c Config) calls() []announce.Sentence {
	out := make([]announce.Sentence, c.Renders)
	for i := range out {
		n := queue.Number{Prefix: string(rune('A' + i%4)), N: 1 + i*41%999}
		out[i] = announce.Call(n, fmt.Sprint(1+i%20), announce.Wording{ByValue: i%2 == 1})
	}
	return out
}

// busy keeps every core busy with other programs until the function it gives is
// called, as a backup or a scan for viruses does. Where there is no shell, this
// program does it itself.
func busy(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		loop := exec.CommandContext(ctx, "sh", "-c", "while :; do :; done")
		if loop.Start() == nil {
			all.Go(func() { _ = loop.Wait() }) // It is killed, which is an error.
			continue
		}
		all.Go(func() {
			for ctx.Err() == nil {
			}
		})
	}
	return func() { cancel(); all.Wait() }
}

func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }
