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

// desk starts a server's side that goes by a file.
func desk(t *testing.T, path string, good func(id string) bool) *agent.Desk {
	t.Helper()
	d, err := agent.NewDesk(agent.DeskConfig{
		Office: "x", NewToken: func(context.Context) (string, error) { return "T", nil }, Path: path, Good: good,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// beat lets a machine with a token be heard of.
func beat(t *testing.T, d *agent.Desk, machine, token string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, agent.BeatPath, strings.NewReader(`{"machine":"`+machine+`","id":"1","state":"ready"}`))
	w := httptest.NewRecorder()
	d.Beats().ServeHTTP(w, r.WithContext(page.WithCaller(r.Context(), page.Caller{ID: token})))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
}

// A kiosk that was taken away raises its alarm for a week and no longer, also where
// the server is switched off every night; one that is there stays.
func TestNightlyRestartsForgetKiosks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kiosks.json")
		beat(t, desk(t, path, nil), "Máy cũ", "kiosk-a")
		for day := range 9 {
			time.Sleep(24 * time.Hour)
			d := desk(t, path, nil)
			beat(t, d, "Máy mới", "kiosk-b")
			time.Sleep(time.Minute)
			if a := d.Alarms(); day < 6 && (len(a) != 2 || !strings.Contains(a[0][0], "Máy cũ")) || day == 8 && (len(a) != 1 || !strings.Contains(a[0][0], "Máy mới")) {
				t.Errorf("day %d: %v", day, a)
			}
		}
	})
}

// A kiosk that was paired anew while the server ran is remembered by its new token,
// whose old one was revoked.
func TestPairedAnewIsRemembered(t *testing.T) {
	path, good := filepath.Join(t.TempDir(), "kiosks.json"), map[string]bool{"kiosk-a": true}
	is := func(id string) bool { return good[id] }
	d := desk(t, path, is)
	beat(t, d, "Máy cửa chính", "kiosk-a")
	delete(good, "kiosk-a")
	good["kiosk-b"] = true
	beat(t, d, "Máy cửa chính", "kiosk-b")
	w := httptest.NewRecorder()
	desk(t, path, is).Admin().ServeHTTP(w, httptest.NewRequest(http.MethodGet, agent.Prefix, nil))
	if !strings.Contains(w.Body.String(), "Máy cửa chính") {
		t.Error(w.Body)
	}
}

// A kiosk that is down when the server starts again is not forgotten: it is
// listed at once, and raises its alarm after the usual time. One whose token was
// revoked meanwhile is.
func TestRestartRemembersKiosks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kiosks.json")
		start := func(good ...string) *agent.Desk {
			t.Helper()
			return desk(t, path, func(id string) bool { return len(good) == 0 || good[0] == id })
		}
		shown := func(d *agent.Desk) string {
			w := httptest.NewRecorder()
			d.Admin().ServeHTTP(w, httptest.NewRequest(http.MethodGet, agent.Prefix, nil))
			return w.Body.String()
		}
		d := start()
		beat(t, d, "Máy cửa chính", "kiosk-a")
		beat(t, d, "Máy tầng 2", "kiosk-b")

		d = start("kiosk-a")
		if body := shown(d); !strings.Contains(body, "Máy cửa chính") || !strings.Contains(body, "đang đợi") || strings.Contains(body, "tầng 2") || len(d.Alarms()) != 0 {
			t.Errorf("%v\n%s", d.Alarms(), body)
		}
		time.Sleep(time.Minute)
		if a := d.Alarms(); len(a) != 1 || !strings.Contains(a[0][0], "Máy cửa chính: mất liên lạc, chưa báo về lần nào từ khi") || !strings.Contains(a[0][1], "not heard of since the server's start") {
			t.Errorf("%v", a)
		}
		beat(t, d, "Máy cửa chính", "kiosk-a")
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
		beat(t, start(), "Máy 3", "kiosk-a")
		if body := shown(start()); !strings.Contains(body, "Máy 3") {
			t.Error(body)
		}
	})
}
