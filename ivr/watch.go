package ivr

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Watcher follows conversations, for the page of live calls and for figures.
// It must not block, and is called from many goroutines at once.
type Watcher interface {
	// Call tells what happened in the call with this id (Line.ID).
	Call(id string, e Moment)
}

// The kinds of Moment.
const (
	MomentAnswered = "answered" // The conversation begins.
	MomentSaid     = "said"     // Text is being said.
	MomentKey      = "key"      // Digit was pressed.
	MomentMenu     = "menu"     // The caller is now at Menu.
	MomentTook     = "took"     // Ticket was reserved.
	MomentKept     = "kept"     // Ticket is kept.
	MomentLeft     = "left"     // The caller hung up, at Menu.
	MomentEnded    = "ended"    // This side ended it, at Menu.
	MomentFailed   = "failed"   // Something could not be done or said; Text tells what.
	MomentBridged  = "bridged"  // A person has answered and talks with the caller through us: the conversation ends, the call goes on …
	MomentParted   = "parted"   // … until now; Text tells why.
)

// Moment is one thing that happened in a call.
type Moment struct {
	At     time.Time
	Kind   string
	Text   string
	Digit  rune   // For MomentKey; '•' for a digit of a lookup code.
	Caller string // Masked.
	Menu   string // Where in the dialogue, in words that stay: "menu 1", "lookup".
	Ticket queue.Number
	// Language is the one spoken from now on, "vi"; empty = as before.
	Language string
}

// watch tells a Watcher what happens in one call. Without one it does nothing.
type watch struct {
	to     Watcher
	id     string
	caller string
	now    func() time.Time
}

func (w watch) tell(m Moment) {
	if w.to == nil {
		return
	}
	m.At, m.Caller = w.now(), w.caller
	w.to.Call(w.id, m)
}

// text is what a Say says, for who watches.
func (w watch) text(a Say) string {
	if w.to == nil {
		return ""
	}
	return a.Sentence.Text()
}

// secretDigit stands for a digit that is nobody's business.
const secretDigit = '•'

// stepped tells what one input has led to.
func (w watch) stepped(before, after Dialogue, in Input) {
	if w.to == nil {
		return
	}
	switch in := in.(type) {
	case Key:
		m := Moment{Kind: MomentKey, Digit: in.Digit, Menu: before.Where()}
		if before.Secret() && in.Digit >= '0' && in.Digit <= '9' {
			m.Digit = secretDigit
		}
		w.tell(m)
	case Taken:
		w.tell(Moment{Kind: MomentTook, Ticket: in.Ticket.Number, Menu: before.Where()})
	case Confirmed:
		t, _ := after.Ticket()
		w.tell(Moment{Kind: MomentKept, Ticket: t.Number, Menu: before.Where()})
	}
	if err := failure(in); err != nil {
		w.tell(Moment{Kind: MomentFailed, Text: err.Error(), Menu: before.Where()})
	}
	if now := after.Where(); now != before.Where() && !after.Ended() {
		w.tell(Moment{Kind: MomentMenu, Menu: now, Language: after.Language()})
	}
	if after.Ended() {
		w.last(before, in)
	}
}

// last tells how a conversation came to its end.
func (w watch) last(before Dialogue, in Input) {
	m := Moment{Kind: MomentEnded, Menu: before.Where()}
	if up, ok := in.(HungUp); ok && !up.Stopping && !up.Handed && before.stage != closing && before.stage != handed {
		m.Kind = MomentLeft
	}
	if t, ok := before.Ticket(); ok {
		m.Ticket = t.Number
	}
	w.tell(m)
}

// failure is the error that an answer carries.
func failure(in Input) error {
	switch in := in.(type) {
	case Refused:
		return in.Err
	case NotConfirmed:
		return in.Err
	case Found:
		return in.Err
	case Done:
		return in.Err
	case Wished:
		return in.Err
	case Erased:
		return in.Err
	case Consulted:
		return in.Err
	case Transferred:
		return in.Err
	}
	return nil
}
