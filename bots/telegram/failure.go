package telegram

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"

	"github.com/xinmoi/xinmoi/bots"
)

func dialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second} }

// statusError is an answer of a server or proxy in trouble: 5xx, or a 429
// that came without the Bot API's own envelope.
type statusError struct {
	status int
	after  time.Duration
}

func (e *statusError) Error() string { return fmt.Sprintf("HTTP status %d", e.status) }

// strictClient is the HTTP client of the library: it turns answers that the
// library would report as an untyped text into typed errors, and bounds them.
type strictClient struct{ client *http.Client }

// Do implements bot.HttpClient.
func (s *strictClient) Do(r *http.Request) (*http.Response, error) {
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	if err := statusOf(resp); err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	resp.Body = bounded{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}

type bounded struct {
	io.Reader
	io.Closer
}

// statusOf gives an error for statuses under which no Bot API envelope is to
// be expected: redirects of a captive portal, 5xx, and 429 of a proxy.
func statusOf(resp *http.Response) error {
	json := strings.Contains(resp.Header.Get("Content-Type"), "json")
	switch {
	case resp.StatusCode >= 500,
		resp.StatusCode >= 300 && resp.StatusCode < 400,
		!json && resp.StatusCode == http.StatusTooManyRequests:
		return &statusError{resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"))}
	}
	return nil
}

func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// classify tells what to do about a failed call of the library. The error it
// gives does not contain the token.
func (a *Adapter) classify(err error) error {
	if err == nil {
		return nil
	}
	f := &bots.Failure{Class: classOf(err), Err: a.scrub(err)}
	var tooMany *bot.TooManyRequestsError
	var status *statusError
	switch {
	case errors.As(err, &tooMany):
		f.After = time.Duration(max(1, min(tooMany.RetryAfter, 3600))) * time.Second
	case errors.As(err, &status):
		f.After = status.after
	}
	return f
}

func classOf(err error) bots.FailureClass {
	var (
		tooMany *bot.TooManyRequestsError
		migrate *bot.MigrateError
		status  *statusError
	)
	switch {
	case errors.As(err, &tooMany):
		return bots.Retry
	case errors.As(err, &migrate):
		return bots.Gone // A group became another one; groups get no numbers.
	case errors.Is(err, bot.ErrorForbidden):
		return bots.Gone // Blocked by the user, user is deactivated.
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound):
		return bots.Auth // An unknown token gives 404 as well as 401.
	case errors.Is(err, bot.ErrorConflict):
		return bots.Conflict
	case errors.Is(err, bot.ErrorBadRequest):
		return badRequest(err.Error())
	case errors.As(err, &status):
		return statusClass(status.status)
	case bots.NeverSent(err):
		return bots.Unreachable
	default:
		return bots.Ambiguous
	}
}

func badRequest(text string) bots.FailureClass {
	for _, gone := range []string{"chat not found", "user not found", "PEER_ID_INVALID", "bot was kicked"} {
		if strings.Contains(text, gone) {
			return bots.Gone
		}
	}
	return bots.Rejected
}

func statusClass(status int) bots.FailureClass {
	switch {
	case status == http.StatusTooManyRequests:
		return bots.Retry
	case status < 500:
		return bots.Unreachable // A portal in between: Telegram did not see it.
	default:
		return bots.Ambiguous
	}
}
