package ops

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates
var templates embed.FS

//go:embed static
var static embed.FS

// Prefix is where the page is. Whoever mounts the handler guards it for
// administrators.
const Prefix = "/admin/calls"

// refreshEvery is how often browsers without modules load the page again.
const refreshEvery = 15 * time.Second

// PageConfig is what the page needs; Calls is required.
type PageConfig struct {
	Calls    *Calls
	Trunks   func() []page.Row // How the lines to the network are; must answer at once. Nil = there are none.
	Office   string            // Name, for the head of the page.
	Logger   *slog.Logger
	Build    string
	Location *time.Location // The office's, for times of day; nil = UTC.
}

// Page is the page of live calls.
type Page struct {
	PageConfig
	kit    *page.Kit
	assets *page.Assets
}

// NewPage makes the page.
func NewPage(c PageConfig) (*Page, error) {
	if c.Calls == nil {
		return nil, errors.New("ops: PageConfig.Calls is required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	kit, err := page.New(templates, "templates", nil)
	if err != nil {
		return nil, fmt.Errorf("ops: %w", err)
	}
	sub, err := fs.Sub(static, "static")
	if err != nil {
		return nil, fmt.Errorf("ops: embedded files: %w", err)
	}
	assets, err := page.NewAssets(sub, Prefix+"/static/")
	if err != nil {
		return nil, fmt.Errorf("ops: %w", err)
	}
	return &Page{PageConfig: c, kit: kit, assets: assets}, nil
}

// Handler serves everything under Prefix.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, p.list)
	mux.HandleFunc("GET "+Prefix+"/call/{key}", p.call)
	mux.HandleFunc("GET "+Prefix+"/trace/{key}", p.text)
	mux.Handle("GET "+Prefix+"/static/", p.assets)
	return page.Official(page.Secure(mux))
}

func (p *Page) list(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	p.render(w, r, http.StatusOK, "calls", page.View{
		Title: l.T("Cuộc gọi", "Telephone calls"), Home: "/admin", Refresh: refreshEvery,
		Scripts: []string{p.kit.Asset("refresh.js")}, Data: p.view(l),
	})
}

func (p *Page) call(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	c, ok := p.Calls.Find(r.PathValue("key"))
	if !ok {
		p.render(w, r, http.StatusNotFound, "gone", page.View{Title: l.T("Không còn cuộc gọi này", "Call no longer kept"), Home: "/admin"})
		return
	}
	v := page.View{Title: l.T("Cuộc gọi", "Call") + " " + c.Key, Home: "/admin", Data: p.traceView(l, c)}
	if c.Ended.IsZero() {
		v.Refresh = refreshEvery
	}
	p.render(w, r, http.StatusOK, "call", v)
}

// text lets an auditor keep a call's trace.
func (p *Page) text(w http.ResponseWriter, r *http.Request) {
	c, ok := p.Calls.Find(r.PathValue("key"))
	if !ok {
		http.Error(w, "Cuộc gọi này không còn được lưu: xem danh sách ở "+Prefix+".\nThis call is no longer kept: see the list at "+Prefix+".", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="call-`+c.Began.In(p.Location).Format("20060102-150405")+"-"+c.Key+`.txt"`)
	if _, err := w.Write([]byte(Text(c, p.Location))); err != nil && r.Context().Err() == nil {
		p.Logger.Debug("trace not written", "err", err)
	}
}

func (p *Page) render(w http.ResponseWriter, r *http.Request, status int, name string, v page.View) {
	v.Office, v.Build = p.Office, p.Build
	v.Styles = []string{p.assets.Path("calls.css")}
	if err := p.kit.Render(w, r, status, name, v); err != nil && r.Context().Err() == nil {
		p.Logger.Warn("page not written", "page", name, "err", err)
	}
}
