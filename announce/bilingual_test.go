package announce

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"math/cmplx"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// packOf builds the clips of the inventory that pass a filter.
func packOf(t *testing.T, speaker voice.Synthesizer, keep func(voice.Key) bool) (dir string) {
	t.Helper()
	r := voice.Recipe{Region: "north", Speaker: speaker}
	for _, spec := range Inventory(North, nil) {
		if keep(spec.Key) {
			r.Clips = append(r.Clips, spec)
		}
	}
	dir = filepath.Join(t.TempDir(), "voice")
	if _, err := voice.Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	return dir
}

// usedBy is a filter for packOf: what sentences need.
func usedBy(sentences ...Sentence) func(voice.Key) bool {
	lib, used := libraryOf(Inventory(North, nil)), map[voice.Key]bool{}
	for _, s := range sentences {
		for _, step := range Plan(s, lib) {
			used[step.Clip] = true
		}
	}
	return func(k voice.Key) bool { return used[k] }
}

func opened(t *testing.T, dir string) *Renderer {
	t.Helper()
	pack, err := voice.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return NewRenderer(RendererConfig{Voice: pack})
}

// callsOf is everything that is said of a ticket.
func callsOf(n queue.Number, counter string) []Sentence {
	return []Sentence{
		Call(n, counter, Wording{}), Repeat(n, counter, Wording{}),
		CallIn("en", n, counter, Wording{}), RepeatIn("en", n, counter, Wording{}),
	}
}

// A Vietnamese ticket is called as ever, sample for sample, and no language of
// a ticket can make a call fail.
func TestCallForFallsBack(t *testing.T) {
	n := number(t, "A012")
	r := opened(t, packOf(t, &hummer{}, usedBy(callsOf(n, "3")...)))
	without := opened(t, packOf(t, &hummer{}, usedBy(callsOf(n, "3")[:2]...)))
	plain := Call(n, "3", Wording{}).WithChime()
	want, _, err := r.Render(t.Context(), plain)
	if err != nil {
		t.Fatal(err)
	}
	const english = "Xin mời số A không một hai đến quầy số ba. Number A zero one two, please go to counter three."
	for _, c := range []struct {
		r         *Renderer
		tag       string
		text, not string
	}{
		{r, "", plain.Text(), ""},
		{r, "vi", plain.Text(), ""},
		{r, "vi-VN", plain.Text(), ""},
		{r, "fr-FR", plain.Text(), "fr"},
		{r, "en", english, ""},
		{r, "en-GB", english, ""},
		{without, "", plain.Text(), ""},
		{without, "en-GB", plain.Text(), "en"},
		{NewRenderer(RendererConfig{}), "en", plain.Text(), "en"},
		{NewRenderer(RendererConfig{Synth: &hummer{}}), "en", plain.Text(), "en"},
	} {
		s, lacks := c.r.CallFor(c.tag, n, "3", Wording{})
		if s.Text() != c.text || lacks != c.not || !s.Chimes() {
			t.Errorf("%q: %q, lacks %q, chime %v", c.tag, s.Text(), lacks, s.Chimes())
		}
		if c.text != plain.Text() || c.r.Voice() == nil {
			continue
		}
		clip, report, err := SayClip(t.Context(), c.r, "A012", "3", c.tag, Wording{})
		if err != nil || report.Unspoken != c.not || !report.OK() {
			t.Errorf("%q: %+v, %v", c.tag, report, err)
		}
		if !slices.Equal(clip.PCM.Samples, want.Samples) {
			t.Errorf("%q: other sound than a Vietnamese call", c.tag)
		}
	}
	if s, _ := r.RepeatFor("en", n, "3", Wording{}); s.Text() != "Số A không một hai, quầy số ba. Number A zero one two, counter three." || s.Chimes() {
		t.Errorf("repeat %q, chime %v", s.Text(), s.Chimes())
	}
	// The counter's name is Vietnamese: said if it can be, and no gap is left for it.
	if s, lacks := r.CallFor("en", n, "Tiếp đón", Wording{}); lacks != "en" || strings.Contains(s.Text(), "Number") {
		t.Errorf("a call with a hole: %q, lacks %q", s.Text(), lacks)
	}
}

// speaking runs an Announcer with a renderer in a bubble.
func speaking(t *testing.T, r *Renderer, body func(*fakeOffice, *Announcer, *fakeOutput)) {
	synctest.Test(t, func(t *testing.T) {
		office, out := newFakeOffice(), &fakeOutput{name: "fake"}
		a := New(Config{Office: office, Renderer: r, Outputs: []output.Output{out}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		synctest.Wait()
		body(office, a, out)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func inEnglish(n int, counter string) queue.Ticket {
	ticket := called(n, counter)
	ticket.Language = "en-GB"
	return ticket
}

// From the log to the output: one announcement in two languages, never apart
// although another call waits, and counted once.
func TestAnnouncerSpeaksTheTicketsLanguage(t *testing.T) {
	dir := packOf(t, &hummer{}, usedBy(append(callsOf(number(t, "A012"), "3"), callsOf(number(t, "A013"), "4")...)...))
	speaking(t, opened(t, dir), func(office *fakeOffice, a *Announcer, out *fakeOutput) {
		office.log(queue.TicketCalled, inEnglish(12, "3"))
		office.log(queue.TicketCalled, called(13, "4"))
		pass(60 * time.Second)
		want := []string{
			"Xin mời số A không một hai đến quầy số ba. Number A zero one two, please go to counter three.",
			"Xin mời số A không một ba đến quầy số bốn",
			"Số A không một hai, quầy số ba. Number A zero one two, counter three.",
			"Số A không một ba, quầy số bốn",
		}
		if got := out.played(); !slices.Equal(got, want) {
			t.Errorf("played %q\nwant %q", got, want)
		}
		s := a.Status()
		if s.Outputs[0].Played != 4 || len(s.Last) != 4 || len(s.Unspoken) != 0 || len(s.Alarms) != 0 || len(s.Notes) != 0 {
			t.Errorf("status %+v", s)
		}
	})
}

// A call that was made while nobody could speak keeps its language.
func TestAnnouncerResumesInTheTicketsLanguage(t *testing.T) {
	r := opened(t, packOf(t, &hummer{}, usedBy(callsOf(number(t, "A012"), "3")...)))
	synctest.Test(t, func(t *testing.T) {
		office, out := newFakeOffice(), &fakeOutput{name: "fake"}
		ticket := inEnglish(12, "3")
		office.log(queue.TicketCalled, ticket)
		office.seats = []queue.Seat{{Counter: "3", Number: ticket.Number, State: queue.Called, CalledAt: time.Now()}}
		ctx, cancel := context.WithCancel(t.Context())
		a := New(Config{Office: office, Renderer: r, Outputs: []output.Output{out}, Logger: slog.New(slog.DiscardHandler)})
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		pass(8 * time.Second)
		cancel()
		<-done
		if got := out.played(); len(got) == 0 || !strings.Contains(got[0], "please go to counter three") {
			t.Errorf("played %q", got)
		}
	})
}

// A voice without English calls in Vietnamese, whole, and says so in the
// status without an alarm; as soon as it has the clips the note goes.
func TestAnnouncerWithoutEnglish(t *testing.T) {
	n := number(t, "A012")
	vietnamese := usedBy(callsOf(n, "3")[:2]...)
	full := opened(t, packOf(t, &hummer{}, func(k voice.Key) bool { return k.Lang != "" || vietnamese(k) })).Voice()
	r := opened(t, packOf(t, &hummer{}, vietnamese))
	speaking(t, r, func(office *fakeOffice, a *Announcer, out *fakeOutput) {
		office.log(queue.TicketCalled, inEnglish(12, "3"))
		french := called(12, "3")
		french.Language = "fr"
		pass(20 * time.Second)
		office.log(queue.TicketRecalled, french)
		pass(20 * time.Second)
		first, second := "Xin mời số A không một hai đến quầy số ba", "Số A không một hai, quầy số ba"
		if got := out.played(); !slices.Equal(got, []string{first, second, first, second}) {
			t.Errorf("played %q", got)
		}
		s := a.Status()
		if !slices.Equal(s.Languages, []string{"vi"}) || !slices.Equal(s.Unspoken, []string{"fr", "en"}) || len(s.Alarms) != 0 {
			t.Errorf("status %+v", s)
		}
		if len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "voice build -if-missing") {
			t.Errorf("notes %q", s.Notes)
		}
		r.Use(full, nil)
		if s := a.Status(); !slices.Equal(s.Languages, []string{"vi", "en"}) || len(s.Notes) != 0 {
			t.Errorf("with English clips: %q, notes %q", s.Languages, s.Notes)
		}
	})
}

// likeness looks for ref anywhere in p by a matched filter: 1 = it is in there,
// 0 = nothing like it; end is where it ends.
func likeness(t *testing.T, p, ref audio.PCM) (best float64, end time.Duration) {
	t.Helper()
	n := 1 << 12
	for n < len(p.Samples)+len(ref.Samples) {
		n *= 2
	}
	padded := func(x []float32) (out []float64, energy float64) {
		out = make([]float64, n)
		for i, v := range x {
			out[i] = float64(v)
			energy += out[i] * out[i]
		}
		return out, energy
	}
	fft := fourier.NewFFT(n)
	heard, _ := padded(p.Samples)
	wanted, energy := padded(ref.Samples)
	a, b := fft.Coefficients(nil, heard), fft.Coefficients(nil, wanted)
	for i := range a {
		a[i] *= cmplx.Conj(b[i])
	}
	match, window, silence := fft.Sequence(nil, a), 0.0, energy/100
	for i, v := range p.Samples {
		window += float64(v) * float64(v)
		start := i - len(ref.Samples) + 1
		if start < 0 {
			continue
		}
		if score := match[start] / float64(n) / math.Sqrt(max(window, silence)*energy); score > best {
			best, end = score, time.Duration(i)*time.Second/time.Duration(p.Rate)
		}
		window -= float64(p.Samples[start]) * float64(p.Samples[start])
	}
	return best, end
}

// What comes out of the loudspeaker is Vietnamese and then English, every
// clip of both, at one level, with the voice for each.
func TestSayInEnglishWithPlaceholderVoice(t *testing.T) {
	t.Parallel()
	e, err := voice.FindEspeak("north")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	n := number(t, "A012")
	dir := packOf(t, e, usedBy(Call(n, "3", Wording{}), CallIn("en", n, "3", Wording{}), CallIn("en", number(t, "A401"), "3", Wording{})))
	pack := opened(t, dir).Voice()
	for _, c := range pack.Manifest().Clips {
		if math.Abs(c.LUFS-audio.SpeechLUFS) > 1.5 || c.PeakDBTP > audio.LimitDBTP+0.1 {
			t.Errorf("%s: %.1f LUFS, peak %.1f dBTP", c.ID, c.LUFS, c.PeakDBTP)
		}
	}
	var wav bytes.Buffer
	said, err := SayWAV(t.Context(), "A012", "3", "en", dir, Wording{}, &wav)
	if err != nil || !said.OK() || said.Unspoken != "" {
		t.Fatalf("%+v, %v", said, err)
	}
	pcm, err := audio.DecodeWAV(wav.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	turn := inOrder(t, pack, said.Steps, pcm)
	if d := pcm.Duration() - turn; d < 3*time.Second || d > 6*time.Second {
		t.Errorf("English takes %v after %v", d, turn)
	}
	foreign := audio.PCM{Rate: pcm.Rate, Samples: pcm.Samples[int(turn.Seconds()*float64(pcm.Rate)):]}
	if level, _ := audio.ActiveLUFS(foreign); math.Abs(level-audio.SpeechLUFS) > 1.5 {
		t.Errorf("English at %.1f LUFS, want %.1f", level, audio.SpeechLUFS)
	}
	if match, _ := likeness(t, foreign, clipOf(t, pack, voice.Key{Text: "four", Pos: voice.NonFinal, Lang: "en"})); match > 0.6 {
		t.Errorf("\"four\" is heard (%.2f) and was not called", match)
	}
}

// inOrder finds the clips of a plan one behind the other, seven in English
// behind all Vietnamese ones, and gives when the Vietnamese ones end.
func inOrder(t *testing.T, pack *voice.Pack, steps []Step, pcm audio.PCM) (turn time.Duration) {
	t.Helper()
	last, english := audio.Chime().Duration()+PauseChime, 0
	for _, step := range steps {
		clip := clipOf(t, pack, step.Clip)
		from := last - leadStop - 2*jointFade // The clip begins with quiet that a joint leaves out.
		at := int(from.Seconds() * float64(pcm.Rate))
		to := min(at+len(clip.Samples)+pcm.Rate/2, len(pcm.Samples))
		match, end := likeness(t, audio.PCM{Rate: pcm.Rate, Samples: pcm.Samples[at:to]}, clip)
		if end += from; match < 0.85 || end < last {
			t.Errorf("%+v: likeness %.2f at %v, after %v", step.Clip, match, end, last)
		}
		switch last = end; {
		case step.Lang != "":
			english++
		case english > 0:
			t.Errorf("Vietnamese %q after English began", step.Text)
		default:
			turn = end
		}
	}
	if english != 7 {
		t.Errorf("%d English clips", english)
	}
	return turn
}

// clipOf is a clip as the loudspeaker's sound shaping leaves it.
func clipOf(t *testing.T, pack *voice.Pack, k voice.Key) audio.PCM {
	t.Helper()
	clip, err := pack.Clip(k)
	if err != nil {
		t.Fatal(err)
	}
	return audio.ForHall(clip)
}

// The English letter is not the Vietnamese one in disguise.
func TestEspeakSpeaksBothLanguages(t *testing.T) {
	e, err := voice.FindEspeak("south")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	var sound [2]audio.PCM
	for i, lang := range []string{"", "en"} {
		if sound[i], err = e.Speak(t.Context(), voice.Key{Text: "hai", Pos: voice.Final, Lang: lang}); err != nil {
			t.Fatal(err)
		}
	}
	if match, _ := likeness(t, sound[0], sound[1]); match > 0.9 {
		t.Errorf("the same sound in both languages (%.2f)", match)
	}
	if _, err := e.Speak(t.Context(), voice.Key{Text: "hai", Pos: voice.Final, Lang: "-w /etc/x"}); err == nil {
		t.Error("spoke a language that there is no voice for")
	}
}

// renamed hums under another name.
type renamed struct {
	*hummer
	name string
}

func (r renamed) Name(string) string { return r.name }

// A placeholder that lacks some English gets it, keeps everything else, and
// then says calls in English.
func TestExtendVoice(t *testing.T) {
	e, err := voice.FindEspeak("north")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	n := number(t, "A012")
	sameSettings := renamed{&hummer{}, e.Name("")}
	dir := packOf(t, sameSettings, func(k voice.Key) bool { return k.Lang != "en" || k.Text != "three" })
	before, err := voice.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	added, err := ExtendVoice(t.Context(), dir, North, nil)
	if err != nil || added != 3 { // "three" goes on, ends a number, ends the call.
		t.Fatalf("%d clips added, %v", added, err)
	}
	after, err := voice.ReadManifest(dir)
	if err != nil || !slices.Equal(after.Clips[:len(before.Clips)], before.Clips) || len(after.Clips) != len(before.Clips)+added {
		t.Errorf("%d clips, then %d: %v", len(before.Clips), len(after.Clips), err)
	}
	if s, lacks := opened(t, dir).CallFor("en", n, "3", Wording{}); lacks != "" {
		t.Errorf("still %q, lacks %q", s.Text(), lacks)
	}
	t.Setenv("PATH", t.TempDir())
	if added, err := ExtendVoice(t.Context(), dir, North, nil); err != nil || added != 0 {
		t.Errorf("again, without espeak-ng: %d added, %v", added, err)
	}
	if _, err := ExtendVoice(t.Context(), packOf(t, sameSettings, usedBy(callsOf(n, "3")[:2]...)), North, nil); !errors.Is(err, voice.ErrNoEspeak) {
		t.Errorf("without espeak-ng: %v", err)
	}
}

// A pack with a few words of English is told that they are too few.
func TestCheckVoiceOfHalfALanguage(t *testing.T) {
	t.Parallel()
	calls := map[voice.Key]bool{}
	for _, s := range forCalls(North) {
		calls[s.Key] = true
	}
	dir := packOf(t, &hummer{}, func(k voice.Key) bool { return calls[k] || k.Lang == "en" && k.Text == "number" })
	report, err := CheckVoice(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Faults {
		if strings.HasSuffix(f.Problem, `(en)"`) {
			found = append(found, f.Problem)
		}
	}
	if len(found) != maxUncovered || !slices.Contains(found, `nothing says "a (en)"`) {
		t.Errorf("faults %q", found)
	}
	if got := opened(t, dir).Languages(); !slices.Equal(got, []string{"vi"}) {
		t.Errorf("speaks %q", got)
	}
}

// A letter of two languages is two sounds, also in the cache.
func TestRendererKeepsLanguagesApart(t *testing.T) {
	synth := &hummer{}
	r := NewRenderer(RendererConfig{Synth: synth})
	for _, lang := range []string{"", "en", ""} {
		s := Sentence{parts: []Part{{Text: "A", Words: []string{"a"}, Pos: voice.NonFinal, Lang: lang}}}
		if _, _, err := r.Render(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if len(synth.spoken) != 2 {
		t.Errorf("spoken %d times, want once in each language", len(synth.spoken))
	}
}
