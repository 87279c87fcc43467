package ops

import (
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

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
	Location func() *time.Location // The office's, for times of day; nil = UTC.
}

// Page is the page of live calls.
type Page struct {
	PageConfig
	kit *page.Desk
}

// NewPage makes the page.
func NewPage(c PageConfig) (*Page, error) {
	if c.Calls == nil {
		return nil, errors.New("ops: PageConfig.Calls is required")
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.UTC }
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "ops", Prefix: Prefix, Files: files, Style: "calls.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	return &Page{PageConfig: c, kit: kit}, nil
}

// Handler serves everything under Prefix.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, p.list)
	mux.HandleFunc("GET "+Prefix+"/call/{key}", p.call)
	mux.HandleFunc("GET "+Prefix+"/trace/{key}", p.text)
	return p.kit.Handler(mux)
}

func (p *Page) list(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	p.kit.Render(w, r, http.StatusOK, "calls", page.View{
		Title: l.T("Cuộc gọi", "Telephone calls"), Refresh: refreshEvery, Scripts: []string{p.kit.Common("refresh.js")}, Data: p.view(l),
	})
}

func (p *Page) call(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	c, ok := p.Calls.Find(r.PathValue("key"))
	if !ok {
		p.kit.Render(w, r, http.StatusNotFound, "gone", page.View{Title: l.T("Không còn cuộc gọi này", "Call no longer kept")})
		return
	}
	v := page.View{Title: l.T("Cuộc gọi", "Call") + " " + c.Key, Data: p.traceView(l, c)}
	if c.Ended.IsZero() {
		v.Refresh = refreshEvery
	}
	p.kit.Render(w, r, http.StatusOK, "call", v)
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
	h.Set("Content-Disposition", `attachment; filename="call-`+c.Began.In(p.Location()).Format("20060102-150405")+"-"+c.Key+`.txt"`)
	if _, err := w.Write([]byte(Text(c, p.Location()))); err != nil && r.Context().Err() == nil {
		p.Logger.Debug("trace not written", "err", err)
	}
}
