package rtp

import (
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// NewSender sends through conn without ever blocking: when the socket's
// buffer is full the packet is lost, as it would be further down.
func NewSender(conn *net.UDPConn) Sender {
	raw, err := conn.SyscallConn()
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if err != nil || !ok || local.IP.To4() == nil {
		return udpSender{conn} // IPv6 and dual-stack sockets need mapped addresses.
	}
	s := &rawSender{raw: raw}
	s.write = s.sendto
	return s
}

// rawSender calls sendto itself; a write through the runtime's poller costs
// about twice as much. It is used by one pacing thread only.
type rawSender struct {
	raw    syscall.RawConn
	write  func(uintptr) // Made once, so that Send allocates nothing.
	packet []byte
	to     unix.SockaddrInet4
	err    error
}

func (s *rawSender) Send(packet []byte, to netip.AddrPort) error {
	if !to.Addr().Unmap().Is4() {
		return unix.EAFNOSUPPORT
	}
	s.packet, s.to.Addr, s.to.Port = packet, to.Addr().Unmap().As4(), int(to.Port())
	if err := s.raw.Control(s.write); err != nil {
		return err
	}
	return s.err
}

func (s *rawSender) sendto(fd uintptr) {
	s.err = unix.Sendto(int(fd), s.packet, unix.MSG_DONTWAIT, &s.to)
}
