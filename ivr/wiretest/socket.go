package wiretest

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// datagram is one on its way.
type datagram struct {
	data []byte
	from netip.AddrPort
	at   time.Time // When it arrived.
}

// Socket is one end: a net.PacketConn, and a media.Socket.
type Socket struct {
	network *Network
	addr    netip.AddrPort
	inbox   chan datagram
	once    sync.Once
	closed  chan struct{}

	mu       sync.Mutex
	deadline time.Time
	moved    chan struct{} // Closed when the deadline is set anew.
}

// Addr is the address that was bound.
func (s *Socket) Addr() netip.AddrPort { return s.addr }

// LocalAddr implements net.PacketConn.
func (s *Socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.addr) }

// Send sends a datagram; whether it arrives nobody tells.
func (s *Socket) Send(data []byte, to netip.AddrPort) error {
	select {
	case <-s.closed:
		return net.ErrClosed
	default:
	}
	s.network.carry(datagram{data: bytes.Clone(data), from: s.addr}, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
	return nil
}

// Receive takes a datagram that waits, without blocking.
func (s *Socket) Receive(buf []byte) (n int, from netip.AddrPort, at time.Time, ok bool) {
	select {
	case d := <-s.inbox:
		return copy(buf, d.data), d.from, d.at, true
	default:
		return 0, from, at, false
	}
}

// Polled reports that Receive works.
func (s *Socket) Polled() bool { return true }

// Conn is nil: there is no connection of the system's.
func (s *Socket) Conn() *net.UDPConn { return nil }

// WriteTo implements net.PacketConn.
func (s *Socket) WriteTo(data []byte, to net.Addr) (int, error) {
	at, ok := to.(interface{ AddrPort() netip.AddrPort })
	if !ok {
		return 0, net.UnknownNetworkError(to.Network())
	}
	if err := s.Send(data, at.AddrPort()); err != nil {
		return 0, err
	}
	return len(data), nil
}

// ReadFrom implements net.PacketConn.
func (s *Socket) ReadFrom(buf []byte) (int, net.Addr, error) {
	for {
		late, stop, moved := s.lateness()
		select {
		case <-s.closed:
			stop()
			return 0, nil, net.ErrClosed
		case d := <-s.inbox:
			stop()
			return copy(buf, d.data), net.UDPAddrFromAddrPort(d.from), nil
		case <-late:
			return 0, nil, os.ErrDeadlineExceeded
		case <-moved:
			stop()
		}
	}
}

// lateness gives a channel that tells when the deadline is over.
func (s *Socket) lateness() (late <-chan time.Time, stop func() bool, moved <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deadline.IsZero() {
		return nil, func() bool { return false }, s.moved
	}
	t := time.NewTimer(time.Until(s.deadline))
	return t.C, t.Stop, s.moved
}

// SetReadDeadline implements net.PacketConn.
func (s *Socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	close(s.moved)
	s.moved = make(chan struct{})
	return nil
}

// SetWriteDeadline implements net.PacketConn; writing never waits.
func (s *Socket) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.PacketConn.
func (s *Socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// Close frees the address.
func (s *Socket) Close() error {
	s.once.Do(func() {
		s.network.mu.Lock()
		delete(s.network.sockets, s.addr)
		s.network.mu.Unlock()
		close(s.closed)
	})
	return nil
}
