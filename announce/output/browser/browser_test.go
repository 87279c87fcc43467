package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func clip(id string) output.Clip {
	return output.Clip{ID: id, Text: "Xin mời số A không một hai đến quầy số ba", Number: "A012", Counter: "3", Reading: 1,
		PCM: audio.Beep(audio.RatePA, 440, 2*time.Second)}
}

// page is a board in a test: it reads the stream and acknowledges.
type page struct {
	t        *testing.T
	base     string
	events   *bufio.Reader
	listener string
}

// open starts a server and a page; both end with the test.
func open(t *testing.T, o *Output) *page {
	t.Helper()
	done := make(chan struct{})
	server := httptest.NewServer(o.hall.Handler(done))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	answer, err := http.Get(server.URL + Prefix + "stream")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("stream of %s", kind)
	}
	p := &page{t: t, base: server.URL, events: bufio.NewReader(answer.Body)}
	var hello struct{ Listener string }
	p.event("hello", &hello)
	p.listener = hello.Listener
	return p
}

// event reads the next event, which must have a name.
func (p *page) event(name string, into any) {
	p.t.Helper()
	got := ""
	for {
		line, err := p.events.ReadString('\n')
		if err != nil {
			p.t.Fatal(err)
		}
		if value, ok := strings.CutPrefix(line, "event: "); ok {
			got = strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(line, "data: "); ok {
			if got != name {
				p.t.Fatalf("event %q, want %q", got, name)
			}
			if err := json.Unmarshal([]byte(value), into); err != nil {
				p.t.Fatal(err)
			}
			return
		}
	}
}

func (p *page) ack(id, phase string) int {
	p.t.Helper()
	body := fmt.Sprintf(`{"phase":%q,"listener":%q}`, phase, p.listener)
	answer, err := http.Post(p.base+AckPath+id, "application/json", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func TestPlayIsAcknowledged(t *testing.T) {
	o := New()
	p := open(t, o)
	if code := p.ack("page", "ready"); code != http.StatusNoContent {
		t.Fatalf("ready: %d", code)
	}
	played := make(chan error)
	go func() { played <- o.Play(t.Context(), clip("c1")) }()
	var e event
	p.event("call", &e)
	if e.Number != "A012" || e.Counter != "3" || e.DurationMS != 2000 || e.URL != "/announce/audio/c1.wav" {
		t.Errorf("event %+v", e)
	}
	answer, err := http.Get(p.base + e.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if pcm, err := audio.ReadWAV(answer.Body); err != nil || pcm.Duration() != 2*time.Second {
		t.Errorf("sound of %v, %v", pcm.Duration(), err)
	}
	if code := p.ack("other", "finished"); code != http.StatusNotFound {
		t.Errorf("an ack of another call: %d", code)
	}
	p.ack("c1", "started")
	select {
	case err := <-played:
		t.Fatalf("returned before the end: %v", err)
	default:
	}
	p.ack("c1", "finished")
	if err := <-played; err != nil {
		t.Error(err)
	}
	if code := p.ack("c1", "finished"); code != http.StatusNotFound {
		t.Errorf("an ack after the end: %d", code)
	}
}

// A call that is cut stops on the board, which is free for the next at once.
func TestCutReachesThePage(t *testing.T) {
	o := New()
	p := open(t, o)
	p.ack("page", "ready")
	ctx, cut := context.WithCancel(t.Context())
	played := make(chan error)
	go func() { played <- o.Play(ctx, clip("c1")) }()
	var e event
	p.event("call", &e)
	p.ack("c1", "started")
	cut()
	if err := <-played; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if p.event("cut", &e); e.ID != "c1" || e.URL != "" {
		t.Errorf("event %+v", e)
	}
	go func() { played <- o.Play(t.Context(), clip("c2")) }()
	p.event("call", &e)
	p.ack("c2", "finished")
	if err := <-played; err != nil {
		t.Error(err)
	}
	o.Cut(clip("c3"))
	if p.event("cut", &e); e.ID != "c3" {
		t.Errorf("one that somebody else says: %+v, and one that ended is not cut", e)
	}
}

func TestPlayWhenTheBoardFails(t *testing.T) {
	o := New()
	p := open(t, o)
	p.ack("page", "ready")
	played := make(chan error)
	go func() { played <- o.Play(t.Context(), clip("c1")) }()
	p.event("call", &event{})
	p.ack("c1", "failed")
	if err := <-played; !errors.Is(err, ErrSilent) {
		t.Errorf("got %v, want ErrSilent", err)
	}
	if all, ready := o.Listeners(); all != 1 || ready != 0 {
		t.Errorf("%d listeners, %d ready", all, ready)
	}
}

func TestPlayWithoutListeners(t *testing.T) {
	if err := New().Play(t.Context(), clip("c1")); !errors.Is(err, output.ErrNoListener) {
		t.Errorf("got %v", err)
	}
}

// Pages that cannot be heard show the call, and nobody waits for them.
func TestPlayForSilentPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := New()
		_, l, _ := o.join()
		began := time.Now()
		if err := o.Play(t.Context(), clip("c1")); !errors.Is(err, output.ErrNoListener) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(began); d != 0 || o.Attended() {
			t.Errorf("took %v, attended %v", d, o.Attended())
		}
		if m := <-l.calls; m.clip.ID != "c1" || m.name != nameCall {
			t.Errorf("the page got %+v", m)
		}
	})
}

func TestPlayPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := New()
		id, l, _ := o.join()
		o.ack("page", ack{Phase: phaseReady, Listener: id})
		began := time.Now()
		if err := o.Play(t.Context(), clip("c1")); !errors.Is(err, ErrSilent) || time.Since(began) != startWithin {
			t.Errorf("no start: %v after %v", err, time.Since(began))
		}
		began = time.Now()
		// The first call and its cut come before.
		go func() { <-l.calls; <-l.calls; m := <-l.calls; o.ack(m.clip.ID, ack{Phase: phaseStarted}) }()
		if err := o.Play(t.Context(), clip("c2")); !errors.Is(err, ErrSilent) || time.Since(began) != 2*time.Second+finishGrace {
			t.Errorf("no end: %v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := o.Play(ctx, clip("c3")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
		go func() { <-time.After(time.Second); o.leave(id) }()
		if err := o.Play(t.Context(), clip("c4")); !errors.Is(err, ErrSilent) {
			t.Errorf("the page closed: %v", err)
		}
	})
}

// A page that does not read misses calls, and holds up nobody.
func TestSlowPage(t *testing.T) {
	o := New()
	o.join()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range keepClips + 10 {
		_ = o.Play(ctx, clip(fmt.Sprint(i)))
	}
	if _, kept := o.clip("0"); kept {
		t.Error("old clips are kept for ever")
	}
	if _, kept := o.clip(fmt.Sprint(keepClips + 9)); !kept {
		t.Error("the newest clip is gone")
	}
}

func TestHandlerRefuses(t *testing.T) {
	o := New()
	h := o.hall.Handler(nil)
	for _, c := range []struct {
		method, path, kind, body string
		want                     int
	}{
		{"GET", "/announce/audio/none.wav", "", "", 404},
		{"GET", "/announce/audio/none.mp3", "", "", 404},
		{"GET", "/announce/other", "", "", 404},
		{"GET", "/announce/ack/c1", "", "", 405},
		{"POST", "/announce/ack/c1", "text/plain", `{"phase":"ready"}`, 415},
		{"POST", "/announce/ack/c1", "application/json", `{`, 400},
		{"POST", "/announce/ack/c1", "application/json", `{"phase":"dance"}`, 400},
		{"POST", "/announce/ack/c1", "application/json", `{"phase":"ready","x":1}`, 400},
		{"POST", "/announce/ack/c1", "application/json", `{"phase":"ready"} {}`, 400},
		{"POST", "/announce/ack/c1", "application/json", `{"phase":"` + strings.Repeat("a", maxAck) + `"}`, 400},
		{"POST", "/announce/ack/c1", "application/json; charset=utf-8", `{"phase":"finished"}`, 404},
		{"POST", "/announce/ack/c1", "application/json", `{"phase":"ready","listener":"forged"}`, 404},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s %.40s: %d, want %d", c.method, c.path, c.body, w.Code, c.want)
		}
	}
}

func TestListenersAreBounded(t *testing.T) {
	o := New()
	for range maxListeners {
		o.join()
	}
	w := httptest.NewRecorder()
	o.hall.Handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/announce/stream", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("answer %d", w.Code)
	}
}

func TestStreamEnds(t *testing.T) {
	o := New()
	done := make(chan struct{})
	server := httptest.NewServer(o.hall.Handler(done))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	answer, err := http.Get(server.URL + Prefix + "stream")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	close(done)
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Error(err)
	}
	server.Close() // Waits for the handler to have returned.
	if all, _ := o.Listeners(); all != 0 {
		t.Errorf("%d listeners after the end", all)
	}
}

func TestPlayerScript(t *testing.T) {
	w := httptest.NewRecorder()
	NewHall("").Handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/announce/player.js", nil))
	if kind := w.Header().Get("Content-Type"); w.Code != 200 || !strings.HasPrefix(kind, "text/javascript") {
		t.Errorf("%d %s", w.Code, kind)
	}
	for _, want := range []string{"xinmoi:", "call-started", "call-finished", "Bật âm thanh"} {
		if !bytes.Contains(w.Body.Bytes(), []byte(want)) {
			t.Errorf("the script does not mention %q", want)
		}
	}
}

func FuzzParseAck(f *testing.F) {
	f.Add(`{"phase":"started","listener":"x"}`)
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAck(strings.NewReader(s))
		if err != nil {
			return
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseAck(bytes.NewReader(b)); err != nil || again != a {
			t.Errorf("%q reads as %+v, which reads back as %+v, %v", s, a, again, err)
		}
	})
}

// Boards of a zone get its sound; those of the others are told to show it.
func TestZonesOfBoards(t *testing.T) {
	h := NewHall("a", "b")
	_, here, _ := h.Zone("a").join()
	_, there, _ := h.Zone("b").join()
	c := clip("c1")
	c.Calls = []output.Call{{Number: "A012", Counter: "3"}, {Number: "A013", Counter: "5", At: time.Second}}
	_ = h.Zone("a").Play(t.Context(), c)
	if m := <-here.calls; m.name != nameCall || m.mute {
		t.Errorf("the zone's board got %+v", m)
	}
	if m := <-there.calls; m.name != nameShown {
		t.Errorf("the other zone's board got %+v", m)
	}
	h.Zone("b").Reading(c)
	if m := <-there.calls; m.name != nameCall || !m.mute {
		t.Errorf("a reading by somebody else: %+v", m)
	}
	if m := <-here.calls; m.name != nameShown {
		t.Errorf("%+v", m)
	}
	h.Zone("a").Show(c)
	if m := <-here.calls; m.name != nameShown {
		t.Errorf("%+v", m)
	}
	w := httptest.NewRecorder()
	h.Handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/announce/stream?zone=nowhere", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("an unknown zone: %d", w.Code)
	}
	if w := httptest.NewRecorder(); true {
		if err := (sender{w, http.NewResponseController(w)}).call(message{nameCall, c, true}); err != nil || !strings.Contains(w.Body.String(), `"calls":[{"number":"A012","counter":"3","at_ms":0},{"number":"A013","counter":"5","at_ms":1000}]`) || !strings.Contains(w.Body.String(), `"url":""`) {
			t.Errorf("%v: %s", err, w.Body)
		}
	}
}
