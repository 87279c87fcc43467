//go:build e2e

package e2e

import (
	"math"
	"math/cmplx"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// sound is what an ear received.
type sound struct{ audio.PCM }

func readWAV(t testing.TB, path string) sound {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, err := audio.ReadWAV(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return sound{pcm}
}

// hasChime finds the two notes of the chime, the high one first.
func (s sound) hasChime() bool {
	const window = 200 * time.Millisecond
	high, first := audio.LoudestTone(s.PCM, audio.ChimeHigh, window)
	low, second := audio.LoudestTone(s.PCM, audio.ChimeLow, window)
	return high > 0.02 && low > 0.02 && first < second
}

// speechSeconds is how long it is louder than a quiet room.
func (s sound) speechSeconds() float64 {
	const quietRoom = -40 // dB of full scale.
	return audio.ActiveTime(s.PCM, quietRoom).Seconds()
}

// last is the end of it.
func (s sound) last(d time.Duration) sound {
	n := min(int(d.Seconds()*float64(s.Rate)), len(s.Samples))
	return sound{audio.PCM{Rate: s.Rate, Samples: s.Samples[len(s.Samples)-n:]}}
}

// share is how much of ref is in s, told piece by piece: a sound server on a
// busy machine may lose a moment, which must not hide the rest.
func (s sound) share(t testing.TB, ref audio.PCM) float64 {
	t.Helper()
	const (
		rate  = 16000
		piece = rate * 2 / 5
	)
	heard, err := audio.Resample(s.PCM, rate)
	if err != nil {
		t.Fatal(err)
	}
	ref, err = audio.Resample(ref, rate)
	if err != nil {
		t.Fatal(err)
	}
	found, pieces := 0, 0
	for from := 0; from+piece <= len(ref.Samples); from += piece {
		part := audio.PCM{Rate: rate, Samples: ref.Samples[from : from+piece]}
		if (sound{part}).speechSeconds() < 0.2 {
			continue // A pause is everywhere.
		}
		pieces++
		if (sound{heard}).likeness(t, part) > 0.85 {
			found++
		}
	}
	return float64(found) / float64(max(pieces, 1))
}

// likeness looks for ref anywhere in s and gives the best normalised
// correlation: 1 = it is in there, 0 = nothing like it.
func (s sound) likeness(t testing.TB, ref audio.PCM) float64 {
	t.Helper()
	ref, err := audio.Resample(ref, s.Rate)
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	for n < len(s.Samples)+len(ref.Samples) {
		n *= 2
	}
	fft := fourier.NewFFT(n)
	a, b := fft.Coefficients(nil, padded(s.Samples, n)), fft.Coefficients(nil, padded(ref.Samples, n))
	for i := range a {
		a[i] *= cmplx.Conj(b[i])
	}
	correlation := fft.Sequence(nil, a)
	energy := func(x []float32) (e float64) {
		for _, v := range x {
			e += float64(v) * float64(v)
		}
		return e
	}
	refEnergy, best := energy(ref.Samples), 0.0
	window := 0.0
	for i, v := range s.Samples {
		window += float64(v) * float64(v)
		start := i - len(ref.Samples) + 1
		if start < 0 {
			continue
		}
		if window > 0 {
			best = max(best, correlation[start]/float64(n)/math.Sqrt(window*refEnergy))
		}
		window -= float64(s.Samples[start]) * float64(s.Samples[start])
	}
	return best
}

func padded(x []float32, n int) []float64 {
	out := make([]float64, n)
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// voice builds the placeholder voice once for all tests, as make run does, unless
// XINMOI_VOICE names one that was built before.
var voice = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("XINMOI_VOICE"); dir != "" {
		return dir, nil
	}
	dir, err := os.MkdirTemp("", "xinmoi-voice-")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "north")
	return dir, exec.Command(os.Getenv("XINMOI_BIN"), "voice", "build", "-dir", dir).Run()
})

// voiceConfig writes a configuration that uses the shared voice, and gives the
// flags for it.
func voiceConfig(t testing.TB, more string) []string {
	t.Helper()
	binary(t)
	dir, err := voice()
	if err != nil {
		t.Fatalf("voice build: %v", err)
	}
	path := filepath.Join(t.TempDir(), "xinmoi.toml")
	if err := os.WriteFile(path, []byte("[voice]\ndir = \""+dir+"\"\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-config", path}
}

// rendered is a sentence as the server's voice says it.
func rendered(t testing.TB, s announce.Sentence, phone bool) audio.PCM {
	t.Helper()
	dir, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := announce.OpenRenderer(dir, announce.North)
	if err != nil {
		t.Fatal(err)
	}
	if phone {
		samples, _, err := r.RenderPhone(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return audio.FromInt16(8000, samples)
	}
	pcm, _, err := r.Render(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}
