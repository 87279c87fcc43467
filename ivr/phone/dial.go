package phone

import (
	"context"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// dial calls and waits for the answer.
func dial(ctx context.Context, o Options) (line, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return sip.Dial(ctx, sip.DialConfig{URI: o.URI, From: o.From, Logger: o.Logger})
}
