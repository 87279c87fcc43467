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
	admit                  func(netip.Addr) bool   // Who may connect; nil = everybody.
	wrap                   func(net.Conn) net.Conn // Encrypts or traces accepted connections; nil = neither.
	joined                 chan net.Conn           // Connections that we opened: sipgo is to treat them alike.
	accepted               chan net.Conn
	closed                 chan struct{}
	pump, shut             sync.Once
	own                    netip.AddrPort // Told as address where nothing listens.

	mu       sync.Mutex
	conns    map[string]*countedConn // By remote address and port.
	bySource map[netip.Addr]int
}

func newSteadyTCP(l net.Listener, first time.Duration) *steadyTCP {
	return &steadyTCP{
		Listener: l, first: first, maxConns: maxConns, maxPerSource: maxConnsPerSource,
		conns: map[string]*countedConn{}, bySource: map[netip.Addr]int{},
		joined: make(chan net.Conn), accepted: make(chan net.Conn), closed: make(chan struct{}),
	}
}

// Accept implements net.Listener: what came in, and what we opened.
func (s *steadyTCP) Accept() (net.Conn, error) {
	s.pump.Do(func() {
		if s.Listener != nil {
			go s.acceptAll()
		}
	})
	select {
	case c := <-s.accepted:
		return c, nil
	case c := <-s.joined:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (s *steadyTCP) Close() error {
	s.shut.Do(func() { close(s.closed) })
	if s.Listener == nil {
		return nil
	}
	return s.Listener.Close()
}

// Addr implements net.Listener.
func (s *steadyTCP) Addr() net.Addr {
	if s.Listener == nil {
		return net.TCPAddrFromAddrPort(s.own)
	}
	return s.Listener.Addr()
}

// acceptAll hands on connections until the listener is closed.
func (s *steadyTCP) acceptAll() {
	for {
		c, err := s.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(acceptPause) // Out of file descriptors: some will be closed.
			continue
		}
		if !s.hand(c, s.accepted) {
			_ = c.Close()
		}
	}
}

// hand gives a connection that came in to Accept, if there is room for it.
func (s *steadyTCP) hand(c net.Conn, to chan<- net.Conn) bool {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok && s.admit != nil && !s.admit(a.AddrPort().Addr().Unmap()) {
		return false
	}
	counted, displaced := s.count(c)
	if displaced != nil {
		_ = displaced.Close()
	}
	if counted == nil {
		return false
	}
	ready := net.Conn(counted)
	if s.wrap != nil {
		ready = s.wrap(counted)
	}
	select {
	case to <- ready:
		return true
	case <-s.closed:
		_ = ready.Close()
		return true
	}
}

// join lets sipgo use a connection that we opened; it is not limited. gone is
// called when it is closed. It reports false when the endpoint stops.
func (s *steadyTCP) join(c net.Conn, wrap func(net.Conn) net.Conn, gone func()) bool {
	counted := &countedConn{Conn: c, of: s, since: time.Now(), gone: sync.OnceFunc(gone)}
	s.mu.Lock()
	s.conns[c.RemoteAddr().String()] = counted
	s.mu.Unlock()
	select {
	case s.joined <- wrap(counted):
		return true
	case <-s.closed:
		_ = counted.Close()
		return false
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
	gone   func()    // Called when it is closed; may be nil.
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
	if c.gone != nil {
		defer c.gone()
	}
	return c.Conn.Close()
}
