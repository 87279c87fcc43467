package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxRings   = 20               // Asked for at one time; further ones push the oldest out.
	keepRing   = 15 * time.Minute // Nobody came, and whoever asked has gone.
	maxPlaceOf = 400              // Bytes of a place: an alarm's, with the numbers that it is about.
)

// ring is somebody in the hall who asks for a member of staff, or a machine
// that does.
type ring struct {
	ID    string    `json:"id"`
	Place string    `json:"place"` // Where: the machine's name; of an alarm, what is wrong.
	Alarm bool      `json:"alarm,omitempty"`
	From  string    `json:"from,omitempty"` // Counter that calls for help; its own console shows nothing.
	At    time.Time `json:"at"`
}

// bell holds who asks for a member of staff. It lives as long as the program:
// whoever still needs help after a restart presses again.
type bell struct {
	now func() time.Time

	mu    sync.Mutex
	last  int
	rings []ring
}

// ring notes that somebody at place asks; who asks again there is the same.
func (b *bell) ring(place string, alarm bool) { b.note(ring{Place: place, Alarm: alarm}) }

// call notes that a counter calls for help.
func (b *bell) call(text, counter string) { b.note(ring{Place: text, Alarm: true, From: counter}) }

func (b *bell) note(r ring) {
	place := r.Place
	place = strings.ToValidUTF8(place[:min(len(place), maxPlaceOf)], "")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	if slices.ContainsFunc(b.rings, func(o ring) bool { return o.Place == place }) {
		return
	}
	if len(b.rings) == maxRings {
		b.rings = b.rings[1:]
	}
	b.last++
	b.rings = append(b.rings, ring{ID: strconv.Itoa(b.last), Place: place, Alarm: r.Alarm, From: r.From, At: b.now()})
}

// answer takes a ring away, when somebody goes there.
func (b *bell) answer(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings = slices.DeleteFunc(b.rings, func(r ring) bool { return r.ID == id })
}

// asking lists who asks now, the oldest first.
func (b *bell) asking() []ring {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	return append([]ring{}, b.rings...)
}

func (b *bell) forget() {
	b.rings = slices.DeleteFunc(b.rings, func(r ring) bool { return b.now().Sub(r.At) >= keepRing })
}

// Ring tells every counter that somebody at place, "Máy lấy số 1", asks for a
// member of staff. It stays on the consoles until one answers.
func (w *Web) Ring(place string) {
	w.bell.ring(place, false)
	w.Refresh()
}

// Alarm tells every counter what is wrong with a machine: "Máy in 1: hết giấy".
// It stays on the consoles like a ring.
func (w *Web) Alarm(text string) {
	w.bell.ring(text, true)
	w.Refresh()
}

// answerRing is pressed by who goes there.
func (w *Web) answerRing(rw http.ResponseWriter, r *http.Request) {
	w.bell.answer(r.PathValue("ring"))
	w.Refresh()
	rw.WriteHeader(http.StatusNoContent)
}
