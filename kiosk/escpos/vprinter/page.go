package vprinter

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page.html static
var files embed.FS

// Handler shows the papers: /kiosk/paper (a page that follows the newest),
// /kiosk/paper/latest.png, /kiosk/paper/{id}.png, and the buttons that make the
// printer fail (/kiosk/paper/control). Papers carry lookup codes, so the caller guards it like the kiosk itself.
func (p *Printer) Handler() http.Handler {
	page, err := template.ParseFS(files, "page.html")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /kiosk/paper", func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			p.cfg.Logger.Error("paper page broken", "err", err)
			http.Error(w, "Trang giấy in gặp trục trặc. / The paper page is broken.", http.StatusInternalServerError)
			return
		}
		p.page(w, page)
	})
	mux.HandleFunc("GET /kiosk/paper/{file}", p.picture)
	mux.HandleFunc("GET /kiosk/paper/control", p.control)
	mux.HandleFunc("POST /kiosk/paper/control", p.control)
	mux.HandleFunc("GET /kiosk/paper/static/{file}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "static/"+r.PathValue("file"))
	})
	return mux
}

func (p *Printer) page(w http.ResponseWriter, page *template.Template) {
	var out bytes.Buffer
	data := struct {
		Count    int
		Status   string
		Papers   []Paper
		Troubles []trouble
	}{p.Count(), p.Status().String(), p.Papers(), troubles()}
	for i := range data.Papers {
		data.Papers[i].At = data.Papers[i].At.In(p.cfg.Location())
	}
	if err := page.Execute(&out, data); err != nil {
		p.cfg.Logger.Error("paper page broken", "err", err)
		http.Error(w, "Trang giấy in gặp trục trặc. / The paper page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = out.WriteTo(w)
}

// picture serves latest.png and {id}.png.
func (p *Printer) picture(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".png")
	id := 0
	if ok && name != "latest" {
		n, err := strconv.Atoi(name)
		id, ok = n, err == nil && n > 0
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	paper, found := p.papers.find(id)
	if !found {
		http.Error(w, "Chưa có phiếu này. Hãy lấy một số ở /kiosk. / No such paper yet. Take a number at /kiosk.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Paper", strconv.Itoa(paper.ID))
	_, _ = w.Write(paper.PNG)
}
