package layout

import (
	_ "embed" // The typeface travels inside the program.
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
)

//go:embed fonts/NotoSans-Medium.ttf
var medium []byte

//go:embed fonts/NotoSans-Bold.ttf
var bold []byte

// Fonts is the typeface of tickets, ready to draw. Safe for use by many
// goroutines.
type Fonts struct {
	medium, bold *opentype.Font
}

// LoadFonts reads the embedded typeface.
func LoadFonts() (*Fonts, error) {
	m, err := opentype.Parse(medium)
	if err != nil {
		return nil, fmt.Errorf("read Noto Sans Medium: %w", err)
	}
	b, err := opentype.Parse(bold)
	if err != nil {
		return nil, fmt.Errorf("read Noto Sans Bold: %w", err)
	}
	return &Fonts{medium: m, bold: b}, nil
}

// MediumTTF gives the font file, for pages that show the same face on screen.
// The caller must not change it.
func MediumTTF() []byte { return medium }

// BoldTTF gives the bold font file. The caller must not change it.
func BoldTTF() []byte { return bold }

// face makes a face of a size in dots. Faces keep state, so every ticket gets
// its own.
func face(f *opentype.Font, size float64) (font.Face, error) {
	got, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("font of %.1f dots: %w", size, err)
	}
	return got, nil
}
