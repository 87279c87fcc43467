package agent_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// A kiosk that is down when the server starts again is not forgotten: it is
// listed at once, and raises its alarm after the usual time. One whose token was
// revoked meanwhile is.
func TestRestartRemembersKiosks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kiosks.json")
		start := func(good ...string) *agent.Desk {
			t.Helper()
			d, err := agent.NewDesk(agent.DeskConfig{
				Office: "x", NewToken: func(context.Context) (string, error) { return "T", nil }, Path: path,
				Good: func(id string) bool { return len(good) == 0 || good[0] == id },
			})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		beat := func(d *agent.Desk, machine, token string) {
			t.Helper()
			r := httptest.NewRequest(http.MethodPost, agent.BeatPath, strings.NewReader(`{"machine":"`+machine+`","id":"1","state":"ready"}`))
			w := httptest.NewRecorder()
			d.Beats().ServeHTTP(w, r.WithContext(page.WithCaller(r.Context(), page.Caller{ID: token})))
			if w.Code != http.StatusOK {
				t.Fatal(w.Code)
			}
		}
		shown := func(d *agent.Desk) string {
			w := httptest.NewRecorder()
			d.Admin().ServeHTTP(w, httptest.NewRequest(http.MethodGet, agent.Prefix, nil))
			return w.Body.String()
		}
		d := start()
		beat(d, "Máy cửa chính", "kiosk-a")
		beat(d, "Máy tầng 2", "kiosk-b")

		d = start("kiosk-a")
		if body := shown(d); !strings.Contains(body, "Máy cửa chính") || !strings.Contains(body, "đang đợi") || strings.Contains(body, "tầng 2") || len(d.Alarms()) != 0 {
			t.Errorf("%v\n%s", d.Alarms(), body)
		}
		time.Sleep(time.Minute)
		if a := d.Alarms(); len(a) != 1 || !strings.Contains(a[0][0], "Máy cửa chính: mất liên lạc, chưa báo về lần nào từ khi") || !strings.Contains(a[0][1], "not heard of since the server's start") {
			t.Errorf("%v", a)
		}
		beat(d, "Máy cửa chính", "kiosk-a")
		if body := shown(d); len(d.Alarms()) != 0 || !strings.Contains(body, "sẵn sàng") {
			t.Errorf("back, and still: %v\n%s", d.Alarms(), body)
		}
		time.Sleep(8 * 24 * time.Hour) // One that was taken away is forgotten in the end, over a restart, too.
		if body := shown(d); strings.Contains(body, "Máy cửa chính") {
			t.Error(body)
		}
		if body := shown(start()); strings.Contains(body, "Máy cửa chính") {
			t.Error(body)
		}
		if err := os.WriteFile(path, []byte("null"), 0o600); err != nil {
			t.Fatal(err)
		}
		beat(start(), "Máy 3", "kiosk-a")
		if body := shown(start()); !strings.Contains(body, "Máy 3") {
			t.Error(body)
		}
	})
}
