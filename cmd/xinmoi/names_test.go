package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/setup"
)

// An office that is renamed has its new name on every page at once, and in the
// words that leave the house.
func TestPagesFollowTheName(t *testing.T) {
	cfg := alone(t)
	withEverything(t, &cfg)
	a := running(t, cfg)
	ask := func(method, path string, form url.Values) *httptest.ResponseRecorder {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, role := range queue.Roles() {
			r.AddCookie(&http.Cookie{Name: "xinmoi_" + string(role), Value: a.tokens[role]})
		}
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(&untilPage{ResponseWriter: w, leave: leave}, r)
		return w
	}
	const today = "Trung tâm xã Tân Phú"
	sample := queue.CommuneCentre().Name
	view, err := a.engine.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(http.MethodPost, setup.Prefix+"/office", url.Values{"name": {today}, "region": {view.Setup.Region}, "by_value": {"digits"}, "time_zone": {view.Setup.TimeZone}}); got.Code != http.StatusSeeOther {
		t.Fatalf("not renamed: %d\n%s", got.Code, got.Body)
	}
	pages := 0
	for _, path := range append(pathsOf(a),
		"/admin/people/first", "/admin/setup/trial", "/admin/setup/hours", "/admin/setup/days", "/reports/filed", "/reports/offices", "/counter/1", "/admin/wizard?step=done", "/admin/appointments", "/hen", "/lay-so", "/t/none") {
		for _, lang := range []string{"", "?lang=en"} {
			if lang != "" && strings.Contains(path, "?") {
				continue
			}
			body := ask(http.MethodGet, path+lang, nil).Body.String()
			if strings.Contains(body, sample) {
				t.Errorf("%s%s shows the name of before", path, lang)
			}
			if strings.Contains(body, `<a class="office"`) {
				if pages++; !strings.Contains(body, today) {
					t.Errorf("%s%s does not show the name of now", path, lang)
				}
			}
		}
	}
	if pages < 50 {
		t.Errorf("only %d pages were seen", pages)
	}
	seen := map[string]bool{} // Each fact stands once in the health of everything.
	for _, section := range a.health(t.Context()).Sections {
		for _, row := range section.Rows {
			if row.Label == "Chỗ trống trên đĩa" && seen[row.Label] {
				t.Errorf("%s twice", row.Label)
			}
			seen[row.Label] = true
		}
	}
	if !seen["Chỗ trống trên đĩa"] || !seen["Địa chỉ trên QR và liên kết"] {
		t.Errorf("%v", seen)
	}
	vi, en, err := a.dayWords(t.Context(), time.Now().Format(time.DateOnly))
	for _, text := range []string{vi, en, a.tryText(t.Context())} {
		if err != nil || !strings.Contains(text, today) {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// pathsOf are the addresses at which the server has pages to read.
func pathsOf(a *app) (list []string) {
	for _, pattern := range a.doorway.paths {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodGet, pattern
		}
		if path != "/" {
			path = strings.TrimSuffix(path, "/")
		}
		if method == http.MethodGet && !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	return list
}

// untilPage leaves streams as soon as they have begun.
type untilPage struct {
	http.ResponseWriter
	leave context.CancelFunc
}

// Flush implements http.Flusher.
func (w *untilPage) Flush() { w.leave() }

// A server whose links lead to this machine alone says so in its health.
func TestAddressRow(t *testing.T) {
	for base, want := range map[string]page.Level{
		"http://127.0.0.1:8080": page.Warn, "http://localhost:8080": page.Warn, "http://[::1]:8080": page.Warn,
		"http://192.168.1.10:8080": page.OK, "https://office.example": page.OK,
	} {
		row := addressRow(base)
		if row.Level != want || strings.Contains(row.Value, "-http") != (want == page.Warn) || strings.Contains(row.ValueEN, "http.public_url") != (want == page.Warn) {
			t.Errorf("%s: %+v", base, row)
		}
	}
}
