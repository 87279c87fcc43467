//go:build unix

package multicast

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// setMulticast chooses the interface (0 = the system does), how far packets go,
// and that this machine hears them, too.
func setMulticast(conn *net.UDPConn, index, ttl int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var fault error
	err = raw.Control(func(fd uintptr) {
		s := int(fd)
		fault = errors.Join(
			unix.SetsockoptInt(s, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, ttl),
			unix.SetsockoptInt(s, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 1),
			unix.SetsockoptInt(s, unix.IPPROTO_IP, unix.IP_TOS, expedited))
		if index != 0 {
			fault = errors.Join(fault, unix.SetsockoptIPMreqn(s, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(index)}))
		}
	})
	return errors.Join(err, fault)
}

// expedited marks packets of voice (DSCP EF, RFC 3246).
const expedited = 46 << 2
