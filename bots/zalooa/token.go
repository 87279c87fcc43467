package zalooa

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
)

// tokens is what stands in the file.
type tokens struct {
	Seed    string    `json:"seed"` // Hash of the refresh token of the configuration that these followed.
	Refresh string    `json:"refresh"`
	Access  string    `json:"access,omitempty"`
	Until   time.Time `json:"until,omitzero"` // Of Access.
}

// Times of tokens (OAuth v4: an access token lives 25 hours).
const (
	early      = 6 * time.Hour  // Before its end an access token is exchanged; a short one in the middle of its life.
	often      = 12 * time.Hour // At least so often the clock is looked at, which may have been set.
	leastLife  = time.Minute
	mostLife   = 48 * time.Hour
	loginTime  = 20 * time.Second
	againBase  = 10 * time.Second
	againMost  = 10 * time.Minute
	loginAfter = 30 * time.Second // Nothing is sent for so long when a token could not be exchanged.
)

// errConsent says that the refresh token is worth nothing any more.
var errConsent = errors.New("Zalo does not take the refresh token: let the account's owner give the consent anew: /admin, Chat, \"Kết nối Zalo OA\"; or put a new refresh token into the file of zalo_oa.refresh_token_file")

// errNever says that there is no refresh token yet.
var errNever = errors.New("the Official Account is not connected yet: let its owner give the consent: /admin, Chat, \"Kết nối Zalo OA\"")

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// readTokens reads the file; where there is none, or the configuration has been
// given another refresh token since, that one is next.
func readTokens(path, seed string) (t tokens, err error) {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return t, fmt.Errorf("the tokens of Zalo: %w", err)
	}
	if err != nil || json.Unmarshal(raw, &t) != nil || t.Seed != hash(seed) || t.Refresh == "" {
		return tokens{Seed: hash(seed), Refresh: seed}, nil
	}
	return t, nil
}

// write makes the tokens durable: a crash leaves the old file or the new one.
func (t tokens) write(path string) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// access gives a token that is good for now; spent is one that Zalo has refused.
func (a *Adapter) access(ctx context.Context, spent string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.tokens
	if t.Access != "" && t.Access != spent && a.config.Now().Before(t.Until) {
		return t.Access, nil
	}
	if err := a.exchange(ctx); err != nil {
		return "", err
	}
	return a.tokens.Access, nil
}

// exchange makes a refresh token into the next pair, which is on the disk before
// it is used. The caller holds a.mu.
func (a *Adapter) exchange(ctx context.Context) error {
	// The answer is waited for and kept whoever gives up meanwhile: it comes once.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loginTime)
	defer cancel()
	if a.tokens.Refresh == "" {
		return &loginError{refused: true, err: errNever}
	}
	got, err := a.login(ctx, url.Values{"refresh_token": {a.tokens.Refresh}, "grant_type": {"refresh_token"}})
	var login *loginError
	a.refused = errors.As(err, &login) && login.refused
	if err != nil {
		return err
	}
	return a.adopt(got)
}

// adopt takes a new pair and writes it down. The caller holds a.mu.
func (a *Adapter) adopt(got pair) error {
	// The old one is spent, whatever the disk says.
	a.tokens = tokens{Seed: a.tokens.Seed, Refresh: string(got.Refresh), Access: string(got.Access), Until: a.config.Now().Add(got.life())}
	a.margin = min(early, got.life()/2)
	return a.keep()
}

// keep writes the tokens down. The caller holds a.mu.
func (a *Adapter) keep() error {
	err := a.tokens.write(a.config.Tokens)
	a.unwritten = err != nil
	if err != nil {
		return fmt.Errorf("the tokens of Zalo cannot be written, and are lost with this process: %w", err)
	}
	return nil
}

// pair is the answer to an exchange.
type pair struct {
	Access  liberal.Text   `json:"access_token"`
	Refresh liberal.Text   `json:"refresh_token"`
	Expires liberal.Number `json:"expires_in"` // Seconds, as a string.
	Name    liberal.Text   `json:"error_name"`
	Code    liberal.Number `json:"error"`
}

func (p pair) life() time.Duration {
	return min(max(time.Duration(p.Expires)*time.Second, leastLife), mostLife)
}

// login asks for a pair. Both halves must be there: some refusals come with
// status 200.
func (a *Adapter) login(ctx context.Context, form url.Values) (p pair, err error) {
	form.Set("app_id", a.config.AppID)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.Login+"/v4/oa/access_token", strings.NewReader(form.Encode()))
	if err != nil {
		return p, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("secret_key", a.config.AppSecret)
	res, err := a.client.Do(r)
	if err != nil {
		return p, &loginError{err: err}
	}
	defer func() { _ = res.Body.Close() }() // Read to its end, or not worth keeping.
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return p, &loginError{err: err}
	}
	unread := json.Unmarshal(raw, &p) != nil
	switch {
	case !unread && p.Access != "" && p.Refresh != "":
		return p, nil
	case unread || res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests:
		return p, &loginError{err: errors.New("no tokens in the answer, HTTP status " + strconv.Itoa(res.StatusCode))}
	default:
		return p, &loginError{refused: true, err: fmt.Errorf("%w (%s)", errConsent, liberal.Clip(string(p.Name), 100))}
	}
}

// loginError is an exchange of tokens that brought none.
type loginError struct {
	refused bool // For good, until somebody gives a new consent.
	err     error
}

func (e *loginError) Error() string { return "exchange of tokens: " + e.err.Error() }
func (e *loginError) Unwrap() error { return e.err }

// KeepTokens exchanges tokens long before they end, so that no message waits for
// it, and writes those down that could not be written before. report hears of
// failures; the error is that of ctx.
func (a *Adapter) KeepTokens(ctx context.Context, report func(error)) error {
	failed := 0
	for ctx.Err() == nil {
		pause, err := a.renew(ctx)
		switch {
		case err == nil:
			failed = 0
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			report(a.scrub(err))
			pause = min(againBase<<min(failed, 10), againMost)
			failed++
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

// renew does what is due to the tokens, and tells when to look again.
func (a *Adapter) renew(ctx context.Context) (pause time.Duration, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.untilExchange() <= 0:
		err = a.exchange(ctx)
	case a.unwritten:
		err = a.keep()
	}
	return a.untilExchange(), err
}

// untilExchange is how long the tokens are still good enough. The caller holds
// a.mu.
func (a *Adapter) untilExchange() time.Duration {
	if a.tokens.Access == "" {
		return 0
	}
	return min(a.tokens.Until.Sub(a.config.Now())-a.margin, often)
}

// ofLogin classes an exchange that failed.
func (e *loginError) class() bots.FailureClass {
	if e.refused {
		return bots.Auth
	}
	return bots.Unreachable
}
