package ops

import (
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Bounds of one call's trace. What happened first and last tells most, so the
// middle gives way.
const (
	maxEntries  = 400
	maxText     = 8 << 10 // Bytes of one entry.
	entryBytes  = 64      // What an entry weighs beside its text.
	headPart    = 2       // The beginning may have this part of a trace.
	maxOfCaller = 40      // Bytes of names that come from elsewhere.
	maxNumbers  = 8       // Tickets shown of one call.
)

// The kinds of Entry beside those of ivr.Moment.
const (
	KindReceived = "received" // A SIP message of the far end.
	KindSent     = "sent"     // A SIP message of ours.
	KindQuality  = "quality"  // What the far end or we report of the sound.
	KindLost     = "lost"     // The call was forgotten by whoever led it.
)

// Entry is one line of a call's trace.
type Entry struct {
	At   time.Time
	Kind string // One of ivr.Moment or the kinds above.
	Text string // Cleaned and printable; of a key the key itself.
}

// Phase is how far a call has come.
type Phase string

// The phases of a call.
const (
	Ringing Phase = "ringing" // Asked for, not answered yet or never.
	Live    Phase = "live"    // Being talked.
	Over    Phase = "over"
)

// Number is a number that a call took.
type Number struct {
	Number string // "A012"
	Kept   bool
}

// Call is a copy of what is known of one call.
type Call struct {
	Key      string // Names the call in addresses; says nothing about it.
	ID       string // SIP Call-ID, cleaned.
	Out      bool   // We called.
	Phase    Phase
	Caller   string // Masked; empty = not known.
	Where    string // The latest place in the dialogue.
	Language string // Tag; empty = not known.
	Began    time.Time
	Ended    time.Time // Zero while it goes on.
	Left     bool      // The caller hung up.
	Failed   int       // Things that could not be done or said.
	Numbers  []Number
	Quality  *media.Quality // Nil = not known.
	Dropped  int            // Entries that found no room.
	Trace    []Entry        // Only where asked for.
}

// Lasted is how long the call went, until now if it goes on.
func (c Call) Lasted(now time.Time) time.Duration {
	if !c.Ended.IsZero() {
		now = c.Ended
	}
	return max(0, now.Sub(c.Began))
}

// record is a call and its trace as they grow. Calls.mu guards it.
type record struct {
	Call
	id     string // As on the wire.
	latest time.Time
	head   []Entry // The beginning, which stays …
	tail   []Entry // … and the end, which moves on.
	bytes  int     // Of both.
	limit  int
	gone   bool // Its bytes are given back.

	talks    bool // With a person, through us: it ends when they part.
	measured bool // Its quality is counted.
	refused  bool // A refusal of ours is counted.
}

// add notes an entry and tells by how many bytes the record has grown.
func (r *record) add(e Entry) int {
	before := r.bytes
	e.Text = cut(e.Text, maxText)
	size := len(e.Text) + entryBytes
	r.latest = e.At
	if len(r.tail) == 0 && len(r.head) < maxEntries/headPart && r.bytes+size <= r.limit/headPart {
		r.head = append(r.head, e)
		r.bytes += size
		return r.bytes - before
	}
	r.tail = append(r.tail, e)
	r.bytes += size
	for len(r.tail) > 1 && (r.bytes > r.limit || len(r.tail) > maxEntries/headPart) {
		r.bytes -= len(r.tail[0].Text) + entryBytes
		r.tail = r.tail[1:]
		r.Dropped++
	}
	return r.bytes - before
}

// copied gives the call for others to keep.
func (r *record) copied(trace bool) Call {
	c := r.Call
	c.Numbers = append([]Number(nil), r.Numbers...)
	if r.Quality != nil {
		q := *r.Quality
		c.Quality = &q
	}
	if trace {
		c.Trace = append(append([]Entry(nil), r.head...), r.tail...)
	}
	return c
}

// took notes a number, kept or not, once; fresh and keptNow tell what is new.
func (r *record) took(number string, kept bool) (fresh, keptNow bool) {
	for i := range r.Numbers {
		if r.Numbers[i].Number == number {
			keptNow = kept && !r.Numbers[i].Kept
			r.Numbers[i].Kept = r.Numbers[i].Kept || kept
			return false, keptNow
		}
	}
	if len(r.Numbers) < maxNumbers {
		r.Numbers = append(r.Numbers, Number{number, kept})
		return true, kept
	}
	return false, false
}

// keeps reports whether the caller has kept a number in this call.
func (r *record) keeps() bool {
	for _, n := range r.Numbers {
		if n.Kept {
			return true
		}
	}
	return false
}

// cut shortens s to at most n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
