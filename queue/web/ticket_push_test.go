package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// pushes notes who is to be told.
type pushes struct {
	told map[string]string // Subscription → number.
	err  error
}

func (*pushes) Key() string { return "BKey-of-the_office" }

func (p *pushes) Subscribe(_ context.Context, t queue.Ticket, l page.Lang, subscription []byte) error {
	if p.err == nil {
		p.told[string(subscription)] = t.Number.String() + " " + string(l)
	}
	return p.err
}

func (p *pushes) Resubscribe(ctx context.Context, t queue.Ticket, l page.Lang, old, subscription []byte) error {
	delete(p.told, string(old))
	return p.Subscribe(ctx, t, l, subscription)
}

func (p *pushes) Unsubscribe(_ context.Context, subscription []byte) error {
	delete(p.told, string(subscription))
	return p.err
}

// A browser is told of the ticket whose link it has, and nobody else's; what goes
// wrong says what to do.
func TestTicketPush(t *testing.T) {
	p := &pushes{told: map[string]string{}}
	h := open(t, func(c *web.Config) { c.Push = p })
	tk := h.take("A", false)
	post := func(path, body string) answer {
		t.Helper()
		return ask(h.public, http.MethodPost, path, nil, func(r *http.Request) {
			*r = *httptest.NewRequestWithContext(h.ctx, http.MethodPost, path, strings.NewReader(body))
		})
	}
	ask(h.public, "GET", h.link(tk), nil).wants(t, 200, `data-key="BKey-of-the_office"`, "ticket-push", "Báo cho tôi khi gần đến lượt", "xóa vài giờ sau khi xong việc")
	ask(h.public, "GET", h.link(tk)+"?lang=en", nil).wants(t, 200, "Tell me when my turn is near")
	ask(h.public, "GET", "/push-worker.js", nil).wants(t, 200, "showNotification")
	post(h.link(tk)+"/push?lang=en", "browser").wants(t, 204)
	if p.told["browser"] != "A001 en" {
		t.Errorf("told %q", p.told)
	}
	post(h.link(tk)+"/push/change?lang=en", `{"old":1,"new":{"endpoint":"x"}}`).wants(t, 204)
	if p.told[`{"endpoint":"x"}`] != "A001 en" {
		t.Errorf("changed, told %q", p.told)
	}
	post(h.link(tk)+"/push/change", `{"old":{"endpoint":"x"},"new":2}`).wants(t, 204)
	delete(p.told, "2")
	if len(p.told) != 1 {
		t.Errorf("the old one is still told: %q", p.told)
	}
	post(h.link(tk)+"/push/change", "browser").wants(t, 422)
	post("/t/another/push/change", `{"old":"browser","new":2}`).wants(t, 404)
	post("/t/another/push", "browser").wants(t, 404, "quét lại mã QR")
	post(h.link(tk)+"/push", strings.Repeat("x", 5000)).wants(t, 422, "để trang này mở")
	for status, err := range map[int]error{
		422: web.ErrSubscription, 409: queue.Errorf(queue.CodePersonLimit, "3"), 503: errors.New("disk full"), 429: queue.Errorf(queue.CodeRateLimited, "x"),
	} {
		p.err = err
		if a := post(h.link(tk)+"/push", "other"); a.status != status || !strings.Contains(a.body, "Xin ") || strings.Contains(a.body, "disk") {
			t.Errorf("%v: %d %s", err, a.status, a.body)
		}
	}
	p.err = nil
	post("/t/another/push/off", "browser").wants(t, 204) // Long over: there is nothing left to erase.
	if len(p.told) != 1 {
		t.Errorf("a stranger has turned it off: %q", p.told)
	}
	post(h.link(tk)+"/push/off", "browser").wants(t, 204)
	if len(p.told) != 0 {
		t.Errorf("told %q", p.told)
	}
	refused := 0 // Each costs the disk, and a message.
	for range 50 {
		if post(h.link(tk)+"/push", "browser").status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("asked 50 times at once, never refused")
	}
	h.act(tk.ID, queue.Cancel)
	ask(h.public, "GET", h.link(tk), nil).lacks(t, "data-key")
	without := open(t, nil)
	ask(without.public, "GET", without.link(without.take("A", false)), nil).lacks(t, "data-key", "ticket-push")
	ask(without.public, "GET", "/push-worker.js", nil).wants(t, 404)
}
