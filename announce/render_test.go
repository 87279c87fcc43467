package announce

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// hummer speaks 100 ms per word; every clip is a tone.
type hummer struct {
	mu     sync.Mutex
	spoken []string
	err    error
}

func (h *hummer) Name(string) string { return "hummer" }

func (h *hummer) Speak(_ context.Context, k voice.Key) (audio.PCM, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spoken = append(h.spoken, k.Text)
	if h.err != nil {
		return audio.PCM{}, h.err
	}
	return audio.Beep(audio.RatePA, 400, time.Duration(len(strings.Fields(k.Text)))*100*time.Millisecond), nil
}

// humming is a small voice of tones, and a Renderer that uses it.
func humming(t *testing.T, synth voice.Synthesizer, texts ...string) *Renderer {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "voice")
	r := voice.Recipe{Region: "north", Speaker: &hummer{}}
	for i, text := range texts {
		r.Clips = append(r.Clips, voice.ClipSpec{ID: "c" + string(rune('a'+i)), Key: voice.Key{Text: text, Pos: voice.NonFinal}})
	}
	if _, err := voice.Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	pack, err := voice.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return NewRenderer(RendererConfig{Voice: pack, Synth: synth})
}

// near allows what a joint may look around for its quietest moment.
func near(a, b time.Duration) bool { return (a - b).Abs() <= 5*time.Millisecond }

func TestRenderTiming(t *testing.T) {
	r := humming(t, nil, "một hai", "ba")
	s := Join(Phrase("một hai"), Phrase("ba"), Pause(300*time.Millisecond), Phrase("ba"))
	pcm, report, err := r.Render(t.Context(), s)
	if err != nil || !report.OK() {
		t.Fatalf("%+v, %v", report, err)
	}
	// Two clips crossfaded, a pause, and the last clip.
	want := 200*time.Millisecond + 100*time.Millisecond - jointFade + 300*time.Millisecond + 100*time.Millisecond
	if !near(pcm.Duration(), want) {
		t.Errorf("lasts %v, want %v", pcm.Duration(), want)
	}
	chimed, _, err := r.Render(t.Context(), s.WithChime())
	if want += audio.Chime().Duration() + PauseChime; err != nil || !near(chimed.Duration(), want) {
		t.Errorf("with chime %v, want %v (%v)", chimed.Duration(), want, err)
	}
	phone, _, err := r.RenderPhone(t.Context(), s)
	if got := time.Duration(len(phone)) * time.Second / audio.RatePhone; err != nil || !near(got, pcm.Duration()) {
		t.Errorf("phone %v, loudspeaker %v (%v)", got, pcm.Duration(), err)
	}
}

func TestRenderFallsBack(t *testing.T) {
	synth := &hummer{}
	r := humming(t, synth, "một")
	_, report, err := r.Render(t.Context(), Phrase("một, hộ tịch"))
	if err != nil || len(report.Synthesised) != 1 || report.Synthesised[0] != "hộ tịch" || len(report.Missing) != 0 {
		t.Errorf("with a synthesiser: %+v, %v", report, err)
	}
	synth.err = errors.New("broken")
	pcm, report, err := r.Render(t.Context(), Phrase("một, đất đai"))
	if err != nil || len(report.Missing) != 1 || len(report.Faults) != 1 || report.ChimeOnly {
		t.Errorf("with a broken one: %+v, %v", report, err)
	}
	if pcm.Duration() < 100*time.Millisecond {
		t.Error("the rest was not spoken either")
	}
}

func TestRenderWithNothing(t *testing.T) {
	r := NewRenderer(RendererConfig{})
	pcm, report, err := r.Render(t.Context(), Call(queue.Number{Prefix: "A", N: 12}, "3", Wording{}).WithChime())
	if err != nil || !report.ChimeOnly || len(report.Missing) == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if pcm.Duration() != audio.Chime().Duration() || audio.Tone(pcm, audio.ChimeHigh) < 0.005 {
		t.Errorf("%v of something that is no chime", pcm.Duration())
	}
	phone, report, err := r.RenderPhone(t.Context(), Phrase("Kính chào quý vị."))
	if err != nil || !report.ChimeOnly || audio.Tone(audio.FromInt16(audio.RatePhone, phone), 440) < 0.1 {
		t.Errorf("phone: %+v, %v", report, err)
	}
	empty, report, err := r.Render(t.Context(), Sentence{})
	if err != nil || len(empty.Samples) != 0 || report.ChimeOnly {
		t.Errorf("nothing to say became %v, %+v, %v", empty.Duration(), report, err)
	}
	if _, _, err := r.Render(t.Context(), Pause(time.Second)); err != nil {
		t.Errorf("a pause alone: %v", err)
	}
}

func TestRenderIsBounded(t *testing.T) {
	r := NewRenderer(RendererConfig{})
	s := Pause(maxPause)
	for range 5 {
		s = Join(s, s)
	}
	if _, _, err := r.Render(t.Context(), s); err == nil {
		t.Error("rendered five minutes of silence")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := r.Render(ctx, Phrase("một")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestRendererCaches(t *testing.T) {
	synth := &hummer{}
	r := NewRenderer(RendererConfig{Synth: synth})
	for range 3 {
		if _, _, err := r.Render(t.Context(), Phrase("một")); err != nil {
			t.Fatal(err)
		}
	}
	if len(synth.spoken) != 1 {
		t.Errorf("spoken %d times", len(synth.spoken))
	}
	r.Use(nil, synth)
	if _, _, err := r.Render(t.Context(), Phrase("một")); err != nil || len(synth.spoken) != 2 {
		t.Errorf("after a change of voice spoken %d times (%v)", len(synth.spoken), err)
	}
}

// southerner is another speaker: what one has said is not kept for the other.
type southerner struct{ hummer }

func (*southerner) Name(string) string { return "southerner" }

// With the voice changes who says what it lacks: an office that moves to another
// region is not spoken for in two.
func TestUseChangesWhoSpeaksWhatTheVoiceLacks(t *testing.T) {
	north, south := &hummer{}, &southerner{}
	r := humming(t, north, "một")
	say := func(s Sentence) Report {
		_, report, err := r.Render(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	say(Phrase("hai"))
	r.Use(r.Voice(), south)
	if report := say(Phrase("hai")); !slices.Equal(report.Synthesised, []string{"hai"}) || len(north.spoken) != 1 || len(south.spoken) != 1 {
		t.Errorf("%+v: the first spoke %q, the second %q", report, north.spoken, south.spoken)
	}
	r.Use(r.Voice(), nil)
	if report := say(Phrase("hai")); !slices.Equal(report.Missing, []string{"hai"}) || len(south.spoken) != 1 {
		t.Errorf("with nobody: %+v; the second spoke %q", report, south.spoken)
	}
}

func TestRenderCacheIsBounded(t *testing.T) {
	c := newRenderCache(1000)
	sound := func(n int) rendered { return rendered{pcm: audio.PCM{Samples: make([]float32, n)}} }
	for _, key := range []string{"a", "b", "a", "c"} {
		if _, hit := c.get([]byte(key)); !hit {
			c.put([]byte(key), sound(100))
		}
	}
	if _, kept := c.get([]byte("b")); kept || c.size != 800 {
		t.Errorf("%d bytes; b is the one used longest ago, kept: %v", c.size, kept)
	}
	c.put([]byte("huge"), sound(300))
	if _, kept := c.get([]byte("huge")); kept {
		t.Error("kept more than the limit")
	}
	if n, bytes := c.held(); n != 2 || bytes != 800 {
		t.Errorf("tells of %d sentences in %d bytes", n, bytes)
	}
}

// realVoice builds the clips that some sentences need with espeak-ng; all
// clips of the inventory would take too long here.
func realVoice(t *testing.T, sentences ...Sentence) (dir string) {
	t.Helper()
	e, err := voice.FindEspeak("north")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	inventory := Inventory(North, nil)
	lib, used := libraryOf(inventory), map[voice.Key]bool{}
	for _, s := range sentences {
		for _, step := range Plan(s, lib) {
			used[step.Clip] = true
		}
	}
	r := voice.Recipe{Region: "north", Speaker: e}
	for _, spec := range inventory {
		if used[spec.Key] {
			r.Clips = append(r.Clips, spec)
		}
	}
	dir = filepath.Join(t.TempDir(), "voice")
	if _, err := voice.Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The whole way with a real synthesiser: build, check, say, and listen.
func TestSayWithPlaceholderVoice(t *testing.T) {
	t.Parallel()
	phone := Join(Phrase("Để làm thủ tục"), Phrase("hộ tịch, chứng thực"), Phrase(", bấm phím 1."), Phrase("Một câu chưa ai thu."))
	dir := realVoice(t, Call(number(t, "A012"), "3", Wording{}), phone)
	report, err := voice.Check(dir)
	if err != nil || !report.OK() || report.SpreadLU > 1.5 {
		t.Fatalf("faults %v, loudness spread of %.1f LU, %v", report.Faults, report.SpreadLU, err)
	}
	if all, err := CheckVoice(dir); err != nil || len(all.Faults) != maxUncovered {
		t.Errorf("a voice of %d clips covers everything: %v, %v", len(all.Manifest.Clips), all.Faults, err)
	}
	var wav bytes.Buffer
	said, err := SayWAV(t.Context(), "a12", "3", "", dir, Wording{}, &wav)
	if err != nil || !said.OK() {
		t.Fatalf("%+v, %v", said, err)
	}
	listen(t, wav.Bytes())
	onThePhone(t, dir, phone)
}

// listen checks a spoken call as a listener would.
func listen(t *testing.T, wav []byte) {
	t.Helper()
	pcm, err := audio.DecodeWAV(wav)
	if err != nil {
		t.Fatal(err)
	}
	if d := pcm.Duration(); d < 4*time.Second || d > 7*time.Second {
		t.Errorf("chime and call last %v", d)
	}
	if peak := audio.TruePeak(pcm); peak > audio.LimitDBTP+0.1 {
		t.Errorf("true peak %.1f dBTP", peak)
	}
	if _, at := audio.LoudestTone(pcm, audio.ChimeHigh, 200*time.Millisecond); at > 300*time.Millisecond {
		t.Errorf("the chime is at %v", at)
	}
	speech := audio.PCM{Rate: pcm.Rate, Samples: pcm.Samples[audio.RatePA*145/100:]}
	if level, _ := audio.ActiveLUFS(speech); math.Abs(level-audio.SpeechLUFS) > 1 {
		t.Errorf("speech at %.1f LUFS", level)
	}
	active, all := audio.ActiveTime(speech, -45), speech.Duration()
	if active < 2*time.Second || float64(active) < 0.7*float64(all) {
		t.Errorf("%v of speech in %v", active, all)
	}
}

// onThePhone checks a sentence that the clips do not hold.
func onThePhone(t *testing.T, dir string, s Sentence) {
	t.Helper()
	r, notes, err := OpenRenderer(dir, North)
	if err != nil || len(notes) != 0 {
		t.Fatalf("%v %v", notes, err)
	}
	samples, report, err := r.RenderPhone(t.Context(), s)
	if err != nil || len(report.Missing) != 0 || len(report.Synthesised) == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	rms := audio.ActiveRMS(audio.FromInt16(audio.RatePhone, samples)) * 32767
	if math.Abs(audio.DB(rms/audio.PhoneRMS)) > 1 {
		t.Errorf("active RMS %.0f, want %d (RFC 7874)", rms, audio.PhoneRMS)
	}
}

func TestSayRefuses(t *testing.T) {
	for _, c := range [][2]string{{"12", "3"}, {"", "3"}, {"A012", ""}, {"A012", "…"}} {
		var out bytes.Buffer
		_, err := SayWAV(t.Context(), c[0], c[1], "en", t.TempDir(), Wording{}, &out)
		if queue.ErrorCode(err) != queue.CodeBadRequest || out.Len() != 0 {
			t.Errorf("%q: %v, %d bytes", c, err, out.Len())
		}
	}
}

func TestOpenRendererExplains(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r, notes, err := OpenRenderer(t.TempDir(), South)
	if err != nil || r == nil || len(notes) != 2 {
		t.Fatalf("%v, %v", notes, err)
	}
	if all := strings.Join(notes, "\n"); !strings.Contains(all, "voice build") || !strings.Contains(all, "espeak-ng") {
		t.Errorf("no next step in %q", all)
	}
	if _, err := BuildVoice(t.Context(), filepath.Join(t.TempDir(), "v"), South, nil, nil); !errors.Is(err, voice.ErrNoEspeak) {
		t.Errorf("got %v", err)
	}
}
