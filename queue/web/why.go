package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Explainer tells why others were called before a ticket; see
// queue.Management.
type Explainer interface {
	Explain(ctx context.Context, ticket, of string) (queue.Explanation, error)
}

// explainer is the one configured, or the office itself; nil if there is none.
func (c Config) explainer() Explainer {
	if c.Why != nil {
		return c.Why
	}
	own, _ := c.Office.(Explainer)
	return own
}

// reasons is an explanation in words.
type reasons struct {
	Number  queue.Number `json:"number"`
	Summary both         `json:"summary"`
	Calls   []sentence   `json:"calls"`
}

// sentence is why one call went first. Reason is what staff wrote, for staff
// alone.
type sentence struct {
	both
	Reason string `json:"reason,omitempty"`
}

// reasons words an explanation; of is the one number asked about, or empty.
func (w *Web) reasons(x queue.Explanation, of string, forStaff bool) reasons {
	r := reasons{Number: x.Ticket.Number, Calls: make([]sentence, 0, len(x.Calls))}
	r.Summary.VI, r.Summary.EN = x.Summary()
	if own := x.Ticket.Number; of != "" && len(x.Calls) == 0 {
		r.Summary = both{
			fmt.Sprintf("Số %s không được gọi trước trong lúc số %s chờ.", of, own),
			fmt.Sprintf("%s was not called while %s was waiting.", of, own),
		}
	}
	for _, p := range x.Calls {
		var s sentence
		s.VI, s.EN = p.Sentence(x.Ticket.Number, w.zone())
		if forStaff {
			s.Reason = p.Reason
		}
		r.Calls = append(r.Calls, s)
	}
	return r
}

// maxRef bounds what may name a ticket in an address, in bytes.
const maxRef = 40

// staffWhy answers the console: "?t=" names the ticket, "?of=" the number that
// went first, or nothing.
func (w *Web) staffWhy(rw http.ResponseWriter, r *http.Request) {
	ticket, of := r.URL.Query().Get("t"), r.URL.Query().Get("of")
	explain := w.explainer()
	if explain == nil || len(ticket) > maxRef || len(of) > maxRef {
		w.notFound(rw, r)
		return
	}
	x, err := explain.Explain(r.Context(), ticket, of)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	_ = page.JSON(rw, http.StatusOK, w.reasons(x, of, true))
}

// whyData is the page that tells a citizen why others were called first.
type whyData struct {
	Token string
	Of    string // The number asked about, or empty.
	reasons
	Wrong *sorryText
}

// why shows the holder of a ticket what staff see, without what staff wrote.
func (w *Web) why(rw http.ResponseWriter, r *http.Request) {
	t, err := w.holder(r)
	explain := w.explainer()
	switch {
	case err != nil:
		w.noTicket(rw, r, err)
		return
	case explain == nil:
		w.notFound(rw, r)
		return
	case !w.whys.allow(t.ID): // It reads the log of the day.
		rw.Header().Set("Retry-After", "60")
		w.problem(rw, r, http.StatusTooManyRequests, errorWords(queue.CodeRateLimited))
		return
	}
	of, wrong, status := r.URL.Query().Get("of"), (*sorryText)(nil), http.StatusOK
	n, err := queue.ParseNumber(of)
	if of != "" && err != nil {
		wrong, status = wrongNumber().text(page.Language(r)), http.StatusBadRequest
	}
	x, err := explain.Explain(r.Context(), t.ID, n.String())
	if queue.ErrorCode(err) == queue.CodeUnknownTicket && !n.IsZero() {
		wrong, status = wrongNumber().text(page.Language(r)), http.StatusNotFound
		n = queue.Number{}
		x, err = explain.Explain(r.Context(), t.ID, "")
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	title := both{"Vì sao số khác được gọi trước số " + t.Number.String() + "?", "Why were others called before " + t.Number.String() + "?"}
	v := w.view(r, title, whyData{Token: r.PathValue("token"), Of: n.String(), reasons: w.reasons(x, n.String(), false), Wrong: wrong})
	w.render(rw, r, status, "why", v)
}

func wrongNumber() sorry {
	return sorry{
		both{"Không có số này hôm nay", "No such number today"},
		both{"Xin nhập số như trên bảng gọi số, ví dụ A012.", "Please enter it as on the board, for example A012."},
	}
}

// opens says when an office gives numbers again, in its own time; empty when
// that is not known.
func (w *Web) opens(l page.Lang, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return l.When(at.In(w.zone()))
}
