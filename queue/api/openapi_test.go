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
	for _, name := range []string{"Ticket", "Problem", "Board", "Event", "Standing", "TakeBody"} {
		if d.Components.Schemas[name] == nil {
			t.Errorf("no schema %s", name)
		}
	}
	checkRefs(t, raw, d)
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
