package layout

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// LogoRows is how high a logo is at most: 11 mm.
const LogoRows = 88

// maxLogo bounds a picture that becomes a logo, in pixels per side.
const maxLogo = 4000

// Logo makes a picture fit for the head of a ticket: at most LogoRows high and
// three quarters of the paper wide, every dot black or white by its darkness
// alone. Dithered grey would look better on screens and be full of bytes that
// a printer takes for commands.
func Logo(img image.Image, width int) (*escpos.Bitmap, error) {
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 || size.X > maxLogo || size.Y > maxLogo {
		return nil, fmt.Errorf("logo of %d × %d pixels, want 1 to %d", size.X, size.Y, maxLogo)
	}
	scale := min(float64(LogoRows)/float64(size.Y), float64(width*3/4)/float64(size.X), 1)
	w, h := max(1, int(float64(size.X)*scale)), max(1, int(float64(size.Y)*scale))
	canvas := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(canvas, canvas.Bounds(), image.White, image.Point{}, draw.Src)
	xdraw.CatmullRom.Scale(canvas, canvas.Bounds(), img, img.Bounds(), draw.Over, nil)
	b, err := escpos.NewBitmap(w, h)
	if err != nil {
		return nil, err
	}
	for y := range h {
		for x := range w {
			c := canvas.RGBAAt(x, y)
			b.Set(x, y, (299*int(c.R)+587*int(c.G)+114*int(c.B))/1000 < logoThreshold)
		}
	}
	return b, nil
}

// logoThreshold decides which colours of a logo become ink: red and green do,
// yellow does not.
const logoThreshold = 150

// logo prints a logo in the middle.
func (p *page) logo(b *escpos.Bitmap) {
	if b == nil || b.Width > p.width() {
		return
	}
	left := (p.width() - b.Width) / 2
	for y := range min(b.Height, LogoRows) {
		for x := range b.Width {
			if b.Black(x, y) {
				p.canvas.Set(left+x, p.y+y, color.Black)
			}
		}
	}
	p.y += min(b.Height, LogoRows) + p.unit/4
}
