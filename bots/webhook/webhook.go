// Package webhook is for losing nothing that a channel tells of its own accord:
// every request is verified, bounded and made durable before it is answered
// with 200, so that the channel forgets only what is kept here.
package webhook

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/queue"
)

// ErrAuth says that a request does not come from the channel: a wrong secret or
// signature. It is answered with 401.
var ErrAuth = errors.New("webhook: not from the channel")

// ErrMalformed says that a request can never be understood. It is answered with
// 400, and nothing of it is kept.
var ErrMalformed = errors.New("webhook: cannot be read")

// Source is a channel that tells of its own accord.
type Source interface {
	Channel() queue.Channel
	// Receive verifies one request with its whole body and reads it; it does
	// nothing else. The error is ErrAuth or ErrMalformed, wrapped or not.
	Receive(r *http.Request, body []byte) ([]bots.Inbound, error)
}

// Answerer is a Source whose channel wants to read something in the answer.
type Answerer interface {
	// Answer gives the content type and the body of the answer to a request that
	// was stored.
	Answer(r *http.Request, body []byte) (kind string, answer []byte)
}

// Store makes durable what came (bots.Bots.Receive).
type Store func(ctx context.Context, channel queue.Channel, batch []bots.Inbound) error

// Bounds of a request, and of how many are looked at together.
const (
	maxBody   = 64 << 10         // Bytes; the longest text of any channel is a tenth of it.
	maxFlying = 1024             // Of the channel; beyond that, it is asked to come again.
	storeTime = 10 * time.Second // For one request to become durable, however slow the disk.
	again     = "2"              // Seconds, after 503.
	warnEvery = time.Minute      // Strangers do not fill the log.
)

// Handler answers the webhook of one channel. Methods are not looked at: some
// gateways ask with GET.
func Handler(s Source, store Store, log *slog.Logger) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &handler{source: s, store: store, log: log, flying: make(chan struct{}, maxFlying), warn: rate.Sometimes{First: 3, Interval: warnEvery}}
	return h
}

type handler struct {
	source Source
	store  Store
	log    *slog.Logger
	flying chan struct{} // What the channel is known to have sent: a stranger takes no place.
	warn   rate.Sometimes
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, fmt.Sprintf("more than %d bytes", maxBody), http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the request did not arrive whole", http.StatusBadRequest)
		return
	}
	batch, err := h.source.Receive(r, body)
	switch {
	case errors.Is(err, ErrAuth):
		h.warn.Do(func() { h.log.Warn("a webhook with a wrong secret was turned away", "channel", h.source.Channel()) })
		http.Error(w, "the secret is not the one of this channel: compare it with the configuration", http.StatusUnauthorized)
		return
	case err != nil:
		h.log.Warn("a webhook cannot be read", "channel", h.source.Channel(), "err", err)
		http.Error(w, "this cannot be read", http.StatusBadRequest)
		return
	}
	select {
	case h.flying <- struct{}{}:
		defer func() { <-h.flying }()
	default:
		h.busy(w)
		return
	}
	// Whoever hangs up meanwhile comes again; what was begun is finished.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTime)
	defer cancel()
	if err := h.store(ctx, h.source.Channel(), batch); err != nil {
		h.log.Error("a webhook could not be stored", "channel", h.source.Channel(), "err", err)
		h.busy(w)
		return
	}
	if a, ok := h.source.(Answerer); ok {
		kind, answer := a.Answer(r, body)
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(answer) // Whoever hangs up comes again, and is known.
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (h *handler) busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", again)
	http.Error(w, "not stored: please send it again", http.StatusServiceUnavailable)
}

// SameSecret compares a secret in a time that tells nothing of it. An empty
// secret is nobody's.
func SameSecret(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
