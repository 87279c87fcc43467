package layout

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// inkThreshold decides when a grey dot becomes black: of 0…255, darker than
// this is ink. Measured by reading tickets back with tesseract: 176 keeps the
// hooks and dots of Vietnamese letters without closing them.
const inkThreshold = 176

// style is a face and the distance of its lines.
type style struct {
	face   font.Face
	line   int // Rows from line to line.
	ascent int // Rows from the top of a line to its baseline.
}

// page is a ticket in the making: a canvas and a cursor going down.
type page struct {
	fonts   *Fonts
	canvas  *image.RGBA // Grey in colour: the format that image/draw is fast in.
	margin  int
	unit    int // Size of body text in dots; other measures follow it.
	y       int
	heading style
	body    style
	small   style

	bodyBold style
}

// canvasRows leaves room below MaxRows, so that finish can tell a ticket that
// grew too long.
const canvasRows = MaxRows + 600

func (f *Fonts) newPage(width, unit int) (*page, error) {
	p := &page{
		fonts: f, margin: 8, unit: unit,
		canvas: image.NewRGBA(image.Rect(0, 0, width, canvasRows)),
	}
	draw.Draw(p.canvas, p.canvas.Bounds(), image.White, image.Point{}, draw.Src)
	for _, s := range []struct {
		to   *style
		font *opentype.Font
		size float64
	}{
		{&p.heading, f.bold, float64(p.unit) + 2},
		{&p.body, f.medium, float64(p.unit)},
		{&p.bodyBold, f.bold, float64(p.unit) + 1},
		{&p.small, f.medium, max(float64(p.unit)-5, minSmall)},
	} {
		got, err := newStyle(s.font, s.size)
		if err != nil {
			return nil, err
		}
		*s.to = got
	}
	p.y = p.unit / 4
	return p, nil
}

// minSmall is the smallest letters on a ticket, in dots: 2.1 mm.
const minSmall = 17

// newStyle sets lines at 1.2 × size: capitals with two marks (Ấ, Ễ) reach to
// 1.07 × size above the baseline.
func newStyle(f *opentype.Font, size float64) (style, error) {
	got, err := face(f, size)
	if err != nil {
		return style{}, err
	}
	return style{face: got, line: int(size*1.2 + 0.5), ascent: int(size*1.0 + 0.5)}, nil
}

func (p *page) width() int { return p.canvas.Bounds().Dx() }

// space moves the cursor down.
func (p *page) space(rows int) { p.y += rows }

// centred prints text in the middle, on at most so many lines.
func (p *page) centred(s style, text string, lines int) {
	for _, line := range balance(s.face, text, p.width()-2*p.margin, lines) {
		w := font.MeasureString(s.face, line).Ceil()
		p.text(s, line, (p.width()-w)/2)
	}
}

// joined prints texts on one line where they fit, and else below each other.
func (p *page) joined(s style, texts ...string) {
	texts = slices.DeleteFunc(texts, func(t string) bool { return t == "" })
	line := nfc(strings.Join(texts, "  ·  "))
	if font.MeasureString(s.face, line).Ceil() <= p.width()-2*p.margin {
		texts = []string{line}
	}
	for _, t := range texts {
		p.centred(s, t, 2)
	}
}

// column prints text from x to the right edge, on at most so many lines.
func (p *page) column(s style, x int, text string, lines int) {
	for _, line := range wrap(s.face, text, p.width()-p.margin-x, lines) {
		p.text(s, line, x)
	}
}

func (p *page) text(s style, line string, x int) {
	d := font.Drawer{Dst: p.canvas, Src: image.Black, Face: s.face, Dot: fixed.P(x, p.y+s.ascent)}
	d.DrawString(line)
	p.y += s.line
}

// rule draws a thin line across.
func (p *page) rule() {
	p.space(p.unit / 3)
	draw.Draw(p.canvas, image.Rect(p.margin, p.y, p.width()-p.margin, p.y+2), image.Black, image.Point{}, draw.Src)
	p.space(p.unit/4 + 2)
}

// banner prints white letters on a black bar.
func (p *page) banner(text string) {
	s := p.bodyBold
	bar := image.Rect(p.margin, p.y, p.width()-p.margin, p.y+s.line+8)
	draw.Draw(p.canvas, bar, image.Black, image.Point{}, draw.Src)
	w := font.MeasureString(s.face, text).Ceil()
	d := font.Drawer{Dst: p.canvas, Src: image.White, Face: s.face, Dot: fixed.P((p.width()-w)/2, p.y+4+s.ascent)}
	d.DrawString(text)
	p.y = bar.Max.Y + p.unit/4
}

// number prints the number as tall as digitRows. Where it is too wide it is
// narrowed, because height is what old eyes need.
func (p *page) number(text string) error {
	capHeight, err := p.capHeight()
	if err != nil {
		return err
	}
	fc, err := face(p.fonts.bold, digitRows/capHeight)
	if err != nil {
		return err
	}
	ink, _ := font.BoundString(fc, text)
	box := image.Rect(ink.Min.X.Floor(), ink.Min.Y.Floor(), ink.Max.X.Ceil(), ink.Max.Y.Ceil())
	if box.Empty() {
		return fmt.Errorf("number %q has nothing to draw", text)
	}
	w, h := min(box.Dx(), p.width()-2*p.margin), box.Dy()
	p.space(p.unit / 3)
	at := image.Rect(0, 0, w, h).Add(image.Pt((p.width()-w)/2, p.y))
	if at.Size() == box.Size() {
		dot := at.Min.Sub(box.Min)
		(&font.Drawer{Dst: p.canvas, Src: image.Black, Face: fc, Dot: fixed.P(dot.X, dot.Y)}).DrawString(text)
	} else {
		src := image.NewRGBA(box)
		draw.Draw(src, box, image.White, image.Point{}, draw.Src)
		(&font.Drawer{Dst: src, Src: image.Black, Face: fc}).DrawString(text)
		draw.CatmullRom.Scale(p.canvas, at, src, box, draw.Src, nil)
	}
	p.y += h + p.unit/3
	return nil
}

// capHeight gives the height of digits and capitals of the bold face, per dot
// of size.
func (p *page) capHeight() (float64, error) {
	const probe = 1000
	fc, err := face(p.fonts.bold, probe)
	if err != nil {
		return 0, err
	}
	b, _ := font.BoundString(fc, "1")
	return float64(-b.Min.Y) / 64 / probe, nil
}

// finish cuts the canvas to what was used and turns grey into black and white.
func (p *page) finish() (*escpos.Bitmap, error) {
	rows := p.y + p.unit/4
	if rows > MaxRows {
		return nil, &tooLongError{rows: rows}
	}
	b, err := escpos.NewBitmap(p.width(), rows)
	if err != nil {
		return nil, err
	}
	for y := range rows {
		ink(b.Row(y), p.canvas.Pix[y*p.canvas.Stride:], p.width())
	}
	return b, nil
}

// ink packs a row of the canvas, four bytes to the dot, into bits.
func ink(bits, pix []byte, width int) {
	for x := range width {
		if pix[4*x] < inkThreshold {
			bits[x/8] |= 0x80 >> (x % 8)
		}
	}
}

// tooLongError tells that a ticket would not fit on MaxRows.
type tooLongError struct{ rows int }

// Error implements error.
func (e *tooLongError) Error() string {
	return fmt.Sprintf("ticket of %d rows, at most %d (90 mm)", e.rows, MaxRows)
}

// nfc composes letters and marks, since a face draws only composed letters.
func nfc(s string) string { return norm.NFC.String(s) }
