package page

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/xinmoi/xinmoi/queue"
)

// deskFiles are a desk's templates and files.
func deskFiles() fstest.MapFS {
	return fstest.MapFS{
		"templates/list.html": {Data: []byte(`{{define "main"}}<p>{{.T "Danh sách" "List"}} {{.Data}}</p>{{end}}`)},
		"templates/bad.html":  {Data: []byte(`{{define "main"}}{{.Data.Missing}}{{end}}`)},
		"static/own.css":      {Data: []byte("p{}")},
	}
}

// desk is a page with one form; asked is what came with it.
func desk(t *testing.T, files fstest.MapFS, style string) (h http.Handler, asked *[]string, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	d, err := NewDesk(DeskConfig{
		Name: "trial", Prefix: "/admin/trial", Files: files, Style: style, Office: "Trung tâm", Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	asked = &[]string{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/trial", func(w http.ResponseWriter, r *http.Request) {
		d.Render(w, r, http.StatusOK, "list", View{Title: "Thử", Data: r.URL.Query().Get("done")})
	})
	mux.HandleFunc("GET /admin/trial/{any}/bad", func(w http.ResponseWriter, r *http.Request) { d.Render(w, r, http.StatusOK, "bad", View{Data: 1}) })
	for _, name := range []string{"", "turn"} {
		d.Form(mux, name, 64, func(w http.ResponseWriter, r *http.Request, err error) {
			if err != nil {
				http.Error(w, err.Error(), http.StatusUnprocessableEntity)
				return
			}
			*asked = append(*asked, name+":"+r.PostForm.Get("v"))
			d.See(w, r, url.Values{"done": {name}}, r.PostForm.Get("place"))
		})
	}
	return d.Handler(mux), asked, log
}

func call(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestDeskPage(t *testing.T) {
	h, _, log := desk(t, deskFiles(), "own.css")
	w := call(h, "GET", "/admin/trial", "", "Accept-Language", "en")
	for _, want := range []string{"Danh sách", "Trung tâm", `href="/admin"`, "/admin/trial/static/own.css?v="} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q in\n%s", want, w.Body)
		}
	}
	if w.Header().Get("Content-Security-Policy") == "" {
		t.Error("no security headers")
	}
	if w := call(h, "GET", "/admin/trial?lang=en", ""); !strings.Contains(w.Body.String(), "List") {
		t.Errorf("English was asked for:\n%s", w.Body)
	}
	if w := call(h, "GET", "/admin/trial/static/own.css", ""); w.Code != http.StatusOK || w.Body.String() != "p{}" {
		t.Errorf("the desk's own file: %d %s", w.Code, w.Body)
	}
	if w := call(h, "POST", "/admin/trial/static/own.css", ""); w.Code == http.StatusOK {
		t.Error("a file was posted to")
	}
	if w := call(h, "GET", "/admin/trial/x/bad", ""); w.Code != http.StatusInternalServerError || !strings.Contains(log.String(), "page=bad") {
		t.Errorf("a page that cannot be made: %d, log %q", w.Code, log)
	}
}

func TestDeskForms(t *testing.T) {
	h, asked, _ := desk(t, deskFiles(), "")
	for _, c := range []struct{ method, target, body, to string }{
		{"POST", "/admin/trial/turn", "v=1", "/admin/trial?done=turn"},
		{"POST", "/admin/trial/turn", "v=2&place=hall+2", "/admin/trial?done=turn#hall+2"},
		{"POST", "/admin/trial", "v=3", "/admin/trial?done="},
		{"GET", "/admin/trial/turn", "", "/admin/trial"},
		{"GET", "/admin/trial/turn?lang=en&x=y", "", "/admin/trial?lang=en"},
	} {
		if w := call(h, c.method, c.target, c.body); w.Code != http.StatusSeeOther || w.Header().Get("Location") != c.to {
			t.Errorf("%s %s %s: %d to %q, want %q", c.method, c.target, c.body, w.Code, w.Header().Get("Location"), c.to)
		}
	}
	if got := strings.Join(*asked, " "); got != "turn:1 turn:2 :3" {
		t.Errorf("asked %q", got)
	}
	for name, body := range map[string]string{"too long": "v=" + strings.Repeat("a", 64), "not a form": "v=%zz"} {
		if w := call(h, "POST", "/admin/trial/turn", body); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "không đọc được biểu mẫu") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := call(h, "POST", "/admin/trial/turn", "v=4", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden || len(*asked) != 3 {
		t.Errorf("a form of another site: %d, %q", w.Code, *asked)
	}
}

func TestDeskWithoutFiles(t *testing.T) {
	files := deskFiles()
	delete(files, "static/own.css")
	h, _, _ := desk(t, files, "")
	if w := call(h, "GET", "/admin/trial", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := call(h, "GET", "/admin/trial/static/own.css", ""); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
	for name, c := range map[string]DeskConfig{
		"nothing": {}, "no files": {Name: "x", Prefix: "/x"}, "a broken page": {Name: "x", Prefix: "/x", Files: fstest.MapFS{"templates/x.html": {Data: []byte("{{")}}},
	} {
		if _, err := NewDesk(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPhrases(t *testing.T) {
	p := Phrases{"saved": {"Đã lưu", "Saved"}}
	if p.In(Vietnamese, "saved") != "Đã lưu" || p.In(English, "saved") != "Saved" || p.In(English, "other") != "" {
		t.Error("the wrong words")
	}
}

func TestJSON(t *testing.T) {
	w := httptest.NewRecorder()
	if err := JSON(w, http.StatusCreated, map[string]template.HTML{"a": "b"}); err != nil || w.Code != http.StatusCreated || w.Body.String() != "{\"a\":\"b\"}\n" {
		t.Errorf("%v %d %s", err, w.Code, w.Body)
	}
	if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Error(w.Header())
	}
	w = httptest.NewRecorder()
	if err := JSON(w, http.StatusOK, math.NaN()); err == nil || w.Body.Len() > 0 {
		t.Errorf("what cannot be written: %v, %q", err, w.Body)
	}
}

// shelf keeps a setup.
type shelf struct{ got queue.ConfigureRequest }

func (*shelf) Setup(context.Context) (queue.SetupView, error) { return queue.SetupView{}, nil }

func (s *shelf) Configure(_ context.Context, r queue.ConfigureRequest) (queue.SetupView, error) {
	s.got = r
	return queue.SetupView{Setup: r.Setup, Version: "8"}, errors.ErrUnsupported
}

func TestConfigure(t *testing.T) {
	s := &shelf{}
	now, err := Configure(t.Context(), s, queue.SetupView{Setup: queue.Setup{Name: "Trung tâm"}, Version: "7"})
	if !errors.Is(err, errors.ErrUnsupported) || now.Version != "8" || s.got.Version != "7" || s.got.Caller != "admin" || s.got.Setup.Name != "Trung tâm" {
		t.Errorf("%v, %+v, %+v", err, now, s.got)
	}
}
