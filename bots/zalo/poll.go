package zalo

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
)

// pollGrace is for the network, beyond the time that Zalo holds a poll.
const pollGrace = 10 * time.Second

// Polling is an Adapter that asks for what came. Zalo forgets what it has
// answered: what is on its way when the program ends is lost, so it is for
// trials and for offices that cannot be reached from outside.
type Polling struct {
	*Adapter
	clear *atomic.Bool // A webhook of before no longer stands in the way.
}

var _ bots.Poller = Polling{}

// Polling gives the adapter that polls.
func (a *Adapter) Polling() Polling { return Polling{a, new(atomic.Bool)} }

// Poll implements bots.Poller with getUpdates; there is no cursor.
func (p Polling) Poll(ctx context.Context, cursor string) ([]bots.Inbound, string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.PollTimeout+pollGrace)
	defer cancel()
	if !p.clear.Load() { // While a webhook is set, polls are refused.
		if _, err := p.call(ctx, "deleteWebhook", struct{}{}); err != nil {
			return nil, cursor, p.failure(err, false)
		}
		p.clear.Store(true)
	}
	result, err := p.call(ctx, "getUpdates", map[string]string{"timeout": strconv.Itoa(int(p.config.PollTimeout / time.Second))})
	var said *refusal
	if errors.As(err, &said) && (said.code == http.StatusRequestTimeout || said.code == http.StatusGatewayTimeout) {
		return nil, cursor, nil // Nothing came.
	}
	if err != nil {
		if errors.As(err, &said) && said.code == http.StatusBadRequest {
			p.clear.Store(false) // Perhaps somebody set a webhook.
		}
		return nil, cursor, p.failure(err, false)
	}
	batch, _ := p.parse(liberal.OrEmpty(result))
	return batch, cursor, nil
}
