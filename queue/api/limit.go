package api

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often one address may ask without a token. A day's tickets are a few
// thousand among 10^8 lookup codes: at one guess per second, finding any of
// them takes most of a day.
const (
	lookupEvery = time.Second
	lookupBurst = 60
	missEvery   = time.Second
	missBurst   = 30
)

// How often one device may ask whether a ticket belongs to a telephone number:
// people at a kiosk ask twice, the 10^4 endings of one ticket take hours.
const (
	endingEvery = 2 * time.Second
	endingBurst = 30
)

// maxAddresses bounds how many addresses a limiter remembers; beyond it, the
// one that was silent longest is forgotten.
const maxAddresses = 4096

// limiter allows each address burst requests at once and one more per every.
type limiter struct {
	every time.Duration
	burst int

	mu     sync.Mutex
	byName map[string]*list.Element
	recent *list.List // Of *address, latest first.
}

type address struct {
	name   string
	bucket *rate.Limiter
}

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: burst, byName: map[string]*list.Element{}, recent: list.New()}
}

// allow counts one request of an address and reports whether it may go on.
func (l *limiter) allow(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byName[name]
	if !ok {
		if l.recent.Len() >= maxAddresses {
			oldest := l.recent.Back()
			delete(l.byName, l.recent.Remove(oldest).(*address).name)
		}
		e = l.recent.PushFront(&address{name, rate.NewLimiter(rate.Every(l.every), l.burst)})
		l.byName[name] = e
	}
	l.recent.MoveToFront(e)
	return e.Value.(*address).bucket.Allow()
}
