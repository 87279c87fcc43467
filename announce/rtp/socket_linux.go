package rtp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxStampAge is how old a packet may look that was only waiting to be read:
// reports are read once a second, on a busy machine later. What looks older says
// that the wall clock was set.
const maxStampAge = 5 * time.Second

// stampSize is room for one control message with a time stamp.
const stampSize = 64

// Socket is the UDP socket of one call's sound. Over IPv4 it is not known to
// the runtime's poller, which costs as much as the sending itself: the wheel
// reads it right before it sends. Its methods may be called from any goroutine.
type Socket struct {
	conn *net.UDPConn // For IPv6; nil else.
	addr netip.AddrPort

	mu      sync.Mutex
	fd      int // −1 once it is closed.
	to      unix.RawSockaddrInet4
	from    unix.RawSockaddrInet4
	head    unix.Msghdr
	vector  unix.Iovec
	control [stampSize]byte
}

// OpenSocket binds an address; port 0 chooses a free one.
func OpenSocket(addr netip.AddrPort) (*Socket, error) {
	if !addr.Addr().Unmap().Is4() {
		return openConn(addr)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, openFault(addr, err)
	}
	s := &Socket{fd: fd, to: unix.RawSockaddrInet4{Family: unix.AF_INET}}
	if s.addr, err = bindTo(fd, addr); err != nil {
		_ = unix.Close(fd)
		return nil, openFault(addr, err)
	}
	// What waits is bounded, so that a flood cannot make a key late; stamps are
	// for figures only.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBuffer)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	s.head.Iov, s.head.Name = &s.vector, (*byte)(unsafe.Pointer(&s.from))
	s.head.SetIovlen(1)
	return s, nil
}

func bindTo(fd int, addr netip.AddrPort) (netip.AddrPort, error) {
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: addr.Addr().Unmap().As4(), Port: int(addr.Port())}); err != nil {
		return addr, err
	}
	name, err := syscall.Getsockname(fd) // That of unix asks the kernel for the protocol, too.
	if err != nil {
		return addr, err
	}
	bound, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return addr, unix.EAFNOSUPPORT
	}
	return netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port)), nil
}

// Send implements Sender. It never blocks: when the buffer of the socket is
// full the packet is lost, as it would be further down.
func (s *Socket) Send(packet []byte, to netip.AddrPort) error {
	if s.conn != nil {
		return udpSender{s.conn}.Send(packet, to)
	}
	if !to.Addr().Unmap().Is4() || len(packet) == 0 {
		return unix.EAFNOSUPPORT
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to.Addr = to.Addr().Unmap().As4()
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&s.to.Port))[:], to.Port())
	// Raw: the processor is not given away for a call that never waits.
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&packet[0])), uintptr(len(packet)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&s.to)), unix.SizeofSockaddrInet4)
	if errno != 0 {
		return errno
	}
	return nil
}

// Receive takes a packet that waits, without blocking; ok is false when there
// is none. at is when the kernel got it.
func (s *Socket) Receive(buf []byte) (n int, from netip.AddrPort, at time.Time, ok bool) {
	if s.conn != nil || len(buf) == 0 {
		return 0, from, at, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vector.Base = &buf[0]
	s.vector.SetLen(len(buf))
	s.head.Namelen, s.head.Control = unix.SizeofSockaddrInet4, &s.control[0]
	s.head.SetControllen(stampSize)
	got, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.head)), unix.MSG_DONTWAIT)
	s.vector.Base = nil
	if errno != 0 {
		return 0, from, at, false
	}
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&s.from.Port))[:])
	return int(got), netip.AddrPortFrom(netip.AddrFrom4(s.from.Addr), port), s.arrival(), true
}

// arrival turns the kernel's stamp, of the wall clock, into a time that can be
// compared although that clock may be set.
func (s *Socket) arrival() time.Time {
	now := time.Now()
	if int(s.head.Controllen) < unix.SizeofCmsghdr+int(unsafe.Sizeof(unix.Timespec{})) {
		return now
	}
	stamp := (*unix.Timespec)(unsafe.Pointer(&s.control[unix.SizeofCmsghdr]))
	if age := time.Duration(now.UnixNano() - stamp.Nano()); age > 0 && age < maxStampAge {
		return now.Add(-age)
	}
	return now
}

// Polled reports whether Receive works; else Conn has to be read.
func (s *Socket) Polled() bool { return s.conn == nil }

// Close frees the port.
func (s *Socket) Close() error {
	if s.conn != nil {
		return s.conn.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fd := s.fd
	if s.fd = -1; fd < 0 {
		return net.ErrClosed
	}
	return unix.Close(fd)
}
