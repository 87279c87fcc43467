package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

// signedIn reads the cookie "as": a role of people, and counters behind a colon.
func signedIn(r *http.Request) ([]queue.Grant, error) {
	c, err := r.Cookie("as")
	if err != nil {
		return nil, nil
	}
	role, counters, bound := strings.Cut(c.Value, ":")
	g := queue.Grant{ID: "staff:lan", Role: queue.Role(role), Person: "Lan", Office: "trung-tam"}
	if bound {
		g.Counters = strings.Split(counters, "+")
	}
	return []queue.Grant{g, {ID: "staff:lan", Role: queue.RoleAdmin, Person: "Lan", Office: "another"}}, nil
}

func withPersons(c *Config) { c.SignedIn = signedIn }

// decisions says, for every operation there is, which people may do it. It
// follows what each role is for, not the code's table; an operation that is not
// here fails the test.
func decisions() map[string]string {
	const (
		all   = "agent supervisor leader admin auditor"
		desk  = "agent supervisor admin"          // Who works with citizens.
		hall  = "supervisor admin"                // Who sees to the hall.
		looks = "supervisor leader admin auditor" // Who looks on.
		admin = "admin"
		none  = ""
	)
	m := map[string]string{
		"list-offices": all, "get-office": all, "list-services": all, "list-procedures": all, "list-counters": all, "get-board": all, "get-open-data": all,
		"get-kiosk": desk, "get-phone": hall, "take-ticket": desk, "get-ticket": all, "my-tickets": admin, "ticket-belongs": desk, "ticket-why": all,
		"get-setup": looks, "put-setup": admin, "set-issuing": hall, "announced": admin, "issue-card": hall, "revoke-card": hall,
		"get-figures": looks, "get-report": looks, "get-report-tickets": looks, "stream-events": all,
		"counter-next": desk, "counter-call": desk, "counter-open": desk, "counter-pause": desk, "counter-close": desk,
	}
	for id, who := range map[string]string{
		"appointment-slots": all, "book-appointment": all, "get-appointment": all, "appointment-cancel": all, "appointment-reschedule": all, "appointment-check-in": all,
		"list-appointments": desk, "appointment-confirm": desk, "appointment-decline": desk,
	} {
		m[id] = who // Citizens may what all may.
	}
	for _, a := range queue.Actions() {
		m[opOf(a)] = desk
	}
	m[opOf(queue.Rate)] = none
	return m
}

// TestPeopleAtEveryOperation walks all roles of people × all operations that are
// registered.
func TestPeopleAtEveryOperation(t *testing.T) {
	b := newBench(t, withPersons)
	code := b.take(`{"service":"A","channel":"kiosk"}`)["code"].(string)
	fill := strings.NewReplacer("{office}", "trung-tam", "{ticket}", code, "{counter}", "1", "{card}", "1")
	want, seen := decisions(), 0
	for path, item := range b.server.api.OpenAPI().Paths {
		for _, op := range []struct {
			method string
			id     string
		}{{"GET", idOf(item.Get)}, {"POST", idOf(item.Post)}, {"PUT", idOf(item.Put)}, {"PATCH", idOf(item.Patch)}, {"DELETE", idOf(item.Delete)}} {
			if op.id == "" {
				continue
			}
			roles, decided := want[op.id]
			if !decided {
				t.Errorf("operation %s: nobody has decided which people may do it", op.id)
				continue
			}
			seen++
			for _, role := range queue.StaffRoles() {
				status := statusAs(t, b, op.method, fill.Replace(Prefix+strings.TrimPrefix(path, Prefix)), string(role))
				refused := status == http.StatusUnauthorized || status == http.StatusForbidden
				if refused == slices.Contains(strings.Fields(roles), string(role)) {
					t.Errorf("%s by %s: %d", op.id, role, status)
				}
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d operations seen, %d decided on", seen, len(want))
	}
}

// statusAs asks with an empty body, as somebody who has signed in.
func statusAs(t *testing.T, b *bench, method, path, role string) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var body *strings.Reader = strings.NewReader("{}")
	r, err := http.NewRequestWithContext(ctx, method, b.http.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodGet {
		r.Body, r.ContentLength = nil, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.AddCookie(&http.Cookie{Name: "as", Value: role})
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// Every right has its line in the table of people, and every line five columns.
func TestPeopleTableIsWhole(t *testing.T) {
	lines := map[right]int{}
	for _, row := range peopleTable() {
		lines[row.right]++
		if len(row.roles) != len(columns()) || strings.Trim(row.roles, "ASLDU-") != "" {
			t.Errorf("%s: %q", row.right, row.roles)
		}
		for i, letter := range row.roles {
			if letter != '-' && byte(letter) != "ASLDU"[i] {
				t.Errorf("%s: %q has a letter in another's column", row.right, row.roles)
			}
		}
	}
	for _, r := range append(allRights(), pageRights()...) {
		if lines[r] != 1 {
			t.Errorf("%s has %d lines", r, lines[r])
		}
		delete(lines, r)
	}
	if len(lines) > 0 {
		t.Errorf("lines of no right: %v", lines)
	}
}

func as(who string, header ...string) map[string]string {
	h := map[string]string{"Cookie": "as=" + who}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return h
}

// An agent who is bound to counters works at these, with the tickets that no
// other counter has in hand.
func TestBoundToCounters(t *testing.T) {
	b := newBench(t, withPersons)
	for _, counter := range []string{"1", "2"} {
		b.do(call{method: "POST", path: at + "/counters/" + counter + "/open", token: "staff"}).want(t, 200)
		b.take(`{"service":"A","channel":"kiosk"}`)
	}
	b.do(call{method: "POST", path: at + "/counters/2/next", header: as("agent:1")}).wantProblem(t, queue.CodeForbidden)
	mine := b.do(call{method: "POST", path: at + "/counters/1/next", header: as("agent:1")}).want(t, 200)
	theirs := b.do(call{method: "POST", path: at + "/counters/2/next", header: as("agent:1+2")}).want(t, 200)
	b.do(call{method: "POST", path: at + "/tickets/" + theirs["number"].(string) + "/finish", header: as("agent:1")}).wantProblem(t, queue.CodeForbidden)
	b.do(call{method: "POST", path: at + "/tickets/" + mine["number"].(string) + "/finish", header: as("agent:1")}).want(t, 200)
	b.do(call{method: "POST", path: at + "/tickets/A999/finish", header: as("agent:1")}).wantProblem(t, queue.CodeUnknownTicket)
	// A ticket may be sent to any counter, and the same sent again, as after a
	// lost answer, is answered again, whoever has it by then.
	b.take(`{"service":"A","channel":"kiosk"}`)
	onward := b.do(call{method: "POST", path: at + "/counters/1/next", header: as("agent:1")}).want(t, 200)["number"].(string)
	b.do(call{method: "POST", path: at + "/tickets/" + theirs["number"].(string) + "/park", token: "staff", body: `{"reason":"thiếu giấy"}`}).want(t, 200)
	b.do(call{method: "POST", path: at + "/tickets/" + theirs["number"].(string) + "/resume", header: as("agent:1"), body: `{}`}).wantProblem(t, queue.CodeForbidden)
	send := call{method: "POST", path: at + "/tickets/" + onward + "/transfer", header: as("agent:1", "Idempotency-Key", "send"), body: `{"counter":"2"}`}
	b.do(send).want(t, 200)
	if got := b.do(call{method: "POST", path: at + "/counters/2/next", token: "staff"}).want(t, 200)["number"]; got != onward {
		t.Fatalf("counter 2 has %v in hand, not %s", got, onward)
	}
	b.do(send).want(t, 200)
	b.do(call{method: "POST", path: at + "/tickets/" + onward + "/finish", token: "staff"}).want(t, 200)
	b.do(call{method: "POST", path: at + "/tickets/" + onward + "/undo", header: as("agent:1")}).wantProblem(t, queue.CodeForbidden)
	found := false
	events, err := b.store.Read(t.Context(), "trung-tam", 0, 100)
	for _, e := range events {
		found = found || e.Kind == queue.TicketFinished && e.Actor == "staff:lan"
	}
	if err != nil || !found {
		t.Errorf("who finished it stands in no event (%v)", err)
	}
}

// A role is for its office; a page of another site sends nothing; and where
// somebody has signed in, the staff's token in the same browser counts for
// nothing.
func TestSignedIn(t *testing.T) {
	b := newBench(t, withPersons)
	open := call{method: "POST", path: at + "/counters/1/open"}
	for name, c := range map[string]struct {
		header map[string]string
		want   queue.Code
	}{
		"an administrator elsewhere": {as("leader"), queue.CodeForbidden},
		"with a staff token besides": {map[string]string{"Cookie": "as=leader; xinmoi_staff=token-staff; xinmoi_admin=token-admin"}, queue.CodeForbidden},
		"from another site":          {as("agent", "Sec-Fetch-Site", "cross-site"), queue.CodeForbidden},
		"from another origin":        {as("agent", "Origin", "http://evil.example"), queue.CodeForbidden},
		"from a sister site":         {as("agent", "Sec-Fetch-Site", "same-site"), queue.CodeForbidden},
	} {
		open.header = c.header
		if got := b.do(open); got.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	open.header = as("agent", "Sec-Fetch-Site", "same-origin")
	b.do(open).want(t, 200)
}

// Whose session is over is told to sign in, and nothing of tokens.
func TestSessionOver(t *testing.T) {
	b := newBench(t, withPersons)
	got := b.do(call{method: "POST", path: at + "/counters/1/open", header: map[string]string{"Cookie": sessionCookie + "=over"}})
	got.wantProblem(t, queue.CodeUnauthorized)
	if !strings.Contains(string(got.body), "/login") || strings.Contains(string(got.body), "Bearer") {
		t.Errorf("%s", got.body)
	}
}

// Pages tell people of accounts, not of tokens, and where to sign in.
func TestPagesForPeople(t *testing.T) {
	login := ""
	s := newBench(t, withPersons, func(c *Config) { c.LoginPage = func(*http.Request) string { return login } }).server
	mux := http.NewServeMux()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("in")) })
	mux.Handle("/reports", s.Need(SeeReports)(ok))
	mux.Handle("/counter", s.Guard(queue.RoleStaff)(ok))
	get := func(path string, header ...string) *http.Response { return visit(mux, pageOf(path, header...)) }
	if res := get("/reports"); res.StatusCode != 401 || !strings.Contains(readBody(t, res), "xinmoi token") {
		t.Errorf("without accounts: %d", res.StatusCode)
	}
	login = "/login?next=x"
	if res := get("/reports"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != login {
		t.Errorf("nobody: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := get("/reports", "Sec-Fetch-Site", "cross-site"); res.StatusCode != 401 { // The cookie comes with the second try.
		t.Errorf("from another site: %d", res.StatusCode)
	}
	if res := get("/reports", "Cookie", "as=agent"); res.StatusCode != 403 || !strings.Contains(readBody(t, res), "đăng nhập bằng tài khoản khác") {
		t.Errorf("an agent at the reports: %d", res.StatusCode)
	}
	for path, cookies := range map[string][]string{
		"/reports": {"as=leader", "as=auditor", "as=supervisor", "as=admin", "xinmoi_staff=token-staff", "xinmoi_admin=token-admin"},
		"/counter": {"as=agent", "as=supervisor", "as=admin", "xinmoi_staff=token-staff", "xinmoi_admin=token-admin"},
	} {
		for _, c := range cookies {
			if res := get(path, "Cookie", c); res.StatusCode != 200 {
				t.Errorf("%s by %s: %d", path, c, res.StatusCode)
			}
		}
	}
	if res := get("/counter", "Cookie", "as=auditor; xinmoi_staff=token-staff"); res.StatusCode != 403 {
		t.Errorf("an auditor at a counter's computer: %d", res.StatusCode)
	}
}

func idOf(o *huma.Operation) string {
	if o == nil {
		return ""
	}
	return o.OperationID
}
