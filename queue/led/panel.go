package led

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/serial"
)

// The drivers.
const (
	DriverModbus = "modbus" // Modbus RTU: holding registers are written, the panel answers.
	DriverASCII  = "ascii"  // A line of text; the panel may answer one.
)

// Parity of a serial line.
type Parity = serial.Parity

// The parities. Panels are sold with "none"; the Modbus standard has "even".
const (
	ParityNone = serial.ParityNone
	ParityEven = serial.ParityEven
	ParityOdd  = serial.ParityOdd
)

// Panel is one number panel. Device and Counters are required.
type Panel struct {
	Device   string        // "/dev/ttyUSB0"; panels of one device share the line.
	Baud     int           // Bits a second, 8 data bits. Default 9600.
	Parity   Parity        // Default ParityNone.
	Driver   string        // DriverModbus or DriverASCII. Default DriverModbus.
	Unit     int           // Its address on the line, 1 to 247. Default 1.
	Counters []string      // Whose calls it shows; of several, the latest.
	Timeout  time.Duration // For its answer. Default 300 ms.

	Register int      // Modbus: first holding register, counted from 0.
	Fields   []string // Modbus: what the registers from there on hold, see Fields. Default: all but text.

	Format string // ASCII: what is sent, see Placeholders. Default "{unit},{counter},{number},{state}\r\n".
	Answer string // ASCII: what the answer must contain; empty = the panel does not answer.
}

// The fields of a panel's registers.
const (
	FieldCounter = "counter" // The counter's number; 0 if it is none.
	FieldLetter  = "letter"  // The service's letter in ASCII; 0 = dark.
	FieldNumber  = "number"  // The number after the letter; 0 = dark.
	FieldState   = "state"   // 0 = dark, 1 = steady (being served), 2 = flashing (called).
	FieldText    = "text"    // "A012", two characters a register, filled with spaces to eight.
)

// Fields lists what a panel's registers may hold.
func Fields() []string {
	return []string{FieldCounter, FieldLetter, FieldNumber, FieldState, FieldText}
}

// Placeholders of a format: what stands for them is the panel's address, the
// counter, the number as it is printed, its digits, its state (0, 1, 2 as in
// FieldState), and two hex digits over all bytes before it: their sum, or their
// exclusive or.
func Placeholders() []string {
	return []string{"{unit}", "{counter}", "{number}", "{digits}", "{state}", "{sum}", "{xor}"}
}

const (
	defaultBaud    = 9600
	defaultTimeout = 300 * time.Millisecond
	defaultFormat  = "{unit},{counter},{number},{state}\r\n"
	maxUnit        = 247 // Modbus over serial line V1.02 §2.2.
	maxFormat      = 200 // Bytes.
	maxTimeout     = 5 * time.Second
	maxPanels      = 128
	textRegisters  = 4
)

// withDefaults fills in what was left open.
func (p Panel) withDefaults() Panel {
	p.Baud, p.Parity, p.Driver = cmp.Or(p.Baud, defaultBaud), cmp.Or(p.Parity, ParityNone), cmp.Or(p.Driver, DriverModbus)
	p.Unit, p.Timeout, p.Format = cmp.Or(p.Unit, 1), cmp.Or(p.Timeout, defaultTimeout), cmp.Or(p.Format, defaultFormat)
	if len(p.Fields) == 0 {
		p.Fields = []string{FieldCounter, FieldLetter, FieldNumber, FieldState}
	}
	return p
}

// Validate tells what is wrong with the panels of one machine, in words for who
// wrote them down.
func Validate(panels []Panel) error {
	if len(panels) > maxPanels {
		return fmt.Errorf("%d panels: give at most %d", len(panels), maxPanels)
	}
	for i, p := range panels {
		p = p.withDefaults()
		if err := p.validate(); err != nil {
			return fmt.Errorf("panel %d (%s): %w", i+1, p.Device, err)
		}
		for _, o := range panels[:i] {
			o = o.withDefaults()
			switch {
			case o.Device != p.Device:
			case o.Baud != p.Baud || o.Parity != p.Parity:
				return fmt.Errorf("panel %d: %s has %d baud, parity %s, for another panel: one line has one speed", i+1, p.Device, o.Baud, o.Parity)
			case o.Unit == p.Unit && (o.Driver == DriverModbus || p.Driver == DriverModbus):
				return fmt.Errorf("panel %d: %s has two panels with the address %d: give each its own", i+1, p.Device, p.Unit)
			}
		}
	}
	return nil
}

func (p Panel) validate() error {
	switch {
	case p.Device == "":
		return errors.New("device: name a serial line, such as /dev/ttyUSB0")
	case !slices.Contains(serial.Bauds(), p.Baud):
		return fmt.Errorf("baud %d: give one of %v", p.Baud, serial.Bauds())
	case p.Parity != ParityNone && p.Parity != ParityEven && p.Parity != ParityOdd:
		return fmt.Errorf("parity %q: give none, even or odd", p.Parity)
	case p.Driver != DriverModbus && p.Driver != DriverASCII:
		return fmt.Errorf("driver %q: give modbus or ascii", p.Driver)
	case p.Unit < 1 || p.Unit > maxUnit:
		return fmt.Errorf("unit %d: give 1 to %d", p.Unit, maxUnit)
	case len(p.Counters) == 0:
		return errors.New("counters: name those whose calls it shows, such as [\"3\"]")
	case p.Timeout < 0 || p.Timeout > maxTimeout:
		return fmt.Errorf("timeout %v: give up to %v", p.Timeout, maxTimeout)
	case p.Register < 0 || p.Register+len(p.Fields)+textRegisters > 1<<16:
		return fmt.Errorf("register %d: give 0 to 65535 with room for the fields", p.Register)
	case slices.ContainsFunc(p.Fields, func(f string) bool { return !slices.Contains(Fields(), f) }):
		return fmt.Errorf("fields %v: choose from %v", p.Fields, Fields())
	case len(p.Fields) > len(Fields()):
		return fmt.Errorf("fields %v: give each once", p.Fields)
	case len(p.Format) > maxFormat || len(p.Answer) > maxFormat:
		return fmt.Errorf("format or answer is longer than %d bytes", maxFormat)
	}
	rest := p.Format
	for _, name := range Placeholders() {
		rest = strings.ReplaceAll(rest, name, "")
	}
	if strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("format %q: the placeholders are %s", p.Format, strings.Join(Placeholders(), " "))
	}
	return nil
}

// Sign is what a panel shows. The zero Sign is dark.
type Sign struct {
	Counter string
	Number  queue.Number
	Flash   bool // Called, not yet at the counter.
}

// state is FieldState.
func (s Sign) state() int {
	switch {
	case s.Number.IsZero():
		return 0
	case s.Flash:
		return 2
	}
	return 1
}

// signOf is what a panel shows of the hall: of its counters the number called
// last.
func signOf(p Panel, b queue.Board) Sign {
	var latest queue.Seat
	for _, s := range b.Serving {
		if slices.Contains(p.Counters, s.Counter) && (latest.Number.IsZero() || s.CalledAt.After(latest.CalledAt)) {
			latest = s
		}
	}
	if latest.Number.IsZero() {
		return Sign{Counter: p.Counters[0]}
	}
	return Sign{latest.Counter, latest.Number, latest.State == queue.Called}
}
