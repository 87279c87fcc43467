package web

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// seats knows which consoles are open at a counter. Two at one counter is
// nearly always a mistake – a page forgotten at another desk – and so both are
// told, and one of them is in charge: the one that was there first, until the
// other takes over. The others only look on.
type seats struct {
	now func() time.Time

	mu    sync.Mutex
	open  map[string][]console // By counter, the oldest first.
	taken map[string]string    // Counter → id of who took over.
}

// console is one open page of a counter.
type console struct {
	id    string
	since time.Time
	lines int // Live connections: an old one may end after the new one has begun.
}

const (
	maxSeats = 16 // Consoles of one counter that are told apart.
	maxSeat  = 64 // Bytes of an id.
)

func newSeats(now func() time.Time) *seats {
	return &seats{now: now, open: map[string][]console{}, taken: map[string]string{}}
}

// enter notes that a console is open; leave must be called. Whoever gives no
// id, or comes when there are too many, is not counted.
func (s *seats) enter(counter, id string) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.open[counter]
	i := slices.IndexFunc(list, func(c console) bool { return c.id == id })
	switch {
	case id == "" || len(id) > maxSeat || i < 0 && len(list) >= maxSeats:
		return func() {}
	case i < 0:
		s.open[counter] = append(list, console{id, s.now(), 1})
	default:
		list[i].lines++
	}
	return sync.OnceFunc(func() { s.leave(counter, id) })
}

func (s *seats) leave(counter, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.open[counter]
	i := slices.IndexFunc(list, func(c console) bool { return c.id == id })
	if i < 0 {
		return
	}
	if list[i].lines--; list[i].lines > 0 {
		return
	}
	s.open[counter] = slices.Delete(list, i, i+1)
	if s.taken[counter] == id {
		delete(s.taken, counter)
	}
	if len(s.open[counter]) == 0 {
		delete(s.open, counter)
	}
}

// take puts an open console in charge.
func (s *seats) take(counter, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.open[counter], func(c console) bool { return c.id == id }) {
		s.taken[counter] = id
	}
}

// shared is a counter at which several consoles are open.
type shared struct {
	InCharge string    `json:"in_charge"` // Id of the console that may act.
	Since    time.Time `json:"since"`     // When it was opened.
	Open     int       `json:"open"`
}

// shared lists the counters with several consoles.
func (s *seats) shared() map[string]shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]shared{}
	for counter, list := range s.open {
		if len(list) < 2 {
			continue
		}
		in := list[max(0, slices.IndexFunc(list, func(c console) bool { return c.id == s.taken[counter] }))]
		out[counter] = shared{InCharge: in.id, Since: in.since, Open: len(list)}
	}
	return out
}

// takeSeat is pressed by who goes on with a counter at this console.
func (w *Web) takeSeat(rw http.ResponseWriter, r *http.Request) {
	c, ok := w.own(rw, r)
	if !ok {
		return
	}
	w.seats.take(c.ID, r.URL.Query().Get("seat"))
	w.Refresh()
	rw.WriteHeader(http.StatusNoContent)
}
