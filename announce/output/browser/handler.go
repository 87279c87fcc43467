package browser

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Paths of the handler, for those who mount and guard it.
const (
	Prefix  = "/announce/"
	AckPath = "/announce/ack/" // POST; guard it with the board's right.
)

// The figures of the event stream.
const (
	heartbeat   = 15 * time.Second
	writeWithin = 10 * time.Second
	retryMillis = 2000
	maxAck      = 1 << 10 // Bytes of an acknowledgement.
)

//go:embed player.js
var player string

// What a page reports.
const (
	phaseReady    = "ready"    // Its sound is on; {id} is ignored.
	phaseStarted  = "started"  // It began to play the clip.
	phaseFinished = "finished" // It played the clip to the end.
	phaseFailed   = "failed"   // It cannot play.
)

// ack is the body of an acknowledgement.
type ack struct {
	Phase    string `json:"phase"`
	Listener string `json:"listener"` // From the stream's "hello".
}

// stream sends "hello" with the page's listener id, then every call.
func (o *Output) stream(w http.ResponseWriter, r *http.Request, done <-chan struct{}) {
	id, l, ok := o.join()
	if !ok {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "Quá nhiều bảng đang mở: đóng bớt rồi tải lại. (Too many boards are open: close some and reload.)", http.StatusServiceUnavailable)
		return
	}
	defer o.leave(id)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	s := sender{w: w, control: http.NewResponseController(w)}
	if s.send("retry: %d\nevent: hello\ndata: {\"listener\":%q}\n\n", retryMillis, id) != nil {
		return
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-done:
			return
		case m := <-l.calls:
			err = s.call(m)
		case <-tick.C:
			err = s.send(": still here\n\n")
		}
		if err != nil {
			return
		}
	}
}

// sender writes events, each with a deadline, so that a dead page cannot hold
// a connection for ever.
type sender struct {
	w       io.Writer
	control *http.ResponseController
}

func (s sender) send(format string, args ...any) error {
	// Servers without deadlines (tests) still get the event.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		return err
	}
	return s.control.Flush()
}

// event is what a page is told of a call.
type event struct {
	ID         string   `json:"id"`
	Text       string   `json:"text"`
	Number     string   `json:"number"`
	Counter    string   `json:"counter"`
	Reading    int      `json:"reading"`
	DurationMS int64    `json:"duration_ms"`
	URL        string   `json:"url"`   // Empty = the page is to show it only.
	Calls      []target `json:"calls"` // All numbers that are called, in order.
}

// target is one of several calls that are said together.
type target struct {
	Number  string `json:"number"`
	Counter string `json:"counter"`
	AtMS    int64  `json:"at_ms"` // When in the sound it begins.
}

func (s sender) call(m message) error {
	c := m.clip
	e := event{
		ID: c.ID, Text: c.Text, Number: c.Number, Counter: c.Counter, Reading: c.Reading,
		DurationMS: c.PCM.Duration().Milliseconds(), Calls: []target{},
	}
	if !m.mute {
		e.URL = Prefix + "audio/" + c.ID + ".wav"
	}
	for _, t := range c.Calls {
		e.Calls = append(e.Calls, target{t.Number, t.Counter, t.At.Milliseconds()})
	}
	if len(e.Calls) == 0 && c.Number != "" {
		e.Calls = []target{{Number: c.Number, Counter: c.Counter}}
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.send("event: %s\ndata: %s\n\n", m.name, b)
}

func (h *Hall) audio(w http.ResponseWriter, r *http.Request) {
	id, isWAV := strings.CutSuffix(r.PathValue("file"), ".wav")
	c, ok := h.clip(id)
	if !isWAV || !ok {
		http.Error(w, "Lời gọi này không còn. (This announcement is gone.)", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "private, max-age=60")
	http.ServeContent(w, r, "", c.StartedAt, bytes.NewReader(wav(c)))
}

func (h *Hall) acknowledge(w http.ResponseWriter, r *http.Request) {
	// A JSON content type makes browsers ask before another site may post here.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(w, "Content-Type must be application/json", http.StatusUnsupportedMediaType)
		return
	}
	a, err := parseAck(http.MaxBytesReader(w, r.Body, maxAck))
	if err != nil {
		http.Error(w, "want {\"phase\":\"ready|started|finished|failed\",\"listener\":\"…\"}: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !h.ack(r.PathValue("id"), a) {
		http.Error(w, "this announcement is over or the page is not connected", http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// parseAck reads an acknowledgement strictly.
func parseAck(r io.Reader) (ack, error) {
	var a ack
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return ack{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return ack{}, fmt.Errorf("more than one value")
	}
	switch a.Phase {
	case phaseReady, phaseStarted, phaseFinished, phaseFailed:
		return a, nil
	}
	return ack{}, fmt.Errorf("unknown phase %q", a.Phase)
}
