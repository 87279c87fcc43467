package page

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What may be guessed: by one address, and by all the world together, at once and
// then again. A day's codes are some thousand among 10^8: who tries from however
// many addresses finds the first after hours, and a million guesses take two days.
const (
	guessEvery = 6 * time.Second
	guessBurst = 20
	guessAll   = 5 // A second.
	guessStore = 200
)

// Guesses slows down who tries codes and links without knowing one. It is one for
// all doors of an installation, so that nobody has an allowance at each. Only what
// was wrong counts: a village behind one address looks up as much as it likes. An
// address that has shown a right code has a share of its own, so that a crowd of
// strangers does not shut out who holds a number.
type Guesses struct {
	now  func() time.Time
	each *Limiter

	mu      sync.Mutex // Two that look at one allowance must not both take it.
	world   *rate.Limiter
	holders *rate.Limiter
	right   map[string]struct{} // Addresses that have shown a right code; at most limitMost.
}

// NewGuesses makes one; nil = time.Now.
func NewGuesses(now func() time.Time) *Guesses {
	if now == nil {
		now = time.Now
	}
	return &Guesses{
		now: now, each: NewLimiter(guessEvery, guessBurst), right: map[string]struct{}{},
		world: rate.NewLimiter(guessAll, guessStore), holders: rate.NewLimiter(guessAll, guessStore),
	}
}

// Try counts one guess of an address, before it is looked at: whoever is refused
// does not learn whether it was right. Call found if it was; then it counts for
// nothing.
func (g *Guesses) Try(address string) (found func(), ok bool) {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	own, all := g.each.limiterOf(address), g.world
	if _, known := g.right[address]; known {
		all = g.holders
	}
	if own.TokensAt(now) < 1 || all.TokensAt(now) < 1 {
		return nil, false
	}
	mine, share := own.ReserveN(now, 1), all.ReserveN(now, 1)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		mine.CancelAt(now)
		share.CancelAt(now)
		g.remember(address)
	}, true
}

// remember notes an address that has shown a right code; any other is forgotten
// for it where there are too many. The caller holds g.mu.
func (g *Guesses) remember(address string) {
	g.right[address] = struct{}{}
	for other := range g.right {
		if len(g.right) <= limitMost {
			return
		}
		if other != address {
			delete(g.right, other)
		}
	}
}

// tooOften is the whole page: it is sent a million times to somebody who guesses,
// and must cost nothing.
const tooOften = `<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Thử quá nhiều lần – Too many attempts</title>
<main><h1>Thử quá nhiều lần</h1>
<p>Xin chờ một phút rồi thử lại. Nếu đang có phiếu, xin quét mã QR trên phiếu: đường dẫn đó luôn mở được. Cần ngay, xin hỏi quầy hướng dẫn.</p>
<div lang="en"><h2>Too many attempts</h2>
<p>Please wait a minute and try again. If you have a ticket, scan the QR code on it: that link always works. If it is urgent, ask at the information desk.</p></div>
<p><a href="/">Về trang đầu – To the start page</a></p></main></html>
`

// TooOften answers whoever was refused by Try.
func TooOften(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", "60")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(tooOften)) // The caller may be gone.
}
