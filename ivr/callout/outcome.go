package callout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// Dialer places calls. It returns when the call is answered; when ctx ends
// before, it stops the ringing (CANCEL). An error says by *trunk.CallError,
// *sip.RejectedError or *Failure why nobody answered; any other one counts as a
// trunk that is down.
type Dialer interface {
	Call(ctx context.Context, number string) (ivr.Line, error)
}

// Failure is why a call was not answered, for a Dialer that knows it by itself.
type Failure struct {
	Outcome book.Outcome // Busy, NoAnswer, Declined, Unreachable or TrunkDown.
	Code    int          // SIP status, 0 if none.
	Err     error
}

// Error implements error.
func (f *Failure) Error() string { return fmt.Sprintf("%s (%d): %v", f.Outcome, f.Code, f.Err) }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// statusOutcome sorts the final status of a call that was not answered
// (RFC 3261 §21, RFC 8197, RFC 8688); ok is false for those that say nothing
// about the citizen. What networks say is not reliable: a telephone that is
// switched off may ring, or be "busy". Hence the classes are few and the raw
// code is kept beside them.
func statusOutcome(code int) (o book.Outcome, ok bool) {
	switch code {
	case 486, 600:
		return book.Busy, true
	case 408, 480, 487:
		return book.NoAnswer, true // Perhaps only out of reach: worth another attempt.
	case 603, 607, 608:
		return book.Declined, true
	case 404, 410, 414, 416, 484, 604:
		return book.Unreachable, true
	}
	return book.TrunkDown, false // 401, 488, 5xx …: ours to mend, the citizen was not rung.
}

// classOutcome is what a trunk's own judgement means here.
func classOutcome(c trunk.Class) book.Outcome {
	switch c {
	case trunk.Busy:
		return book.Busy
	case trunk.NoAnswer:
		return book.NoAnswer
	case trunk.Rejected:
		return book.Declined
	case trunk.Unreachable, trunk.Forbidden:
		return book.Unreachable
	}
	return book.TrunkDown
}

// failureOf sorts the error of a Dialer.
func failureOf(err error) *Failure {
	var f *Failure
	var byTrunk *trunk.CallError
	var refused *sip.RejectedError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &byTrunk):
		f = &Failure{Outcome: classOutcome(byTrunk.Class), Code: byTrunk.Code, Err: err}
		if o, ok := statusOutcome(byTrunk.Code); ok && f.Outcome != book.TrunkDown {
			f.Outcome = o
		}
		return f
	case errors.As(err, &refused):
		o, _ := statusOutcome(refused.Code)
		return &Failure{Outcome: o, Code: refused.Code, Err: err}
	case errors.Is(err, sip.ErrRinging):
		return &Failure{Outcome: book.NoAnswer, Err: err}
	}
	return &Failure{Outcome: book.TrunkDown, Err: err}
}

// First and longest pause after calls that did not leave the house.
const (
	firstPause = 30 * time.Second
	mostPause  = 5 * time.Minute
)

// after says what becomes of a wish when one call for it has ended. tried
// counts that call; later tells that the ticket went back in the line.
func (r Rules) after(p book.Purpose, progress book.Progress, rep book.Report, tried book.Tried, later, texts bool, now time.Time) book.Next {
	again := book.Next{State: book.Wanted, NotBefore: now.Add(r.Pause)}
	switch rep.Outcome {
	case book.Pressed:
		if later {
			again.Again = true
			return again
		}
		return book.Next{State: book.Done, Result: book.Told}
	case book.Listened:
		return listened(texts)
	case book.Doubtful:
		if progress == book.Heard {
			return listened(texts)
		}
	case book.Declined, book.Unreachable:
		return failed(texts)
	case book.TrunkDown, book.Unspoken:
		if tried.Failures >= failures {
			return failed(texts)
		}
		again.NotBefore = now.Add(min(firstPause<<max(0, tried.Failures-1), mostPause))
		return again
	case book.Stopped:
		return again // What is true then decides.
	}
	if p == book.Called || tried.Near >= r.Attempts {
		return failed(texts)
	}
	return again
}

// listened ends a wish whose message was said to somebody or something that
// pressed nothing. A machine takes every call: what is written reaches the
// citizen who finds its light blinking too late.
func listened(texts bool) book.Next {
	if texts {
		return book.Next{State: book.Text, Result: book.Perhaps}
	}
	return book.Next{State: book.Done, Result: book.Perhaps}
}

// failed gives a wish up, or leaves it to a written message.
func failed(texts bool) book.Next {
	if texts {
		return book.Next{State: book.Text, Result: book.Failed}
	}
	return book.Next{State: book.Done, Result: book.Failed}
}
