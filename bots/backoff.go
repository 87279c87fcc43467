package bots

import (
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// backoff gives the pause before the n-th repetition (1, 2 …): full jitter
// over a doubling range, so that many who failed together do not come back
// together.
func backoff(n int, base, most time.Duration) time.Duration {
	span := base
	for range min(n-1, 20) {
		span = min(2*span, most)
	}
	return rand.N(min(span, most)) + time.Millisecond
}

// floodgate bounds what one chat may ask of the office.
type floodgate struct {
	mu    sync.Mutex
	chats map[string]*rate.Limiter
}

const (
	floodPerSecond = 0.5
	floodBurst     = 20
	floodChats     = 10_000 // More chats than that at once start afresh.
)

func newFloodgate() *floodgate { return &floodgate{chats: map[string]*rate.Limiter{}} }

// open reports whether a chat may ask once more at a time, in a channel of the
// given pace.
func (f *floodgate) open(chat string, pace Caps, at time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.chats[chat]
	if l == nil {
		if len(f.chats) >= floodChats {
			clear(f.chats)
		}
		every, burst := rate.Limit(floodPerSecond), floodBurst
		if pace.AskEvery > 0 && pace.AskBurst > 0 {
			every, burst = rate.Every(pace.AskEvery), pace.AskBurst
		}
		l = rate.NewLimiter(every, burst)
		f.chats[chat] = l
	}
	return l.AllowN(at, 1)
}
