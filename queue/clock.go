package queue

import (
	"context"
	"sync"
	"time"
)

// Waiting times are judged and numbers restart by the machine's clock, and
// that of an office PC may be wrong: its battery is flat, somebody sets it, a
// time server goes mad. What is believed here is how time passes: a wall clock
// that leaps away from it is not followed, and one that cannot be right at the
// start is waited for.

// Bounds of what a clock may do.
const (
	clockSlack = 5 * time.Minute     // How far a clock may be set without a word.
	clockAhead = 60 * 24 * time.Hour // How long an office may have been off before its clock is doubted.
)

// clockSince is before any office that runs this program; a clock without a
// battery says something earlier.
func clockSince() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// steadyClock tells the time by the wall as long as it goes with the time that
// passes.
type steadyClock struct {
	now     func() time.Time
	elapsed func() time.Duration // Nil: the wall is always believed.

	mu     sync.Mutex
	agreed bool          // wall and passed are set.
	wall   time.Time     // What the wall said when both agreed last,
	passed time.Duration // and how much time had passed then.
}

// read gives the time, and how far the wall is from it if they disagree.
func (c *steadyClock) read() (now time.Time, leap time.Duration) {
	now = c.now()
	if c.elapsed == nil {
		return now, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.agreed {
		return now, 0
	}
	passed := c.elapsed()
	believed := c.wall.Add(passed - c.passed)
	if leap = now.Round(0).Sub(believed); leap.Abs() > clockSlack {
		return believed, leap
	}
	c.wall, c.passed = now.Round(0), passed
	return now, 0
}

// agree begins to watch the wall from what it says now.
func (c *steadyClock) agree() {
	if c.elapsed == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.agreed {
		c.agreed, c.wall, c.passed = true, c.now().Round(0), c.elapsed()
	}
}

// believes reports whether the clock has been found right once.
func (c *steadyClock) believes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agreed || c.elapsed == nil
}

// time is now, as far as the machine can be believed.
func (e *Engine) time() time.Time {
	now, _ := e.watch.read()
	return now
}

// clock is now in UTC with milliseconds, and never before the latest event:
// waiting times must not be negative.
func (e *Engine) clock() time.Time {
	now := e.time().UTC().Truncate(time.Millisecond)
	if e.state != nil && now.Before(e.state.at) {
		return e.state.at
	}
	return now
}

// ClockAlarm says what is wrong with the machine's clock; nil if nothing is.
// With CodeClockWrong the office does nothing until the clock is right; with
// CodeUnavailable it goes on by its own time.
func (e *Engine) ClockAlarm() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.clockAlarm()
}

func (e *Engine) clockAlarm() error {
	if err := e.checkClock(); err != nil {
		return err
	}
	if now, leap := e.watch.read(); leap != 0 {
		return Errorf(CodeUnavailable, "the clock was set by %s: the office goes on at %s; set the clock right, or start the server again if it is right now",
			leap.Round(time.Second), now.In(e.state.location).Format("15:04"))
	}
	if behind := e.state.at.Sub(e.time()); behind > clockSlack {
		return Errorf(CodeUnavailable, "the clock is %s behind the log: the office's time stands still until it has caught up; set it right", behind.Round(time.Second))
	}
	return nil
}

// checkClock refuses to begin with a clock that cannot be right; what it says
// later is compared with the time that passes.
func (e *Engine) checkClock() error {
	if e.watch.believes() {
		return nil
	}
	now := e.watch.now()
	wrong := func(why string) error {
		return Errorf(CodeClockWrong, "the machine's clock says %s, %s: set it right", now.UTC().Format(time.RFC3339), why)
	}
	switch last := e.state.at; {
	case now.Before(clockSince()):
		return wrong("which is before this program was made")
	case e.trustClock || last.IsZero():
	case now.Before(last.Add(-clockSlack)):
		return wrong("but the latest event is of " + last.Format(time.RFC3339))
	case now.Sub(last) > clockAhead:
		return wrong("but the latest event is of " + last.Format(time.RFC3339) + "; if the office was closed so long, start with -trust-clock")
	}
	e.watch.agree()
	return nil
}

// warnClock writes an alarm about the clock, once for each state of affairs.
func (e *Engine) warnClock(ctx context.Context) {
	err := e.clockAlarm()
	if code := ErrorCode(err); code != e.warned {
		e.warned = code
		if err != nil {
			e.log.ErrorContext(ctx, "the clock cannot be right", "office", e.office, "err", err)
		} else {
			e.log.InfoContext(ctx, "the clock is right again", "office", e.office)
		}
	}
}
