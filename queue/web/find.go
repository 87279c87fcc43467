package web

import (
	"net/http"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
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
	writeJSON(rw, callable)
}

// waitingMost bounds the list of those who wait.
const waitingMost = 200

// staffWaiting lists those who wait for a counter's services.
func (w *Web) staffWaiting(rw http.ResponseWriter, r *http.Request) {
	c, what, ok := w.desk(rw, r)
	if !ok {
		return
	}
	list := []*staffTicket{}
	for _, t := range w.roll.waiting(slices.Concat(c.Services, c.Helps)) {
		if len(list) < waitingMost && (t.Only == "" || t.Only == c.ID) {
			list = append(list, forStaff(t, what))
		}
	}
	writeJSON(rw, list)
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
