package rtp

import (
	"fmt"
	"net"
	"net/netip"
)

// socketBuffer is what may wait at a socket, in bytes: the kernel counts with
// its own overhead, so it is some forty packets.
const socketBuffer = 16 << 10

// Addr is the address that was bound.
func (s *Socket) Addr() netip.AddrPort { return s.addr }

// Conn is the connection of a socket that is not Polled.
func (s *Socket) Conn() *net.UDPConn { return s.conn }

func openFault(addr netip.AddrPort, err error) error {
	return fmt.Errorf("open a socket for sound at %v: %w", addr, err)
}

// openConn is the portable way.
func openConn(addr netip.AddrPort) (*Socket, error) {
	family := "udp"
	if addr.Addr().Unmap().Is4() {
		family = "udp4" // A dual-stack socket would show IPv4 peers as IPv6.
	}
	conn, err := net.ListenUDP(family, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, openFault(addr, err)
	}
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return &Socket{conn: conn, addr: netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())}, nil
}
