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

	"github.com/xinmoi/xinmoi/announce/output"
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

// Handler serves everything below Prefix. When done is closed, open streams
// end, so that a server can shut down.
func (o *Output) Handler(done <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"stream", func(w http.ResponseWriter, r *http.Request) { o.stream(w, r, done) })
	mux.HandleFunc("GET "+Prefix+"audio/{file}", o.audio)
	mux.HandleFunc("POST "+AckPath+"{id}", o.acknowledge)
	mux.HandleFunc("GET "+Prefix+"player.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(player))
	})
	return mux
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
		case c := <-l.calls:
			err = s.call(c)
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
	ID         string `json:"id"`
	Text       string `json:"text"`
	Number     string `json:"number"`
	Counter    string `json:"counter"`
	Reading    int    `json:"reading"`
	DurationMS int64  `json:"duration_ms"`
	URL        string `json:"url"`
}

func (s sender) call(c output.Clip) error {
	b, err := json.Marshal(event{
		ID: c.ID, Text: c.Text, Number: c.Number, Counter: c.Counter, Reading: c.Reading,
		DurationMS: c.PCM.Duration().Milliseconds(), URL: Prefix + "audio/" + c.ID + ".wav",
	})
	if err != nil {
		return err
	}
	return s.send("event: call\ndata: %s\n\n", b)
}

func (o *Output) audio(w http.ResponseWriter, r *http.Request) {
	id, isWAV := strings.CutSuffix(r.PathValue("file"), ".wav")
	c, ok := o.clip(id)
	if !isWAV || !ok {
		http.Error(w, "Lời gọi này không còn. (This announcement is gone.)", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "private, max-age=60")
	http.ServeContent(w, r, "", c.StartedAt, bytes.NewReader(wav(c)))
}

func (o *Output) acknowledge(w http.ResponseWriter, r *http.Request) {
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
	if !o.ack(r.PathValue("id"), a) {
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
