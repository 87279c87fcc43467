package announce

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// toned builds a pack of tones that says texts inside a phrase; a text may end
// with "/i", "/f" and so on for another position, and then with a take, "/n1".
func toned(t *testing.T, id string, texts ...string) *voice.Pack {
	dir := filepath.Join(t.TempDir(), id)
	r := voice.Recipe{ID: id, Region: "north", Speaker: &hummer{}}
	for i, text := range texts {
		k := voice.Key{Text: text, Pos: voice.NonFinal}
		if words, more, ok := strings.Cut(text, "/"); ok {
			k.Text, k.Pos = words, voice.Position(more[:1])
			_, _ = fmt.Sscan(more[1:], &k.Variant)
		}
		r.Clips = append(r.Clips, voice.ClipSpec{ID: fmt.Sprintf("c%d", i), Key: k})
	}
	if _, err := voice.Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	pack, err := voice.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// The chain is: clip, smaller clips, the placeholder's clips, the synthesiser,
// the chime; each step is told.
func TestFallbackChain(t *testing.T) {
	placeholder := toned(t, "placeholder", "xin mời số", "hai mươi lăm", "hai mươi", "lăm", "đến quầy số", "ba", "tám")
	person := toned(t, "person", "xin mời số", "hai mươi", "lăm", "ba", "chín").WithFallback(placeholder)
	for _, c := range []struct {
		say                            string
		synth                          bool
		behind, synthesised, missing   []string
		ownClips, behindClips, chimeOf int
	}{
		{say: "xin mời số", ownClips: 1},
		{say: "hai mươi lăm", ownClips: 2}, // Smaller clips of the person before a longer one of the machine.
		{say: "đến quầy số, hai mươi", behind: []string{"đến quầy số"}, ownClips: 1, behindClips: 1},
		{say: "đến quầy số ba", behind: []string{"đến quầy số", "ba"}, behindClips: 2}, // One voice for a phrase.
		{say: "tám", behind: []string{"tám"}, behindClips: 1},
		{say: "hộ tịch", synth: true, synthesised: []string{"hộ tịch"}},
		{say: "hộ tịch", missing: []string{"hộ tịch"}, chimeOf: 1},
		{say: "hộ tịch, ba", missing: []string{"hộ tịch"}, ownClips: 1},
	} {
		config := RendererConfig{Voice: person}
		if c.synth {
			config.Synth = &hummer{}
		}
		_, r, err := NewRenderer(config).Render(t.Context(), Phrase(c.say))
		if err != nil {
			t.Fatal(err)
		}
		own, behind := 0, 0
		for _, s := range r.Steps {
			if s.Behind {
				behind++
			} else if !s.Missing {
				own++
			}
		}
		if !slices.Equal(r.Placeholder, c.behind) || !slices.Equal(r.Synthesised, c.synthesised) || !slices.Equal(r.Missing, c.missing) ||
			own != c.ownClips || behind != c.behindClips || r.ChimeOnly != (c.chimeOf == 1) {
			t.Errorf("%q: %+v, %d own, %d behind", c.say, r, own, behind)
		}
		if told := len(c.behind)+len(c.synthesised)+len(c.missing) == 0; r.OK() != told {
			t.Errorf("%q: OK is %v", c.say, r.OK())
		}
	}
}

// A clip that is damaged is said by the voice behind, and reported.
func TestFallbackForADamagedClip(t *testing.T) {
	person := toned(t, "person", "ba")
	if err := os.WriteFile(filepath.Join(person.Dir(), "c0.wav"), []byte("noise"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := NewRenderer(RendererConfig{Voice: person.WithFallback(toned(t, "placeholder", "ba"))})
	pcm, report, err := r.Render(t.Context(), Phrase("ba"))
	if err != nil || len(pcm.Samples) == 0 || len(report.Faults) != 1 || !slices.Equal(report.Placeholder, []string{"ba"}) || report.ChimeOnly {
		t.Errorf("%+v, %v", report, err)
	}
	alone := NewRenderer(RendererConfig{Voice: person})
	if _, report, err = alone.Render(t.Context(), Phrase("ba")); err != nil || !slices.Equal(report.Missing, []string{"ba"}) {
		t.Errorf("%+v, %v", report, err)
	}
}

func clipsOf(steps []Step) string {
	var out []string
	for _, s := range steps {
		out = append(out, fmt.Sprintf("%s/%s%d", s.Clip.Text, s.Clip.Pos, s.Clip.Variant))
	}
	return strings.Join(out, " ")
}

// A figure said twice is said by two takes, and a phrase begins with the clip
// that was recorded at a beginning.
func TestPlanChoosesTakes(t *testing.T) {
	pack := toned(t, "takes", "một/n", "một/n1", "một/n2", "hai/n", "số/n", "số/i", "một/c", "hai/c")
	for say, want := range map[string]string{
		"một một một một hai": "một/n0 một/n1 một/n2 một/n0 hai/n0",
		"số một số":           "số/i0 một/n0 số/n0",
		"hai hai":             "hai/n0 hai/n0",
	} {
		if got := clipsOf(Plan(Phrase(say), pack)); got != want {
			t.Errorf("%q is said by %s, want %s", say, got, want)
		}
	}
	again := Join(Phrase("số một"), Pause(PauseComma), Phrase("số hai"))
	if got := clipsOf(Plan(again, pack)); got != "số/i0 một/n0 số/i0 hai/n0" {
		t.Errorf("after a pause: %s", got)
	}
	if got := clipsOf(Plan(Phrase("một một"), toned(t, "one", "một"))); got != "một/n0 một/n0" {
		t.Errorf("a voice with one take: %s", got)
	}
}

// silentPack is a pack that can be planned with and not be heard.
func silentPack(t *rapid.T, texts []string) *voice.Pack {
	m := voice.Manifest{Format: 2, Lang: "vi", Region: "north"}
	for i, text := range texts {
		m.Clips = append(m.Clips, voice.Clip{ID: fmt.Sprint(i), Text: text, Pos: voice.NonFinal, File: fmt.Sprintf("%d.wav", i)})
	}
	dir, err := os.MkdirTemp("", "fallback-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	b, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	pack, err := voice.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// Whatever a voice has: every word of a sentence is in the plan once and in
// order; nothing is missing that either voice has word for word; and the voice
// behind is silent where the voice itself has every word.
func TestFallbackKeepsTheWords(t *testing.T) {
	all := strings.Fields("không một hai ba bốn mươi trăm")
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string) []string {
			return rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) string {
				return strings.Join(rapid.SliceOfN(rapid.SampledFrom(all), 1, 2).Draw(t, "words"), " ")
			}), rapid.ID[string]).Draw(t, name)
		}
		own, behind := silentPack(t, some("own")), silentPack(t, some("behind"))
		words := rapid.SliceOfN(rapid.SampledFrom(all), 1, 8).Draw(t, "sentence")
		said, missing, lent := "", 0, 0
		for _, s := range Plan(Phrase(strings.Join(words, " ")), own.WithFallback(behind)) {
			said += " " + s.Text
			switch {
			case s.Missing:
				missing++
			case s.Behind:
				lent++
			}
		}
		lacks := func(p *voice.Pack) func(string) bool {
			return func(w string) bool { return !p.Has(voice.Key{Text: w, Pos: voice.NonFinal}) }
		}
		if said != " "+strings.Join(words, " ") {
			t.Fatalf("%q became %q", words, said)
		}
		if !slices.ContainsFunc(words, lacks(own)) && lent+missing > 0 {
			t.Fatalf("the voice has every word, and %d are said by the other, %d are missing", lent, missing)
		}
		if !slices.ContainsFunc(words, lacks(behind)) && missing > 0 {
			t.Fatalf("the voice behind has every word, and %d phrases are missing", missing)
		}
	})
}

// A voice of the North in an office of the South lacks "lẻ": a number of which a
// word would be left out is said by its figures, never as another number.
func TestNumberIsSaidWholeOrByFigures(t *testing.T) {
	north := toned(t, "north", "số/n", "a/n", "một trăm/c", "một/c", "không/c", "năm/c",
		"một không năm/c", "một trăm linh năm/c", "đến quầy số/n", "ba/f")
	south := Wording{Region: South, ByValue: true}
	for _, c := range []struct {
		wording Wording
		n       int
		want    string
	}{
		{south, 105, "một không năm"},
		{south, 100, "một trăm"},
		{Wording{Region: North, ByValue: true}, 105, "một trăm linh năm"},
	} {
		r := NewRenderer(RendererConfig{Voice: north})
		_, report, err := r.Render(t.Context(), Call(queue.Number{Prefix: "A", N: c.n}, "3", c.wording))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, step := range report.Steps {
			if !step.Missing && step.Text != "" {
				said = append(said, step.Text)
			}
		}
		if all := strings.Join(said, " "); !strings.Contains(all, c.want+" ") {
			t.Errorf("%d is said %q, want %q; missing %q", c.n, all, c.want, report.Missing)
		}
	}
}
