//go:build !linux

package rtp

import (
	"net"
	"net/netip"
	"time"
)

// Socket is the UDP socket of one call's sound. Its methods may be called from
// any goroutine.
type Socket struct {
	conn *net.UDPConn
	addr netip.AddrPort
}

// OpenSocket binds an address; port 0 chooses a free one.
func OpenSocket(addr netip.AddrPort) (*Socket, error) { return openConn(addr) }

// Send implements Sender.
func (s *Socket) Send(packet []byte, to netip.AddrPort) error {
	return udpSender{s.conn}.Send(packet, to)
}

// Receive takes nothing here: Conn has to be read.
func (s *Socket) Receive([]byte) (n int, from netip.AddrPort, at time.Time, ok bool) {
	return 0, from, at, false
}

// Polled reports whether Receive works; else Conn has to be read.
func (s *Socket) Polled() bool { return false }

// Close frees the port.
func (s *Socket) Close() error { return s.conn.Close() }
