package sip

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// How many dialogs may wait for their ACK at a time: an eighth of the calls,
// at least minUnproven; from one address a quarter of that.
const (
	minUnproven       = 32
	unprovenPart      = 8
	unprovenPerSource = 4
)

// admission decides who may have a call. Anybody can send an INVITE under a
// forged address; only who repeats our tag has received our 200 and is where
// it says. Until then a call is unproven: it has no sound, its place is one of
// a few, and it gives way to a newcomer once its 200 had to be repeated, so
// that a flood of forged INVITEs does not shut out callers.
type admission struct {
	maxCalls, maxPerSource       int
	maxUnproven, maxUnprovenEach int
	patience                     time.Duration // An unproven call keeps its place at least so long.

	mu       sync.Mutex
	calls    int
	bySource map[netip.Addr]int
	unproven []*place // In the order of their answers.
}

// place is what one call has of an admission.
type place struct {
	source netip.Addr    // Not valid where no limit per address holds.
	yield  chan struct{} // Closed when the place was given to somebody else.
	gone   func()        // Called then, in a goroutine of its own; nil = nobody.
	since  time.Time     // When the 200 went out; zero before and once proven.
	taken  bool
}

func newAdmission(cfg Config) *admission {
	unproven := max(minUnproven, cfg.MaxCalls/unprovenPart)
	return &admission{
		maxCalls: cfg.MaxCalls, maxPerSource: cfg.MaxPerSource,
		maxUnproven: unproven, maxUnprovenEach: unproven / unprovenPerSource,
		patience: cfg.t1, bySource: map[netip.Addr]int{},
	}
}

// sourceOf is what limits per address count by: an IPv4 address or an IPv6
// network of 64 bits, which is what one subscriber has. It is not valid for
// loopback, which is not limited.
func sourceOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	switch {
	case !addr.IsValid() || addr.IsLoopback():
		return netip.Addr{}
	case addr.Is6():
		return netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	return addr
}

// enter takes a place for a call; nil when there is none.
func (a *admission) enter(source netip.Addr, now time.Time) *place {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &place{source: source, yield: make(chan struct{})}
	if a.calls >= a.maxCalls && !a.displace(netip.Addr{}, now) {
		return nil
	}
	if source.IsValid() && a.bySource[source] >= a.maxPerSource && !a.displace(source, now) {
		return nil
	}
	a.take(p)
	return p
}

// answer makes a call one of the unproven; it reports false when there are too
// many of them.
func (a *admission) answer(p *place, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.source.IsValid() && a.unprovenOf(p.source) >= a.maxUnprovenEach && !a.displace(p.source, now) {
		return false
	}
	if len(a.unproven) >= a.maxUnproven && !a.displace(netip.Addr{}, now) {
		return false
	}
	p.since = now
	a.unproven = append(a.unproven, p)
	return true
}

// watch has gone called when a place is given to somebody else, or was already.
func (a *admission) watch(p *place, gone func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.gone = gone; closed(p.yield) {
		go gone()
	}
}

// prove says that the far end has received our 200. A place that was given
// away in the same moment is taken again.
func (a *admission) prove(p *place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle(p)
	if !p.taken {
		a.take(p)
	}
}

// leave frees a place; repeating it does no harm.
func (a *admission) leave(p *place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free(p)
}

func (a *admission) unprovenOf(source netip.Addr) (n int) {
	for _, p := range a.unproven {
		if p.source == source {
			n++
		}
	}
	return n
}

// displace frees the place of the call that has been unproven longest, of a
// source or of all, if its time is over.
func (a *admission) displace(source netip.Addr, now time.Time) bool {
	for _, p := range a.unproven {
		if source.IsValid() && p.source != source {
			continue
		}
		if now.Sub(p.since) < a.patience {
			return false // The others are younger.
		}
		a.free(p)
		close(p.yield)
		if p.gone != nil {
			go p.gone()
		}
		return true
	}
	return false
}

func (a *admission) take(p *place) {
	p.taken = true
	a.calls++
	if p.source.IsValid() {
		a.bySource[p.source]++
	}
}

func (a *admission) free(p *place) {
	a.settle(p)
	if !p.taken {
		return
	}
	p.taken = false
	a.calls--
	if !p.source.IsValid() {
		return
	}
	if a.bySource[p.source]--; a.bySource[p.source] == 0 {
		delete(a.bySource, p.source)
	}
}

// settle removes a call from the unproven.
func (a *admission) settle(p *place) {
	if i := slices.Index(a.unproven, p); i >= 0 {
		a.unproven = slices.Delete(a.unproven, i, i+1)
	}
	p.since = time.Time{}
}
