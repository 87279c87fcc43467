package queue

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// StoredEvent is one event as a store keeps it: Body and Hash are the log, the
// rest repeats what the body says, for the store's own queries.
type StoredEvent struct {
	Office string
	Seq    int64
	At     time.Time // To the millisecond; zero if the store keeps neither it nor Kind beside the body.
	Kind   Kind
	Hash   string
	Body   []byte
}

// Finding is one respect in which a log, or what was made from it, is not what
// it should be.
type Finding struct {
	Office string // Empty: the whole store.
	Seq    int64  // The event it was found at; 0 = none in particular.
	Text   string
}

// String gives the finding in one line.
func (f Finding) String() string {
	switch {
	case f.Office == "":
		return f.Text
	case f.Seq == 0:
		return fmt.Sprintf("%s: %s", f.Office, f.Text)
	default:
		return fmt.Sprintf("%s seq %d: %s", f.Office, f.Seq, f.Text)
	}
}

// LogSummary is what a LogCheck has read.
type LogSummary struct {
	Office  string
	Events  int64
	Tickets int64     // Settled so far: all of them after End.
	Days    int       // Business days begun.
	Seq     int64     // Of the latest event.
	At      time.Time // Of the latest event.
	Hash    string    // Of the latest event. It stands for the whole log up to there.
	// TimeZone is the office's, by name, after End; empty for a log without a setup.
	TimeZone string
}

// LogCheck reads an office's log from its first event and finds what was
// changed in it from outside: an event edited, left out, put in or moved. It
// also replays the log and finds what no office may do, whoever did it: one
// number given twice in a day, one counter with two tickets. It keeps one
// business day in memory.
//
// Whoever can write to the store can also make the whole chain anew, or take
// away the log's end. That shows only against a hash noted elsewhere before.
type LogCheck struct {
	found   func(Finding)
	settled func(Ticket)
	state   *state
	sum     LogSummary
}

// NewLogCheck checks the log of one office. It calls found for everything
// that is wrong, and settled once for each ticket, in its final form, when the
// log has nothing more to say about it.
func NewLogCheck(office string, found func(Finding), settled func(Ticket)) *LogCheck {
	return &LogCheck{found: found, settled: settled, state: newState(office), sum: LogSummary{Office: office}}
}

// Add takes the next event in the order of Seq.
func (c *LogCheck) Add(stored StoredEvent) {
	c.link(stored)
	prev := c.sum.At
	c.sum.Events++
	c.sum.Seq, c.sum.Hash = stored.Seq, stored.Hash
	e, err := DecodeEvent(stored.Body, stored.Hash)
	if err != nil {
		c.report(stored.Seq, "cannot be read: %v", err)
		return
	}
	c.compare(stored, e)
	if e.At.Before(prev) {
		c.report(stored.Seq, "is dated %s, before the event before it (%s)", stamp(e.At), stamp(prev))
	} else {
		c.sum.At = e.At
	}
	e.Seq = stored.Seq
	if missing := e.missing(); missing != "" {
		c.report(stored.Seq, "%s without %s", e.Kind, missing)
		return
	}
	c.replay(e)
}

// Opened is the seq of the latest DayOpened; 0 = there was none. Tickets with a
// lower id are of days that have ended.
func (c *LogCheck) Opened() int64 { return c.state.opened }

// End settles what is left and says what was read.
func (c *LogCheck) End() LogSummary {
	c.settle(nil)
	c.sum.TimeZone = c.state.setup.TimeZone
	return c.sum
}

func (c *LogCheck) report(seq int64, format string, args ...any) {
	c.found(Finding{Office: c.sum.Office, Seq: seq, Text: fmt.Sprintf(format, args...)})
}

// link checks that the event follows the one before: by number, and by hash.
func (c *LogCheck) link(e StoredEvent) {
	switch want := c.sum.Seq + 1; {
	case e.Seq == want && chainHash(c.sum.Hash, e.Body) != e.Hash:
		c.report(e.Seq, "does not match the hash chain: this event or its hash was changed, or the hash of the one before")
	case e.Seq == want+1:
		c.report(e.Seq, "event %d before it is missing", want)
	case e.Seq > want:
		c.report(e.Seq, "events %d to %d before it are missing", want, e.Seq-1)
	case e.Seq < want:
		c.report(e.Seq, "comes after event %d", c.sum.Seq)
	}
}

// compare checks what the store keeps beside the body.
func (c *LogCheck) compare(stored StoredEvent, e Event) {
	beside := []struct{ name, column, body string }{
		{"office", stored.Office, e.Office},
		{"seq", fmt.Sprint(stored.Seq), fmt.Sprint(e.Seq)},
		{"kind", string(stored.Kind), string(e.Kind)},
		{"time", stamp(stored.At), stamp(e.At)},
	}
	if stored.At.IsZero() {
		beside = beside[:2]
	}
	for _, f := range beside {
		if f.column != f.body {
			c.report(stored.Seq, "is kept under %s %q, but its body says %q", f.name, clip(f.column), clip(f.body))
		}
	}
	if stored.Office != c.sum.Office {
		c.report(stored.Seq, "belongs to office %q", clip(stored.Office))
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// missing names what an event of this kind carries and this one does not;
// apply could not do without.
func (e Event) missing() string {
	switch e.Kind {
	case OfficeConfigured:
		if e.Setup == nil {
			return "setup"
		}
	case DayOpened:
		if e.Setup == nil || e.Opening == nil {
			return "setup and opening"
		}
	case CounterOpened, CounterPaused, CounterClosed:
		if e.Counter == "" {
			return "counter"
		}
	case IssuingStopped, IssuingResumed: // Of all services, if it names none.
	case CardIssued, CardRevoked:
		if e.Card == nil {
			return "card"
		}
	case CallAnnounced:
		if e.Playback == nil {
			return "playback"
		}
	default:
		if e.Ticket == nil {
			return "ticket"
		}
	}
	return ""
}

// replay makes the event part of the state, as the office itself does.
func (c *LogCheck) replay(e Event) {
	if c.sum.Events == 1 && e.Kind != OfficeConfigured {
		c.report(e.Seq, "the log begins with %s, not with the office's setup", e.Kind)
	}
	switch {
	case e.Kind == DayOpened:
		c.sum.Days++
		c.checkOpening(e)
		c.settle(e.Opening.Tickets)
	case e.Ticket != nil:
		c.checkTicket(e)
	}
	c.state.apply(e)
}

// checkTicket checks what holds for every event of a ticket, whatever the
// office's rules.
func (c *LogCheck) checkTicket(e Event) {
	t, old := e.Ticket, c.state.tickets[e.Ticket.ID]
	issued := e.Kind == TicketIssued || e.Kind == TicketHeld
	if t.Version != e.Seq {
		c.report(e.Seq, "carries ticket %s at version %d", t.Number, t.Version)
	}
	switch {
	case issued && t.seq() != e.Seq:
		c.report(e.Seq, "gives ticket %s the id %q", t.Number, clip(t.ID))
	case issued && c.takenToday(*t):
		c.report(e.Seq, "gives number %s a second time on %s", t.Number, t.Day)
	case issued:
	case old == nil:
		c.report(e.Seq, "%s of ticket %s (id %q), which was not issued", e.Kind, t.Number, clip(t.ID))
	case old.Reserved() && e.Kind == TicketConfirmed && old.Number == t.Number && old.Day == t.Day && !t.IssuedAt.Before(old.IssuedAt) && !t.IssuedAt.After(e.At):
		// Given to a citizen since.
	case old.Number != t.Number || old.Day != t.Day || !old.IssuedAt.Equal(t.IssuedAt):
		c.report(e.Seq, "turns ticket %s of %s into %s of %s", old.Number, stamp(old.IssuedAt), t.Number, stamp(t.IssuedAt))
	}
	if hand := c.state.tickets[c.state.inHand(t.Counter)]; t.State.InHand() && hand != nil && hand.ID != t.ID {
		c.report(e.Seq, "gives ticket %s to counter %s, which has ticket %s in hand", t.Number, clip(t.Counter), hand.Number)
	}
}

// checkOpening checks that a day takes over its tickets as the day before left
// them.
func (c *LogCheck) checkOpening(e Event) {
	for _, t := range e.Opening.Tickets {
		if old := c.state.tickets[t.ID]; old == nil || old.Version != t.Version || old.State != t.State {
			c.report(e.Seq, "takes over ticket %s (id %q) otherwise than the day before left it", t.Number, clip(t.ID))
		}
	}
}

// takenToday reports whether a number already belongs to another ticket of its day.
func (c *LogCheck) takenToday(t Ticket) bool {
	other := c.state.tickets[c.state.numbers[t.Number]]
	return other != nil && other.Day == t.Day
}

// settle lets go of the live tickets, in the order of their issue, except
// those carried over.
func (c *LogCheck) settle(carried []Ticket) {
	keep := map[string]bool{}
	for _, t := range carried {
		keep[t.ID] = true
	}
	byIssue := func(a, b *Ticket) int { return cmp.Or(cmp.Compare(a.seq(), b.seq()), cmp.Compare(a.ID, b.ID)) }
	for _, t := range slices.SortedFunc(maps.Values(c.state.tickets), byIssue) {
		if !keep[t.ID] {
			c.sum.Tickets++
			c.settled(*t)
		}
	}
}
