package studio

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// The pace of the humming reader.
const (
	humSyllable = 230 * time.Millisecond
	humComma    = 260 * time.Millisecond
	humPitch    = 140.0
)

// hum reads a text as a hummer would: a tone per syllable, weaker between
// them, silent at commas. It starts after lead; starts gives where each
// syllable begins.
func hum(text string, lead time.Duration, gain float64) (p audio.PCM, starts []time.Duration) {
	p = audio.Silence(audio.RatePA, lead)
	for _, phrase := range strings.Split(text, ",") {
		if len(starts) > 0 {
			p = audio.Append(p, audio.Silence(audio.RatePA, humComma), 0)
		}
		for range syllables(phrase) {
			starts = append(starts, p.Duration())
			p.Samples = append(p.Samples, note(len(p.Samples), gain)...)
		}
	}
	starts = append(starts, p.Duration())
	return audio.Append(p, audio.Silence(audio.RatePA, 700*time.Millisecond), 0), starts
}

// note is one syllable, 14 dB weaker at its ends.
func note(at int, gain float64) []float32 {
	shape, period := humShape(), humPeriod()
	out := make([]float32, len(shape))
	amplitude := audio.FromDB(gain)
	for i := range out {
		phase := float64(at+i) * humPitch / audio.RatePA
		out[i] = float32(amplitude * shape[i] * period[int(phase*float64(len(period)))%len(period)])
	}
	return out
}

// humShape is how a syllable swells and fades.
var humShape = sync.OnceValue(func() []float64 {
	out := make([]float64, int(humSyllable.Seconds()*audio.RatePA))
	for i := range out {
		x := float64(i) / float64(len(out))
		out[i] = 0.2 + 0.8*math.Pow(math.Sin(math.Pi*x), 0.7)
	}
	return out
})

// humPeriod is one period of the hummer's voice.
var humPeriod = sync.OnceValue(func() []float64 {
	out := make([]float64, 1024)
	for i := range out {
		for h := 1.0; h <= 6; h++ {
			out[i] += math.Sin(2*math.Pi*h*float64(i)/float64(len(out))) / h / 1.5
		}
	}
	return out
})

// room is the noise of a room at a level in dBFS RMS.
func room(d time.Duration, db float64) audio.PCM {
	p := audio.Silence(audio.RatePA, d)
	seed, most := uint32(1), float32(audio.FromDB(db)*math.Sqrt(3))
	for i := range p.Samples {
		seed = seed*1664525 + 1013904223
		p.Samples[i] = float32(int32(seed)) / (1 << 31) * most
	}
	return p
}

// inRoom adds the noise of a room to a recording.
func inRoom(p audio.PCM, db float64) audio.PCM {
	out := room(p.Duration(), db)
	for i := range out.Samples {
		out.Samples[i] += p.Samples[i]
	}
	return out
}

// recorded is a good recording of a line.
func recorded(l Line) audio.PCM {
	p, _ := hum(l.Text(), 400*time.Millisecond, -14)
	return inRoom(p, -65)
}

// espeak reads a text with espeak-ng; the test is skipped where there is none.
func espeak(t *testing.T, text string) audio.PCM {
	t.Helper()
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("no espeak-ng")
	}
	out := filepath.Join(t.TempDir(), "o.wav")
	if b, err := exec.Command(path, "-v", "vi", "-s", "150", "-a", "60", "-w", out, text).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	p, err := audio.ReadWAV(bytes.NewReader(b))
	if err == nil {
		p, err = audio.Resample(p, audio.RatePA)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// clock is a wall clock that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

// newShelf opens the recordings in a folder.
func newShelf(dir string, c *clock) *shelf {
	return &shelf{dir: dir, now: c.Now, open: map[string]*project{}, scripts: map[announce.Region][]Line{announce.North: northern()}}
}

// northern is the script of the North, made once.
var northern = sync.OnceValue(func() []Line { return Script(announce.North, nil) })

func goodBrief() Brief {
	return Brief{Region: announce.North, Speaker: "Nguyễn Thị Đào", Licence: "CC-BY-4.0", Consent: true}
}

// newProject is a fresh recording in a folder of its own.
func newProject(t *testing.T) (*project, *clock) {
	t.Helper()
	c := newClock()
	p, err := newShelf(t.TempDir(), c).create(goodBrief())
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

// lineOf finds a line of the script by its id.
func lineOf(t *testing.T, p *project, id string) Line {
	t.Helper()
	l, err := p.line(id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func codes(all []Finding) (out []Code) {
	for _, f := range all {
		out = append(out, f.Code)
	}
	return out
}
