package web

import (
	"html/template"
	"net/http"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// consoleData is the page of one counter. Boot is read by the console's script.
type consoleData struct {
	Counter  string
	Name     string
	Services []serviceRow // Its own, and those it helps.
	Boot     consoleBoot
}

// consoleBoot is everything the script needs: where to send, what to say, and
// the state at this moment.
type consoleBoot struct {
	Counter  string               `json:"counter"`
	API      string               `json:"api"`
	Lang     page.Lang            `json:"lang"`
	Zone     string               `json:"zone"` // Of the office's clock, an IANA name: the desk's own may be set to another.
	Now      staffSnapshot        `json:"now"`
	Mine     []string             `json:"mine"` // Services called here.
	Services []choice             `json:"services"`
	Counters []choice             `json:"counters"`
	Errors   map[string][2]string `json:"errors"`
	Texts    map[string]string    `json:"texts"`
	Undo     int                  `json:"undo_s"`    // How long the latest action may be taken back.
	Restore  int                  `json:"restore_s"` // How long a missed ticket may be restored.
	Reasons  map[string][]string  `json:"reasons"`   // Of pause, call, park, issuing.
	Why      bool                 `json:"why"`       // Whether it can be asked why others went first.
	Noting   bool                 `json:"noting"`    // Whether something can be written down.
	Tasks    []task               `json:"tasks"`     // What a number can be taken for.

	States       map[queue.State]string        `json:"states"`
	Classes      map[queue.Class]string        `json:"classes"`
	Entitlements map[queue.Entitlement]string  `json:"entitlements"`
	Needs        map[string]string             `json:"needs"`
	Doors        map[queue.Channel]string      `json:"channels"`
	Modes        map[queue.CounterState]string `json:"modes"`
	Deeds        map[queue.Kind]string         `json:"deeds"`
}

// task is a procedure, for taking a number for somebody at the counter.
type task struct {
	ID      string `json:"id"`
	Service string `json:"service"`
	Field   string `json:"field"`
	Name    string `json:"name"`
}

// choice is something to send a ticket on to.
type choice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (w *Web) console(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	c, ok := counterOf(h, r.PathValue("counter"))
	if !ok {
		w.fail(rw, r, queue.Errorf(queue.CodeUnknownCounter, "no counter %q", r.PathValue("counter")))
		return
	}
	l := page.Language(r)
	name := counterName(c.Counter)
	d := consoleData{Counter: c.ID, Name: name.in(l), Boot: consoleBootOf(l, h, c)}
	for _, s := range w.serviceRows(l, h.services) {
		if slices.Contains(d.Boot.Mine, s.ID) {
			d.Services = append(d.Services, s)
		}
	}
	rules := w.decided(r.Context()).Rules
	d.Boot.Undo, d.Boot.Restore = int(undoTime(rules).Seconds()), int(restoreTime(rules).Seconds())
	d.Boot.Why, d.Boot.Noting = w.explainer() != nil, w.Notes != nil
	d.Boot.Now = w.staffNow(r.Context(), h)
	v := w.view(r, name, d)
	v.Body, v.Home = "console", "/counter"
	v.Nav = []page.Link{{Href: "/counter", Label: l.T("Đổi quầy", "Change counter")}}
	v.Scripts = []string{w.assets.Path("console.js")}
	w.render(rw, r, http.StatusOK, "console", v)
}

// consoleBootOf gathers what the script of one counter's console needs.
func consoleBootOf(l page.Lang, h hall, c queue.CounterView) consoleBoot {
	b := consoleBoot{
		Counter: c.ID, API: "/api/v1/offices/" + template.URLQueryEscaper(h.info.ID), Lang: l, Zone: h.info.TimeZone,
		Mine: append(slices.Clone(c.Services), c.Helps...), Errors: errorTexts(l), Texts: consoleTexts(l),
		Reasons: map[string][]string{"pause": pauseReasons(l), "call": callReasons(l), "park": parkReasons(l), "issuing": issuingReasons(l)},
		States:  worded(l, stateWords, queue.States()...),
		Classes: worded(l, classWords, queue.Appointment, queue.Priority),
		Doors:   worded(l, channelWords, queue.Channels()...),
		Modes:   worded(l, counterWords, queue.Opened, queue.Paused, queue.Closed),
		Needs:   worded(l, needWords, needs()...),
		Entitlements: worded(l, entitlementWords,
			queue.Declared, queue.ByCard, queue.ByAge, queue.Confirmed, queue.Refused),
		Deeds: worded(l, func(k queue.Kind) both { return deedWords()[k] }, deeds()...),
	}
	for _, s := range h.services {
		b.Services = append(b.Services, choice{s.ID, s.ID + " – " + l.T(s.Name, s.NameEN)})
	}
	for _, p := range h.procedures {
		b.Tasks = append(b.Tasks, task{p.ID, p.Service, l.T(p.Field, p.FieldEN), l.T(p.Name, p.NameEN)})
	}
	for _, o := range h.counters {
		b.Counters = append(b.Counters, choice{o.ID, counterName(o.Counter).in(l)})
	}
	return b
}

// worded gives the words of some values in one language.
func worded[T comparable](l page.Lang, words func(T) both, values ...T) map[T]string {
	m := map[T]string{}
	for _, v := range values {
		m[v] = words(v).in(l)
	}
	return m
}

func counterOf(h hall, id string) (queue.CounterView, bool) {
	for _, c := range h.counters {
		if c.ID == id {
			return c, true
		}
	}
	return queue.CounterView{}, false
}
