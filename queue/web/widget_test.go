package web_test

import (
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
)

// The widget is small, may be framed by any site, and is the only page that may.
func TestWidget(t *testing.T) {
	h := open(t, func(c *web.Config) { c.Booking = "/hen" })
	h.set("1", queue.Opened)
	h.take("A", false)
	h.take("A", false)
	h.next("1")
	frame := ask(h.public, "GET", "/widget", nil)
	frame.wants(t, 200, "A Hộ tịch &lt;b&gt;", "A001 (quầy 1)", "đang chờ 1", `href="/hen"`)
	ask(h.public, "GET", "/widget?lang=en", nil).wants(t, 200, "A Civil status", "waiting 1")
	if csp := frame.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors http: https:") || frame.header.Get("X-Frame-Options") != "" {
		t.Errorf("cannot be framed: %q, %q", csp, frame.header.Get("X-Frame-Options"))
	}
	script := ask(h.public, "GET", "/widget.js", nil)
	script.wants(t, 200, "createElement('iframe')")
	size := len(frame.body) + len(script.body)
	for _, mark := range []string{`href="/static/web/`, `src="/static/web/`} {
		_, rest, _ := strings.Cut(frame.body, mark)
		file, _, _ := strings.Cut(rest, `"`)
		part := ask(h.public, "GET", "/static/web/"+file, nil)
		part.wants(t, 200)
		size += len(part.body)
	}
	if size > 10<<10 {
		t.Errorf("%d bytes, want at most 10 KB", size)
	}
	for _, path := range []string{"/", "/board"} {
		if a := ask(h.public, "GET", path, nil); a.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s may be framed", path)
		}
	}
}
