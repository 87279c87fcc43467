//go:build unix

package bench

import "golang.org/x/sys/unix"

// maxFiles bounds the file descriptors that are looked at.
const maxFiles = 1 << 16

// socketsWithin counts the sockets of this program on a range of ports.
func socketsWithin(first, last int) (n int) {
	for fd := range min(maxFiles, openLimit()) {
		name, err := unix.Getsockname(fd)
		if err != nil {
			continue
		}
		if at, ok := name.(*unix.SockaddrInet4); ok && at.Port >= first && at.Port <= last {
			n++
		}
	}
	return n
}

// openLimit is how many file descriptors this program may have.
func openLimit() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return maxFiles
	}
	return int(min(limit.Cur, maxFiles))
}
