package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// shows reports whether a choice has an id; no choice has all.
func shows(chosen []string, id string) bool { return len(chosen) == 0 || slices.Contains(chosen, id) }

// ticker gives a board's sentences; where there are none in English, the
// Vietnamese ones stand.
func ticker(l page.Lang, b queue.BoardSetup) []string {
	if l == page.English && len(b.TickerEN) > 0 {
		return b.TickerEN
	}
	return b.Ticker
}

// boardVersion changes with the settings of a board.
func boardVersion(b queue.BoardSetup) string {
	body, err := json.Marshal(b)
	if err != nil { // Only own types of text and numbers come here.
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}

// boardKey is what tells boards apart: the settings' name, the counter it hangs
// over, the language.
type boardKey struct {
	name, counter string
	lang          page.Lang
}

// address adds what tells the board apart.
func (k boardKey) address(path string) string {
	q := url.Values{"lang": {string(k.lang)}}
	if k.name != "" {
		q.Set("name", k.name)
	}
	if k.counter != "" {
		q.Set("counter", k.counter)
	}
	return path + "?" + q.Encode()
}

// boardKey reads which board is asked for: /board?name=hall-1, /board?counter=3
// or /board/counter/3. Who asks for no language gets the board's own.
func (w *Web) boardKey(r *http.Request, h hall) (k boardKey, ok bool) {
	q := r.URL.Query()
	k = boardKey{name: q.Get("name"), counter: cmp.Or(r.PathValue("counter"), q.Get("counter")), lang: page.Language(r)}
	b, _ := h.findBoard(k.name)
	if l := page.Lang(b.Language); q.Get("lang") == "" && l == page.English {
		k.lang = l
	}
	return k, h.known(k) == k
}

// known leaves out the name or the counter of a board that is not there: what
// it shows is what the board without them shows.
func (h hall) known(k boardKey) boardKey {
	if _, ok := h.findBoard(k.name); !ok {
		k.name = ""
	}
	if !slices.ContainsFunc(h.counters, func(c queue.CounterView) bool { return c.ID == k.counter }) {
		k.counter = ""
	}
	return k
}

// findBoard finds the settings of a board; that without a name is known and has
// none.
func (h hall) findBoard(name string) (queue.BoardSetup, bool) {
	for _, b := range h.boards {
		if b.ID == name {
			return b, true
		}
	}
	return queue.BoardSetup{}, name == ""
}

// boardSetup is findBoard for a board that may have been removed since: it shows
// everything.
func (h hall) boardSetup(name string) queue.BoardSetup {
	b, _ := h.findBoard(name)
	return b
}

// ruler tells what an office has decided about itself; *queue.Engine does.
type ruler interface {
	Setup(ctx context.Context) (queue.SetupView, error)
}

// decided is what the office has decided, or nothing (and so the defaults)
// where it cannot be read.
func (w *Web) decided(ctx context.Context) queue.Setup {
	setup, _ := setupOf(w.Office)(ctx)
	return setup
}

// setupOf reads what an office has decided; nothing where it cannot be read.
func setupOf(o queue.Office) func(context.Context) (queue.Setup, error) {
	return func(ctx context.Context) (queue.Setup, error) {
		if o, ok := o.(ruler); ok {
			if v, err := o.Setup(ctx); err == nil {
				return v.Setup, nil
			}
		}
		return queue.Setup{}, nil
	}
}
