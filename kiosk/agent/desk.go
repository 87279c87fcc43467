package agent

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/pairing"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates
var files embed.FS

// Prefix is where the page for administrators is; whoever mounts Admin guards
// it for them.
const Prefix = "/admin/kiosks"

// DeskConfig is what the server's side needs.
type DeskConfig struct {
	Office   string                                    // Id of the office. Required.
	Name     string                                    // Its name, for the head of the page.
	NewToken func(ctx context.Context) (string, error) // Makes a token of role kiosk. Required.
	Ring     func(machine string)                      // Calls staff to a machine; nil = nobody can be called.
	Logger   *slog.Logger                              // Nil = discard.
	Location func() *time.Location                     // For times of day; nil = the machine's.
	Build    string
	// Path is the file that keeps, over a restart, which machines there are; empty =
	// none does. Good tells by the id of a machine's token whether it is
	// paired now; nil = all are.
	Path string
	Good func(id string) bool
}

// Desk is what the server knows of the kiosks on other machines: it pairs them
// and shows how they are. Safe for use by many goroutines.
type Desk struct {
	DeskConfig
	kit     *page.Desk
	pairing pairing.Pairing

	mu       sync.Mutex
	known    map[string]paired // By the machine's name; as it stands in the file.
	machines map[string]*machine
}

// paired is what outlives the server of a kiosk.
type paired struct {
	Token string    `json:"token"` // Id of its token.
	Heard time.Time `json:"heard"` // When it was heard of, to noteEvery.
}

// machine is a kiosk that was heard of.
type machine struct {
	beat Beat
	at   time.Time // When it was heard of last, or, while it is awaited, the server's start.
	// awaited: it was paired before the server's start, and is not heard of since.
	awaited bool
	twin    time.Time // When another one of the same name was heard of last.
	done    []string  // Numbers that staff have dealt with.
}

// Bounds of what strangers may cost.
const (
	machineMost = 100
	nameMost    = 60 // Bytes of a machine's name.
	formMost    = 8 << 10
	beatMost    = 256 << 10 // A beat names every paper that is void, perhaps a day's.
	silentAfter = 45 * time.Second
	twinAge     = 5 * time.Minute
	forgetAfter = 7 * 24 * time.Hour
	noteEvery   = 24 * time.Hour // So long a kiosk's last sign of life is not written down anew.
)

// NewDesk makes the server's side.
func NewDesk(c DeskConfig) (*Desk, error) {
	if c.Office == "" || c.NewToken == nil {
		return nil, errors.New("kiosk desk: the office and a maker of tokens are required")
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.Local }
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "kiosk desk", Prefix: Prefix, Files: files, Office: c.Name, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	d := &Desk{DeskConfig: c, kit: kit, machines: map[string]*machine{}, known: map[string]paired{}}
	d.recall(time.Now())
	return d, nil
}

// recall expects the machines that there were before the server's start: one that
// is down must not be forgotten by it.
func (d *Desk) recall(now time.Time) {
	if d.Path == "" {
		return
	}
	if _, err := readWhole(d.Path, &d.known); err != nil {
		d.Logger.Error("which kiosks there are is not known until each is heard of", "err", err)
	}
	if d.known == nil { // Of a file that says null.
		d.known = map[string]paired{}
	}
	for name, p := range d.known {
		if d.Good != nil && !d.Good(p.Token) || now.Sub(p.Heard) > forgetAfter {
			delete(d.known, name)
			continue
		}
		d.machines[name] = &machine{beat: Beat{Machine: name}, at: now, awaited: true}
	}
}

// keep writes down which machines there are. The caller holds d.mu.
func (d *Desk) keep() {
	if d.Path == "" {
		return
	}
	if err := writeWhole(d.Path, d.known); err != nil {
		d.Logger.Error("a restart will not remember the kiosks", "err", err)
	}
}

// Public serves pairing, which a kiosk needs before it has a token:
// POST /kiosk/agent/pair and /kiosk/agent/claim. What strangers can do here is
// bounded, and without the code typed by an administrator it leads nowhere.
func (d *Desk) Public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+pairPath, func(w http.ResponseWriter, r *http.Request) {
		var in pairRequest
		if !readJSON(w, r, formMost, &in) {
			return
		}
		from := r.RemoteAddr
		if host, _, err := net.SplitHostPort(from); err == nil {
			from = host
		}
		p, secret, err := d.pairing.Begin(pairing.Device{Role: queue.RoleKiosk, Name: nameOf(in), Address: from, Again: in.Again})
		if err != nil {
			http.Error(w, "nhiều máy đang chờ ghép, thử lại sau 10 phút (too many kiosks wait to be paired: try again in 10 minutes)", http.StatusTooManyRequests)
			return
		}
		_ = page.JSON(w, http.StatusOK, pairAnswer{p.Code, secret})
	})
	mux.HandleFunc("POST "+claimPath, func(w http.ResponseWriter, r *http.Request) {
		var in claimRequest
		if !readJSON(w, r, formMost, &in) {
			return
		}
		_, token, ok := d.pairing.Ask(in.Secret)
		if !ok {
			http.Error(w, "Mã đã hết hạn. / The code is over.", http.StatusGone)
			return
		}
		_ = page.JSON(w, http.StatusOK, claimAnswer{token, d.Office})
	})
	return mux
}

// Beats takes what kiosks tell of themselves, POST BeatPath; whoever mounts it
// guards it for kiosks.
func (d *Desk) Beats() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b Beat
		if r.Method != http.MethodPost {
			http.Error(w, "POST", http.StatusMethodNotAllowed)
			return
		}
		if !readJSON(w, r, beatMost, &b) {
			return
		}
		if b.Machine = tidyName(b.Machine); b.Machine == "" {
			http.Error(w, "machine", http.StatusBadRequest)
			return
		}
		_ = page.JSON(w, http.StatusOK, Answer{d.heard(b, page.Who(r.Context()))})
	})
}

// Rings takes calls for a member of staff, POST RingPath; whoever mounts it
// guards it for kiosks.
func (d *Desk) Rings() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in pairRequest
		switch {
		case r.Method != http.MethodPost:
			http.Error(w, "POST", http.StatusMethodNotAllowed)
		case d.Ring == nil:
			http.Error(w, "Không có chuông ở quầy. / No bell at the counters.", http.StatusNotImplemented)
		case readJSON(w, r, formMost, &in):
			d.Ring(nameOf(in))
			w.WriteHeader(http.StatusNoContent)
		}
	})
}

func readJSON(w http.ResponseWriter, r *http.Request, most int64, v any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, most)).Decode(v); err != nil {
		http.Error(w, "JSON: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

// tidyName makes a machine's name fit for pages.
func tidyName(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return -1
		}
		return r
	}, name))
	for len(name) > nameMost {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

// nameOf is what people call the machine that asks.
func nameOf(in pairRequest) string { return cmp.Or(tidyName(in.Machine), "Máy lấy số") }

// tidy forgets the machines that are gone. The caller holds d.mu.
func (d *Desk) tidy(now time.Time) {
	for name, m := range d.machines {
		if now.Sub(m.at) > forgetAfter {
			delete(d.machines, name)
			if _, kept := d.known[name]; kept {
				delete(d.known, name)
				d.keep()
			}
		}
	}
}

// Approve pairs the kiosk whose screen shows a code, and gives its name.
func (d *Desk) Approve(ctx context.Context, code string) (string, error) {
	p, err := d.pairing.Approve(ctx, page.Digits(code), func(ctx context.Context, _ pairing.Device) (string, error) { return d.NewToken(ctx) })
	switch {
	case errors.Is(err, pairing.ErrGuesses):
		return "", errors.New("sai mã quá nhiều lần: đợi 10 phút (too many wrong codes: wait 10 minutes)")
	case errors.Is(err, pairing.ErrCode):
		return "", errors.New("không có máy nào hiện mã này: xem lại mã trên màn hình của máy (no kiosk shows this code: look at its screen again)")
	case err != nil:
		return "", fmt.Errorf("không tạo được khóa (no token could be made): %w", err)
	}
	d.Logger.Info("kiosk paired", "machine", p.Name)
	return p.Name, nil
}

// heard keeps what a kiosk told whose token has an id, and gives the numbers that
// it may forget.
func (d *Desk) heard(b Beat, id string) (done []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	d.tidy(now)
	old := d.machines[b.Machine]
	if old == nil && len(d.machines) >= machineMost {
		return nil
	}
	// Two of one name with a token each are a mistake that is shown; it is not
	// written down at every beat.
	was, kept := d.known[b.Machine]
	if !kept || now.Sub(was.Heard).Abs() > noteEvery || was.Token != id && (d.Good == nil || !d.Good(was.Token)) {
		d.known[b.Machine] = paired{id, now.UTC().Truncate(time.Second)}
		d.keep()
	}
	if old == nil || old.beat.State != b.State {
		d.Logger.Info("kiosk printer", "machine", b.Machine, "state", b.State)
	}
	m := &machine{beat: b, at: now}
	if old != nil {
		m.done = m.stillVoid(old.done)
		if m.twin = old.twin; !old.awaited && old.beat.ID != b.ID && now.Sub(old.at) < silentAfter {
			m.twin = now
		}
	}
	d.machines[b.Machine] = m
	return m.done
}

// Panel shows every kiosk in /admin.
func (d *Desk) Panel() page.Panel {
	return page.Panel{ID: "kiosks", Title: "Máy lấy số ở máy khác", TitleEN: "Kiosks on other machines", Rows: func(context.Context) []page.Row {
		rows := d.rows(time.Now())
		return append(rows, page.Row{Label: "Ghép máy mới", LabelEN: "Pair another", Value: "nhập mã trên màn hình của máy", ValueEN: "type the code on its screen", Href: Prefix})
	}}
}

// Alarms lists what is wrong with the kiosks, each with its machine's name, in
// Vietnamese and English, for the staff. One trouble has the same words as long
// as it lasts: no figures that count on.
func (d *Desk) Alarms() (out [][2]string) {
	for _, r := range d.rows(time.Now()) {
		if r.Level == page.Fail {
			r.Value, _, _ = strings.Cut(r.Value, countMark)
			r.ValueEN, _, _ = strings.Cut(r.ValueEN, countMark)
			out = append(out, [2]string{r.Label + ": " + r.Value, r.LabelEN + ": " + cmp.Or(r.ValueEN, r.Value)})
		}
	}
	return out
}

func (d *Desk) rows(now time.Time) (rows []page.Row) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tidy(now)
	for _, name := range slices.Sorted(maps.Keys(d.machines)) {
		if d.shutOut(name) {
			rows = append(rows, page.Row{
				Label: name, Value: "máy không cấp số được vì khóa không còn hiệu lực: người quản trị nhập mã đang hiện trên màn hình của máy tại " + Prefix,
				LabelEN: name, ValueEN: "it gives no numbers, its token is not good any more: an administrator types the code on its screen at " + Prefix, Level: page.Fail, Href: Prefix,
			})
			rows = append(rows, d.machines[name].voids(d.Location())...)
			continue
		}
		rows = append(rows, d.machines[name].rows(now, d.Location())...)
	}
	return rows
}

// shutOut reports whether a machine that was heard of before asks to be paired
// again. One that is still heard of does not: a stranger has taken its name. The
// caller holds d.mu.
func (d *Desk) shutOut(name string) bool {
	return slices.ContainsFunc(d.pairing.Waiting(), func(p pairing.Request) bool {
		return p.Again && p.Name == name && !d.machines[name].at.After(p.At)
	})
}

// countMark stands between how a kiosk is and what it has counted.
const countMark = " · "

// rows are one kiosk's: how it is, and what else staff should know.
func (m *machine) rows(now time.Time, zone *time.Location) []page.Row {
	b := m.beat
	first := page.Row{Label: b.Machine, LabelEN: b.Machine, Level: page.OK}
	at := m.at.In(zone).Format("15:04")
	switch silent := now.Sub(m.at) > silentAfter; {
	case m.awaited && !silent:
		first.Value, first.ValueEN, first.Level = "đang đợi máy báo về", "not heard of yet", page.Note
		return []page.Row{first}
	case m.awaited:
		first.Value = "mất liên lạc, chưa báo về lần nào từ khi máy chủ khởi động lúc " + at + ": kiểm tra nguồn và mạng của máy"
		first.ValueEN, first.Level = "not heard of since the server's start at "+at+": check its power and network", page.Fail
		return []page.Row{first}
	case silent:
		first.Value = "mất liên lạc từ " + at + ": kiểm tra nguồn và mạng của máy"
		first.ValueEN, first.Level = "not heard of since "+at+": check its power and network", page.Fail
		return append([]page.Row{first}, m.voids(zone)...)
	}
	words := printer.State(b.State).Words()
	first.Value, first.ValueEN = words[0], words[1]
	switch s := printer.State(b.State); {
	case b.State == "" || s == printer.StatePaperLow || s == printer.StateBlind:
		first.Level = page.Warn
	case !s.Works():
		first.Level = page.Fail
	}
	first.Value += fmt.Sprintf(countMark+"%d số, %d chỉ trên màn hình", b.Taken, b.Shown)
	first.ValueEN += fmt.Sprintf(countMark+"%d numbers, %d on the screen only", b.Taken, b.Shown)
	rows := []page.Row{first}
	add := func(level page.Level, vi, en string) {
		rows = append(rows, page.Row{Label: b.Machine, LabelEN: b.Machine, Value: vi, ValueEN: en, Level: level})
	}
	if now.Sub(m.twin) < twinAge {
		add(page.Fail, "hai máy cùng tên: một máy hỏng sẽ không ai biết, đặt tên khác cho từng máy", "two machines have this name: nobody would see one fail; give each its own")
	}
	if b.Repeat != "" {
		add(page.Warn, "máy in có thể in ra phiếu cũ "+b.Repeat+": bỏ tờ giấy đó", "the printer may still print "+b.Repeat+": throw that paper away")
	}
	rows = append(rows, m.voids(zone)...)
	if len(b.Unsure) > 0 {
		list := strings.Join(b.Unsure, ", ")
		add(page.Warn, "không rõ phiếu đã ra chưa, số vẫn giữ chỗ: "+list, "not known whether the paper came out, the place is kept: "+list)
	}
	return append(rows, page.Row{Label: b.Machine, LabelEN: b.Machine, Value: "phiên bản " + b.Version + reserveWords(b.Reserve), ValueEN: "version " + b.Version})
}

func reserveWords(reserve map[string]int) string {
	if len(reserve) == 0 {
		return ""
	}
	var parts []string
	for service, n := range reserve {
		parts = append(parts, fmt.Sprintf("%s: %d", service, n))
	}
	slices.Sort(parts)
	return " · số dự phòng khi mất mạng: " + strings.Join(parts, ", ")
}

// Admin serves the page for pairing under Prefix.
func (d *Desk) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.show(w, r, http.StatusOK, nil) })
	d.kit.Form(mux, "", formMost, func(w http.ResponseWriter, r *http.Request, err error) {
		var name string
		if err == nil {
			name, err = d.Approve(r.Context(), r.PostForm.Get("code"))
		}
		if err != nil {
			d.show(w, r, http.StatusUnprocessableEntity, err)
			return
		}
		d.kit.See(w, r, url.Values{"paired": {name}}, "")
	})
	d.kit.Form(mux, "done", formMost, func(w http.ResponseWriter, r *http.Request, err error) {
		if err != nil {
			d.show(w, r, http.StatusUnprocessableEntity, err)
			return
		}
		d.Done(r.PostForm.Get("machine"))
		d.kit.See(w, r, url.Values{"settled": {"yes"}}, "")
	})
	return d.kit.Handler(mux)
}

// deskView is what the page shows.
type deskView struct {
	Done, Wrong string
	Waiting     []string // Names of kiosks that wait for their code.
	Void        []string // … that have papers which staff must exchange.
	Rows        []deskRow
}

type deskRow struct {
	Label, Value string
	Level        page.Level
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	l := page.Language(r)
	var data deskView
	if name := tidyName(r.URL.Query().Get("paired")); name != "" {
		data.Done = l.T("Đã ghép "+name+". Máy sẽ sẵn sàng sau vài giây.", name+" is paired. It will be ready in some seconds.")
	}
	if r.URL.Query().Has("settled") {
		data.Done = l.T("Đã ghi nhận: các phiếu này đã xong.", "Noted: these papers are dealt with.")
	}
	if wrong != nil {
		data.Wrong = wrong.Error()
	}
	for _, row := range d.rows(time.Now()) {
		label, value := row.Words(l)
		data.Rows = append(data.Rows, deskRow{label, cmp.Or(value, row.Value), row.Level})
	}
	for _, p := range d.pairing.Waiting() {
		data.Waiting = append(data.Waiting, p.Name)
	}
	d.mu.Lock()
	for _, name := range slices.Sorted(maps.Keys(d.machines)) {
		if len(d.machines[name].voids(d.Location())) > 0 {
			data.Void = append(data.Void, name)
		}
	}
	d.mu.Unlock()
	d.kit.Render(w, r, status, "kiosks", page.View{Lang: l, Title: l.T("Máy lấy số", "Kiosks"), Data: data})
}
