package afar

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
)

// How long the office may take.
const (
	lookTime = time.Second // The caller waits for the first word.
	noteTime = 8 * time.Second
	retry    = 300 * time.Millisecond // Doubled from attempt to attempt.
)

// Book is the office's book of wishes as a telephone on another machine has it.
// It implements ivr.Callbacks and ivr.Forgetter.
type Book struct {
	Base  string        // "http://192.168.1.10:8080"
	Token string        // Of the role channel.
	HTTP  *http.Client  // Nil = http.DefaultClient.
	Own   ivr.Callbacks // What this telephone can do itself, where the office calls nobody; nil = nothing.
}

var (
	_ ivr.Callbacks = (*Book)(nil)
	_ ivr.Forgetter = (*Book)(nil)
)

// errNobody says that the office calls nobody.
var errNobody = errors.New("the office calls nobody")

// ErrNobody is what Wishes answer that call nobody: the telephone that asks may do
// it itself.
var ErrNobody = errNobody

// errRefused says that asking again would change nothing.
var errRefused = errors.New("the office refuses it")

// Offer implements ivr.Callbacks.
func (b *Book) Offer(number string) bool {
	k, err := b.look(context.Background(), number)
	if errors.Is(err, errNobody) && b.Own != nil {
		return b.Own.Offer(number)
	}
	return err == nil && k.Offer
}

// Ask implements ivr.Callbacks: the wish is on the office's disk when it
// returns. One whose outcome is unknown is asked again: noting it twice is
// noting it once.
func (b *Book) Ask(ctx context.Context, w ivr.Wish) error {
	err := b.persist(ctx, Path, wish{w.Ticket.ID, w.Number, w.Language, w.Travel})
	if errors.Is(err, errNobody) && b.Own != nil {
		return b.Own.Ask(ctx, w)
	}
	return err
}

// Knows implements ivr.Forgetter.
func (b *Book) Knows(ctx context.Context, number string) (bool, error) {
	k, err := b.look(ctx, number)
	if errors.Is(err, errNobody) {
		err = nil
	}
	if own, ok := b.Own.(ivr.Forgetter); ok && !k.Known {
		noted, ownErr := own.Knows(ctx, number)
		return noted, errors.Join(err, ownErr)
	}
	return k.Known, err
}

// Forget implements ivr.Forgetter: in the office's book and in the own one.
func (b *Book) Forget(ctx context.Context, number string) error {
	err := b.persist(ctx, forgetPath, caller{number})
	if errors.Is(err, errNobody) {
		err = nil
	}
	if own, ok := b.Own.(ivr.Forgetter); ok {
		err = errors.Join(err, own.Forget(ctx, number))
	}
	return err
}

func (b *Book) look(ctx context.Context, number string) (k known, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return k, b.post(ctx, lookPath, caller{number}, &k)
}

// persist repeats a request while its outcome is unknown.
func (b *Book) persist(ctx context.Context, path string, in any) error {
	ctx, cancel := context.WithTimeout(ctx, noteTime)
	defer cancel()
	for wait := retry; ; wait *= 2 {
		err := b.post(ctx, path, in, nil)
		if err == nil || errors.Is(err, errNobody) || errors.Is(err, errRefused) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// post sends one request. Its error never holds the number.
func (b *Book) post(ctx context.Context, path string, in, out any) error {
	status, answer, err := post(ctx, b.HTTP, b.Base, b.Token, path, in, maxBody)
	switch {
	case err != nil:
		return fmt.Errorf("wishes to be called: %w", err)
	case status == http.StatusNotFound:
		return errNobody
	case status/100 == 4 && status != http.StatusTooManyRequests:
		return fmt.Errorf("%w: %d", errRefused, status)
	case status/100 != 2:
		return fmt.Errorf("wishes to be called: the office answered %d", status)
	case out != nil:
		if err := json.Unmarshal(answer, out); err != nil {
			return fmt.Errorf("wishes to be called: the office's answer: %w", err)
		}
	}
	return nil
}

// post sends a request to the office; client may be nil. Its error never holds
// what was sent.
func post(ctx context.Context, client *http.Client, base, token, path string, in any, most int64) (status int, answer []byte, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("address of the office: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("the office cannot be reached: %w", err)
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(io.LimitReader(res.Body, most)); err != nil {
		return 0, nil, fmt.Errorf("the office cannot be reached: %w", err)
	}
	return res.StatusCode, answer, nil
}
