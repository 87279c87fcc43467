package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/live"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is a desk on a real office.
type stand struct {
	*Desk
	t      *testing.T
	engine *queue.Engine
	acked  []string
}

func newStand(t *testing.T) *stand {
	t.Helper()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{t: t, engine: e}
	s.Desk, err = New(Config{
		Name: "X", Offices: []Office{
			{Source: live.Source{ID: "x", Office: e, Troubles: func(context.Context) []live.Trouble {
				return []live.Trouble{{ID: 7, VI: "Máy in: <hết> giấy", EN: "Printer: no paper"}}
			}}, Setup: e},
			{Source: live.Source{ID: "y", Office: e}},
		},
		Ack: func(_ context.Context, id int64, who string) error { s.acked = append(s.acked, who); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{}, 2)
	go func() { _ = e.Run(ctx); ended <- struct{}{} }()
	go func() { _ = s.Run(ctx); ended <- struct{}{} }()
	t.Cleanup(func() { stop(); <-ended; <-ended })
	for s.View().Seen.IsZero() || s.Views()[1].Seen.IsZero() {
		<-s.change()
	}
	return s
}

// ask sends a request of somebody with some rights.
func (s *stand) ask(method, path string, form url.Values, rights ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
	}
	r = r.WithContext(page.WithCaller(r.Context(), page.Caller{ID: "staff:lan", Person: "Chị Lan", May: func(x string) bool {
		for _, each := range rights {
			if each == x {
				return true
			}
		}
		return false
	}}))
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestPage(t *testing.T) {
	s := newStand(t)
	body := s.ask("GET", "/live", nil, mayMove, mayAck).Body.String()
	for _, want := range []string{"Toàn cảnh", "Máy in: &lt;hết&gt; giấy", "Tôi xử lý", `value="A|1|"`, `value="C||2"`, "Hộ tịch"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(body, `action="/live/assign/y"`) {
		t.Error("an office that can only be looked at has buttons")
	}
	body = s.ask("GET", "/live?lang=en", nil).Body.String()
	for _, bad := range []string{"I see to it", "assign", "Tôi xử lý"} {
		if strings.Contains(body, bad) {
			t.Errorf("who may only look is offered %q", bad)
		}
	}
	if !strings.Contains(body, "Live overview") || !strings.Contains(body, "Printer: no paper") {
		t.Error("no English")
	}
}

func TestAssign(t *testing.T) {
	s := newStand(t)
	serves := func() []string {
		list, err := s.engine.Counters(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list[1].Services
	}
	version := func() string {
		v, err := s.engine.Setup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v.Version
	}
	old := version()
	for _, c := range []struct {
		name, path, move, version string
		rights                    []string
		want                      int
	}{
		{"may not", "/live/assign/x", "C||2", "", nil, 403},
		{"unknown office", "/live/assign/z", "C||2", "", []string{mayMove}, 422},
		{"only looked at", "/live/assign/y", "C||2", "", []string{mayMove}, 422},
		{"nonsense", "/live/assign/x", "C", "", []string{mayMove}, 422},
		{"given", "/live/assign/x", "C||2", old, []string{mayMove}, 200},
		{"stale", "/live/assign/x", "D||2", old, []string{mayMove}, 409},
		{"moved away", "/live/assign/x", "C|2|3", "", []string{mayMove}, 422}, // 3 has it.
		{"taken", "/live/assign/x", "C|2|", "", []string{mayMove}, 200},
	} {
		w := s.ask("POST", c.path, url.Values{"move": {c.move}, "version": {c.version}}, c.rights...)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		if c.want != 200 && !strings.Contains(w.Body.String(), `"wrong":"`) {
			t.Errorf("%s says nothing: %s", c.name, w.Body)
		}
		if c.name == "given" && !strings.Contains(strings.Join(serves(), ""), "C") {
			t.Errorf("given, but %v", serves())
		}
	}
	if strings.Contains(strings.Join(serves(), ""), "C") {
		t.Errorf("taken, but %v", serves())
	}
}

func TestAck(t *testing.T) {
	s := newStand(t)
	if w := s.ask("POST", "/live/ack/7", url.Values{}); w.Code != http.StatusForbidden {
		t.Errorf("who may not: %d", w.Code)
	}
	if w := s.ask("POST", "/live/ack/x", url.Values{}, mayAck); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no alarm: %d", w.Code)
	}
	if w := s.ask("POST", "/live/ack/7", url.Values{}, mayAck); w.Code != 200 || len(s.acked) != 1 || s.acked[0] != "Chị Lan" {
		t.Errorf("%d %v", w.Code, s.acked)
	}
}

func TestNew(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a page of no office")
	}
}

// Two offices of one name are told apart, also by who hears the page: every
// landmark of it has a name of its own.
func TestSameNames(t *testing.T) {
	s := newStand(t)
	text := s.ask("GET", Prefix, nil).Body.String()
	seen := map[string]bool{}
	for _, part := range strings.Split(text, `role="region" aria-label="`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if seen[name] {
			t.Errorf("two regions are called %q", name)
		}
		seen[name] = true
	}
	if len(seen) < 2 || !strings.Contains(text, "(x)") || !strings.Contains(text, "(y)") {
		t.Errorf("regions %v", seen)
	}
}
