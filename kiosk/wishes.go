package kiosk

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// wishes are what a citizen may choose besides the procedure. They travel in
// the addresses of the screens, and so end with the visit.
type wishes struct {
	priority bool     // As the citizen says.
	needs    []string // queue.NeedHearing …
	card     string   // Key of a scanned priority card, see cards.
}

// Names of the wishes in addresses and forms.
const (
	wishClass = "class"
	wishNeed  = "need"
	wishCard  = "card"
)

// needs lists what can be chosen, in the order of the screen.
func needs() []string {
	return []string{queue.NeedHearing, queue.NeedSight, queue.NeedMobility, queue.NeedInterpreter}
}

// readWishes takes what a request carries, known words only.
func readWishes(r *http.Request) wishes {
	w := wishes{priority: r.FormValue(wishClass) == string(queue.Priority)}
	for _, n := range needs() {
		if slices.Contains(r.Form[wishNeed], n) {
			w.needs = append(w.needs, n)
		}
	}
	if key := r.FormValue(wishCard); validKey(key) {
		w.card = key
	}
	return w
}

func (w wishes) any() bool { return w.priority || w.card != "" || len(w.needs) > 0 }

// into adds the wishes to an address or a form.
func (w wishes) into(q url.Values) url.Values {
	for _, name := range []string{wishClass, wishNeed, wishCard} {
		q.Del(name)
	}
	if w.priority {
		q.Set(wishClass, string(queue.Priority))
	}
	for _, n := range w.needs {
		q.Add(wishNeed, n)
	}
	if w.card != "" {
		q.Set(wishCard, w.card)
	}
	return q
}

// toggled gives the wishes with one need chosen, or no longer.
func (w wishes) toggled(need string) wishes {
	w.needs = slices.Clone(w.needs)
	if i := slices.Index(w.needs, need); i >= 0 {
		w.needs = slices.Delete(w.needs, i, i+1)
	} else {
		w.needs = append(w.needs, need)
	}
	return w
}

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
	On    bool
	Link  string
}

// field is a hidden field of a form.
type field struct{ Name, Value string }

// options shows the wishes of a page. One touch chooses; who needs nothing
// passes by.
func (k *Kiosk) options(r *http.Request, s *screen) {
	w := readWishes(r)
	link := func(w wishes) string {
		q := w.into(r.URL.Query())
		return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
	}
	first := option{ID: "priority", Words: s.T.Priority, On: w.priority || w.card != ""}
	switch {
	case w.card != "":
		first.Words = s.T.CardRead
		first.Link = link(wishes{needs: w.needs})
	case !w.priority && k.cardOnly(r.Context()):
		first.Link = "/kiosk/priority?" + w.into(url.Values{"lang": {s.Lang}}).Encode()
	default:
		first.Link = link(wishes{priority: !w.priority, needs: w.needs})
	}
	s.Options = append(s.Options, first)
	for _, n := range needs() {
		s.Options = append(s.Options, option{ID: n, Words: s.T.needWords(n), On: slices.Contains(w.needs, n), Link: link(w.toggled(n))})
	}
	chosen := w.into(url.Values{})
	for _, name := range []string{wishClass, wishNeed, wishCard} {
		for _, v := range chosen[name] {
			s.Hidden = append(s.Hidden, field{name, v})
		}
	}
	if w.any() && s.Reset == 0 {
		s.Reset, s.Calm = resetChoose, true // The next citizen begins anew.
	}
}

// cardOnly reports whether the office gives priority by card alone. Where its
// rules cannot be read, it refuses by itself.
func (k *Kiosk) cardOnly(ctx context.Context) bool {
	o, ok := k.cfg.Office.(interface {
		Setup(ctx context.Context) (queue.SetupView, error)
	})
	if !ok {
		return false
	}
	v, err := o.Setup(ctx)
	return err == nil && v.Setup.Rules.CardOnly
}

// priority explains that priority needs a card here, and waits for one.
func (k *Kiosk) priority(w http.ResponseWriter, r *http.Request) {
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	s.Title, s.Notice, s.Next = s.T.Priority, s.T.CardAsk, s.T.CardNone
	s.Reset, s.Calm = resetChoose, true
	s.Back = "/kiosk?" + readWishes(r).into(url.Values{"lang": {s.Lang}}).Encode()
	k.show(w, http.StatusOK, "problem.html", s)
}

// A card's text begins with cardMark; a scanner types it as a keyboard does.
const (
	cardMark = "XM1-"
	maxCard  = 128 // Bytes.
)

// scanned takes the text of a scanned card and goes back to the screen it was
// scanned at. Whether it is good is decided when the number is taken.
func (k *Kiosk) scanned(w http.ResponseWriter, r *http.Request) {
	text := strings.ToUpper(strings.TrimSpace(r.PostFormValue("text")))
	if len(text) > maxCard || !strings.HasPrefix(text, cardMark) {
		k.fail(w, r, queue.Errorf(queue.CodeCardInvalid, "scanned %d bytes that are no card", len(text)))
		return
	}
	to, err := url.Parse(r.PostFormValue("to"))
	if err != nil || (to.Path != "/kiosk" && to.Path != "/kiosk/field") {
		to = &url.URL{Path: "/kiosk"}
	}
	q := to.Query()
	q.Set("lang", language(r))
	q.Del(wishClass)
	q.Set(wishCard, k.cards.keep(text, time.Now()))
	http.Redirect(w, r, (&url.URL{Path: to.Path, RawQuery: q.Encode()}).String(), http.StatusSeeOther)
}

// cards keeps scanned cards for as long as a visit may last, so that their text
// stands in no address.
type cards struct {
	mu    sync.Mutex
	byKey map[string]scan
}

type scan struct {
	text string
	at   time.Time
}

// A scanned card is good for cardAge; maxCards bounds memory against a scanner
// gone wild.
const (
	cardAge  = 5 * time.Minute
	maxCards = 256
)

// keep gives a key for a card.
func (c *cards) keep(text string, now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, s := range c.byKey {
		if now.Sub(s.at) > cardAge || len(c.byKey) >= maxCards {
			delete(c.byKey, key)
		}
	}
	key := rand.Text()
	c.byKey[key] = scan{text, now}
	return key
}

// text gives the card of a key; one that was not kept gives an error that
// says so to the citizen.
func (c *cards) text(key string, now time.Time) (string, error) {
	if key == "" {
		return "", nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.byKey[key]
	if !ok || now.Sub(s.at) > cardAge {
		return "", queue.Errorf(queue.CodeCardInvalid, "the card was scanned more than %s ago", cardAge)
	}
	return s.text, nil
}
