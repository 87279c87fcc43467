package web

import (
	"net/http"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// candidates tells which tickets typed text may mean: a numpad has no letters,
// so "12" may be A012 or B012, and only those that can still be called count
// if there are any. A whole number or a lookup code means one ticket, whatever
// its state.
func (w *Web) candidates(rw http.ResponseWriter, r *http.Request) {
	c, what, ok := w.desk(rw, r)
	if !ok {
		return
	}
	callable, others := []*staffTicket{}, []*staffTicket{}
	for _, ref := range readings(r.URL.Query().Get("n"), slices.Concat(c.Services, c.Helps)) {
		t, err := w.Office.Ticket(r.Context(), ref)
		switch {
		case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		case err != nil:
			w.fail(rw, r, err)
			return
		case t.State == queue.Waiting || t.State == queue.NoShow || t.State == queue.Parked:
			callable = append(callable, forStaff(t, what))
		default:
			others = append(others, forStaff(t, what))
		}
	}
	if len(callable) == 0 {
		callable = others
	}
	w.noted(r.Context(), callable...)
	_ = page.JSON(rw, http.StatusOK, callable)
}

// waitingMost bounds the list of those who wait.
const waitingMost = 200

// waitingList is those who wait for a counter, in the order of their turns.
type waitingList struct {
	All  int            `json:"all"` // Also those left out of List.
	List []*staffTicket `json:"list"`
}

// staffWaiting lists those who wait for a counter's services, and what the
// place of each rests on.
func (w *Web) staffWaiting(rw http.ResponseWriter, r *http.Request) {
	c, what, ok := w.desk(rw, r)
	if !ok {
		return
	}
	setup, now := w.decided(r.Context()), w.Now()
	all := slices.DeleteFunc(w.roll.waiting(slices.Concat(c.Services, c.Helps)), func(t queue.Ticket) bool { return t.Only != "" && t.Only != c.ID })
	byTurn(setup, c.ID, now, all)
	out := waitingList{All: len(all), List: []*staffTicket{}}
	for _, t := range all[:min(len(all), waitingMost)] {
		st := forStaff(t, what)
		order := why(setup, c.ID, now, t)
		st.Order = &order
		out.List = append(out.List, st)
	}
	w.noted(r.Context(), out.List...)
	_ = page.JSON(rw, http.StatusOK, out)
}

// desk finds the counter of a request and the words of what is done there; if
// it cannot, the request is answered.
func (w *Web) desk(rw http.ResponseWriter, r *http.Request) (queue.CounterView, map[string]both, bool) {
	h, err := w.look(r.Context())
	c, ok := counterOf(h, r.PathValue("counter"))
	if err == nil && !ok {
		err = queue.Errorf(queue.CodeUnknownCounter, "no counter %q", r.PathValue("counter"))
	}
	if err != nil {
		w.fail(rw, r, err)
		return c, nil, false
	}
	return c, names(h), true
}

// own is desk for what acts for a counter: an account that is bound to others
// is refused.
func (w *Web) own(rw http.ResponseWriter, r *http.Request) (queue.CounterView, bool) {
	c, _, ok := w.desk(rw, r)
	if ok && !page.WorksAt(r.Context(), c.ID) {
		w.notYours(rw, c.ID)
		return c, false
	}
	return c, ok
}

// notYours is the answer to whoever acts for another's counter, or on what that
// has in hand.
func (w *Web) notYours(rw http.ResponseWriter, counter string) {
	_ = page.JSON(rw, http.StatusForbidden, map[string]string{
		"code": string(queue.CodeForbidden),
		"hint": "Tài khoản này không làm ở quầy " + counter + ": nhờ người quản trị thêm quầy. (This account is not for counter " + counter + ": ask the administrator to add it.)",
	})
}

// readings gives the full numbers that typed text may mean at a counter, or
// the lookup code.
func readings(typed string, services []string) []string {
	if n, err := queue.ParseNumber(typed); err == nil {
		return []string{n.String()}
	}
	if code, ok := queue.ParseCode(typed); ok {
		return []string{code}
	}
	var refs []string
	for _, s := range services {
		if n, err := queue.ParseNumber(s + typed); err == nil {
			refs = append(refs, n.String())
		}
	}
	return refs
}
