package browser

import (
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
)

// Hall is the boards of a hall: each belongs to one zone, whose sound it plays.
type Hall struct{ zones []*Output }

// NewHall makes a hall with zones, at least one. A board that names none
// belongs to the first.
func NewHall(zones ...string) *Hall {
	h := &Hall{}
	for _, id := range zones {
		h.zones = append(h.zones, &Output{zone: id, hall: h, listeners: map[string]*listener{}})
	}
	return h
}

// Zone gives the boards of a zone, nil if there is no such zone.
func (h *Hall) Zone(id string) *Output {
	for _, o := range h.zones {
		if o.zone == id {
			return o
		}
	}
	return nil
}

// elsewhere shows a call on the boards of the other zones: they hold its number
// too, and would wait for a voice that is not theirs.
func (h *Hall) elsewhere(from *Output, c output.Clip) {
	if c.Number == "" {
		return
	}
	for _, o := range h.zones {
		if o != from {
			o.tell(message{nameShown, c, true})
		}
	}
}

// clip finds a recent clip of any zone.
func (h *Hall) clip(id string) (output.Clip, bool) {
	for _, o := range h.zones {
		if c, ok := o.clip(id); ok {
			return c, true
		}
	}
	return output.Clip{}, false
}

// ack brings a page's report to its zone.
func (h *Hall) ack(id string, a ack) (known bool) {
	for _, o := range h.zones {
		if o.ack(id, a) {
			return true
		}
	}
	return false
}

// Handler serves everything below Prefix. When done is closed, open streams
// end, so that a server can shut down.
func (h *Hall) Handler(done <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"stream", func(w http.ResponseWriter, r *http.Request) {
		o := h.zones[0]
		if id := r.URL.Query().Get("zone"); id != "" {
			o = h.Zone(id)
		}
		if o == nil {
			http.Error(w, "Không có khu vực này: xem lại địa chỉ của bảng. (No such zone: check the board's address.)", http.StatusNotFound)
			return
		}
		o.stream(w, r, done)
	})
	mux.HandleFunc("GET "+Prefix+"audio/{file}", h.audio)
	mux.HandleFunc("POST "+AckPath+"{id}", h.acknowledge)
	mux.HandleFunc("GET "+Prefix+"player.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(player))
	})
	return mux
}
