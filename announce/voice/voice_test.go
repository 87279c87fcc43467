package voice

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// hummer speaks every text as a tone; it fails on the text "fail".
type hummer struct{ spoken *atomic.Int32 }

func (h hummer) Name(string) string { return "hummer" }

func (h hummer) Speak(_ context.Context, k Key) (audio.PCM, error) {
	h.spoken.Add(1)
	if k.Text == "fail" {
		return audio.PCM{}, errors.New("cannot")
	}
	return hum(0.1, 300*time.Millisecond), nil
}

func hum(amplitude float64, d time.Duration) audio.PCM {
	p := audio.Silence(audio.RatePA, d)
	for i := range p.Samples {
		p.Samples[i] = float32(amplitude * math.Sin(float64(i)/20))
	}
	p, _ = audio.ToLUFS(p, audio.SpeechLUFS, 0.01) // Keeps the level; makes a copy.
	return p
}

func recipe(texts ...string) Recipe {
	r := Recipe{Region: "north", Speaker: hummer{new(atomic.Int32)}}
	for i, text := range texts {
		r.Clips = append(r.Clips, ClipSpec{ID: "c." + string(rune('a'+i)), Key: Key{Text: text, Pos: Final}})
	}
	return r
}

func TestBuildOpenClip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "voice")
	var told atomic.Int32
	r := recipe("một", "hai", "ba")
	r.Progress = func(done, total int) {
		if done < 1 || done > total || total != 3 {
			t.Errorf("progress %d of %d", done, total)
		}
		told.Add(1)
	}
	m, err := Build(t.Context(), dir, r)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Placeholder || len(m.Clips) != 3 || told.Load() != 3 {
		t.Errorf("manifest %+v, progress told %d times", m, told.Load())
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Has(Key{Text: "hai", Pos: Final}) || p.Has(Key{Text: "hai", Pos: NonFinal}) || p.Has(Key{Text: "bốn", Pos: Final}) {
		t.Error("the pack holds other clips than were built")
	}
	clip, err := p.Clip(Key{Text: "hai", Pos: Final})
	if err != nil || clip.Duration() != 300*time.Millisecond {
		t.Errorf("clip of %v, %v", clip.Duration(), err)
	}
	if _, err := p.Clip(Key{Text: "bốn", Pos: Final}); err == nil {
		t.Error("a clip that is not there was read")
	}
}

// entries lists a folder with everything hidden in it.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestBuildIsAllOrNothing(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "voice")
	if _, err := Build(t.Context(), dir, recipe("một", "fail")); err == nil {
		t.Fatal("no error")
	}
	if left := entries(t, parent); len(left) != 0 {
		t.Errorf("a failed build leaves %v", left)
	}
	if _, err := Build(t.Context(), dir, recipe("một")); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), dir, recipe("hai", "fail")); err == nil {
		t.Fatal("no error")
	}
	p, err := Open(dir)
	if err != nil || !p.Has(Key{Text: "một", Pos: Final}) {
		t.Errorf("a failed rebuild damaged the old voice: %v", err)
	}
}

func TestBuildStopsWithContext(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, filepath.Join(parent, "voice"), recipe("một")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := entries(t, parent); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBuildReplacesAndClearsLeftovers(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "voice")
	old := filepath.Join(parent, ".voice-building-123") // Of a build that was killed.
	if err := os.MkdirAll(old, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"một", "hai"} {
		if _, err := Build(t.Context(), dir, recipe(text)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(dir)
	if err != nil || p.Has(Key{Text: "một", Pos: Final}) || !p.Has(Key{Text: "hai", Pos: Final}) {
		t.Errorf("not replaced: %v", err)
	}
	if left := entries(t, parent); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBuildRefusesOtherFolders(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.odt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), dir, recipe("một")); err == nil || !strings.Contains(err.Error(), "other files") {
		t.Errorf("got %v", err)
	}
	if left := entries(t, dir); len(left) != 1 || left[0] != "thesis.odt" {
		t.Errorf("the folder now holds %v", left)
	}
}

func TestOpenWithoutVoice(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoVoice) {
		t.Errorf("got %v, want ErrNoVoice", err)
	}
	if _, err := Check(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, ErrNoVoice) {
		t.Errorf("got %v, want ErrNoVoice", err)
	}
}

func TestCacheSpeaksOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "voice")
	if _, err := Build(t.Context(), dir, recipe("một")); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := hummer{new(atomic.Int32)}
	for range 3 {
		if _, err := p.Synthesize(t.Context(), h, Key{Text: "hộ tịch", Pos: Final}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Synthesize(t.Context(), h, Key{Text: "hộ tịch", Pos: Continuation}); err != nil {
		t.Fatal(err)
	}
	if n := h.spoken.Load(); n != 2 {
		t.Errorf("spoken %d times, want once per position", n)
	}
	if _, err := p.Synthesize(t.Context(), h, Key{Text: "fail", Pos: Final}); err == nil {
		t.Error("a failure was hidden")
	}
}

func TestCacheWithoutFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h := hummer{new(atomic.Int32)}
	if _, err := NewCache(path).Synthesize(t.Context(), h, Key{Text: "một", Pos: Final}); err != nil {
		t.Errorf("a cache that cannot be written costs sound: %v", err)
	}
}

func TestCheckFindsFaults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "voice")
	if _, err := Build(t.Context(), dir, recipe("a", "b", "c", "d", "e", "f")); err != nil {
		t.Fatal(err)
	}
	if r, err := Check(dir); err != nil || !r.OK() {
		t.Fatalf("a good voice has faults: %v %v", r.Faults, err)
	}
	spoil := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "c.a.wav")); err != nil {
		t.Fatal(err)
	}
	spoil("c.b.wav", []byte("noise"))
	spoil("c.c.wav", audio.EncodeWAV(hum(1, 300*time.Millisecond)))
	spoil("c.d.wav", audio.EncodeWAV(hum(0.001, 300*time.Millisecond)))
	spoil("c.e.wav", audio.EncodeWAV(audio.PCM{Rate: 44100, Samples: hum(0.1, time.Second).Samples}))
	spoil("c.f.wav", audio.EncodeWAV(hum(0.1, 20*time.Millisecond)))
	r, err := Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range r.Faults {
		all.WriteString(f.String() + "\n")
	}
	for _, want := range []string{
		"c.a: missing", "c.b: unreadable", "c.c: clipped", "c.d: quiet", "c.e: 44100 Hz", "c.f: lasts 20ms", "c.d: changed", "pack: clips differ by",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q in\n%s", want, all.String())
		}
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"north", "south"} {
		if _, err := Build(t.Context(), filepath.Join(dir, name), recipe("một")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if all, err := List(dir); err != nil || len(all) != 2 {
		t.Errorf("%d voices, %v", len(all), err)
	}
	if one, err := List(filepath.Join(dir, "north")); err != nil || len(one) != 1 {
		t.Errorf("%d voices, %v", len(one), err)
	}
	if _, err := List(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there has voices")
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"clips":[{"id":"a","text":"một","pos":"c","file":"a.wav"}]}`))
	f.Add([]byte(`{"format":1,"clips":[{"text":"x","file":"../../etc/passwd.wav"}]}`))
	f.Add([]byte(`{"format":1,"lang":"vi","languages":[{"lang":"en"}],"clips":[{"id":"a","text":"one","pos":"c","file":"a.wav","lang":"en"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err != nil {
			return
		}
		for _, c := range m.Clips {
			if filepath.Base(c.File) != c.File || c.Text == "" {
				t.Errorf("took the clip %+v", c)
			}
		}
	})
}

func TestParseManifestRefuses(t *testing.T) {
	for _, s := range []string{
		``, `{}`, `{"format":3}`, `{"format":1,"clips":[{"text":"x","file":"../x.wav"}]}`,
		`{"format":2,"clips":[{"text":"x","file":"x.wav","variant":-1}]}`, `{"format":2,"clips":[{"text":"x\u001b[2J","file":"x.wav"}]}`,
		`{"format":2,"consent":"../../etc/passwd"}`, `{"format":2,"rate":192000}`, `{"format":2,"clips":[{"text":"x","file":".wav"}]}`,
		`{"format":2,"speaker":"` + strings.Repeat("a", maxNote+1) + `"}`, `{"format":2,"clips":[{"text":"` + strings.Repeat("a", maxClipText+1) + `","file":"x.wav"}]}`,
		`{"format":1,"clips":[{"text":"x","file":"x.mp3"}]}`, `{"format":1,"clips":[{"file":"x.wav"}]}`,
		`{"format":1,"clips":[{"text":"x","file":"x.wav","lang":"en"}]}`,
		`{"format":1,"languages":[{"lang":"en"}],"clips":[{"text":"x","file":"x.wav","lang":"../en"}]}`,
	} {
		if _, err := ParseManifest([]byte(s)); err == nil {
			t.Errorf("took %s", s)
		}
	}
}

func TestEspeak(t *testing.T) {
	e, err := FindEspeak("south")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	p, err := e.Speak(t.Context(), Key{Text: "xin mời số", Pos: NonFinal})
	if err != nil {
		t.Fatal(err)
	}
	if d := p.Duration(); p.Rate != audio.RatePA || d < 400*time.Millisecond || d > 2*time.Second {
		t.Errorf("%d Hz, %v", p.Rate, d)
	}
	if level, _ := audio.ActiveLUFS(p); math.Abs(level-audio.SpeechLUFS) > 1.5 {
		t.Errorf("%.1f LUFS", level)
	}
	for _, text := range []string{"", strings.Repeat("a ", maxSpeakText)} {
		if _, err := e.Speak(t.Context(), Key{Text: text, Pos: Final}); err == nil {
			t.Errorf("spoke %d bytes", len(text))
		}
	}
}

func TestEspeakFailures(t *testing.T) {
	broken, err := exec.LookPath("false")
	if err != nil {
		t.Skip("no program that fails")
	}
	e, err := newEspeak(broken, "north")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Speak(t.Context(), Key{Text: "một", Pos: Final}); err == nil {
		t.Error("a failing program spoke")
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := FindEspeak("north"); !errors.Is(err, ErrNoEspeak) {
		t.Errorf("got %v, want ErrNoEspeak", err)
	}
}
