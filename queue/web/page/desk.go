package page

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// DeskConfig is what a Desk is made of; Name, Prefix and Files are required.
type DeskConfig struct {
	Name   string // In the words of errors, "phone desk".
	Prefix string // Address of the page, "/admin/phone"; forms and files are below it.
	// Files has the folder "templates" (see New) and, if the page has files of
	// its own, "static", served under Prefix/static/.
	Files  fs.FS
	Style  string       // A style sheet of "static" that every page takes; empty = none.
	Office string       // What the office is called where Named does not tell.
	Build  string       // The server's version.
	Logger *slog.Logger // Nil = silent.
}

// Desk is what a page on which staff arrange one channel is made with: its
// files, its forms, and the way back from them. Whoever mounts it guards it.
type Desk struct {
	DeskConfig
	kit *Kit
	own *Assets // Nil without files.
}

// NewDesk reads templates and files.
func NewDesk(c DeskConfig) (*Desk, error) {
	if c.Name == "" || c.Prefix == "" || c.Files == nil {
		return nil, errors.New("desk: DeskConfig.Name, Prefix and Files are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	kit, err := New(c.Files, "templates", nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	d := &Desk{DeskConfig: c, kit: kit}
	if _, err := fs.Stat(c.Files, "static"); errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	files, err := fs.Sub(c.Files, "static")
	if err != nil {
		return nil, fmt.Errorf("%s: embedded files: %w", c.Name, err)
	}
	if d.own, err = NewAssets(files, c.Prefix+"/static/"); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return d, nil
}

// Asset gives the address of one of the desk's own files.
func (d *Desk) Asset(name string) string { return d.own.Path(name) }

// Common gives the address of a file that all pages share ("refresh.js").
func (d *Desk) Common(name string) string { return d.kit.Asset(name) }

// Handler serves mux, and the desk's files, in Vietnamese unless English is
// asked for, and takes forms of its own pages only.
func (d *Desk) Handler(mux http.Handler) http.Handler {
	files := d.Prefix + "/static/"
	return Guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Before mux: a desk may have variable addresses beside "static".
		if d.own != nil && strings.HasPrefix(r.URL.Path, files) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			d.own.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

// Guarded is what every page of the office's own people needs: the security
// headers, the official language, and no form from another site.
func Guarded(h http.Handler) http.Handler {
	return Secure(Official(http.NewCrossOriginProtection().Handler(h)))
}

// Render writes a page in the desk's clothes and logs what failed. The office's
// name is what Named tells, or the desk's, unless the page knows it better. Title, Data
// and all else is the page's; a page without Home leads back to /admin.
func (d *Desk) Render(w http.ResponseWriter, r *http.Request, status int, name string, v View) {
	v.Office, v.Build, v.Home = cmp.Or(v.Office, OfficeOf(r.Context(), cmp.Or(v.Lang, Language(r))), d.Office), d.Build, cmp.Or(v.Home, "/admin")
	if d.Style != "" {
		v.Styles = append([]string{d.Asset(d.Style)}, v.Styles...)
	}
	if err := d.kit.Render(w, r, status, name, v); err != nil && r.Context().Err() == nil {
		d.Logger.Warn("page not written", "page", name, "err", err)
	}
}

// Fragment renders one named template of a page without what is around it, for
// pushing over a live connection.
func (d *Desk) Fragment(name, part string, v View) ([]byte, error) {
	return d.kit.Fragment(name, part, v)
}

// Form serves what is posted to Prefix/name, or to Prefix where name is empty.
// do finds the form in r.PostForm; err is what kept it from being read, in
// people's words. limit is in bytes.
func (d *Desk) Form(mux *http.ServeMux, name string, limit int64, do func(w http.ResponseWriter, r *http.Request, err error)) {
	path := d.Prefix
	if name != "" {
		path += "/" + name
		// A page that tells what went wrong has the address of what was asked:
		// loaded again, or in another language, it is the page itself.
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			back := url.Values{}
			if lang := r.URL.Query().Get("lang"); lang != "" {
				back.Set("lang", lang)
			}
			d.See(w, r, back, "")
		})
	}
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { do(w, r, ReadForm(w, r, limit)) })
}

// ReadForm reads a form of at most limit bytes into r.PostForm. The error tells
// people what to do.
func ReadForm(w http.ResponseWriter, r *http.Request, limit int64) error {
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("không đọc được biểu mẫu: viết ngắn lại rồi gửi lần nữa (the form cannot be read: make it shorter and send it again): %w", err)
	}
	return nil
}

// Digits leaves only the figures of what was typed.
func Digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}

// See sends the browser to the desk's page, at the part of it named place,
// after a form was done: loading that again does nothing twice.
func (d *Desk) See(w http.ResponseWriter, r *http.Request, query url.Values, place string) {
	to := d.Prefix
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	if place != "" {
		to += "#" + url.QueryEscape(place)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Phrases are sentences by name, each in Vietnamese and English, such as what
// a page says after each of its forms was done.
type Phrases map[string][2]string

// In picks the sentence of a name; an unknown name gives nothing.
func (p Phrases) In(l Lang, name string) string { return l.T(p[name][0], p[name][1]) }
