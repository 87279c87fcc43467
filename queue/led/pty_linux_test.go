package led

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/queue"
)

// pty makes a serial line without a cable: what is written to its name is read
// from the file.
func pty(t *testing.T) (end *os.File, name string) {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	t.Cleanup(func() { end.Close() })
	raw, err := end.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return end, fmt.Sprintf("/dev/pts/%d", n)
}

// A real terminal line, its own speed set, with panels that fail in every way
// and answer in between.
func TestSerialLine(t *testing.T) {
	for _, parity := range []Parity{ParityNone, ParityEven, ParityOdd} {
		t.Run(string(parity), func(t *testing.T) {
			end, name := pty(t)
			b, h := newBus(1, 2), newHall()
			n := 0
			b.next = func() fault {
				n++
				return fault(n % int(faults))
			}
			go b.serve(end)
			panels := []Panel{
				{Device: name, Baud: 19200, Parity: parity, Counters: []string{"1"}, Timeout: 30 * time.Millisecond},
				{Device: name, Baud: 19200, Parity: parity, Unit: 2, Counters: []string{"2"}, Timeout: 30 * time.Millisecond},
			}
			_, stop := run(t, Config{Office: h, Panels: panels})
			defer end.Close()
			defer stop()
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for i := 1; i <= 5; i++ {
				h.call("1", 2*i, queue.Called)
				h.call("2", 2*i+1, queue.Called)
				for !slices.Equal(b.shows(1, 4), []uint16{1, 'A', uint16(2 * i), 2}) || !slices.Equal(b.shows(2, 4), []uint16{2, 'A', uint16(2*i + 1), 2}) {
					select {
					case <-tick.C:
					case <-t.Context().Done():
						t.Fatal("ended")
					}
				}
			}
			if n := b.bad(); n != 0 {
				t.Errorf("%d bad frames", n)
			}
		})
	}
}
