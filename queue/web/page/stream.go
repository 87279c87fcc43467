package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	// Heartbeat is how often a live connection gives a sign of life at least:
	// live.js gives up after 25 s of silence.
	Heartbeat = 10 * time.Second

	writeTimeout = 10 * time.Second // A watcher that takes nothing for so long is let go.
	retryBase    = 1000             // Milliseconds before a browser's own reconnect …
	retrySpread  = 3000             // … plus up to this, so that a hall of TVs does not come back at once.
)

// Frame is one server-sent event (WHATWG HTML §9.2). A seq of 0 sends no id.
// JSON has no bare line breaks, so the data is always one line. Tags stay as
// they are: nobody takes an event for a page, and a board has many.
func Frame(event string, seq int64, data any) []byte {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil { // Only own types of text and numbers come here.
		body.Reset()
		body.WriteString("null\n")
	}
	id := ""
	if seq > 0 {
		id = "id: " + strconv.FormatInt(seq, 10) + "\n"
	}
	return fmt.Appendf(nil, "%sevent: %s\ndata: %s\n", id, event, body.Bytes())
}

// Ping is the sign of life that live.js waits for: how old the news are, and
// the office's clock, since the clocks of TVs are often wrong.
func Ping(age time.Duration, now time.Time) []byte {
	_, offset := now.Zone()
	return Frame("ping", 0, map[string]int64{"age_ms": age.Milliseconds(), "at": now.UnixMilli(), "offset_s": int64(offset)})
}

// Stream is one open live connection.
type Stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// StartStream answers with the head of an event stream and the hello that
// tells the page which build it talks to.
func StartStream(w http.ResponseWriter, build string) (*Stream, error) {
	s := &Stream{w: w, rc: http.NewResponseController(w)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back.
	hello := fmt.Appendf(nil, "retry: %d\n", retryBase+rand.IntN(retrySpread))
	return s, s.Send(append(hello, Frame("hello", 0, map[string]string{"build": build})...))
}

// Send writes whole frames within writeTimeout, which takes the place of the
// server's own write timeout: a stream outlives that.
func (s *Stream) Send(frames []byte) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // Not settable in tests.
	if _, err := s.w.Write(frames); err != nil {
		return err
	}
	return s.rc.Flush()
}
