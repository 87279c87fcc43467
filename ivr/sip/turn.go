package sip

import "time"

// A call does one thing at a time, in the order of arrival, and has no goroutine
// of its own for that: whoever brings a letter and finds the call at rest opens
// it, and what comes meanwhile; so does the alarm when a timer runs out. A call
// at rest has neither a stack nor somebody to be woken.

// begin ends the time in which a call belonged to the goroutine that has set it
// up. away is called when nothing of the call is left; it must close c.gone and
// must not wait, since anybody's turn may be the last.
func (c *Call) begin(away func()) {
	c.away = away
	c.ep.doors.watch(c.place, func() { c.post(letter{act: c.displaced}) })
	if c.takeTurn() {
		c.work()
	}
}

// work takes turns until nothing is left to do, unless somebody else does so.
func (c *Call) work() {
	for c.busy.CompareAndSwap(false, true) {
		if !c.takeTurn() {
			return
		}
	}
}

// takeTurn opens the letters that are there and does what is due; it reports
// true when a letter came as it ended. The call must be busy, for the caller.
func (c *Call) takeTurn() (again bool) {
	defer c.survive()
	for !c.over {
		if now := time.Now(); c.timers.next(now) == 0 {
			c.timeUp(now)
			continue
		}
		select {
		case l := <-c.mail:
			if l != nil {
				c.open(*l)
			}
		default:
			return c.rest()
		}
	}
	return c.rest()
}

// rest ends a turn. A call that is over stays busy: nobody opens anything more.
func (c *Call) rest() (again bool) {
	if c.over {
		c.leave()
		return false
	}
	if d := c.timers.next(time.Now()); c.alarm == nil {
		c.alarm = time.AfterFunc(d, c.wake)
	} else {
		c.alarm.Reset(d)
	}
	c.busy.Store(false)
	return !c.busy.Load() && len(c.mail) > 0 // Load keeps some processors from looking at the mail before others see the Store.
}

// wake has the timers looked at. It leaves a letter too, an empty one, for the
// case that somebody's turn is just ending.
func (c *Call) wake() {
	select {
	case c.mail <- nil:
	default: // Whoever opens all these looks at the timers too.
	}
	c.work()
}

// leave releases everybody who waits for the call, once.
func (c *Call) leave() {
	if c.alarm != nil {
		c.alarm.Stop()
	}
	c.finish()
	c.away()
}

// survive, deferred, ends the call in whose turn something went wrong, not the
// program.
func (c *Call) survive() {
	if p := recover(); p != nil {
		c.log.Error("defect in a call; it is ended", "panic", p)
		c.over = true
		c.leave()
	}
}

// displaced gives way to another caller.
func (c *Call) displaced() {
	if !c.proven {
		c.noACK()
	}
}

// openNow opens a letter in a turn of its own, which does not wait for anything:
// it is for the goroutine that reads everybody's messages. Beside other work the
// letter waits like all.
func (c *Call) openNow(l *letter) {
	if len(c.mail) > 0 || !c.busy.CompareAndSwap(false, true) {
		if c.offer(l) == delivered { // A lost ACK comes again with our 200.
			c.nudge()
		}
		return
	}
	if len(c.waiting) > 0 { // They are answered too, perhaps by a connection that takes nothing.
		_ = c.offer(l)
		go func() {
			if c.takeTurn() {
				c.work()
			}
		}()
		return
	}
	defer c.survive()
	c.open(*l)
	if c.rest() {
		go c.work()
	}
}

// nudge sees to it that letters are opened, without doing so itself.
func (c *Call) nudge() {
	if !c.busy.Load() {
		go c.work()
	}
}
