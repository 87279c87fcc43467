package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
	"github.com/xinmoi/xinmoi/bots/webhook"
)

// secretHeader carries the secret that was given to setWebhook.
const secretHeader = "X-Bot-Api-Secret-Token"

// Receive implements webhook.Source: one event of Zalo.
func (a *Adapter) Receive(r *http.Request, body []byte) ([]bots.Inbound, error) {
	if !webhook.SameSecret(r.Header.Get(secretHeader), a.config.Secret) {
		return nil, webhook.ErrAuth
	}
	batch, _ := a.parse(body) // What is no event may be Zalo trying whether we are there.
	return batch, nil
}

var _ webhook.Source = (*Adapter)(nil)

// Times of keeping the webhook.
const (
	callTime  = 15 * time.Second
	lookEvery = 30 * time.Minute
	tryBase   = 2 * time.Second
	tryMost   = 5 * time.Minute
)

// KeepWebhook tells Zalo where to send what people write, until it has taken
// it, and looks now and then whether it is still so. report hears of every
// failure; the error is that of ctx.
func (a *Adapter) KeepWebhook(ctx context.Context, address string, report func(error)) error {
	failed, known := 0, false
	for ctx.Err() == nil {
		pause := lookEvery
		if err := a.setWebhook(ctx, address, known); err != nil && ctx.Err() == nil {
			report(err)
			pause = tryBase/2 + rand.N(min(tryBase<<min(failed, 10), tryMost))
			failed++
		} else {
			failed, known = 0, true
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
	return ctx.Err()
}

// setWebhook sets the address, unless it is known to have our secret and is
// still set. That Zalo could not
// reach it is an error that says what Zalo saw.
func (a *Adapter) setWebhook(ctx context.Context, address string, known bool) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var now struct {
		URL liberal.Text `json:"url"`
	}
	if known {
		got, err := a.call(ctx, "getWebhookInfo", struct{}{})
		if err == nil && json.Unmarshal(liberal.OrEmpty(got), &now) == nil && string(now.URL) == address {
			return nil
		}
	}
	got, err := a.call(ctx, "setWebhook", map[string]string{"url": address, "secret_token": a.config.Secret})
	if err != nil {
		return a.failure(err, false)
	}
	var set struct {
		Verification *struct {
			OK      bool         `json:"ok"`
			Outcome liberal.Text `json:"outcome"`
			Hint    liberal.Text `json:"hint"`
		} `json:"verification"`
	}
	if err := json.Unmarshal(liberal.OrEmpty(got), &set); err == nil && set.Verification != nil && !set.Verification.OK {
		return a.scrub(errors.New("Zalo cannot reach the webhook: " + liberal.Clip(string(set.Verification.Outcome)+" "+string(set.Verification.Hint), 200)))
	}
	return nil
}
