package zalooa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
)

// refusal is an answer that says no: Zalo's own, whatever the HTTP status, or of
// something in between.
type refusal struct {
	code   int
	text   string
	status bool // Without Zalo's envelope: code is an HTTP status.
}

func (r *refusal) Error() string {
	kind := "error"
	if r.status {
		kind = "HTTP status"
	}
	return fmt.Sprintf("%s %d %s", kind, r.code, r.text)
}

// Zalo's error codes, by what is to be done (OpenAPI v3, error codes of messages).
func rateCodes() []int   { return []int{-32, -210, -200} }
func tokenCodes() []int  { return []int{-216, -220, -124} }
func goneCodes() []int   { return []int{-213, -227, -244} }
func windowCodes() []int { return []int{-230, -232, -218} }
func accountCodes() []int { // What the office has to see to: money, quota, rights of the account.
	return []int{-204, -205, -209, -211, -212, -219, -221, -223, -224, -235, -240, -242, -320, -321, -115, -126, -144, -147}
}

func (r *refusal) is(codes []int) bool { return !r.status && slices.Contains(codes, r.code) }

// window reports whether the person is beyond what may be sent freely.
func (r *refusal) window() bool { return r.is(windowCodes()) }

// call is one call of the OpenAPI; without a body it is a GET. A token that Zalo
// refuses is exchanged, once.
func (a *Adapter) call(ctx context.Context, address string, in any) (json.RawMessage, error) {
	spent := ""
	for {
		token, err := a.access(ctx, spent)
		if err != nil {
			return nil, err
		}
		data, err := a.once(ctx, address, token, in)
		var said *refusal
		if spent != "" || !errors.As(err, &said) || !said.is(tokenCodes()) {
			return data, err
		}
		spent = token
	}
}

func (a *Adapter) once(ctx context.Context, address, token string, in any) (json.RawMessage, error) {
	method, body := http.MethodGet, []byte(nil)
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("access_token", token)
	res, err := a.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // Read to its end, or not worth keeping.
	told, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return nil, err
	}
	return readAnswer(res.StatusCode, told)
}

// readAnswer reads the envelope, which decides whatever the HTTP status says.
func readAnswer(status int, body []byte) (json.RawMessage, error) {
	var got struct {
		Error   *liberal.Number `json:"error"`
		Message liberal.Text    `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Error == nil {
		return nil, &refusal{code: status, text: "no answer of Zalo", status: true}
	}
	if *got.Error != 0 {
		return nil, &refusal{code: int(*got.Error), text: liberal.Clip(string(got.Message), 200)}
	}
	return got.Data, nil
}

// ratePause is how long Zalo is left alone after it said that it was too much.
const ratePause = 20 * time.Second

// failure tells what to do about a message that was not taken. Its text has no
// token and no secret.
func (a *Adapter) failure(err error) error {
	f := &bots.Failure{Class: bots.Ambiguous, Err: a.scrub(err)}
	var said *refusal
	var login *loginError
	switch {
	case errors.As(err, &login):
		f.Class, f.After = login.class(), loginAfter
	case errors.As(err, &said):
		f.Class = said.class()
		if said.is(rateCodes()) || said.code == http.StatusTooManyRequests {
			f.After = ratePause
		}
	case bots.NeverSent(err):
		f.Class = bots.Unreachable
	}
	return f
}

func (r *refusal) class() bots.FailureClass {
	switch {
	case r.status && r.code == http.StatusTooManyRequests, r.is(rateCodes()):
		return bots.Retry
	case r.status && r.code >= http.StatusBadRequest && r.code < http.StatusInternalServerError:
		return bots.Unreachable // Something in between: Zalo did not see it.
	case r.status:
		return bots.Ambiguous
	case r.is(tokenCodes()), r.is(accountCodes()):
		return bots.Auth
	case r.is(goneCodes()):
		return bots.Gone
	default:
		return bots.Rejected
	}
}

// scrub gives an error whose text has no secret, and whose causes cannot be
// reached, because theirs may.
func (a *Adapter) scrub(err error) error {
	said := err.Error()
	secrets := []string{a.config.AppSecret, a.config.OASecret, a.config.Refresh}
	if a.mu.TryLock() { // Else it is being exchanged, and not in this text.
		secrets = append(secrets, a.tokens.Access, a.tokens.Refresh)
		a.mu.Unlock()
	}
	for _, s := range secrets {
		if s != "" {
			said = strings.ReplaceAll(said, s, "…")
		}
	}
	return errors.New(liberal.Clip(said, 400))
}
