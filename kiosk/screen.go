package kiosk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
)

// screen is what every page shows.
type screen struct {
	Lang     string
	T        words
	Title    string
	Office   string
	OfficeEN string
	Home     string
	Switch   string // This page in the other language.

	Refresh   int    // Seconds until the page is loaded anew; 0 = never.
	RefreshTo string // What is loaded then; empty = the same page.
	Reset     int    // Seconds until the page goes home, shown as a countdown; 0 = stays.
	Calm      bool   // The countdown is shown only near its end.

	Notice, Next string
	Tiles        []tile
	Forms        bool   // Tiles are buttons that take a number.
	Key          string // The touch key of a form.
	Options      []option
	Hidden       []field // Of the form: the wishes.
	Back         string
	Less, More   string // Links to other pages of tiles.

	Ticket *ticketView
}

// tile is one thing to touch.
type tile struct {
	Digit       int // 1–9: the key that selects it.
	Main, Small string
	SmallLang   string
	Waiting     string
	Paused      bool
	Link        string // For a field.
	Name, Value string // For a form.
}

// ticketView is a number on the screen.
type ticketView struct {
	Path      string
	Number    string
	Procedure string
	Ahead     string
	Code      string
	HasQR     bool
	State     delivery
	Reprinted bool
	CanRepeat bool
	Class     string // What its class rests on, in words; empty for everybody's.
}

// How long screens stay: long enough to read aloud, short enough for the next.
const (
	resetChoose  = 60
	resetPaper   = 20
	resetScreen  = 90
	resetAsking  = 45
	resetProblem = 30
)

func (k *Kiosk) newScreen(r *http.Request) screen {
	lang := language(r)
	other := english
	if lang == english {
		other = vietnamese
	}
	s := screen{Lang: lang, T: speak(lang), Home: homePath(lang), Switch: "/kiosk?lang=" + other}
	if r.Method == http.MethodGet {
		q := r.URL.Query()
		q.Set("lang", other)
		s.Switch = (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
	}
	return s
}

// named adds the office's name; without it the page is still of use.
func (s *screen) named(info queue.Info) {
	s.Office, s.OfficeEN = info.Name, info.NameEN
	if s.Lang == english && info.NameEN != "" {
		s.Office, s.OfficeEN = info.NameEN, info.Name
	}
}

// home shows the fields, or the procedures where there is one field only.
func (k *Kiosk) home(w http.ResponseWriter, r *http.Request) {
	s, m, ok := k.menu(w, r)
	if !ok {
		return
	}
	fields := m.fields()
	if len(fields) < 2 {
		s.T.ChooseProcedure = s.T.ChooseField
		k.tiles(w, r, s, m.procedures("", s.Lang), true)
		return
	}
	s.Title = s.T.ChooseField
	tiles := make([]tile, 0, len(fields))
	for _, f := range fields {
		t := m.fieldTile(f, s.Lang)
		t.Link = "/kiosk/field?" + readWishes(r).into(url.Values{"name": {f.Field}, "lang": {s.Lang}}).Encode()
		tiles = append(tiles, t)
	}
	k.tiles(w, r, s, tiles, false)
}

// field shows the procedures of one field.
func (k *Kiosk) field(w http.ResponseWriter, r *http.Request) {
	s, m, ok := k.menu(w, r)
	if !ok {
		return
	}
	tiles := m.procedures(r.URL.Query().Get("name"), s.Lang)
	if len(tiles) == 0 {
		http.Redirect(w, r, s.Home, http.StatusSeeOther)
		return
	}
	s.Back = "/kiosk?" + readWishes(r).into(url.Values{"lang": {s.Lang}}).Encode()
	s.Reset, s.Calm = resetChoose, true
	k.tiles(w, r, s, tiles, true)
}

// menu reads what there is to choose from, or answers with the reason why
// there is nothing.
func (k *Kiosk) menu(w http.ResponseWriter, r *http.Request) (screen, menu, bool) {
	s := k.newScreen(r)
	m, err := loadMenu(r.Context(), k.cfg.Office)
	if err != nil {
		k.fail(w, r, err)
		return s, m, false
	}
	s.named(m.info)
	if !m.info.Open {
		s.Title, s.Notice, s.Next, s.Refresh = s.T.Closed, s.T.Closed, s.T.ClosedNext, resetProblem
		if !m.info.Opens.IsZero() {
			s.Next = s.T.opens(k.local(m.info.Opens, m.info)) + " " + s.Next
		}
		k.show(w, http.StatusOK, "problem.html", s)
		return s, m, false
	}
	return s, m, true
}

// tilesPerPage fits a tall touch screen and a laptop without scrolling, and
// leaves a digit key for every tile.
const tilesPerPage = 8

// tiles shows one page of tiles.
func (k *Kiosk) tiles(w http.ResponseWriter, r *http.Request, s screen, all []tile, forms bool) {
	if s.Title == "" {
		s.Title = s.T.ChooseProcedure
	}
	if len(all) == 0 {
		s.Notice = s.T.NoNumbersLeft
		s.Refresh = resetProblem
		k.show(w, http.StatusOK, "problem.html", s)
		return
	}
	pages := (len(all) + tilesPerPage - 1) / tilesPerPage
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = min(max(page, 0), pages-1)
	s.Tiles = all[page*tilesPerPage : min(len(all), (page+1)*tilesPerPage)]
	for i := range s.Tiles {
		s.Tiles[i].Digit = i + 1
	}
	if page > 0 {
		s.Less = pageLink(r, page-1)
	}
	if page+1 < pages {
		s.More = pageLink(r, page+1)
	}
	k.options(r, &s)
	if forms {
		s.Forms, s.Key = true, rand.Text()
	}
	k.show(w, http.StatusOK, "choose.html", s)
}

func pageLink(r *http.Request, page int) string {
	q := r.URL.Query()
	q.Set("page", strconv.Itoa(page))
	return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
}

// ticket shows the number and what to do with it.
func (k *Kiosk) ticket(w http.ResponseWriter, r *http.Request) {
	v, ok := k.visits.find(r.PathValue("key"))
	if !ok {
		http.Redirect(w, r, homePath(language(r)), http.StatusSeeOther)
		return
	}
	k.shown(r, v)
	now := k.visits.view(v)
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	s.Title = s.T.YourNumber
	s.Ticket = viewTicket(now, s.Lang)
	switch now.state {
	case printing:
		s.Refresh = 1
	case onPaper:
		s.Reset = resetPaper
	case onScreen:
		s.Reset = resetScreen
	case asking:
		s.Reset = resetAsking
	}
	k.show(w, http.StatusOK, "ticket.html", s)
}

// shown records that the screen shows a number: where paper failed, this is
// its delivery.
func (k *Kiosk) shown(r *http.Request, v *visit) {
	first := false
	k.visits.update(func() {
		if v.state == asking && v.seen.IsZero() {
			v.seen = time.Now()
		}
		if v.state == onScreen && !v.delivered {
			k.visits.shown++
			first = true
		}
	})
	if first {
		k.confirm(r.Context(), v)
	}
}

func viewTicket(v visit, lang string) *ticketView {
	t := &ticketView{
		Path: "/kiosk/ticket/" + v.key, Number: v.ticket.Number.String(), Code: layout.Group(v.ticket.Code),
		HasQR: v.ticket.URL != "", State: v.state, Reprinted: v.reprints > 0, CanRepeat: v.reprints < maxReprints,
		Procedure: v.procedure.Name, Class: speak(lang).classWords(v.ticket),
	}
	if lang == english && v.procedure.NameEN != "" {
		t.Procedure = v.procedure.NameEN
	}
	if v.ticket.Standing != nil {
		t.Ahead = people(lang, v.ticket.Standing.Ahead)
	}
	return t
}

// qrScale makes the picture large enough to stay sharp on a tall screen.
const qrScale = 10

func (k *Kiosk) qr(w http.ResponseWriter, r *http.Request) {
	v, ok := k.visits.find(r.PathValue("key"))
	if !ok || v.ticket.URL == "" {
		http.NotFound(w, r)
		return
	}
	data, err := layout.QRPNG(v.ticket.URL, qrScale)
	if err != nil {
		k.log.Error("no QR code", "err", err)
		http.Error(w, "Không vẽ được mã QR. / No QR code.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(data)
}

// fail tells a person what went wrong and what to do.
func (k *Kiosk) fail(w http.ResponseWriter, r *http.Request, err error) {
	s := k.newScreen(r)
	var status int
	status, s.Notice, s.Next = apology(s.Lang, queue.ErrorCode(err))
	if again := k.opensAgain(r.Context(), err); !again.IsZero() {
		s.Next = s.T.opens(again) + " " + s.Next
	}
	if status >= http.StatusInternalServerError {
		k.log.Error("kiosk page failed", "path", r.URL.Path, "err", err)
	}
	s.Title = s.T.ErrorTitle
	s.Refresh, s.RefreshTo = resetProblem, s.Home
	k.show(w, status, "problem.html", s)
}

// opensAgain is when numbers are given again, for refusals that time heals.
func (k *Kiosk) opensAgain(ctx context.Context, err error) time.Time {
	var e *queue.Error
	if !errors.As(err, &e) || e.Opens.IsZero() {
		return time.Time{}
	}
	info, err := k.cfg.Office.Info(ctx)
	if err != nil {
		return time.Time{}
	}
	return k.local(e.Opens, info)
}

func (k *Kiosk) notFound(w http.ResponseWriter, r *http.Request) {
	s := k.newScreen(r)
	s.Title = "404"
	s.Notice = "Không có trang này. / No such page."
	s.Next = s.T.ErrorTitle
	if _, _, next := apology(s.Lang, queue.CodeBadRequest); next != "" {
		s.Next = next
	}
	k.show(w, http.StatusNotFound, "problem.html", s)
}

// show writes a page whole or not at all.
func (k *Kiosk) show(w http.ResponseWriter, status int, name string, s screen) {
	var page bytes.Buffer
	if err := k.pages.ExecuteTemplate(&page, name, s); err != nil {
		k.log.Error("kiosk page broken", "page", name, "err", err)
		http.Error(w, "Máy lấy số gặp trục trặc. Xin mời đến quầy hướng dẫn. / Please go to the information desk.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

// static serves style, script and typeface; they change only with the program.
func (k *Kiosk) static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=300")
	switch name := r.PathValue("file"); name {
	case "NotoSans-Medium.ttf":
		font(w, layout.MediumTTF())
	case "NotoSans-Bold.ttf":
		font(w, layout.BoldTTF())
	default:
		http.ServeFileFS(w, r, files, "static/"+name)
	}
}

func font(w http.ResponseWriter, data []byte) {
	w.Header().Set("Content-Type", "font/ttf")
	_, _ = w.Write(data)
}
