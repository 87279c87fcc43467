package keypad

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Verb is what a press asks for.
type Verb string

// The verbs.
const (
	Open     Verb = "open"
	Pause    Verb = "pause"
	Next     Verb = "next"
	Start    Verb = "start"
	Finish   Verb = "finish"
	Recall   Verb = "recall"
	NoShow   Verb = "no-show"
	Call     Verb = "call"     // Number is called out of order.
	Transfer Verb = "transfer" // To the counter Number.
)

// Order is what is to be done. Of an action on the ticket in hand it names the
// version that was seen: whatever happened meanwhile makes it fail.
type Order struct {
	Verb    Verb
	Ticket  string
	Version int64
	Number  string // Typed digits.
}

// Seen is the counter as it was known when a key was pressed, and since when.
type Seen struct {
	Counter queue.CounterView
	Since   time.Time // The ticket in hand and the states have been so since.
}

const (
	bounce     = 300 * time.Millisecond // The same key so soon again is not meant.
	dwell      = 800 * time.Millisecond // So long must be seen what a press is about.
	typingTime = 8 * time.Second        // Digits that nobody goes on with are forgotten.
	mostDigits = 4
)

// Pad turns keys into orders. It is pure: it knows what was typed, and the
// time comes in. The zero value is ready.
type Pad struct {
	typed string
	send  bool // "*" was pressed: the digits are a counter.
	key   Key
	at    time.Time
}

// meaning is what a key does while nothing is typed. "/" pauses an open counter
// and opens another; Enter is the next step.
func meaning() map[Key]Verb {
	return map[Key]Verb{"+": Recall, "-": NoShow, "0": Finish}
}

// Press takes a key; ok is false where nothing is to be done now.
func (p *Pad) Press(k Key, now time.Time, s Seen) (o Order, ok bool) {
	again := k == p.key && now.Sub(p.at) < bounce
	idle := now.Sub(p.at) >= typingTime
	p.key, p.at = k, now
	if again {
		return Order{}, false
	}
	if idle {
		p.forget()
	}
	digit := len(k) == 1 && k[0] >= '0' && k[0] <= '9'
	switch {
	case k == Erase:
		p.forget()
		return Order{}, false
	case digit && (p.typed != "" || p.send || k != "0"):
		if len(p.typed) < mostDigits {
			p.typed += string(k)
		}
		return Order{}, false
	case k == "*":
		p.typed, p.send = "", s.Counter.Ticket != nil
		return Order{}, false
	case k == Enter && p.typed != "":
		return p.number(now, s)
	}
	p.forget()
	return plain(k, now, s)
}

func (p *Pad) forget() { p.typed, p.send = "", false }

// number is Enter after digits.
func (p *Pad) number(now time.Time, s Seen) (Order, bool) {
	typed, send := p.typed, p.send
	p.forget()
	switch t := s.Counter.Ticket; {
	case send && t != nil && steady(now, s):
		return Order{Verb: Transfer, Ticket: t.ID, Version: t.Version, Number: typed}, true
	case !send && t == nil && s.Counter.State == queue.Opened:
		return Order{Verb: Call, Number: typed}, true
	}
	return Order{}, false
}

// plain is a key while nothing is typed.
func plain(k Key, now time.Time, s Seen) (Order, bool) {
	t, state := s.Counter.Ticket, s.Counter.State
	switch {
	case k == "/" && state == queue.Opened:
		return Order{Verb: Pause}, true
	case k == "/", k == Enter && t == nil && state != queue.Opened:
		return Order{Verb: Open}, true
	case k == Enter && t == nil:
		return Order{Verb: Next}, true
	case t == nil || !steady(now, s):
		return Order{}, false
	}
	o := Order{Verb: meaning()[k], Ticket: t.ID, Version: t.Version}
	if k == Enter {
		o.Verb = Finish
		if t.State == queue.Called {
			o.Verb = Start
		}
	}
	called := t.State == queue.Called
	return o, o.Verb != "" && (called || o.Verb == Finish)
}

// steady tells whether what the press is about could be seen before it.
func steady(now time.Time, s Seen) bool { return now.Sub(s.Since) >= dwell }
