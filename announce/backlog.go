package announce

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// The rules of a zone's queue. Every call is also on the board and on the
// citizen's phone, so that a reading left out is not a call lost.
const (
	readings    = 2                // How often a call is read when nobody else waits.
	maxReadings = 4                // Bound for a ticket that is recalled again and again.
	busyAt      = 3                // From so many waiting on, repeats are left out.
	maxBacklog  = 200              // Calls waiting in one zone.
	callTTL     = 60 * time.Second // A call spoken later than this would confuse.
	lateAfter   = 10 * time.Second // From call to first sound; beyond, staff is told.
)

// Announcement is something to announce: a ticket called to a counter, or a notice.
type Announcement struct {
	Ticket   string // Ticket id; empty for a notice.
	Number   queue.Number
	Counter  string
	At       time.Time // When it was called.
	Recall   bool
	Priority bool     // The ticket has the priority class.
	Language string   // Of the ticket, BCP 47: the call is said in it after Vietnamese. Empty = "vi".
	Notice   Sentence // What a notice says; unused for tickets.

	id int64 // Given by the zone.
}

// The reasons for which a call is not spoken, or not spoken again.
const (
	ReasonMerged     = "merged"      // The same ticket was waiting already; that call is repeated once more.
	ReasonSuperseded = "superseded"  // The counter has called another ticket since.
	ReasonExpired    = "expired"     // Waited longer than a minute.
	ReasonFull       = "full"        // Too many calls waiting.
	ReasonAnswered   = "answered"    // The ticket is no longer called at that counter.
	ReasonNoOutput   = "no output"   // Every output failed.
	ReasonUnheard    = "unheard"     // No loudspeaker and no board with sound: it was recorded only.
	ReasonUnspeaking = "unspeakable" // The sentence could not be rendered.
	ReasonStopped    = "stopped"     // The program ends.
)

// Outcome is the end of a call: every call gets exactly one.
type Outcome struct {
	Call     Announcement
	Readings int    // How often it was spoken in full.
	Reason   string // Why it was dropped; empty if it was spoken.
}

// Spoken reports whether the call was heard in full at least once.
func (o Outcome) Spoken() bool { return o.Readings > 0 }

// reading is one turn of a call at the loudspeaker.
type reading struct {
	Announcement
	n     int       // 1 is the first reading.
	left  int       // Readings still to come, this one included.
	asked time.Time // When it was last asked for; it expires from then.
}

// backlog decides what a zone says next. It is pure: no clock, no sound, no
// locks; the zone owns it.
type backlog struct {
	waiting []reading         // In order of arrival.
	latest  map[string]string // Counter → the ticket it called last.
}

// add takes a call in and gives the outcomes this decides.
func (b *backlog) add(c Announcement) []Outcome {
	var out []Outcome
	if c.Ticket != "" {
		if b.latest == nil {
			b.latest = map[string]string{}
		}
		b.latest[c.Counter] = c.Ticket
		if i := slices.IndexFunc(b.waiting, func(r reading) bool { return r.Ticket == c.Ticket }); i >= 0 {
			return b.merge(i, c)
		}
		out = b.supersede(c)
	}
	if len(b.waiting) >= maxBacklog {
		return append(out, Outcome{Call: c, Reason: ReasonFull})
	}
	left := readings
	if c.Ticket == "" {
		left = 1
	}
	b.waiting = append(b.waiting, reading{Announcement: c, n: 1, left: left, asked: c.At})
	return out
}

// merge lets the waiting call of the same ticket stand for a new one, which is
// read once more. If it was read before, or goes to another counter, the new
// call takes its place from the beginning.
func (b *backlog) merge(i int, c Announcement) []Outcome {
	w := &b.waiting[i]
	if c.Counter == w.Counter && w.n == 1 {
		w.left = min(w.left+1, maxReadings)
		w.asked = c.At
		return []Outcome{{Call: c, Reason: ReasonMerged}}
	}
	old := *w
	*w = reading{Announcement: c, n: 1, left: readings, asked: c.At}
	return append(b.supersede(c), outcomeOf(old, ReasonSuperseded))
}

// supersede drops what else waits for the counter of c.
func (b *backlog) supersede(c Announcement) []Outcome {
	var out []Outcome
	b.waiting = slices.DeleteFunc(b.waiting, func(r reading) bool {
		old := r.Ticket != "" && r.Ticket != c.Ticket && r.Counter == c.Counter
		if old {
			out = append(out, outcomeOf(r, ReasonSuperseded))
		}
		return old
	})
	return out
}

// next takes out what is to be spoken now; ok is false if nothing is.
func (b *backlog) next(now time.Time) (r reading, ok bool, out []Outcome) {
	busy := len(b.waiting) >= busyAt
	b.waiting = slices.DeleteFunc(b.waiting, func(r reading) bool {
		switch {
		case now.Sub(r.asked) > callTTL:
			out = append(out, outcomeOf(r, ReasonExpired))
		case busy && r.n > 1:
			out = append(out, outcomeOf(r, ""))
		default:
			return false
		}
		return true
	})
	if len(b.waiting) == 0 {
		return reading{}, false, out
	}
	first := 0
	for i, w := range b.waiting {
		if w.rank() < b.waiting[first].rank() {
			first = i
		}
	}
	r = b.waiting[first]
	b.waiting = slices.Delete(b.waiting, first, first+1)
	if busy {
		r.left = 1
	}
	return r, true, out
}

// finish records that r was spoken (or could not be, for a reason) and queues
// what is left of it behind the others.
func (b *backlog) finish(r reading, reason string) []Outcome {
	if reason != "" {
		return []Outcome{outcomeOf(r, reason)}
	}
	r.n++
	r.left--
	again := func(w reading) bool { return w.Ticket == r.Ticket }
	stale := b.latest[r.Counter] != r.Ticket // Even if that call has gone elsewhere since.
	if r.left <= 0 || stale || len(b.waiting) >= busyAt || slices.ContainsFunc(b.waiting, again) {
		return []Outcome{outcomeOf(r, "")}
	}
	b.waiting = append(b.waiting, r)
	return nil
}

// clear gives everything that waits the same outcome.
func (b *backlog) clear(reason string) []Outcome {
	var out []Outcome
	for _, r := range b.waiting {
		out = append(out, outcomeOf(r, reason))
	}
	b.waiting = nil
	return out
}

// fresh reports whether a call waits that was not read yet.
func (b *backlog) fresh() bool {
	return slices.ContainsFunc(b.waiting, func(r reading) bool { return r.n == 1 })
}

// rank orders what waits; equal ranks keep the order of arrival.
func (r reading) rank() int {
	switch {
	case r.n > 1:
		return 4 // Repeats go to the tail.
	case r.Ticket == "":
		return 0 // Somebody in the office wants to be heard now.
	case r.Recall:
		return 3
	case r.Priority:
		return 1
	}
	return 2
}

// outcomeOf ends a call: what was read before counts as spoken.
func outcomeOf(r reading, reason string) Outcome {
	o := Outcome{Call: r.Announcement, Readings: r.n - 1}
	if o.Readings == 0 {
		o.Reason = reason
	}
	return o
}
