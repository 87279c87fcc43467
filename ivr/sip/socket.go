package sip

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	readBuffer   = 4 << 20 // Bytes the kernel keeps of a burst of signalling.
	bindAttempts = 20      // To find a port that is free for UDP and TCP.
	readPause    = 5 * time.Millisecond
)

// bind takes one address of this machine for UDP and TCP.
func bind(addr string) (net.PacketConn, net.Listener, error) {
	var err error
	for range bindAttempts {
		var udp *net.UDPConn
		var tcp net.Listener
		if udp, tcp, err = bindOnce(addr); err == nil {
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

// bindTLS takes the address for TLS, where there are certificates.
func (e *endpoint) bindTLS() (*steadyTCP, error) {
	s := newSteadyTCP(nil, e.cfg.tcpFirst)
	s.own = e.addr
	if e.cfg.TLS == nil {
		return s, nil
	}
	addr := e.cfg.TLSAddr
	if addr == "" {
		addr = netip.AddrPortFrom(e.addr.Addr(), 0).String()
	}
	l, err := net.Listen("tcp"+familyOf(e.addr.Addr()), addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: %w", ErrPortTaken, err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for SIP by TLS on %q: %w", addr, err)
	}
	config := e.cfg.TLS.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	s.Listener = l
	s.wrap = func(c net.Conn) net.Conn { return e.trace.stream(tls.Server(c, config)) }
	return s, nil
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
	net.PacketConn
	renew  atomic.Bool // Makes the reader end once, so that its pool is made new.
	trace  tracer
	filter *filter // Is told that the datagram before has been dealt with.
}

// WriteTo implements net.PacketConn.
func (s *steadyUDP) WriteTo(b []byte, addr net.Addr) (int, error) {
	n, err := s.PacketConn.WriteTo(b, addr)
	if err == nil {
		s.trace.message(true, b)
	}
	return n, err
}

// ReadFrom implements net.PacketConn.
func (s *steadyUDP) ReadFrom(b []byte) (int, net.Addr, error) {
	s.filter.settle()
	for {
		if s.renew.CompareAndSwap(true, false) {
			return 0, nil, net.ErrClosed
		}
		n, addr, err := s.PacketConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, addr, err
		}
		time.Sleep(readPause) // An ICMP error, or no memory: it passes.
	}
}

// LocalTowards gives our own address on the way to another one; not valid when
// no network leads there. A change of it says that we have moved.
func LocalTowards(peer netip.Addr) netip.Addr { return localTowards(peer) }

// localTowards gives the address from which packets to peer leave.
func localTowards(peer netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
