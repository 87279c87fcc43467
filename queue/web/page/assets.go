package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

//go:embed templates/layout.html
var layout string

//go:embed static/favicon.ico
var favicon []byte // icon.svg in 16, 32 and 48 pixels.

// Favicon serves the icon at the address where browsers look for it that know no
// other, "/favicon.ico": those that take no SVG, and whoever shows what is no page.
func Favicon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "image/x-icon")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	http.ServeContent(w, r, "favicon.ico", time.Time{}, bytes.NewReader(favicon))
}

// Assets serves files that belong to the binary (styles, modules) under one
// prefix, with an address that changes when the file does.
type Assets struct {
	prefix string
	files  map[string]asset
}

type asset struct {
	body []byte
	hash string
	kind string
}

// NewAssets reads all files of fsys, to be served under prefix ("/static/").
func NewAssets(fsys fs.FS, prefix string) (*Assets, error) {
	a := &Assets{prefix: prefix, files: map[string]asset{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		a.files[name] = asset{body: body, hash: hex.EncodeToString(sum[:8]), kind: contentType(name)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("assets under %s: %w", prefix, err)
	}
	return a, nil
}

// contentType names the media type by the ending. Scripts and styles are named
// here because the tables of some systems miss them, and nosniff is strict.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// Path gives the address of a file, with its hash; an unknown name gives the
// plain address, which answers 404.
func (a *Assets) Path(name string) string {
	f, ok := a.files[name]
	if !ok {
		return a.prefix + name
	}
	return a.prefix + name + "?v=" + f.hash
}

// Hash stands for the content of all files: another hash, another program.
func (a *Assets) Hash() string {
	names := make([]string, 0, len(a.files))
	for name := range a.files {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s %s\n", name, a.files[name].hash)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// ServeHTTP serves one file. With its hash in the address it may be kept for
// ever; without (modules importing each other) it is asked for again by ETag.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, a.prefix)
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", `"`+f.hash+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.body))
}
