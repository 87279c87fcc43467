package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/bots/sms"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/people"
)

// doors says who may come to each path of the server: devices by the role of
// their token, people by their role. It follows what the pages are for; a path
// that is not here fails the test.
func doors() map[string]string {
	const (
		all     = "*"
		kiosks  = "kiosk admin person-admin"
		lines   = "channel admin person-admin"
		boards  = "board admin person-admin"
		desks   = "staff admin person-agent person-supervisor person-admin"
		looks   = "staff admin person-supervisor person-leader person-auditor person-admin"
		hall    = "staff admin person-supervisor person-admin"
		plans   = "admin person-leader person-admin"
		audit   = "admin person-auditor person-admin"
		admin   = "admin person-admin"
		ownCare = all // It looks itself who asks: at a token of its own, or at every operation.
		letters = ""  // Whoever brings one proves it with the secret that is agreed on.
	)
	return map[string]string{
		"/": all, "/api/v1": ownCare, "/login": all, "/logout": all, "/account": ownCare, "/pair": all, "/kiosk/agent": ownCare,
		"/announce": all, "/install-ca": all, "/hen": all, "/lay-so": all, "/counter/bookings": desks, "/admin/appointments": admin,
		"/kiosk": kiosks, "/rate": kiosks, "/kiosk/agent/beat": kiosks, "/kiosk/agent/ring": kiosks, "/kiosk/agent/supplies": kiosks,
		"/kiosk/agent/logo": kiosks, "/kiosk/agent/say": kiosks, "/kiosk/agent/link": kiosks, "/telephone/callbacks": lines, "/telephone/refusals": lines, "/telephone/appointments": lines,
		"/announce/stream": boards, "/announce/ack": boards,
		"/counter": desks, "/live": looks, "/live/alarms": looks, "/reports": looks, "/admin/sound": hall, "/admin/what-if": plans,
		"/admin/audit": audit, "/admin": admin, "/studio": admin, "/metrics": admin, "/admin/people": admin, "/admin/devices": admin,
		"/admin/sound/level": admin, "/admin/kiosks": admin, "/admin/boards": admin, "/admin/phone": admin, "/admin/calls": admin,
		"/admin/paper": admin, "/admin/setup": admin, "/admin/wizard": admin, "/admin/alarms": admin, "/admin/health": admin,
		"/admin/health.json": admin, "/admin/backup": admin, "/admin/office-file": admin, "/admin/print": admin,
		"/admin/chat": admin, "/admin/chat/static": all, "/hall": boards, "/in": all, "/bots/zalo": letters, "/bots/sms": letters, "/bots/zalo-consent": all,
	}
}

// TestEveryDoor asks at every path that the server has as everybody there is.
func TestEveryDoor(t *testing.T) {
	cfg := alone(t)
	withEverything(t, &cfg)
	a, err := assemble(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(true); err != nil {
			t.Error(err)
		}
	}()
	callers := everybody(t, a)
	decided, seen := doors(), map[string]bool{}
	for _, pattern := range a.doorway.paths {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodGet, pattern
		}
		door := path
		if name := strings.TrimSuffix(path, "/"); name != "" {
			path = name
		}
		who, ok := decided[path]
		if !ok {
			t.Errorf("%s: nobody has decided who may come here", pattern)
			continue
		}
		seen[path] = true
		for name, cookies := range callers {
			status := knock(a.handler, method, door, cookies)
			refused := status == http.StatusUnauthorized || status == http.StatusForbidden
			if refused == (who == "*" || slices.Contains(strings.Fields(who), name)) {
				t.Errorf("%s by %s: %d", pattern, name, status)
			}
		}
	}
	for path := range decided {
		if !seen[path] {
			t.Errorf("%s: there is no such path any more", path)
		}
	}
}

// withEverything names in a configuration each part that has pages of its own;
// nothing of it reaches the network before the server runs.
func withEverything(t *testing.T, c *config) {
	t.Helper()
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const nowhere = "http://127.0.0.1:9"
	c.HTTP.PublicURL, c.HTTPS.Listen = "https://office.example", "127.0.0.1:0"
	c.Telegram.TokenFile, c.Telegram.APIURL = file("123456:"+strings.Repeat("a", 35)), nowhere
	c.Zalo.TokenFile, c.Zalo.SecretFile, c.Zalo.APIURL, c.Zalo.Mode = file("123456:abc-xyz"), file("a-secret-of-nobody"), nowhere, zaloWebhook
	c.SMS = smsConfig{Driver: sms.Kannel, URL: nowhere, User: "u", SecretFile: file("p"), Parts: 2, Receive: true, ReceiveSecret: file("another-secret")}
	c.Hooks = []hookConfig{{Name: "camera", URL: nowhere, SecretFile: file(strings.Repeat("k", 32)), Alarms: true}}
	c.Live.Offices = []liveOffice{{Server: nowhere, Office: "xa-ben", TokenFile: file("t")}}
}

// everybody gives the cookies of each kind of caller.
func everybody(t *testing.T, a *app) map[string][]*http.Cookie {
	t.Helper()
	out := map[string][]*http.Cookie{"nobody": nil}
	for _, role := range queue.Roles() {
		token, err := a.db.NewToken(t.Context(), role, "")
		if err != nil {
			t.Fatal(err)
		}
		out[string(role)] = []*http.Cookie{{Name: "xinmoi_" + string(role), Value: token}}
	}
	const own = "bốn con chim nhỏ"
	if _, err := a.people.First(t.Context(), a.info.ID, people.Command(), people.NewAccount{Name: "person-admin", Password: own}); err != nil {
		t.Fatal(err)
	}
	for _, role := range queue.StaffRoles() {
		name, password := "person-"+string(role), own
		if role != queue.RoleAdmin {
			var err error
			if _, password, err = a.people.Add(t.Context(), people.Command(), people.NewAccount{Name: name, Posts: []people.Post{{Office: a.info.ID, Role: role}}}); err != nil {
				t.Fatal(err)
			}
		}
		e, err := a.people.SignIn(t.Context(), people.Attempt{Name: name, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		if e.Stage == people.Change { // Which alone opens nothing.
			out["half in as "+name] = []*http.Cookie{{Name: "xinmoi_session", Value: e.Key}}
			e, err = a.people.ChangePassword(t.Context(), e.Key, "", own, "", people.From{})
		}
		if err != nil || e.Stage != people.Ready {
			t.Fatal(e.Stage, err)
		}
		out[name] = []*http.Cookie{{Name: "xinmoi_session", Value: e.Key}}
	}
	return out
}

// knock asks for a path and gives the status; it does not stay for streams.
func knock(h http.Handler, method, path string, cookies []*http.Cookie) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := &knocking{header: http.Header{}, leave: cancel}
	h.ServeHTTP(w, r)
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// knocking leaves as soon as there is an answer.
type knocking struct {
	header http.Header
	status int
	leave  context.CancelFunc
}

func (w *knocking) Header() http.Header { return w.header }

func (w *knocking) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.leave()
}

func (w *knocking) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}

func (w *knocking) Flush() {}
