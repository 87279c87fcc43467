package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue/web/page/pagetest"
)

// hummer is the placeholder voice of these tests.
type hummer struct{}

func (hummer) Name(string) string { return "hummer" }

func (hummer) Speak(_ context.Context, k voice.Key) (audio.PCM, error) {
	p, starts := hum(k.Text, 0, -14)
	return slice(p, 0, starts[len(starts)-1]), nil
}

// bench is a studio with a browser.
type bench struct {
	*testing.T
	s      *Studio
	server *httptest.Server
	dir    string
	used   []string
	base   string // "/studio/vi-north-…" of a fresh recording.
	c      *clock
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, dir: t.TempDir(), c: newClock()}
	b.open()
	res := b.form("/studio", url.Values{"speaker": {"Nguyễn Thị Đào"}, "region": {"north"}, "licence": {"CC-BY-4.0"}, "consent": {"yes"}})
	b.base = res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || b.base != "/studio/vi-north-nguyen-thi-dao" {
		t.Fatalf("%s to %q", res.Status, b.base)
	}
	return b
}

// open starts the program, again if it ran before.
func (b *bench) open() {
	b.Helper()
	if b.server != nil {
		b.server.Close()
	}
	s, err := New(Config{
		Dir: b.dir, Now: b.c.Now, Office: "Trung tâm",
		Synth: func(announce.Region) voice.Synthesizer { return hummer{} },
		Use:   func(_ context.Context, dir string) error { b.used = append(b.used, dir); return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.s, b.server = s, httptest.NewServer(s.Handler())
	b.Cleanup(b.server.Close)
}

func (b *bench) do(method, path, kind string, body io.Reader, header ...string) *http.Response {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.server.URL+path, body)
	if err != nil {
		b.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		b.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	return res
}

func (b *bench) form(path string, v url.Values, header ...string) *http.Response {
	b.Helper()
	return b.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()), append(header, "Accept", "text/html")...)
}

func (b *bench) wav(path string, p audio.PCM) *http.Response {
	b.Helper()
	return b.do("POST", path, "audio/wav", bytes.NewReader(audio.EncodeWAV(p)))
}

// decode reads an answer of the wanted status.
func (b *bench) decode(res *http.Response, status int, into any) {
	b.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		b.Fatalf("%s %s: %s, want %d: %.300s", res.Request.Method, res.Request.URL.Path, res.Status, status, text)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		b.Fatalf("%v in %.300s", err, text)
	}
}

type takeAnswer struct {
	Take     takeView
	Progress Progress
}

func TestRecordThroughTheInterface(t *testing.T) {
	b := newBench(t)
	p, err := b.s.shelf.get(strings.TrimPrefix(b.base, "/studio/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"car.00", "n.25.c", "car.03", "n.03.f"} {
		var first, again takeAnswer
		b.decode(b.wav(b.base+"/takes/"+id, recorded(lineOf(t, p, id))), http.StatusOK, &first)
		if !first.Take.Usable || len(first.Take.Wave) != wavePoints || first.Take.To <= first.Take.From {
			t.Fatalf("%s: %+v", id, first)
		}
		b.decode(b.do("GET", b.base+"/takes/"+id+"/1", "", nil), http.StatusOK, &again)
		if again.Take.From != first.Take.From || again.Take.Usable != first.Take.Usable {
			t.Errorf("%s: %+v, then %+v", id, first.Take, again.Take)
		}
		b.decode(b.do("POST", b.base+"/takes/"+id+"/1/accept", "", nil), http.StatusOK, nil)
	}
	var cut takeAnswer
	b.decode(b.do("POST", b.base+"/takes/n.25.c/1/cut", "application/json", strings.NewReader(`{"from_ms":900,"to_ms":1500}`)), http.StatusOK, &cut)
	if cut.Take.From != 900 || cut.Take.To != 1500 || cut.Progress.Done != 4 {
		t.Errorf("%+v", cut)
	}
	clip := b.sound(b.base + "/takes/n.25.c/1/clip.wav")
	if d := clip.Duration().Milliseconds(); d < 500 || d > 600 || clip.Rate != audio.RatePA {
		t.Errorf("the clip lasts %d ms at %d Hz", d, clip.Rate)
	}
	if d := b.sound(b.base + "/takes/n.25.c/1/recording.wav").Duration(); d < 3*humSyllable {
		t.Errorf("the recording lasts %v", d)
	}
	b.open() // Another day.
	var st stateView
	b.decode(b.do("GET", b.base+"/state", "", nil), http.StatusOK, &st)
	if st.Progress.Done != 4 || st.Lines[0].ID != "car.00" || st.Lines[0].Accepted != 1 {
		t.Errorf("after a restart: %+v, %+v", st.Progress, st.Lines[0])
	}
}

func (b *bench) sound(path string) audio.PCM {
	b.Helper()
	res := b.do("GET", path, "", nil)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "audio/wav" {
		b.Fatalf("%s: %s %s", path, res.Status, res.Header.Get("Content-Type"))
	}
	p, err := audio.ReadWAV(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// A whole call is heard at any time: with nothing recorded, with some.
func TestHearACall(t *testing.T) {
	b := newBench(t)
	call := b.base + "/call.wav?ticket=A125&counter=3"
	before := b.do("GET", call, "", nil)
	others, err := url.PathUnescape(before.Header.Get("X-Other-Voice"))
	if err != nil || before.StatusCode != http.StatusOK || !strings.Contains(others, "xin mời số") {
		t.Fatalf("%s: %q, %v", before.Status, others, err)
	}
	p, err := b.s.shelf.get(strings.TrimPrefix(b.base, "/studio/"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := p.add("car.00", recorded(lineOf(t, p, "car.00")), false)
	if err == nil {
		err = p.accept("car.00", made.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	after := b.do("GET", call, "", nil)
	if others, err = url.PathUnescape(after.Header.Get("X-Other-Voice")); err != nil || strings.Contains(others, "xin mời số") || !strings.Contains(others, "đến quầy số") {
		t.Errorf("with one clip: %q, %v", others, err)
	}
	if pcm, err := audio.ReadWAV(after.Body); err != nil || pcm.Duration().Seconds() < 3 || pcm.Peak() < 0.05 {
		t.Errorf("%v, %v", pcm.Duration(), err)
	}
	for _, bad := range []string{"ticket=&counter=3", "ticket=A125&counter=", "ticket=ABCDEF&counter=3", "ticket=A125&counter=" + strings.Repeat("3", 30)} {
		b.decode(b.do("GET", b.base+"/call.wav?"+bad, "", nil), http.StatusBadRequest, nil)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "xinmoi-studio-*")); err != nil || len(left) > 0 {
		t.Logf("temporary folders %v (perhaps of another test run), %v", left, err)
	}
}

func TestRefusals(t *testing.T) {
	b := newBench(t)
	p, err := b.s.shelf.get(strings.TrimPrefix(b.base, "/studio/"))
	if err != nil {
		t.Fatal(err)
	}
	good := audio.EncodeWAV(recorded(lineOf(t, p, "n.25.c")))
	take := b.base + "/takes/n.25.c"
	for name, c := range map[string]struct {
		method, path string
		body         []byte
		want         int
	}{
		"no recording":    {"GET", "/studio/vi-north-nobody/state", nil, http.StatusNotFound},
		"outside":         {"GET", "/studio/..%2f..%2fetc/state", nil, http.StatusNotFound},
		"no clip":         {"POST", b.base + "/takes/n.1000.c", good, http.StatusNotFound},
		"no take":         {"GET", take + "/7", nil, http.StatusNotFound},
		"odd take":        {"GET", take + "/x/clip.wav", nil, http.StatusNotFound},
		"no sound":        {"GET", take + "/1/clip.wav", nil, http.StatusNotFound},
		"no WAV":          {"POST", take, []byte("hello"), http.StatusUnsupportedMediaType},
		"empty":           {"POST", take, audio.EncodeWAV(audio.PCM{Rate: audio.RatePA}), http.StatusUnprocessableEntity},
		"cut off":         {"POST", take, good[:len(good)/2], http.StatusUnsupportedMediaType},
		"large":           {"POST", take, append(bytes.Clone(good), make([]byte, maxSentence)...), http.StatusRequestEntityTooLarge},
		"long":            {"POST", take, audio.EncodeWAV(audio.Silence(8000, maxTake*2)), http.StatusRequestEntityTooLarge},
		"accept nothing":  {"POST", take + "/1/accept", nil, http.StatusNotFound},
		"cut nothing":     {"POST", take + "/1/cut", []byte(`{"from_ms":0,"to_ms":500}`), http.StatusNotFound},
		"odd cut":         {"POST", take + "/1/cut", []byte(`{"from_ms":-4}`), http.StatusBadRequest},
		"finish too soon": {"POST", b.base + "/finish", nil, http.StatusConflict},
		"use too soon":    {"POST", b.base + "/use", nil, http.StatusConflict},
		"long from":       {"POST", b.base + "/long?from=x", good, http.StatusNotFound},
		"no page":         {"GET", "/studio/a/b/c/d/e/f", nil, http.StatusNotFound},
		"wrong method":    {"DELETE", b.base + "/state", nil, http.StatusNotFound},
	} {
		res := b.do(c.method, c.path, "audio/wav", bytes.NewReader(c.body))
		text, _ := io.ReadAll(res.Body)
		var said struct{ Problem string }
		if res.StatusCode != c.want || json.Unmarshal(text, &said) != nil || len(said.Problem) < 15 {
			t.Errorf("%s: %s, want %d: %.200s", name, res.Status, c.want, text)
		}
	}
	if len(p.state.Clips) != 0 {
		t.Errorf("something was kept: %v", p.state.Clips)
	}
}

// A page of another site must not record, make or remove anything with the
// administrator's cookie.
func TestOtherSitesAreRefused(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{"/studio", b.base + "/remove", b.base + "/finish", b.base + "/room", b.base + "/takes/n.25.c"} {
		for _, header := range [][2]string{{"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
			if res := b.do("POST", path, "text/plain", strings.NewReader("x"), header[0], header[1]); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %s", path, header, res.Status)
			}
		}
	}
	if res := b.do("GET", b.base, "", nil, "Accept", "text/html"); res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", res.Header)
	}
}

func TestPages(t *testing.T) {
	b := newBench(t)
	for path, want := range map[string][]string{
		"/studio":           {"Phòng thu giọng đọc", "Nguyễn Thị Đào", "đồng ý", "CC BY 4.0"},
		"/studio?lang=en":   {"Voice studio", "I agree", "Remove for good"},
		b.base:              {"Thu giọng", "application/json", "car.00", "Nghe thử lời gọi"},
		b.base + "?lang=en": {"Recording", "Microphone check", "Keep, next"},
	} {
		res := b.do("GET", path, "", nil, "Accept", "text/html")
		text, _ := io.ReadAll(res.Body)
		for _, each := range want {
			if res.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(each)) {
				t.Errorf("%s: %s without %q", path, res.Status, each)
			}
		}
	}
	for _, file := range []string{"studio.js", "studio.css", "microphone.js", "worklet.js"} {
		if res := b.do("GET", Prefix+"/static/"+file, "", nil); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", file, res.Status)
		}
	}
	res := b.form("/studio", url.Values{"speaker": {"Lê Văn Tám"}, "region": {"south"}, "licence": {"CC0-1.0"}})
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusBadRequest || !bytes.Contains(text, []byte("Lê Văn Tám")) || !bytes.Contains(text, []byte("chưa")) && !bytes.Contains(text, []byte("Chưa")) {
		t.Errorf("a form without consent: %s", res.Status)
	}
	res = b.do("GET", "/studio/vi-north-nobody", "", nil, "Accept", "text/html")
	if text, _ = io.ReadAll(res.Body); res.StatusCode != http.StatusNotFound || !bytes.Contains(text, []byte("Về phòng thu")) {
		t.Errorf("a page that is not there: %s", res.Status)
	}
}

func TestRemoveThroughThePage(t *testing.T) {
	b := newBench(t)
	if res := b.form(b.base+"/remove", url.Values{"confirm": {"yes"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("without the code: %s", res.Status)
	}
	if res := b.form(b.base+"/remove", url.Values{"confirm": {strings.TrimPrefix(b.base, "/studio/")}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with the code: %s", res.Status)
	}
	if left, err := os.ReadDir(b.dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What is kept becomes a pack with the speaker's licence and consent in it.
func TestFinishAndUse(t *testing.T) {
	b := newBench(t)
	p, err := b.s.shelf.get(strings.TrimPrefix(b.base, "/studio/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"car.00", "n.25.c", "n.03.f"} {
		made, err := p.add(id, recorded(lineOf(t, p, id)), false)
		if err == nil {
			err = p.accept(id, made.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var packed packedView
	b.decode(b.do("POST", b.base+"/finish", "", nil), http.StatusOK, &packed)
	if packed.Clips != 3 || packed.OK || packed.Unspoken == 0 || len(packed.Faults) != 0 || packed.Missing != len(p.lines)-3 {
		t.Fatalf("%+v", packed)
	}
	dir := filepath.Join(b.dir, packed.ID)
	m, err := voice.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Placeholder || m.Speaker != "Nguyễn Thị Đào" || m.Licence != "CC-BY-4.0" || m.Region != "north" || m.Consent == "" || m.ID != packed.ID {
		t.Errorf("%+v", m.Provenance)
	}
	consent, err := os.ReadFile(filepath.Join(dir, m.Consent))
	if err != nil || !strings.Contains(string(consent), consentWords) || !strings.Contains(string(consent), "Nguyễn Thị Đào") {
		t.Errorf("consent %q, %v", consent, err)
	}
	report, err := voice.Check(dir)
	if err != nil || !report.OK() {
		t.Errorf("%+v, %v", report.Faults, err)
	}
	b.decode(b.do("POST", b.base+"/use", "", nil), http.StatusOK, nil)
	if len(b.used) != 1 || b.used[0] != dir {
		t.Errorf("used %v", b.used)
	}
	// Removing the recording leaves the voice, for which other rules may hold.
	if err := b.s.shelf.remove(packed.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := voice.Open(dir); err != nil {
		t.Error(err)
	}
}

func TestRoomAndLongThroughTheInterface(t *testing.T) {
	b := newBench(t)
	sentence, _ := hum(roomSentence, 0, -14)
	check := inRoom(audio.Append(room(1200e6, -65), sentence, 0), -65)
	var said struct {
		Room     roomView
		Drift    string
		Drifted  bool
		Progress Progress
	}
	b.decode(b.wav(b.base+"/room", check), http.StatusOK, &said)
	if !said.Room.Usable || said.Room.Noise > -60 || said.Progress.RoomDue || said.Drift == "" || said.Drifted {
		t.Errorf("%+v", said)
	}
	p, err := b.s.shelf.get(strings.TrimPrefix(b.base, "/studio/"))
	if err != nil {
		t.Fatal(err)
	}
	long := audio.PCM{Rate: audio.RatePA}
	for _, l := range p.lines[:3] {
		s, _ := hum(l.Text(), 800e6, -14)
		long = audio.Append(long, s, 0)
	}
	var split struct {
		Takes []longTake
		State stateView
	}
	b.decode(b.wav(b.base+"/long?from="+p.lines[0].ID, inRoom(long, -65)), http.StatusCreated, &split)
	if len(split.Takes) != 3 || len(split.State.Lines[2].Takes) != 1 {
		t.Errorf("%+v", split.Takes)
	}
}

// When the machine is busy, one waits; when one leaves, nothing is done.
func TestBusy(t *testing.T) {
	b := newBench(t)
	for range atOnce {
		if _, err := b.s.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.s.begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A recording may be longer on its way than the server allows a form, and takes
// no place from others meanwhile.
func TestSlowUpload(t *testing.T) {
	b := newBench(t)
	line := northern()[0]
	wav := audio.EncodeWAV(recorded(line))
	synctest.Test(t, func(t *testing.T) {
		server := &http.Server{Handler: b.s.Handler(), ReadTimeout: 30 * time.Second}
		browser := pagetest.Serve(t, server)
		var slow sync.WaitGroup
		for range atOnce {
			body, w := io.Pipe()
			slow.Go(func() {
				res, err := browser.Post("http://studio.test"+b.base+"/takes/"+line.ID, "audio/wav", body)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				if said, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
					t.Errorf("%s: %s", res.Status, said)
				}
			})
			if _, err := w.Write(wav[:1000]); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = body.Close() })
			slow.Go(func() {
				<-time.After(2 * server.ReadTimeout)
				_, _ = w.Write(wav[1000:]) // Refused if the server has given up.
				_ = w.Close()
			})
		}
		<-time.After(server.ReadTimeout / 2)
		if n := len(b.s.work); n != 0 {
			t.Errorf("%d of %d places are taken by recordings on their way", n, atOnce)
		}
		slow.Wait()
	})
}
