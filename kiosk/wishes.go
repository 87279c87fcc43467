package kiosk

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// visitor is who stands at the screen: language, wishes, and how the screen is
// to be. It travels in the addresses of the screens, and so ends with the visit.
type visitor struct {
	lang string
	wishes
}

// wishes are what a citizen may choose besides the procedure.
type wishes struct {
	priority bool     // As the citizen says.
	needs    []string // queue.NeedHearing …
	card     string   // Key of a scanned priority card, see cards.
	citizen  string   // Key of a scanned citizen card.
	modes    []string // How the screen is to be: modeLarge …
}

// Names of the wishes in addresses and forms.
const (
	wishClass   = "class"
	wishNeed    = "need"
	wishCard    = "card"
	wishCitizen = "citizen"
	wishMode    = "mode"
)

// How a screen may be.
const (
	modeLarge    = "large"    // Large text, fewer things.
	modeContrast = "contrast" // White on black.
	modeLow      = "low"      // Everything to touch in the lower half, for wheelchairs.
	modeVoice    = "voice"    // Reads aloud; a first touch says, a second one does.
)

func modes() []string { return []string{modeLarge, modeContrast, modeLow, modeVoice} }

// needs lists what can be chosen, in the order of the screen.
func needs() []string {
	return []string{queue.NeedHearing, queue.NeedSight, queue.NeedMobility, queue.NeedInterpreter}
}

// visitor reads who asks for a page.
func (k *Kiosk) visitor(r *http.Request) visitor {
	return visitor{k.tongues.language(r), readWishes(r)}
}

// path is the address of a screen for this visitor.
func (v visitor) path(path string, q url.Values) string {
	all := url.Values{}
	for name, values := range q {
		all[name] = values
	}
	all.Set("lang", v.lang)
	return (&url.URL{Path: path, RawQuery: v.into(all).Encode()}).String()
}

// home is where the visit ends: the first screen with nothing chosen but the
// language.
func (v visitor) home() string { return homePath(v.lang) }

// settled is the visitor with a number: only how the screen is still counts.
func (v visitor) settled() visitor { return visitor{v.lang, wishes{modes: v.modes}} }

// readWishes takes what a request carries, known words only.
func readWishes(r *http.Request) wishes {
	w := wishes{priority: r.FormValue(wishClass) == string(queue.Priority)}
	for _, n := range needs() {
		if slices.Contains(r.Form[wishNeed], n) {
			w.needs = append(w.needs, n)
		}
	}
	for _, m := range modes() {
		if slices.Contains(r.Form[wishMode], m) {
			w.modes = append(w.modes, m)
		}
	}
	if key := r.FormValue(wishCard); validKey(key) {
		w.card = key
	}
	if key := r.FormValue(wishCitizen); validKey(key) {
		w.citizen = key
	}
	return w
}

func (w wishes) any() bool {
	return w.priority || w.card != "" || w.citizen != "" || len(w.needs) > 0 || len(w.modes) > 0
}

// into adds the wishes to an address or a form.
func (w wishes) into(q url.Values) url.Values {
	for _, name := range wishNames() {
		q.Del(name)
	}
	if w.priority {
		q.Set(wishClass, string(queue.Priority))
	}
	for _, n := range w.needs {
		q.Add(wishNeed, n)
	}
	for _, m := range w.modes {
		q.Add(wishMode, m)
	}
	if w.card != "" {
		q.Set(wishCard, w.card)
	}
	if w.citizen != "" {
		q.Set(wishCitizen, w.citizen)
	}
	return q
}

func wishNames() []string { return []string{wishClass, wishNeed, wishCard, wishCitizen, wishMode} }

// hidden gives the wishes as fields of a form.
func (w wishes) hidden() (all []field) {
	chosen := w.into(url.Values{})
	for _, name := range wishNames() {
		for _, v := range chosen[name] {
			all = append(all, field{name, v})
		}
	}
	return all
}

// toggled gives the wishes with one need chosen, or no longer.
func (w wishes) toggled(need string) wishes {
	w.needs = toggle(w.needs, need)
	return w
}

// toggledMode gives the wishes with one mode chosen, or no longer.
func (w wishes) toggledMode(mode string) wishes {
	w.modes = toggle(w.modes, mode)
	return w
}

func toggle(list []string, what string) []string {
	list = slices.Clone(list)
	if i := slices.Index(list, what); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return append(list, what)
}

// in reports whether the screen is to be so.
func (w wishes) in(mode string) bool { return slices.Contains(w.modes, mode) }

// class is what the office is asked for; a card says more than words.
func (w wishes) class() queue.Class {
	if w.priority && w.card == "" {
		return queue.Priority
	}
	return ""
}

// option is one wish on the screen: a link that chooses it, or gives it up.
type option struct {
	ID    string
	Words string
	Icon  string
	Key   string // The key of a keyboard that does the same.
	On    bool
	Link  string
	Say   string // Address of its words as sound; empty = silent.
}

// field is a hidden field of a form.
type field struct{ Name, Value string }

// options shows the wishes of a page. One touch chooses; who needs nothing
// passes by.
func (k *Kiosk) options(r *http.Request, s *screen) {
	w := s.visitor.wishes
	link := func(w wishes) string {
		q := w.into(r.URL.Query())
		return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
	}
	first := option{ID: "priority", Words: s.T.Priority, On: w.priority || w.card != "", Key: "."}
	without, with := w, w
	without.priority, without.card, with.priority = false, "", true
	switch {
	case w.card != "":
		first.Words, first.Link = s.T.CardRead, link(without)
	case !w.priority && k.cardOnly(r.Context()):
		first.Link = s.visitor.path("/kiosk/priority", nil)
	case w.priority:
		first.Link = link(without)
	default:
		first.Link = link(with)
	}
	s.Options = append(s.Options, first)
	if w.citizen != "" {
		s.Options = append(s.Options, k.citizenOption(s.T, w, link))
	}
	for _, n := range needs() {
		s.Options = append(s.Options, option{ID: n, Words: s.T.needWords(n), On: slices.Contains(w.needs, n), Link: link(w.toggled(n))})
	}
	s.Hidden = w.hidden()
	if w.any() && s.Reset == 0 {
		s.Reset, s.Calm = resetChoose, true // The next citizen begins anew.
	}
}

// citizenOption says that a citizen card was read, and forgets it on a touch.
func (k *Kiosk) citizenOption(t words, w wishes, link func(wishes) string) option {
	o := option{ID: "citizen", Words: t.CitizenRead, On: true}
	if c, ok := k.cards.citizen(w.citizen); ok && c.aged {
		o.Words = t.CitizenAged
	}
	w.citizen = ""
	o.Link = link(w)
	return o
}

// cardOnly reports whether the office gives priority by card alone. Where its
// rules cannot be read, it refuses by itself.
func (k *Kiosk) cardOnly(ctx context.Context) bool {
	set, ok := k.setup(ctx)
	return ok && set.Rules.CardOnly
}

// setup reads what the office decides about itself, where that may be known.
func (k *Kiosk) setup(ctx context.Context) (queue.Setup, bool) {
	if k.cfg.Setup != nil {
		set, err := k.cfg.Setup(ctx)
		return set, err == nil
	}
	o, ok := k.cfg.Office.(interface {
		Setup(ctx context.Context) (queue.SetupView, error)
	})
	if !ok {
		return queue.Setup{}, false
	}
	v, err := o.Setup(ctx)
	return v.Setup, err == nil
}

// priority explains that priority needs a card here, and waits for one.
func (k *Kiosk) priority(w http.ResponseWriter, r *http.Request) {
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	s.Title, s.Notice, s.Next = s.T.Priority, s.T.CardAsk, s.T.CardNone
	s.Reset, s.Calm = resetChoose, true
	s.Back = s.visitor.path("/kiosk", nil)
	k.show(w, r, http.StatusOK, "problem.html", s)
}
