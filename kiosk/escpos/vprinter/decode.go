package vprinter

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// OpKind names a command.
type OpKind int

// The commands that the decoder knows. Anything else is a SyntaxError.
const (
	OpFlush       OpKind = iota + 1 // NUL bytes between commands.
	OpInit                          // ESC @
	OpAutoStatus                    // GS a N
	OpRaster                        // GS v 0: Picture.
	OpFeedDots                      // ESC J N
	OpFeedLines                     // ESC d N
	OpCut                           // GS V 65 N, GS V 66 N or GS V N
	OpProcessID                     // GS ( H function 48: ID.
	OpPaperStatus                   // GS r 1
	OpRealTime                      // DLE EOT N
	OpRecover                       // DLE ENQ 2
	OpStore                         // GS 8 L function 112: Picture, not printed yet.
	OpPrintStored                   // GS ( L function 50
	OpBuzz                          // ESC B N t
	OpIdentify                      // GS I N
	OpClear                         // DLE DC4 function 8
)

// Op is one decoded command.
type Op struct {
	Kind    OpKind
	N       byte
	ID      escpos.ID
	Picture *escpos.Bitmap
}

// SyntaxError tells what the decoder did not accept, and where.
type SyntaxError struct {
	Offset int64 // Of the command's first byte in the stream.
	What   string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.What) }

// Decoder reads commands from a stream.
type Decoder struct {
	r      *bufio.Reader
	offset int64
	start  int64

	// What a command that was cut off still waits for.
	half    *escpos.Bitmap // The picture it was filling, nil if it was no picture.
	missing int            // Bytes.
}

// NewDecoder reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{r: bufio.NewReader(r)} }

// Next reads one command. It returns io.EOF at the end of a whole command,
// io.ErrUnexpectedEOF inside one, and a *SyntaxError for what it does not know.
func (d *Decoder) Next() (Op, error) {
	d.start = d.offset
	lead, err := d.byte()
	if err != nil {
		return Op{}, err
	}
	op, err := d.command(lead)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return op, err
}

func (d *Decoder) command(lead byte) (Op, error) {
	switch lead {
	case 0x00:
		return Op{Kind: OpFlush}, d.skipNUL()
	case 0x10:
		return d.realTime()
	case 0x1b:
		return d.escape()
	case 0x1d:
		return d.group()
	}
	return Op{}, d.wrong("unknown byte %02x", lead)
}

// skipNUL takes the NUL bytes that have already arrived.
func (d *Decoder) skipNUL() error {
	for d.r.Buffered() > 0 {
		next, err := d.r.Peek(1)
		if err != nil || next[0] != 0x00 {
			return err
		}
		if _, err := d.byte(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) realTime() (Op, error) {
	b, err := d.bytes(2)
	switch {
	case err != nil:
		return Op{}, err
	case b[0] == 0x14:
		return d.clear(b[1])
	case b[0] == 0x04 && b[1] >= 1 && b[1] <= 4:
		return Op{Kind: OpRealTime, N: b[1]}, nil
	case b[0] == 0x05 && b[1] == 2:
		return Op{Kind: OpRecover}, nil
	}
	return Op{}, d.wrong("unknown command DLE %02x %02x", b[0], b[1])
}

// clear reads DLE DC4 function 8: 10 14 08 01 03 14 01 06 02 08.
func (d *Decoder) clear(fn byte) (Op, error) {
	if fn != 8 {
		return Op{}, d.wrong("DLE DC4 %d: only function 8", fn)
	}
	b, err := d.bytes(7)
	if err == nil && string(b) != "\x01\x03\x14\x01\x06\x02\x08" {
		err = d.wrong("DLE DC4 8 with % x", b)
	}
	return Op{Kind: OpClear}, err
}

func (d *Decoder) escape() (Op, error) {
	b, err := d.byte()
	if err != nil {
		return Op{}, err
	}
	switch b {
	case '@':
		return Op{Kind: OpInit}, nil
	case 'J':
		return d.withN(OpFeedDots)
	case 'd':
		return d.withN(OpFeedLines)
	case 'B':
		return d.buzz()
	}
	return Op{}, d.wrong("unknown command ESC %02x", b)
}

func (d *Decoder) group() (Op, error) {
	b, err := d.byte()
	if err != nil {
		return Op{}, err
	}
	switch b {
	case 'a':
		return d.withN(OpAutoStatus)
	case 'v':
		return d.raster()
	case 'V':
		return d.cut()
	case '(':
		return d.parenthesis()
	case '8':
		return d.store()
	case 'I':
		return d.withN(OpIdentify)
	case 'r':
		op, err := d.withN(OpPaperStatus)
		if err == nil && op.N != 1 {
			err = d.wrong("GS r %02x: only sensor 1", op.N)
		}
		return op, err
	}
	return Op{}, d.wrong("unknown command GS %02x", b)
}

func (d *Decoder) buzz() (Op, error) {
	b, err := d.bytes(2)
	if err == nil && (b[0] < 1 || b[0] > 9 || b[1] < 1 || b[1] > 9) {
		err = d.wrong("ESC B %d %d: want 1 to 9", b[0], b[1])
	}
	return Op{Kind: OpBuzz, N: b[0]}, err
}

func (d *Decoder) cut() (Op, error) {
	b, err := d.byte()
	switch {
	case err != nil:
		return Op{}, err
	case b == 1:
		return Op{Kind: OpCut, N: b}, nil
	case b == 65 || b == 66:
		return d.withN(OpCut)
	}
	return Op{}, d.wrong("GS V %d: only 1, 65 and 66", b)
}

// parenthesis reads GS ( H function 48 and GS ( L function 50.
func (d *Decoder) parenthesis() (Op, error) {
	b, err := d.bytes(5)
	switch {
	case err != nil:
		return Op{}, err
	case string(b) == "L\x02\x0002":
		return Op{Kind: OpPrintStored}, nil
	case string(b) != "H\x06\x0000":
		return Op{}, d.wrong("GS ( % x: only H function 48 and L function 50", b)
	}
	b, err = d.bytes(4)
	if err != nil {
		return Op{}, err
	}
	id := escpos.ID(b)
	if !id.Valid() {
		return Op{}, d.wrong("process id % x is not visible ASCII", id[:])
	}
	return Op{Kind: OpProcessID, ID: id}, nil
}

// store reads GS 8 L function 112.
func (d *Decoder) store() (Op, error) {
	h, err := d.bytes(15)
	if err != nil {
		return Op{}, err
	}
	length := int(h[1]) | int(h[2])<<8 | int(h[3])<<16 | int(h[4])<<24
	width, rows := int(h[11])|int(h[12])<<8, int(h[13])|int(h[14])<<8
	switch {
	case h[0] != 'L' || string(h[5:11]) != "0p0\x01\x011":
		return Op{}, d.wrong("GS 8 % x: only L function 112 in black, normal size", h)
	case width < 1 || width%8 != 0 || width > escpos.MaxWidth || rows < 1 || rows > escpos.MaxBandRows:
		return Op{}, d.wrong("picture of %d × %d dots", width, rows)
	case length != 10+rows*width/8:
		return Op{}, d.wrong("picture of %d × %d dots in %d bytes", width, rows, length)
	}
	return d.picture(OpStore, width/8, rows)
}

func (d *Decoder) raster() (Op, error) {
	h, err := d.bytes(6)
	if err != nil {
		return Op{}, err
	}
	stride, rows := int(h[2])|int(h[3])<<8, int(h[4])|int(h[5])<<8
	switch {
	case h[0] != '0' || h[1] != 0:
		return Op{}, d.wrong("GS v %02x mode %d: only 0 and normal size", h[0], h[1])
	case stride < 1 || stride*8 > escpos.MaxWidth:
		return Op{}, d.wrong("picture %d bytes wide, want 1 to %d", stride, escpos.MaxWidth/8)
	case rows < 1 || rows > escpos.MaxBandRows:
		return Op{}, d.wrong("picture of %d rows, want 1 to %d", rows, escpos.MaxBandRows)
	}
	return d.picture(OpRaster, stride, rows)
}

// picture reads the dots of a picture.
func (d *Decoder) picture(kind OpKind, stride, rows int) (Op, error) {
	picture, err := escpos.NewBitmap(stride*8, rows)
	if err != nil {
		return Op{}, err
	}
	n, err := io.ReadFull(d.r, picture.Bits)
	d.offset += int64(n)
	if err != nil {
		d.half, d.missing = picture, len(picture.Bits)-n
		return Op{}, err
	}
	if n := escpos.RealTime(picture.Bits); n > 0 {
		return Op{}, d.wrong("picture contains %d real-time commands", n)
	}
	return Op{Kind: kind, Picture: picture}, nil
}

func (d *Decoder) withN(kind OpKind) (Op, error) {
	n, err := d.byte()
	return Op{Kind: kind, N: n}, err
}

func (d *Decoder) byte() (byte, error) {
	b, err := d.r.ReadByte()
	if err == nil {
		d.offset++
	}
	return b, err
}

func (d *Decoder) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := io.ReadFull(d.r, b)
	d.offset += int64(got)
	if err != nil {
		d.missing = n - got
	}
	return b, err
}

func (d *Decoder) wrong(format string, args ...any) error {
	return &SyntaxError{Offset: d.start, What: fmt.Sprintf(format, args...)}
}
