package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// deedOf is one thing that a holder does on the ticket's page: what it asks of
// the office, whether a ticket looks as if it was done already, and what to say
// when it cannot be done any more. A request that cannot be read is sorry.
type deedOf struct {
	request queue.ActRequest
	done    func(queue.Ticket) bool
	late    sorry
	wrong   *sorry
}

// holderAct does something for the holder of a link and shows the ticket again.
// A repeat finds it done and is content.
func (w *Web) holderAct(read func(*http.Request, queue.Ticket) deedOf) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		t, err := w.holder(r)
		if err != nil {
			w.noTicket(rw, r, err)
			return
		}
		r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
		_ = r.ParseForm() // What cannot be read is missing below.
		l, d := page.Language(r), read(r, t)
		if d.done(t) {
			w.backToTicket(rw, r)
			return
		}
		if d.wrong != nil {
			w.showTicket(rw, r, http.StatusUnprocessableEntity, t, d.wrong.text(l))
			return
		}
		d.request.Meta.Caller, d.request.Ticket = "link", t.ID
		_, err = w.Office.Act(r.Context(), d.request)
		if err == nil {
			w.backToTicket(rw, r)
			return
		}
		if queue.ErrorCode(err) != queue.CodeWrongState {
			w.fail(rw, r, err)
			return
		}
		if t, err = w.holder(r); err != nil {
			w.noTicket(rw, r, err)
			return
		}
		if d.done(t) {
			w.backToTicket(rw, r)
			return
		}
		w.showTicket(rw, r, http.StatusConflict, t, d.late.text(l))
	}
}

// backToTicket leads from a form to the ticket's page, in the language chosen.
func (w *Web) backToTicket(rw http.ResponseWriter, r *http.Request) {
	to := "/t/" + url.PathEscape(r.PathValue("token"))
	if lang := r.URL.Query().Get("lang"); lang != "" {
		to += "?" + url.Values{"lang": {lang}}.Encode()
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
}

// cancelled withdraws the ticket.
func cancelled(*http.Request, queue.Ticket) deedOf {
	return deedOf{
		request: queue.ActRequest{Action: queue.Cancel, Reason: "citizen"},
		done:    func(t queue.Ticket) bool { return t.State == queue.Cancelled },
		late: sorry{
			both{"Không hủy được nữa", "It can no longer be cancelled"},
			both{"Số này đã được gọi hoặc đã xong. Nếu không đến được, xin báo cán bộ tại quầy.", "This number was already called or is done. If you cannot come, please tell the staff."},
		},
	}
}

// laterPlaces are how many others may be let go first.
func laterPlaces() []int { return []int{3, 5, 10} }

// later lets others go first. The form says how often its reader knew of, so that
// a form sent twice lets them go once.
func later(r *http.Request, t queue.Ticket) deedOf {
	places, err := strconv.Atoi(r.PostForm.Get("places"))
	before, errBefore := strconv.Atoi(r.PostForm.Get("before"))
	if errBefore != nil {
		before = t.LaterCount
	}
	d := deedOf{
		request: queue.ActRequest{Meta: queue.Meta{Key: "later-" + strconv.Itoa(before) + "-" + t.ID}, Action: queue.Later, Places: places, While: queue.Waiting},
		done:    func(now queue.Ticket) bool { return now.State == queue.Waiting && now.LaterCount > before },
		late: sorry{
			both{"Không nhường lượt được nữa", "You can no longer let others go first"},
			both{"Số này đã được gọi, hoặc đã nhường đủ số lần. Nếu không kịp đến, xin hủy số hoặc gọi cho trung tâm.", "This number was called, or was pushed back as often as is allowed. If you cannot come in time, please cancel it or call the office."},
		},
	}
	if err != nil || places < 1 || places > laterPlaces()[len(laterPlaces())-1] {
		d.wrong = &sorry{both{"Chưa chọn nhường mấy lượt", "How many may go first?"}, both{"Xin chọn một trong các nút bên dưới.", "Please press one of the buttons below."}}
	}
	return d
}

// here says that the holder has come: by the code that the hall shows, where
// there is one.
func (w *Web) here(r *http.Request, t queue.Ticket) deedOf {
	d := deedOf{
		request: queue.ActRequest{Action: queue.CheckIn},
		done:    func(t queue.Ticket) bool { return t.Presence == queue.Present || t.State.InHand() },
		late: sorry{
			both{"Không báo đến được nữa", "You can no longer check in"},
			both{"Số này không còn chờ. Xin đến quầy hướng dẫn để được giúp.", "This number is not waiting any more. Please ask at the information desk."},
		},
	}
	if w.HallCode == nil {
		return d
	}
	switch {
	case !w.halls.allow(t.ID):
		s := errorWords(queue.CodeRateLimited)
		d.wrong = &s
	case !w.HallCode(page.Digits(r.PostForm.Get("hall")), w.Now()):
		d.wrong = &sorry{
			both{"Mã tại sảnh chưa đúng", "That is not the code of the hall"},
			both{"Mã có 6 chữ số, hiện trên màn hình tại trung tâm và đổi mỗi phút. Xin nhập mã đang hiện, hoặc nhờ quầy hướng dẫn báo giúp.", "The code has 6 digits, is shown on the screen in the hall and changes every minute. Please enter the one shown now, or ask at the information desk."},
		}
	}
	return d
}
