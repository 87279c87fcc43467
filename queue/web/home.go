package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/outside"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// maxForm bounds the body of the small forms of these pages, in bytes.
const maxForm = 4 << 10

// homeData is the citizens' start page.
type homeData struct {
	Open      bool
	Trial     bool // The office is tried out: its numbers mean nothing.
	Address   string
	Hotline   string
	HotlineAt template.URL
	Hours     string // Of today; empty = it never closes.
	Holiday   string
	Best      string // When to come today, as far as the past tells.
	Rating    string // What people thought of it lately.
	Others    []otherRow
	Opens     string // When it opens next, while it is closed.
	Services  []serviceRow
	Doors     []doorRow
	Code      string // What was looked up, when it was not found.
	Wrong     *sorryText
}

type serviceRow struct {
	ID, Name string
	Agency   string
	Open     bool
	Waiting  int
	Serving  string // "A012 (quầy 1)"
	Counters int    // Open for it.
	Truth    string // How true that was lately.
	Wait     string // About how long, for who takes a number now; empty = not known.
}

// Elsewhere is another office of the installation, as far as it is known.
type Elsewhere struct {
	Name, NameEN string
	Href         string // Its own start page; empty = none.
	Open         bool
	Lost         bool // It does not answer: the rest is old.
	Waiting      int
	Counters     int // Open.
	Longest      time.Duration
}

type otherRow struct {
	Name, Href, State string
	Waiting, Counters int
	Lost              bool
}

type doorRow struct {
	Title, Text string
	Href        template.URL
	Label       string // Href as people read it.
}

// sorryText is a sorry in one language.
type sorryText struct{ Title, Next string }

func (s sorry) text(l page.Lang) *sorryText { return &sorryText{s.title.in(l), s.next.in(l)} }

func (w *Web) home(rw http.ResponseWriter, r *http.Request) {
	w.showHome(rw, r, http.StatusOK, "", nil)
}

// showHome writes the start page, with what a look-up did not find.
func (w *Web) showHome(rw http.ResponseWriter, r *http.Request, status int, code string, wrong *sorry) {
	now, err := w.state.State(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l, info := page.Language(r), now.Info
	data := homeData{Open: info.Open, Trial: info.Trial, Opens: w.opens(l, info.Opens), Services: w.lines(l, now), Code: code, Others: w.otherRows(l)}
	data.about(l, now)
	for _, d := range w.Doors {
		if now.Hotline != "" && strings.HasPrefix(d.Href, "sip:") {
			continue // An address to try the telephone with is no use to who has a number to dial.
		}
		data.Doors = append(data.Doors, doorRow{l.T(d.Title, d.TitleEN), l.T(d.Text, d.TextEN), page.SafeURL(d.Href), doorLabel(l, d)})
	}
	if wrong != nil {
		data.Wrong = wrong.text(l)
	}
	v := w.view(r, both{info.Name, info.NameEN}, data)
	v.Nav = []page.Link{{Href: "/board", Label: l.T("Bảng gọi số", "Now serving")}}
	v.Scripts = []string{w.kit.Asset("refresh.js")}
	w.render(rw, r, status, "home", v)
}

// dialled is the link that dials a telephone number as an office writes it;
// empty where what is written is not just a number.
func dialled(written string) template.URL {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "").Replace(written)
	if digits == "" || strings.Trim(digits, "+0123456789") != "" {
		return ""
	}
	return page.SafeURL("tel:" + digits)
}

// doorLabel is what a door's link is called: what people dial, or the door.
func doorLabel(l page.Lang, d Door) string {
	if strings.HasPrefix(d.Href, "/") {
		return l.T(d.Title, d.TitleEN)
	}
	return d.Href
}

func (w *Web) serviceRows(l page.Lang, services []queue.ServiceView) []serviceRow {
	rows := make([]serviceRow, 0, len(services))
	for _, s := range services {
		row := serviceRow{ID: s.ID, Name: l.T(s.Name, s.NameEN), Open: s.Open, Waiting: s.Waiting}
		if w.Wait != nil && s.Open {
			row.Wait = w.Wait(s.ID, l.T("vi", "en"))
		}
		if w.Truth != nil {
			row.Truth = w.Truth(s.ID, l.T("vi", "en"))
		}
		rows = append(rows, row)
	}
	return rows
}

// lines are the services with what the counters do for them.
func (w *Web) lines(l page.Lang, now outside.State) []serviceRow {
	views := make([]queue.ServiceView, len(now.Services))
	for i, s := range now.Services {
		views[i] = s.ServiceView
	}
	rows := w.serviceRows(l, views)
	for i, s := range now.Services {
		var seats []string
		for _, at := range s.Serving {
			seats = append(seats, fmt.Sprintf("%s (%s %s)", at.Number, l.T("quầy", "counter"), at.Counter))
		}
		rows[i].Agency, rows[i].Counters, rows[i].Serving = l.T(s.AgencyName, s.AgencyNameEN), s.Counters, strings.Join(seats, ", ")
	}
	return rows
}

// about says what there is to know of the office besides its lines.
func (d *homeData) about(l page.Lang, now outside.State) {
	d.Hotline, d.HotlineAt = now.Hotline, dialled(now.Hotline)
	d.Address, d.Holiday = now.Address, l.T(now.Holiday[0], now.Holiday[1])
	var spans []string
	for _, s := range now.Sessions {
		spans = append(spans, s.From.Format("15:04")+"–"+s.To.Format("15:04"))
	}
	switch {
	case now.Always:
	case len(spans) == 0:
		d.Hours = l.T("nghỉ", "closed")
	default:
		d.Hours = strings.Join(spans, ", ")
	}
	if best, worst, ok := now.Best(); ok {
		d.Best = l.T(
			fmt.Sprintf("Những ngày như hôm nay, đến lúc %s thường chờ ngắn nhất (khoảng %s); đông nhất lúc %s (khoảng %s).", hourWords(l, best), waitWords(l, best), hourWords(l, worst), waitWords(l, worst)),
			fmt.Sprintf("On days like today the wait is usually shortest for who comes at %s (about %s), and longest at %s (about %s).", hourWords(l, best), waitWords(l, best), hourWords(l, worst), waitWords(l, worst)))
	}
	if r := now.Rating; r != nil {
		mean := fmt.Sprintf("%.1f", r.Mean)
		d.Rating = l.T(
			fmt.Sprintf("Người dân đánh giá %s trên 5 (%d lượt trong %d ngày qua).", strings.Replace(mean, ".", ",", 1), r.N, r.Days),
			fmt.Sprintf("Citizens rate this office %s out of 5 (%s in the past %s).", mean, page.Count(r.N, "rating"), page.Count(r.Days, "day")))
	}
}

// hourWords is an hour of the day: "8–9 giờ".
func hourWords(l page.Lang, h outside.Hour) string {
	return l.T(fmt.Sprintf("%d–%d giờ", h.Hour, h.Hour+1), fmt.Sprintf("%d:00–%d:00", h.Hour, h.Hour+1))
}

// waitWords is a usual wait, as exactly as it is worth saying.
func waitWords(l page.Lang, h outside.Hour) string {
	minutes := int(h.Wait.Round(time.Minute).Minutes())
	if minutes >= 10 {
		minutes = (minutes + 2) / 5 * 5
	}
	return fmt.Sprintf("%d %s", minutes, l.T("phút", "min"))
}

func (w *Web) otherRows(l page.Lang) (rows []otherRow) {
	if w.Others == nil {
		return nil
	}
	for _, o := range w.Others() {
		row := otherRow{Name: cmp.Or(l.T(o.Name, o.NameEN), o.Name), Href: string(page.SafeURL(o.Href)), Waiting: o.Waiting, Counters: o.Counters, Lost: o.Lost}
		switch {
		case o.Lost:
			row.State = l.T("chưa liên lạc được", "not reached now")
		case o.Open:
			row.State = l.T("đang mở", "open")
		default:
			row.State = l.T("ngoài giờ", "closed")
		}
		rows = append(rows, row)
	}
	return rows
}

// find leads a citizen from the lookup code to the ticket's page. Only codes
// are looked up, not numbers: anyone can see a number on the board.
func (w *Web) find(rw http.ResponseWriter, r *http.Request) {
	typed, err := w.typedCode(rw, r)
	if err != nil {
		w.showHome(rw, r, http.StatusBadRequest, "", &sorry{
			both{"Không đọc được mã tra cứu", "The lookup code could not be read"},
			both{"Xin nhập lại 9 chữ số.", "Please enter the 9 digits again."},
		})
		return
	}
	found, ok := w.Guesses.Try(w.ClientIP(r))
	if !ok {
		page.TooOften(rw)
		return
	}
	code, ok := queue.ParseCode(typed)
	if !ok {
		w.showHome(rw, r, http.StatusBadRequest, typed, &sorry{
			both{"Mã tra cứu chưa đúng", "This is not a valid lookup code"},
			both{"Mã có 9 chữ số, in trên phiếu hoặc được đọc qua điện thoại. Xin kiểm tra từng chữ số rồi nhập lại.", "A code has 9 digits, printed on the ticket or read out on the phone. Please check each digit and try again."},
		})
		return
	}
	t, err := w.Office.Ticket(r.Context(), code)
	switch {
	case queue.ErrorCode(err) == queue.CodeUnknownTicket, err == nil && t.Code != code: // An id of an earlier day may look like a code.
		w.showHome(rw, r, http.StatusNotFound, typed, &sorry{
			both{"Không có số nào mang mã này", "No number has this code"},
			both{"Số của những ngày trước không còn tra cứu được. Xin kiểm tra lại mã, hoặc hỏi quầy hướng dẫn.", "Numbers of earlier days can no longer be looked up. Please check the code, or ask at the information desk."},
		})
	case err != nil:
		w.fail(rw, r, err)
	default:
		found()
		http.Redirect(rw, r, "/t/"+w.Links.Token(t.Office, t.ID), http.StatusSeeOther)
	}
}

// typedCode reads the form's code, cut to what the page may repeat.
func (w *Web) typedCode(rw http.ResponseWriter, r *http.Request) (string, error) {
	r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return "", err
	}
	code := r.PostForm.Get("code")
	if len(code) > 40 || !utf8.ValidString(code) {
		return "", queue.Errorf(queue.CodeBadRequest, "lookup code of %d bytes", len(code))
	}
	return code, nil
}
