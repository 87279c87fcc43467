package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func (b *bench) put(path, role, body string) answerOf {
	b.t.Helper()
	return b.do(call{method: "PUT", path: at + path, token: role, body: body})
}

// aCard asks for a card that is good for a year.
func aCard() string {
	return `{"kind":"elderly","until":"` + time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339) + `"}`
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestSetupIsPutAsItWasGot, as an administrator does with curl.
func TestSetupIsPutAsItWasGot(t *testing.T) {
	b := newBench(t)
	got := b.get("/setup", "staff")
	version := got.want(t, 200)["version"].(string)
	before := b.seq()
	if again := b.put("/setup", "admin", string(got.body)).want(t, 200); again["version"] != version || b.seq() != before {
		t.Errorf("version %v after %s, %d events", again["version"], version, b.seq()-before)
	}
	changed := strings.Replace(string(got.body), "Hộ tịch, chứng thực", "Hộ tịch", 1)
	if again := b.put("/setup", "admin", changed).want(t, 200); again["version"] == version {
		t.Error("another setup has the same version")
	}
	p := b.do(call{method: "PUT", path: at + "/setup", token: "admin", body: string(got.body), header: map[string]string{"Accept-Language": "vi"}}).
		wantProblem(t, queue.CodeStaleVersion)
	if hint := p["hint"].(string); !strings.Contains(hint, "cấu hình") {
		t.Errorf("hint %q", hint)
	}
	b.do(call{method: "POST", path: at + "/setup", token: "admin", body: "{}"}).wantProblem(t, CodeMethodNotAllowed)
}

// TestSetupMistakesAreNamed: whoever mistypes learns where.
func TestSetupMistakesAreNamed(t *testing.T) {
	b := newBench(t)
	good := `{"setup":` + jsonOf(t, queue.CommuneCentre()) + `}`
	before := b.seq()
	for _, c := range []struct {
		find, replace string
		names         string
	}{
		{`"by_value":false`, `"by_value":false,"colour":"red"`, "setup.colour"},
		{`"id":"A"`, `"id":"A","qouta":5`, "setup.services[0].qouta"},
		{`"id":"1"`, `"id":"1","help":["B"]`, "setup.counters[0].help"},
		{`"field":`, `"fields":`, "setup.procedures[0]"},
		{`"normal":1`, `"normal":1,"vip":9`, "setup.rates.vip"},
		{`"by_value":false`, `"by_value":false,"rules":{"call_most":5}`, "setup.rules.call_most"},
		{`"by_value":false`, `"by_value":false,"hours":[{"day":1,"from":"07:30","until":"11:30"}]`, "setup.hours[0]"},
		{`"by_value":false`, `"by_value":false,"days":[{"date":"2027-01-01","name":"x","hours":[{"from":"07:30","to":"11:30","x":1}]}]`, "setup.days[0].hours[0].x"},
		{`"by_value":false`, `"by_value":false,"agencies":[{"id":"x","name":"X","boss":"y"}]`, "setup.agencies[0].boss"},
		{`"by_value":false`, `"by_value":"no"`, "setup.by_value"},
		{`"by_value":false`, `"by_value":false,"agencies":[{"id":"X Y","name":"X"}]`, "agency"},
		{`"id":"A"`, `"id":"A","agency":"so-y-te"`, "so-y-te"},
		{`"by_value":false`, `"by_value":false,"rules":{"undo_seconds":-1}`, "undo_seconds"},
		{`{"setup"`, `{"sepup"`, "setup"},
		{`"time_zone":"Asia/Ho_Chi_Minh"`, `"time_zone":"Hà Nội"`, "time zone"},
	} {
		body := strings.Replace(good, c.find, c.replace, 1)
		if body == good {
			t.Fatalf("%q is not in the setup", c.find)
		}
		p := b.put("/setup", "admin", body).wantProblem(t, queue.CodeBadRequest)
		if detail, _ := p["detail"].(string); !strings.Contains(detail, c.names) {
			t.Errorf("%s: detail %q does not name %s", c.replace, detail, c.names)
		}
	}
	p := b.put("/setup", "admin", strings.Replace(good, `"services":["A","B","C","D"]`, `"services":["A","Z"]`, 1)).
		wantProblem(t, queue.CodeUnknownService)
	if hint := p["hint"].(string); !strings.Contains(hint, `"services"`) {
		t.Errorf("hint %q", hint)
	}
	for _, body := range []string{``, `{}`, `[]`, `{"setup":null}`, `{"setup":`} {
		b.put("/setup", "admin", body).wantProblem(t, queue.CodeBadRequest)
	}
	if b.seq() != before {
		t.Errorf("refused, and %d events happened", b.seq()-before)
	}
}

// TestLargestSetup: the largest setup that an office may have gets through,
// there and back; a body that is larger, or a stranger's, does not.
func TestLargestSetup(t *testing.T) {
	b := newBench(t)
	setup := queue.CommuneCentre()
	name := strings.Repeat("ệ", 100) // 300 bytes.
	setup.Procedures = nil
	for i := range 2000 {
		id := fmt.Sprint(i, strings.Repeat("x", 296))
		setup.Procedures = append(setup.Procedures, queue.Procedure{ID: id, Field: name, FieldEN: name, Name: name, NameEN: name, Service: "A"})
	}
	got, err := b.client("admin").Configure(t.Context(), queue.ConfigureRequest{Setup: setup})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(setup, got.Setup); d != "" {
		t.Error(d)
	}
	large := `{"setup":` + jsonOf(t, setup) + `}`
	b.put("/setup", "staff", large).wantProblem(t, queue.CodeForbidden)
	b.put("/setup", "admin", large+strings.Repeat(" ", maxSetup)).wantProblem(t, CodeTooLarge)
	b.post("/issuing", "admin", `{"stopped":false`+strings.Repeat(" ", MaxBody)+`}`).wantProblem(t, CodeTooLarge)
}

// TestSetupSchema: every member of a setup has a meaning in the description,
// and every meaning its member.
func TestSetupSchema(t *testing.T) {
	raw, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Description string `json:"description"`
				} `json:"properties"`
				Additional any `json:"additionalProperties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	members := 0
	for name, schema := range d.Components.Schemas {
		if !strings.HasPrefix(name, "Setup") || name == "SetupBody" || name == "SetupView" {
			continue
		}
		if schema.Additional != false {
			t.Errorf("%s: unknown members are not refused", name)
		}
		for member, p := range schema.Properties {
			members++
			if p.Description == "" {
				t.Errorf("%s.%s has no description", name, member)
			}
		}
	}
	if members != len(setupDocs()) {
		t.Errorf("%d members, %d meanings", members, len(setupDocs()))
	}
}

func TestIssuing(t *testing.T) {
	b := newBench(t)
	a := b.post("/issuing", "staff", `{"service":"A","stopped":true,"reason":"quá tải"}`)
	var services []map[string]any
	if err := json.Unmarshal(a.body, &services); err != nil || a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if services[0]["open"] != false || services[1]["open"] != true {
		t.Errorf("services %v", services)
	}
	p := b.do(call{method: "POST", path: at + "/tickets", token: "kiosk", body: takeA, header: map[string]string{"Accept-Language": "vi"}}).
		wantProblem(t, queue.CodeIssuingStopped)
	if hint := p["hint"].(string); !strings.Contains(hint, "Mời quay lại lúc 00:00 ngày mai") || p["opens"] == nil {
		t.Errorf("hint %q, opens %v", hint, p["opens"])
	}
	for _, body := range []string{``, `{}`, `{"service":"A"}`, `{"stopped":"yes"}`, `{"stopped":true,"until":"16:00"}`, `{"stopped":true,"reason":"` + strings.Repeat("x", 401) + `"}`} {
		b.post("/issuing", "staff", body).wantProblem(t, queue.CodeBadRequest)
	}
	b.post("/issuing", "staff", `{"service":"Z","stopped":true}`).wantProblem(t, queue.CodeUnknownService)
	b.post("/issuing", "staff", `{"service":null,"stopped":true,"reason":null}`)
	b.post("/tickets", "kiosk", `{"service":"B","channel":"kiosk"}`).wantProblem(t, queue.CodeIssuingStopped)
}

func TestCards(t *testing.T) {
	b := newBench(t)
	last := time.Now().AddDate(1, 0, 0).Truncate(time.Second)
	until := last.In(time.FixedZone("", 7*60*60)).Format(time.RFC3339)
	issue := func(key string) answerOf {
		return b.do(call{
			method: "POST", path: at + "/cards", token: "staff", body: `{"kind":"elderly","until":"` + until + `"}`, header: map[string]string{keyHeader: key},
		})
	}
	card := issue("k").want(t, http.StatusCreated)
	wantMembers(t, "card", card, "id", "kind", "until", "text")
	if again := issue("k").want(t, http.StatusCreated); cmp.Diff(card, again) != "" {
		t.Errorf("the repeat gives %v, want %v", again, card)
	}
	if card["until"] != last.UTC().Format(time.RFC3339) {
		t.Errorf("until %v", card["until"])
	}
	text := card["text"].(string)
	taken := b.take(`{"service":"A","channel":"kiosk","card":"` + text + `"}`)
	if taken["class"] != "priority" || taken["entitlement"] != "card" {
		t.Errorf("with a card: %v", taken)
	}
	if revoked := b.post("/cards/"+card["id"].(string)+"/revoke", "staff", "").want(t, 200); cmp.Diff(card, revoked) != "" {
		t.Errorf("revoked %v", revoked)
	}
	p := b.post("/tickets", "kiosk", `{"service":"A","channel":"kiosk","card":"`+text+`"}`).wantProblem(t, queue.CodeCardInvalid)
	if hint := p["hint"].(string); !strings.Contains(hint, "help desk") {
		t.Errorf("a citizen's hint: %q", hint)
	}
	p = b.post("/cards/1/revoke", "staff", "{}").wantProblem(t, queue.CodeCardInvalid)
	if hint := p["hint"].(string); !strings.Contains(hint, "XM1-") {
		t.Errorf("the staff's hint: %q", hint)
	}
	for _, body := range []string{
		``, `{}`, `{"kind":"elderly"}`, `{"until":"` + until + `"}`, `{"kind":"Người già","until":"` + until + `"}`,
		`{"kind":"elderly","until":"30/6/2027"}`, `{"kind":"elderly","until":"` + until + `","name":"Nguyễn Văn A"}`, `{"kind":"","until":"` + until + `"}`,
	} {
		b.post("/cards", "staff", body).wantProblem(t, queue.CodeBadRequest)
	}
	b.post("/tickets", "kiosk", `{"service":"A","channel":"kiosk","card":"`+strings.Repeat("X", 129)+`"}`).wantProblem(t, queue.CodeBadRequest)
	for _, body := range []string{`{"service":"A","channel":"web","slot":"today"}`, `{"service":"A","channel":"web","dossiers":100}`, `{"service":"A","channel":"web","dossiers":-1}`} {
		b.post("/tickets", "kiosk", body).wantProblem(t, queue.CodeBadRequest)
	}
}

// TestEventsOfManagement: the log tells anyone which service stopped and who
// was chosen, and nobody the staff's words or the cards.
func TestEventsOfManagement(t *testing.T) {
	b := newBench(t)
	b.take(takeA)
	b.take(takeA)
	b.post("/counters/1/open", "staff", "").want(t, 200)
	after := fmt.Sprintf("?after=%d", b.seq())
	b.post("/issuing", "staff", `{"service":"B","stopped":true,"reason":"quá tải"}`)
	card := b.post("/cards", "staff", aCard()).want(t, 201)
	b.post("/counters/1/call", "staff", `{"ticket":"A002","reason":"con nhỏ ốm"}`).want(t, 200)
	for token, reasons := range map[string][3]any{"": {nil, nil, nil}, "staff": {"quá tải", nil, "con nhỏ ốm"}} {
		in := b.listen(after, token, nil)
		for i, want := range []struct{ kind, service, chosen any }{
			{"issuing_stopped", "B", false}, {"card_issued", nil, false}, {"ticket_called", nil, true},
		} {
			m, err := in.next()
			if err != nil {
				t.Fatal(err)
			}
			e := answerOf{body: []byte(m.data)}.object(t)
			if e["kind"] != want.kind || e["service"] != want.service || e["chosen"] != want.chosen || e["reason"] != reasons[i] {
				t.Errorf("token %q: %s", token, m.data)
			}
			if strings.Contains(m.data, card["text"].(string)) || strings.Contains(m.data, "elderly") {
				t.Errorf("the log tells of cards: %s", m.data)
			}
		}
	}
}

// TestViewsSurviveTheWire: offices, services and counters come back whole.
func TestViewsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom([]string{"", "so-xay-dung", "\"<&>"})
		small := rapid.IntRange(0, 999_999)
		service := queue.ServiceView{
			Service: queue.Service{
				ID: "A", Name: words.Draw(t, "name"), NameEN: words.Draw(t, "en"), Agency: words.Draw(t, "agency"), Closed: rapid.Bool().Draw(t, "closed"),
				First: small.Draw(t, "first"), Last: small.Draw(t, "last"), Quota: small.Draw(t, "quota"),
			},
			Open: rapid.Bool().Draw(t, "open"), Waiting: small.Draw(t, "waiting"),
			Why: rapid.SampledFrom([]queue.Code{"", queue.CodeServiceFull}).Draw(t, "why"), Until: maybeInstants().Draw(t, "until"),
		}
		if q := rapid.MapOfN(rapid.SampledFrom(queue.Channels()), small, 0, 3).Draw(t, "quotas"); len(q) > 0 {
			service.Quotas = q
		}
		counter := queue.CounterView{
			Counter: queue.Counter{ID: "1", Name: words.Draw(t, "counter"), Agency: words.Draw(t, "agency")},
			State:   queue.Opened, Reason: words.Draw(t, "reason"),
		}
		if helps := rapid.SliceOfN(words, 0, 2).Draw(t, "helps"); len(helps) > 0 {
			counter.Helps = helps
		}
		info := queue.Info{ID: "x", Name: words.Draw(t, "office"), Open: rapid.Bool().Draw(t, "open"), Opens: maybeInstants().Draw(t, "opens")}

		var s serviceJSON
		var c counterJSON
		var o officeJSON
		through := func(in, out any) {
			raw, err := json.Marshal(in)
			if err == nil {
				err = json.Unmarshal(raw, out)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		through(toService(service), &s)
		through(toCounter(counter), &c)
		through(toOffice(info), &o)
		back, err := c.view()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{cmp.Diff(service, s.view()), cmp.Diff(counter, back), cmp.Diff(info, o.info())} {
			if d != "" {
				t.Fatal(d)
			}
		}
	})
}
