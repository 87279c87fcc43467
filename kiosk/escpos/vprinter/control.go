package vprinter

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// trouble is something a person can do to the printer with one button.
type trouble struct {
	ID             string
	Label, LabelEN string
	do             func(p *Printer)
}

// troubles are the buttons below the paper, in the order of the page.
func troubles() []trouble {
	status := func(s escpos.Status) func(p *Printer) { return func(p *Printer) { p.SetStatus(s) } }
	faults := func(f Faults) func(p *Printer) { return func(p *Printer) { p.Inject(f) } }
	return []trouble{
		{"well", "Bình thường, giấy mới", "All well, new roll", func(p *Printer) {
			p.Inject(Faults{})
			p.SetStatus(escpos.Status{})
		}},
		{"paper-low", "Sắp hết giấy", "Paper low", status(escpos.Status{PaperLow: true})},
		{"paper-out", "Hết giấy", "Paper out", status(escpos.Status{PaperEnd: true, Offline: true})},
		{"paper-out-in-ticket", "Hết giấy giữa phiếu", "Paper ends in the next ticket", faults(Faults{PaperRows: 200})},
		{"cover-open", "Mở nắp", "Cover open", status(escpos.Status{CoverOpen: true, Offline: true})},
		{"knife", "Kẹt dao cắt", "Knife jammed", func(p *Printer) {
			p.Inject(Faults{JamStays: true})
			p.SetStatus(escpos.Status{CutterError: true, Offline: true})
		}},
		{"unplugged", "Rút dây", "Unplugged", faults(Faults{Refuse: true})},
		{"cut", "Đứt dây giữa phiếu", "Cable cut in the next ticket", faults(Faults{CutAfter: 20_000, KeepHalf: true})},
		{"no-acknowledgement", "Mất xác nhận", "Acknowledgements lost", faults(Faults{DropAcks: true})},
		{"mute", "Máy không trả lời", "Never answers", faults(Faults{Mute: true})},
		{"power-cycle", "Tắt rồi bật lại", "Off and on", (*Printer).PowerCycle},
	}
}

// condition is the JSON of the control interface. What is absent in a request
// stays as it is.
type condition struct {
	Do     string         `json:"do,omitempty"` // The id of a button.
	Status *escpos.Status `json:"status,omitempty"`
	Faults *Faults        `json:"faults,omitempty"`
}

// maxControl bounds the body of a request in bytes.
const maxControl = 4 << 10

// control is the interface by which demos, tests and installers make the
// printer fail: GET tells how it is; POST takes a form with do=paper-out, or
// JSON {"status": {"PaperEnd": true}, "faults": {"cut_after": 9000}}.
func (p *Printer) control(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxControl)
		form := !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
		var c condition
		if form {
			c.Do = r.PostFormValue("do")
		} else if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			http.Error(w, "JSON: "+err.Error(), http.StatusBadRequest)
			return
		}
		if !p.apply(c) {
			http.Error(w, "Không có lệnh này. Xem các nút ở /kiosk/paper. / No such command; see the buttons at /kiosk/paper.", http.StatusBadRequest)
			return
		}
		if form {
			http.Redirect(w, r, "/kiosk/paper", http.StatusSeeOther)
			return
		}
	}
	status, faults := p.Status(), p.Faults()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(condition{Status: &status, Faults: &faults})
}

// apply does what a request asks for; false if it asks for nothing known.
func (p *Printer) apply(c condition) bool {
	for _, t := range troubles() {
		if t.ID == c.Do {
			t.do(p)
			return true
		}
	}
	if c.Do != "" || c.Faults == nil && c.Status == nil {
		return false
	}
	if c.Faults != nil {
		p.Inject(*c.Faults)
	}
	if c.Status != nil {
		p.SetStatus(*c.Status)
	}
	return true
}
