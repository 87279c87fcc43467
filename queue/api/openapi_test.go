package api

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

func readBody(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type description struct {
	OpenAPI string `json:"openapi"`
	Servers []struct {
		URL string `json:"url"`
	} `json:"servers"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func TestDescription(t *testing.T) {
	raw, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1") || d.Servers[0].URL != Prefix {
		t.Errorf("openapi %s at %v", d.OpenAPI, d.Servers)
	}
	paths := map[string]string{
		"/offices": "get", "/offices/{office}": "get", "/offices/{office}/services": "get",
		"/offices/{office}/procedures": "get", "/offices/{office}/counters": "get", "/offices/{office}/board": "get",
		"/offices/{office}/events": "get", "/offices/{office}/tickets": "post", "/offices/{office}/tickets/{ticket}": "get",
		"/offices/{office}/tickets/{ticket}/why": "get", "/offices/{office}/setup": "put", "/offices/{office}/issuing": "post",
		"/offices/{office}/mine": "post", "/offices/{office}/phone": "get", "/offices/{office}/kiosk": "get", "/offices/{office}/tickets/{ticket}/belongs": "post", "/offices/{office}/open-data": "get", "/offices/{office}/figures": "get", "/offices/{office}/report": "get", "/offices/{office}/report/tickets": "get", "/offices/{office}/cards": "post", "/offices/{office}/announcements": "post", "/offices/{office}/cards/{card}/revoke": "post",
	}
	for path, method := range map[string]string{
		"": "post", "/slots": "get", "/{code}": "get", "/{code}/confirm": "post", "/{code}/decline": "post", "/{code}/cancel": "post", "/{code}/reschedule": "post", "/{code}/check-in": "post",
	} {
		paths["/offices/{office}/appointments"+path] = method
	}
	for _, a := range queue.Actions() {
		paths["/offices/{office}/tickets/{ticket}/"+string(a)] = "post"
	}
	for _, a := range []string{"next", "call", "open", "pause", "close"} {
		paths["/offices/{office}/counters/{counter}/"+a] = "post"
	}
	for path, method := range paths {
		if _, ok := d.Paths[path][method]; !ok {
			t.Errorf("%s %s is not described", method, path)
		}
	}
	if len(d.Paths) != len(paths) {
		t.Errorf("%d paths described, %d in the contract", len(d.Paths), len(paths))
	}
	for name, members := range map[string]string{
		"Ticket": strings.Join(contractTicket(), " "), "Problem": "code hint opens ticket", "Board": "seq", "Event": "seq ticket service chosen",
		"Standing": "ahead", "Rating": "level reasons at", "TakeBody": "service", "ActBody": "reason version",
		"LaterBody": "places reason version", "ParkBody": "reason resume_at version", "ResumeBody": "counter reason version",
		"TransferBody": "service counter reason version", "RateBody": "level reasons version",
		"ConfirmBody": "told reason version", "ToldBody": "at procedure class language needs aged card",
		"CloseBody": "in_hand reason", "SetBody": "reason",
		"SetupBody": "version setup", "IssuingBody": "service stopped reason", "CardBody": "kind until", "Card": "id kind until text",
		"Office": "opens", "Counter": "agency helps", "Service": "agency first last quota quotas why until",
		"Why": "ticket summary calls", "WhyCall": "number counter at why vi en reason", "SetupView": "version setup",
	} {
		var schema struct {
			Properties map[string]any `json:"properties"`
			Additional any            `json:"additionalProperties"`
		}
		if err := json.Unmarshal(d.Components.Schemas[name], &schema); err != nil {
			t.Errorf("schema %s: %v", name, err)
			continue
		}
		wantMembers(t, "schema "+name, schema.Properties, strings.Fields(members)...)
		if strict := schema.Additional == false; strict != strings.HasSuffix(name, "Body") {
			t.Errorf("schema %s: additionalProperties %v", name, schema.Additional)
		}
	}
	checkRefs(t, raw, d)
}

// TestDescriptionOfActions: every action says what it does, which body it takes
// and whether it needs one.
func TestDescriptionOfActions(t *testing.T) {
	raw, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct {
			Summary     string `json:"summary"`
			RequestBody struct {
				Required bool `json:"required"`
				Content  map[string]struct {
					Schema map[string]string `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	bodies := map[queue.Action]string{
		queue.Confirm: "ConfirmBody", queue.Later: "LaterBody", queue.Park: "ParkBody", queue.Resume: "ResumeBody",
		queue.Transfer: "TransferBody", queue.Rate: "RateBody",
	}
	seen := map[string]bool{}
	for _, a := range queue.Actions() {
		op := d.Paths["/offices/{office}/tickets/{ticket}/"+string(a)]["post"]
		want := "ActBody"
		if name, ok := bodies[a]; ok {
			want = name
		}
		if got := op.RequestBody.Content["application/json"].Schema["$ref"]; got != "#/components/schemas/"+want {
			t.Errorf("%s takes %q, want %s", a, got, want)
		}
		if needed := a == queue.Rate || a == queue.Transfer; op.RequestBody.Required != needed {
			t.Errorf("%s: body required %v", a, op.RequestBody.Required)
		}
		if op.Summary == "" || strings.HasPrefix(op.Summary, "Ticket action") || seen[op.Summary] {
			t.Errorf("%s: summary %q", a, op.Summary)
		}
		seen[op.Summary] = true
	}
}

// checkRefs wants every reference to lead somewhere.
func checkRefs(t *testing.T, raw []byte, d description) {
	t.Helper()
	const prefix = `"#/components/schemas/`
	for _, rest := range strings.Split(string(raw), prefix)[1:] {
		name, _, _ := strings.Cut(rest, `"`)
		if d.Components.Schemas[name] == nil {
			t.Errorf("reference to %s, which is not there", name)
		}
	}
	if strings.Contains(string(raw), "ErrorModel") {
		t.Error("the framework's errors are described")
	}
}

func TestDescriptionIsServed(t *testing.T) {
	b := newBench(t)
	a := b.do(call{method: "GET", path: Prefix + "/openapi.json"})
	if got := a.want(t, 200)["openapi"]; got != "3.1.0" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("openapi %v, %q", got, a.header.Get("Content-Type"))
	}
}
