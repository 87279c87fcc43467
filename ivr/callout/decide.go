package callout

import (
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// move is what to do about a wish now.
type move int

const (
	hold   move = iota // Nothing; look again when something has happened, or at verdict.until.
	dial               // Call the citizen.
	end                // Nothing will come of it any more.
	letter             // Write to the citizen, who does not hear well.
)

// verdict is the decision about one wish.
type verdict struct {
	move
	purpose book.Purpose // For dial.
	until   time.Time    // For hold: when time alone changes the verdict; zero = not known.
	result  book.Result  // For end.
}

// situation is all that the decision depends on.
type situation struct {
	wish   book.Wish
	ticket queue.Ticket // As the office has it now, with its standing; a zero one does not exist.
	now    time.Time    // In the office's zone.
	open   bool         // Within office hours.
}

// decide says what to do about a wish. It never calls about a ticket that is
// over, about "nearly" once a counter has called, or somebody who is here and
// did not ask for it here.
func (r Rules) decide(s situation) verdict {
	if over(s.ticket) || !s.ticket.IssuedAt.Equal(s.wish.Issued) {
		return verdict{move: end, result: book.Expired}
	}
	here := s.ticket.Presence == queue.Present && !s.wish.Present
	if r.Off || s.wish.State != book.Wanted || here {
		return verdict{move: hold}
	}
	switch s.ticket.State {
	case queue.Called:
		if s.ticket.Needing(queue.NeedHearing) {
			return r.whenAwake(s, verdict{move: letter})
		}
		if s.wish.Tried.Called > 0 {
			return verdict{move: hold}
		}
		return r.whenAwake(s, verdict{move: dial, purpose: book.Called})
	case queue.Waiting:
		switch {
		case s.wish.Tried.Near >= r.Attempts || s.wish.Tried.Failures >= failures:
			return verdict{move: end, result: book.Failed}
		case !s.open || !near(s.wish, s.ticket.Standing):
			return verdict{move: hold}
		case s.ticket.Needing(queue.NeedHearing):
			return r.whenAwake(s, verdict{move: letter})
		}
		return r.whenAwake(s, verdict{move: dial, purpose: book.Near})
	}
	return verdict{move: hold} // Held or parked.
}

// whenAwake gives a verdict unless it is too early in the day or after the last
// attempt: nobody is to be woken, by a message neither.
func (r Rules) whenAwake(s situation, v verdict) verdict {
	switch {
	case !r.awake(s.now):
		return verdict{move: hold, until: r.wakes(s.now)}
	case s.now.Before(s.wish.NotBefore):
		return verdict{move: hold, until: s.wish.NotBefore}
	}
	return v
}

// over reports whether a ticket's holder need not be called any more: it has
// ended, or its holder stands at the counter.
func over(t queue.Ticket) bool {
	switch t.State {
	case queue.Held, queue.Waiting, queue.Called, queue.Parked:
		return false
	}
	return true
}

// near reports whether it is time to come.
func near(w book.Wish, s *queue.Standing) bool {
	switch {
	case s == nil:
		return false
	case s.Ahead <= w.Ahead:
		return true
	}
	return w.Minutes > 0 && s.LowMin != nil && *s.LowMin <= w.Minutes
}
