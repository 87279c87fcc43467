package sip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	readBuffer   = 4 << 20 // Bytes the kernel keeps of a burst of signalling.
	maxConns     = 2000    // TCP connections at a time.
	bindAttempts = 20      // To find a port that is free for UDP and TCP.
	acceptPause  = 50 * time.Millisecond
	readPause    = 5 * time.Millisecond
)

// bind takes one address for UDP and TCP.
func bind(addr string) (*net.UDPConn, net.Listener, error) {
	var err error
	for range bindAttempts {
		var udp *net.UDPConn
		var tcp net.Listener
		udp, tcp, err = bindOnce(addr)
		if err == nil {
			return udp, tcp, nil
		}
		if _, port, splitErr := net.SplitHostPort(addr); splitErr != nil || port != "0" {
			break
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, nil, fmt.Errorf("%w: %w", ErrPortTaken, err)
	}
	return nil, nil, fmt.Errorf("listen for SIP on %q: %w", addr, err)
}

func bindOnce(addr string) (*net.UDPConn, net.Listener, error) {
	resolved, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, nil, err
	}
	family := familyOf(resolved.AddrPort().Addr())
	udp, err := net.ListenUDP("udp"+family, resolved)
	if err != nil {
		return nil, nil, err
	}
	_ = udp.SetReadBuffer(readBuffer) // The kernel may grant less.
	same := udp.LocalAddr().(*net.UDPAddr)
	tcp, err := net.Listen("tcp"+family, net.JoinHostPort(same.IP.String(), fmt.Sprint(same.Port)))
	if err != nil {
		_ = udp.Close()
		return nil, nil, err
	}
	return udp, tcp, nil
}

// familyOf keeps an IPv4 address from being bound as a dual-stack one, whose
// peers would all look like IPv6.
func familyOf(a netip.Addr) string {
	if a.Unmap().Is4() {
		return "4"
	}
	return ""
}

// steadyUDP keeps sipgo's reader alive: only the end of the socket ends it.
type steadyUDP struct {
	*net.UDPConn
	renew atomic.Bool // Makes the reader end once, so that its pool is made new.
}

// ReadFrom implements net.PacketConn.
func (s *steadyUDP) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if s.renew.CompareAndSwap(true, false) {
			return 0, nil, net.ErrClosed
		}
		n, addr, err := s.UDPConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, addr, err
		}
		time.Sleep(readPause) // An ICMP error, or no memory: it passes.
	}
}

// steadyTCP keeps sipgo's accept loop alive and bounds its connections.
type steadyTCP struct {
	net.Listener
	open  atomic.Int64
	mu    sync.Mutex
	conns map[*countedConn]struct{}
}

func newSteadyTCP(l net.Listener) *steadyTCP {
	return &steadyTCP{Listener: l, conns: map[*countedConn]struct{}{}}
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
		case s.open.Load() >= maxConns:
			_ = c.Close()
		default:
			return s.count(c), nil
		}
	}
}

func (s *steadyTCP) count(c net.Conn) net.Conn {
	counted := &countedConn{Conn: c, of: s}
	s.mu.Lock()
	s.conns[counted] = struct{}{}
	s.mu.Unlock()
	s.open.Add(1)
	return counted
}

// closeAll ends the connections that sipgo still holds.
func (s *steadyTCP) closeAll() {
	s.mu.Lock()
	all := make([]*countedConn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

type countedConn struct {
	net.Conn
	of   *steadyTCP
	once sync.Once
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.once.Do(func() {
		c.of.open.Add(-1)
		c.of.mu.Lock()
		delete(c.of.conns, c)
		c.of.mu.Unlock()
	})
	return c.Conn.Close()
}

// localTowards gives the address from which packets to peer leave.
func localTowards(peer netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
