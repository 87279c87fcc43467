package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue"
)

// A kiosk that is paired anew, and whose old token is revoked, while the server runs
// is remembered by its new token.
func TestKioskPairedAnew(t *testing.T) {
	cfg := alone(t)
	var a *app
	start := func() {
		t.Helper()
		var err error
		if a, err = assemble(context.Background(), cfg, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	stop := func() {
		t.Helper()
		if err := a.close(false); err != nil {
			t.Error(err)
		}
	}
	beat := func() (id string) {
		t.Helper()
		token, err := a.db.NewToken(t.Context(), queue.RoleKiosk, "")
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, agent.BeatPath, strings.NewReader(`{"machine":"Máy cửa chính","id":"1","state":"ready"}`))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		if a.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
		g, _, err := a.db.Grant(t.Context(), queue.HashToken(token))
		if err != nil {
			t.Fatal(err)
		}
		return g.ID
	}
	start()
	old := beat()
	stop()
	start()
	defer stop()
	if err := a.db.RevokeToken(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	id := beat()
	if kept, err := os.ReadFile(filepath.Join(cfg.Data, kiosksName)); err != nil || !strings.Contains(string(kept), id) {
		t.Errorf("%s, %v: not by %s", kept, err, id)
	}
}
