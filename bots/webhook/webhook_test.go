package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/queue"
)

// source takes what bears the secret; "junk" cannot be read.
type source struct{}

func (source) Channel() queue.Channel { return queue.Zalo }

func (source) Receive(r *http.Request, body []byte) ([]bots.Inbound, error) {
	if !SameSecret(r.Header.Get("Secret"), "s3cret-s3cret") {
		return nil, ErrAuth
	}
	if string(body) == "junk" {
		return nil, ErrMalformed
	}
	return []bots.Inbound{{ExtID: "1", Text: string(body)}}, nil
}

// talkative is a source whose channel wants to read something.
type talkative struct{ source }

func (talkative) Answer(*http.Request, []byte) (kind string, answer []byte) {
	return "text/xml", []byte("<ok/>")
}

// Nothing is answered with 200 that is not stored, and nothing is stored that
// does not come from the channel.
func TestHandler(t *testing.T) {
	full := errors.New("disk full")
	for name, c := range map[string]struct {
		secret, body string
		source       Source
		fails        error
		status       int
		stored       int
	}{
		"taken":           {"s3cret-s3cret", "x", source{}, nil, 200, 1},
		"answered":        {"s3cret-s3cret", "x", talkative{}, nil, 200, 1},
		"wrong secret":    {"s3cret-s3creT", "x", source{}, nil, 401, 0},
		"no secret":       {"", "x", source{}, nil, 401, 0},
		"unreadable":      {"s3cret-s3cret", "junk", source{}, nil, 400, 0},
		"too large":       {"s3cret-s3cret", strings.Repeat("x", maxBody+1), source{}, nil, 413, 0},
		"as large as may": {"s3cret-s3cret", strings.Repeat("x", maxBody), source{}, nil, 200, 1},
		"not stored":      {"s3cret-s3cret", "x", source{}, full, 503, 1},
	} {
		t.Run(name, func(t *testing.T) {
			stored := 0
			h := Handler(c.source, func(_ context.Context, _ queue.Channel, batch []bots.Inbound) error {
				stored += len(batch)
				return c.fails
			}, nil)
			r := httptest.NewRequest(http.MethodPost, "/bots/zalo", strings.NewReader(c.body))
			r.Header.Set("Secret", c.secret)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || stored != c.stored {
				t.Errorf("%d, %d stored; want %d, %d", w.Code, stored, c.status, c.stored)
			}
			if (c.status == 503) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
			}
			if name == "answered" && w.Body.String() != "<ok/>" {
				t.Errorf("answer %q", w.Body)
			}
		})
	}
}

// What the channel hangs up on is stored all the same: it was taken.
func TestWhoHangsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := Handler(source{}, func(inner context.Context, _ queue.Channel, _ []bots.Inbound) error {
		cancel()
		return inner.Err()
	}, nil)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/bots/zalo", strings.NewReader("x"))
	r.Header.Set("Secret", "s3cret-s3cret")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}

// More than can be looked at together is asked to come again, at once.
func TestTooMany(t *testing.T) {
	release, inside := make(chan struct{}), make(chan struct{}, maxFlying)
	h := Handler(source{}, func(context.Context, queue.Channel, []bots.Inbound) error {
		inside <- struct{}{}
		<-release
		return nil
	}, nil)
	ask := func() int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
		r.Header.Set("Secret", "s3cret-s3cret")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	done := make(chan int, maxFlying)
	for range maxFlying {
		go func() { done <- ask() }()
	}
	for range maxFlying {
		<-inside
	}
	if got := ask(); got != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", got)
	}
	close(release)
	for range maxFlying {
		if got := <-done; got != http.StatusOK {
			t.Errorf("one of them: %d", got)
		}
	}
}

func TestSameSecret(t *testing.T) {
	if SameSecret("", "") || SameSecret("x", "") || SameSecret("", "x") || !SameSecret("x", "x") {
		t.Error("an empty secret opens")
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("s3cret-s3cret", []byte("x"))
	f.Fuzz(func(t *testing.T, secret string, body []byte) {
		stored := false
		h := Handler(source{}, func(context.Context, queue.Channel, []bots.Inbound) error { stored = true; return nil }, nil)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header["Secret"] = []string{secret}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if (w.Code == http.StatusOK) != stored {
			t.Errorf("status %d, stored %t", w.Code, stored)
		}
		_, _ = io.Copy(io.Discard, w.Body)
	})
}
