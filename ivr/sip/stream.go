package sip

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds on TCP connections.
const (
	maxConns          = 1024
	maxConnsPerSource = 32
	acceptPause       = 50 * time.Millisecond
)

// steadyTCP keeps sipgo's accept loop alive and bounds its connections: a few
// from one address, and short ones until the first proper request. When all
// are taken, a newcomer gets the place of the one that has been open longest
// without a request.
type steadyTCP struct {
	net.Listener
	first                  time.Duration // From accept to the first proper request.
	maxConns, maxPerSource int

	mu       sync.Mutex
	conns    map[string]*countedConn // By remote address and port.
	bySource map[netip.Addr]int
}

func newSteadyTCP(l net.Listener, first time.Duration) *steadyTCP {
	return &steadyTCP{
		Listener: l, first: first, maxConns: maxConns, maxPerSource: maxConnsPerSource,
		conns: map[string]*countedConn{}, bySource: map[netip.Addr]int{},
	}
}

// Accept implements net.Listener.
func (s *steadyTCP) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			time.Sleep(acceptPause) // Out of file descriptors: some will be closed.
			continue
		}
		counted, displaced := s.count(c)
		if displaced != nil {
			_ = displaced.Close()
		}
		if counted != nil {
			return counted, nil
		}
		_ = c.Close()
	}
}

// count takes a connection in, or gives nil when there is no room. Another one
// may have to be closed for it.
func (s *steadyTCP) count(c net.Conn) (counted, displaced *countedConn) {
	source, limited := limitedSource(c.RemoteAddr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if limited && s.bySource[source] >= s.maxPerSource {
		return nil, nil
	}
	if len(s.conns) >= s.maxConns {
		if displaced = s.longestSilent(); displaced == nil {
			return nil, nil
		}
		s.forget(displaced)
	}
	now := time.Now()
	counted = &countedConn{Conn: c, of: s, source: source, since: now, until: now.Add(s.first)}
	s.conns[c.RemoteAddr().String()] = counted
	if limited {
		s.bySource[source]++
	}
	return counted, displaced
}

// longestSilent finds the connection that has been open longest without a
// proper request.
func (s *steadyTCP) longestSilent() (found *countedConn) {
	for _, c := range s.conns {
		if !c.until.IsZero() && (found == nil || c.since.Before(found.since)) {
			found = c
		}
	}
	return found
}

// forget takes a connection out of the count, once.
func (s *steadyTCP) forget(c *countedConn) {
	name := c.RemoteAddr().String()
	if s.conns[name] != c {
		return
	}
	delete(s.conns, name)
	if !c.source.IsValid() {
		return
	}
	if s.bySource[c.source]--; s.bySource[c.source] == 0 {
		delete(s.bySource, c.source)
	}
}

// prove lets the connection from an address stay: it has sent a proper request.
func (s *steadyTCP) prove(source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conns[source]
	if c == nil || c.until.IsZero() {
		return
	}
	c.until = time.Time{}
	_ = c.Conn.SetReadDeadline(time.Now().Add(tcpIdle)) // Its reader waits already.
}

// closeAll ends the connections that sipgo still holds.
func (s *steadyTCP) closeAll() {
	s.mu.Lock()
	all := make([]*countedConn, 0, len(s.conns))
	for _, c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

// countedConn is an accepted connection.
type countedConn struct {
	net.Conn
	of     *steadyTCP
	source netip.Addr // Not valid for loopback, which has no limit per address.
	since  time.Time
	until  time.Time // Of the first proper request; zero once it came. Guarded by of.mu.
}

// SetReadDeadline implements net.Conn. However slowly bytes drip in, the first
// request must be complete in time.
func (c *countedConn) SetReadDeadline(t time.Time) error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if !c.until.IsZero() && t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetReadDeadline(t)
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.of.mu.Lock()
	c.of.forget(c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
