package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// View is one page about to be written. Data is the page's own; everything
// else is what the layout shows around it.
type View struct {
	Lang    Lang          // Set by Render from the request when empty.
	Title   string        // Of the window; the office's name is appended.
	Office  string        // Name in the head of the page, in the page's language.
	Body    string        // Class of <body>: "board", "console"; empty = a plain page.
	Bare    bool          // No head, no foot: TV boards and kiosks.
	Home    string        // Where the office's name in the head leads; empty = "/".
	Nav     []Link        // Links beside the office's name.
	Styles  []string      // Further style sheets, as addresses.
	Scripts []string      // ES modules, as addresses.
	Refresh time.Duration // Browsers without modules reload after this; 0 = never.
	Keep    url.Values    // Of the address, in the other language too; nil = nothing.
	Once    bool          // Shows what is shown once: no link to the other language, which would lose it.
	Build   string        // The server's version; pages reload when it changes.
	Data    any           // What "main" shows.

	kit     *Assets
	url     string
	account string
}

// Link is one address with its words.
type Link struct {
	Href    string
	Label   string
	LabelEN string // Empty = the label is for the page's language already, or the same in both.
}

// In gives links with labels in one language.
func In(l Lang, links []Link) []Link {
	out := make([]Link, len(links))
	for i, one := range links {
		out[i] = Link{Href: one.Href, Label: l.T(one.Label, one.LabelEN)}
	}
	return out
}

// SafeURL lets the schemes of telephone numbers through, which html/template
// refuses; an address of any other kind is not made a link.
func SafeURL(href string) template.URL {
	for _, scheme := range []string{"tel:", "sip:", "sips:", "sms:", "https://", "http://", "/"} {
		if strings.HasPrefix(href, scheme) {
			return template.URL(href)
		}
	}
	return ""
}

// T picks the text of the page's language: {{.T "Quầy" "Counter"}}.
func (v View) T(vi, en string) string { return v.Lang.T(vi, en) }

// Asset gives the address of one of the kit's own files.
func (v View) Asset(name string) string { return v.kit.Path(name) }

// Account is what somebody who has signed in is called; empty on pages for all.
func (v View) Account() string { return v.account }

// OtherURL is this page in the other language.
func (v View) OtherURL() string {
	address := v.url + "?lang=" + string(v.Lang.Other())
	if len(v.Keep) > 0 {
		address += "&" + v.Keep.Encode()
	}
	return address
}

// RefreshSeconds is Refresh in whole seconds.
func (v View) RefreshSeconds() int { return int(v.Refresh / time.Second) }

// HomeURL is where the office's name leads.
func (v View) HomeURL() string {
	if v.Home == "" {
		return "/"
	}
	return v.Home
}

// Kit renders the pages of one part of the program in the common layout.
type Kit struct {
	pages map[string]*template.Template
	own   *Assets
}

// New reads the page templates of dir in fsys. Every file "name.html" becomes
// the page "name" and defines "main"; files whose name begins with "_" are
// shared by all (embed them with "all:", or Go leaves them out). funcs may be nil.
func New(fsys fs.FS, dir string, funcs template.FuncMap) (*Kit, error) {
	own, err := kitAssets()
	if err != nil {
		return nil, err
	}
	base, err := template.New("layout").Funcs(funcs).Parse(layout)
	if err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	files, err := fs.Glob(fsys, path.Join(dir, "*.html"))
	if err != nil {
		return nil, fmt.Errorf("templates of %s: %w", dir, err)
	}
	shared, pages := split(files)
	if len(shared) > 0 {
		if base, err = base.ParseFS(fsys, shared...); err != nil {
			return nil, fmt.Errorf("shared templates of %s: %w", dir, err)
		}
	}
	k := &Kit{pages: map[string]*template.Template{}, own: own}
	for _, file := range pages {
		if err := k.add(base, fsys, file); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func kitAssets() (*Assets, error) {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		return nil, fmt.Errorf("embedded files: %w", err)
	}
	return NewAssets(sub, "/static/")
}

// split tells shared files from pages.
func split(files []string) (shared, pages []string) {
	for _, file := range files {
		if strings.HasPrefix(path.Base(file), "_") {
			shared = append(shared, file)
		} else {
			pages = append(pages, file)
		}
	}
	return shared, pages
}

func (k *Kit) add(base *template.Template, fsys fs.FS, file string) error {
	t, err := base.Clone()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if t, err = t.ParseFS(fsys, file); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	k.pages[strings.TrimSuffix(path.Base(file), ".html")] = t
	return nil
}

// Static serves the kit's own files; mount it at "/static/".
func (k *Kit) Static() http.Handler { return k.own }

// Hash stands for the content of the kit's own files.
func (k *Kit) Hash() string { return k.own.Hash() }

// Asset gives the address of one of the kit's own files ("live.js").
func (k *Kit) Asset(name string) string { return k.own.Path(name) }

// Render writes a page with a status. The page is made whole before the first
// byte goes out, so that a failing template gives a clean 500; the error is
// for the log, the answer is already written.
func (k *Kit) Render(w http.ResponseWriter, r *http.Request, status int, name string, v View) error {
	if v.Lang == "" {
		v.Lang = Language(r)
	}
	v.url, v.kit = r.URL.EscapedPath(), k.own
	if c, ok := CallerOf(r.Context()); ok {
		v.account = c.Person
	}
	body, err := k.execute(name, "layout", v)
	if err != nil {
		http.Error(w, "Máy chủ gặp lỗi. Xin thử lại hoặc hỏi quầy hướng dẫn.\nServer error. Please try again or ask at the information desk.",
			http.StatusInternalServerError)
		return err
	}
	rememberLanguage(w, r)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Lang))
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err = w.Write(body)
	return err
}

// Fragment renders one named template of a page without the layout, for
// pushing over a live connection.
func (k *Kit) Fragment(name, part string, v View) ([]byte, error) {
	v.kit = k.own
	return k.execute(name, part, v)
}

func (k *Kit) execute(name, part string, v View) ([]byte, error) {
	t, ok := k.pages[name]
	if !ok {
		return nil, fmt.Errorf("page %q: no such template", name)
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, part, v); err != nil {
		return nil, fmt.Errorf("page %q: %w", name, err)
	}
	return buf.Bytes(), nil
}
