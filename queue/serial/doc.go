// Package serial opens serial lines, which number panels, number pads and
// printers hang on, so that they carry bytes as they are.
package serial

// Line is how a line is set: 8 data bits, one stop bit.
type Line struct {
	Baud   int    // Bits a second, one of Bauds.
	Parity Parity // Empty is ParityNone.
	Flow   bool   // RTS and CTS say when to wait.
}

// Parity of a serial line.
type Parity string

// The parities.
const (
	ParityNone Parity = "none"
	ParityEven Parity = "even"
	ParityOdd  Parity = "odd"
)

// Bauds lists the speeds that a line may have.
func Bauds() []int { return []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400} }
