package printer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Conn is an open way to a printer.
type Conn interface {
	io.ReadWriteCloser
	SetWriteDeadline(t time.Time) error
}

// Opener opens the way to a printer; every job opens its own.
type Opener func(ctx context.Context) (Conn, error)

// DefaultPort is the port of raw printing, "JetDirect".
const DefaultPort = "9100"

// dialTimeout bounds connecting; a printer that is switched on answers within
// milliseconds.
const dialTimeout = 3 * time.Second

// Target reads an address as it stands in the configuration:
//
//	tcp://192.168.1.50, tcp://192.168.1.50:9100   a network printer
//	/dev/usb/lp0                                  a device, or an ordinary file as a spool
//	usb                                           the first of /dev/usb/lp*, whichever number it has today
//	serial:///dev/ttyUSB0?baud=115200&flow=rtscts a serial line; flow = rtscts or none
//	cups://phieu                                  a raw queue of CUPS; no acknowledgement
func Target(target string) (Opener, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, wrongTarget(target)
	}
	switch {
	case u.Scheme == "tcp":
		return tcpTarget(target)
	case u.Scheme == "serial":
		return serialTarget(u)
	case u.Scheme == "cups" && u.Host != "" && strings.Trim(u.Path, "/") == "":
		return CUPS(u.Host), nil
	case target == "usb":
		return USB(usbPattern), nil
	case strings.HasPrefix(target, "/"):
		return Device(target), nil
	}
	return nil, wrongTarget(target)
}

func wrongTarget(target string) error {
	return fmt.Errorf("printer %q: want tcp://host:9100, usb, a path like /dev/usb/lp0, serial:///dev/ttyUSB0?baud=115200 or cups://queue", target)
}

func tcpTarget(target string) (Opener, error) {
	addr := strings.TrimPrefix(target, "tcp://")
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(strings.Trim(addr, "[]"), DefaultPort)
	}
	if host, _, err := net.SplitHostPort(addr); err != nil || host == "" {
		return nil, fmt.Errorf("printer %q: want tcp://host or tcp://host:port", target)
	}
	return TCP(addr), nil
}

// TCP opens a network printer at host:port.
func TCP(addr string) Opener {
	return func(ctx context.Context) (Conn, error) {
		d := net.Dialer{Timeout: dialTimeout}
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("connect to printer: %w", err)
		}
		return conn, nil
	}
}

// usbPattern is where Linux puts printers on USB.
const usbPattern = "/dev/usb/lp*"

// USB opens the first device that matches a pattern: a printer that was
// unplugged may come back under another number.
func USB(pattern string) Opener {
	return func(ctx context.Context) (Conn, error) {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("open printer: nothing at %s: check cable and power of the printer", pattern)
		}
		return Device(slices.Min(found))(ctx)
	}
}

// Device opens a device file such as /dev/usb/lp0. The file must exist: a
// printer that was unplugged must not become an ordinary file. Into an
// ordinary file (a spool) jobs are appended.
func Device(path string) Opener {
	return func(context.Context) (Conn, error) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("open printer: %w", err)
		}
		if info.Mode().IsRegular() {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return nil, fmt.Errorf("open printer: %w", err)
			}
			return spool{f}, nil
		}
		// Without waiting in the kernel: a read that hangs there would keep the
		// device open, and the USB driver lets nobody else in.
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
		if err != nil {
			return nil, fmt.Errorf("open printer: %w", err)
		}
		return &device{File: f, closed: make(chan struct{})}, nil
	}
}

// errOneWay is what reading gives on a transport that carries no answers.
var errOneWay = errors.New("transport carries no answers")

// oneWay marks transports that carry no answers: they are asked nothing.
type oneWay interface{ oneWay() }

// spool is an ordinary file that collects jobs.
type spool struct{ *os.File }

func (spool) oneWay() {}

// Read implements io.Reader.
func (spool) Read([]byte) (int, error) { return 0, errOneWay }

// device is a character device. The USB printer driver ends a read with zero
// bytes when the printer has nothing to say; that is no end of the stream.
type device struct {
	*os.File
	closed chan struct{}
	once   sync.Once
}

// devicePause is how long to wait after an empty read.
const devicePause = 20 * time.Millisecond

// Read implements io.Reader.
func (d *device) Read(b []byte) (int, error) {
	for {
		n, err := d.File.Read(b)
		if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EBADF) {
			return 0, errOneWay // The kernel's answer for a one-way USB interface.
		}
		if n > 0 || !errors.Is(err, io.EOF) && !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		select {
		case <-d.closed:
			return 0, os.ErrClosed
		case <-time.After(devicePause):
		}
	}
}

// Close implements io.Closer.
func (d *device) Close() error {
	d.once.Do(func() { close(d.closed) })
	return d.File.Close()
}
