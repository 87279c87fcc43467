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
	BandRows int // Most rows in one picture command; 0 = MaxBandRows.

	buf []byte
}

// band is how many rows of so many bytes go into one picture command.
func (e *Encoder) band(stride, head int) int {
	most := MaxBandRows
	if e.BandRows > 0 {
		most = min(most, e.BandRows)
	}
	return max(1, min(most, (FlushLen-head)/stride))
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

// CutFull writes GS V 65 0 (1D 56 41 00): feed to the knife and cut through.
func (e *Encoder) CutFull() { e.buf = append(e.buf, gs, 'V', 65, 0) }

// CutHere writes GS V 1 (1D 56 01): cut where the paper stands, for printers
// that do not know how to feed to the knife by themselves.
func (e *Encoder) CutHere() { e.buf = append(e.buf, gs, 'V', 1) }

// Buzz writes ESC B n t (1B 42 n t), the buzzer of many clones: n times, t × 50
// to 100 ms each; both 1 to 9.
func (e *Encoder) Buzz(n, t byte) { e.buf = append(e.buf, esc, 'B', n, t) }

// The questions of Identify.
const (
	InfoFirmware byte = 65
	InfoMaker    byte = 66
	InfoModel    byte = 67
)

// Identify writes GS I n (1D 49 n): the printer tells who made it and what it
// is called, in order with the data before.
func (e *Encoder) Identify(n byte) { e.buf = append(e.buf, gs, 'I', n) }

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
	band := e.band(b.Stride, 0)
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

// RasterStored writes the picture as GS 8 L function 112 and GS ( L function 50
// (1D 38 4C p1 p2 p3 p4 30 70 30 01 01 31 xL xH yL yH data, then
// 1D 28 4C 02 00 30 32), in bands like Raster. Epson recommends it in place of
// GS v 0; clones seldom know it.
func (e *Encoder) RasterStored(b *Bitmap) error {
	if b.Width < 1 || b.Width > MaxWidth || b.Height > MaxHeight {
		return fmt.Errorf("picture of %d × %d dots, at most %d × %d", b.Width, b.Height, MaxWidth, MaxHeight)
	}
	most := e.band(b.Stride, storedHead)
	for y := 0; y < b.Height; {
		rows := min(most, b.Height-y)
		head := storedHeader(b, rows)
		for rows > 1 && RealTime(head) > 0 { // A length can look like a real-time command, too.
			rows--
			head = storedHeader(b, rows)
		}
		e.buf = append(e.buf, head...)
		start := len(e.buf)
		e.buf = append(e.buf, b.Bits[y*b.Stride:(y+rows)*b.Stride]...)
		Scrub(e.buf[start:])
		e.buf = append(e.buf, gs, '(', 'L', 2, 0, 48, 50)
		y += rows
	}
	return nil
}

// storedHead is how many bytes function 112 counts besides the dots.
const storedHead = 10

func storedHeader(b *Bitmap, rows int) []byte {
	p := storedHead + rows*b.Stride
	width := b.Stride * 8
	return []byte{
		gs, '8', 'L', byte(p), byte(p >> 8), byte(p >> 16), byte(p >> 24), 48, 112, 48, 1, 1, 49,
		byte(width), byte(width >> 8), byte(rows), byte(rows >> 8),
	}
}

// RealTimeStatus gives DLE EOT n (10 04 n), answered at once with one byte
// even when the printer is offline: n = 1 printer, 2 cause of being offline,
// 3 error, 4 paper.
func RealTimeStatus(n byte) []byte { return []byte{dle, eot, n} }

// Recover gives DLE ENQ 2 (10 05 02): recover from a jammed knife after
// clearing the buffers.
func Recover() []byte { return []byte{dle, enq, 2} }

// ClearBuffer gives DLE DC4 function 8 (10 14 08 01 03 14 01 06 02 08): forget
// everything received and not printed, also while offline. Without it, a printer
// that ran out of paper spills the rest when it gets a new roll.
func ClearBuffer() []byte { return []byte{dle, dc4, 8, 1, 3, 20, 1, 6, 2, 8} }

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
