package escpos

import (
	"fmt"
	"image"
	"image/color"
)

// MaxWidth is the widest picture accepted, in dots: more than any receipt
// printer has, and narrow enough that sizes never overflow two bytes.
const MaxWidth = 1024

// MaxHeight is the longest picture accepted, in rows: 1 m at 203 dpi. A longer
// one is a mistake, and would empty the roll.
const MaxHeight = 8000

// Bitmap is a picture of one bit per dot, 1 = black, the most significant bit
// leftmost: the order in which GS v 0 carries it. It implements image.Image.
type Bitmap struct {
	Width  int    // Dots per row.
	Height int    // Rows.
	Stride int    // Bytes per row, (Width+7)/8.
	Bits   []byte // Height × Stride bytes; bits right of Width are 0.
}

// NewBitmap makes a white picture. Sizes outside 1…MaxWidth and 0…MaxHeight
// are errors.
func NewBitmap(width, height int) (*Bitmap, error) {
	if width < 1 || width > MaxWidth || height < 0 || height > MaxHeight {
		return nil, fmt.Errorf("picture of %d × %d dots, at most %d × %d", width, height, MaxWidth, MaxHeight)
	}
	stride := (width + 7) / 8
	return &Bitmap{Width: width, Height: height, Stride: stride, Bits: make([]byte, stride*height)}, nil
}

// Black tells whether a dot is black; dots outside the picture are white.
func (b *Bitmap) Black(x, y int) bool {
	if x < 0 || y < 0 || x >= b.Width || y >= b.Height {
		return false
	}
	return b.Bits[y*b.Stride+x/8]&(0x80>>(x%8)) != 0
}

// Set makes a dot black or white; dots outside the picture are ignored.
func (b *Bitmap) Set(x, y int, black bool) {
	if x < 0 || y < 0 || x >= b.Width || y >= b.Height {
		return
	}
	mask := byte(0x80 >> (x % 8))
	if black {
		b.Bits[y*b.Stride+x/8] |= mask
		return
	}
	b.Bits[y*b.Stride+x/8] &^= mask
}

// Fill paints the dots of a rectangle.
func (b *Bitmap) Fill(r image.Rectangle, black bool) {
	r = r.Intersect(b.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			b.Set(x, y, black)
		}
	}
}

// Row gives the bytes of row y.
func (b *Bitmap) Row(y int) []byte { return b.Bits[y*b.Stride : (y+1)*b.Stride] }

// Append adds the rows of another picture below; a narrower one is put at the
// left edge, a wider one is cut off.
func (b *Bitmap) Append(below *Bitmap) error {
	if b.Height+below.Height > MaxHeight {
		return fmt.Errorf("picture of %d rows, at most %d", b.Height+below.Height, MaxHeight)
	}
	start := b.Height
	b.Height += below.Height
	b.Bits = append(b.Bits, make([]byte, b.Stride*below.Height)...)
	for y := range below.Height {
		row := b.Row(start + y)
		copy(row, below.Row(y))
		if extra := b.Stride*8 - b.Width; extra > 0 {
			row[b.Stride-1] &= byte(0xff) << extra
		}
	}
	return nil
}

// ColorModel implements image.Image.
func (b *Bitmap) ColorModel() color.Model { return color.GrayModel }

// Bounds implements image.Image.
func (b *Bitmap) Bounds() image.Rectangle { return image.Rect(0, 0, b.Width, b.Height) }

// At implements image.Image.
func (b *Bitmap) At(x, y int) color.Color {
	if b.Black(x, y) {
		return color.Gray{Y: 0}
	}
	return color.Gray{Y: 255}
}

// Paletted gives the picture with a palette of two, which PNG stores at one
// bit per dot.
func (b *Bitmap) Paletted() *image.Paletted {
	p := image.NewPaletted(b.Bounds(), color.Palette{color.Gray{Y: 255}, color.Gray{Y: 0}})
	for y := range b.Height {
		for x := range b.Width {
			if b.Black(x, y) {
				p.Pix[y*p.Stride+x] = 1
			}
		}
	}
	return p
}
