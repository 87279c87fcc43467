package web

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	ticketReload = 15 * time.Second // Browsers without modules load the ticket anew.
	ticketPause  = time.Second      // A ticket's page asks the office at most so often.
)

// ticketData is one ticket for the person who holds it.
type ticketData struct {
	Token   string
	Number  string
	State   string
	Words   string // State in words.
	Tone    string // Class of the state's box: "", ok, warn, fail.
	Ahead   *int   // Only while waiting.
	Counter string // Name of the counter it is called to or served at.
	Next    string // What to do now.
	Say     string // For screen readers and the window's title, when it changes.
	Code    string // Grouped by three.
	Service string
	Issued  string
	Cancel  bool // May still be withdrawn.
	Why     bool // There is an answer to why others were called first.
	Wrong   *sorryText
}

// holder finds the ticket of the link in the address.
func (w *Web) holder(r *http.Request) (queue.Ticket, error) {
	info, err := w.Office.Info(r.Context())
	if err != nil {
		return queue.Ticket{}, err
	}
	id, ok := w.Links.Ticket(info.ID, r.PathValue("token"))
	if !ok {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "the link is not one of this office")
	}
	return w.Office.Ticket(r.Context(), id)
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
	data, err := w.ticketView(r.Context(), l, t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	data.Token, data.Wrong = r.PathValue("token"), wrong
	v := w.view(r, both{data.Say, data.Say}, data)
	v.Body = "ticket"
	v.Scripts = []string{w.assets.Path("ticket.js")}
	if t.State.Open() {
		v.Refresh = ticketReload
	}
	w.render(rw, r, status, "ticket", v)
}

// ticketView says a ticket in words.
func (w *Web) ticketView(ctx context.Context, l page.Lang, t queue.Ticket) (ticketData, error) {
	d := ticketData{
		Number: t.Number.String(), State: string(t.State), Words: stateWords(t.State).in(l),
		Issued: w.clock(t.IssuedAt), Code: groups(t.Code),
		Cancel: t.State == queue.Held || t.State == queue.Waiting,
		Why:    t.State.Open() && w.explainer() != nil,
	}
	services, err := w.Office.Services(ctx)
	if err != nil {
		return d, err
	}
	for _, s := range services {
		if s.ID == t.Service {
			d.Service = l.T(s.Name, s.NameEN)
		}
	}
	if t.State.InHand() {
		counters, err := w.Office.Counters(ctx)
		if err != nil {
			return d, err
		}
		d.Counter = nameOf(l, counters, t.Counter)
	}
	if t.State == queue.Waiting && t.Standing != nil {
		d.Ahead = &t.Standing.Ahead
	}
	d.Tone, d.Next = advice(l, t, d.Ahead, d.Counter)
	d.Say = d.Number + ": " + d.Words
	if d.Counter != "" {
		d.Say += " – " + d.Counter
	}
	return d, nil
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

// cancel withdraws the ticket. A repeat finds it cancelled and is content.
func (w *Web) cancel(rw http.ResponseWriter, r *http.Request) {
	t, err := w.holder(r)
	if err != nil {
		w.noTicket(rw, r, err)
		return
	}
	_, err = w.Office.Act(r.Context(), queue.ActRequest{
		Meta: queue.Meta{Caller: "link"}, Ticket: t.ID, Action: queue.Cancel, Reason: "citizen",
	})
	if queue.ErrorCode(err) != queue.CodeWrongState {
		if err != nil {
			w.fail(rw, r, err)
			return
		}
		http.Redirect(rw, r, "/t/"+r.PathValue("token"), http.StatusSeeOther)
		return
	}
	if t, err = w.holder(r); err != nil {
		w.noTicket(rw, r, err)
		return
	}
	if t.State == queue.Cancelled {
		http.Redirect(rw, r, "/t/"+r.PathValue("token"), http.StatusSeeOther)
		return
	}
	s := sorry{
		both{"Không hủy được nữa", "It can no longer be cancelled"},
		both{"Số này đã được gọi hoặc đã xong. Nếu không đến được, xin báo cán bộ tại quầy.", "This number was already called or is done. If you cannot come, please tell the staff."},
	}
	w.showTicket(rw, r, http.StatusConflict, t, s.text(page.Language(r)))
}

// ticketStream sends the ticket again whenever it reads differently.
func (w *Web) ticketStream(rw http.ResponseWriter, r *http.Request) {
	if _, err := w.holder(r); err != nil {
		w.noTicket(rw, r, err)
		return
	}
	l := page.Language(r)
	var sent []byte
	w.serve(rw, r, w.visitor(r), ticketPause, func(s *snapshot) []byte {
		t, err := w.holder(r)
		if err != nil {
			return nil // The office is away: the pings' age tells it.
		}
		data, err := w.ticketView(r.Context(), l, t)
		if err != nil {
			return nil
		}
		data.Token = r.PathValue("token")
		html, err := w.kit.Fragment("ticket", "state", page.View{Lang: l, Data: data})
		if err != nil || bytes.Equal(html, sent) {
			return nil
		}
		sent = html
		return frame("ticket", s.seq, map[string]string{"html": string(html), "title": data.Say, "state": data.State})
	})
}
