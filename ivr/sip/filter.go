package sip

import (
	"bytes"
	"net"
	"net/netip"
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
	peerCheck   = 256  // Datagrams between looks at the pool.
)

// filter stands before sipgo: what is not a SIP message never reaches its
// parser, its log or its pool of addresses. It never returns an error, which
// would end the listener.
type filter struct {
	rate    float64
	dropped atomic.Uint64
	seen    atomic.Uint64
	crowded func() // Called now and then by UDP, to look at the pool.

	mu      sync.Mutex
	sources map[netip.Addr]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newFilter(rate int) *filter {
	return &filter{rate: float64(rate), sources: map[netip.Addr]*bucket{}}
}

// read implements sip.TransportReadFilter.
func (f *filter) read(p sip.TransportReadProps, data []byte) ([]byte, error) {
	if p.Transport != "UDP" {
		return data, nil // A stream comes in pieces; its parser ends bad ones.
	}
	if !plausible(data) || !f.allow(p.RemoteAddr, time.Now()) || !parses(data) {
		f.dropped.Add(1)
		return nil, nil
	}
	if f.crowded != nil && f.seen.Add(1)%peerCheck == 0 {
		f.crowded()
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
	return found && len(method) <= 32 && isToken(method) && bytes.Contains(rest, []byte(" SIP/"))
}

// isToken checks for the characters of a method (RFC 3261 §25.1).
func isToken(b []byte) bool {
	for _, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && bytes.IndexByte([]byte("-.!%*_+`'~"), c) < 0 {
			return false
		}
	}
	return len(b) > 0
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

// allow is a token bucket per source address, with room for bursts of two
// seconds.
func (f *filter) allow(addr net.Addr, now time.Time) bool {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return false
	}
	ip := udp.AddrPort().Addr().Unmap()
	if ip.IsLoopback() {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.sources[ip]
	if b == nil {
		if len(f.sources) >= maxSources {
			clear(f.sources)
		}
		b = &bucket{tokens: 2 * f.rate, at: now}
		f.sources[ip] = b
	}
	b.tokens = min(2*f.rate, b.tokens+now.Sub(b.at).Seconds()*f.rate)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
