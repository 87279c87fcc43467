package layout

import (
	"errors"
	"fmt"
	"image"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Paper widths in dots at 203 dpi.
const (
	Width80 = 576 // 80 mm paper, 72 mm printable.
	Width58 = 384 // 58 mm paper, 48 mm printable.
)

// DotsPerMM is the resolution of common receipt printers, 203 dpi.
const DotsPerMM = 203 / 25.4

// MaxRows is the longest ticket: 90 mm.
const MaxRows = 719

// digitRows is the height of the number's digits: 17.5 mm, readable for old
// eyes at arm's length; at least minDigitRows (15 mm) on narrow paper.
const (
	digitRows    = 140
	minDigitRows = 120
)

// Ticket is what stands on the paper.
type Ticket struct {
	Office    string    // Name of the office.
	Number    string    // As printed, "A012".
	Service   string    // Procedure or service in Vietnamese.
	ServiceEN string    // The same in English, may be empty.
	IssuedAt  time.Time // Shown in its own location.
	Ahead     int       // People in front; negative = unknown, not printed.
	Code      string    // Lookup code, 9 digits.
	URL       string    // The ticket's page, for the QR code; may be empty.
	Reprint   bool      // A second paper of the same number: marked IN LẠI.
	Language  string    // BCP 47; "en" prints English large and Vietnamese small, anything else the other way round.
}

// pair puts what the holder reads first, and large.
func (t Ticket) pair(vietnamese, english string) (large, small string) {
	if english != "" && (t.Language == "en" || strings.HasPrefix(t.Language, "en-")) {
		return english, vietnamese
	}
	return vietnamese, english
}

// Render draws a ticket for paper of the given width in dots.
func (f *Fonts) Render(t Ticket, width int) (*escpos.Bitmap, error) {
	if t.Number == "" {
		return nil, errors.New("ticket without a number")
	}
	if width < 320 || width > escpos.MaxWidth {
		return nil, fmt.Errorf("paper of %d dots, want 320 to %d", width, escpos.MaxWidth)
	}
	for unit := bodySize(width); ; unit -= 2 {
		b, err := f.render(t, width, unit)
		var long *tooLongError
		if errors.As(err, &long) && unit > minUnit {
			continue // Long names: the same in smaller letters.
		}
		return b, err
	}
}

// bodySize is the size of body text in dots: 3.2 mm on wide paper, 2.9 mm on
// narrow paper. minUnit, 2.2 mm, is the smallest that is still read with ease.
func bodySize(width int) int {
	if width < 500 {
		return 23
	}
	return 26
}

const minUnit = 18

func (f *Fonts) render(t Ticket, width, unit int) (*escpos.Bitmap, error) {
	p, err := f.newPage(width, unit)
	if err != nil {
		return nil, err
	}
	if t.Reprint {
		p.banner("IN LẠI / REPRINT")
	}
	p.centred(p.heading, t.Office, 2)
	p.space(p.unit / 4)
	p.both(t, "SỐ THỨ TỰ", "Your number", 1)
	if err := p.number(t.Number); err != nil {
		return nil, err
	}
	p.both(t, t.Service, t.ServiceEN, 2)
	p.rule()
	p.facts(t)
	if err := p.follow(t); err != nil {
		return nil, err
	}
	return p.finish()
}

// both prints a line in both languages, the holder's large.
func (p *page) both(t Ticket, vietnamese, english string, lines int) {
	large, small := t.pair(vietnamese, english)
	p.centred(p.bodyBold, large, lines)
	p.centred(p.small, small, lines)
}

// facts prints how many are ahead, and when the ticket was issued.
func (p *page) facts(t Ticket) {
	if t.Ahead >= 0 {
		p.both(t, fmt.Sprintf("Phía trước: %d người", t.Ahead), aheadEnglish(t.Ahead), 1)
	}
	p.centred(p.body, t.IssuedAt.Format("15:04 – 02/01/2006"), 1)
}

// follow prints the QR code and beside it how to follow the queue from afar.
func (p *page) follow(t Ticket) error {
	p.space(p.unit / 3)
	left, top := p.margin, p.y
	if t.URL != "" {
		code, err := QR(t.URL)
		if err != nil {
			return err
		}
		side := p.qr(code, image.Pt(left, top))
		left += side + p.unit/3
		defer func() { p.y = max(p.y, top+side) }()
		large, small := t.pair("Quét mã để theo dõi lượt", "Scan to follow your turn")
		p.column(p.body, left, large, 3)
		p.column(p.small, left, small, 2)
		p.space(p.unit / 4)
	}
	if t.Code != "" {
		large, small := t.pair("Mã tra cứu", "Lookup code")
		p.column(p.body, left, large, 1)
		p.column(p.bodyBold, left, Group(t.Code), 1)
		p.column(p.small, left, small, 1)
	}
	return nil
}

// Group writes a lookup code in threes, "123 456 789", as people read it out.
func Group(code string) string {
	var b strings.Builder
	for i, r := range code {
		if i > 0 && i%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func aheadEnglish(n int) string {
	if n == 1 {
		return "1 person ahead of you"
	}
	return fmt.Sprintf("%d people ahead of you", n)
}
