package announce

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue"
)

// The rules of a zone's queue. Every call is also on the board and on the
// citizen's phone, so that a reading left out is not a call lost.
const (
	usualReadings  = 2                // How often a call is read when nobody else waits.
	maxReadings    = 4                // Bound for a ticket that is recalled again and again.
	alarmReadings  = 3                // How often an emergency message is said.
	mostTimes      = 10               // Bound for a message of the staff.
	busyAt         = 3                // From so many waiting on, repeats are left out and calls are said together.
	maxBatch       = 4                // Calls said together; nobody keeps more in mind.
	maxBacklog     = 200              // Calls waiting in one zone.
	callTTL        = 60 * time.Second // A call spoken later than this would confuse.
	lateAfter      = 10 * time.Second // From call to first sound; beyond, staff is told.
	unheardPatient = 15 * time.Second // A call that no output could say waits so long for one to come back.
)

// Urgency orders what is no ticket's call.
type Urgency int

// The urgencies of a message.
const (
	Staff     Urgency = iota // Somebody in the office wants to be heard now: before the calls.
	Emergency                // Before everything, and what is being said is cut for it.
	Periodic                 // Said when nothing else is.
)

// Announcement is something to announce: a ticket called to a counter, or a message.
type Announcement struct {
	Ticket   string // Ticket id; empty for a message.
	Seq      int64  // The event of the office's log that made the call; 0 = none.
	Number   queue.Number
	Counter  string
	At       time.Time // When it was called.
	Recall   bool
	Priority bool        // The ticket has the priority class.
	Language string      // Of the ticket, BCP 47: the call is said in it after Vietnamese. Empty = "vi".
	Place    queue.Place // Where the counter is, if the office says so.
	Notice   Sentence    // What a message says; unused for tickets.

	Urgency Urgency   // Of a message.
	Times   int       // How often a message is said, 1 to 10; 0 = once, three times in an emergency.
	Message string    // Id of the message, to withdraw it; empty = cannot be.
	Sound   audio.PCM // Recorded speech, said instead of Notice, which is then its text.

	id int64 // Given by the zone.
}

// Outcome is the end of a call: every call gets exactly one.
type Outcome struct {
	Call     Announcement
	Readings int       // How often it was spoken in full.
	Reason   string    // Why it was dropped; empty if it was spoken.
	With     string    // The number that it was merged with; empty if it was spoken alone.
	HeardAt  time.Time // When the first reading that was heard began; zero if none was.

	shown bool // The boards were told already.
}

// Spoken reports whether the call was heard in full at least once.
func (o Outcome) Spoken() bool { return o.Readings > 0 }

// reading is one turn of a call at the loudspeaker.
type reading struct {
	Announcement
	n       int       // 1 is the first reading.
	left    int       // Readings still to come, this one included.
	asked   time.Time // When it was last asked for; it expires from then.
	cut     bool      // An emergency cut it: it is said again, however late.
	failed  time.Time // When an output first failed to say it; zero = never.
	shown   bool      // The boards were told to show it without a voice.
	heardAt time.Time
	with    string
}

// backlog decides what a zone says next. It is pure: no clock, no sound, no
// locks; the zone owns it.
type backlog struct {
	waiting  []reading         // In order of arrival.
	latest   map[string]string // Counter → the ticket it called last.
	readings int               // How often a call is read; 0 = the usual.
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
	if len(b.waiting) >= maxBacklog && c.Urgency != Emergency {
		return append(out, Outcome{Call: c, Reason: ReasonFull})
	}
	b.waiting = append(b.waiting, reading{Announcement: c, n: 1, left: b.times(c), asked: c.At})
	return out
}

// times is how often something is said when nobody else waits.
func (b *backlog) times(c Announcement) int {
	switch {
	case c.Ticket != "" && b.readings > 0:
		return min(b.readings, maxReadings)
	case c.Ticket != "":
		return usualReadings
	case c.Times > 0:
		return min(c.Times, mostTimes)
	case c.Urgency == Emergency:
		return alarmReadings
	}
	return 1
}

// merge lets the waiting call of the same ticket stand for a new one, which is
// read once more. If it was read before, or goes to another counter, the new
// call takes its place from the beginning.
func (b *backlog) merge(i int, c Announcement) []Outcome {
	w := &b.waiting[i]
	if c.Counter == w.Counter && w.n == 1 {
		w.left = min(w.left+1, maxReadings)
		w.asked = c.At
		return []Outcome{{Call: c, Reason: ReasonMerged, With: w.Number.String()}}
	}
	old := *w
	*w = reading{Announcement: c, n: 1, left: b.times(c), asked: c.At}
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

// next takes out what is to be spoken now: nothing, one reading, or several
// calls that are said together.
func (b *backlog) next(now time.Time) (turn []reading, out []Outcome) {
	busy := b.calls() >= busyAt
	out = b.expire(now, busy)
	if len(b.waiting) == 0 {
		return nil, out
	}
	b.order()
	n := 1
	if busy {
		n = b.together()
	}
	turn = slices.Clone(b.waiting[:n])
	b.waiting = slices.Delete(b.waiting, 0, n)
	for i := range turn {
		if turn[i].with = ""; i > 0 {
			turn[i].with = turn[0].Number.String()
		}
		if busy && turn[i].Ticket != "" {
			turn[i].left = 1
		}
	}
	return turn, out
}

// calls is how many tickets wait; messages make no burst.
func (b *backlog) calls() (n int) {
	for _, r := range b.waiting {
		if r.Ticket != "" {
			n++
		}
	}
	return n
}

// expire drops what has waited too long, and repeats while many wait.
func (b *backlog) expire(now time.Time, busy bool) (out []Outcome) {
	b.waiting = slices.DeleteFunc(b.waiting, func(r reading) bool {
		switch {
		case r.Urgency == Emergency:
			return false
		case !r.failed.IsZero() && now.Sub(r.failed) > unheardPatient:
			out = append(out, outcomeOf(r, ReasonNoOutput))
		case r.cut && r.n == 1:
			return false
		case now.Sub(r.asked) > callTTL && r.Urgency == Periodic:
			out = append(out, outcomeOf(r, ReasonBusy))
		case now.Sub(r.asked) > callTTL:
			out = append(out, outcomeOf(r, ReasonExpired))
		case busy && r.n > 1 && r.Ticket != "":
			out = append(out, outcomeOf(r, ""))
		default:
			return false
		}
		return true
	})
	return out
}

// order puts the most urgent first; equal ranks keep the order of arrival.
func (b *backlog) order() {
	slices.SortStableFunc(b.waiting, func(x, y reading) int { return x.rank() - y.rank() })
}

// together is how many of the first are said in one announcement: calls that
// were not read yet, in their order.
func (b *backlog) together() int {
	n := 0
	for n < len(b.waiting) && n < maxBatch && b.waiting[n].Ticket != "" && b.waiting[n].n == 1 {
		n++
	}
	return max(n, 1)
}

// heard records that a turn was spoken and queues what is left of it behind
// the others.
func (b *backlog) heard(turn []reading, at time.Time) []Outcome {
	var out []Outcome
	for i := range b.waiting { // The outputs are back: everybody has time again.
		b.waiting[i].failed = time.Time{}
	}
	for _, r := range turn {
		if r.heardAt.IsZero() {
			r.heardAt = at
		}
		r.n++
		r.left--
		r.cut, r.failed = false, time.Time{}
		if r.left <= 0 || b.overtaken(r) || r.Ticket != "" && b.calls() >= busyAt {
			out = append(out, outcomeOf(r, ""))
			continue
		}
		b.waiting = append(b.waiting, r)
	}
	return out
}

// overtaken reports whether the office has gone on since a call began: its
// counter has called another (even if that one has gone elsewhere since), or
// the ticket waits anew.
func (b *backlog) overtaken(r reading) bool {
	if r.Ticket == "" {
		return false
	}
	again := func(w reading) bool { return w.Ticket == r.Ticket }
	return b.latest[r.Counter] != r.Ticket || slices.ContainsFunc(b.waiting, again)
}

// drop ends one reading for a reason.
func (b *backlog) drop(r reading, reason string) []Outcome { return []Outcome{outcomeOf(r, reason)} }

// interrupted puts back what an emergency cut, to be said again in its place.
func (b *backlog) interrupted(turn []reading) []Outcome {
	for i := range turn {
		turn[i].cut = true
	}
	return b.back(turn)
}

// unheard puts back what no output could say, to be tried again while it is
// young.
func (b *backlog) unheard(turn []reading, now time.Time) (out []Outcome) {
	var again []reading
	for _, r := range turn {
		if r.failed.IsZero() {
			r.failed = now
		}
		if now.Sub(r.failed) > unheardPatient && r.Urgency != Emergency {
			out = append(out, outcomeOf(r, ReasonNoOutput))
			continue
		}
		again = append(again, r)
	}
	return append(out, b.back(again)...)
}

// back puts readings in front of all others of their rank.
func (b *backlog) back(turn []reading) (out []Outcome) {
	var again []reading
	for _, r := range turn {
		if b.overtaken(r) {
			out = append(out, outcomeOf(r, ReasonSuperseded))
			continue
		}
		again = append(again, r)
	}
	b.waiting = append(again, b.waiting...)
	return out
}

// clear gives everything that waits the same outcome.
func (b *backlog) clear(reason string) []Outcome {
	return b.take(reason, func(reading) bool { return true })
}

// take ends those that wait and are meant.
func (b *backlog) take(reason string, meant func(reading) bool) (out []Outcome) {
	b.waiting = slices.DeleteFunc(b.waiting, func(r reading) bool {
		if meant(r) {
			out = append(out, outcomeOf(r, reason))
			return true
		}
		return false
	})
	return out
}

// fresh reports whether a call waits that was not read yet.
func (b *backlog) fresh() bool {
	return slices.ContainsFunc(b.waiting, func(r reading) bool { return r.n == 1 })
}

// urgent reports whether an emergency waits.
func (b *backlog) urgent() bool {
	return slices.ContainsFunc(b.waiting, func(r reading) bool { return r.Ticket == "" && r.Urgency == Emergency })
}

// rank orders what waits; equal ranks keep the order of arrival.
func (r reading) rank() int {
	switch {
	case r.Ticket == "" && r.Urgency == Emergency:
		return 0
	case r.Ticket == "" && r.Urgency == Periodic:
		return 6
	case r.n > 1:
		return 5 // Repeats go to the tail.
	case r.Ticket == "":
		return 1
	case r.Recall:
		return 4
	case r.Priority:
		return 2
	}
	return 3
}

// outcomeOf ends a call: what was read before counts as spoken.
func outcomeOf(r reading, reason string) Outcome {
	o := Outcome{Call: r.Announcement, Readings: r.n - 1, HeardAt: r.heardAt, With: r.with, shown: r.shown}
	if o.Readings == 0 {
		o.Reason, o.With = reason, ""
	}
	return o
}
