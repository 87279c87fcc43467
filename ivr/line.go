package ivr

import (
	"context"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// Line is one answered telephone call, as much of it as a conversation needs.
// *sip.Call is one.
type Line interface {
	// ID is the call's identity, unique at the far end (the SIP Call-ID).
	ID() string
	// Caller is who calls as the network tells it, raw; empty when withheld.
	Caller() string
	// Play starts a prompt in place of the running one and returns at once.
	// When it was heard to its end, an Input of kind Played follows.
	Play(p *rtp.Prompt)
	// Stop ends the running prompt; no Played follows.
	Stop()
	// Inputs gives what happens, ending with HungUp and then closed.
	Inputs() <-chan media.Input
	// Transfer sends the caller on to another address: a SIP URI or an
	// extension (REFER, RFC 3515). It returns nil once the far end has taken
	// over, after which HungUp follows; on any error the call goes on as it was.
	Transfer(ctx context.Context, to string) error
	// Hangup ends the call after what is being sent has been heard.
	Hangup(ctx context.Context) error
}

// operated is a Line that has an operator of its own, as a trunk may. Empty =
// none.
type operated interface{ Operator() string }

// operatorOf is where key 0 leads if the office says nothing.
func operatorOf(l Line) string {
	if o, ok := l.(operated); ok {
		return o.Operator()
	}
	return ""
}

// stopping is the Source of a HungUp with which this side ends the call because
// the program stops.
const stopping = "shutdown"

// handedOn is the Source of a HungUp after a Transfer: it may come before the
// answer to that.
const handedOn = "transferred"
