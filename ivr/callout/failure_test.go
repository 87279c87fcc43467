package callout

import (
	"errors"
	"fmt"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// refusal is what a call without a trunk ends with.
func refusal(code int) error {
	return fmt.Errorf("call: %w", &sip.RejectedError{Code: code, Reason: "test"})
}

// classes is what trunks say, and what it means here.
func classes() map[error]book.Outcome {
	say := func(c trunk.Class, code int) error {
		return &trunk.CallError{Class: c, Code: code, Err: errors.New("test")}
	}
	return map[error]book.Outcome{
		say(trunk.Busy, 486): book.Busy, say(trunk.NoAnswer, 0): book.NoAnswer, say(trunk.Rejected, 603): book.Declined,
		say(trunk.Rejected, 403): book.Declined, say(trunk.Unreachable, 404): book.Unreachable, say(trunk.Unreachable, 480): book.NoAnswer,
		say(trunk.TrunkDown, 503): book.TrunkDown, say(trunk.TrunkDown, 408): book.TrunkDown, say(trunk.Forbidden, 0): book.Unreachable,
		sip.ErrRinging: book.NoAnswer,
	}
}
