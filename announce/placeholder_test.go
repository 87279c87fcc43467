package announce

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// forCalls lists the clips that calls are made of: what is left out is spoken
// by the telephone only, and takes as long again.
func forCalls(r Region) []voice.ClipSpec {
	var out []voice.ClipSpec
	for _, s := range InventoryOf(Wording{Region: r}, Grammars{BuiltIn().list[:1]}, nil) {
		switch kind, _, _ := strings.Cut(s.ID, "."); kind {
		case "p", "r", "day", "ivr", "w":
		default:
			out = append(out, s)
		}
	}
	return out
}

// The placeholder that espeak-ng really makes is good enough for a hall: even,
// not too loud, nothing missing, and calls that are over in time.
func TestPlaceholderOfEspeak(t *testing.T) {
	t.Parallel()
	if testing.Short() || racing {
		t.Skip("speaks some hundred clips: not with -short or -race")
	}
	e, err := voice.FindEspeak("north")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	dir := filepath.Join(t.TempDir(), "north")
	if _, err := voice.Build(t.Context(), dir, voice.Recipe{Region: "north", Clips: forCalls(North), Speaker: e}); err != nil {
		t.Fatal(err)
	}
	report, err := CheckVoice(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Faults {
		t.Error(f)
	}
	// As it lies in the pack, before any levelling.
	quiet, loud, peak := 0.0, -100.0, -100.0
	for _, c := range report.Manifest.Clips {
		quiet, loud, peak = min(quiet, c.LUFS), max(loud, c.LUFS), max(peak, c.PeakDBTP)
	}
	t.Logf("%d clips, spread %.1f LU, true peak %.1f dBTP", len(report.Manifest.Clips), loud-quiet, peak)
	if loud-quiet > voice.MaxSpreadLU || peak > audio.LimitDBTP {
		t.Errorf("clips of %.1f to %.1f LUFS, true peak %.1f dBTP", quiet, loud, peak)
	}
	r, _, err := OpenRenderer(dir, North)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("length", func(t *testing.T) { placeholderIsInTime(t, r) })
	t.Run("coverage", func(t *testing.T) { placeholderLacksNothing(t, r.Voice()) })
}

// longestCall is how long a call may take without its chime.
const longestCall = 4200 * time.Millisecond

func placeholderIsInTime(t *testing.T, r *Renderer) {
	for _, byValue := range []bool{false, true} {
		s := Call(mustNumber(t, "A125"), "3", Wording{Region: North, ByValue: byValue})
		pcm, report, err := r.Render(t.Context(), s)
		if err != nil || !report.OK() {
			t.Fatalf("%+v, %v", report, err)
		}
		t.Logf("%q: %v", s.Text(), pcm.Duration())
		if pcm.Duration() > longestCall {
			t.Errorf("%q lasts %v, at most %v", s.Text(), pcm.Duration(), longestCall)
		}
		if peak := audio.TruePeak(pcm); peak > audio.LimitDBTP {
			t.Errorf("%q: true peak %.2f dBTP", s.Text(), peak)
		}
	}
}

// placeholderLacksNothing looks at every number, letter and counter: the three
// are phrases of their own, planned apart, so that all calls are made of these.
func placeholderLacksNothing(t *testing.T, pack *voice.Pack) {
	missing := func(s Sentence) {
		for _, step := range Plan(s, pack) {
			if step.Missing {
				t.Fatalf("%q: nothing says %q", s.Text(), step.Text)
			}
		}
	}
	for _, byValue := range []bool{false, true} {
		w := Wording{Region: North, ByValue: byValue}
		for n := 1; n <= 9999; n++ {
			missing(Number(queue.Number{Prefix: string(rune('A' + n%26)), N: n}, w))
		}
		for c := 1; c <= 99; c++ {
			for l := 'A'; l <= 'Z'; l++ {
				missing(Call(queue.Number{Prefix: string(l), N: c}, fmt.Sprint(c), w))
				missing(Repeat(queue.Number{Prefix: string(l), N: c}, fmt.Sprint(c), w))
			}
		}
	}
}
