package serial

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Open opens and sets a line, whose name is like "/dev/ttyUSB0". The error says
// which of the two was refused.
func Open(device string, l Line) (*os.File, error) {
	f, err := os.OpenFile(device, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	if err := control(f, l); err != nil {
		return nil, errors.Join(fmt.Errorf("set %s to %d baud: %w", device, l.Baud, err), f.Close())
	}
	return f, nil
}

func control(f *os.File, l Line) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = set(int(fd), l) })
	return errors.Join(err, failed)
}

// set has nothing be echoed, translated or kept, and the line not be hung up
// when it is closed: that would reset printers.
func set(fd int, l Line) error {
	speed, ok := speeds()[l.Baud]
	if !ok {
		return fmt.Errorf("no such speed: give one of %v", Bauds())
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | speed
	switch l.Parity {
	case ParityEven:
		t.Cflag |= unix.PARENB
	case ParityOdd:
		t.Cflag |= unix.PARENB | unix.PARODD
	}
	if l.Flow {
		t.Cflag |= unix.CRTSCTS
	}
	t.Ispeed, t.Ospeed = speed, speed
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// speeds are the system's codes of what Bauds lists.
func speeds() map[int]uint32 {
	return map[int]uint32{
		1200: unix.B1200, 2400: unix.B2400, 4800: unix.B4800, 9600: unix.B9600, 19200: unix.B19200,
		38400: unix.B38400, 57600: unix.B57600, 115_200: unix.B115200, 230_400: unix.B230400,
	}
}
