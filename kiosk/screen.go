package kiosk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// screen is what every page shows.
type screen struct {
	Lang      string
	T         words
	Title     string
	Office    string
	OfficeEN  string
	Home      string
	Languages []language // This page in the other languages.
	Tools     []option   // How the screen may be.
	StaffKey  string     // The touch key of the button that calls staff; empty = there is none.
	Classes   string     // Of the body: the modes.
	Size      string     // Of the screen, where another is tried: a query.
	visitor   visitor
	info      queue.Info
	prefixes  []string

	Refresh   int    // Seconds until the page is loaded anew; 0 = never.
	RefreshTo string // What is loaded then; empty = the same page.
	Reset     int    // Seconds until the page goes home, shown as a countdown; 0 = stays.
	Calm      bool   // The countdown is shown only near its end.
	State     string // Of the office: the page is loaded anew when it is another; empty = it stays.

	Notice, Next string
	Good         bool // The notice is good news.
	First        bool // The first screen, where nobody has touched anything yet.
	Hours        string
	Tiles        []tile
	Forms        bool     // Some tiles are buttons that take a number.
	Key          string   // The touch key of a form.
	Doors        []option // Ways besides the tiles.
	Options      []option
	Hidden       []field // Of the form: the wishes.
	Back         string
	Less, More   string // Links to other pages of tiles.

	Facts  []fact // Of a procedure.
	Query  string // Of a search.
	Count  string // How much was found, in words.
	Find   *findView
	Found  *foundView
	Ticket *ticketView

	Say      string // Address of the title as sound; empty = silent.
	SayEnd   string // Of what is said after everything else on the page.
	SaySoon  string // Of the warning before the screen goes home.
	SayAgain string // Of how to choose by ear.
	Speak    string // Of what is said without anybody asking: the number.
}

// language is a link to the same page in another language.
type language struct{ Code, Name, Link string }

// tile is one thing to touch.
type tile struct {
	Digit       int // 1–9: the key that selects it.
	Main, Small string
	MainLang    string
	SmallLang   string
	Icon        string
	Waiting     string
	Paused      bool
	Why         string // Why it is paused.
	Link        string // For a field, or what there is to know first.
	Name, Value string // For a form.
	Say         string // Address of its words as sound; empty = silent.
}

// ticketView is a number on the screen.
type ticketView struct {
	Path      string
	Number    string
	Procedure string
	Ahead     string
	Wait      string
	More      []string // Of the wait: when to be back, what it rests on.
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
	resetSpoken  = 180 // Where everything is read aloud.
)

func (k *Kiosk) newScreen(r *http.Request) screen {
	v := k.visitor(r)
	s := screen{Size: sizeOf(r.Context()), Lang: v.lang, T: k.tongues.of(v.lang), Home: v.home(), visitor: v, Classes: strings.Join(v.modes, " ")}
	q := url.Values{}
	at := "/kiosk"
	if r.Method == http.MethodGet {
		q, at = r.URL.Query(), r.URL.Path
	}
	for _, t := range k.tongues.others(v.lang) {
		q.Set("lang", t.Code)
		s.Languages = append(s.Languages, language{t.Code, t.Name, (&url.URL{Path: at, RawQuery: q.Encode()}).String()})
	}
	q.Set("lang", v.lang)
	s.Tools = tools(s.T, v, at, q)
	s.StaffKey = rand.Text()
	return s
}

// tools shows how the screen may be.
func tools(t words, v visitor, at string, q url.Values) (all []option) {
	for _, o := range []option{
		{ID: modeVoice, Words: t.ToolVoice, Key: "+"}, {ID: modeLarge, Words: t.ToolLarge},
		{ID: modeContrast, Words: t.ToolContrast}, {ID: modeLow, Words: t.ToolLow},
	} {
		with := url.Values{}
		for name, values := range q {
			with[name] = values
		}
		o.Icon, o.On = o.ID, v.in(o.ID)
		o.Link = (&url.URL{Path: at, RawQuery: v.toggledMode(o.ID).into(with).Encode()}).String()
		all = append(all, o)
	}
	return all
}

// Trial reports whether the office is being tried out.
func (s screen) Trial() bool { return s.info.Trial }

// Again loads a screen once more whose script was lost on its way.
func (s screen) Again() template.HTML { return page.Again }

// named adds the office's name; without it the page is still of use.
func (s *screen) named(info queue.Info) {
	s.info = info
	s.Office, s.OfficeEN = info.Name, info.NameEN
	if s.Lang != vietnamese && info.NameEN != "" {
		s.Office, s.OfficeEN = info.NameEN, info.Name
	}
}

// KeyRow gives a row of the keyboard on the screen: figures first, then letters
// without marks, which the search does not need.
func (s screen) KeyRow(i int) []string {
	return strings.Split([]string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"}[i], "")
}

// Prefixes gives the letters that today's numbers begin with.
func (s screen) Prefixes() []string { return s.prefixes }

// home shows the fields, or the procedures where there is one field only. The
// script asks for part=state while the screen stands.
func (k *Kiosk) home(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("part") == "state" {
		k.state(w, r)
		return
	}
	s, m, ok := k.menu(w, r)
	if !ok {
		return
	}
	s.First, s.State = true, stateOf(m.info)
	s.Doors = []option{
		{ID: "have", Words: s.T.HaveNumber, Icon: "ticket", Key: "/", Link: s.visitor.path("/kiosk/find", nil)},
	}
	if len(m.offered) > 0 {
		s.Doors = slices.Insert(s.Doors, 0, option{ID: "search", Words: s.T.Search, Icon: "search", Link: s.visitor.path("/kiosk/search", nil)})
	}
	s.Hours = k.hoursToday(r.Context(), m.info)
	fields := m.fields()
	if len(fields) < 2 {
		s.Title = s.T.ChooseProcedure
		k.tiles(w, r, s, m.procedures("", s.visitor))
		return
	}
	s.Title = s.T.ChooseField
	tiles := make([]tile, 0, len(fields))
	for _, f := range fields {
		t := m.fieldTile(f)
		if m.alone(f) { // Its page would ask the same again.
			t = m.procedureTile(f, s.visitor)
			t.Icon = m.set.pictogramOf(f.Field, f.FieldEN)
		} else {
			t.Link = s.visitor.path("/kiosk/field", url.Values{"name": {f.Field}})
		}
		tiles = append(tiles, t)
	}
	k.tiles(w, r, s, tiles)
}

// state says what the first screen rests on, cheaply.
func (k *Kiosk) state(w http.ResponseWriter, r *http.Request) {
	info, err := k.cfg.Office.Info(r.Context())
	if err != nil { // The screen stays: a touch says what is wrong.
		http.Error(w, string(queue.ErrorCode(err)), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, stateOf(info))
}

// stateOf names the states of an office in which the first screen is another.
func stateOf(info queue.Info) string {
	state := "closed"
	if info.Open {
		state = "open"
	}
	if info.Trial {
		state += " trial"
	}
	return state
}

// field shows the procedures of one field.
func (k *Kiosk) field(w http.ResponseWriter, r *http.Request) {
	s, m, ok := k.menu(w, r)
	if !ok {
		return
	}
	tiles := m.procedures(r.URL.Query().Get("name"), s.visitor)
	if len(tiles) == 0 {
		http.Redirect(w, r, s.Home, http.StatusSeeOther)
		return
	}
	s.Title = s.T.ChooseProcedure
	s.Back = s.visitor.path("/kiosk", nil)
	s.Reset, s.Calm = resetChoose, true
	k.tiles(w, r, s, tiles)
}

// procedure tells what there is to know of one procedure before a number is
// taken.
func (k *Kiosk) procedure(w http.ResponseWriter, r *http.Request) {
	s, m, ok := k.menu(w, r)
	if !ok {
		return
	}
	p, ok := m.find(r.URL.Query().Get("id"))
	if !ok {
		http.Redirect(w, r, s.Home, http.StatusSeeOther)
		return
	}
	t := m.procedureTile(p, s.visitor)
	t.Digit, t.Link = 1, ""
	s.Title, s.Tiles = t.Main, []tile{t}
	s.Facts = s.T.facts(p)
	s.Back = s.visitor.path("/kiosk/field", url.Values{"name": {p.Field}})
	if m.alone(p) {
		s.Back = s.visitor.path("/kiosk", nil)
	}
	s.Reset, s.Calm = resetChoose, true
	k.options(r, &s)
	s.Forms, s.Key = true, rand.Text()
	k.show(w, r, http.StatusOK, "procedure.html", s)
}

// tilesFound is how many results a search shows: what is not among them is
// found by typing on.
const tilesFound = 6

// maxQuery bounds what is typed into the search, in bytes.
const maxQuery = 120

// search finds procedures by what is typed. The script asks for part=results
// while somebody types.
func (k *Kiosk) search(w http.ResponseWriter, r *http.Request) {
	s, m, ok := k.menu(w, r)
	if !ok {
		return
	}
	if s.Query = r.URL.Query().Get("q"); len(s.Query) > maxQuery {
		s.Query = strings.ToValidUTF8(s.Query[:maxQuery], "")
	}
	s.Title = s.T.Search
	s.Tiles = k.searched(m, s.Query, s.visitor)
	for i := range s.Tiles {
		s.Tiles[i].Digit = i + 1
	}
	switch n := len(s.Tiles); {
	case n > 0:
		s.Count = strings.Replace(s.T.Results, "%d", strconv.Itoa(n), 1)
	case strings.TrimSpace(s.Query) != "":
		s.Count = s.T.NothingFound
	default:
		s.Count = s.T.SearchHint
	}
	s.Hidden, s.Key = s.visitor.hidden(), rand.Text()
	s.Back = s.visitor.path("/kiosk", nil)
	s.Reset, s.Calm = resetChoose, true
	name := "search.html"
	if r.URL.Query().Get("part") == "results" {
		name = "results"
	}
	k.show(w, r, http.StatusOK, name, s)
}

// menu reads what there is to choose from, or answers with the reason why
// there is nothing.
func (k *Kiosk) menu(w http.ResponseWriter, r *http.Request) (screen, menu, bool) {
	s := k.newScreen(r)
	m, err := k.loadMenu(r.Context(), s.T)
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
		s.Hours, s.State = k.hoursToday(r.Context(), m.info), stateOf(m.info)
		// Who has a number already may still ask for it.
		s.Doors = []option{{ID: "have", Words: s.T.HaveNumber, Icon: "ticket", Key: "/", Link: s.visitor.path("/kiosk/find", nil)}}
		k.show(w, r, http.StatusOK, "problem.html", s)
		return s, m, false
	}
	return s, m, true
}

// hoursToday says when the office is open today: "07:30–11:30, 13:30–17:00".
// Empty where it always is, or nobody knows.
func (k *Kiosk) hoursToday(ctx context.Context, info queue.Info) string {
	set, ok := k.setup(ctx)
	if !ok {
		return ""
	}
	now := k.local(time.Now(), info)
	var spans []string
	for _, d := range set.Days {
		if d.Date == now.Format(time.DateOnly) {
			for _, h := range d.Hours {
				spans = append(spans, h.From+"–"+h.To)
			}
			return strings.Join(spans, ", ")
		}
	}
	for _, h := range set.Hours {
		if h.Day == now.Weekday() {
			spans = append(spans, h.From+"–"+h.To)
		}
	}
	return strings.Join(spans, ", ")
}

// tilesPerPage fits a tall touch screen and a laptop without scrolling, and
// leaves a digit key for every tile; fewer where they are large or have half a
// screen.
const (
	tilesPerPage = 8
	fewTiles     = 4
)

func (v visitor) tilesPerPage() int {
	if v.in(modeLarge) || v.in(modeLow) {
		return fewTiles
	}
	return tilesPerPage
}

// tiles shows one page of tiles.
func (k *Kiosk) tiles(w http.ResponseWriter, r *http.Request, s screen, all []tile) {
	if len(all) == 0 {
		s.Notice = s.T.NoNumbersLeft
		s.Refresh = resetProblem
		k.show(w, r, http.StatusOK, "problem.html", s)
		return
	}
	most := s.visitor.tilesPerPage()
	pages := (len(all) + most - 1) / most
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = min(max(page, 0), pages-1)
	s.Tiles = all[page*most : min(len(all), (page+1)*most)]
	for i := range s.Tiles {
		s.Tiles[i].Digit = i + 1
		s.Forms = s.Forms || s.Tiles[i].Link == ""
	}
	if page > 0 {
		s.Less = pageLink(r, page-1)
	}
	if page+1 < pages {
		s.More = pageLink(r, page+1)
	}
	k.options(r, &s)
	s.Key = rand.Text()
	k.show(w, r, http.StatusOK, "choose.html", s)
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
		http.Redirect(w, r, k.visitor(r).home(), http.StatusSeeOther)
		return
	}
	k.shown(r, v)
	now := k.visits.view(v)
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	s.Title = s.T.YourNumber
	s.Hidden = s.visitor.settled().hidden()
	s.Ticket = viewTicket(now, s.T, k.localNow(r.Context()))
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
	if now.state != printing {
		k.speakNumber(r.Context(), &s, now)
	}
	k.show(w, r, http.StatusOK, "ticket.html", s)
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

func viewTicket(v visit, t words, now time.Time) *ticketView {
	view := &ticketView{
		Path: "/kiosk/ticket/" + v.key, Number: v.ticket.Number.String(), Code: layout.Group(v.ticket.Code),
		HasQR: v.ticket.URL != "", State: v.state, Reprinted: v.reprints > 0, CanRepeat: v.reprints < maxReprints,
		Procedure: v.procedure.Name, Class: t.classWords(v.ticket), Wait: t.waitWords(v.ticket.Standing),
		More: t.moreWait(v.ticket, now),
	}
	if t.Code != vietnamese && v.procedure.NameEN != "" {
		view.Procedure = v.procedure.NameEN
	}
	if v.ticket.Standing != nil {
		view.Ahead = t.count(v.ticket.Standing.Ahead)
	}
	return view
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
	status, s.Notice, s.Next = s.T.apology(queue.ErrorCode(err))
	if again := k.opensAgain(r.Context(), err); !again.IsZero() {
		s.Next = s.T.opens(again) + " " + s.Next
	}
	if status >= http.StatusInternalServerError {
		k.log.Error("kiosk page failed", "path", r.URL.Path, "err", err)
	}
	s.Title = s.T.ErrorTitle
	s.Refresh, s.RefreshTo = resetProblem, s.Home
	k.show(w, r, status, "problem.html", s)
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
	s.Title, s.Notice = "404", s.T.NoPage
	_, _, s.Next = s.T.apology(queue.CodeBadRequest)
	k.show(w, r, http.StatusNotFound, "problem.html", s)
}

// show writes a page, spoken where it is to be.
func (k *Kiosk) show(w http.ResponseWriter, r *http.Request, status int, name string, s screen) {
	k.voiceOver(r.Context(), &s)
	if s.visitor.in(modeVoice) && s.Reset > 0 {
		s.Reset = max(s.Reset, resetSpoken)
	}
	k.write(w, status, name, s)
}

// write writes a page whole or not at all.
func (k *Kiosk) write(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := k.pages.ExecuteTemplate(&page, name, data); err != nil {
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
