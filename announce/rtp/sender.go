package rtp

import (
	"net"
	"net/netip"
)

// udpSender is the portable way to send.
type udpSender struct{ conn *net.UDPConn }

func (u udpSender) Send(packet []byte, to netip.AddrPort) error {
	_, err := u.conn.WriteToUDPAddrPort(packet, to)
	return err
}
