package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestLanguage(t *testing.T) {
	tests := []struct{ query, cookie, accept, want string }{
		{"", "", "", "vi"},
		{"", "", "en-GB,en;q=0.9", "en"},
		{"", "", "vi-VN,vi;q=0.9,en;q=0.8", "vi"},
		{"", "", "fr,en;q=0.5,vi;q=0.4", "en"},
		{"", "", "en;q=0.3, vi;q=0.4", "vi"},
		{"", "", "en;q=nonsense", "vi"},
		{"", "", "en;q=0", "vi"},
		{"", "", "de", "vi"},
		{"", "en", "vi", "en"},
		{"", "xx", "en", "en"},
		{"vi", "en", "en", "vi"},
		{"EN", "vi", "", "en"},
		{"xx", "en", "", "en"},
		{"", "", strings.Repeat("x,", 100_000) + "en", "vi"},
	}
	for _, tc := range tests {
		r := httptest.NewRequest("GET", "/?lang="+tc.query, nil)
		r.Header.Set("Accept-Language", tc.accept)
		if tc.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "lang", Value: tc.cookie})
		}
		if got := page.Language(r); string(got) != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	f.Add("en;q=0.5,vi", "en")
	f.Fuzz(func(t *testing.T, accept, cookie string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Accept-Language"] = []string{accept}
		r.Header["Cookie"] = []string{"lang=" + cookie}
		if l := page.Language(r); l != page.Vietnamese && l != page.English {
			t.Errorf("language %q", l)
		}
	})
}

// A language with more weight wins, whatever else is accepted.
func TestLanguageByWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := []string{"0.1", "0.4", "0.9", "1"}
		vi := rapid.IntRange(0, 3).Draw(t, "vi")
		en := rapid.IntRange(0, 3).Filter(func(n int) bool { return n != vi }).Draw(t, "en")
		parts := rapid.Permutation([]string{"vi;q=" + weights[vi], "en;q=" + weights[en], "fr", "*;q=0.8"}).Draw(t, "order")
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", strings.Join(parts, ", "))
		want := page.Vietnamese
		if en > vi {
			want = page.English
		}
		if got := page.Language(r); got != want {
			t.Fatalf("%v: %s", parts, got)
		}
	})
}

func kit(t *testing.T) *page.Kit {
	t.Helper()
	k, err := page.New(fstest.MapFS{
		"p/_shared.html": {Data: []byte(`{{define "shout"}}{{.}}!{{end}}`)},
		"p/one.html":     {Data: []byte(`{{define "main"}}<h1>{{.T "Một" "One"}} {{template "shout" .Data}}</h1>{{end}}`)},
		"p/two.html":     {Data: []byte(`{{define "main"}}two{{end}}{{define "part"}}<b>{{.Data}}</b>{{end}}`)},
		"p/bad.html":     {Data: []byte(`{{define "main"}}before {{.Data.Missing.Field}}{{end}}`)},
	}, "p", nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestRender(t *testing.T) {
	k := kit(t)
	get := func(target, name string, v page.View) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		if err := k.Render(rec, httptest.NewRequest("GET", target, nil), 200, name, v); err != nil {
			t.Fatal(err)
		}
		return rec
	}
	v := page.View{Title: "T<", Office: "Xã", Data: "<i>", Refresh: 90 * time.Second, Build: "b1", Scripts: []string{"/x.js"}, Nav: []page.Link{{Href: "/board", Label: "Bảng"}}}
	rec := get("/a/b", "one", v)
	body := rec.Body.String()
	for _, want := range []string{
		`<html lang="vi" data-build="b1">`, "<title>T&lt; – Xã</title>", "Một &lt;i&gt;!", `content="90"`, `data-seconds="90"`,
		`<script type="module" src="/x.js">`, `href="/a/b?lang=en"`, "Đến nội dung chính", `href="/board">Bảng`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if got := rec.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	if rec.Header().Get("Set-Cookie") != "" {
		t.Error("a cookie without a choice")
	}
	english := get("/a?lang=en", "one", v)
	if !strings.Contains(english.Body.String(), "One &lt;i&gt;!") || !strings.Contains(english.Header().Get("Set-Cookie"), "lang=en") {
		t.Errorf("English: %v\n%s", english.Header(), english.Body)
	}
	bare := get("/", "two", page.View{Title: "T", Bare: true}).Body.String()
	if strings.Contains(bare, "<header") || !strings.Contains(bare, "two") || strings.Contains(bare, "refresh") {
		t.Errorf("bare page:\n%s", bare)
	}
}

func TestRenderFailsClean(t *testing.T) {
	k := kit(t)
	for _, name := range []string{"bad", "none"} {
		rec := httptest.NewRecorder()
		if err := k.Render(rec, httptest.NewRequest("GET", "/", nil), 200, name, page.View{Data: 5}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if rec.Code != 500 || strings.Contains(rec.Body.String(), "before") || !strings.Contains(rec.Body.String(), "Xin thử lại") {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestFragment(t *testing.T) {
	out, err := kit(t).Fragment("two", "part", page.View{Lang: page.English, Data: "<x>"})
	if err != nil || string(out) != "<b>&lt;x&gt;</b>" {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := kit(t).Fragment("two", "none", page.View{}); err == nil {
		t.Error("an unknown part is no error")
	}
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, errors.New("disk gone") }

func TestNewRefuses(t *testing.T) {
	for name, files := range map[string]fs.FS{
		"bad page":   fstest.MapFS{"p/a.html": {Data: []byte("{{if}}")}},
		"bad shared": fstest.MapFS{"p/_a.html": {Data: []byte("{{if}}")}},
	} {
		if _, err := page.New(files, "p", nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := page.NewAssets(brokenFS{}, "/x/"); err == nil {
		t.Error("unreadable files are no error")
	}
}

func TestAssets(t *testing.T) {
	a, err := page.NewAssets(fstest.MapFS{"a.js": {Data: []byte("export")}, "d/b.css": {Data: []byte("b{}")}, "c.svg": {Data: []byte("<svg/>")}}, "/s/")
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("If-None-Match", etag)
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, r)
		return rec
	}
	tests := []struct{ path, kind, cache string }{
		{a.Path("a.js"), "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/s/a.js", "text/javascript; charset=utf-8", "no-cache"},
		{"/s/a.js?v=old", "text/javascript; charset=utf-8", "no-cache"},
		{a.Path("d/b.css"), "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{a.Path("c.svg"), "image/svg+xml", "public, max-age=31536000, immutable"},
	}
	for _, tc := range tests {
		rec := get(tc.path, "")
		if rec.Code != 200 || rec.Header().Get("Content-Type") != tc.kind || rec.Header().Get("Cache-Control") != tc.cache {
			t.Errorf("%s: %d %v", tc.path, rec.Code, rec.Header())
		}
		if again := get(tc.path, rec.Header().Get("ETag")); again.Code != 304 {
			t.Errorf("%s again: %d", tc.path, again.Code)
		}
	}
	for _, path := range []string{"/s/", "/s/none", "/s/../x", a.Path("none")} {
		if rec := get(path, ""); rec.Code != 404 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	other, err := page.NewAssets(fstest.MapFS{"a.js": {Data: []byte("changed")}}, "/s/")
	if err != nil || other.Hash() == a.Hash() || other.Path("a.js") == a.Path("a.js") {
		t.Errorf("other content, same hash %s", a.Hash())
	}
}

func TestKitFiles(t *testing.T) {
	k := kit(t)
	for _, name := range []string{"page.css", "live.js", "refresh.js", "reload.js", "icon.svg"} {
		rec := httptest.NewRecorder()
		k.Static().ServeHTTP(rec, httptest.NewRequest("GET", k.Asset(name), nil))
		body := rec.Body.String()
		if rec.Code != 200 || body == "" {
			t.Errorf("%s: %d", name, rec.Code)
		}
		// Syntax that TV browsers before 2020 do not know; a page of theirs
		// would stay dead.
		if strings.HasSuffix(name, ".js") && (strings.Contains(body, "?.") || strings.Contains(body, "??")) {
			t.Errorf("%s uses syntax of 2020", name)
		}
	}
}

// What loads a page again stands first in the head of pages that nobody tends, and
// on no other, and the policy lets it run.
func TestAgain(t *testing.T) {
	text := strings.TrimSuffix(strings.TrimPrefix(string(page.Again), "<script>"), "</script>")
	sum := sha256.Sum256([]byte(text))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(page.ScriptPolicy, want) {
		t.Errorf("%s lacks %s", page.ScriptPolicy, want)
	}
	kit := kit(t)
	for _, bare := range []bool{true, false} {
		rec := httptest.NewRecorder()
		if err := kit.Render(rec, httptest.NewRequest("GET", "/", nil), 200, "one", page.View{Bare: bare, Data: ""}); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(rec.Body.String(), "<link")
		if strings.Contains(head, string(page.Again)) != bare {
			t.Errorf("bare %t: %s", bare, head)
		}
	}
}

func TestSecure(t *testing.T) {
	h := page.Secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		if got := rec.Header().Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if csp := rec.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("policy %q", csp)
	}
}

func TestPanelWords(t *testing.T) {
	p := page.Panel{Title: "Loa", TitleEN: "Speaker"}
	r := page.Row{Label: "Cổng", Value: "9100"}
	a := page.Action{Label: "Thử", LabelEN: "Test"}
	label, value := r.Words(page.English)
	if p.Name(page.English) != "Speaker" || p.Name(page.Vietnamese) != "Loa" || label != "Cổng" || value != "9100" || a.Words(page.English) != "Test" {
		t.Error("words of the wrong language")
	}
}
