// Package poster is for what an office hangs up and hands out: a poster and a
// leaflet with its own numbers, services, hours and QR code, and a card that
// tells which keys to press on the telephone. All are pages made for printing.
package poster

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed all:templates static
var files embed.FS

// Prefix is where the pages are; whoever mounts them guards them for
// administrators.
const Prefix = "/admin/print"

// Way is one way to get a number.
type Way struct {
	Title, TitleEN, Text, TextEN string
	Href                         string // What people dial or open: "tel:…", "https://zalo.me/…"; only those get a QR code.
}

// Key is a line of the telephone's menu.
type Key struct{ Keys, Label, LabelEN string }

// Config is what the pages need; Setup and Base are required.
type Config struct {
	Setup page.Setup
	Base  string // Address of the citizens' pages: what the QR code leads to.
	Dial  func() string
	Ways  func() []Way
	Menu  func(ctx context.Context) []Key // Nil = there is no telephone.
	Build string
}

// Desk is the pages.
type Desk struct {
	Config
	kit *page.Desk
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Setup == nil || c.Base == "" {
		return nil, errors.New("poster: Config.Setup and Config.Base are required")
	}
	if c.Dial == nil {
		c.Dial = func() string { return "" }
	}
	if c.Ways == nil {
		c.Ways = func() []Way { return nil }
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "poster", Prefix: Prefix, Files: files, Style: "print.css", Build: c.Build})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit}, nil
}

// sheets are the pages to print and the style sheet with their size.
func sheets() map[string][2]string {
	return map[string][2]string{"poster-a3": {"poster", "a3.css"}, "poster-a4": {"poster", "a4.css"}, "leaflet": {"leaflet", "a5.css"}, "phone-card": {"card", "a6.css"}}
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) {
		d.write(w, r, "index", page.View{Title: page.Language(r).T("Áp phích, tờ rơi để in", "Posters and leaflets")})
	})
	for name, s := range sheets() {
		mux.HandleFunc("GET "+Prefix+"/"+name, func(w http.ResponseWriter, r *http.Request) {
			d.write(w, r, s[0], page.View{Bare: true, Body: "paper " + strings.TrimSuffix(s[1], ".css"), Styles: []string{d.kit.Asset(s[1])}})
		})
	}
	return d.kit.Handler(mux)
}

// view is what stands on paper.
type view struct {
	Name, NameEN, Address, Hotline, Phone string
	Trial                                 bool
	Web                                   string
	Services                              []queue.Service
	Fields                                []field
	Ways                                  []Way
	Hours                                 []hoursLine
	Menu                                  []Key
	QR                                    template.HTML
	Local                                 bool // The address is of no use outside.
}

// field is what can be done in a field, and where.
type field struct {
	Name, NameEN string
	Procedures   []queue.Procedure
}

type hoursLine struct{ Days, DaysEN, Times string }

func (d *Desk) write(w http.ResponseWriter, r *http.Request, name string, v page.View) {
	now, err := d.Setup.Setup(r.Context())
	if err != nil {
		http.Error(w, "Chưa đọc được cài đặt. Xin thử lại. / The settings cannot be read. Please try again.", http.StatusServiceUnavailable)
		return
	}
	s := now.Setup
	code, err := QR(d.Base + "/")
	if err != nil {
		http.Error(w, "Địa chỉ trang quá dài để làm mã QR: đặt http.public_url ngắn hơn. / The address is too long for a QR code: set a shorter http.public_url.", http.StatusInternalServerError)
		return
	}
	data := view{
		Name: s.Name, NameEN: s.NameEN, Address: s.Address, Hotline: s.Kiosk.Hotline, Phone: phone(d.Dial()), Trial: s.Trial,
		Web: strings.TrimPrefix(strings.TrimPrefix(d.Base, "http://"), "https://"), Services: s.Services, Fields: fieldsOf(s), Ways: d.Ways(), Hours: Hours(s), QR: code,
		Local: strings.Contains(d.Base, "//127.0.0.1") || strings.Contains(d.Base, "//localhost") || strings.Contains(d.Base, "//[::1]"),
	}
	if d.Menu != nil {
		data.Menu = d.Menu(r.Context())
	}
	v.Data = data
	if v.Title == "" {
		v.Title = s.Name
	}
	d.kit.Render(w, r, http.StatusOK, name, v)
}

// phone is what people dial, without its scheme; nothing for an address that no
// telephone can dial.
func phone(dial string) string {
	number, ok := strings.CutPrefix(dial, "tel:")
	if !ok {
		return ""
	}
	return number
}

func fieldsOf(s queue.Setup) (list []field) {
	at := map[string]int{}
	for _, p := range s.Procedures {
		i, known := at[p.Field]
		if !known {
			i = len(list)
			at[p.Field], list = i, append(list, field{Name: p.Field, NameEN: p.FieldEN})
		}
		list[i].Procedures = append(list[i].Procedures, p)
	}
	return list
}

// Hours writes a week of opening with days of the same hours together.
func Hours(s queue.Setup) (lines []hoursLine) {
	if len(s.Hours) == 0 {
		return []hoursLine{{Days: "Mọi ngày", DaysEN: "Every day", Times: "24/24"}}
	}
	vi := [...]string{"CN", "T2", "T3", "T4", "T5", "T6", "T7"}
	en := [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	var last time.Weekday
	for i := range 7 {
		day := time.Weekday((i + 1) % 7)
		var spans []string
		for _, h := range s.Hours {
			if h.Day == day {
				spans = append(spans, h.From+"–"+h.To)
			}
		}
		times := strings.Join(spans, ", ")
		n := len(lines)
		switch {
		case times == "":
		case n > 0 && lines[n-1].Times == times && (last+1)%7 == day:
			first, _, _ := strings.Cut(lines[n-1].Days, "–")
			firstEN, _, _ := strings.Cut(lines[n-1].DaysEN, "–")
			lines[n-1].Days, lines[n-1].DaysEN, last = first+"–"+vi[day], firstEN+"–"+en[day], day
		default:
			lines, last = append(lines, hoursLine{vi[day], en[day], times}), day
		}
	}
	return lines
}

// maxAddress bounds what is put into a code: a longer one is read from afar no
// more.
const maxAddress = 200

// QR draws a code as SVG of any size, error correction M, with the white border
// that readers need (ISO/IEC 18004 §6.3.8).
func QR(text string) (template.HTML, error) {
	const quiet = 4
	if len(text) > maxAddress {
		return "", fmt.Errorf("%d bytes for a QR code, at most %d", len(text), maxAddress)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	var b strings.Builder
	side := code.Size + 2*quiet
	fmt.Fprintf(&b, `<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR"><path fill="#fff" d="M0 0h%[1]dv%[2]dH0z"/><path fill="#000" d="`, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil // Numbers alone.
}
