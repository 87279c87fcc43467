package led

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Driver speaks the language of a kind of panels.
type Driver interface {
	// Show puts a sign onto a panel and returns when the panel has it, or when
	// it cannot tell. Showing it twice does no harm.
	Show(ctx context.Context, l *Line, p Panel, s Sign) error
}

// driverOf gives the driver of a validated panel.
func driverOf(p Panel) Driver {
	if p.Driver == DriverASCII {
		return ascii{}
	}
	return modbus{}
}

// Port is an open serial line.
type Port interface {
	io.ReadWriteCloser
	// SetDeadline ends reads and writes that take longer; os.ErrDeadlineExceeded.
	SetDeadline(t time.Time) error
}

// Line is a serial line with panels on it, used by one goroutine.
type Line struct {
	port Port
	baud int
	dirt bool // An answer may still be on its way.
	buf  [256]byte
}

// errSilent is a panel that says nothing.
var errSilent = errors.New("no answer: check power, cable, address, baud and parity")

// bitsPerByte on the line: start, eight of data, parity or stop, stop.
const bitsPerByte = 11

// time that n bytes need on the line.
func (l *Line) time(n int) time.Duration {
	return time.Duration(n) * bitsPerByte * time.Second / time.Duration(l.baud)
}

// gap is the silence between two frames: 3.5 characters, and at higher speeds
// 1.75 ms (Modbus over serial line V1.02 §2.5.1.1).
func (l *Line) gap() time.Duration { return max(l.time(7)/2, 1750*time.Microsecond) }

// Deadline is when n bytes and a panel's answer must have come.
func (l *Line) Deadline(n int, patience time.Duration) time.Time {
	return time.Now().Add(l.time(n) + patience)
}

// Send writes a frame once the line has been silent long enough. After a
// failure that is a panel's whole patience: a late answer must not be taken for
// that to the next request.
func (l *Line) Send(ctx context.Context, frame []byte, patience time.Duration) error {
	silence := l.gap()
	if l.dirt {
		silence = patience
	}
	if err := l.hush(ctx, silence, 3*patience); err != nil {
		return err
	}
	l.dirt = true
	if err := l.port.SetDeadline(l.Deadline(2*len(frame), patience)); err != nil {
		return fmt.Errorf("serial line: %w", err)
	}
	if _, err := l.port.Write(frame); err != nil {
		return fmt.Errorf("serial line: %w", err)
	}
	return nil
}

// hush reads away what nobody asked for, until the line has been silent.
func (l *Line) hush(ctx context.Context, silence, most time.Duration) error {
	for end := time.Now().Add(max(most, 2*silence)); ; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(end) {
			return errors.New("the line is never silent: check termination, and that nobody else talks on it")
		}
		if err := l.port.SetDeadline(time.Now().Add(silence)); err != nil {
			return fmt.Errorf("serial line: %w", err)
		}
		switch _, err := l.port.Read(l.buf[:]); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return fmt.Errorf("serial line: %w", err)
		}
	}
}

// Receive reads what comes until a deadline; errSilent if nothing does. The
// bytes are good until the next call.
func (l *Line) Receive(deadline time.Time) ([]byte, error) {
	if err := l.port.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("serial line: %w", err)
	}
	n, err := l.port.Read(l.buf[:])
	switch {
	case n > 0:
		return l.buf[:n], nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errSilent
	case err != nil:
		return nil, fmt.Errorf("serial line: %w", err)
	}
	return nil, nil
}

// show has a driver put a sign onto a panel.
func (l *Line) show(ctx context.Context, p Panel, s Sign) error {
	err := driverOf(p).Show(ctx, l, p, s)
	var refused Exception
	// Whoever refused has answered: nothing more is on its way.
	l.dirt = err != nil && !errors.As(err, &refused)
	return err
}

// broken reports whether the line itself has failed, not a panel on it.
func broken(err error) bool {
	var path *os.PathError
	return errors.As(err, &path) || errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}
