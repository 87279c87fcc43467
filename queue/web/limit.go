package web

import (
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	askEvery = 6 * time.Second // One question in so long …
	askBurst = 10              // … after so many at once, for each ticket.
	askAll   = 50              // Questions a second over all tickets.
)

// limiter bounds what holders ask of the office that costs it work, or that they
// might guess, such as the code of the hall.
type limiter struct {
	now  func() time.Time
	each *page.Limiter
	all  *rate.Limiter
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, each: page.NewLimiter(askEvery, askBurst), all: rate.NewLimiter(askAll, askAll)}
}

// allow reports whether one may ask once more.
func (l *limiter) allow(name string) bool {
	now := l.now()
	return l.each.AllowAt(name, now) && l.all.AllowN(now, 1)
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
