package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// The modes in which the program is started again.
const (
	ModeServer = "calls-server" // It calls Serve; the argument is the most calls at a time.
	ModeSoak   = "calls-soak"   // The same, with ports for sound of a range that comes round again and again.
	ModeBare   = "calls-bare"   // It calls Bare; the argument is the number of streams.
)

// Config says what to measure. Command is required; zero values mean the
// defaults.
type Config struct {
	// Command makes this program again, so that it calls Serve, ServeSoak or Bare with
	// its standard input and output.
	Command func(ctx context.Context, mode string, n int) *exec.Cmd

	Calls    int           // At the same time; by default 1000.
	Rate     int           // Calls set up in a second; by default 100.
	Duration time.Duration // Of the measurement with all calls; by default 10 s.
	Office   int           // Callers who have the real conversation; by default 50, negative = none.
	Profiles string        // Directory for profiles of the server (go tool pprof); empty = none are written, as they cost time themselves.
	Progress func(step string)
}

// The limits of a run.
const (
	maxCalls = 20_000
	maxRate  = 2_000
)

// ErrConfig is wrapped by what Validate finds.
var ErrConfig = errors.New("cannot be measured")

func (c Config) withDefaults() Config {
	if c.Calls == 0 {
		c.Calls = 1000
	}
	if c.Rate == 0 {
		c.Rate = 100
	}
	if c.Duration == 0 {
		c.Duration = 10 * time.Second
	}
	if c.Office == 0 {
		c.Office = 50
	}
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	return c
}

// Validate reports what cannot be measured; errors wrap ErrConfig.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Command == nil:
		return fmt.Errorf("%w: no command for the server", ErrConfig)
	case c.Calls < 1 || c.Calls > maxCalls:
		return fmt.Errorf("%w: %d calls, want 1 to %d", ErrConfig, c.Calls, maxCalls)
	case c.Rate < 1 || c.Rate > maxRate:
		return fmt.Errorf("%w: %d calls a second, want 1 to %d", ErrConfig, c.Rate, maxRate)
	case c.Duration < time.Second || c.Duration > time.Hour:
		return fmt.Errorf("%w: %v, want 1 s to 1 h", ErrConfig, c.Duration)
	}
	return nil
}
