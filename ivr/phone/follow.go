package phone

import (
	"context"
	"fmt"
	"time"
)

// follow does what a script says, then hangs up.
func (c *conversation) follow(ctx context.Context, steps []Step, want map[int]expectation) error {
	defer c.hangup(ctx)
	began := time.Now()
	for _, s := range steps {
		if err := c.do(ctx, s, want[s.Line]); err != nil {
			return err
		}
		if s.Do == Hangup {
			break
		}
	}
	c.say("script done after %s, %s of it speech", seconds(time.Since(began)), seconds(c.ear.total()))
	return nil
}

func (c *conversation) do(ctx context.Context, s Step, want expectation) error {
	switch s.Do {
	case Expect:
		return c.expect(ctx, s, want)
	case ExpectHangup:
		return c.stay(ctx, s.Within, fmt.Errorf("line %d: %w within %v", s.Line, ErrStays, s.Within))
	case Hangup:
		c.hangup(ctx)
		return nil
	}
	if c.gone {
		return fmt.Errorf("line %d: %w", s.Line, ErrTooEarly)
	}
	switch s.Do {
	case WaitSpeech:
		return c.await(ctx)
	case Wait:
		return c.stay(ctx, s.Within, nil)
	default:
		return c.press(ctx, s.Keys)
	}
}

// stay keeps the line until the far end hangs up; after d it returns late.
func (c *conversation) stay(ctx context.Context, d time.Duration, late error) error {
	limit := time.NewTimer(d)
	defer limit.Stop()
	for !c.gone {
		select {
		case in, ok := <-c.far.Inputs():
			c.note(in, ok)
		case <-limit.C:
			return late
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
