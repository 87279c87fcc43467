package web

import (
	"container/list"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	findEvery  = 6 * time.Second // One look-up in so long …
	findBurst  = 10              // … after so many at once, per address.
	findAll    = 50              // Look-ups a second over all addresses.
	maxClients = 10_000          // Addresses remembered.
)

// limiter bounds look-ups by code on the start page, so that nobody walks
// through the 10⁸ codes there. The API bounds its own look-ups of the same
// codes; a guesser has both allowances.
type limiter struct {
	now func() time.Time
	all *rate.Limiter

	mu      sync.Mutex
	clients map[string]*list.Element
	recent  *list.List // Of *client, the one that asked last in front.
}

type client struct {
	name  string
	finds *rate.Limiter
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, all: rate.NewLimiter(findAll, findAll), clients: map[string]*list.Element{}, recent: list.New()}
}

// allow reports whether a client may look up once more.
func (l *limiter) allow(name string) bool {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.client(name).AllowN(now, 1) && l.all.AllowN(now, 1)
}

// client gives the allowance of an address. Where too many are remembered, the
// one that has been silent longest is forgotten: its allowance is the nearest
// to whole, so a crowd of new addresses sets nobody's back to the beginning
// who is still asking.
func (l *limiter) client(name string) *rate.Limiter {
	if e, ok := l.clients[name]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*client).finds
	}
	if l.recent.Len() >= maxClients {
		delete(l.clients, l.recent.Remove(l.recent.Back()).(*client).name)
	}
	c := &client{name, rate.NewLimiter(rate.Every(findEvery), findBurst)}
	l.clients[name] = l.recent.PushFront(c)
	return c.finds
}

// remoteIP is the address of the connection; of IPv6 the /64 that one
// customer usually has whole.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Unmap().Is4() {
		return host
	}
	net64, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return net64.String()
}
