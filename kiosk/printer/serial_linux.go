package printer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Serial opens a printer on a serial line.
func Serial(l Line) Opener {
	return func(context.Context) (Conn, error) {
		f, err := os.OpenFile(l.Path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
		if err != nil {
			return nil, fmt.Errorf("open serial printer: %w", err)
		}
		if err := setLine(f, l); err != nil {
			return nil, errors.Join(fmt.Errorf("set %s to %d bits a second: %w", l.Path, l.Baud, err), f.Close())
		}
		return &device{File: f, closed: make(chan struct{})}, nil
	}
}

// setLine makes the line carry bytes as they are.
func setLine(f *os.File, l Line) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if err != nil {
			failed = err
			return
		}
		speed := baudCode(l.Baud)
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		// Without HUPCL: closing after a ticket must not reset the printer.
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | speed
		if l.Flow == FlowRTSCTS {
			t.Cflag |= unix.CRTSCTS
		}
		t.Ispeed, t.Ospeed = speed, speed
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		failed = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return errors.Join(err, failed)
}

func baudCode(baud int) uint32 {
	switch baud {
	case 9600:
		return unix.B9600
	case 19200:
		return unix.B19200
	case 38400:
		return unix.B38400
	case 57600:
		return unix.B57600
	case 230_400:
		return unix.B230400
	}
	return unix.B115200
}
