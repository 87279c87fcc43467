package kiosk

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/card"
	"github.com/xinmoi/xinmoi/queue"
)

// A priority card's text begins with cardMark; a scanner types it as a keyboard
// does.
const (
	cardMark = "XM1-"
	maxCard  = 128 // Bytes.
)

// scanned takes what a scanner typed and goes back to the screen it was scanned
// at: a priority card, a citizen card, or the code of a ticket. Whether a
// priority card is good is decided when the number is taken. Nothing of a scan
// is written anywhere.
func (k *Kiosk) scanned(w http.ResponseWriter, r *http.Request) {
	text := strings.TrimSpace(r.PostFormValue("text"))
	now := time.Now()
	if upper := strings.ToUpper(text); strings.HasPrefix(upper, cardMark) && len(text) <= maxCard {
		k.backFromScan(w, r, wishCard, k.cards.keep(scan{text: upper, at: now}))
		return
	}
	if kind, code, ok := k.readCode(text); ok {
		k.lookUp(w, r, kind, code)
		return
	}
	c, err := card.Parse(text, now)
	if err != nil {
		k.unread(w, r)
		return
	}
	k.backFromScan(w, r, wishCitizen, k.cards.keep(scan{
		person: c.Person(k.cards.secret[:], now.Format(time.DateOnly)), aged: c.Age(now) >= k.settings(r.Context()).age(), at: now,
	}))
}

// backFromScan goes back to where a card was scanned, with the key of what is
// kept of it.
func (k *Kiosk) backFromScan(w http.ResponseWriter, r *http.Request, wish, key string) {
	to, err := url.Parse(r.PostFormValue("to"))
	if err != nil || !scanScreen(to.Path) || to.IsAbs() || to.Host != "" {
		to = &url.URL{Path: "/kiosk"}
	}
	q := to.Query()
	q.Set("lang", k.tongues.language(r))
	if wish == wishCard {
		q.Del(wishClass)
	}
	q.Set(wish, key)
	http.Redirect(w, r, (&url.URL{Path: to.Path, RawQuery: q.Encode()}).String(), http.StatusSeeOther)
}

// scanScreen reports whether a card may be scanned at a screen.
func scanScreen(path string) bool {
	switch path {
	case "/kiosk", "/kiosk/field", "/kiosk/procedure", "/kiosk/search":
		return true
	}
	return false
}

// unread says gently that a scan was none, and what to do. The log knows
// nothing of it.
func (k *Kiosk) unread(w http.ResponseWriter, r *http.Request) {
	s := k.newScreen(r)
	s.Title, s.Notice, s.Next = s.T.ScanBad, s.T.ScanBad, s.T.ScanNext
	s.Refresh, s.RefreshTo = resetProblem, s.Home
	k.show(w, r, http.StatusConflict, "problem.html", s)
}

// cards keeps what was scanned for as long as a visit may last, so that it
// stands in no address. Of a citizen card only what is needed is kept: a name
// that tells nobody who it is, and whether the holder is old.
type cards struct {
	secret [32]byte // Of this run of the program: what the names are made with.

	mu    sync.Mutex
	byKey map[string]scan
}

type scan struct {
	text   string // Of a priority card.
	person string // Of a citizen card.
	aged   bool
	at     time.Time
}

// A scanned card is good for cardAge; maxCards bounds memory against a scanner
// gone wild.
const (
	cardAge  = 5 * time.Minute
	maxCards = 256
)

// keep gives a key for a scan.
func (c *cards) keep(s scan) string {
	c.forget(s.at)
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.byKey {
		if len(c.byKey) >= maxCards {
			delete(c.byKey, key)
		}
	}
	key := rand.Text()
	c.byKey[key] = s
	return key
}

// forget drops what is too old.
func (c *cards) forget(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, s := range c.byKey {
		if now.Sub(s.at) > cardAge {
			delete(c.byKey, key)
		}
	}
}

// drop forgets a scan that has done its work.
func (c *cards) drop(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		delete(c.byKey, key)
	}
}

// text gives the priority card of a key; one that was not kept gives an error
// that says so to the citizen.
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

// citizen gives what is known of a scanned citizen card; one that is forgotten
// counts for nothing.
func (c *cards) citizen(key string) (scan, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.byKey[key]
	return s, ok && s.person != ""
}
