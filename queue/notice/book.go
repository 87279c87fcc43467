package notice

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Kind names a notice. It is stored with what waits to be sent, so that a name
// is never used for another notice.
type Kind string

// The notices of Standard, in the order of a visit.
const (
	Joined    Kind = "joined"    // The number waits, and this person follows it from here.
	Nearly    Kind = "nearly"    // Few are ahead.
	Leave     Kind = "leave"     // Time to set out, with the way that was told.
	MayMiss   Kind = "may_miss"  // It may not come to this turn before the office closes.
	Called    Kind = "called"    // Come to the counter.
	Recalled  Kind = "recalled"  // Come to the counter; not the first time.
	Moved     Kind = "moved"     // Called, but sent back to a line: waits again.
	Missed    Kind = "missed"    // Called, nobody came.
	Withdrawn Kind = "withdrawn" // Cancelled by the office.
	Closed    Kind = "closed"    // The office closed, or the hour passed, before it was called.
	Done      Kind = "done"      // Served; how was it?
)

// ReasonCitizen is the reason under which a channel gives a number back for its
// holder, who was answered there and is not told once more.
const ReasonCitizen = "citizen"

// Urgency orders notices to different people; lower goes first.
type Urgency int

// The urgencies.
const (
	Now    Urgency = iota // A counter waits.
	Soon                  // The turn is near.
	Anyhow                // All else.
)

// Rule is what there is to know of one kind of notice.
type Rule struct {
	Kind    Kind
	Urgency Urgency
	Life    time.Duration // So long after it was decided it is worth sending.
	Twice   bool          // When nobody knows whether it arrived, twice is better than never.
	Worth   Worth         // Whether it is sent when the month's messages run short.
	Waits   bool          // In the quiet hours it waits for the morning.
	Reserve bool          // When its channel fails, the next one is tried.
	Once    bool          // Said at most once to a follower; see Follower.Heard.
	Voids   []Kind        // What of the same ticket needs not be heard any more.

	// On reports whether an event is what the notice tells; nil = no event is.
	On func(e queue.Event) bool
	// If reports whether a look at the line is what the notice tells; nil = none is.
	If func(f Follower, t queue.Ticket, now time.Time) bool
	// True reports whether it is still so, in the moment of sending: told is the
	// ticket as it was when the notice was decided.
	True func(told, t queue.Ticket) bool
}

// Book is the notices of an office. Earlier rows go first where several say
// something of one event.
type Book []Rule

// Standard is the notices of every visit.
func Standard() Book {
	return Book{
		{Kind: Called, Urgency: Now, Life: callLife, Twice: true, Worth: Always, Reserve: true, Voids: beforeCall(), On: isCall, True: atCounter},
		{Kind: Recalled, Urgency: Now, Life: callLife, Twice: true, Worth: Always, Reserve: true, Voids: beforeCall(), On: isRecall, True: atCounter},
		{Kind: Missed, Urgency: Anyhow, Life: newsLife, Twice: true, Worth: Always, Voids: beforeCall(), On: is(queue.TicketNoShow), True: stands(queue.NoShow)},
		{Kind: Withdrawn, Urgency: Anyhow, Life: newsLife, Twice: true, Worth: Always, Waits: true, Voids: everything(), On: withdrawn, True: stands(queue.Cancelled)},
		{Kind: Closed, Urgency: Anyhow, Life: nightLife, Worth: Useful, Waits: true, Voids: everything(), On: is(queue.TicketExpired), True: stands(queue.Expired)},
		{Kind: Moved, Urgency: Soon, Life: nearLife, Worth: Useful, Voids: beforeCall(), On: sentBack, True: waitsUncalled},
		{Kind: Done, Urgency: Anyhow, Life: newsLife, Worth: Nice, Waits: true, Voids: everything(), On: is(queue.TicketFinished), True: stands(queue.Completed)},
		{Kind: Leave, Urgency: Soon, Life: nearLife, Twice: true, Worth: Useful, Reserve: true, If: timeToGo, True: waits},
		{Kind: Nearly, Urgency: Soon, Life: nearLife, Twice: true, Worth: Useful, Reserve: true, Once: true, If: isNear, True: waits},
		{Kind: MayMiss, Urgency: Anyhow, Life: nearLife, Worth: Nice, Once: true, If: mayMiss, True: waits},
		{Kind: Joined, Urgency: Anyhow, Life: nearLife, Worth: Nice, Once: true, If: joins, True: waits},
	}
}

// Lives of notices.
const (
	callLife  = 2 * time.Minute // Later, the seat is somebody else's.
	nearLife  = 10 * time.Minute
	newsLife  = 2 * time.Hour
	nightLife = 12 * time.Hour // What ended at closing time may be read in the morning.
)

// Rule finds a row; ok is false if the book has no such kind.
func (b Book) Rule(k Kind) (r Rule, ok bool) {
	i := slices.IndexFunc(b, func(r Rule) bool { return r.Kind == k })
	if i < 0 {
		return Rule{}, false
	}
	return b[i], true
}

// Kinds lists the kinds of the book.
func (b Book) Kinds() (all []Kind) {
	for _, r := range b {
		all = append(all, r.Kind)
	}
	return all
}

// Hear tells what an event is worth saying to those who follow its ticket, empty
// for nothing, and what they need not hear any more.
func (b Book) Hear(e queue.Event) (say Kind, void []Kind) {
	if e.Ticket == nil {
		return "", nil
	}
	for _, r := range b {
		if r.On != nil && r.On(e) {
			return r.Kind, r.Voids
		}
	}
	switch e.Kind {
	case queue.TicketCancelled, queue.TicketExpired, queue.TicketFinished:
		return "", everything()
	case queue.TicketStarted, queue.TicketParked, queue.TicketRequeued, queue.TicketTransferred, queue.TicketPushedBack, queue.TicketUndone, queue.TicketDisentitled, queue.TicketResumed, queue.TicketRestored:
		return "", beforeCall()
	default:
		return "", nil
	}
}

// Look tells what a follower is to hear of a ticket as it stands now. Who was
// called once hears of counters only: nothing here comes after a call.
func (b Book) Look(f Follower, t queue.Ticket, now time.Time) (say []Kind) {
	if f.wasCalled(t) {
		return nil
	}
	for _, r := range b {
		if r.If != nil && !(r.Once && f.Heard(r.Kind)) && r.If(f, t, now) {
			say = append(say, r.Kind)
		}
	}
	return say
}

// StillSo reports whether a notice that Look once gave would be given now, had
// it not been: it may be said although it waited for long.
func (b Book) StillSo(k Kind, f Follower, t queue.Ticket, now time.Time) bool {
	r, ok := b.Rule(k)
	if k == Leave {
		r.If = canStillGo // The way that somebody told is forgotten once Leave was given.
	}
	return ok && r.If != nil && !f.wasCalled(t) && r.If(f, t, now)
}

// True reports whether a notice decided when the ticket stood as told may still
// be sent. A kind that the book does not know is not.
func (b Book) True(k Kind, told, t queue.Ticket) bool {
	r, ok := b.Rule(k)
	return ok && (r.True == nil || r.True(told, t))
}

// beforeCall is what nobody needs to hear once a call, or its end, has come.
func beforeCall() []Kind { return []Kind{Joined, Nearly, Leave, MayMiss, Called, Recalled, Moved} }

// everything is what nobody needs to hear once the ticket is over.
func everything() []Kind { return append(beforeCall(), Missed) }

func is(k queue.Kind) func(queue.Event) bool {
	return func(e queue.Event) bool { return e.Kind == k }
}

// isCall is a call that somebody may not have heard of yet: a call taken back by
// mistake and given again is one of those.
func isCall(e queue.Event) bool { return e.Calls() && e.Kind != queue.TicketRecalled }

func isRecall(e queue.Event) bool {
	return e.Kind == queue.TicketRecalled || e.Kind == queue.TicketUndone && e.Ticket.State == queue.Called
}

func withdrawn(e queue.Event) bool {
	return e.Kind == queue.TicketCancelled && e.Reason != ReasonCitizen
}

// sentBack is what takes a call away from who was called. Who asked for it
// (later) was answered where it was asked.
func sentBack(e queue.Event) bool {
	if e.Ticket.State != queue.Waiting {
		return false
	}
	switch e.Kind {
	case queue.TicketRequeued, queue.TicketTransferred, queue.TicketUndone, queue.TicketRestored:
		return true
	case queue.TicketDisentitled, queue.TicketResumed:
		return e.Ticket.CallCount > 0
	default:
		return false
	}
}

func stands(s queue.State) func(told, t queue.Ticket) bool {
	return func(_, t queue.Ticket) bool { return t.State == s }
}

func atCounter(told, t queue.Ticket) bool {
	return t.State == queue.Called && t.Counter == told.Counter
}

func waits(_, t queue.Ticket) bool { return t.State == queue.Waiting }

// waitsUncalled drops the news of being sent back once the ticket moved on.
func waitsUncalled(told, t queue.Ticket) bool {
	return t.State == queue.Waiting && t.CallCount <= told.CallCount
}
