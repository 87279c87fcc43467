package web_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// What is typed beside a button is tried once, what came of it is told, and what
// did not do is still there.
func TestTry(t *testing.T) {
	var typed []string
	h := open(t, func(c *web.Config) {
		c.Panels = []page.Panel{{ID: "sms", Title: "SMS", TitleEN: "SMS", Actions: []page.Action{{
			ID: "test", Label: "Gửi thử", LabelEN: "Send", Asks: "số điện thoại", AsksEN: "number",
			Try: func(_ context.Context, s string) (string, string, error) {
				if typed = append(typed, s); s == "bad" {
					return "", "", errors.New("không gửi được (not sent)")
				}
				return "đã nhận", "taken", nil
			},
		}}}}
	})
	admin := h.web.Admin()
	const at = "/admin/panels/sms/test"
	a := ask(admin, "POST", at, url.Values{"typed": {"  0912 "}})
	a.wants(t, 303)
	for range 2 {
		ask(admin, "GET", a.header.Get("Location"), nil).wants(t, 200, "Gửi thử: đã nhận")
	}
	ask(admin, "GET", a.header.Get("Location")+"&lang=en", nil).wants(t, 200, "Send: taken")
	ask(admin, "POST", at, url.Values{"typed": {"bad"}}).wants(t, 502, "không gửi được", `value="bad"`)
	ask(admin, "POST", at, url.Values{"typed": {" "}}).wants(t, 502, "xin điền số điện thoại")
	ask(admin, "POST", at, url.Values{"typed": {strings.Repeat("ă", page.MaxTyped+1)}}).wants(t, 502, "viết ngắn lại")
	if got := strings.Join(typed, "|"); got != "0912|bad" {
		t.Errorf("tried %q", got)
	}
}
