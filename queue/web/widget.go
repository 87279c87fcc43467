package web

import (
	"net/http"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// widgetPolicy is the Content-Security-Policy of the one page that other sites
// may show within theirs: it has nothing to press but links that open our own
// pages in a window of their own, so there is nothing to lure anybody into.
const widgetPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors http: https:"

// widgetData is what a site shows of the office.
type widgetData struct {
	homeData
	Name         string
	Style        string
	Script       string
	Book, Remote string // Where one books, and takes a number; empty = one cannot.
}

// widget is the queue's state and the ways to come at a good time, for the
// frames of other sites.
func (w *Web) widget(rw http.ResponseWriter, r *http.Request) {
	l := page.Vietnamese // A frame has no language of its own but what the site asks for.
	if r.URL.Query().Get("lang") == string(page.English) {
		l = page.English
	}
	now, err := w.state.State(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	d := widgetData{Name: l.T(now.Info.Name, now.Info.NameEN), Style: w.assets.Path("widget.css"), Script: w.assets.Path("widget-frame.js"), Book: w.Booking, Remote: w.Remote}
	if d.Name == "" {
		d.Name = now.Info.Name
	}
	d.Open, d.Opens, d.Services = now.Info.Open, w.opens(l, now.Info.Opens), w.lines(l, now)
	d.about(l, now)
	body, err := w.kit.Fragment("widget", "widget", page.View{Lang: l, Data: d})
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(l))
	h.Set("Cache-Control", "public, max-age=5")
	h.Set("Content-Security-Policy", widgetPolicy)
	h.Del("X-Frame-Options")
	_, _ = rw.Write(body) // The reader may be gone.
}

// widgetScript is what a site includes: it puts the frame where it stands.
func (w *Web) widgetScript(rw http.ResponseWriter, r *http.Request) {
	body, err := static.ReadFile("static/widget.js")
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = rw.Write(body)
}
