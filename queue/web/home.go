package web

import (
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// maxForm bounds the body of the small forms of these pages, in bytes.
const maxForm = 4 << 10

// homeData is the citizens' start page.
type homeData struct {
	Open     bool
	Opens    string // When it opens next, while it is closed.
	Services []serviceRow
	Doors    []doorRow
	Code     string // What was looked up, when it was not found.
	Wrong    *sorryText
}

type serviceRow struct {
	ID, Name string
	Open     bool
	Waiting  int
	Wait     string // About how long, for who takes a number now; empty = not known.
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
	info, err := w.Office.Info(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	services, err := w.Office.Services(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l := page.Language(r)
	data := homeData{Open: info.Open, Opens: w.opens(l, info.Opens), Services: w.serviceRows(l, services), Code: code}
	for _, d := range w.Doors {
		data.Doors = append(data.Doors, doorRow{l.T(d.Title, d.TitleEN), l.T(d.Text, d.TextEN), safeURL(d.Href), d.Href})
	}
	if wrong != nil {
		data.Wrong = wrong.text(l)
	}
	v := w.view(r, both{info.Name, info.NameEN}, data)
	v.Nav = []page.Link{{Href: "/board", Label: l.T("Bảng gọi số", "Now serving")}}
	v.Scripts = []string{w.kit.Asset("refresh.js")}
	w.render(rw, r, status, "home", v)
}

// safeURL lets the schemes of telephone numbers through, which html/template
// refuses; an address of any other kind is not made a link.
func safeURL(href string) template.URL {
	for _, scheme := range []string{"tel:", "sip:", "sips:", "sms:", "https://", "http://", "/"} {
		if strings.HasPrefix(href, scheme) {
			return template.URL(href)
		}
	}
	return ""
}

func (w *Web) serviceRows(l page.Lang, services []queue.ServiceView) []serviceRow {
	rows := make([]serviceRow, 0, len(services))
	for _, s := range services {
		row := serviceRow{ID: s.ID, Name: l.T(s.Name, s.NameEN), Open: s.Open, Waiting: s.Waiting}
		if w.Wait != nil && s.Open {
			row.Wait = w.Wait(s.ID, l.T("vi", "en"))
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
	code, ok := queue.ParseCode(typed)
	if !ok {
		w.showHome(rw, r, http.StatusBadRequest, typed, &sorry{
			both{"Mã tra cứu chưa đúng", "This is not a valid lookup code"},
			both{"Mã có 9 chữ số, in trên phiếu hoặc được đọc qua điện thoại. Xin kiểm tra từng chữ số rồi nhập lại.", "A code has 9 digits, printed on the ticket or read out on the phone. Please check each digit and try again."},
		})
		return
	}
	if !w.finds.allow(w.ClientIP(r)) {
		rw.Header().Set("Retry-After", "60")
		s := errorWords(queue.CodeRateLimited)
		w.showHome(rw, r, http.StatusTooManyRequests, typed, &s)
		return
	}
	t, err := w.Office.Ticket(r.Context(), code)
	switch {
	case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		w.showHome(rw, r, http.StatusNotFound, typed, &sorry{
			both{"Không có số nào mang mã này", "No number has this code"},
			both{"Số của những ngày trước không còn tra cứu được. Xin kiểm tra lại mã, hoặc hỏi quầy hướng dẫn.", "Numbers of earlier days can no longer be looked up. Please check the code, or ask at the information desk."},
		})
	case err != nil:
		w.fail(rw, r, err)
	default:
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
