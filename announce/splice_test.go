package announce

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/ear"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// chirp speaks a phrase as a sweep that no other phrase has, loud or soft as
// its words happen to be, with quiet around it as a recording has.
type chirp struct{ spread float64 } // In dB, either way.

func (c chirp) speak(k voice.Key) audio.PCM {
	seed := 0
	for _, r := range k.Text + string(k.Pos) {
		seed = (seed*31 + int(r)) % 9973
	}
	p := audio.Silence(audio.RatePA, time.Duration(220+seed%160)*time.Millisecond)
	phase := 0.0
	for i := range p.Samples {
		t := float64(i) / float64(len(p.Samples))
		phase += 2 * math.Pi * (200 + float64(seed%700) + 900*t*math.Sin(float64(seed)+6*t)) / audio.RatePA
		p.Samples[i] = float32(0.2 * (math.Sin(phase) + 0.4*math.Sin(3*phase)) * math.Sin(math.Pi*t))
	}
	p.Gain(c.spread * (float64(seed%100)/50 - 1))
	out := audio.Append(audio.Silence(audio.RatePA, 30*time.Millisecond), p, 0)
	return audio.Append(out, audio.Silence(audio.RatePA, 15*time.Millisecond), 0)
}

// prepared is a chirp ready for a sentence.
func (c chirp) prepared(t testing.TB, text string, m medium) *prepared {
	t.Helper()
	k := voice.Key{Text: text, Pos: voice.NonFinal}
	p, err := prepare(c.speak(k), k, m, audio.SpeechLUFS, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every pause is as long as planned, to the sample; every clip beside pauses
// stands whole.
func TestPausesAreExact(t *testing.T) {
	clips := []*prepared{}
	for _, text := range []string{"một", "hai", "ba", "tám trăm"} {
		clips = append(clips, chirp{}.prepared(t, text, hall), chirp{}.prepared(t, text, phone))
	}
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]medium{hall, phone}).Draw(t, "medium")
		s, want, after := splice{medium: m}, 0, true
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			clip := clips[2*rapid.IntRange(0, 3).Draw(t, "clip")+int(m)]
			if err := s.add(clip); err != nil {
				t.Fatal(err)
			}
			last := s.pieces[len(s.pieces)-1]
			if after && (last.from != 0 || last.fadeIn != 0 || last.at != want) {
				t.Fatalf("after a pause the clip begins at %d of itself, at %d of %d", last.from, last.at, want)
			}
			if !after && (last.fadeIn == 0 || last.at > want) {
				t.Fatalf("a joint at %d has no crossfade (before it %d)", last.at, want)
			}
			want, after = s.length, false
			if ms := rapid.IntRange(0, 400).Draw(t, "ms"); ms > 200 {
				pause := time.Duration(ms)*time.Millisecond + time.Duration(rapid.IntRange(0, 999).Draw(t, "us"))*time.Microsecond
				if err := s.pause(pause); err != nil {
					t.Fatal(err)
				}
				exact := pause.Seconds() * float64(m.rate())
				if got := float64(s.length - want); math.Abs(got-exact) > 1 {
					t.Fatalf("%v became %v samples, want %.1f", pause, got, exact)
				}
				if end := s.pieces[len(s.pieces)-1]; end.to != len(end.clip.samples) {
					t.Fatalf("before a pause the clip ends at %d of %d", end.to, len(end.clip.samples))
				}
				want, after = s.length, true
			}
		}
		out := make([]float32, s.length)
		s.write(out, s.gain(audio.SpeechLUFS, maxLevelling), newFades(m))
		checkPauses(t, &s, out)
	})
}

// checkPauses finds digital silence exactly where no clip is.
func checkPauses(t *rapid.T, s *splice, out []float32) {
	covered := make([]bool, len(out))
	for _, p := range s.pieces {
		for i := p.at; i < p.at+p.to-p.from; i++ {
			covered[i] = true
		}
	}
	for i, c := range covered {
		if !c && out[i] != 0 {
			t.Fatalf("sample %d of a pause is %v", i, out[i])
		}
	}
}

// The level of speech is reached and the ceiling held whatever the clips are
// like, and no joint clicks.
func TestSpliceLevelPeakAndJoints(t *testing.T) {
	var sets [][]*prepared
	for _, spread := range []float64{0, 3, 14} {
		var set []*prepared
		for _, text := range []string{"xin mời số", "a", "không", "một", "hai mươi lăm", "đến quầy số", "ba", "chín", "năm"} {
			set = append(set, chirp{spread}.prepared(t, text, hall))
		}
		sets = append(sets, set)
	}
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SampledFrom(sets).Draw(t, "voice")
		s := splice{medium: hall}
		for range rapid.IntRange(1, 8).Draw(t, "clips") {
			if err := s.add(rapid.SampledFrom(set).Draw(t, "clip")); err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 3).Draw(t, "pause") == 0 {
				_ = s.pause(200 * time.Millisecond) // Cannot be too long.
			}
		}
		out := audio.Silence(audio.RatePA, 0)
		out.Samples = make([]float32, s.length)
		s.write(out.Samples, s.gain(audio.SpeechLUFS, maxLevelling), newFades(hall))
		if peak := audio.TruePeak(out); peak > audio.LimitDBTP+0.01 {
			t.Fatalf("true peak %.2f dBTP", peak)
		}
		if level, _ := audio.ActiveLUFS(out); math.Abs(level-audio.SpeechLUFS) > 1 {
			t.Fatalf("%.2f LUFS", level)
		}
		for _, p := range s.pieces[1:] {
			if click := ear.Click(out, p.at+p.fadeIn/2); p.fadeIn > 0 && click > -35 {
				t.Fatalf("the joint at %d clicks with %.1f dB", p.at, click)
			}
		}
	})
}

// A clip far from the others is moved towards them, and no further than a word
// may be by nature.
func TestClipsAreLevelled(t *testing.T) {
	k := voice.Key{Text: "một", Pos: voice.NonFinal}
	for _, c := range []struct{ off, usual, want float64 }{
		{0, 0, 0}, {2, 0, 0}, {-2, 0, 0}, {8, 0, 5}, {-8, 0, -5}, {-8, -8, 0}, {-14, -8, -3},
	} {
		clip := chirp{}.speak(k)
		clip, err := audio.ToLUFS(clip, audio.SpeechLUFS+c.off, 60)
		if err != nil {
			t.Fatal(err)
		}
		for m, target := range map[medium]float64{hall: audio.SpeechLUFS, phone: phoneLevel()} {
			p, err := prepare(clip, k, m, audio.SpeechLUFS+c.usual, 0)
			if err != nil {
				t.Fatal(err)
			}
			// The hall's equaliser and the phone's other measure weigh a clip a little differently.
			if got := levelOf(m, p.levels) - target; math.Abs(got-c.want) > 2.5 || c.want == 0 && math.Abs(got) > 1.5 {
				t.Errorf("%+v through %d: %.1f dB off the target", c, m, got)
			}
		}
	}
}

func TestPrepareSilence(t *testing.T) {
	for _, d := range []time.Duration{0, time.Second} {
		p, err := prepare(audio.Silence(audio.RatePA, d), voice.Key{Text: "một"}, hall, audio.SpeechLUFS, 1.1)
		if err != nil {
			t.Fatal(err)
		}
		s := splice{medium: hall}
		for range 3 {
			if err := s.add(p); err != nil {
				t.Fatal(err)
			}
		}
		out := make([]float32, s.length)
		s.write(out, s.gain(audio.SpeechLUFS, maxLevelling), newFades(hall))
		if peak := (audio.PCM{Rate: audio.RatePA, Samples: out}).Peak(); peak != 0 {
			t.Errorf("silence became %v", peak)
		}
	}
}

// A clip is left as it was: others use the same samples.
func TestPrepareChangesNothing(t *testing.T) {
	k := voice.Key{Text: "một", Pos: voice.NonFinal}
	clip := chirp{}.speak(k)
	before := clip.Clone()
	for _, m := range []medium{hall, phone} {
		if _, err := prepare(clip, k, m, -30, 0); err != nil {
			t.Fatal(err)
		}
	}
	for i := range clip.Samples {
		if clip.Samples[i] != before.Samples[i] {
			t.Fatalf("sample %d changed", i)
		}
	}
}

func TestSpeed(t *testing.T) {
	synth := &hummer{}
	s := Join(Phrase("một hai ba bốn năm"), Pause(time.Second), Phrase("sáu bảy tám chín mười"))
	last := time.Duration(0)
	for _, speed := range []float64{1.2, 1, 0.8} {
		r := NewRenderer(RendererConfig{Synth: synth, Speed: speed})
		pcm, _, err := r.Render(t.Context(), s)
		want := time.Second + time.Duration(float64(time.Second)/speed)
		if err != nil || !near(pcm.Duration(), want) || pcm.Duration() <= last {
			t.Errorf("speed %v lasts %v, want %v (%v)", speed, pcm.Duration(), want, err)
		}
		if kept := audio.Tone(audio.PCM{Rate: pcm.Rate, Samples: pcm.Samples[4800:33600]}, 400); kept < 0.1 {
			t.Errorf("speed %v bends the pitch: %.2f is left", speed, kept)
		}
		last = pcm.Duration()
	}
}

func TestClipStoreIsBounded(t *testing.T) {
	synth := &hummer{}
	one, err := prepare(audio.Beep(audio.RatePA, 400, 100*time.Millisecond), voice.Key{Text: "một"}, hall, audio.SpeechLUFS, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRenderer(RendererConfig{Synth: synth, CacheBytes: 1, ClipBytes: 2*one.bytes() + 100})
	for _, text := range []string{"một", "hai", "một", "ba", "một", "hai"} {
		if _, _, err := r.Render(t.Context(), Phrase(text)); err != nil {
			t.Fatal(err)
		}
	}
	if len(synth.spoken) != 4 || synth.spoken[3] != "hai" {
		t.Errorf("made %q; the clip used longest ago goes first", synth.spoken)
	}
	if s := r.Stats(); s.Clips != 2 || s.ClipBytes != 2*one.bytes() || s.Cached != 0 || s.Rendered != 6 || s.Hits != 0 {
		t.Errorf("%+v", s)
	}
}

func TestStatsAndWarm(t *testing.T) {
	synth := &hummer{}
	r := NewRenderer(RendererConfig{Synth: synth})
	if err := r.Warm(t.Context(), Phrase("một"), Phrase("hai")); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats(); s.Clips != 2 || s.Rendered != 0 {
		t.Errorf("after warming up: %+v", s)
	}
	for range 3 {
		if _, _, err := r.Render(t.Context(), Phrase("một")); err != nil {
			t.Fatal(err)
		}
	}
	if s := r.Stats(); len(synth.spoken) != 2 || s.Rendered != 1 || s.Hits != 2 || s.Cached != 1 || s.CachedBytes != 4*4800 {
		t.Errorf("spoken %q, %+v", synth.spoken, s)
	}
}

// After warming up an office's calls need no further clip.
func TestWarmCalls(t *testing.T) {
	synth := &hummer{}
	r := NewRenderer(RendererConfig{Synth: synth})
	if err := r.WarmCalls(t.Context(), []string{"A", "B"}, []string{"1", "2", "12"}, Wording{}); err != nil {
		t.Fatal(err)
	}
	ready := len(synth.spoken)
	for i, printed := range []string{"A012", "B999", "A307", "B460", "A085"} {
		n := number(t, printed)
		for _, s := range []Sentence{Call(n, []string{"1", "2", "12"}[i%3], Wording{}), Repeat(n, "2", Wording{})} {
			if _, _, err := r.Render(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Without a voice whole phrases are synthesised, the numbers among them.
	if more := synth.spoken[ready:]; len(more) > 5 {
		t.Errorf("after warming up %d phrases it made %q", ready, more)
	}
}

// A damaged clip is reported, and spoken otherwise; the rest stays a call.
func TestRenderReportsDamage(t *testing.T) {
	r := humming(t, nil, "một", "hai")
	pack := r.Voice()
	if err := os.WriteFile(filepath.Join(pack.Dir(), pack.Manifest().Clips[0].File), []byte("no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, report, err := r.Render(t.Context(), Phrase("một, hai"))
		if err != nil || len(report.Faults) != 1 || len(report.Missing) != 1 || report.ChimeOnly {
			t.Errorf("%+v, %v", report, err)
		}
	}
	if s := r.Stats(); s.Cached != 0 {
		t.Error("a sentence with a hole was kept")
	}
}

// What a call costs when nothing of it is kept but the clips.
func BenchmarkRender(b *testing.B) {
	var clips []*prepared
	for _, text := range []string{"xin mời số", "a", "một", "hai", "năm", "đến quầy số", "ba"} {
		clips = append(clips, chirp{3}.prepared(b, text, hall))
	}
	fades := newFades(hall)
	b.ReportAllocs()
	for b.Loop() {
		s := splice{medium: hall, pieces: make([]piece, 0, 14)}
		for range 2 {
			for _, c := range clips {
				if err := s.add(c); err != nil {
					b.Fatal(err)
				}
			}
		}
		s.write(make([]float32, s.length), s.gain(audio.SpeechLUFS, maxLevelling), fades)
	}
}
