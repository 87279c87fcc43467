package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/queue"
)

// request is one kind of request of the contract, for the table of rights.
type request struct {
	name string
	call
	allowed []actor // Everyone else is refused.
}

func everyone() []actor {
	out := []actor{public, holder}
	for _, r := range queue.Roles() {
		out = append(out, actor(r))
	}
	return out
}

// requests follows the contract's paragraph on rights, not the code's table.
func requests() []request {
	takers := []actor{"kiosk", "channel", "staff", "admin"}
	staff := []actor{"staff", "admin"}
	out := []request{
		{"offices", call{method: "GET", path: Prefix + "/offices"}, everyone()},
		{"take", call{method: "POST", path: at + "/tickets", body: `{"service":"A","channel":"kiosk"}`}, takers},
		{"take as staff", call{method: "POST", path: at + "/tickets", body: `{"service":"A","channel":"staff"}`}, []actor{"staff", "admin"}},
		{"ticket by number", call{method: "GET", path: at + "/tickets/A001"}, append(takers, holder)},
	}
	for _, path := range []string{"", "/services", "/procedures", "/counters", "/board"} {
		out = append(out, request{"read " + path, call{method: "GET", path: at + path}, everyone()})
	}
	for _, a := range queue.Actions() {
		allowed := staff
		switch a {
		case queue.Confirm:
			allowed = takers
		case queue.CheckIn, queue.Later, queue.Cancel:
			allowed = append(takers, holder)
		case queue.Rate:
			allowed = []actor{"kiosk", "channel", "admin", holder}
		}
		out = append(out, request{"action " + string(a), call{method: "POST", path: at + "/tickets/A001/" + string(a)}, allowed})
	}
	for _, a := range []string{"next", "open", "pause", "close"} {
		out = append(out, request{"counter " + a, call{method: "POST", path: at + "/counters/1/" + a}, staff})
	}
	setup, err := json.Marshal(queue.CommuneCentre())
	if err != nil {
		panic(err) // A plain struct.
	}
	out = append(out,
		request{"why", call{method: "GET", path: at + "/tickets/A001/why"}, append(takers, holder)},
		request{"setup", call{method: "GET", path: at + "/setup"}, staff},
		request{"configure", call{method: "PUT", path: at + "/setup", body: `{"setup":` + string(setup) + `}`}, []actor{"admin"}},
		request{"figures", call{method: "GET", path: at + "/figures"}, staff},
		request{"report", call{method: "GET", path: at + "/report"}, staff},
		request{"report tickets", call{method: "GET", path: at + "/report/tickets"}, staff},
		request{"issuing", call{method: "POST", path: at + "/issuing", body: `{"stopped":false}`}, staff},
		request{"announced", call{method: "POST", path: at + "/announcements", body: `{"ticket":"1","counter":"1","zone":"hall"}`}, []actor{"board", "staff", "admin"}},
		request{"issue card", call{method: "POST", path: at + "/cards", body: aCard()}, staff},
		request{"revoke card", call{method: "POST", path: at + "/cards/1/revoke"}, staff},
	)
	return append(out, request{"counter call", call{method: "POST", path: at + "/counters/1/call", body: `{"ticket":"A001"}`}, staff})
}

// TestRights walks all kinds of caller × all kinds of request.
func TestRights(t *testing.T) {
	b := newBench(t)
	taken := b.take(`{"service":"A","channel":"kiosk"}`)
	link := b.links.Token("trung-tam", taken["id"].(string))
	for _, r := range requests() {
		for _, a := range everyone() {
			c := r.call
			switch a {
			case public:
			case holder:
				c.token = link
				if r.name == "offices" {
					continue // A link says nothing without its office.
				}
			default:
				c.token = string(a)
			}
			got := b.do(c).status
			refused := got == http.StatusUnauthorized || got == http.StatusForbidden
			if refused == slices.Contains(r.allowed, a) {
				t.Errorf("%s by %s: status %d", r.name, a, got)
			}
			if a == public && refused && got != http.StatusUnauthorized {
				t.Errorf("%s by nobody known: status %d, want 401", r.name, got)
			}
		}
	}
}

func TestLinkIsForOneTicket(t *testing.T) {
	b := newBench(t)
	mine := b.take(`{"service":"A","channel":"phone"}`)
	b.take(`{"service":"A","channel":"phone"}`)
	link := b.links.Token("trung-tam", mine["id"].(string))
	for _, ref := range []string{"A002", "A999"} {
		b.do(call{method: "GET", path: at + "/tickets/" + ref, token: link}).wantProblem(t, queue.CodeForbidden)
		for _, a := range []string{"cancel", "later", "check-in"} {
			b.do(call{method: "POST", path: at + "/tickets/" + ref + "/" + a, token: link}).wantProblem(t, queue.CodeForbidden)
		}
		b.do(call{method: "POST", path: at + "/tickets/" + ref + "/rate", token: link, body: `{"level":5}`}).wantProblem(t, queue.CodeForbidden)
	}
	got := b.do(call{method: "POST", path: at + "/tickets/A001/cancel", token: link}).want(t, 200)
	if got["state"] != "cancelled" {
		t.Errorf("cancelled by its link: %v", got)
	}
	other := queue.NewLinks([]byte("another secret"), "").Token("trung-tam", mine["id"].(string))
	b.do(call{method: "GET", path: at + "/tickets/A001", token: other}).wantProblem(t, queue.CodeUnauthorized)
}

func TestLookupsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		b := newBench(t)
		code := b.take(`{"service":"A","channel":"phone"}`)["code"].(string)
		limited := 0
		for range lookupBurst + 10 {
			if a := b.get("/tickets/"+code, ""); a.status == http.StatusTooManyRequests {
				a.wantProblem(t, queue.CodeRateLimited)
				if a.header.Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
				limited++
			}
		}
		if limited == 0 {
			t.Errorf("%d lookups from one address, none refused", lookupBurst+10)
		}
		b.get("/tickets/"+code, "kiosk").want(t, 200) // Devices are not limited.
		b.get("/board", "").want(t, 200)
	})
}

// The last digits of a telephone number are not found out by trying them all.
func TestEndingsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		b := newBench(t)
		b.take(`{"service":"A","channel":"phone","person":"tel:0912345678"}`)
		var last answerOf
		for i := range endingBurst + 10 {
			last = b.do(call{method: "POST", path: at + "/tickets/A001/belongs", token: "kiosk", body: fmt.Sprintf(`{"ending":"%04d"}`, i)})
		}
		last.wantProblem(t, queue.CodeRateLimited)
	})
}

func TestWrongTokensAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		b := newBench(t)
		var last answerOf
		for i := range missBurst + 10 {
			last = b.get("/board", fmt.Sprint("guess", i))
		}
		last.wantProblem(t, queue.CodeRateLimited)
		b.get("/board", "staff").want(t, 200)
	})
}

func TestTokensUnreadable(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Tokens = brokenTokens{} })
	a := b.get("/board", "staff")
	a.wantProblem(t, queue.CodeUnavailable)
	if strings.Contains(string(a.body), "secret") {
		t.Errorf("the cause got out: %s", a.body)
	}
	b.get("/board", "").want(t, 200)
}

func TestCookies(t *testing.T) {
	b := newBench(t)
	next := func(cookie string, header map[string]string) answerOf {
		h := map[string]string{"Cookie": cookie}
		for k, v := range header {
			h[k] = v
		}
		return b.do(call{method: "POST", path: at + "/counters/1/open", header: h})
	}
	next("xinmoi_staff=token-staff", nil).want(t, 200)
	next("xinmoi_kiosk=token-kiosk; xinmoi_staff=token-staff", nil).want(t, 200)
	next("xinmoi_kiosk=token-kiosk", nil).wantProblem(t, queue.CodeForbidden)
	next("xinmoi_staff=withdrawn", nil).wantProblem(t, queue.CodeUnauthorized)
	next("xinmoi_staff=token-kiosk", nil).wantProblem(t, queue.CodeUnauthorized)
	next("xinmoi_staff=token-staff", map[string]string{"Sec-Fetch-Site": "same-origin"}).want(t, 200)
	next("xinmoi_staff=token-staff", map[string]string{"Sec-Fetch-Site": "cross-site"}).wantProblem(t, queue.CodeForbidden)
	next("xinmoi_staff=token-staff", map[string]string{"Origin": "http://evil.example"}).wantProblem(t, queue.CodeForbidden)
	b.do(call{method: "GET", path: at + "/board", header: map[string]string{"Cookie": "xinmoi_staff=withdrawn"}}).want(t, 200)
}

func TestCallerOfSeveralTokens(t *testing.T) {
	s := New(Config{})
	both := identity{grants: []queue.Grant{{ID: "k", Role: queue.RoleKiosk}, {ID: "s", Role: queue.RoleStaff}}}
	for _, c := range []struct {
		id   identity
		by   right
		want string
	}{
		{both, mayTake, "k"},
		{both, mayCounter, "s"},
		{identity{grants: both.grants, part: "phone"}, mayCounter, "s/phone"},
		{identity{ticket: "7"}, act(queue.Cancel), "link:7"},
		{identity{}, mayRead, "public"},
	} {
		if got := s.caller(c.id, c.by); got != c.want {
			t.Errorf("caller of %v by %s is %q, want %q", c.id, c.by, got, c.want)
		}
	}
}

func TestClientIP(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:1234":             "192.0.2.7",
		"[::ffff:192.0.2.7]:80":      "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:443":         "fe80::/64",
		"@":                          "@",
	} {
		if got := clientIP(&http.Request{RemoteAddr: addr}); got != want {
			t.Errorf("%s is %q, want %q", addr, got, want)
		}
	}
}
