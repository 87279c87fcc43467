package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// sharedHall has line A and counter 1 of nobody, B and 2 of Xây dựng, C and 3
// of Tài chính.
func sharedHall() queue.Setup {
	s := queue.CommuneCentre()
	s.Agencies = []queue.Agency{{ID: "xd", Name: "Sở Xây dựng", NameEN: "Construction"}, {ID: "tc", Name: "Sở Tài chính"}}
	s.Services[1].Agency, s.Services[2].Agency = "xd", "tc"
	s.Counters[1].Agency, s.Counters[2].Agency = "xd", "tc"
	for i := range s.Counters {
		s.Counters[i].Services = []string{"A", "B", "C"}
	}
	return s
}

// foreign is a request that touches something of another agency, and what it
// would touch of the own agency or nobody's.
type foreign struct {
	path, body string
	own        []call // Requests of the same operation that are let through.
}

// touchingOperations has every operation that writes, by its id.
func touchingOperations() map[string]foreign {
	out := map[string]foreign{
		"set-issuing": {"/issuing", `{"service":"C","stopped":true}`, []call{
			{path: "/issuing", body: `{"service":"B","stopped":true}`}, {path: "/issuing", body: `{"service":"A","stopped":true}`},
		}},
		"counter-call": {"/counters/3/call", `{"ticket":"A001","reason":"x"}`, []call{{path: "/counters/2/call", body: `{"ticket":"B001","reason":"x"}`}}},
	}
	for _, name := range []string{"next", "open", "pause", "close"} {
		out["counter-"+name] = foreign{"/counters/3/" + name, "", []call{{path: "/counters/1/" + name}, {path: "/counters/2/" + name}}}
	}
	for _, a := range queue.Actions() {
		body := ""
		switch a {
		case queue.Rate:
			body = `{"level":3}`
		case queue.Transfer:
			body = `{"service":"A"}`
		}
		path := func(number string) string { return "/tickets/" + number + "/" + string(a) }
		out[opOf(a)] = foreign{path("C001"), body, []call{{path: path("A001"), body: body}, {path: path("B001"), body: body}}}
	}
	return out
}

// freeOperations are as free for a token of one agency as for any.
func freeOperations() []string {
	return []string{"take-ticket", "my-tickets", "ticket-belongs", "issue-card", "revoke-card", "announced", "book-appointment"}
}

func newSharedHall(t *testing.T) *bench {
	b := newBenchOf(t, sharedHall())
	for _, service := range []string{"A", "B", "C"} {
		b.take(`{"service":"` + service + `","channel":"kiosk"}`)
	}
	return b
}

// TestAgencies walks all operations that write: what is another agency's is
// refused with its name and changes nothing, what is one's own or nobody's is
// not.
func TestAgencies(t *testing.T) {
	raw, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	operations := touchingOperations()
	for _, methods := range d.Paths {
		for method, o := range methods {
			if _, ok := operations[o.ID]; method == "get" || ok || slices.Contains(freeOperations(), o.ID) || o.ID == "put-setup" || strings.HasPrefix(o.ID, "appointment-") { // TestAppointmentsOfAgencies has those.
				continue
			}
			t.Errorf("%s %s: nobody has said what it is for a token of one agency", method, o.ID)
		}
	}
	for id, o := range operations {
		t.Run(id, func(t *testing.T) {
			b := newSharedHall(t)
			before := b.seq()
			p := b.post(o.path, "xd-admin", o.body).wantProblem(t, queue.CodeForbidden)
			if hint := p["hint"].(string); !strings.Contains(hint, "Sở Tài chính") || b.seq() != before {
				t.Errorf("%d events, hint %q", b.seq()-before, hint)
			}
			for _, c := range o.own {
				if got := b.post(c.path, "xd-admin", c.body); got.status == http.StatusForbidden {
					t.Errorf("%s %s: %s", c.path, c.body, got.body)
				}
			}
			if got := b.post(o.path, "admin", o.body); got.status == http.StatusForbidden {
				t.Errorf("a token for the whole office: %s", got.body)
			}
		})
	}
}

func TestAgencyOfTheWholeOffice(t *testing.T) {
	b := newSharedHall(t)
	p := b.post("/issuing", "xd-staff", `{"stopped":true}`).wantProblem(t, queue.CodeForbidden)
	if hint := p["hint"].(string); !strings.Contains(hint, "Construction") {
		t.Errorf("hint %q", hint)
	}
	setup, err := json.Marshal(sharedHall())
	if err != nil {
		t.Fatal(err)
	}
	p = b.do(call{
		method: "PUT", path: at + "/setup", token: "xd-admin", body: `{"setup":` + string(setup) + `}`, header: map[string]string{"Accept-Language": "vi"},
	}).wantProblem(t, queue.CodeForbidden)
	if hint := p["hint"].(string); !strings.Contains(hint, "Sở Xây dựng") {
		t.Errorf("hint %q", hint)
	}
	// Reading, taking and cards are free.
	for _, path := range []string{"/setup", "/tickets/C001", "/tickets/C001/why", "/counters"} {
		if a := b.get(path, "xd-staff"); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	b.post("/tickets", "xd-staff", `{"service":"C","channel":"staff"}`).want(t, 201)
	b.post("/cards", "xd-staff", aCard()).want(t, 201)
}

// TestAgencyInHand: a ticket of another agency that one's own counter has in
// hand may be acted upon, and only then.
func TestAgencyInHand(t *testing.T) {
	b := newSharedHall(t)
	b.post("/counters/2/open", "xd-staff", "").want(t, 200)
	b.post("/counters/3/open", "staff", "").want(t, 200)
	b.post("/counters/2/call", "xd-staff", `{"ticket":"C001","reason":"x"}`).wantProblem(t, queue.CodeForbidden)
	b.post("/counters/2/call", "staff", `{"ticket":"C001","reason":"x"}`).want(t, 200)
	b.post("/tickets/C001/start", "xd-staff", "").want(t, 200)
	b.post("/tickets/C001/transfer", "xd-staff", `{"counter":"3"}`).wantProblem(t, queue.CodeForbidden)
	b.post("/tickets/C001/park", "xd-staff", "").want(t, 200)
	b.post("/tickets/C001/resume", "xd-staff", "").wantProblem(t, queue.CodeForbidden)

	// The own ticket in a foreign counter's hand is the own one; but it goes to
	// no foreign counter.
	b.post("/counters/3/call", "staff", `{"ticket":"B001","reason":"x"}`).want(t, 200)
	b.post("/tickets/B001/park", "xd-staff", "").want(t, 200)
	for _, body := range []string{``, `{}`, `{"counter":"3"}`} { // It was parked at counter 3.
		b.post("/tickets/B001/resume", "xd-staff", body).wantProblem(t, queue.CodeForbidden)
	}
	b.post("/tickets/B001/resume", "xd-staff", `{"counter":"2"}`).want(t, 200)
	b.post("/tickets/B001/transfer", "xd-staff", `{"counter":"3"}`).wantProblem(t, queue.CodeForbidden)
	b.post("/tickets/B001/transfer", "xd-staff", `{"service":"C"}`).want(t, 200)
}

// TestAgencyRepeats: who gave a ticket to another agency gets the answer again
// under the same key, and may take that back, and nothing else.
func TestAgencyRepeats(t *testing.T) {
	b := newSharedHall(t)
	b.post("/counters/2/open", "xd-staff", "").want(t, 200)
	b.post("/counters/2/call", "xd-staff", `{"ticket":"B001","reason":"x"}`).want(t, 200)
	transfer := func(token, key string) answerOf {
		return b.do(call{
			method: "POST", path: at + "/tickets/B001/transfer", token: token, body: `{"service":"C"}`, header: map[string]string{keyHeader: key},
		})
	}
	first := transfer("xd-staff", "k").want(t, 200)
	before := b.seq()
	if again := transfer("xd-staff", "k").want(t, 200); again["id"] != first["id"] || again["agency"] != "tc" || b.seq() != before {
		t.Errorf("the repeat made %d events: %v", b.seq()-before, again)
	}
	transfer("xd-staff", "other").wantProblem(t, queue.CodeForbidden)
	transfer("xd-admin", "k").wantProblem(t, queue.CodeForbidden)
	b.post("/tickets/B001/cancel", "xd-staff", "").wantProblem(t, queue.CodeForbidden)
	b.post("/tickets/B001/undo", "xd-admin", "").wantProblem(t, queue.CodeForbidden)
	if got := b.post("/tickets/B001/undo", "xd-staff", "").want(t, 200); got["agency"] != "xd" || got["counter"] != "2" {
		t.Errorf("undone: %v", got)
	}
	transfer("xd-staff", "k2").want(t, 200)
	b.post("/tickets/B001/cancel", "admin", "").want(t, 200) // Somebody else's is the latest now.
	b.post("/tickets/B001/undo", "xd-staff", "").wantProblem(t, queue.CodeForbidden)
}

// TestAgencyOfSeveralTokens: any one token that may is enough, and stands in
// the log.
func TestAgencyOfSeveralTokens(t *testing.T) {
	b := newSharedHall(t)
	open := func(cookies string) answerOf {
		return b.do(call{method: "POST", path: at + "/counters/3/open", header: map[string]string{"Cookie": cookies}})
	}
	open("xinmoi_staff=token-xd-staff").wantProblem(t, queue.CodeForbidden)
	open("xinmoi_staff=token-xd-staff; xinmoi_admin=token-xd-admin").wantProblem(t, queue.CodeForbidden)
	open("xinmoi_staff=token-xd-staff; xinmoi_admin=token-admin").want(t, 200)
	events, err := b.store.Read(t.Context(), "trung-tam", b.seq()-1, 1)
	if err != nil || len(events) != 1 || events[0].Actor != "admin1" {
		t.Errorf("the log says %+v, %v", events, err)
	}
}

// TestAgencyUnknownThings: the office itself says what there is not.
func TestAgencyUnknownThings(t *testing.T) {
	b := newSharedHall(t)
	b.post("/tickets/A999/start", "xd-staff", "").wantProblem(t, queue.CodeUnknownTicket)
	b.post("/counters/9/next", "xd-staff", "").wantProblem(t, queue.CodeUnknownCounter)
	b.post("/issuing", "xd-staff", `{"service":"Z","stopped":true}`).wantProblem(t, queue.CodeUnknownService)
	b.post("/counters/3/call", "xd-staff", `{"ticket":"A999","reason":"x"}`).wantProblem(t, queue.CodeForbidden)
	down := newBench(t, func(c *Config) {
		c.Offices = map[string]queue.Management{"trung-tam": failing{err: queue.Errorf(queue.CodeUnavailable, "disk full")}}
	})
	down.post("/counters/1/next", "xd-staff", "").wantProblem(t, queue.CodeUnavailable)
}

func TestRecentIsBounded(t *testing.T) {
	r := newRecent(10)
	for i := range 100 {
		r.add(fmt.Sprint(i))
		for back := range min(i+1, 10) {
			if !r.has(fmt.Sprint(i - back)) {
				t.Fatalf("%d of %d is forgotten", i-back, i)
			}
		}
		if len(r.young)+len(r.old) > 20 {
			t.Fatalf("%d are remembered", len(r.young)+len(r.old))
		}
	}
	if r.has("0") {
		t.Error("nothing is forgotten")
	}
}

// TestAgencyLinks: a token of one agency gets code and address of tickets that
// it may act upon, and of those it takes; nothing that opens another's.
func TestAgencyLinks(t *testing.T) {
	b := newSharedHall(t)
	opens := func(ticket map[string]any) bool {
		t.Helper()
		if (ticket["code"] == nil) != (ticket["url"] == nil) {
			t.Errorf("half of it: %v", ticket)
		}
		return ticket["code"] != nil
	}
	for _, role := range []string{"staff", "admin", "kiosk", "channel"} {
		for number, want := range map[string]bool{"A001": true, "B001": true, "C001": false} {
			if got := opens(b.get("/tickets/"+number, "xd-"+role).want(t, 200)); got != want {
				t.Errorf("xd-%s gets the link of %s: %v", role, number, got)
			}
			if !opens(b.get("/tickets/"+number, role).want(t, 200)) {
				t.Errorf("%s gets no link of %s", role, number)
			}
		}
	}
	// Whoever shows the code, or took the number, has the rest; a device could
	// try codes without limit.
	code := b.get("/tickets/C001", "staff").want(t, 200)["code"].(string)
	for token, want := range map[string]bool{"": true, "board": true, "kiosk": true, "xd-kiosk": false} {
		if got := opens(b.get("/tickets/"+code, token).want(t, 200)); got != want {
			t.Errorf("%q shows the code and gets the link: %v", token, got)
		}
	}
	taken := b.post("/tickets", "xd-kiosk", `{"service":"C","channel":"kiosk"}`).want(t, 201)
	if !opens(taken) {
		t.Errorf("its taker gets %v", taken)
	}
	link := b.links.Token("trung-tam", taken["id"].(string))
	if own := b.get("/tickets/C002", link).want(t, 200); !opens(own) {
		t.Errorf("by its own link: %v", own)
	}
	if later := b.post("/tickets/C002/cancel", link, "").want(t, 200); !opens(later) {
		t.Errorf("cancelled by its own link: %v", later)
	}
	// In hand at its counter it is the agency's business; handed on, no more.
	b.post("/counters/2/open", "xd-staff", "").want(t, 200)
	b.post("/counters/2/call", "staff", `{"ticket":"C001","reason":"x"}`).want(t, 200)
	if !opens(b.get("/tickets/C001", "xd-staff").want(t, 200)) {
		t.Error("a ticket in hand has no link")
	}
	if away := b.post("/tickets/C001/requeue", "xd-staff", "").want(t, 200); opens(away) || away["state"] != "waiting" {
		t.Errorf("given back: %v", away)
	}
	if away := b.post("/tickets/B001/cancel", "xd-staff", "").want(t, 200); !opens(away) {
		t.Errorf("its own: %v", away)
	}
}

// setupless is an office that cannot tell its setup.
type setupless struct{ queue.Management }

func (setupless) Setup(context.Context) (queue.SetupView, error) {
	return queue.SetupView{}, queue.Errorf(queue.CodeUnavailable, "not now")
}

// TestAgencyLinksWithoutSetup: what cannot be known to be its own is not
// opened, and the answer comes all the same.
func TestAgencyLinksWithoutSetup(t *testing.T) {
	b := newBenchOf(t, sharedHall(), func(c *Config) {
		c.Offices = map[string]queue.Management{"trung-tam": setupless{c.Offices["trung-tam"]}}
	})
	b.take(`{"service":"C","channel":"kiosk"}`)
	b.take(`{"service":"B","channel":"kiosk"}`)
	if got := b.get("/tickets/C001", "xd-staff").want(t, 200); got["code"] != nil || got["url"] != nil {
		t.Errorf("another's: %v", got)
	}
	if got := b.get("/tickets/B001", "xd-staff").want(t, 200); got["code"] == nil {
		t.Errorf("its own: %v", got)
	}
}
