package web

import (
	"context"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	actionTimeout = 30 * time.Second // A panel's action may take so long …
	rowsTimeout   = 3 * time.Second  // … and its rows so long; a hanging device must not hang the page.
)

// adminData is the administrator's overview.
type adminData struct {
	Open     bool
	Counters []pickRow
	Services []serviceRow
	Pages    []page.Link
	Panels   []panelData
	Done     string
	Wrong    *sorryText
}

type panelData struct {
	ID, Name string
	Rows     []rowData
	Actions  []actionData
}

type rowData struct {
	Label, Value, Href string
	Level              page.Level
	Mark               string // The level in words: colour alone tells nobody.
}

type actionData struct{ ID, Label string }

func (w *Web) admin(rw http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	done := ""
	if p, a, ok := w.panel(r.URL.Query().Get("panel"), r.URL.Query().Get("done")); ok {
		done = p.Name(l) + " – " + a.Words(l) + l.T(": đã xong", ": done")
	}
	w.showAdmin(rw, r, http.StatusOK, done, nil)
}

func (w *Web) showAdmin(rw http.ResponseWriter, r *http.Request, status int, done string, wrong *sorryText) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l := page.Language(r)
	v := w.view(r, both{"Quản trị", "Administration"}, adminData{
		Open: h.info.Open, Counters: pickRows(l, h), Services: w.serviceRows(l, h.services),
		Pages: w.Pages, Panels: w.panels(r.Context(), l), Done: done, Wrong: wrong,
	})
	v.Home = "/admin"
	v.Scripts = []string{w.kit.Asset("refresh.js")}
	w.render(rw, r, status, "admin", v)
}

// panels asks every channel how it is, side by side: the slowest decides, not
// the sum.
func (w *Web) panels(ctx context.Context, l page.Lang) []panelData {
	ctx, cancel := context.WithTimeout(ctx, rowsTimeout)
	defer cancel()
	answers := make([]chan []rowData, len(w.Panels))
	for i, p := range w.Panels {
		answers[i] = make(chan []rowData, 1)
		go func() { answers[i] <- rows(ctx, l, p) }()
	}
	out := make([]panelData, 0, len(w.Panels))
	for i, p := range w.Panels {
		d := panelData{ID: p.ID, Name: p.Name(l)}
		select {
		case d.Rows = <-answers[i]:
		case <-ctx.Done():
			d.Rows = []rowData{{Label: l.T("Trạng thái", "State"), Value: l.T("Không trả lời", "No answer"), Level: page.Fail, Mark: levelWords(page.Fail).in(l)}}
		}
		for _, a := range p.Actions {
			d.Actions = append(d.Actions, actionData{a.ID, a.Words(l)})
		}
		out = append(out, d)
	}
	return out
}

func rows(ctx context.Context, l page.Lang, p page.Panel) []rowData {
	if p.Rows == nil {
		return nil
	}
	var out []rowData
	for _, r := range p.Rows(ctx) {
		label, value := r.Words(l)
		out = append(out, rowData{Label: label, Value: value, Href: r.Href, Level: r.Level, Mark: levelWords(r.Level).in(l)})
	}
	return out
}

func levelWords(v page.Level) both {
	switch v {
	case page.OK:
		return both{"Tốt", "OK"}
	case page.Warn:
		return both{"Cần xem", "Check"}
	case page.Fail:
		return both{"Lỗi", "Failed"}
	default:
		return both{}
	}
}

// panel finds an action by the ids in its address.
func (w *Web) panel(panel, action string) (page.Panel, page.Action, bool) {
	for _, p := range w.Panels {
		if p.ID != panel {
			continue
		}
		for _, a := range p.Actions {
			if a.ID == action {
				return p, a, true
			}
		}
	}
	return page.Panel{}, page.Action{}, false
}

// panelAction does one button of a panel and shows how it went.
func (w *Web) panelAction(rw http.ResponseWriter, r *http.Request) {
	p, a, ok := w.panel(r.PathValue("panel"), r.PathValue("action"))
	if !ok {
		w.notFound(rw, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
	defer cancel()
	if err := a.Do(ctx); err != nil {
		w.log.Warn("panel action failed", "panel", p.ID, "action", a.ID, "err", err)
		l := page.Language(r)
		w.showAdmin(rw, r, http.StatusBadGateway, "", &sorryText{
			Title: p.Name(l) + " – " + a.Words(l) + l.T(": không được", ": failed"),
			Next:  err.Error(),
		})
		return
	}
	http.Redirect(rw, r, "/admin?panel="+p.ID+"&done="+a.ID, http.StatusSeeOther)
}
