package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// content is the least level that is not asked for reasons, as in the chats.
const content = 4

// rateData is what a holder may say of the service, or has said.
type rateData struct {
	Given   string // Thanks, when it was said already.
	Levels  []levelChoice
	Reasons []reasonChoice // Only once a level was chosen that is not content.
	Level   int            // That level, and …
	Words   string         // … its words.
	Token   string
	Number  string
}

type levelChoice struct {
	Level int
	Words string
}

type reasonChoice struct{ Value, Words string }

// ratingOf is what the page of a ticket asks or thanks for; nil before it was
// served, and when it is too late.
func ratingOf(l page.Lang, r queue.RatingSetup, t queue.Ticket, now time.Time) *rateData {
	if t.State == queue.Completed && t.Rating != nil {
		return &rateData{Given: l.T("Đã ghi đánh giá của quý vị. Xin cảm ơn.", "Your rating is noted. Thank you.")}
	}
	if !r.Rateable(t, now) {
		return nil
	}
	d := &rateData{}
	for _, v := range r.WithDefaults().Levels {
		d.Levels = append(d.Levels, levelChoice{v.Level, l.T(v.Name, cmp.Or(v.NameEN, v.Name))})
	}
	return d
}

// rate takes one rating. Who is not content is asked why, once, and may leave
// that open.
func (w *Web) rate(rw http.ResponseWriter, r *http.Request) {
	if w.Staff != nil && w.Staff(r) {
		w.problem(rw, r, http.StatusForbidden, sorry{
			both{"Cán bộ không tự đánh giá", "Staff do not rate their own work"},
			both{"Trình duyệt này đang đăng nhập bằng tài khoản hoặc mã thiết bị của cơ quan. Người dân xin đánh giá trên điện thoại của mình, hoặc tại máy đánh giá.", "This browser is signed in for the office. Citizens rate on their own phone, or at the rating screen."},
		})
		return
	}
	w.holderAct(w.rated)(rw, r)
}

// rated reads the form.
func (w *Web) rated(r *http.Request, t queue.Ticket) deedOf {
	d := deedOf{
		done: func(t queue.Ticket) bool { return t.Rating != nil },
		late: sorry{
			both{"Không đánh giá được", "It cannot be rated"},
			both{"Chỉ đánh giá được một lần, sau khi phục vụ xong và trong thời gian cơ quan quy định. Muốn góp ý thêm, xin gặp quầy hướng dẫn.", "A visit is rated once, after it is over and within the time that the office allows. To say more, please ask at the information desk."},
		},
	}
	setup, err := w.ratingSetup(r)
	level, known := levelOf(setup, r.PostForm.Get("level"))
	if err != nil || !known {
		d.wrong = &sorry{both{"Chưa chọn mức hài lòng", "No level was chosen"}, both{"Xin chọn một trong các nút bên dưới.", "Please press one of the buttons below."}}
		return d
	}
	d.request = queue.ActRequest{Meta: queue.Meta{Key: "rate-" + t.ID}, Action: queue.Rate, Level: level.Level}
	for _, reason := range setup.Reasons {
		if slices.Contains(r.PostForm["reason"], reason.Name) {
			d.request.Reasons = append(d.request.Reasons, reason.Name)
		}
	}
	return d
}

// ratingSetup is what the office has decided, with its defaults.
func (w *Web) ratingSetup(r *http.Request) (queue.RatingSetup, error) {
	info, err := w.Office.Info(r.Context())
	return info.Rating.WithDefaults(), err
}

// levelOf finds the level that a form names.
func levelOf(s queue.RatingSetup, typed string) (queue.RatingLevel, bool) {
	n, err := strconv.Atoi(typed)
	i := slices.IndexFunc(s.Levels, func(v queue.RatingLevel) bool { return v.Level == n })
	if err != nil || i < 0 {
		return queue.RatingLevel{}, false
	}
	return s.Levels[i], true
}

// ratePage asks who is not content what was wrong; any other comes from or goes
// to the ticket's page.
func (w *Web) ratePage(rw http.ResponseWriter, r *http.Request) {
	t, err := w.holder(r)
	if err != nil {
		w.noTicket(rw, r, err)
		return
	}
	l := page.Language(r)
	setup, err := w.ratingSetup(r)
	level, known := levelOf(setup, r.URL.Query().Get("level"))
	d := ratingOf(l, setup, t, w.Now())
	if err != nil || !known || d == nil || d.Given != "" {
		w.backToTicket(rw, r)
		return
	}
	d.Level, d.Words, d.Token, d.Number = level.Level, l.T(level.Name, cmp.Or(level.NameEN, level.Name)), r.PathValue("token"), t.Number.String()
	for _, v := range setup.Reasons {
		d.Reasons = append(d.Reasons, reasonChoice{v.Name, l.T(v.Name, cmp.Or(v.NameEN, v.Name))})
	}
	v := w.view(r, both{fmt.Sprintf("Số %s: điều gì chưa tốt?", t.Number), fmt.Sprintf("Number %s: what was wrong?", t.Number)}, d)
	v.Keep = map[string][]string{"level": {strconv.Itoa(level.Level)}}
	w.render(rw, r, http.StatusOK, "rate", v)
}

// Low reports whether a level is one that asks for reasons.
func (v levelChoice) Low() bool { return v.Level < content }
