package api

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/queue"
)

// pages is a server's pages as a program would put them together.
func pages(s *Server) http.Handler {
	mux := http.NewServeMux()
	said := func(w http.ResponseWriter, r *http.Request) {
		g, _ := GrantOf(r.Context())
		_, _ = w.Write([]byte("page for " + g.ID))
	}
	mux.Handle("/counter", s.Guard(queue.RoleStaff)(http.HandlerFunc(said)))
	mux.Handle("/api/", s)
	mux.HandleFunc("/", said)
	return s.Exchange(mux)
}

func visit(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func pageOf(target string, header ...string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	r.Header.Set("Accept", "text/html,*/*")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestExchange(t *testing.T) {
	h := pages(New(Config{Tokens: testTokens()}))
	res := visit(h, pageOf("/counter?token=token-staff&lang=en"))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/counter?lang=en" {
		t.Fatalf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	c := res.Cookies()[0]
	if c.Name != "xinmoi_staff" || c.Value != "token-staff" || !c.HttpOnly || c.Secure ||
		c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge <= 0 {
		t.Errorf("cookie %+v", c)
	}
	res = visit(h, pageOf("/counter", "Cookie", "xinmoi_staff=token-staff"))
	if body := readBody(t, res); res.StatusCode != 200 || body != "page for staff1" {
		t.Errorf("with the cookie: %d %q", res.StatusCode, body)
	}
}

func TestExchangeOverTLS(t *testing.T) {
	r := pageOf("/counter?token=token-staff")
	r.TLS = &tls.ConnectionState{}
	if res := visit(pages(New(Config{Tokens: testTokens()})), r); !res.Cookies()[0].Secure {
		t.Error("a cookie over TLS is not Secure")
	}
	s := New(Config{Tokens: testTokens(), SecureCookies: true})
	if res := visit(pages(s), pageOf("/counter?token=token-staff")); !res.Cookies()[0].Secure {
		t.Error("SecureCookies has no effect")
	}
}

func TestExchangeRefusesWrongTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		h := pages(New(Config{Tokens: testTokens()}))
		for range missBurst {
			if res := visit(h, pageOf("/?token=wrong")); res.StatusCode != 401 || len(res.Cookies()) != 0 {
				t.Fatalf("%d, cookies %v", res.StatusCode, res.Cookies())
			}
		}
		if res := visit(h, pageOf("/?token=wrong")); res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("after %d guesses: %d", missBurst, res.StatusCode)
		}
	})
}

func TestExchangeLeavesOthersAlone(t *testing.T) {
	s := New(Config{Tokens: testTokens()})
	h := pages(s)
	if res := visit(h, pageOf("/api/v1/offices?token=token-staff")); res.StatusCode != 200 || len(res.Cookies()) != 0 {
		t.Errorf("the interface: %d", res.StatusCode)
	}
	post := httptest.NewRequest("POST", "/?token=token-staff", nil)
	if res := visit(h, post); res.StatusCode != 200 || len(res.Cookies()) != 0 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestCleanAddressStaysHere(t *testing.T) {
	for in, want := range map[string]string{
		"/counter?token=x":             "/counter",
		"/counter/?token=x":            "/counter/",
		"/?token=x":                    "/",
		"/counter?a=1&token=x&b=2":     "/counter?a=1&b=2",
		"//evil.example/?token=x":      "/evil.example/",
		"///evil.example?token=x":      "/evil.example",
		"/\\evil.example?token=x":      "/%5Cevil.example",
		"/a/../../b?token=x&token=y":   "/b",
		"/counter?next=//evil&token=x": "/counter?next=%2F%2Fevil",
	} {
		u, err := url.ParseRequestURI(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := withoutToken(u); got != want {
			t.Errorf("%s leads to %s, want %s", in, got, want)
		}
	}
}

func TestGuard(t *testing.T) {
	h := pages(New(Config{Tokens: testTokens()}))
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"nobody", nil, 401},
		{"staff", []string{"Cookie", "xinmoi_staff=token-staff"}, 200},
		{"admin", []string{"Cookie", "xinmoi_admin=token-admin"}, 200},
		{"bearer", []string{"Authorization", "Bearer token-staff"}, 200},
		{"kiosk", []string{"Cookie", "xinmoi_kiosk=token-kiosk"}, 403},
		{"withdrawn", []string{"Cookie", "xinmoi_staff=old"}, 401},
		{"cookie of another role", []string{"Cookie", "xinmoi_staff=token-board"}, 401},
		{"wrong bearer", []string{"Authorization", "Bearer old"}, 401},
	} {
		res := visit(h, pageOf("/counter", c.header...))
		body := readBody(t, res)
		if res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.want)
		}
		if c.want == 200 {
			continue
		}
		for _, part := range []string{"xinmoi token -role staff", "Nhờ người quản trị", "Ask the administrator", `lang="vi"`} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: page has no %q:\n%s", c.name, part, body)
			}
		}
		if strings.Contains(body, `http-equiv="refresh"`) {
			t.Errorf("%s: the page would load itself for ever", c.name)
		}
	}
}

func TestGuardStopsForeignPosts(t *testing.T) {
	h := pages(New(Config{Tokens: testTokens()}))
	r := httptest.NewRequest("POST", "/counter", nil)
	r.Header.Set("Cookie", "xinmoi_staff=token-staff")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if res := visit(h, r); res.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page's POST: %d", res.StatusCode)
	}
}

// TestArrivalFromElsewhere: a browser that follows another site's link
// withholds the cookie once; the page asks it to come again by itself.
func TestArrivalFromElsewhere(t *testing.T) {
	h := pages(New(Config{Tokens: testTokens()}))
	res := visit(h, pageOf("/counter", "Sec-Fetch-Site", "cross-site"))
	if body := readBody(t, res); res.StatusCode != 401 || !strings.Contains(body, `http-equiv="refresh"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestGuardAnswersProgramsWithProblems(t *testing.T) {
	h := pages(New(Config{Tokens: testTokens()}))
	r := httptest.NewRequest("GET", "/counter", nil)
	r.Header.Set("Accept", "application/json")
	if res := visit(h, r); res.StatusCode != 401 || res.Header.Get("Content-Type") != problemType {
		t.Errorf("%d %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
}

func TestGuardWhenTokensAreUnreadable(t *testing.T) {
	h := pages(New(Config{Tokens: brokenTokens{}}))
	res := visit(h, pageOf("/counter", "Cookie", "xinmoi_staff=token-staff"))
	if body := readBody(t, res); res.StatusCode != 503 || strings.Contains(body, "secret") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}
