package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office keeps a setup; it has no log.
type office struct {
	queue.Office
	mu    sync.Mutex
	setup queue.Setup
	saved int
}

func (o *office) Info(context.Context) (queue.Info, error) { return queue.Info{}, errors.New("no log") }

func (o *office) Setup(context.Context) (queue.SetupView, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return queue.SetupView{Setup: o.setup, Version: "1"}, nil
}

func (o *office) Configure(_ context.Context, r queue.ConfigureRequest) (queue.SetupView, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.setup, o.saved = r.Setup, o.saved+1
	return queue.SetupView{Setup: o.setup}, nil
}

// loud takes clips at once and remembers them.
type loud struct {
	mu    sync.Mutex
	clips []output.Clip
	ill   error
}

func (*loud) Name() string { return "loud" }

func (l *loud) Play(_ context.Context, c output.Clip) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clips = append(l.clips, c)
	return nil
}

func (l *loud) SelfTest(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ill
}

func (l *loud) heard() []output.Clip {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.clips)
}

// room is a desk in a hall that speaks.
func room(t *testing.T) (http.Handler, *announce.Announcer, *office, *loud) {
	t.Helper()
	o, out := &office{setup: queue.Setup{TimeZone: "UTC"}}, &loud{}
	hall := announce.New(announce.Config{Office: o, Outputs: []output.Output{out}, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = hall.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	d, err := New(Config{Hall: hall, Setup: o, Ready: []string{"Giữ trật tự"}})
	if err != nil {
		t.Fatal(err)
	}
	return d.Handler(), hall, o, out
}

func post(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", Prefix+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPage(t *testing.T) {
	h, hall, _, _ := room(t)
	if _, err := hall.Post(announce.Message{Text: "Cháy <b>", Emergency: true}); err != nil {
		t.Fatal(err)
	}
	for query, wants := range map[string][]string{
		"":         {"Giữ trật tự", "Cháy &lt;b&gt;", "loud", "Phát khẩn cấp", "Tạm dừng loa"},
		"?lang=en": {"Emergency", "Silent self-test", "Hold to talk"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", Prefix+query, nil))
		for _, want := range wants {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%q: %d, no %q", query, w.Code, want)
			}
		}
	}
	for _, file := range []string{"desk.js", "desk.css"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", Prefix+"/static/"+file, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", file, w.Code)
		}
	}
}

func TestMessageAndWithdraw(t *testing.T) {
	h, hall, _, _ := room(t)
	if w := post(h, "/message", url.Values{"text": {"Mời anh Nam"}, "emergency": {"yes"}, "times": {"2"}, "zones": {""}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	up := hall.Messages()
	if len(up) != 1 || !up[0].Emergency || up[0].Times != 2 || up[0].Text != "Mời anh Nam" {
		t.Fatalf("%+v", up)
	}
	if w := post(h, "/message", url.Values{"ready": {"Giữ trật tự"}}); w.Code != http.StatusSeeOther {
		t.Errorf("a ready one: %d", w.Code)
	}
	for name, form := range map[string]url.Values{"nothing": {}, "no number": {"text": {"a"}, "times": {"x"}}, "nowhere": {"text": {"a"}, "zones": {"x"}}} {
		if w := post(h, "/message", form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := post(h, "/withdraw", url.Values{"id": {up[0].ID}}); w.Code != http.StatusSeeOther {
		t.Errorf("withdraw: %d", w.Code)
	}
}

func TestLevelByEar(t *testing.T) {
	h, hall, o, out := room(t)
	if w := post(h, "/test", url.Values{"zone": {"hall"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("test: %d %s", w.Code, w.Body)
	}
	if w := post(h, "/level", url.Values{"zone": {"hall"}, "step": {"-3"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("level: %d %s", w.Code, w.Body)
	}
	if z := o.setup.Zones; o.saved != 1 || len(z) != 1 || z[0].ID != "hall" || z[0].Volume != -3 {
		t.Errorf("saved %+v", z)
	}
	clips := out.heard()
	if len(clips) != 2 {
		t.Fatalf("%d sentences", len(clips))
	}
	if ratio := clips[1].PCM.Peak() / clips[0].PCM.Peak(); ratio < 0.70 || ratio > 0.72 {
		t.Errorf("-3 dB is a factor of %.3f", ratio)
	}
	for _, step := range []string{"9", "", "x"} {
		if w := post(h, "/level", url.Values{"zone": {"hall"}, "step": {step}}); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("step %q: %d", step, w.Code)
		}
	}
	if w := post(h, "/level", url.Values{"zone": {"x"}, "step": {"1"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown zone: %d", w.Code)
	}
	post(h, "/pause", url.Values{"zone": {"hall"}})
	w := post(h, "/level", url.Values{"zone": {"hall"}, "step": {"0"}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "đã lưu âm lượng") {
		t.Errorf("saved but not heard: %d", w.Code)
	}
	if got := hall.Status().Level; got != -3 {
		t.Errorf("level %d", got)
	}
}

func TestPauseAndSelfTest(t *testing.T) {
	h, hall, _, out := room(t)
	post(h, "/pause", url.Values{"zone": {"hall"}})
	if hall.Status().PausedSince.IsZero() {
		t.Error("not paused")
	}
	if w := post(h, "/test", url.Values{"zone": {"hall"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a test while paused: %d", w.Code)
	}
	post(h, "/resume", url.Values{"zone": {"hall"}})
	if !hall.Status().PausedSince.IsZero() {
		t.Error("not resumed")
	}
	if w := post(h, "/selftest", url.Values{"zone": {"hall"}}); w.Code != http.StatusSeeOther {
		t.Errorf("self-test: %d", w.Code)
	}
	out.mu.Lock()
	out.ill = errors.New("cable out")
	out.mu.Unlock()
	if w := post(h, "/selftest", url.Values{"zone": {"hall"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "cable out") {
		t.Errorf("an ill output: %d", w.Code)
	}
	if s := hall.Status(); !s.Outputs[0].OutOfService {
		t.Error("an output that failed its test is still trusted")
	}
}

func TestMicrophone(t *testing.T) {
	h, _, _, out := room(t)
	say := func(p audio.PCM) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", Prefix+"/speech?text=xin+chao", bytes.NewReader(audio.EncodeWAV(p))))
		return w
	}
	voice := audio.Beep(16000, 300, 2*time.Second)
	voice.Gain(-20)
	if w := say(voice); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for end := time.Now().Add(time.Minute); len(out.heard()) == 0 && time.Now().Before(end); {
		<-time.After(10 * time.Millisecond)
	}
	clips := out.heard()
	if len(clips) != 1 || clips[0].Text != "xin chao" || clips[0].PCM.Rate != audio.RatePA || clips[0].PCM.Duration().Round(time.Second) != 2*time.Second {
		t.Fatalf("heard %+v", len(clips))
	}
	if clips[0].PCM.Peak() < 2*voice.Peak() {
		t.Error("a soft voice stays soft")
	}
	if w := say(audio.Silence(16000, time.Second)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("silence: %d", w.Code)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", Prefix+"/speech", strings.NewReader("not sound")))
	if body, _ := io.ReadAll(w.Body); w.Code != http.StatusUnprocessableEntity || !strings.Contains(string(body), "WAV") {
		t.Errorf("no WAV: %d %s", w.Code, body)
	}
}

// What was refused is told in words with a next step, on a page that can be
// loaded again.
func TestRefusedPage(t *testing.T) {
	h, _, _, _ := room(t)
	for name, body := range map[string]string{"too long": "text=" + strings.Repeat("a", maxForm), "not a form": "text=%zz"} {
		r := httptest.NewRequest("POST", Prefix+"/message", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "không đọc được biểu mẫu") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	for path, want := range map[string]string{"/message": Prefix, "/pause?lang=en": Prefix + "?lang=en", "/level?x=y": Prefix} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", Prefix+path, nil))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("GET %s: %d to %q, want %q", path, w.Code, w.Header().Get("Location"), want)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", Prefix, nil))
	if !strings.Contains(w.Body.String(), "Sảnh") {
		t.Error("the only zone has no name for people")
	}
}

// Whatever is sent as speech is refused or can be played.
func FuzzReadSpeech(f *testing.F) {
	f.Add(audio.EncodeWAV(audio.Beep(8000, 440, 300*time.Millisecond)))
	f.Add([]byte("RIFF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readSpeech(bytes.NewReader(b))
		if err == nil && (p.Rate != audio.RatePA || p.Peak() > 1) {
			t.Errorf("%d Hz, peak %v", p.Rate, p.Peak())
		}
	})
}

// Times of day are the office's, whatever the machine's clock was set up for.
func TestOfficeTime(t *testing.T) {
	d := &Desk{Config: Config{Location: func() *time.Location { return time.FixedZone("+07", 7*3600) }}}
	at := time.Date(2026, 11, 22, 4, 58, 4, 0, time.UTC)
	z := d.zone(page.Vietnamese, announce.Status{
		PausedSince: at, Last: []announce.Played{{At: at, Text: "Xin mời"}}, Outputs: []announce.OutputState{{Name: "loa", LastOK: at}},
	})
	if !strings.HasSuffix(z.State, "11:58") || z.Last != "11:58:04 Xin mời" || z.Outputs[0].Last != "11:58:04" {
		t.Errorf("%q, %q, %q", z.State, z.Last, z.Outputs[0].Last)
	}
}
