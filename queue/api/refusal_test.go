package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// hints gives a problem's hint in both languages.
func (b *bench) hints(code queue.Code, c call) (en, vi string) {
	b.t.Helper()
	for lang, hint := range map[string]*string{"en": &en, "vi": &vi} {
		header := map[string]string{"Accept-Language": lang}
		for name, value := range c.header {
			header[name] = value
		}
		again := c
		again.header = header
		*hint, _ = b.do(again).wantProblem(b.t, code)["hint"].(string)
	}
	if en == "" || vi == "" || en == vi {
		b.t.Errorf("%s %s: hints %q, %q", c.method, c.path, en, vi)
	}
	return en, vi
}

// TestRefusalsSayWhoMay walks all kinds of caller × all kinds of request: who
// is refused learns which roles have the right, and who shows a token or a
// link is told to run no command.
func TestRefusalsSayWhoMay(t *testing.T) {
	b := newBench(t)
	taken := b.take(`{"service":"A","channel":"kiosk"}`)
	link := b.links.Token("trung-tam", taken["id"].(string))
	for _, r := range requests() {
		for _, a := range everyone() {
			c := r.call
			code := queue.CodeForbidden
			switch a {
			case public:
				code = queue.CodeUnauthorized
			case holder:
				c.token = link
			default:
				c.token = string(a)
			}
			if got := b.do(c).status; got != http.StatusUnauthorized && got != http.StatusForbidden || r.name == "offices" {
				continue
			}
			en, vi := b.hints(code, c)
			if command := strings.Contains(en+vi, "xinmoi token"); command != (a == public) {
				t.Errorf("%s by %s is told to run a command (%v): %q, %q", r.name, a, command, en, vi)
			}
			switch {
			case a == holder:
				if !strings.Contains(en, "help desk") || !strings.Contains(vi, "quầy hướng dẫn") {
					t.Errorf("%s by a link: %q, %q", r.name, en, vi)
				}
			case strings.HasSuffix(r.name, "rate") && a != public:
				if !strings.Contains(en, "Only the citizen rates") || !strings.Contains(vi, "Chỉ người dân đánh giá") {
					t.Errorf("%s by %s: %q, %q", r.name, a, en, vi)
				}
			default:
				for _, role := range r.allowed {
					if role != holder && (!strings.Contains(en, string(role)) || !strings.Contains(vi, "("+string(role)+")")) {
						t.Errorf("%s by %s does not name %s: %q, %q", r.name, a, role, en, vi)
					}
				}
			}
		}
	}
}

func TestRefusalOfSetup(t *testing.T) {
	b := newBench(t)
	body := `{"setup":{}}`
	en, vi := b.hints(queue.CodeForbidden, call{method: "PUT", path: at + "/setup", token: "staff", body: body})
	if en != "A token of role admin is needed: ask the administrator for one." ||
		vi != "Cần mã truy cập quyền quản trị (admin): nhờ người quản trị cấp." {
		t.Errorf("%q, %q", en, vi)
	}
	en, _ = b.hints(queue.CodeUnauthorized, call{method: "PUT", path: at + "/setup", body: body})
	if !strings.Contains(en, "xinmoi token -role admin") {
		t.Errorf("nobody is told %q", en)
	}
}

// TestOtherRefusals: each has its own next step.
func TestOtherRefusals(t *testing.T) {
	b := newBench(t)
	mine := b.take(takeA)
	b.take(takeA)
	link := b.links.Token("trung-tam", mine["id"].(string))
	for name, c := range map[string]struct {
		call
		code   queue.Code
		en, vi string
	}{
		"a number without a token": {call{method: "GET", path: at + "/tickets/A001"}, queue.CodeUnauthorized, "9-digit lookup code", "mã tra cứu 9 chữ số"},
		"an action without a token": {
			call{method: "POST", path: at + "/tickets/A001/cancel"}, queue.CodeUnauthorized, "own link", "liên kết của chính phiếu",
		},
		"another ticket by link": {call{method: "GET", path: at + "/tickets/A002", token: link}, queue.CodeForbidden, "its own ticket alone", "chỉ dùng cho phiếu của nó"},
		"a withdrawn token":      {call{method: "GET", path: at + "/board", token: "withdrawn"}, queue.CodeUnauthorized, "withdrawn", "thu hồi"},
		"another site": {
			call{method: "POST", path: at + "/counters/1/open", header: map[string]string{"Cookie": "xinmoi_staff=token-staff", "Sec-Fetch-Site": "cross-site"}},
			queue.CodeForbidden, "office's own page", "trang của trung tâm",
		},
		"as staff, by a kiosk": {
			call{method: "POST", path: at + "/tickets", token: "kiosk", body: `{"service":"A","channel":"staff"}`}, queue.CodeForbidden, "staff or admin", "cán bộ (staff) hoặc quản trị (admin)",
		},
	} {
		en, vi := b.hints(c.code, c.call)
		if !strings.Contains(en, c.en) || !strings.Contains(vi, c.vi) {
			t.Errorf("%s: %q, %q", name, en, vi)
		}
		if strings.Contains(en+vi, "xinmoi token") != (c.token == "" && c.header == nil) {
			t.Errorf("%s: %q, %q", name, en, vi)
		}
	}
}

// TestRefusedPages: a program that asks for a page learns the role, too.
func TestRefusedPages(t *testing.T) {
	s := New(Config{Tokens: testTokens()})
	h := s.Guard(queue.RoleAdmin)(http.NotFoundHandler())
	r := pageOf("/admin", "Cookie", "xinmoi_staff=token-staff")
	r.Header.Set("Accept", "application/json")
	res := visit(h, r)
	if body := readBody(t, res); res.StatusCode != http.StatusForbidden || !strings.Contains(body, "role admin is needed") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// TestTakingAsStaff: only staff may say that they are staff, whose word makes
// a priority sure; every other channel is as free as before.
func TestTakingAsStaff(t *testing.T) {
	b := newBench(t)
	for _, role := range []string{"kiosk", "channel"} {
		before := b.seq()
		b.post("/tickets", role, `{"service":"A","channel":"staff","class":"priority"}`).wantProblem(t, queue.CodeForbidden)
		if b.seq() != before {
			t.Errorf("%s took a number all the same", role)
		}
		for _, c := range queue.Channels() {
			if c == queue.Staff {
				continue
			}
			got := b.post("/tickets", role, `{"service":"A","channel":"`+string(c)+`","class":"priority"}`).want(t, 201)
			if got["channel"] != string(c) || got["entitlement"] != "declared" {
				t.Errorf("%s through %s: %v", role, c, got)
			}
		}
	}
	for _, role := range []string{"staff", "admin"} {
		if got := b.post("/tickets", role, `{"service":"A","channel":"staff","class":"priority"}`).want(t, 201); got["entitlement"] != "confirmed" {
			t.Errorf("%s: %v", role, got)
		}
	}
	// In a browser that is both, it is done by the staff's token.
	b.do(call{
		method: "POST", path: at + "/tickets", body: `{"service":"A","channel":"staff"}`,
		header: map[string]string{"Cookie": "xinmoi_kiosk=token-kiosk; xinmoi_staff=token-staff"},
	}).want(t, 201)
	events, err := b.store.Read(t.Context(), "trung-tam", b.seq()-1, 1)
	if err != nil || len(events) != 1 || events[0].Actor != "staff1" {
		t.Errorf("the log says %+v, %v", events, err)
	}
	for _, broken := range []string{`{"service":"A","channel":"Staff"}`, `{"service":"A","channel":" staff"}`} {
		b.post("/tickets", "kiosk", broken).wantProblem(t, queue.CodeBadRequest)
	}
}

// TestNeedsAreNotPublic: what somebody needs is for who takes the number and
// who serves it.
func TestNeedsAreNotPublic(t *testing.T) {
	b := newBench(t)
	taken := b.take(`{"service":"A","channel":"kiosk","needs":["mobility"]}`)
	link := b.links.Token("trung-tam", taken["id"].(string))
	has := func(ticket any) bool {
		list, _ := ticket.(map[string]any)["needs"].([]any)
		return len(list) == 1 && list[0] == "mobility"
	}
	if !has(taken) || !has(b.get("/tickets/A001", link).want(t, 200)) || !has(b.get("/tickets/"+taken["code"].(string), "").want(t, 200)) {
		t.Error("its taker does not see them")
	}
	b.callTo("1")
	for token, want := range map[string]bool{"": false, link: false, "board": false, "kiosk": true, "staff": true} {
		got := b.get("/counters", token)
		if seen := strings.Contains(string(got.body), "mobility"); got.status != 200 || seen != want {
			t.Errorf("counters for %q: seen %v", token, seen)
		}
	}
}

// TestPauseReasonsAreNotPublic: why a member of staff is away is for the house.
func TestPauseReasonsAreNotPublic(t *testing.T) {
	b := newBench(t)
	b.post("/counters/2/open", "staff", "").want(t, 200)
	b.post("/counters/2/pause", "staff", `{"reason":"chỗ riêng tư"}`).want(t, 200)
	for token, want := range map[string]bool{"": false, "board": false, "kiosk": true, "staff": true} {
		got := b.get("/counters", token)
		if seen := strings.Contains(string(got.body), "riêng tư"); got.status != 200 || seen != want {
			t.Errorf("counters for %q: seen %v", token, seen)
		}
	}
}
