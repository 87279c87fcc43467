package layout

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/standing"
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
// eyes at arm's length.
const digitRows = 140

// Ticket is what stands on the paper.
type Ticket struct {
	Office    string    // Name of the office.
	Number    string    // As printed, "A012".
	Service   string    // Procedure or service in Vietnamese.
	ServiceEN string    // The same in English, may be empty.
	IssuedAt  time.Time // Shown in its own location.
	Ahead     int       // People in front; negative = unknown, not printed.
	LowMin    int       // Expected wait in minutes …
	HighMin   int       // … at most; 0 = unknown, not printed.
	ComeBy    string    // When to be back, or a warning; may be empty.
	ComeByEN  string    // The same in English.
	Basis     string    // What the wait rests on; may be empty.
	BasisEN   string    // The same in English.
	Counters  []string  // Names of the counters that serve it; may be empty.
	Code      string    // Lookup code, 9 digits.
	URL       string    // The ticket's page, for the QR code; may be empty.
	Hotline   string    // Telephone to ask with; may be empty.
	SMS       string    // How to ask by message, "A012 gửi 8088"; may be empty.
	Notice    string    // The office's own line; may be empty.
	NoticeEN  string    // The same in English.
	Reprint   bool      // A second paper of the same number: marked IN LẠI.
	Trial     bool      // Of an office that is being tried out: marked CHẠY THỬ.
	Language  string    // BCP 47; "en" prints English large and Vietnamese small, anything else the other way round.
	Other     *Text     // What stands large instead, in a language that is neither; nil = none.
	Plain     bool      // One language only.

	Logo  *escpos.Bitmap // Of the office, see Logo; nil = none.
	Parts []string       // From top to bottom, see Parts; nil = all of them.
}

// Text is what stands on a ticket in one language, ready to print.
type Text struct {
	Label    string // "SỐ THỨ TỰ"
	Service  string
	Ahead    string // "Phía trước: 12 người"
	Wait     string // "Chờ khoảng 20 đến 35 phút"
	ComeBy   string
	Basis    string
	Counters string // "Quầy: 1, 2, 3"
	Scan     string // "Quét mã để theo dõi lượt"
	Lookup   string // "Mã tra cứu"
	Hotline  string // "Hỏi số: gọi 1900 1234"
	SMS      string // "Nhắn tin: A012 gửi 8088"
	Notice   string
}

// The parts of a ticket.
const (
	PartLogo     = "logo"
	PartOffice   = "office"
	PartNumber   = "number"
	PartService  = "service"
	PartCounters = "counters" // Where it will be called.
	PartRule     = "rule"     // A thin line.
	PartStanding = "standing" // How many are ahead, and how long that takes.
	PartTime     = "time"
	PartFollow   = "follow" // QR code and lookup code.
	PartAsk      = "ask"    // Hotline and SMS.
	PartNotice   = "notice"
)

// Parts lists the parts in their usual order. An office may leave out or move
// all of them but the number, which is printed first if it is nowhere.
func Parts() []string {
	return []string{PartLogo, PartOffice, PartNumber, PartService, PartCounters, PartRule, PartStanding, PartTime, PartFollow, PartAsk, PartNotice}
}

// CheckParts refuses a list of parts with one that does not exist or stands
// there twice.
func CheckParts(parts []string) error {
	for i, p := range parts {
		if !slices.Contains(Parts(), p) {
			return fmt.Errorf("no part %q of a ticket: want some of %s", p, strings.Join(Parts(), ", "))
		}
		if p != PartRule && slices.Contains(parts[:i], p) {
			return fmt.Errorf("part %q stands there twice", p)
		}
	}
	return nil
}

// parts gives the parts to print; unknown ones are passed over.
func (t Ticket) parts() []string {
	if len(t.Parts) == 0 {
		return Parts()
	}
	if !slices.Contains(t.Parts, PartNumber) {
		return append([]string{PartNumber}, t.Parts...)
	}
	return t.Parts
}

// texts gives what stands large and what stands small below it.
func (t Ticket) texts() (large, small Text) {
	vi, en := t.vietnamese(), t.english()
	switch {
	case t.Other != nil:
		large, small = *t.Other, vi
	case t.ServiceEN != "" && (t.Language == "en" || strings.HasPrefix(t.Language, "en-")):
		large, small = en, vi
	default:
		large, small = vi, en
	}
	if t.Plain {
		small = Text{}
	}
	if large.Service == "" {
		large.Service = t.Service
	}
	return large, small
}

func (t Ticket) vietnamese() Text {
	text := Text{
		Label: "SỐ THỨ TỰ", Service: t.Service, Scan: "Quét mã để theo dõi lượt", Lookup: "Mã tra cứu", Notice: t.Notice,
	}
	if t.Ahead >= 0 {
		text.Ahead = fmt.Sprintf("Phía trước: %d người", t.Ahead)
	}
	if t.HighMin > 0 {
		text.Wait = "Chờ " + standing.About(t.LowMin, t.HighMin, "vi")
	}
	text.ComeBy, text.Basis = t.ComeBy, t.Basis
	if len(t.Counters) > 0 {
		text.Counters = "Quầy: " + strings.Join(t.Counters, ", ")
	}
	if t.Hotline != "" {
		text.Hotline = "Hỏi số: gọi " + t.Hotline
	}
	if t.SMS != "" {
		text.SMS = "Nhắn tin: " + t.SMS
	}
	return text
}

func (t Ticket) english() Text {
	text := Text{Label: "Your number", Service: t.ServiceEN, Scan: "Scan to follow your turn", Lookup: "Lookup code", Notice: t.NoticeEN}
	if t.Ahead >= 0 {
		text.Ahead = aheadEnglish(t.Ahead)
	}
	if t.HighMin > 0 {
		text.Wait = "Wait: " + standing.About(t.LowMin, t.HighMin, "en")
	}
	text.ComeBy, text.Basis = t.ComeByEN, t.BasisEN
	if len(t.Counters) > 0 {
		text.Counters = "Counter: " + strings.Join(t.Counters, ", ")
	}
	if t.Hotline != "" {
		text.Hotline = "Ask by telephone: " + t.Hotline
	}
	if t.SMS != "" {
		text.SMS = "By SMS: " + t.SMS
	}
	return text
}

func aheadEnglish(n int) string {
	if n == 1 {
		return "1 person ahead of you"
	}
	return fmt.Sprintf("%d people ahead of you", n)
}

// Render draws a ticket for paper of the given width in dots. What would not
// fit on 90 mm is set in smaller letters, and then loses what matters least:
// the logo, the second language, the notice, the counters.
func (f *Fonts) Render(t Ticket, width int) (*escpos.Bitmap, error) {
	b, _, err := f.fit(t, width)
	return b, err
}

// fit draws a ticket, and gives it without what it has lost.
func (f *Fonts) fit(t Ticket, width int) (*escpos.Bitmap, Ticket, error) {
	if t.Number == "" {
		return nil, t, errors.New("ticket without a number")
	}
	if width < 320 || width > escpos.MaxWidth {
		return nil, t, fmt.Errorf("paper of %d dots, want 320 to %d", width, escpos.MaxWidth)
	}
	if t.Other != nil && !f.covers(*t.Other) {
		t.Other = nil // Another script: the paper is Vietnamese and English.
	}
	var err error
	for _, lose := range []func(*Ticket){
		func(*Ticket) {}, func(t *Ticket) { t.Logo = nil }, func(t *Ticket) { t.Basis, t.BasisEN = "", "" }, func(t *Ticket) { t.Plain = true },
		func(t *Ticket) { t.Notice, t.NoticeEN = "", "" }, func(t *Ticket) { t.Counters = nil },
	} {
		lose(&t)
		for unit := bodySize(width); unit >= minUnit; unit-- {
			b, failed := f.render(t, width, unit)
			var long *tooLongError
			if !errors.As(failed, &long) {
				return b, t, failed
			}
			err = failed
		}
	}
	return nil, t, err
}

// bodySize is the size of body text in dots: 3.2 mm on wide paper, 2.9 mm on
// narrow paper. minUnit, 2.4 mm, is the smallest that is still read with ease.
func bodySize(width int) int {
	if width < 500 {
		return 23
	}
	return 26
}

const minUnit = 19

func (f *Fonts) render(t Ticket, width, unit int) (*escpos.Bitmap, error) {
	p, err := f.newPage(width, unit)
	if err != nil {
		return nil, err
	}
	if t.Trial {
		p.banner("CHẠY THỬ / TRIAL")
	}
	if t.Reprint {
		p.banner("IN LẠI / REPRINT")
	}
	large, small := t.texts()
	for _, part := range t.parts() {
		if err := p.part(part, t, large, small); err != nil {
			return nil, err
		}
	}
	return p.finish()
}

// part prints one part of a ticket.
func (p *page) part(name string, t Ticket, large, small Text) error {
	switch name {
	case PartLogo:
		p.logo(t.Logo)
	case PartOffice:
		p.centred(p.heading, t.Office, 2)
		p.space(p.unit / 4)
	case PartNumber:
		p.joined(p.bodyBold, large.Label, small.Label)
		return p.number(t.Number)
	case PartService:
		p.both(large.Service, small.Service, 2)
	case PartCounters:
		p.centred(p.bodyBold, large.Counters, 2)
	case PartRule:
		p.rule()
	case PartStanding:
		p.joined(p.bodyBold, large.Ahead, large.Wait)
		p.joined(p.small, small.Ahead, small.Wait)
		p.centred(p.body, large.ComeBy, 2)
		p.centred(p.small, large.Basis, 2)
	case PartTime:
		p.centred(p.body, t.IssuedAt.Format("15:04 – 02/01/2006"), 1)
	case PartFollow:
		return p.follow(t, large, small)
	case PartAsk:
		p.joined(p.bodyBold, large.Hotline, large.SMS)
	case PartNotice:
		p.centred(p.body, large.Notice, 2)
		p.centred(p.small, small.Notice, 1)
	}
	return nil
}

// both prints a line in both languages, the holder's large.
func (p *page) both(large, small string, lines int) {
	p.centred(p.bodyBold, large, lines)
	p.centred(p.small, small, lines)
}

// follow prints the QR code and beside it how to follow the queue from afar.
func (p *page) follow(t Ticket, large, small Text) error {
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
		p.column(p.body, left, large.Scan, 3)
		p.column(p.small, left, small.Scan, 2)
		p.space(p.unit / 4)
	}
	if t.Code != "" {
		p.column(p.body, left, large.Lookup, 1)
		p.column(p.bodyBold, left, Group(t.Code), 1)
		p.column(p.small, left, small.Lookup, 1)
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

// covers reports whether the typeface has every letter of a text.
func (f *Fonts) covers(t Text) bool {
	for _, s := range []string{t.Label, t.Service, t.Ahead, t.Wait, t.ComeBy, t.Basis, t.Counters, t.Scan, t.Lookup, t.Hotline, t.SMS, t.Notice} {
		for _, r := range nfc(s) {
			if i, err := f.medium.GlyphIndex(nil, r); err != nil || i == 0 {
				return false
			}
		}
	}
	return true
}
