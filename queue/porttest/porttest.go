// Package porttest is for tests that start a program which has to be told at
// what port to listen: it finds ports that nobody else takes meanwhile.
package porttest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
)

// next walks through ports below those that the system hands out by itself, so
// that tests running side by side do not meet.
var next atomic.Int32

// Free finds a port of the loopback that is free for UDP and TCP, as is the
// next one: a softphone takes that too, for TLS. No other test process is given
// it as long as this one runs.
func Free(t testing.TB) int {
	t.Helper()
	const first, places, apart = 20000, 2500, 4
	for range places {
		port := first + apart*((int(next.Add(1))+os.Getpid()*37)%places)
		if reserve(port) && free(port) && free(port+1) {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// reserve keeps a port from other test processes: packages are tested side by
// side. The lock is that of the open file, and goes with the process.
func reserve(port int) bool {
	dir := filepath.Join(os.TempDir(), "xinmoi-test-ports")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false
	}
	fd, err := syscall.Open(filepath.Join(dir, strconv.Itoa(port)), syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return false
	}
	if syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		_ = syscall.Close(fd)
		return false
	}
	return true // The file stays open until the process ends.
}

func free(port int) bool {
	tcp, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	_ = tcp.Close()
	udp, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	_ = udp.Close()
	return true
}
