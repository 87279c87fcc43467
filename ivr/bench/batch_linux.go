package bench

import (
	"encoding/binary"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batchSize   = 64  // Packets taken from or given to the kernel at once.
	packetSize  = 256 // More than any packet of these calls.
	controlSize = 64  // For one time stamp.
	socketBytes = 8 << 20
)

// message is struct mmsghdr (recvmmsg(2)).
type message struct {
	head   unix.Msghdr
	length uint32
}

// batch is room for many packets, set up once.
type batch struct {
	messages [batchSize]message
	vectors  [batchSize]unix.Iovec
	peers    [batchSize]unix.RawSockaddrInet4
	packets  [batchSize][packetSize]byte
	controls [batchSize][controlSize]byte
}

func newBatch() *batch {
	b := &batch{}
	for i := range b.messages {
		h := &b.messages[i].head
		b.vectors[i].Base = &b.packets[i][0]
		h.Iov, h.Name, h.Control = &b.vectors[i], (*byte)(unsafe.Pointer(&b.peers[i])), &b.controls[i][0]
		h.SetIovlen(1)
	}
	return b
}

// receive takes what waits at a socket, 0 when nothing does.
func (b *batch) receive(fd int) int {
	for i := range b.messages {
		h := &b.messages[i].head
		h.Namelen = unix.SizeofSockaddrInet4
		h.SetControllen(controlSize)
		b.vectors[i].SetLen(packetSize)
	}
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// packet gives the i-th packet received, the port it came from, and when the
// kernel got it, in nanoseconds of the wall clock.
func (b *batch) packet(i int) (data []byte, port uint16, at int64) {
	raw := (*[2]byte)(unsafe.Pointer(&b.peers[i].Port))
	control := b.controls[i][:]
	if binary.NativeEndian.Uint32(control[unix.SizeofCmsghdr-4:]) == unix.SO_TIMESTAMPNS {
		stamp := (*unix.Timespec)(unsafe.Pointer(&control[unix.SizeofCmsghdr]))
		at = stamp.Nano()
	}
	return b.packets[i][:min(b.messages[i].length, packetSize)], binary.BigEndian.Uint16(raw[:]), at
}

// put prepares the i-th packet to be sent.
func (b *batch) put(i, size int, to uint16) {
	h := &b.messages[i].head
	b.peers[i] = loopback(to)
	h.Namelen = unix.SizeofSockaddrInet4
	h.SetControllen(0)
	b.vectors[i].SetLen(size)
}

// send gives the first n packets to the kernel; what it does not take is lost.
func (b *batch) send(fd, n int) {
	for from := 0; from < n; {
		sent, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[from])), uintptr(n-from), unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			sent = 1 // That one cannot be sent.
		}
		from += int(sent)
	}
}

// loopback is 127.0.0.1 with a port.
func loopback(port uint16) unix.RawSockaddrInet4 {
	a := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{127, 0, 0, 1}}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&a.Port))[:], port)
	return a
}

// openSocket binds a free loopback port; arrivals are stamped where asked for.
func openSocket(stamped bool) (fd int, port uint16, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("open a socket: %w", err)
	}
	port, err = bindLoopback(fd)
	if err == nil && stamped {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBytes) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBytes) // The kernel may grant less.
		}
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	if err != nil {
		_ = unix.Close(fd)
		return 0, 0, fmt.Errorf("set up a socket: %w", err)
	}
	return fd, port, nil
}

func bindLoopback(fd int) (uint16, error) {
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return uint16(name.(*unix.SockaddrInet4).Port), nil
}

// wall is the clock that the kernel stamps packets with.
func wall() int64 { return time.Now().UnixNano() }
