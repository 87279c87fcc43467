package page

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// The head of a page has the name that the office has now, in the page's
// language; a page that knows better keeps its own, and one that nobody tells
// has the name with which it was made.
func TestNamed(t *testing.T) {
	files := fstest.MapFS{"templates/p.html": {Data: []byte(`{{define "main"}}x{{end}}`)}}
	d, err := NewDesk(DeskConfig{Name: "p", Prefix: "/p", Files: files, Office: "As made"})
	if err != nil {
		t.Fatal(err)
	}
	now := [2]string{"Xã Đầu", "First"}
	own := ""
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.Render(w, r, http.StatusOK, "p", View{Title: "T", Office: own})
	})
	named := Named(pages, func(context.Context) (string, string) { return now[0], now[1] })
	wants := func(h http.Handler, path, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(w.Body.String(), `href="/admin">`+want+`</a>`) {
			t.Errorf("no %q in\n%s", want, w.Body)
		}
	}
	wants(pages, "/p?lang=vi", "As made")
	wants(named, "/p?lang=vi", "Xã Đầu")
	wants(named, "/p?lang=en", "First")
	now = [2]string{"Xã Sau", ""}
	wants(named, "/p?lang=vi", "Xã Sau")
	wants(named, "/p?lang=en", "Xã Sau")
	own = "Better"
	wants(named, "/p?lang=vi", "Better")
}
