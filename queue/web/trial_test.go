package web_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// While an office is tried out every page of it says so, in one language.
func TestPagesSayTrial(t *testing.T) {
	var looked atomic.Int64
	h := open(t, func(c *web.Config) { // No two looks within the second for which "/" is kept.
		c.Now = func() time.Time { return time.Now().Add(time.Duration(looked.Load()) * time.Minute) }
	})
	said := func(want bool) {
		t.Helper()
		looked.Add(1)
		staff := ask(h.web.Counter(), "GET", "/counter", nil).body
		console := ask(h.web.Counter(), "GET", "/counter/1", nil).body
		english := ask(h.web.Counter(), "GET", "/counter?lang=en", nil).body
		board := ask(h.public, "GET", "/board", nil).body
		home := ask(h.public, "GET", "/", nil).body
		for name, says := range map[string]bool{
			"/counter": strings.Contains(staff, "CHẠY THỬ"), "/counter in English": strings.Contains(english, "TRIAL"), "/board": strings.Contains(board, "CHẠY THỬ"),
			"/":          strings.Contains(home, "CHẠY THỬ"),
			"/counter/1": strings.Contains(console, `<div id="trial" role="status">`) && strings.Contains(console, `"trial":true`),
		} {
			if says != want {
				t.Errorf("%s says trial: %v, want %v", name, says, want)
			}
		}
		if strings.Contains(english, "CHẠY THỬ") {
			t.Error("the English page speaks Vietnamese")
		}
	}
	said(false)
	now := setup()
	now.Trial = true
	if _, err := h.engine.Configure(t.Context(), queue.ConfigureRequest{Setup: now}); err != nil {
		t.Fatal(err)
	}
	said(true)
}

// What needs a look is unfolded on /admin, and so is what was just done; links
// are in one language.
func TestAdminFolds(t *testing.T) {
	row := func(level page.Level) func(context.Context) []page.Row {
		return func(context.Context) []page.Row {
			return []page.Row{{Label: "x", Value: "y"}, {Label: "z", Level: level}}
		}
	}
	done := []page.Action{{ID: "do", Label: "Làm", Do: func(context.Context) error { return nil }}}
	h := open(t, func(c *web.Config) {
		c.Panels = []page.Panel{
			{ID: "well", Title: "Một", Rows: row(page.OK), Actions: done}, {ID: "look", Title: "Hai", Rows: row(page.Warn)},
			{ID: "bad", Title: "Ba", Rows: row(page.Fail)}, {ID: "fact", Title: "Bốn", Rows: row(page.Note)},
		}
		c.Pages = []page.Link{{Label: "Báo cáo", LabelEN: "Reports", Href: "/reports"}}
	})
	folds := func(path string) (open string) {
		body := ask(h.web.Admin(), "GET", path, nil).body
		for _, p := range []string{"well", "look", "bad", "fact"} {
			if strings.Contains(body, `id="fold-`+p+`" open>`) {
				open += p + " "
			}
		}
		return open
	}
	if got := folds("/admin"); got != "look bad " {
		t.Errorf("unfolded are %q", got)
	}
	if got := folds("/admin?panel=well&done=do"); got != "well look bad " {
		t.Errorf("after a button %q are unfolded", got)
	}
	ask(h.web.Admin(), "GET", "/admin", nil).wants(t, 200, ">Báo cáo</a>")
	ask(h.web.Admin(), "GET", "/admin?lang=en", nil).wants(t, 200, ">Reports</a>")
}
