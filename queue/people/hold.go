package people

import (
	"container/list"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Who guesses passwords is held off, longer with every guess; who does not must
// not be held off with them. So what counts is the guesser: the account together
// with the address, the address alone, and for browsers that an account has
// signed in at before, that browser alone. All strangers to an account together
// may guess as fast as strangerEvery; that holds off nobody at a browser that
// the account knows.
const (
	pairFree     = 5  // Mistakes without a pause: an account from an address.
	addressFree  = 20 // Any accounts from one address, behind which an office may be.
	browserFree  = 10 // A browser that the account knows.
	codeFree     = 5  // One-use codes.
	firstPause   = 2 * time.Second
	pauseMost    = 15 * time.Minute
	forgiveAfter = time.Hour // Without a guess.

	strangerEvery = 5 * time.Second
	strangerBurst = 30

	holdsMost = 20_000 // Guessers remembered.
)

// HeldError says that somebody must wait before the next try.
type HeldError struct{ Wait time.Duration }

// Error implements error.
func (e *HeldError) Error() string {
	return fmt.Sprintf("đã thử sai nhiều lần: chờ %s rồi thử lại (too many mistakes: wait %s and try again)", e.words("giây", "phút"), e.words("s", "min"))
}

func (e *HeldError) words(second, minute string) string {
	if e.Wait < time.Minute {
		return fmt.Sprintf("%d %s", int(e.Wait.Seconds())+1, second)
	}
	return fmt.Sprintf("%d %s", int(e.Wait.Minutes())+1, minute)
}

// holds remembers who has guessed how often.
type holds struct {
	mu     sync.Mutex
	byName map[string]*list.Element
	recent *list.List // Of *hold, the latest in front.
}

type hold struct {
	name  string
	count int       // Tries that did not succeed, or are under way.
	until time.Time // No try before.
	last  time.Time
	all   *rate.Limiter // Of strangers to an account.
}

func newHolds() *holds { return &holds{byName: map[string]*list.Element{}, recent: list.New()} }

// guesser is one way in which a try is counted.
type guesser struct {
	name string
	free int // Tries without a pause; 0 = a rate instead.
}

// guessers lists the ways in which a try for an account counts. browser names
// the browser if the account knows it.
func guessers(account, address, browser string) []guesser {
	if browser != "" {
		return []guesser{{"browser " + account + " " + browser, browserFree}}
	}
	return []guesser{{"pair " + account + " " + address, pairFree}, {"address " + address, addressFree}, {"strangers " + account, 0}}
}

// codeGuessers are those of one-use codes, which come after the right password.
func codeGuessers(account, address, browser string) []guesser {
	if browser != "" {
		address = browser
	}
	return []guesser{{"code " + account + " " + address, codeFree}, {"codes " + account, 0}}
}

// try counts a try in all its ways, or says how long to wait. It counts before
// anybody knows how it ends: of a hundred tries at once, few get through.
func (h *holds) try(now time.Time, by []guesser) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	wait := time.Duration(0)
	for _, g := range by {
		if h.byName[g.name] != nil { // Who is refused makes nobody be forgotten.
			wait = max(wait, h.get(now, g.name).waits(now, g.free))
		}
	}
	if wait > 0 {
		return &HeldError{wait}
	}
	for _, g := range by {
		h.get(now, g.name).note(now, g.free)
	}
	return nil
}

// passed forgives an account's mistakes: of its own pair or browser, never those
// of an address, behind which others guess.
func (h *holds) passed(by []guesser) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.byName[by[0].name]; ok {
		h.recent.Remove(e)
		delete(h.byName, by[0].name)
	}
	h.giveBack(by[1:]) // It was no mistake.
}

// pardon forgets all mistakes with an account, whoever made them, but not those of
// an address with other accounts.
func (h *holds) pardon(account string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, e := range h.byName {
		kind, rest, _ := strings.Cut(name, " ")
		if who, _, _ := strings.Cut(rest, " "); kind != "address" && who == account {
			h.recent.Remove(e)
			delete(h.byName, name)
		}
	}
}

// taken gives back a try that nobody could look at: the server was busy. It ends
// no pause.
func (h *holds) taken(by []guesser) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.giveBack(by)
}

// giveBack counts a try no longer. The caller holds h.mu.
func (h *holds) giveBack(by []guesser) {
	for _, g := range by {
		if e, ok := h.byName[g.name]; ok && g.free > 0 {
			one := e.Value.(*hold)
			one.count = max(0, one.count-1)
		}
	}
}

func (h *holds) get(now time.Time, name string) *hold {
	if e, ok := h.byName[name]; ok {
		h.recent.MoveToFront(e)
		one := e.Value.(*hold)
		if now.Sub(one.last) > forgiveAfter {
			one.count, one.until = 0, time.Time{}
		}
		return one
	}
	if h.recent.Len() >= holdsMost {
		delete(h.byName, h.recent.Remove(h.recent.Back()).(*hold).name)
	}
	one := &hold{name: name, last: now}
	h.byName[name] = h.recent.PushFront(one)
	return one
}

// waits is how long the next try must wait.
func (one *hold) waits(now time.Time, free int) time.Duration {
	if free > 0 {
		return max(0, one.until.Sub(now))
	}
	if one.all == nil || one.all.TokensAt(now) >= 1 {
		return 0
	}
	return time.Duration((1 - one.all.TokensAt(now)) * float64(strangerEvery))
}

// note counts a try.
func (one *hold) note(now time.Time, free int) {
	one.last = now
	if free == 0 {
		if one.all == nil {
			one.all = rate.NewLimiter(rate.Every(strangerEvery), strangerBurst)
		}
		one.all.AllowN(now, 1)
		return
	}
	one.count++
	if over := one.count - free; over >= 0 {
		pause := pauseMost
		if over < 10 { // 2 s · 2^9 is more than the most.
			pause = min(pauseMost, firstPause<<over)
		}
		one.until = now.Add(pause)
	}
}
