package telegramtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Fault is how calls go wrong.
type Fault struct {
	Method      string // "sendMessage"; empty = any method.
	Times       int    // How many calls; 0 = one.
	Status      int    // HTTP status to answer; the call has no effect.
	RetryAfter  int    // Seconds, with Status 429.
	Description string
	HTML        bool // Answer like a proxy: a page instead of the envelope.
	Drop        bool // Cut the connection; no effect.
	DropAfter   bool // Cut the connection after the call took effect: the ambiguous case.
}

// Fail makes coming calls go wrong; faults are used up in order.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults = append(s.faults, f)
}

// SetDown cuts every connection until it is set to false: Telegram is blocked.
func (s *Server) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	if down {
		s.polls++ // The open poll ends.
	}
	s.Touch()
}

// SetWebhook makes getUpdates answer 409, as while a webhook is set.
func (s *Server) SetWebhook(active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = active
	s.Touch()
}

// enter gives the fault that a call meets, if one.
func (s *Server) enter(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return Fault{Drop: true}
	}
	for i := range s.faults {
		f := &s.faults[i]
		if f.Times > 0 && (f.Method == "" || strings.EqualFold(f.Method, method)) {
			f.Times--
			return *f
		}
	}
	return Fault{}
}

func (f Fault) write(w http.ResponseWriter) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if f.HTML {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte("<html><body><h1>" + http.StatusText(f.Status) + "</h1></body></html>"))
		return
	}
	text := f.Description
	if text == "" {
		text = http.StatusText(f.Status)
	}
	body := map[string]any{"ok": false, "error_code": f.Status, "description": text}
	if f.RetryAfter > 0 {
		body["description"] = "Too Many Requests: retry after " + strconv.Itoa(f.RetryAfter)
		body["parameters"] = map[string]any{"retry_after": f.RetryAfter}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_ = json.NewEncoder(w).Encode(body) // The client may be gone.
}
