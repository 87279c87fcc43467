package notice

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// NearAhead is how many are ahead when "nearly" is said to who chose nothing.
const NearAhead = 3

// MostAhead is the largest number that can be chosen instead.
const MostAhead = 30

// nearMinutes is the wait, at best, at which "nearly" is said however many are
// ahead: with many counters open a line of ten is gone in no time.
const nearMinutes = 5

// Follower is one person following one ticket: what was chosen, and what was
// heard.
type Follower struct {
	Ahead  int  // Tell when so many are ahead; 0 = NearAhead.
	Travel int  // Is so many minutes away, and is to be told when to set out; 0 = not asked, or told.
	Shown  bool // Has seen the ticket here: "joined" has nothing to add.
	heard  []Kind
}

// threshold is how many may be ahead.
func (f Follower) threshold() int {
	if f.Ahead > 0 {
		return min(f.Ahead, MostAhead)
	}
	return NearAhead
}

// Heard reports whether a notice was said, or needs not be said any more.
func (f Follower) Heard(k Kind) bool { return slices.Contains(f.heard, k) }

// Hears gives the follower after some notices were said or became void.
func (f Follower) Hears(kinds ...Kind) Follower {
	f.heard = slices.Clone(f.heard)
	for _, k := range kinds {
		if !slices.Contains(f.heard, k) {
			f.heard = append(f.heard, k)
		}
	}
	return f
}

// Again gives the follower after the place in the line was lost: who was never
// called may hear once more that the turn is near. Who was called never does.
func (f Follower) Again(t queue.Ticket) Follower {
	if t.State != queue.Waiting || f.wasCalled(t) {
		return f
	}
	f.heard = slices.DeleteFunc(slices.Clone(f.heard), func(k Kind) bool { return k == Nearly || k == MayMiss })
	return f
}

// wasCalled reports whether the person has been called to a counter.
func (f Follower) wasCalled(t queue.Ticket) bool {
	return t.CallCount > 0 || f.Heard(Called) || f.Heard(Recalled)
}

// String is what was heard, for storing: "nearly,called".
func (f Follower) String() string {
	words := make([]string, len(f.heard))
	for i, k := range f.heard {
		words[i] = string(k)
	}
	return strings.Join(words, ",")
}

// Recall gives the follower who heard what String has stored.
func (f Follower) Recall(stored string) Follower {
	f.heard = nil
	for _, word := range strings.Split(stored, ",") {
		if word != "" {
			f = f.Hears(Kind(word))
		}
	}
	return f
}

// After gives the follower after an event of the ticket: what it made void will
// not be said.
func (f Follower) After(e queue.Event, say Kind, void []Kind) Follower {
	if e.Kind == queue.TicketPushedBack && e.Ticket != nil {
		return f.Again(*e.Ticket)
	}
	if say != "" {
		f = f.Hears(say)
	}
	for _, k := range void {
		if k == Nearly || k == MayMiss || k == Joined {
			f = f.Hears(k)
		}
	}
	return f
}

// isNear reports whether few enough are ahead of a waiting ticket.
func isNear(f Follower, t queue.Ticket, _ time.Time) bool {
	if t.State != queue.Waiting || t.Standing == nil {
		return false
	}
	low := t.Standing.LowMin
	return t.Standing.Ahead <= f.threshold() || f.Ahead == 0 && low != nil && *low <= nearMinutes
}

// timeToGo reports whether somebody who told the way should set out.
func timeToGo(f Follower, t queue.Ticket, now time.Time) bool {
	s := t.Standing
	if f.Travel <= 0 || t.State != queue.Waiting || t.Presence == queue.Present || s == nil || s.LowMin == nil || s.HighMin == nil || s.ComeBy.IsZero() {
		return false
	}
	return !now.Before(s.ComeBy.Add(-time.Duration(f.Travel) * time.Minute))
}

// canStillGo reports whether who was to set out has not come yet and is not late.
func canStillGo(_ Follower, t queue.Ticket, now time.Time) bool {
	return t.State == queue.Waiting && t.Presence != queue.Present && t.Standing != nil && now.Before(t.Standing.ComeBy)
}

func mayMiss(_ Follower, t queue.Ticket, _ time.Time) bool {
	return t.State == queue.Waiting && t.Standing != nil && t.Standing.MayMiss
}

func joins(f Follower, t queue.Ticket, _ time.Time) bool {
	return t.State == queue.Waiting && !f.Shown
}
