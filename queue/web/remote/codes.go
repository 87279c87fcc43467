package remote

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// What a code is worth, and how many are sent: a short message costs money, and
// nobody is to be pestered with them.
const (
	codeLife   = 10 * time.Minute
	codeTries  = 5           // Wrong codes of one request, before it is over.
	codePause  = time.Minute // Between two codes to one number …
	codeHour   = 3           // … of which there are so many in an hour …
	codeDay    = 5           // … and a day.
	placeHour  = 20          // Codes that one address may ask for in an hour and not use: a village's Wi-Fi.
	netHour    = 60          // The same of its neighbourhood, which one subscriber may have whole.
	allHour    = 300         // The same of the whole office …
	allEasy    = 200         // … of which the rest is kept for networks that have asked for little.
	littleHour = 3
	checkMost  = 60             // Codes that one address may try in an hour.
	askedMost  = 4096           // Requests remembered.
	rememberBy = 24 * time.Hour // Of what was sent.
)

// asked is a request that waits for its code.
type asked struct {
	phone, service, language string
	address                  string
	at                       time.Time
	code                     string
	tries                    int
	until                    time.Time
}

// codes knows which codes were sent, in memory alone: who asked before a restart
// asks again.
type codes struct {
	now    func() time.Time
	mu     sync.Mutex
	asked  map[string]*asked      // By id.
	counts map[string][]time.Time // By what is counted: when.
}

func newCodes(now func() time.Time) *codes {
	return &codes{now: now, asked: map[string]*asked{}, counts: map[string][]time.Time{}}
}

// errAsked and the others say why there is no code, or no ticket.
var (
	errOften = queue.Errorf(queue.CodeRateLimited, "too many codes were tried")
	errPhone = queue.Errorf(queue.CodeRateLimited, "this number was sent enough codes")
	errPlace = queue.Errorf(queue.CodeRateLimited, "this network has asked for enough codes")
	errAll   = queue.Errorf(queue.CodeRateLimited, "the office has sent enough codes")
	errCode  = queue.Errorf(queue.CodeForbidden, "the code is wrong")
	errOver  = queue.Errorf(queue.CodeForbidden, "the code is over")
)

// network is the neighbourhood of an address: what one subscriber may have whole.
func network(address string) string {
	prefix, err := netip.ParsePrefix(address)
	if err != nil {
		addr, err := netip.ParseAddr(address)
		if err != nil {
			return address
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	bits := 48
	if prefix.Addr().Is4() {
		bits = 24
	}
	wide, err := prefix.Addr().Prefix(bits)
	if err != nil {
		return address
	}
	return wide.String()
}

// may tells whether a code may be sent. What was used counts for the number alone:
// who asks for codes that nobody enters runs out, at one address, in its network,
// and over all networks; a village where people take numbers does not. The caller
// holds c.mu.
func (c *codes) may(phone, address string, now time.Time) error {
	hour, net := now.Add(-time.Hour), c.since("net "+network(address), now.Add(-time.Hour))
	all := c.since("all", hour)
	switch {
	case c.since("tel "+phone, now.Add(-codePause)) > 0, c.since("tel "+phone, hour) >= codeHour, c.since("tel "+phone, now.Add(-rememberBy)) >= codeDay:
		return errPhone
	case c.since("from "+address, hour) >= placeHour, net >= netHour:
		return errPlace
	case len(c.asked) >= askedMost, all >= allHour, all >= allEasy && net >= littleHour:
		return errAll
	}
	return nil
}

// counted are the names under which a request counts.
func counted(phone, address string) []string {
	return []string{"tel " + phone, "from " + address, "net " + network(address), "all"}
}

// begin notes a request and makes its code.
func (c *codes) begin(phone, service, language, address string) (id, code string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.sweep(now)
	if err := c.may(phone, address, now); err != nil {
		return "", "", err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", "", fmt.Errorf("make a code: %w", err)
	}
	for _, key := range counted(phone, address) {
		c.counts[key] = append(c.counts[key], now)
	}
	id, code = rand.Text(), fmt.Sprintf("%06d", n)
	c.asked[id] = &asked{phone: phone, service: service, language: language, address: address, at: now, code: code, until: now.Add(codeLife)}
	return id, code, nil
}

// check gives the request of a right code. It stays until it ends, so that a
// form that is sent twice gets the same answer.
func (c *codes) check(id, code, address string) (asked, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.sweep(now)
	if c.since("try "+address, now.Add(-time.Hour)) >= checkMost {
		return asked{}, errOften
	}
	a, ok := c.asked[id]
	if !ok {
		return asked{}, errOver
	}
	if subtle.ConstantTimeCompare([]byte(a.code), []byte(code)) == 1 {
		c.used(a)
		return *a, nil
	}
	c.counts["try "+address] = append(c.counts["try "+address], now)
	if a.tries++; a.tries >= codeTries {
		delete(c.asked, id)
		return asked{}, errOver
	}
	return asked{}, errCode
}

// used takes a request whose code was entered off all counts but its number's. The
// caller holds c.mu.
func (c *codes) used(a *asked) {
	for _, key := range counted(a.phone, a.address)[1:] {
		if i := slices.IndexFunc(c.counts[key], a.at.Equal); i >= 0 && !a.at.IsZero() {
			c.counts[key] = slices.Delete(c.counts[key], i, i+1)
		}
	}
	a.at = time.Time{} // Once.
}

// drop forgets a request whose message could not be sent.
func (c *codes) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.asked, id)
}

// since counts what happened after a time. The caller holds c.mu.
func (c *codes) since(key string, from time.Time) (n int) {
	for _, at := range c.counts[key] {
		if at.After(from) {
			n++
		}
	}
	return n
}

// sweep forgets what counts no more: no number stays longer than it must. The
// caller holds c.mu.
func (c *codes) sweep(now time.Time) {
	for id, a := range c.asked {
		if now.After(a.until) {
			delete(c.asked, id)
		}
	}
	for key, times := range c.counts {
		keep := time.Hour
		if len(key) > 4 && key[:4] == "tel " {
			keep = rememberBy
		}
		if times = slices.DeleteFunc(times, func(at time.Time) bool { return !at.After(now.Add(-keep)) }); len(times) == 0 {
			delete(c.counts, key)
		} else {
			c.counts[key] = times
		}
	}
}
