package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// officeServer lets one token into the page of live calls.
func officeServer(t *testing.T, asked *atomic.Int32) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.Header.Get("Authorization") {
		case "Bearer admin":
		case "Bearer ill":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A telephone process lets in whom the office's server lets in, asks once, and
// takes a token out of the address.
func TestOfficeAdmins(t *testing.T) {
	var asked atomic.Int32
	a := &officeAdmins{page: officeServer(t, &asked) + "/admin/calls"}
	h := a.guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	get := func(target, bearer string, cookie *http.Cookie) *http.Response {
		r := httptest.NewRequest("GET", target, nil)
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for bearer, want := range map[string]int{"": 401, "staff": 401, "ill": 503, "admin": http.StatusTeapot} {
		if res := get("/admin/calls", bearer, nil); res.StatusCode != want || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %d, want %d", bearer, res.StatusCode, want)
		}
	}
	before := asked.Load()
	if res := get("/admin/calls", "admin", nil); res.StatusCode != http.StatusTeapot || asked.Load() != before {
		t.Errorf("%d; the server was asked again: %v", res.StatusCode, asked.Load() != before)
	}
	linked := get("/admin/calls?token=admin&lang=en", "", nil)
	if at := linked.Header.Get("Location"); linked.StatusCode != http.StatusSeeOther || at != "/admin/calls?lang=en" || len(linked.Cookies()) != 1 {
		t.Fatalf("%d to %q with %v", linked.StatusCode, at, linked.Cookies())
	}
	c := linked.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("%+v", c)
	}
	if res := get("/admin/calls", "", c); res.StatusCode != http.StatusTeapot {
		t.Errorf("by cookie: %d", res.StatusCode)
	}
	if res := get("/admin/calls?token=staff", "", nil); res.StatusCode != 401 || len(res.Cookies()) != 0 {
		t.Errorf("a wrong link: %d", res.StatusCode)
	}
}

// Processes that share the directory of voices keep what is their own apart.
func TestOwnDir(t *testing.T) {
	data := t.TempDir()
	for addr, want := range map[string]string{"10.0.0.11:5060": "ivr-10.0.0.11_5060", "[2001:db8::1]:5060": "ivr-2001_db8__1_5060"} {
		dir, err := ownDir(data, netip.MustParseAddrPort(addr))
		if err != nil || dir != filepath.Join(data, want) {
			t.Errorf("%s: %q, %v", addr, dir, err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
	}
}
