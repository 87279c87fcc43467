package web

import (
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

// limiter bounds look-ups by code: 10⁸ codes against 600 guesses an hour.
type limiter struct {
	now func() time.Time
	all *rate.Limiter

	mu      sync.Mutex
	clients map[string]*rate.Limiter
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, all: rate.NewLimiter(findAll, findAll), clients: map[string]*rate.Limiter{}}
}

// allow reports whether a client may look up once more.
func (l *limiter) allow(client string) bool {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.clients[client]
	if !ok {
		l.forget(now)
		one = rate.NewLimiter(rate.Every(findEvery), findBurst)
		l.clients[client] = one
	}
	return one.AllowN(now, 1) && l.all.AllowN(now, 1)
}

// forget makes room: first for those whose allowance is whole again, and when
// all are busy (an attack from many addresses), for everyone.
func (l *limiter) forget(now time.Time) {
	if len(l.clients) < maxClients {
		return
	}
	for client, one := range l.clients {
		if one.TokensAt(now) >= findBurst {
			delete(l.clients, client)
		}
	}
	if len(l.clients) >= maxClients {
		clear(l.clients)
	}
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
