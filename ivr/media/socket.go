package media

import (
	"net"
	"net/netip"
	"time"
)

// Socket is the socket of one call's sound: an *rtp.Socket, or one of a network
// in memory.
type Socket interface {
	Addr() netip.AddrPort // What was bound.
	Send(packet []byte, to netip.AddrPort) error
	Receive(buf []byte) (n int, from netip.AddrPort, at time.Time, ok bool)
	Polled() bool       // Receive works.
	Conn() *net.UDPConn // To be read where it does not.
	Close() error
}
