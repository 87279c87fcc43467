package api

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

// contractTicket lists the members that every ticket has (url comes on top
// for its taker).
func contractTicket() []string {
	return strings.Fields(`id office number code service procedure state reason class channel presence language
		needs issued_at counter call_count version standing
		resume_at only returned later_count rating agency entitlement slot dossiers`)
}

func wantMembers(t *testing.T, what string, got map[string]any, want ...string) {
	t.Helper()
	for _, m := range want {
		if _, ok := got[m]; !ok {
			t.Errorf("%s has no member %q: %v", what, m, slices.Sorted(maps.Keys(got)))
		}
	}
}

func TestReadOffice(t *testing.T) {
	b := newBench(t)
	list := func(path string) []map[string]any {
		a := b.do(call{method: "GET", path: Prefix + path})
		var out []map[string]any
		if err := json.Unmarshal(a.body, &out); err != nil || a.status != 200 {
			t.Fatalf("GET %s: %d %s: no bare array: %v", path, a.status, a.body, err)
		}
		return out
	}
	offices := list("/offices")
	if len(offices) != 1 || offices[0]["id"] != "trung-tam" || offices[0]["open"] != true {
		t.Errorf("offices: %v", offices)
	}
	wantMembers(t, "office", b.get("", "").want(t, 200), "id", "name", "open")
	services := list("/offices/trung-tam/services")
	wantMembers(t, "service", services[0], "id", "name", "open", "waiting")
	procedures := list("/offices/trung-tam/procedures")
	wantMembers(t, "procedure", procedures[0], "id", "field", "name", "service")
	counters := list("/offices/trung-tam/counters")
	wantMembers(t, "counter", counters[0], "id", "name", "state", "services", "ticket")
	if counters[0]["ticket"] != nil {
		t.Errorf("an idle counter has ticket %v", counters[0]["ticket"])
	}
	board := b.get("/board", "").want(t, 200)
	wantMembers(t, "board", board, "seq", "at", "serving", "recent", "waiting")
	if s, ok := board["serving"].([]any); !ok || len(s) != 0 {
		t.Errorf("serving of an empty board is %v, want []", board["serving"])
	}
}

func TestTakeAndServe(t *testing.T) {
	b := newBench(t)
	taken := b.take(`{"service":"A","channel":"kiosk"}`)
	wantMembers(t, "ticket", taken, append(contractTicket(), "url")...)
	if taken["number"] != "A001" || taken["state"] != "waiting" || taken["procedure"] != nil {
		t.Errorf("taken: %v", taken)
	}
	code, _ := taken["code"].(string)
	if len(code) != 9 || !strings.Contains(taken["url"].(string), "/t/") {
		t.Errorf("code %q, url %v", code, taken["url"])
	}
	want := map[string]any{"ahead": json.Number("0"), "low_min": nil, "high_min": nil}
	if d := cmp.Diff(want, taken["standing"]); d != "" {
		t.Error("standing:", d)
	}

	b.post("/counters/1/next", "staff", "").wantProblem(t, queue.CodeCounterClosed)
	if c := b.post("/counters/1/open", "staff", "").want(t, 200); c["state"] != "open" {
		t.Errorf("opened counter: %v", c)
	}
	called := b.post("/counters/1/next", "staff", "").want(t, 200)
	if called["id"] != taken["id"] || called["state"] != "called" || called["counter"] != "1" || called["standing"] != nil {
		t.Errorf("called: %v", called)
	}
	busy := b.post("/counters/1/next", "staff", "").wantProblem(t, queue.CodeCounterBusy)
	if in, _ := busy["ticket"].(map[string]any); in["id"] != taken["id"] {
		t.Errorf("counter_busy carries %v", busy["ticket"])
	}
	for _, step := range [][2]string{{"recall", "called"}, {"start", "serving"}, {"finish", "completed"}} {
		got := b.post("/tickets/a1/"+step[0], "staff", "").want(t, 200)
		if got["state"] != step[1] {
			t.Errorf("%s: state %v, want %s", step[0], got["state"], step[1])
		}
	}
	nobody := b.post("/counters/1/next", "staff", "")
	if nobody.status != http.StatusNoContent || len(nobody.body) != 0 {
		t.Errorf("next with nobody: %d %q", nobody.status, nobody.body)
	}
	paused := b.post("/counters/1/pause", "staff", `{"reason":"giải lao"}`).want(t, 200)
	if paused["state"] != "paused" || paused["reason"] != "giải lao" {
		t.Errorf("paused: %v", paused)
	}
}

func TestCallGivenTicket(t *testing.T) {
	b := newBench(t)
	b.take(`{"service":"A","channel":"kiosk"}`)
	second := b.take(`{"service":"A","channel":"kiosk"}`)
	b.post("/counters/1/open", "staff", "")
	called := b.post("/counters/1/call", "staff", `{"ticket":"A002","reason":"người cao tuổi"}`).want(t, 200)
	if called["id"] != second["id"] {
		t.Errorf("called %v, want %v", called["number"], second["number"])
	}
}

func TestHoldAndConfirm(t *testing.T) {
	b := newBench(t)
	held := b.take(`{"procedure":"","service":"B","channel":"phone","hold":true,"class":null,"person":null,"needs":null}`)
	if held["state"] != "held" || held["hold_until"] == nil {
		t.Errorf("held: %v", held)
	}
	confirmed := b.post("/tickets/"+held["id"].(string)+"/confirm", "channel", "").want(t, 200)
	if confirmed["state"] != "waiting" || confirmed["code"] != held["code"] || confirmed["url"] != held["url"] {
		t.Errorf("confirmed: %v", confirmed)
	}
}

func TestFindTicketByAnyName(t *testing.T) {
	b := newBench(t)
	taken := b.take(`{"service":"A","channel":"kiosk"}`)
	for _, ref := range []string{taken["id"].(string), "A001", "a1", "A%20001", "a-1", taken["code"].(string)} {
		if got := b.get("/tickets/"+ref, "kiosk").want(t, 200); got["id"] != taken["id"] || got["code"] != taken["code"] {
			t.Errorf("%s finds %v", ref, got)
		}
	}
	if got := b.get("/tickets/"+taken["code"].(string), "").want(t, 200); got["url"] != taken["url"] {
		t.Errorf("by code, without a token: %v", got)
	}
}

func TestPublicSeesNoCode(t *testing.T) {
	b := newBench(t)
	taken := b.take(`{"service":"A","channel":"phone","person":"tel:+84912345678"}`)
	b.post("/counters/1/open", "staff", "")
	b.post("/counters/1/next", "staff", "")
	token := strings.TrimPrefix(taken["url"].(string), "http://xinmoi.test/t/")
	for _, path := range []string{"/counters", "/board"} {
		a := b.get(path, "")
		for _, secret := range []string{taken["code"].(string), token, "912345678"} {
			if strings.Contains(string(a.body), secret) {
				t.Errorf("GET %s tells anyone %q: %s", path, secret, a.body)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	b := newBench(t)
	take := func(key, role, body string) answerOf {
		return b.do(call{method: "POST", path: at + "/tickets", token: role, body: body, header: map[string]string{keyHeader: key}})
	}
	const a = `{"service":"A","channel":"kiosk"}`
	first := take("k1", "kiosk", a).want(t, 201)
	again := take("k1", "kiosk", a).want(t, 201)
	if first["id"] != again["id"] {
		t.Errorf("one key, two tickets: %v and %v", first["number"], again["number"])
	}
	take("k1", "kiosk", `{"service":"B","channel":"kiosk"}`).wantProblem(t, queue.CodeKeyReused)
	if other := take("k1", "channel", a).want(t, 201); other["id"] == first["id"] {
		t.Error("two callers share a key")
	}
	for _, bad := range []string{"", "a b", "Khóa", strings.Repeat("x", 129), "tab\there"} {
		before := b.seq()
		take(bad, "kiosk", a).wantProblem(t, queue.CodeBadRequest)
		if b.seq() != before {
			t.Errorf("key %q: refused, and something happened", bad)
		}
	}
	take(strings.Repeat("x", 128), "kiosk", a).want(t, 201)
}

func TestCallerName(t *testing.T) {
	b := newBench(t)
	take := func(part string) map[string]any {
		return b.do(call{
			method: "POST", path: at + "/tickets", token: "channel", body: `{"service":"A","channel":"phone"}`,
			header: map[string]string{keyHeader: "same", callerHeader: part},
		}).want(t, 201)
	}
	if take("phone")["id"] == take("zalo")["id"] {
		t.Error("two parts of one device share a key")
	}
	if take("phone")["id"] != take("phone")["id"] {
		t.Error("one part, one key, two tickets")
	}
}

// TestBadInput: every line gets a clear answer and changes nothing.
func TestBadInput(t *testing.T) {
	b := newBench(t)
	b.take(`{"service":"A","channel":"kiosk"}`)
	const take = at + "/tickets"
	big := `{"service":"` + strings.Repeat("A", 10<<20) + `"}`
	for _, c := range []struct {
		name string
		call
		want queue.Code
	}{
		{"unknown service", call{"POST", take, "kiosk", `{"service":"Z","channel":"kiosk"}`, nil}, queue.CodeUnknownService},
		{"unknown procedure", call{"POST", take, "kiosk", `{"procedure":"no","channel":"kiosk"}`, nil}, queue.CodeUnknownService},
		{"no service", call{"POST", take, "kiosk", `{"channel":"kiosk"}`, nil}, queue.CodeUnknownService},
		{"unknown office", call{"POST", Prefix + "/offices/x/tickets", "kiosk", `{"service":"A","channel":"kiosk"}`, nil}, queue.CodeUnknownOffice},
		{"unknown office, read", call{"GET", Prefix + "/offices/x/board", "", "", nil}, queue.CodeUnknownOffice},
		{"unknown counter", call{"POST", at + "/counters/99/next", "staff", "", nil}, queue.CodeUnknownCounter},
		{"unknown ticket", call{"GET", take + "/A999", "staff", "", nil}, queue.CodeUnknownTicket},
		{"nonsense ticket", call{"GET", take + "/%00%ff", "staff", "", nil}, queue.CodeUnknownTicket},
		{"unknown ticket action", call{"POST", take + "/A001/explode", "staff", "", nil}, queue.CodeUnknownAction},
		{"unknown counter action", call{"POST", at + "/counters/1/explode", "staff", "", nil}, queue.CodeUnknownAction},
		{"wrong method", call{"DELETE", take, "kiosk", "", nil}, CodeMethodNotAllowed},
		{"wrong method on an action", call{"GET", take + "/A001/cancel", "staff", "", nil}, CodeMethodNotAllowed},
		{"unknown address", call{"GET", Prefix + "/nothing", "", "", nil}, CodeNotFound},
		{"10 MB body", call{"POST", take, "kiosk", big, nil}, CodeTooLarge},
		{"broken JSON", call{"POST", take, "kiosk", `{"service":`, nil}, queue.CodeBadRequest},
		{"two values", call{"POST", take, "kiosk", `{"service":"A","channel":"kiosk"} {}`, nil}, queue.CodeBadRequest},
		{"not an object", call{"POST", take, "kiosk", `["A"]`, nil}, queue.CodeBadRequest},
		{"empty body", call{"POST", take, "kiosk", ``, nil}, queue.CodeBadRequest},
		{"wrong type", call{"POST", take, "kiosk", `{"service":5,"channel":"kiosk"}`, nil}, queue.CodeBadRequest},
		{"unknown field", call{"POST", take, "kiosk", `{"service":"A","channel":"kiosk","vip":true}`, nil}, queue.CodeBadRequest},
		{"unknown channel", call{"POST", take, "kiosk", `{"service":"A","channel":"fax"}`, nil}, queue.CodeBadRequest},
		{"unknown class", call{"POST", take, "kiosk", `{"service":"A","channel":"kiosk","class":"vip"}`, nil}, queue.CodeBadRequest},
		{"body where none belongs", call{"POST", at + "/counters/1/next", "staff", `{"ticket":"A001"}`, nil}, queue.CodeBadRequest},
		{"not JSON", call{"POST", take, "kiosk", `<x/>`, map[string]string{"Content-Type": "text/xml"}}, CodeUnsupportedMedia},
		{"wrong token", call{"POST", take, "wrong", `{"service":"A","channel":"kiosk"}`, nil}, queue.CodeUnauthorized},
		{"wrong token on a public address", call{"GET", at + "/board", "wrong", "", nil}, queue.CodeUnauthorized},
		{"no token", call{"POST", take, "", `{"service":"A","channel":"kiosk"}`, nil}, queue.CodeUnauthorized},
		{"not a bearer", call{"GET", at, "", "", map[string]string{"Authorization": "Basic eDp5"}}, queue.CodeUnauthorized},
		{"empty bearer", call{"GET", at, "", "", map[string]string{"Authorization": "Bearer "}}, queue.CodeUnauthorized},
		{"wrong role", call{"POST", at + "/counters/1/next", "kiosk", "", nil}, queue.CodeForbidden},
		{"number without token", call{"GET", take + "/A001", "", "", nil}, queue.CodeUnauthorized},
		{"mistyped code", call{"GET", take + "/123456789", "", "", nil}, queue.CodeUnknownTicket},
		{"negative cursor", call{"GET", at + "/events?after=-1", "", "", nil}, queue.CodeBadRequest},
		{"nonsense cursor", call{"GET", at + "/events?after=x", "", "", nil}, queue.CodeBadRequest},
		{"nonsense last id", call{"GET", at + "/events", "", "", map[string]string{"Last-Event-ID": "x"}}, queue.CodeBadRequest},
		{"stale version", call{"POST", take + "/A001/cancel", "kiosk", `{"version":1}`, nil}, queue.CodeStaleVersion},
		{"wrong state", call{"POST", take + "/A001/finish", "staff", "", nil}, queue.CodeWrongState},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := b.seq()
			a := b.do(c.call)
			p := a.wantProblem(t, c.want)
			if detail, _ := p["detail"].(string); strings.Contains(detail, "/work") || len(detail) > 500 {
				t.Errorf("detail %q", detail)
			}
			if a.status == 405 && a.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if a.status == 401 && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("401 without WWW-Authenticate")
			}
			if after := b.seq(); after != before {
				t.Errorf("refused, and %d events happened", after-before)
			}
		})
	}
}

// TestLargeChunkedBody: a body whose length is not announced is bounded too.
func TestLargeChunkedBody(t *testing.T) {
	b := newBench(t)
	req, err := http.NewRequest("POST", b.http.URL+at+"/tickets", &endless{left: 10 << 20})
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-kiosk")
	res, err := b.http.Client().Do(req)
	if err != nil {
		t.Skip("the server hung up before the body was sent:", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
}

// endless reads as spaces.
type endless struct{ left int }

func (e *endless) Read(b []byte) (int, error) {
	n := min(len(b), e.left)
	for i := range n {
		b[i] = ' '
	}
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestClosedOffice(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Offices = map[string]queue.Management{"trung-tam": failing{err: queue.Errorf(queue.CodeOfficeClosed, "the office is closed")}}
	})
	p := b.post("/tickets", "kiosk", `{"service":"A","channel":"kiosk"}`).wantProblem(t, queue.CodeOfficeClosed)
	if !strings.Contains(p["hint"].(string), "opening hours") {
		t.Errorf("hint %v", p["hint"])
	}
}

func TestUnknownActionNamesTheKnown(t *testing.T) {
	b := newBench(t)
	p := b.post("/tickets/A001/explode", "staff", "").wantProblem(t, queue.CodeUnknownAction)
	for _, a := range queue.Actions() {
		if !strings.Contains(p["hint"].(string), string(a)) {
			t.Errorf("hint %q does not name %s", p["hint"], a)
		}
	}
	p = b.post("/counters/1/explode", "staff", "").wantProblem(t, queue.CodeUnknownAction)
	for _, a := range []string{"next", "call", "open", "pause", "close"} {
		if !strings.Contains(p["hint"].(string), a) {
			t.Errorf("hint %q does not name %s", p["hint"], a)
		}
	}
}

// TestFormHeader: "curl -d" calls JSON a form.
func TestFormHeader(t *testing.T) {
	b := newBench(t)
	b.do(call{
		method: "POST", path: at + "/tickets", token: "kiosk", body: `{"service":"A","channel":"kiosk"}`,
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	}).want(t, 201)
}

func TestNumbersBeyond999(t *testing.T) {
	j := toTicket(queue.Ticket{Number: queue.Number{Prefix: "A", N: 1105}})
	if j.Number != "A1105" {
		t.Errorf("number %q", j.Number)
	}
}

func TestHead(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{"/board", "/events"} {
		if a := b.do(call{method: "HEAD", path: at + path}); a.status != 200 || len(a.body) != 0 {
			t.Errorf("HEAD %s: %d %q", path, a.status, a.body)
		}
	}
}
