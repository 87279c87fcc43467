package ear

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// vocabulary is sounds that differ as words do.
var vocabulary = sync.OnceValue(func() []Reference {
	var refs []Reference
	for i, name := range []string{"xin mời số", "a", "không", "một", "hai", "đến quầy"} {
		refs = append(refs, Reference{name, audio.Fade(babble(time.Duration(200+90*i)*time.Millisecond, uint32(100+i)), 5*time.Millisecond)})
	}
	return refs
})

// words gives the vocabulary and a listener for it.
func words(t *testing.T) ([]Reference, *Listener) {
	t.Helper()
	refs := slices.Clone(vocabulary())
	l, err := NewListener(append(refs, Reference{"nothing", audio.Silence(audio.RatePA, time.Second)}))
	if err != nil {
		t.Fatal(err)
	}
	return refs, l
}

func TestFindsClipsInOrder(t *testing.T) {
	refs, l := words(t)
	left := 8 // Each listens for seconds of sound.
	rapid.Check(t, func(t *rapid.T) {
		if left--; left < 0 {
			return
		}
		picks := rapid.SliceOfN(rapid.IntRange(0, len(refs)-1), 1, 5).Draw(t, "clips")
		gap := rapid.SampledFrom([]time.Duration{0, 200 * time.Millisecond}).Draw(t, "pause")
		heard := audio.Silence(audio.RatePA, 300*time.Millisecond)
		var want []string
		var starts []time.Duration
		for _, i := range picks {
			starts, want = append(starts, heard.Duration()), append(want, refs[i].Name)
			heard = audio.Append(heard, refs[i].PCM, 0)
			heard = audio.Append(heard, audio.Silence(audio.RatePA, gap), 0)
		}
		heard.Gain(-13)
		hits, err := l.Find(WithNoise(heard, 25, 1), 0.8)
		if err != nil || !slices.Equal(Names(hits), want) {
			t.Fatalf("heard %q, played %q (%v)", Names(hits), want, err)
		}
		for i, h := range hits {
			if off := (h.At - starts[i]).Abs(); off > time.Millisecond || h.Match > 1.0001 {
				t.Fatalf("%q at %v, %v off, match %.2f", h.Name, h.At, off, h.Match)
			}
		}
	})
}

func TestFindsNothingInOtherSounds(t *testing.T) {
	_, l := words(t)
	for name, p := range map[string]audio.PCM{
		"nothing": {Rate: audio.RatePA}, "silence": audio.Silence(audio.RatePA, time.Second),
		"another word": babble(time.Second, 999), "a tone": audio.Beep(audio.RatePA, 440, time.Second),
	} {
		if hits, err := l.Find(p, 0.8); err != nil || len(hits) != 0 {
			t.Errorf("%s: heard %q (%v)", name, Names(hits), err)
		}
	}
	if _, err := NewListener([]Reference{{"x", audio.PCM{Rate: 47999}}}); err == nil {
		t.Error("took a rate that cannot be converted")
	}
	if _, err := l.Find(audio.PCM{Rate: 47999}, 0.8); err == nil {
		t.Error("heard a rate that cannot be converted")
	}
}

// A clip whose beginning was cut off is still heard, before the sound begins.
func TestFindsACutClip(t *testing.T) {
	refs, l := words(t)
	cut := audio.PCM{Rate: audio.RatePA, Samples: refs[5].Samples[audio.RatePA/10:]}
	hits, err := l.Find(cut, 0.8)
	if err != nil || len(hits) != 1 || hits[0].Name != "đến quầy" || (hits[0].At+100*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("%+v, %v", hits, err)
	}
}

func TestAlike(t *testing.T) {
	refs, _ := words(t)
	heard := audio.Append(audio.Silence(audio.RatePA, time.Second), refs[2].PCM, 0)
	match, at, err := Alike(heard, refs[2].PCM)
	if err != nil || match < 0.999 || (at-time.Second).Abs() > time.Millisecond {
		t.Errorf("match %.3f at %v, %v", match, at, err)
	}
	if match, _, err := Alike(heard, refs[3].PCM); err != nil || match > 0.6 {
		t.Errorf("another word matches %.2f (%v)", match, err)
	}
}

func TestGaps(t *testing.T) {
	refs, _ := words(t)
	whole := refs[5].PCM
	if gaps := Gaps(audio.Append(whole.Clone(), audio.Append(audio.Silence(audio.RatePA, 300*time.Millisecond), whole, 0), 0), 8); len(gaps) != 0 {
		t.Errorf("a pause between faded clips is taken for %v", gaps)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(5000, len(whole.Samples)-5000).Draw(t, "at")
		n := rapid.IntRange(16, 4800).Draw(t, "zeros")
		if !loud(whole.Samples[at-96:at]) || !loud(whole.Samples[at:at+96]) {
			t.Skip("a quiet moment between syllables")
		}
		broken := audio.PCM{Rate: audio.RatePA, Samples: slices.Concat(whole.Samples[:at], make([]float32, n), whole.Samples[at:])}
		gaps := Gaps(broken, 8)
		if len(gaps) != 1 || gaps[0].From > at || gaps[0].From < at-2 || gaps[0].Length < n || gaps[0].Length > n+4 {
			t.Fatalf("%d zeros at %d are found as %v", n, at, gaps)
		}
	})
}

// A waveform cut in its loudest moment clicks, a joint in its quietest does not.
func TestClick(t *testing.T) {
	refs, _ := words(t)
	a, b := refs[0].PCM, refs[5].PCM
	quiet := audio.Append(a.Clone(), b, 10*time.Millisecond)
	if got := Click(quiet, len(a.Samples)-240); got > -40 {
		t.Errorf("a crossfade in a quiet moment clicks with %.1f dB", got)
	}
	loudest := 0
	for i, v := range a.Samples {
		if math.Abs(float64(v)) > math.Abs(float64(a.Samples[loudest])) {
			loudest = i
		}
	}
	cut := audio.PCM{Rate: audio.RatePA, Samples: slices.Concat(a.Samples[:loudest], b.Samples)}
	if got := Click(cut, loudest); got < -25 {
		t.Errorf("a cut at the loudest sample clicks with %.1f dB only", got)
	}
	if got := Click(audio.PCM{Rate: audio.RatePA}, 0); !math.IsInf(got, -1) {
		t.Errorf("nothing clicks with %v", got)
	}
}

func TestSpread(t *testing.T) {
	refs, l := words(t)
	louder := refs[5].Clone()
	louder.Gain(4)
	heard := audio.Append(refs[5].Clone(), audio.Append(audio.Silence(audio.RatePA, 300*time.Millisecond), louder, 0), 0)
	hits, err := l.Find(heard, 0.9)
	if err != nil || len(hits) != 2 {
		t.Fatalf("%+v, %v", hits, err)
	}
	if lu, deviation, err := Spread(heard, hits); err != nil || math.Abs(lu-4) > 0.2 || math.Abs(deviation-2) > 0.1 {
		t.Errorf("%.2f LU, deviation %.2f, %v; want 4 and 2", lu, deviation, err)
	}
	if lu, _, err := Spread(heard, hits[:1]); err != nil || lu != 0 {
		t.Errorf("one clip spreads by %.2f LU (%v)", lu, err)
	}
}
