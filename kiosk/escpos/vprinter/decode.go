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
	OpCut                           // GS V 66 N
	OpProcessID                     // GS ( H function 48: ID.
	OpPaperStatus                   // GS r 1
	OpRealTime                      // DLE EOT N
	OpRecover                       // DLE ENQ 2
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
	case b[0] == 0x04 && b[1] >= 1 && b[1] <= 4:
		return Op{Kind: OpRealTime, N: b[1]}, nil
	case b[0] == 0x05 && b[1] == 2:
		return Op{Kind: OpRecover}, nil
	}
	return Op{}, d.wrong("unknown command DLE %02x %02x", b[0], b[1])
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
		return d.processID()
	case 'r':
		op, err := d.withN(OpPaperStatus)
		if err == nil && op.N != 1 {
			err = d.wrong("GS r %02x: only sensor 1", op.N)
		}
		return op, err
	}
	return Op{}, d.wrong("unknown command GS %02x", b)
}

func (d *Decoder) cut() (Op, error) {
	b, err := d.bytes(2)
	if err != nil {
		return Op{}, err
	}
	if b[0] != 66 {
		return Op{}, d.wrong("GS V %d: only function 66", b[0])
	}
	return Op{Kind: OpCut, N: b[1]}, nil
}

func (d *Decoder) processID() (Op, error) {
	b, err := d.bytes(9)
	if err != nil {
		return Op{}, err
	}
	if string(b[:5]) != "H\x06\x0000" {
		return Op{}, d.wrong("GS ( % x: only H function 48", b[:5])
	}
	id := escpos.ID(b[5:9])
	if !id.Valid() {
		return Op{}, d.wrong("process id % x is not visible ASCII", id[:])
	}
	return Op{Kind: OpProcessID, ID: id}, nil
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
	picture, err := escpos.NewBitmap(stride*8, rows)
	if err != nil {
		return Op{}, err
	}
	n, err := io.ReadFull(d.r, picture.Bits)
	d.offset += int64(n)
	if err != nil {
		return Op{}, err
	}
	if n := escpos.RealTime(picture.Bits); n > 0 {
		return Op{}, d.wrong("picture contains %d real-time commands", n)
	}
	return Op{Kind: OpRaster, Picture: picture}, nil
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
	return b, err
}

func (d *Decoder) wrong(format string, args ...any) error {
	return &SyntaxError{Offset: d.start, What: fmt.Sprintf(format, args...)}
}
