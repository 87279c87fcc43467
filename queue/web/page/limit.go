package page

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limitMost bounds how many names a Limiter remembers.
const limitMost = 10_000

// Limiter allows each name, an address say, a burst of deeds at once and one
// more per time. Where it knows too many names, it forgets the one that has
// been silent longest: its allowance is the nearest to whole, so a crowd of new
// names sets nobody back to the beginning who is still asking.
type Limiter struct {
	every time.Duration
	burst int

	mu     sync.Mutex
	byName map[string]*list.Element
	recent *list.List // Of *allowance, the one that asked last in front.
}

type allowance struct {
	name string
	rest *rate.Limiter
}

// NewLimiter makes a limiter that gives one more deed per every.
func NewLimiter(every time.Duration, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, byName: map[string]*list.Element{}, recent: list.New()}
}

// Allow counts one deed and reports whether it may be done.
func (l *Limiter) Allow(name string) bool { return l.AllowAt(name, time.Now()) }

// AllowAt is Allow by another clock, which is to be the same at every call.
func (l *Limiter) AllowAt(name string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(name).AllowN(now, 1)
}

// limiterOf is of for who holds nothing.
func (l *Limiter) limiterOf(name string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(name)
}

// of gives the allowance of a name. The caller holds l.mu.
func (l *Limiter) of(name string) *rate.Limiter {
	if e, ok := l.byName[name]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*allowance).rest
	}
	if l.recent.Len() >= limitMost {
		delete(l.byName, l.recent.Remove(l.recent.Back()).(*allowance).name)
	}
	a := &allowance{name, rate.NewLimiter(rate.Every(l.every), l.burst)}
	l.byName[name] = l.recent.PushFront(a)
	return a.rest
}
