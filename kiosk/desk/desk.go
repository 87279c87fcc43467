// Package desk is the page on which an administrator says what kiosks print and
// show, and sees the paper before anybody takes it.
package desk

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"image/png"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Prefix is where the page is; whoever mounts it guards it for administrators.
const Prefix = "/admin/paper"

const maxForm = 256 << 10

// Preview draws the paper that settings make; (*kiosk.Kiosk).Preview is one.
type Preview func(ctx context.Context, set queue.KioskSetup, language string, width int) (*escpos.Bitmap, error)

// Config is what the page needs; all but Office and Build are required.
type Config struct {
	Setup   page.Setup
	Preview Preview
	Screens Screens
	Office  string // Name, for the head of the page.
	Build   string
}

// Desk is the page.
type Desk struct {
	Config
	kit    *page.Desk
	trials trials
}

// New makes the page.
func New(c Config) (*Desk, error) {
	if c.Setup == nil || c.Preview == nil || c.Screens == nil {
		return nil, errors.New("desk: Config.Setup, Preview and Screens are required")
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "desk", Prefix: Prefix, Files: files, Style: "screen.css", Office: c.Office, Build: c.Build})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit, trials: trials{byKey: map[string]trial{}}}, nil
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.show(w, r, http.StatusOK, nil, nil) })
	mux.HandleFunc("GET "+Prefix+"/preview.png", d.preview)
	d.kit.Form(mux, "", maxForm, d.save)
	screen := Prefix + "/" + screenPage
	mux.HandleFunc("GET "+screen, func(w http.ResponseWriter, r *http.Request) { d.showScreen(w, r, http.StatusOK, nil, nil) })
	mux.HandleFunc("POST "+screen, func(w http.ResponseWriter, r *http.Request) { d.saveScreen(w, r, page.ReadForm(w, r, maxForm)) })
	all := http.NewServeMux()
	all.Handle("/", d.kit.Handler(mux))
	all.HandleFunc("GET "+screen+"/preview", d.tryScreen) // Has headers of its own: it stands in a frame.
	return all
}

// view is what the page shows.
type view struct {
	Set     queue.KioskSetup
	Version string
	Parts   []part
	Query   template.URL // Of the previews: the settings being tried.
	Saved   bool
	Err     string
}

// part is one part of the paper that may be left out.
type part struct {
	ID, Name string
	On       bool
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, tried *queue.KioskSetup, wrong error) {
	now, err := d.Setup.Setup(r.Context())
	if err != nil {
		http.Error(w, "Chưa đọc được cài đặt. Xin thử lại. / The settings cannot be read. Please try again.", http.StatusServiceUnavailable)
		return
	}
	l := page.Language(r)
	v := view{Set: now.Setup.Kiosk, Version: now.Version, Saved: r.URL.Query().Get("done") != ""}
	if tried != nil {
		v.Set = *tried
	}
	if wrong != nil {
		v.Err = wrong.Error()
	}
	v.Parts, v.Query = partsOf(l, v.Set.Paper), template.URL(queryOf(v.Set).Encode())
	d.kit.Render(w, r, status, "paper", page.View{Title: l.T("Phiếu in", "Paper"), Data: v})
}

func partsOf(l page.Lang, chosen []string) (all []part) {
	names := map[string]string{
		layout.PartLogo: l.T("Biểu trưng", "Logo"), layout.PartOffice: l.T("Tên cơ quan", "Office"), layout.PartService: l.T("Thủ tục", "Procedure"),
		layout.PartCounters: l.T("Quầy phục vụ", "Counters"), layout.PartRule: l.T("Đường kẻ", "Line"), layout.PartStanding: l.T("Số người phía trước, thời gian chờ", "People ahead, wait"),
		layout.PartTime: l.T("Giờ lấy số", "Time"), layout.PartFollow: l.T("Mã QR, mã tra cứu", "QR and lookup code"), layout.PartAsk: l.T("Điện thoại, tin nhắn", "Telephone, SMS"),
		layout.PartNotice: l.T("Lời nhắn của cơ quan", "The office's notice"),
	}
	for _, id := range layout.Parts() {
		if id == layout.PartNumber {
			continue // Always there.
		}
		on := len(chosen) == 0
		for _, c := range chosen {
			on = on || c == id
		}
		all = append(all, part{id, names[id], on})
	}
	return all
}

// queryOf writes the settings of the paper as an address, and setOf reads them.
func queryOf(k queue.KioskSetup) url.Values {
	return url.Values{"hotline": {k.Hotline}, "sms": {k.SMS}, "notice": {k.Notice}, "notice_en": {k.NoticeEN}, "second": {k.Second}, "part": k.Paper}
}

func setOf(k queue.KioskSetup, q url.Values) (queue.KioskSetup, error) {
	text := func(name string) string { return strings.Join(strings.Fields(q.Get(name)), " ") }
	k.Hotline, k.SMS, k.Notice, k.NoticeEN = text("hotline"), text("sms"), text("notice"), text("notice_en")
	k.Second, k.Paper = text("second"), nil
	if err := layout.CheckParts(q["part"]); err != nil {
		return k, err
	}
	if n := len(q["part"]); n > 0 && n < len(layout.Parts())-1 {
		k.Paper = inOrder(q["part"])
	}
	return k, nil
}

// inOrder puts parts in their usual order, with the number among them.
func inOrder(chosen []string) (all []string) {
	for _, id := range layout.Parts() {
		if id == layout.PartNumber {
			all = append(all, id)
		}
		for _, c := range chosen {
			if c == id && id != layout.PartNumber {
				all = append(all, id)
			}
		}
	}
	return all
}

// preview draws the paper for the settings in the address.
func (d *Desk) preview(w http.ResponseWriter, r *http.Request) {
	width := layout.Width80
	if n, err := strconv.Atoi(r.URL.Query().Get("width")); err == nil && n == layout.Width58 {
		width = n
	}
	now, err := d.Setup.Setup(r.Context())
	if err == nil {
		now.Setup.Kiosk, err = setOf(now.Setup.Kiosk, r.URL.Query())
	}
	var b *escpos.Bitmap
	if err == nil {
		b, err = d.Preview(r.Context(), now.Setup.Kiosk, r.URL.Query().Get("language"), width)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_ = png.Encode(w, b.Paletted()) // A browser that went away sees nothing.
}

// save puts the settings in force, or shows what they would look like.
func (d *Desk) save(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		d.show(w, r, http.StatusUnprocessableEntity, nil, err)
		return
	}
	now, err := d.Setup.Setup(r.Context())
	if err == nil {
		now.Setup.Kiosk, err = setOf(now.Setup.Kiosk, r.PostForm)
	}
	if err == nil && r.PostForm.Get("try") != "" {
		d.show(w, r, http.StatusOK, &now.Setup.Kiosk, nil)
		return
	}
	if err == nil {
		now.Version = r.PostForm.Get("version")
		_, err = page.Configure(r.Context(), d.Setup, now)
	}
	if err != nil {
		d.show(w, r, http.StatusUnprocessableEntity, &now.Setup.Kiosk, err)
		return
	}
	d.kit.See(w, r, url.Values{"done": {"1"}}, "")
}
