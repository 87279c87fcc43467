package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Bounds on what a stranger can make us remember or work for.
const (
	maxDatagram = 16 << 10
	maxSources  = 4096 // Sources whose rate is remembered.
	maxPeers    = 8192 // Addresses in sipgo's pool before it is made new.
	maxMethod   = 64   // RFC 4475 has one of 46.
	peerCheck   = 256  // Datagrams between looks at the pool.
)

// filter stands before sipgo: what is not a SIP message never reaches its log
// or its pool of addresses. For UDP it never returns an error, which would end
// the listener; for TCP an error ends the connection.
type filter struct {
	rate    float64
	dropped atomic.Uint64
	seen    atomic.Uint64
	passed  atomic.Bool                 // A datagram was let through and has not come out of the parser.
	shut    atomic.Bool                 // Nothing is let in any more.
	crowded func()                      // Called now and then by UDP, to look at the pool.
	direct  func([]byte, net.Addr) bool // Takes a datagram that sipgo need not see; nil = none.
	admit   func(netip.Addr) bool       // Whose messages are looked at; nil = everybody's.
	trusted func(netip.Addr) bool       // Who may send as fast as it likes; nil = nobody.
	trace   tracer

	known map[netip.AddrPort]struct{} // Who has sent a message that could be parsed, by UDP; only its reader uses it.

	mu      sync.Mutex
	sources map[netip.Addr]*bucket
}

// What ends a connection.
var (
	errTooFast  = errors.New("more SIP messages from one address than it may send")
	errUnwanted = errors.New("a tool that searches for open switchboards")
)

type bucket struct {
	tokens float64
	at     time.Time
}

func newFilter(rate int) *filter {
	return &filter{rate: float64(rate), sources: map[netip.Addr]*bucket{}, known: map[netip.AddrPort]struct{}{}}
}

// read implements sip.TransportReadFilter.
func (f *filter) read(p sip.TransportReadProps, data []byte) ([]byte, error) {
	if f.shut.Load() {
		return nil, nil
	}
	if p.Transport != "UDP" {
		return f.piece(p, data)
	}
	if !f.admitted(p.RemoteAddr) || !plausible(data) || isScanner(data) || !f.allow(p.RemoteAddr, time.Now()) || !f.readable(p.RemoteAddr, data) {
		f.dropped.Add(1)
		return nil, nil
	}
	f.trace.message(false, data)
	if f.direct != nil && f.direct(data, p.RemoteAddr) {
		return nil, nil
	}
	f.passed.Store(true)
	if f.crowded != nil && f.seen.Add(1)%peerCheck == 0 {
		f.crowded()
	}
	return data, nil
}

// piece judges what was read from a stream; its parser ends bad ones. Who
// sends too much is read more slowly, so that no message is lost; who does so
// by many connections loses them.
func (f *filter) piece(p sip.TransportReadProps, data []byte) ([]byte, error) {
	if isScanner(data) {
		f.dropped.Add(1)
		return nil, errUnwanted
	}
	wait, ok := f.charge(p.RemoteAddr, 1+bytes.Count(data, []byte("\r\n\r\n")), time.Now())
	if !ok {
		f.dropped.Add(1)
		return nil, errTooFast
	}
	if wait > 0 {
		time.Sleep(wait)
	}
	return data, nil
}

// plausible looks at size and first line.
func plausible(data []byte) bool {
	if len(data) > maxDatagram {
		return false
	}
	line, _, found := bytes.Cut(data, []byte("\r\n"))
	if !found || len(line) < 12 {
		return false
	}
	if bytes.HasPrefix(line, []byte("SIP/2.0 ")) {
		return true
	}
	method, rest, found := bytes.Cut(line, []byte(" "))
	return found && len(method) <= maxMethod && isToken(method) && bytes.Contains(rest, []byte(" SIP/"))
}

// isToken checks for the characters of a method (RFC 3261 §25.1).
func isToken(b []byte) bool {
	for _, c := range b {
		if !isTokenChar(c) {
			return false
		}
	}
	return len(b) > 0
}

func isTokenChar(c byte) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return letter || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// readable reports whether sipgo will be able to parse a message, as far as
// that must be known before: sipgo remembers the address of every message that
// it gets to read. Who has sent a proper one is known already; his are parsed
// once only.
func (f *filter) readable(addr net.Addr, data []byte) bool {
	a, ok := addr.(interface{ AddrPort() netip.AddrPort })
	if !ok {
		return parses(data)
	}
	from := a.AddrPort()
	if _, known := f.known[from]; known {
		return true
	}
	if !parses(data) {
		return false
	}
	if len(f.known) >= maxSources {
		clear(f.known)
	}
	f.known[from] = struct{}{}
	return true
}

// parses reports whether sipgo can parse a message; a defect of the parser on
// hostile input must not end the program.
func parses(data []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := sip.ParseMessage(data)
	return err == nil
}

// parsed notes that a message has come out of sipgo's parser. For UDP it is
// called by the reader of the socket, before that reads again; a message by TCP
// in that very moment may hide one that is to be counted, no more. The message
// itself belongs to another goroutine already.
func (f *filter) parsed(sip.Message) { f.passed.Store(false) }

// settle counts the datagram before as dropped if the parser refused it.
func (f *filter) settle() {
	if f.passed.Swap(false) {
		f.dropped.Add(1)
	}
}

// allow is a token bucket per source address, with room for bursts of two
// seconds.
func (f *filter) allow(addr net.Addr, now time.Time) bool {
	source, limited := limitedSource(addr)
	if !limited || f.trusts(addr) {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.bucket(source, now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// charge takes n tokens of a source also where they are missing, and tells how
// long the source has to wait until they are there; it reports false instead
// when that were longer than a second.
func (f *filter) charge(addr net.Addr, n int, now time.Time) (wait time.Duration, ok bool) {
	source, limited := limitedSource(addr)
	if !limited || f.trusts(addr) {
		return 0, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.bucket(source, now)
	left := b.tokens - float64(n)
	if left < -f.rate {
		return 0, false
	}
	b.tokens = left
	return time.Duration(max(0, -left) / f.rate * float64(time.Second)), true
}

// trusts reports whether a sender may send as fast as it likes.
func (f *filter) trusts(addr net.Addr) bool {
	if f.trusted == nil {
		return false
	}
	a, ok := addr.(interface{ AddrPort() netip.AddrPort })
	return ok && f.trusted(a.AddrPort().Addr())
}

// bucket gives the bucket of a source, filled up to now.
func (f *filter) bucket(source netip.Addr, now time.Time) *bucket {
	b := f.sources[source]
	if b == nil {
		if len(f.sources) >= maxSources {
			clear(f.sources)
		}
		b = &bucket{tokens: 2 * f.rate, at: now}
		f.sources[source] = b
	}
	b.tokens = min(2*f.rate, b.tokens+now.Sub(b.at).Seconds()*f.rate)
	b.at = now
	return b
}

// limitedSource tells by what the messages from an address are counted, and
// false for loopback.
func limitedSource(addr net.Addr) (source netip.Addr, limited bool) {
	if a, ok := addr.(interface{ AddrPort() netip.AddrPort }); ok { // UDP and TCP.
		source = sourceOf(a.AddrPort().Addr())
	}
	return source, source.IsValid()
}
