package printer_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/printer"
)

// cable gives a character device and the printer's end of it: a raw
// pseudo-terminal in place of /dev/usb/lp0.
func cable(t *testing.T) (path string, far *os.File) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	fd := int(far.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	raw.Iflag, raw.Oflag, raw.Lflag = 0, 0, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, raw); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/dev/pts/%d", n), far
}

// Over a serial line: the line is set as asked, and a ticket is acknowledged.
func TestSerial(t *testing.T) {
	path, far := cable(t)
	near, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	v := virtual(t)
	served := make(chan struct{})
	go func() {
		v.ServeConn(far)
		close(served)
	}()
	open, err := printer.Target("serial://" + path + "?baud=38400&flow=none")
	if err != nil {
		t.Fatal(err)
	}
	d := patient(open)
	for range 2 {
		if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 200)}); got != printer.Printed {
			t.Errorf("got %s, %v", got, err)
		}
	}
	set, err := unix.IoctlGetTermios(int(near.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if set.Cflag&unix.CBAUD != unix.B38400 || set.Cflag&unix.CRTSCTS != 0 || set.Lflag != 0 || set.Iflag != 0 {
		t.Errorf("line %+v", set)
	}
	if n := len(v.Papers()); n != 2 || v.Err() != nil {
		t.Errorf("%d papers, %v", n, v.Err())
	}
	if err := near.Close(); err != nil {
		t.Fatal(err)
	}
	<-served
	if _, err := printer.Serial(printer.Line{Path: "/dev/null", Baud: 9600})(t.Context()); err == nil {
		t.Error("/dev/null was taken for a serial line")
	}
}

// Over a character device: one ticket acknowledged, one refused for want of
// paper.
func TestDevice(t *testing.T) {
	path, far := cable(t)
	// The near end stays open, else the far end sees a hang-up between jobs.
	near, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	v := virtual(t)
	served := make(chan struct{})
	go func() {
		v.ServeConn(far)
		close(served)
	}()
	d := patient(printer.Device(path))
	if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 200)}); got != printer.Printed {
		t.Errorf("got %s, %v", got, err)
	}
	v.SetStatus(escpos.Status{PaperEnd: true, Offline: true})
	if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 200)}); got != printer.Failed {
		t.Errorf("without paper: %s, %v", got, err)
	}
	if n := len(v.Papers()); n != 1 || v.Err() != nil {
		t.Errorf("%d papers, %v", n, v.Err())
	}
	if err := near.Close(); err != nil {
		t.Fatal(err)
	}
	<-served // The cable is pulled: the last end closed.
}
