package escpos

import (
	"fmt"
)

// The control bytes that begin commands.
const (
	nul = 0x00
	eot = 0x04
	enq = 0x05
	dle = 0x10
	dc4 = 0x14
	esc = 0x1b
	gs  = 0x1d
)

// MaxBandRows is the most rows in one GS v 0 command; printers with little
// memory (TM-T81: 2303) and cheap clones take this much.
const MaxBandRows = 256

// FlushLen is the most data bytes in one GS v 0 command of ours, and so the
// number of NUL bytes that surely ends one that was cut off half-way.
const FlushLen = 8192

// AutoStatus masks for GS a: which changes the printer reports by itself.
const (
	AutoNone byte = 0x00
	AutoAll  byte = 0x0f // Drawer, online/offline, error, paper sensor.
)

// Encoder collects the bytes of one print job. The zero value is ready.
type Encoder struct {
	buf []byte
}

// Bytes gives what was collected so far.
func (e *Encoder) Bytes() []byte { return e.buf }

// Flush writes FlushLen NUL bytes: whatever command was cut off before
// swallows them, an idle printer ignores them.
func (e *Encoder) Flush() { e.buf = append(e.buf, make([]byte, FlushLen)...) }

// Init writes ESC @ (1B 40): clears the line buffer and resets all settings.
// Some brands also end automatic status with it, so AutoStatus comes after.
func (e *Encoder) Init() { e.buf = append(e.buf, esc, '@') }

// AutoStatus writes GS a n (1D 61 n): the printer sends its status at once and
// again at every change that the mask names.
func (e *Encoder) AutoStatus(mask byte) { e.buf = append(e.buf, gs, 'a', mask) }

// FeedDots writes ESC J n (1B 4A n): feed n vertical units, 203 per inch on
// common printers.
func (e *Encoder) FeedDots(n byte) { e.buf = append(e.buf, esc, 'J', n) }

// FeedLines writes ESC d n (1B 64 n): feed n lines.
func (e *Encoder) FeedLines(n byte) { e.buf = append(e.buf, esc, 'd', n) }

// Cut writes GS V 66 0 (1D 56 42 00): feed to the knife and cut, leaving a
// bridge so that the paper does not fall.
func (e *Encoder) Cut() { e.buf = append(e.buf, gs, 'V', 66, 0) }

// ProcessID writes GS ( H, function 48 (1D 28 48 06 00 30 30 d1 d2 d3 d4): the
// printer answers with the same four characters when everything before is
// printed.
func (e *Encoder) ProcessID(id ID) {
	e.buf = append(e.buf, gs, '(', 'H', 6, 0, 48, 48, id[0], id[1], id[2], id[3])
}

// PaperStatus writes GS r 1 (1D 72 01): the paper sensor, answered in order,
// so an answer means that everything before was processed.
func (e *Encoder) PaperStatus() { e.buf = append(e.buf, gs, 'r', 1) }

// Raster writes the picture as GS v 0 commands
// (1D 76 30 00 xL xH yL yH data), in bands of at most MaxBandRows rows and
// FlushLen bytes. Where the picture would contain the bytes of a real-time
// command, which printers obey even inside pictures, one dot is changed.
func (e *Encoder) Raster(b *Bitmap) error {
	if b.Width < 1 || b.Width > MaxWidth || b.Height > MaxHeight {
		return fmt.Errorf("picture of %d × %d dots, at most %d × %d", b.Width, b.Height, MaxWidth, MaxHeight)
	}
	band := min(MaxBandRows, FlushLen/b.Stride)
	for y := 0; y < b.Height; y += band {
		rows := min(band, b.Height-y)
		e.buf = append(e.buf, gs, 'v', '0', 0,
			byte(b.Stride), byte(b.Stride>>8), byte(rows), byte(rows>>8))
		start := len(e.buf)
		e.buf = append(e.buf, b.Bits[y*b.Stride:(y+rows)*b.Stride]...)
		Scrub(e.buf[start:])
	}
	return nil
}

// RealTimeStatus gives DLE EOT n (10 04 n), answered at once with one byte
// even when the printer is offline: n = 1 printer, 2 cause of being offline,
// 3 error, 4 paper.
func RealTimeStatus(n byte) []byte { return []byte{dle, eot, n} }

// Recover gives DLE ENQ 2 (10 05 02): recover from a jammed knife after
// clearing the buffers.
func Recover() []byte { return []byte{dle, enq, 2} }

// Scrub changes one dot wherever data contains 10 04, 10 05 or 10 14, the
// beginnings of DLE EOT, DLE ENQ and DLE DC4 (open drawer, switch off, clear
// buffer). It returns how many dots it changed.
func Scrub(data []byte) int {
	changed := 0
	for i := 0; i+1 < len(data); i++ {
		if data[i] != dle || !isRealTime(data[i+1]) {
			continue
		}
		if data[i+1] == dc4 {
			data[i+1] ^= 0x01 // 14 → 15.
		} else {
			data[i+1] ^= 0x02 // 04 → 06, 05 → 07.
		}
		changed++
	}
	return changed
}

// RealTime counts the real-time commands that a printer would find in a
// stream; a print job must have none.
func RealTime(stream []byte) int {
	n := 0
	for i := 0; i+1 < len(stream); i++ {
		if stream[i] == dle && isRealTime(stream[i+1]) {
			n++
		}
	}
	return n
}

func isRealTime(b byte) bool { return b == eot || b == enq || b == dc4 }
