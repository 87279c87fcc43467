package layout

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"golang.org/x/image/draw"
	"rsc.io/qr"
)

// quiet is the white border of a QR code in modules (ISO/IEC 18004 §6.3.8).
const quiet = 4

// maxURL bounds what is put into a QR code: a longer address makes modules too
// fine for thermal paper.
const maxURL = 200

// QR makes the code of a ticket's address, error correction M (15 %).
func QR(url string) (*qr.Code, error) {
	if len(url) > maxURL {
		return nil, fmt.Errorf("address of %d bytes for a QR code, at most %d", len(url), maxURL)
	}
	code, err := qr.Encode(url, qr.M)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return code, nil
}

// QRPNG draws the code of a ticket's address for the screen, with its white
// border, scale pixels to the module.
func QRPNG(url string, scale int) ([]byte, error) {
	code, err := QR(url)
	if err != nil {
		return nil, err
	}
	side := (code.Size + 2*quiet) * scale
	img := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	modules(code.Size, scale, code.Black, func(r image.Rectangle) {
		draw.Draw(img, r.Add(image.Pt(quiet*scale, quiet*scale)), image.Black, image.Point{}, draw.Src)
	})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encode QR picture: %w", err)
	}
	return b.Bytes(), nil
}

// qr draws a code with its border at a point and gives its side in dots: as
// large as fits into 220 dots, or 170 on narrow paper, at least 4 dots (0.5 mm)
// to the module. The page's margin counts as border.
func (p *page) qr(code *qr.Code, at image.Point) int {
	room := 220
	if p.width() < 500 {
		room = 170
	}
	scale := max(4, min(7, room/(code.Size+2*quiet)))
	border := image.Pt(quiet*scale-p.margin, quiet*scale-p.unit/3)
	modules(code.Size, scale, code.Black, func(r image.Rectangle) {
		draw.Draw(p.canvas, r.Add(at).Add(border), image.Black, image.Point{}, draw.Src)
	})
	return (code.Size+2*quiet)*scale - p.margin
}

// modules calls fill for every black module, in dots from the first module.
func modules(size, scale int, black func(x, y int) bool, fill func(image.Rectangle)) {
	for y := range size {
		for x := range size {
			if black(x, y) {
				fill(image.Rect(x*scale, y*scale, (x+1)*scale, (y+1)*scale))
			}
		}
	}
}
