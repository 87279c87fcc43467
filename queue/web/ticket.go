package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/standing"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	ticketReload = 15 * time.Second       // Browsers without modules load the ticket anew.
	ticketPause  = 250 * time.Millisecond // A ticket's page asks the office at most so often.
)

// ticketData is one ticket for the person who holds it.
type ticketData struct {
	Token   string
	Number  string
	State   string
	Trial   bool   // Issued while the office was tried out.
	Words   string // State in words.
	Tone    string // Class of the state's box: "", ok, warn, fail.
	Ahead   *int   // Only while waiting.
	Wait    string // How long that will take, as far as it is known …
	ComeBy  string // … when to come …
	Basis   string // … what it rests on …
	MayMiss string // … and that it may be too late in the day.
	Ways    []way  // How far away the holder may be, while there is time to set out.
	SetOut  string // When to set out, for who has said how far away …
	Leave   bool   // … which is now.
	Counter string // Name of the counter it is called to or served at.
	Calls   int    // How often it was called: once more is told again.
	Next    string // What to do now.
	Say     string // For screen readers and the window's title, when it changes.
	Code    string // Grouped by three.
	Service string
	Issued  string
	Cancel  bool  // May still be withdrawn …
	Later   bool  // … or let others go first …
	Here    bool  // … or say that its holder has come …
	Hall    bool  // … with the code that the hall shows.
	Places  []int // How many others, to choose from.
	Before  int   // How often it was pushed back already.
	Rate    *rateData
	Why     bool // There is an answer to why others were called first.
	Wrong   *sorryText
	Follow  []page.Link // How to be told of the turn elsewhere.
	PushKey string      // With which a browser asks to be told of it; empty = it cannot.
}

// way is how long a holder's way may take, to choose from.
type way struct {
	Minutes int
	Label   string
	Chosen  bool
}

// travel is how many minutes away the reader of a ticket's page is, which only
// the page's address remembers; 0 = has not said.
func travel(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("travel"))
	if err != nil || n < 0 || n > standing.MostTravel {
		return 0
	}
	return n
}

// What is wrong with a link that nobody was given.
var (
	errTooOften = queue.Errorf(queue.CodeRateLimited, "too many wrong links")
	errNoLink   = queue.Errorf(queue.CodeUnknownTicket, "the link is not one of this office")
)

// holder finds the ticket of the link in the address. Only who shows a wrong one
// is counted: a true link always works.
func (w *Web) holder(r *http.Request) (queue.Ticket, error) {
	info, err := w.Office.Info(r.Context())
	if err != nil {
		return queue.Ticket{}, err
	}
	id, ok := w.Links.Ticket(info.ID, r.PathValue("token"))
	if ok {
		return w.byLink(r.Context(), id)
	}
	if _, ok := w.Guesses.Try(w.ClientIP(r)); !ok {
		return queue.Ticket{}, errTooOften
	}
	return queue.Ticket{}, errNoLink
}

// byLink gives the ticket that a true link is of, as long as the link lives.
func (w *Web) byLink(ctx context.Context, id string) (queue.Ticket, error) {
	t, err := w.Office.Ticket(ctx, id)
	if err == nil && t.LinkOver(w.Now()) {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "the link is over")
	}
	return t, err
}

func (w *Web) ticket(rw http.ResponseWriter, r *http.Request) {
	t, err := w.holder(r)
	if err != nil {
		w.noTicket(rw, r, err)
		return
	}
	w.showTicket(rw, r, http.StatusOK, t, nil)
}

// noTicket answers for a link that leads nowhere.
func (w *Web) noTicket(rw http.ResponseWriter, r *http.Request, err error) {
	if queue.ErrorCode(err) == queue.CodeRateLimited {
		page.TooOften(rw)
		return
	}
	if queue.ErrorCode(err) != queue.CodeUnknownTicket {
		w.fail(rw, r, err)
		return
	}
	w.problem(rw, r, http.StatusNotFound, sorry{
		both{"Không tìm thấy số này", "This number was not found"},
		both{"Đường dẫn có thể bị thiếu chữ hoặc đã quá ngày. Xin quét lại mã QR trên phiếu, hoặc nhập mã tra cứu 9 chữ số ở trang đầu.", "The link may be incomplete or from an earlier day. Please scan the QR code on the ticket again, or enter the 9-digit lookup code on the start page."},
	})
}

func (w *Web) showTicket(rw http.ResponseWriter, r *http.Request, status int, t queue.Ticket, wrong *sorryText) {
	l := page.Language(r)
	h, err := w.lookForTicket(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	data := w.ticketView(l, h, t, travel(r))
	data.Token, data.Wrong = r.PathValue("token"), wrong
	if w.Follow != nil && t.State.Open() {
		data.Follow = w.Follow(l, data.Token, t.Code)
	}
	if w.Push != nil && t.State.Open() && t.State != queue.Held {
		data.PushKey = w.Push.Key()
	}
	v := w.view(r, both{data.Say, data.Say}, data)
	v.Body = "ticket"
	v.Scripts = []string{w.assets.Path("ticket.js")}
	if data.PushKey != "" {
		v.Scripts = append(v.Scripts, w.assets.Path("ticket-push.js"))
	}
	if t.State.Open() {
		v.Refresh = ticketReload
	}
	w.render(rw, r, status, "ticket", v)
}

// lookForTicket reads what a ticket's page tells of the office.
func (w *Web) lookForTicket(ctx context.Context) (h hall, err error) {
	var errs [3]error
	h.info, errs[0] = w.Office.Info(ctx)
	w.keepTo(h.info.TimeZone)
	h.services, errs[1] = w.Office.Services(ctx)
	h.counters, errs[2] = w.Office.Counters(ctx)
	h.rules = w.decided(ctx).Rules
	return h, errors.Join(errs[:]...)
}

// ticketView says a ticket in words, to somebody some minutes away. It asks
// nobody: thousands of pages are told of the same event.
func (w *Web) ticketView(l page.Lang, h hall, t queue.Ticket, travel int) ticketData {
	now := w.Now()
	d := ticketData{
		Number: t.Number.String(), State: string(t.State), Words: stateWords(t.State).in(l),
		Issued: w.clock(t.IssuedAt), Code: groups(t.Code),
		Trial: t.Trial, Calls: t.CallCount,
		Cancel: t.State == queue.Held || t.State == queue.Waiting,
		Later:  t.State == queue.Waiting && t.LaterCount < h.laterMost(),
		Here:   t.State == queue.Waiting && t.Presence == queue.Remote, Hall: w.HallCode != nil,
		Why:  t.State.Open() && w.explainer() != nil,
		Rate: ratingOf(l, h.info.Rating, t, now),
	}
	if d.Later {
		d.Places, d.Before = laterPlaces(), t.LaterCount
	}
	for _, s := range h.services {
		if s.ID == t.Service {
			d.Service = l.T(s.Name, s.NameEN)
		}
	}
	if t.State.InHand() {
		d.Counter = nameOf(l, h.counters, t.Counter)
	}
	if t.State == queue.Waiting && t.Standing != nil {
		d.Ahead = &t.Standing.Ahead
		d.wait(l, t, travel, now.In(w.zone()))
	}
	d.Tone, d.Next = advice(l, t, d.Ahead, d.Counter)
	if d.Rate != nil && d.Rate.Given != "" {
		d.Next = d.Rate.Given
	}
	d.Say = d.Number + ": " + d.Words
	if d.Counter != "" {
		d.Say += " – " + d.Counter
	}
	if d.Leave {
		d.Say = d.Number + ": " + d.SetOut
	}
	return d
}

// wait says what is known of the wait.
func (d *ticketData) wait(l page.Lang, t queue.Ticket, travel int, now time.Time) {
	s, tag := t.Standing, l.T("vi", "en")
	d.Wait, d.Basis, d.MayMiss = standing.Wait(s, tag), standing.Basis(s, tag), standing.MayMiss(s, tag)
	d.ComeBy = standing.ComeBy(t, now, tag)
	if d.Wait == "" || t.Presence == queue.Present {
		return
	}
	if travel > 0 {
		d.SetOut, d.Leave = standing.LeaveBy(s, travel, now, tag), standing.Leave(s, travel, now)
	}
	for _, n := range []int{0, 10, 20, 30, 45, 60, 90} {
		label := l.T("chưa chọn", "not chosen")
		if n > 0 {
			label = standing.Length(n, tag)
		}
		d.Ways = append(d.Ways, way{Minutes: n, Label: label, Chosen: n == travel})
	}
}

// where is ", phòng 201, tầng 2", or nothing if the office does not say.
func where(l page.Lang, p queue.Place) string {
	if text := announce.Where(p, l.T("vi", "en")); text != "" {
		return ", " + text
	}
	return ""
}

func nameOf(l page.Lang, counters []queue.CounterView, id string) string {
	for _, c := range counters {
		if c.ID == id {
			return counterName(c.Counter).in(l) + where(l, c.Place)
		}
	}
	return counterName(queue.Counter{ID: id}).in(l)
}

// advice tells the holder what a state means and what to do now.
func advice(l page.Lang, t queue.Ticket, ahead *int, counter string) (tone, next string) {
	switch t.State {
	case queue.Held:
		return "warn", l.T("Số này chưa có hiệu lực cho đến khi phiếu in xong hoặc được xác nhận.", "This number is not valid until the ticket is printed or confirmed.")
	case queue.Waiting:
		return "", waitingAdvice(l, ahead)
	case queue.Called:
		return "ok", l.T("Đến lượt quý vị. Xin đến ngay "+counter+".", "It is your turn. Please go to "+counter+" now.")
	case queue.Serving:
		return "ok", l.T("Đang được phục vụ tại "+counter+".", "Being served at "+counter+".")
	case queue.Parked:
		return "warn", l.T("Số được tạm giữ. Khi có đủ giấy tờ, xin báo lại quầy.", "Your number is on hold. When your papers are complete, please tell the counter.")
	case queue.Completed:
		return "ok", l.T("Đã phục vụ xong. Xin cảm ơn.", "All done. Thank you.")
	case queue.NoShow:
		return "fail", l.T("Đã gọi nhưng không thấy quý vị. Xin đến quầy hướng dẫn để được giúp, hoặc lấy số mới.", "You were called but nobody came. Please ask at the information desk, or take a new number.")
	case queue.Cancelled:
		if t.Reason == queue.ReasonUndelivered {
			return "fail", l.T("Số chưa được xác nhận nên không còn hiệu lực. Xin lấy số mới.", "The number was not confirmed and is no longer valid. Please take a new number.")
		}
		return "fail", l.T("Số đã hủy. Nếu vẫn cần làm thủ tục, xin lấy số mới.", "The number was cancelled. If you still need the service, please take a new number.")
	default:
		return "fail", l.T("Số chỉ có giá trị trong ngày. Xin lấy số mới.", "Numbers are valid for one day only. Please take a new number.")
	}
}

func waitingAdvice(l page.Lang, ahead *int) string {
	switch {
	case ahead == nil:
		return l.T("Xin chờ đến lượt; trang này tự cập nhật.", "Please wait for your turn; this page updates by itself.")
	case *ahead == 0:
		return l.T("Quý vị là người tiếp theo. Xin chờ gần các quầy.", "You are next. Please wait near the counters.")
	default:
		return l.T("Trang này tự cập nhật khi đến gần lượt.", "This page updates by itself as your turn comes near.")
	}
}

// groups writes a lookup code the way it is read out: "123 456 789".
func groups(code string) string {
	if len(code) != queue.CodeLength {
		return code
	}
	return code[:3] + " " + code[3:6] + " " + code[6:]
}

// ticketStream sends the ticket again whenever it reads differently.
func (w *Web) ticketStream(rw http.ResponseWriter, r *http.Request) {
	t, err := w.holder(r)
	if err != nil {
		w.noTicket(rw, r, err)
		return
	}
	l, token, minutes := page.Language(r), r.PathValue("token"), travel(r)
	var said ticketData
	w.serve(rw, r, w.visitor(r), t.ID, ticketPause, func(s *snapshot) []byte {
		t, err := w.byLink(r.Context(), t.ID)
		if err != nil {
			return nil // The office is away: the pings' age tells it.
		}
		data := w.ticketView(l, s.hall, t, minutes)
		data.Token = token
		before := said
		said = data
		return w.ticketFrame(l, s.seq, before, data)
	})
}

// standingFrame is what changes most often by far, on thousands of phones at
// once: it is sent without the page around it.
type standingFrame struct {
	Ahead  int    `json:"ahead"`
	Wait   string `json:"wait"`
	ComeBy string `json:"come"`
	Basis  string `json:"basis"`
	Next   string `json:"next"`
}

// ticketFrame is what a page that shows one thing is sent to show another; nil
// if it is the same.
func (w *Web) ticketFrame(l page.Lang, seq int64, before, now ticketData) []byte {
	if reflect.DeepEqual(before, now) {
		return nil
	}
	if before.around() == now.around() && before.Ahead != nil && reflect.DeepEqual(before.lasting(), now.lasting()) {
		return page.Frame("standing", seq, standingFrame{*now.Ahead, now.Wait, now.ComeBy, now.Basis, now.Next})
	}
	html, err := w.kit.Fragment("ticket", "state", page.View{Lang: l, Data: now})
	if err != nil {
		w.log.Warn("ticket's page not made", "err", err)
		return nil
	}
	return page.Frame("ticket", seq, map[string]any{"html": string(html), "title": now.Say, "state": now.State, "calls": now.Calls, "leave": now.Leave})
}

// around tells which of the parts that change alone are there at all.
func (d ticketData) around() [4]bool {
	return [4]bool{d.Ahead != nil, d.Wait != "", d.ComeBy != "", d.Basis != ""}
}

// lasting is the rest.
func (d ticketData) lasting() ticketData {
	d.Ahead, d.Wait, d.ComeBy, d.Basis, d.Next = nil, "", "", "", ""
	return d
}
