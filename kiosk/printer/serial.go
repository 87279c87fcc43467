package printer

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/xinmoi/xinmoi/queue/serial"
)

// Flow is how a serial line tells the sender to wait.
type Flow string

// The kinds of flow control. XON/XOFF is not among them: pictures contain these
// two characters.
const (
	FlowRTSCTS Flow = "rtscts" // By wires of the cable.
	FlowNone   Flow = "none"   // Not at all; the printer must be fast enough.
)

// Line is how a serial line is set: always 8 data bits, no parity, 1 stop bit.
type Line struct {
	Path string // "/dev/ttyUSB0"
	Baud int    // Bits a second; a ticket takes 41 s at 9,600 and 3.4 s at 115,200.
	Flow Flow
}

// Usual values of a serial printer.
const (
	defaultBaud = 115_200
	defaultFlow = FlowRTSCTS
)

// Serial opens a printer on a serial line.
func Serial(l Line) Opener {
	return func(context.Context) (Conn, error) {
		f, err := serial.Open(l.Path, serial.Line{Baud: l.Baud, Flow: l.Flow == FlowRTSCTS})
		if err != nil {
			return nil, fmt.Errorf("serial printer: %w", err)
		}
		return &device{File: f, closed: make(chan struct{})}, nil
	}
}

// serialTarget reads serial:///dev/ttyUSB0?baud=115200&flow=rtscts.
func serialTarget(u *url.URL) (Opener, error) {
	l := Line{Path: u.Path, Baud: defaultBaud, Flow: defaultFlow}
	q := u.Query()
	if baud := q.Get("baud"); baud != "" {
		n, err := strconv.Atoi(baud)
		if err != nil {
			return nil, fmt.Errorf("printer %q: baud %q is not a number", u, baud)
		}
		l.Baud = n
	}
	if flow := q.Get("flow"); flow != "" {
		l.Flow = Flow(flow)
	}
	switch {
	case u.Host != "" || len(l.Path) < 2:
		return nil, fmt.Errorf("printer %q: want serial:///dev/ttyUSB0", u)
	case !slices.Contains(bauds(), l.Baud):
		return nil, fmt.Errorf("printer %q: %d bits a second; give one of %v", u, l.Baud, bauds())
	case l.Flow != FlowRTSCTS && l.Flow != FlowNone:
		// Pictures contain XON and XOFF; a line that obeys them would stop.
		return nil, fmt.Errorf("printer %q: flow %q: give %s or %s, and set the printer likewise", u, l.Flow, FlowRTSCTS, FlowNone)
	}
	return Serial(l), nil
}

// bauds lists the speeds that serial printers have.
func bauds() []int { return []int{9600, 19200, 38400, 57600, 115_200, 230_400} }
