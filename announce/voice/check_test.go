package voice

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// spoilt copies a recorded voice of some words, spoils it, and checks it.
func spoilt(t *testing.T, good string, spoil func(dir string, m *Manifest)) Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "voice")
	if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
		t.Fatal(err)
	}
	m, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	spoil(dir, &m)
	if err := saveManifest(dir, m); err != nil {
		t.Fatal(err)
	}
	r, err := Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func someTexts() []string {
	return strings.Split("một trăm,hai,ba,xin mời số,đến quầy số,bốn mươi lăm,không,tám,mười hai,chín mươi", ",")
}

// record puts other sound into a clip, as if it had been recorded so.
func record(dir string, m *Manifest, clip int, p audio.PCM) {
	b := audio.EncodeWAV(p)
	m.Clips[clip].SHA256 = sumOf(b)
	if err := os.WriteFile(filepath.Join(dir, m.Clips[clip].File), b, 0o644); err != nil {
		panic(err)
	}
}

func TestCheckFindsNothingInAGoodVoice(t *testing.T) {
	r := spoilt(t, built(t, recorded(someTexts()...)).Dir(), func(string, *Manifest) {})
	if !r.OK() || r.SpreadLU > MaxSpreadLU || r.PeakDBTP > MaxPeakDBTP || r.Noise < MinSNR {
		t.Errorf("%v, spread %.1f LU, peak %.1f dBTP, noise %.0f dB", r.Faults, r.SpreadLU, r.PeakDBTP, r.Noise)
	}
}

// Every single thing that can be wrong is found, where it is, and nothing else.
func TestCheckFindsEachFault(t *testing.T) {
	good := built(t, recorded(someTexts()...)).Dir()
	clean := func(text string) audio.PCM {
		p, err := Master(word(text), 20)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	change := func(f func(p audio.PCM) audio.PCM) func(string, *Manifest) {
		return func(dir string, m *Manifest) { record(dir, m, 3, f(clean("xin mời số"))) }
	}
	for _, c := range []struct {
		kind  Kind
		whole bool // A fault of the pack and not of clip c.d.
		spoil func(dir string, m *Manifest)
	}{
		{FaultMissing, false, func(dir string, m *Manifest) { _ = os.Remove(filepath.Join(dir, m.Clips[3].File)) }},
		{FaultUnreadable, false, func(dir string, m *Manifest) {
			m.Clips[3].SHA256 = sumOf([]byte("noise"))
			_ = os.WriteFile(filepath.Join(dir, m.Clips[3].File), []byte("noise"), 0o644)
		}},
		{FaultChanged, false, func(_ string, m *Manifest) { m.Clips[3].SHA256 = sumOf(nil) }},
		{FaultWrongRate, false, change(func(p audio.PCM) audio.PCM { p, _ = audio.Resample(p, 16000); return p })},
		{FaultClipped, false, change(func(p audio.PCM) audio.PCM {
			for i := 20000; i < 20010; i++ {
				p.Samples[i] = 1
			}
			return p
		})},
		{FaultQuiet, false, change(func(p audio.PCM) audio.PCM { p.Gain(-6); return p })},
		{FaultLoud, false, change(func(p audio.PCM) audio.PCM { p.Gain(5); return audio.Limit(p) })},
		{FaultSilent, false, change(func(p audio.PCM) audio.PCM { return audio.Silence(p.Rate, time.Second) })},
		{FaultNoisy, false, change(func(p audio.PCM) audio.PCM { return noisy(p, 20) })},
		{FaultOffset, false, change(func(p audio.PCM) audio.PCM {
			for i := range p.Samples {
				p.Samples[i] += 0.02
			}
			return p
		})},
		{FaultTooLong, false, change(func(audio.PCM) audio.PCM { return clean(strings.Repeat("xin ", 9)) })},
		{FaultTooShort, false, change(func(p audio.PCM) audio.PCM {
			return audio.Fade(audio.PCM{Rate: p.Rate, Samples: p.Samples[:12000]}, 5*time.Millisecond)
		})},
		{FaultLead, false, change(func(p audio.PCM) audio.PCM { return audio.Append(audio.Silence(p.Rate, 300*time.Millisecond), p, 0) })},
		{FaultTail, false, change(func(p audio.PCM) audio.PCM { return audio.Append(p, audio.Silence(p.Rate, 300*time.Millisecond), 0) })},
		{FaultText, false, func(_ string, m *Manifest) { m.Clips[3].Text = "Xin  mời số" }},
		{FaultText, false, func(_ string, m *Manifest) { m.Clips[3].Text = "xin mo\u0300\u031bi số" }},
		{FaultText, false, func(_ string, m *Manifest) { m.Clips[3].Pos = "z" }},
		{FaultTwice, false, func(_ string, m *Manifest) { m.Clips[3].Text, m.Clips[3].Pos = m.Clips[2].Text, m.Clips[2].Pos }},
		{FaultTwice, false, func(_ string, m *Manifest) { m.Clips[3].File, m.Clips[3].SHA256 = m.Clips[2].File, m.Clips[2].SHA256 }},
		{FaultTwice, false, func(_ string, m *Manifest) { m.Clips[3].ID = m.Clips[2].ID }},
		{FaultSwitched, false, func(_ string, m *Manifest) { m.Clips[3].Text = "trăm lẻ ba" }},
		{FaultSwitched, false, func(_ string, m *Manifest) { m.Clips[3].Text = "hai mươi bốn" }},
		{FaultSwitched, true, func(_ string, m *Manifest) { m.Region = "south"; m.Clips[3].Text = "ba nghìn năm" }},
		{FaultNoLicence, true, func(_ string, m *Manifest) { m.Licence = " " }},
		{FaultNoSpeaker, true, func(_ string, m *Manifest) { m.Speaker = "" }},
		{FaultNoConsent, true, func(_ string, m *Manifest) { m.Consent = "" }},
		{FaultNoConsent, true, func(_ string, m *Manifest) { m.Consent = "nowhere.pdf" }},
		{FaultNoConsent, true, func(dir string, _ *Manifest) {
			_ = os.WriteFile(filepath.Join(dir, "consent.txt"), []byte("\n"), 0o644)
		}},
		{FaultNoDate, true, func(_ string, m *Manifest) { m.RecordedAt = time.Time{} }},
		{FaultNoDate, true, func(_ string, m *Manifest) { m.RecordedWith = "" }},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			r := spoilt(t, good, c.spoil)
			if r.Kinds()[c.kind] == 0 {
				t.Fatalf("not found; found %v", r.Faults)
			}
			for _, f := range r.Faults {
				if f.Kind == c.kind && !c.whole && f.Clip != "c.d" && f.Clip != "c.c" {
					t.Errorf("found at %q: %v", f.Clip, f)
				}
				if f.Kind != c.kind && !follows(c.kind, f.Kind) {
					t.Errorf("found as well: %v", f)
				}
			}
		})
	}
}

// follows reports whether one fault brings another with it.
func follows(first, second Kind) bool {
	switch second {
	case FaultUneven:
		return first == FaultQuiet || first == FaultLoud || first == FaultNoisy || first == FaultClipped
	case FaultTooLong, FaultTooShort: // Another text than the sound's.
		return first == FaultTwice || first == FaultText || first == FaultSwitched
	case FaultQuiet:
		return first == FaultTooShort
	}
	return false
}

func TestCheckFindsANoisyRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "voice")
	var texts []string
	for i := range 26 {
		texts = append(texts, fmt.Sprintf("câu số %c", 'a'+i))
	}
	r := recorded(texts...)
	r.Speaker = inRoom{}
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	got, err := Check(dir)
	if err != nil || len(got.Faults) == 0 || got.Faults[0].Clip != "" || got.Faults[0].Kind != FaultNoisy || math.Abs(got.Noise-22) > 4 {
		t.Errorf("noise %.0f dB, %v, %v", got.Noise, got.Faults, err)
	}
}

// inRoom is pitched in a room with a fan.
type inRoom struct{ pitched }

func (inRoom) Speak(_ context.Context, k Key) (audio.PCM, error) {
	return Master(noisy(word(k.Text), 22), 20)
}

// Places are called Linh and Lẻ too, and a mùng four is no number of the kind.
func TestSwitchesAreOfNumbersOnly(t *testing.T) {
	south := Manifest{Region: "south"}.switches()
	north := Manifest{Region: "north"}.switches()
	for text, want := range map[string][2]string{ // In the north, in the south.
		"phường linh trung":       {"", ""},
		"bán lẻ":                  {"", ""},
		"thứ tư":                  {"", ""},
		"hai mươi tư":             {"", "tư"},
		"hai mươi bốn":            {"bốn", ""},
		"bốn":                     {"", ""},
		"linh năm":                {"", "linh"},
		"một ngàn":                {"ngàn", ""},
		"hai tỉ":                  {"tỉ", "tỉ"},
		"xin mời số một trăm lẻ":  {"", ""},
		"một nghìn không trăm lẻ": {"lẻ", "nghìn"},
	} {
		c := Clip{Text: text}
		if n, s := foreignWord(c, north), foreignWord(c, south); n != want[0] || s != want[1] {
			t.Errorf("%q: %q, %q; want %q", text, n, s, want)
		}
	}
	own := Manifest{Region: "north", Switches: map[string]string{"thousand": "ngàn"}}.switches()
	if foreignWord(Clip{Text: "một ngàn"}, own) != "" || foreignWord(Clip{Text: "một nghìn"}, own) != "nghìn" {
		t.Error("the pack's own switches do not count")
	}
}

// Every fault says what to do, in both languages.
func TestEveryKindHasARemedy(t *testing.T) {
	other, _ := Kind("").Remedy()
	for _, k := range []Kind{
		FaultMissing, FaultUnreadable, FaultChanged, FaultWrongRate, FaultClipped, FaultQuiet, FaultLoud, FaultSilent, FaultUneven,
		FaultPeaks, FaultNoisy, FaultOffset, FaultTooLong, FaultTooShort, FaultLead, FaultTail, FaultText, FaultTwice, FaultSwitched,
		FaultNoLicence, FaultNoSpeaker, FaultNoConsent, FaultNoDate, FaultUncovered, FaultGrammar,
	} {
		en, vi := k.Remedy()
		if en == "" || vi == "" || en == vi || en == other && k != FaultGrammar {
			t.Errorf("%s: %q, %q", k, en, vi)
		}
	}
}

func TestCheckStops(t *testing.T) {
	dir := built(t, recorded(someTexts()...)).Dir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CheckContext(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
