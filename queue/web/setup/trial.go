package setup

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// trialPath asks once before a trial ends.
const trialPath = Prefix + "/trial"

// trialView is what ending or beginning a trial would do now.
type trialView struct {
	Trial   bool
	From    string // "wizard": where the answer leads back to.
	Seq     int64  // How far the log had come.
	Waiting int
	Seats   []string // "A001 – Quầy số 1": called or served now.
	Open    []string // Counters that do not stand closed.
	Wrong   []string
}

// idle reports whether the turn of the trial would touch nobody.
func (v trialView) idle() bool { return v.Waiting == 0 && len(v.Seats) == 0 && len(v.Open) == 0 }

// trialEnded says what an ended trial took away, if that is what the page was
// come back to for.
func trialEnded(l page.Lang, q url.Values) string {
	n, err := strconv.Atoi(q.Get("ended"))
	closed, err2 := strconv.Atoi(q.Get("closed"))
	if err != nil || err2 != nil || n < 0 || closed < 0 {
		return ""
	}
	return l.T(fmt.Sprintf("Đã kết thúc chạy thử: hủy %d số thử, đóng %d quầy. Từ bây giờ số được tính; cán bộ bấm Mở quầy để phục vụ.", n, closed),
		fmt.Sprintf("The trial has ended: %s cancelled, %s closed. From now on numbers count; staff press Open the counter to serve.", page.Count(n, "trial number"), page.Count(closed, "counter")))
}

// trialNow looks at the hall.
func (d *Desk) trialNow(ctx context.Context, l page.Lang) (trialView, error) {
	info, err := d.Office.Info(ctx)
	if err != nil {
		return trialView{}, err
	}
	board, err := d.Office.Board(ctx)
	if err != nil {
		return trialView{}, err
	}
	counters, err := d.Office.Counters(ctx)
	v := trialView{Trial: info.Trial, Seq: board.Seq}
	for _, n := range board.Waiting {
		v.Waiting += n
	}
	for _, c := range counters {
		name := l.T("Quầy số ", "Counter ") + c.ID
		if c.State != queue.Closed {
			v.Open = append(v.Open, name)
		}
		if c.Ticket != nil {
			v.Seats = append(v.Seats, c.Ticket.Number.String()+" – "+name)
		}
	}
	return v, err
}

// cancelled counts the numbers that went with the trial, by the log: also those
// parked, and those whose taker was still to be told. Where the log cannot be
// read in time it is those that were seen.
func (d *Desk) cancelled(ctx context.Context, before trialView) (n int) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	seen := before.Waiting + len(before.Seats)
	board, err := d.Office.Board(ctx)
	if err != nil || board.Seq == before.Seq {
		return seen
	}
	for e, err := range d.Office.Events(ctx, before.Seq) {
		if err != nil {
			return seen
		}
		if e.Kind == queue.TicketCancelled && e.Reason == queue.ReasonTrial {
			n++
		}
		if e.Seq >= board.Seq {
			break
		}
	}
	return n
}

// logTimeout bounds how long a page waits for the log.
const logTimeout = 3 * time.Second

// showTrial says what the button would do, and asks.
func (d *Desk) showTrial(w http.ResponseWriter, r *http.Request, status int, from string, wrong form.Problems) {
	l := page.Language(r)
	v, err := d.trialNow(r.Context(), l)
	if err != nil {
		d.unavailable(w)
		return
	}
	v.From = from
	for _, text := range wrong {
		v.Wrong = append(v.Wrong, text.In(l))
	}
	d.kit.Render(w, r, status, "trial", page.View{Title: l.T("Chạy thử", "Trial"), Data: v})
}

func (d *Desk) askTrial(w http.ResponseWriter, r *http.Request) {
	d.showTrial(w, r, http.StatusOK, r.URL.Query().Get("from"), nil)
}

// setTrial begins or ends that the office is tried out; it ends only once it
// was said what that does to whom it would touch.
func (d *Desk) setTrial(w http.ResponseWriter, r *http.Request) {
	typed, wrong := posted(w, r)
	l, from := page.Language(r), typed.Get("from")
	before, err := d.trialNow(r.Context(), l)
	on := typed.Get("on") == form.Yes
	switch {
	case err != nil:
		d.unavailable(w)
		return
	case wrong == nil && before.Trial && !on && !before.idle() && typed.Get("sure") != form.Yes:
		d.showTrial(w, r, http.StatusOK, from, nil)
		return
	case wrong == nil && !before.Trial && on && before.Waiting+len(before.Seats) > 0:
		wrong = form.Problems{"": form.Text{VI: "Chưa bắt đầu chạy thử được: còn người chờ hoặc đang được phục vụ.", EN: "The trial cannot begin: people wait or are served."}}
	case wrong == nil:
		wrong = d.change(r.Context(), func(s *queue.Setup) form.Problems { s.Trial = on; return nil })
	}
	if len(wrong) > 0 {
		d.showTrial(w, r, http.StatusUnprocessableEntity, from, wrong)
		return
	}
	back := url.Values{}
	if before.Trial && !on {
		back.Set("ended", strconv.Itoa(d.cancelled(r.Context(), before)))
		back.Set("closed", strconv.Itoa(len(before.Open)))
	}
	if from == "wizard" {
		back.Set("step", lastStep)
		http.Redirect(w, r, WizardPath+"?"+back.Encode(), http.StatusSeeOther)
		return
	}
	d.kit.See(w, r, back, "trial")
}
