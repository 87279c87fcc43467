package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	heartbeat    = 10 * time.Second // A sign of life at least so often; pages give up after 25 s.
	writeTimeout = 10 * time.Second // A watcher that takes nothing for so long is let go.
	retryBase    = 1000             // Milliseconds before a browser's own reconnect …
	retrySpread  = 3000             // … plus up to this, so that a hall of TVs does not come back at once.
)

// frame is one server-sent event (WHATWG HTML §9.2). A seq of 0 sends no id.
// JSON has no bare line breaks, so the data is always one line.
func frame(event string, seq int64, data any) []byte {
	body, err := json.Marshal(data)
	if err != nil { // Only own types of text and numbers come here.
		body = []byte("null")
	}
	id := ""
	if seq > 0 {
		id = "id: " + strconv.FormatInt(seq, 10) + "\n"
	}
	return fmt.Appendf(nil, "%sevent: %s\ndata: %s\n\n", id, event, body)
}

// stream is one open live connection.
type stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// startStream answers with the head of an event stream and the hello that
// tells the page which build it talks to.
func (w *Web) startStream(rw http.ResponseWriter) (*stream, error) {
	s := &stream{w: rw, rc: http.NewResponseController(rw)}
	h := rw.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back.
	hello := fmt.Appendf(nil, "retry: %d\n", retryBase+rand.IntN(retrySpread))
	return s, s.send(append(hello, frame("hello", 0, map[string]string{"build": w.build})...))
}

// send writes whole frames within writeTimeout, which takes the place of the
// server's own write timeout: a stream outlives that.
func (s *stream) send(frames []byte) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // Not settable in tests.
	if _, err := s.w.Write(frames); err != nil {
		return err
	}
	return s.rc.Flush()
}

// ping is a sign of life: how old the news are, and the office's clock, since
// the clocks of TVs are often wrong.
func (w *Web) ping() []byte {
	now := w.Now()
	_, offset := now.In(w.Location).Zone()
	return frame("ping", 0, map[string]int64{
		"age_ms": w.feed.age().Milliseconds(), "at": now.UnixMilli(), "offset_s": int64(offset),
	})
}

// noStream refuses a live connection: the page shows the sentence to whoever
// opens the address by hand, and tries again by itself.
func noStream(rw http.ResponseWriter, why error) {
	words := "Máy chủ đang bận; trang này tự thử lại sau ít giây. / The server is busy; this page tries again in a few seconds."
	pause := "5"
	if errors.Is(why, errCrowded) {
		words = "Địa chỉ mạng này đang mở quá nhiều trang trực tiếp. Xin đóng bớt trang rồi thử lại sau nửa phút. / " +
			"Too many live pages are open from this network address. Please close some and try again in half a minute."
		pause = "30"
	}
	rw.Header().Set("Retry-After", pause)
	http.Error(rw, words, http.StatusServiceUnavailable)
}

// visitor is who a public live connection is counted by.
func (w *Web) visitor(r *http.Request) string {
	if ip := w.ClientIP(r); ip != staff {
		return ip
	}
	return "?" // Unknown addresses share one allowance, and never the staff's.
}

// serve sends client what pick makes of every snapshot, and a ping in between,
// until the watcher or the server goes. A nil frame is skipped. pause, if not
// 0, is the least time between two looks.
func (w *Web) serve(rw http.ResponseWriter, r *http.Request, client string, pause time.Duration, pick func(*snapshot) []byte) {
	box, leave, err := w.feed.watch(client)
	if err != nil {
		noStream(rw, err)
		return
	}
	defer leave()
	s, err := w.startStream(rw)
	if err != nil || s.send(w.ping()) != nil {
		return
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		var out []byte
		looked := false
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			out = w.ping()
		case snap, ok := <-box:
			if !ok {
				return
			}
			out = pick(snap)
			looked = true
		}
		if out != nil && s.send(out) != nil {
			return
		}
		if looked {
			sleep(r.Context(), pause)
		}
	}
}

func (w *Web) boardStream(rw http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	w.serve(rw, r, w.visitor(r), 0, func(s *snapshot) []byte { return s.board[l] })
}

// staffStream is behind the staff's right, which Counter's caller guards.
func (w *Web) staffStream(rw http.ResponseWriter, r *http.Request) {
	w.serve(rw, r, staff, 0, func(s *snapshot) []byte { return s.staff })
}
