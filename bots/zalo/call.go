package zalo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
)

// refusal is an answer that says no: of Zalo itself, whatever the HTTP status,
// or of something in between.
type refusal struct {
	method string
	code   int
	text   string
	after  time.Duration
	status bool // Without Zalo's envelope: code is an HTTP status.
}

func (r *refusal) Error() string {
	kind := "error"
	if r.status {
		kind = "HTTP status"
	}
	return fmt.Sprintf("%s: %s %d %s", r.method, kind, r.code, r.text)
}

// answer is the envelope of every answer.
type answer struct {
	OK          *bool           `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   liberal.Number  `json:"error_code"`
	Description liberal.Text    `json:"description"`
	Parameters  struct {
		RetryAfter liberal.Number `json:"retry_after"`
	} `json:"parameters"`
}

// call is one call of the Bot API; the error may contain the token.
func (a *Adapter) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.Server+"/bot"+a.config.Token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // Read to its end, or not worth keeping.
	told, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, err
	}
	return readAnswer(method, resp.StatusCode, resp.Header.Get("Retry-After"), told)
}

// readAnswer reads the envelope, which decides whatever the HTTP status says.
func readAnswer(method string, status int, retryAfter string, body []byte) (json.RawMessage, error) {
	var got answer
	if err := json.Unmarshal(body, &got); err != nil || got.OK == nil {
		return nil, &refusal{method: method, code: status, text: "no answer of Zalo", after: seconds(retryAfter), status: true}
	}
	if !*got.OK {
		after := seconds(strconv.Itoa(int(got.Parameters.RetryAfter)))
		return nil, &refusal{method: method, code: int(got.ErrorCode), text: liberal.Clip(string(got.Description), 200), after: max(after, seconds(retryAfter))}
	}
	return got.Result, nil
}

// seconds reads how long we are to wait, at most an hour.
func seconds(header string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, 3600)) * time.Second
}

// quotaPause is how long Zalo is left alone after "quota exceeded", where it
// does not say how long.
const quotaPause = 30 * time.Second

// failure tells what to do about a failed call; sending says that it would have
// had an effect. Its text does not contain the token.
func (a *Adapter) failure(err error, sending bool) error {
	f := &bots.Failure{Class: bots.Unreachable, Err: a.scrub(err)}
	var said *refusal
	switch {
	case errors.As(err, &said):
		f.Class, f.After = said.class(sending), said.after
		if said.code == http.StatusTooManyRequests {
			f.After = max(f.After, quotaPause)
		}
		if f.Class == bots.Auth {
			f.Err = fmt.Errorf("%w: compare the token with the one of Zalo Bot Manager", f.Err)
		}
	case sending && !bots.NeverSent(err):
		f.Class = bots.Ambiguous
	}
	return f
}

func (r *refusal) class(sending bool) bots.FailureClass {
	switch {
	case r.code == http.StatusTooManyRequests:
		return bots.Retry
	case r.status && r.code < http.StatusInternalServerError && r.code != http.StatusOK:
		return bots.Unreachable // Something in between: Zalo did not see it.
	case r.status, r.code == http.StatusRequestTimeout, r.code == http.StatusGatewayTimeout:
		if sending {
			return bots.Ambiguous
		}
		return bots.Unreachable
	case r.code == http.StatusUnauthorized:
		return bots.Auth
	case r.code == http.StatusForbidden, r.code >= http.StatusInternalServerError: // 403 is "internal server error" here.
		return bots.Retry
	case !sending:
		return bots.Retry
	default:
		return bots.Rejected
	}
}

// scrub gives an error whose text does not contain the token, and whose causes
// cannot be reached, because theirs may.
func (a *Adapter) scrub(err error) error {
	said := strings.ReplaceAll(err.Error(), a.config.Token, "…")
	if _, secret, ok := strings.Cut(a.config.Token, ":"); ok {
		said = strings.ReplaceAll(said, secret, "…")
	}
	if a.config.Secret != "" {
		said = strings.ReplaceAll(said, a.config.Secret, "…")
	}
	return errors.New(liberal.Clip(said, 300))
}
