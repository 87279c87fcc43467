package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/setup"
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
	Fresh    bool // Nobody has set the office up yet.
	Trial    bool
	Done     string
	Wrong    *sorryText
}

type panelData struct {
	ID, Name string
	Open     bool // Unfolded: something is to be seen to, or was just done.
	Level    page.Level
	Mark     string // The worst of its rows, in words.
	Rows     []rowData
	Actions  []actionData
}

type rowData struct {
	Label, Value, Href string
	Level              page.Level
	Mark               string // The level in words: colour alone tells nobody.
}

type actionData struct {
	ID, Label     string
	Asks, Example string
	Typed         string // What was typed and did not do.
}

// tried is what came of an Action.Try: it is shown by the page to which its
// button leads, so that loading that again tries nothing twice.
type tried struct {
	mu   sync.Mutex
	said map[string]both
}

func (t *tried) set(key string, said both) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == nil {
		t.said = map[string]both{}
	}
	t.said[key] = said
}

func (t *tried) of(key string) (said both, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	said, ok = t.said[key]
	return said, ok
}

func (w *Web) admin(rw http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	done := ""
	if p, a, ok := w.panel(r.URL.Query().Get("panel"), r.URL.Query().Get("done")); ok {
		said := both{"đã xong", "done"}
		if what, ok := w.tried.of(p.ID + "/" + a.ID); ok && a.Try != nil {
			said = what
		}
		done = p.Name(l) + " – " + a.Words(l) + ": " + said.in(l)
	}
	w.showAdmin(rw, r, http.StatusOK, done, nil, nil)
}

// showAdmin shows the overview; typed is what was typed into an action's field,
// by panel and action.
func (w *Web) showAdmin(rw http.ResponseWriter, r *http.Request, status int, done string, wrong *sorryText, typed map[string]string) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l := page.Language(r)
	acted := cmp.Or(r.PathValue("panel"), r.URL.Query().Get("panel"))
	v := w.view(r, both{"Quản trị", "Administration"}, adminData{
		Open: h.info.Open, Counters: pickRows(l, h), Services: w.serviceRows(l, h.services),
		Pages: page.In(l, w.Pages), Panels: w.panels(r.Context(), l, acted, typed), Done: done, Wrong: wrong,
		Fresh: w.fresh(r.Context()), Trial: h.info.Trial,
	})
	v.Home = "/admin"
	v.Scripts = []string{w.kit.Asset("refresh.js")}
	w.render(rw, r, status, "admin", v)
}

// fresh reports whether the office is still as it was delivered.
func (w *Web) fresh(ctx context.Context) bool {
	s, ok := w.Office.(page.Setup)
	if !ok {
		return false
	}
	now, err := s.Setup(ctx)
	return err == nil && setup.Fresh(now.Setup)
}

// panels asks every channel how it is, side by side: the slowest decides, not
// the sum. The panel that was just acted on is unfolded.
func (w *Web) panels(ctx context.Context, l page.Lang, acted string, typed map[string]string) []panelData {
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
		d.Level = worst(d.Rows)
		d.Mark, d.Open = levelWords(d.Level).in(l), p.ID == acted || d.Level == page.Warn || d.Level == page.Fail
		for _, a := range p.Actions {
			d.Actions = append(d.Actions, actionData{a.ID, a.Words(l), l.T(a.Asks, a.AsksEN), a.Example, typed[p.ID+"/"+a.ID]})
		}
		out = append(out, d)
	}
	return out
}

// worst is what somebody should know first of a panel.
func worst(rows []rowData) page.Level {
	level := page.Note
	for _, grave := range []page.Level{page.OK, page.Warn, page.Fail} {
		if slices.ContainsFunc(rows, func(r rowData) bool { return r.Level == grave }) {
			level = grave
		}
	}
	return level
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

// panelForm bounds what is posted to a panel, in bytes.
const panelForm = 4 << 10

// panelAction does one button of a panel and shows how it went.
func (w *Web) panelAction(rw http.ResponseWriter, r *http.Request) {
	p, a, ok := w.panel(r.PathValue("panel"), r.PathValue("action"))
	if !ok {
		w.notFound(rw, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
	defer cancel()
	err := page.ReadForm(rw, r, panelForm)
	typed := strings.TrimSpace(r.PostForm.Get("typed"))
	if err == nil {
		err = w.act(ctx, p.ID+"/"+a.ID, a, typed)
	}
	if err == nil {
		http.Redirect(rw, r, "/admin?panel="+p.ID+"&done="+a.ID, http.StatusSeeOther)
		return
	}
	w.log.Warn("panel action failed", "panel", p.ID, "action", a.ID, "err", err)
	l := page.Language(r)
	w.showAdmin(rw, r, http.StatusBadGateway, "", &sorryText{
		Title: p.Name(l) + " – " + a.Words(l) + l.T(": không được", ": failed"),
		Next:  l.T(page.Halves(err.Error())),
	}, map[string]string{p.ID + "/" + a.ID: typed})
}

// act does what a button is for.
func (w *Web) act(ctx context.Context, key string, a page.Action, typed string) error {
	switch {
	case a.Try == nil:
		return a.Do(ctx)
	case a.Asks != "" && typed == "":
		return fmt.Errorf("xin điền %s rồi bấm lại (please fill in the %s and press again)", a.Asks, a.AsksEN)
	case utf8.RuneCountInString(typed) > page.MaxTyped:
		return fmt.Errorf("viết ngắn lại: nhiều nhất %d ký tự (make it shorter: at most %[1]d characters)", page.MaxTyped)
	}
	vi, en, err := a.Try(ctx, typed)
	if err == nil {
		w.tried.set(key, both{vi, en})
	}
	return err
}
