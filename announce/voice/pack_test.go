package voice

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// built makes and opens a pack.
func built(t *testing.T, r Recipe) *Pack {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "voice")
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// person is the provenance of a voice in which nothing is missing.
func person() *Provenance {
	return &Provenance{
		Speaker: "Lan", Licence: "CC-BY-4.0", Consent: "consent.txt", RecordedAt: time.Unix(2000, 0), RecordedWith: "USB microphone",
	}
}

func recorded(texts ...string) Recipe {
	r := recipe(texts...)
	r.ID, r.Provenance, r.Files = "vi-north-lan", person(), map[string][]byte{"consent.txt": []byte("Tôi đồng ý.")}
	r.Speaker = pitched{}
	return r
}

func TestFallbackSpeaksWhatIsMissing(t *testing.T) {
	whole, half := built(t, recipe("một", "hai", "ba")), built(t, recorded("một"))
	p := half.WithFallback(nil).WithFallback(whole)
	if p.Fallback() != whole || half.Fallback() != nil {
		t.Error("the pack itself was changed, or has no fallback")
	}
	one, two := Key{Text: "một", Pos: Final}, Key{Text: "hai", Pos: Final}
	if !p.Has(one) || p.Has(two) {
		t.Error("Has tells of other clips than the pack's own")
	}
	if got, err := p.Clip(two); err != nil || len(got.Samples) == 0 {
		t.Errorf("nobody says what is missing: %v", err)
	}
	if p.Source(one).Manifest().ID != "vi-north-lan" || p.Source(two) != whole || p.Source(Key{Text: "bốn", Pos: Final}) != nil {
		t.Error("the source of a clip is wrong")
	}
	if _, err := p.Clip(Key{Text: "bốn", Pos: Final}); err == nil {
		t.Error("a clip that nobody has was read")
	}
	third := built(t, english("one"))
	chain := p.WithFallback(third)
	if _, err := chain.Clip(Key{Text: "one", Pos: Final, Lang: "en"}); err != nil {
		t.Errorf("the third voice is not asked: %v", err)
	}
	if got := chain.Speaks(); !slices.Equal(got, []string{"vi", "en"}) {
		t.Errorf("speaks %q", got)
	}
}

func TestFiles(t *testing.T) {
	r := recorded("một")
	r.Files["grammar.en.json"] = []byte("{}")
	p := built(t, r)
	if b, err := p.File("grammar.en.json"); err != nil || string(b) != "{}" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := p.File("grammar.km.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want os.ErrNotExist", err)
	}
	behind := recipe("hai")
	behind.Files = map[string][]byte{"grammar.km.json": []byte("[]")}
	if b, err := p.WithFallback(built(t, behind)).File("grammar.km.json"); err != nil || string(b) != "[]" {
		t.Errorf("the pack behind is not asked: %q, %v", b, err)
	}
	for _, name := range []string{"", ".", "..", "../manifest.json", "/etc/passwd", "a/b", ".hidden", "a\\b", strings.Repeat("a", 200)} {
		if _, err := p.File(name); !errors.Is(err, ErrPack) {
			t.Errorf("%.30q: got %v, want ErrPack", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(p.Dir(), "big.json"), make([]byte, maxExtra+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.File("big.json"); !errors.Is(err, ErrPack) {
		t.Errorf("got %v, want ErrPack", err)
	}
	if err := os.Mkdir(filepath.Join(p.Dir(), "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := p.File("folder"); err == nil {
		t.Error("read a folder")
	}
}

// A pack may hold several takes, and a take for the beginning of a phrase.
func TestVariants(t *testing.T) {
	r := recipe()
	for i, k := range []Key{
		{Text: "một", Pos: NonFinal}, {Text: "một", Pos: NonFinal, Variant: 1}, {Text: "xin mời số", Pos: Initial},
		{Text: "số", Pos: Initial}, {Text: "số", Pos: NonFinal},
	} {
		r.Clips = append(r.Clips, ClipSpec{ID: "c." + string(rune('a'+i)), Key: k})
	}
	p := built(t, r)
	for k, want := range map[Key]bool{
		{Text: "một", Pos: NonFinal, Variant: 1}:        true,
		{Text: "một", Pos: NonFinal, Variant: 2}:        false,
		{Text: "xin mời số", Pos: Initial}:              true,
		{Text: "xin mời số", Pos: NonFinal}:             true, // Nothing better.
		{Text: "xin mời số", Pos: Final}:                false,
		{Text: "xin mời số", Pos: NonFinal, Variant: 1}: false,
	} {
		if p.Has(k) != want {
			t.Errorf("has %+v: %v", k, !want)
		}
	}
	if p.byKey[Key{Text: "số", Pos: NonFinal}].ID != "c.e" {
		t.Error("a clip of the beginning took the place of one inside a phrase")
	}
	if r, err := Check(p.Dir()); err != nil || !r.OK() {
		t.Errorf("%v, %v", r.Faults, err)
	}
}

// Texts with decomposed tones are found all the same.
func TestOpenComposesTones(t *testing.T) {
	m := built(t, recipe("một")).Manifest()
	dir := t.TempDir()
	m.Clips[0].Text = "mo\u0323\u0302t"
	if err := saveManifest(dir, m); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil || !p.Has(Key{Text: "một", Pos: Final}) {
		t.Errorf("not found: %v", err)
	}
}

func TestManifestOfFormatOne(t *testing.T) {
	m, err := ParseManifest([]byte(`{"format":1,"id":"vi-north-f1","lang":"vi","region":"north","speaker":"L","licence":"CC-BY-4.0",
		"consent":"file.pdf","switches":{"odd":"linh"},"rate":48000,"tier":"T1","target_lufs":-18,
		"clips":[{"id":"n.25.c","text":"hai mươi lăm","pos":"c","file":"n25c.wav","sha256":"00","dur_ms":812,"level_lufs":-18.2,
		"peak_dbtp":-3.1,"lead_ms":10,"tail_ms":15,"f0_hz":[212,188]}],"grammar":"vi.json","chime":"builtin:dingdong"}`))
	if err != nil || m.Consent != "file.pdf" || m.Switches["odd"] != "linh" || m.Clips[0].LUFS != -18.2 {
		t.Errorf("%+v, %v", m, err)
	}
}

// In a pack of another language clips are in that language.
func TestManifestOfAnotherLanguage(t *testing.T) {
	m, err := ParseManifest([]byte(`{"format":2,"lang":"km","languages":[{"lang":"vi"}],"clips":[
		{"id":"a","text":"muoy","pos":"c","file":"a.wav"},{"id":"b","text":"một","pos":"c","file":"b.wav","lang":"vi"}]}`))
	if err != nil || m.Clips[0].Key().Lang != "km" || m.Clips[1].Key().Lang != "" {
		t.Errorf("%+v, %v", m.Clips, err)
	}
}

func TestMaster(t *testing.T) {
	raw := audio.Silence(44100, 2*time.Second)
	copy(raw.Samples[30000:], hum(0.02, 500*time.Millisecond).Samples)
	for i := range raw.Samples {
		raw.Samples[i] += 0.05 // A step of direct current.
	}
	p, err := Master(raw, 30)
	if err != nil || p.Rate != audio.RatePA {
		t.Fatalf("%d Hz, %v", p.Rate, err)
	}
	if d := p.Duration(); d < 500*time.Millisecond || d > 700*time.Millisecond {
		t.Errorf("lasts %v", d)
	}
	level, _ := audio.ActiveLUFS(p)
	if peak := audio.TruePeak(p); level < audio.SpeechLUFS-0.5 || level > audio.SpeechLUFS+0.5 || peak > audio.LimitDBTP {
		t.Errorf("%.1f LUFS, %.1f dBTP", level, peak)
	}
	if dc := mean(p); dc > 0.001 || dc < -0.001 {
		t.Errorf("offset %.4f", dc)
	}
	little, err := Master(raw, 3)
	if now, _ := audio.ActiveLUFS(little); err != nil || now > level-2 {
		t.Errorf("moved by more than 3 dB: %.1f LUFS, %v", now, err)
	}
	for _, p := range []audio.PCM{{Rate: 48000}, audio.Silence(48000, time.Second)} {
		if _, err := Master(p, 15); !errors.Is(err, ErrSilent) {
			t.Errorf("got %v, want ErrSilent", err)
		}
	}
}

func TestRecipeRefuses(t *testing.T) {
	twice, odd, files, long, consent := recipe("một", "hai"), recipe("một"), recipe("một"), recipe("một"), recorded("một")
	twice.Clips[1].ID = "C.A" // The same file where case is not told apart.
	odd.Clips[0].ID = "../a"
	files.Files = map[string][]byte{"manifest.json": nil}
	long.Files = map[string][]byte{"a.txt": bytes.Repeat([]byte("a"), maxExtra+1)}
	consent.Provenance.Consent = "/etc/passwd"
	for name, r := range map[string]Recipe{"twice": twice, "odd": odd, "files": files, "long": long, "consent": consent} {
		parent := t.TempDir()
		if _, err := Build(t.Context(), filepath.Join(parent, "voice"), r); err == nil {
			t.Errorf("%s: no error", name)
		}
		if left := entries(t, parent); len(left) != 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
}
