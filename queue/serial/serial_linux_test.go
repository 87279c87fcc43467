package serial

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pseudo makes a line without a cable and gives the name of one end.
func pseudo(t *testing.T) string {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	t.Cleanup(func() { end.Close() })
	fd := int(end.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/dev/pts/%d", n)
}

func TestLineIsSet(t *testing.T) {
	name := pseudo(t)
	for _, baud := range Bauds() {
		for parity, bits := range map[Parity]uint32{"": 0, ParityNone: 0, ParityEven: unix.PARENB, ParityOdd: unix.PARENB | unix.PARODD} {
			for _, flow := range []bool{false, true} {
				f, err := Open(name, Line{Baud: baud, Parity: parity, Flow: flow})
				if err != nil {
					t.Fatal(err)
				}
				got, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
				if err := f.Close(); err != nil {
					t.Error(err)
				}
				// A pseudo terminal has neither parity nor another size of bytes.
				want := speeds()[baud] | unix.CREAD | unix.CLOCAL
				if flow {
					want |= unix.CRTSCTS
				}
				if err != nil || got.Cflag&^uint32(unix.CSIZE|unix.PARENB|unix.PARODD) != want || got.Cflag&unix.PARODD != bits&unix.PARODD || got.Iflag|got.Oflag|got.Lflag != 0 {
					t.Errorf("%d baud, parity %q, flow %v: %v, %+v", baud, parity, flow, err, got)
				}
			}
		}
	}
}

func TestLinesThatCannotBe(t *testing.T) {
	name := pseudo(t)
	for _, c := range []struct {
		device string
		baud   int
		want   string
	}{
		{name, 9601, "give one of"}, {"/dev/null", 9600, "set /dev/null to 9600 baud"}, {filepath.Join(t.TempDir(), "none"), 9600, "none"},
	} {
		f, err := Open(c.device, Line{Baud: c.baud})
		if err == nil {
			f.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s at %d: %v", c.device, c.baud, err)
		}
	}
}
