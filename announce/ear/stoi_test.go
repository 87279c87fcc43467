package ear

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// lcg gives numbers in -1 … 1 that any other program can make too.
type lcg uint32

func (s *lcg) next() float64 {
	*s = *s*1664525 + 1013904223
	return float64(*s)/(1<<31) - 1
}

// example is a sound of moving tones with a silent moment, and a noisy copy.
func example() (x, y audio.PCM) {
	a, b := lcg(1), lcg(2)
	x, y = audio.PCM{Rate: stoiRate}, audio.PCM{Rate: stoiRate}
	for i := range 12000 {
		t := float64(i) / stoiRate
		tone := func(hz float64) float64 { return math.Sin(2 * math.Pi * hz * t) }
		envelope := 0.55 + 0.45*tone(3)
		if t >= 0.5 && t < 0.6 {
			envelope *= 0.0005
		}
		v := envelope * (0.3*tone(200) + 0.2*math.Sin(2*math.Pi*(700+150*tone(2))*t) + 0.1*tone(2300)*(0.5+0.5*tone(5)) + 0.05*a.next())
		x.Samples = append(x.Samples, float32(v))
		y.Samples = append(y.Samples, float32(0.7*v+0.12*b.next()))
	}
	return x, y
}

// The wanted figures were computed once by a program of its own in another
// language, written from the papers' equations with a plain Fourier sum.
func TestIntelligibilityOfAKnownExample(t *testing.T) {
	x, y := example()
	for name, c := range map[string]struct {
		measure func(said, heard audio.PCM) (float64, error)
		want    float64
	}{"STOI": {STOI, 0.7642135439}, "ESTOI": {ESTOI, 0.6120726717}} {
		got, err := c.measure(x, y)
		if err != nil || math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%s %.10f, %v; want %.10f", name, got, err, c.want)
		}
	}
}

// babble is speech-like: syllables of harmonics with moving formants.
func babble(d time.Duration, seed uint32) audio.PCM {
	random, p := lcg(seed), audio.PCM{Rate: audio.RatePA}
	for p.Duration() < d {
		pitch, formant, length := 150+40*random.next(), 900+600*random.next(), 0.2+0.05*random.next()
		for i := range int(length * audio.RatePA) {
			at, v := float64(i)/audio.RatePA, 0.0
			for h := 1.0; h*pitch < 4000; h++ {
				v += math.Sin(2*math.Pi*h*pitch*at) / (1 + math.Pow((h*pitch-formant)/250, 2))
			}
			p.Samples = append(p.Samples, float32(0.1*v*math.Sin(math.Pi*at/length)))
		}
	}
	return p
}

func TestIntelligibilityFallsWithNoise(t *testing.T) {
	said := babble(2*time.Second, 7)
	for name, measure := range map[string]func(said, heard audio.PCM) (float64, error){"STOI": STOI, "ESTOI": ESTOI} {
		same, err := measure(said, said)
		if err != nil || math.Abs(same-1) > 1e-6 {
			t.Errorf("%s of the same sound %.6f, %v; want 1", name, same, err)
		}
		before := same
		for _, snr := range []float64{25, 15, 5, -5, -15} {
			got, err := measure(said, WithNoise(said, snr, 1))
			if err != nil || got >= before {
				t.Errorf("%s at %v dB: %.3f, not below %.3f (%v)", name, snr, got, before, err)
			}
			before = got
		}
		if before > 0.5 {
			t.Errorf("%s still %.2f in loud noise", name, before)
		}
	}
}

// Loudness is not intelligibility.
func TestIntelligibilityIgnoresLoudness(t *testing.T) {
	x, y := example()
	left := 6
	rapid.Check(t, func(t *rapid.T) {
		if left--; left < 0 {
			return
		}
		louder := y.Clone()
		louder.Gain(rapid.Float64Range(-40, 20).Draw(t, "dB"))
		a, errA := STOI(x, y)
		b, errB := STOI(x, louder)
		if errA != nil || errB != nil || math.Abs(a-b) > 1e-4 {
			t.Fatalf("%.6f became %.6f (%v, %v)", a, b, errA, errB)
		}
	})
}

func TestIntelligibilityNeedsSpeech(t *testing.T) {
	for _, p := range []audio.PCM{{Rate: audio.RatePA}, audio.Silence(audio.RatePA, 5*time.Second), babble(200*time.Millisecond, 1)} {
		for _, measure := range []func(said, heard audio.PCM) (float64, error){STOI, ESTOI} {
			got, err := measure(p, p)
			if silent := p.Peak() == 0 && len(p.Samples) > 0; !silent && !errors.Is(err, ErrTooShort) || math.IsNaN(got) {
				t.Errorf("%v of sound: %v, %v", p.Duration(), got, err)
			}
		}
	}
	if _, err := STOI(audio.PCM{Rate: -1}, audio.PCM{Rate: audio.RatePA}); err == nil {
		t.Error("took a rate that there is not")
	}
}

// A hall of a longer echo is harder to understand; so is a place further away.
func TestHallAndTelephone(t *testing.T) {
	said := babble(3*time.Second, 3)
	before := 1.0
	for _, h := range []Hall{{400 * time.Millisecond, 6, 1}, {1200 * time.Millisecond, 0, 1}, {1800 * time.Millisecond, -6, 1}} {
		heard := h.Hear(said)
		got, err := ESTOI(said, heard)
		if err != nil || len(heard.Samples) != len(said.Samples) || got >= before {
			t.Errorf("%+v: ESTOI %.3f, not below %.3f (%v)", h, got, before, err)
		}
		before = got
	}
	heard, err := Telephone(said)
	if err != nil || heard.Rate != audio.RatePhone {
		t.Fatalf("%d Hz, %v", heard.Rate, err)
	}
	if got, err := STOI(said, heard); err != nil || got < 0.6 || got > 0.999 {
		t.Errorf("STOI over the telephone %.3f, %v", got, err)
	}
}

// The echo dies as fast as asked for: by 60 dB in RT60, by Schroeder's
// backward sum.
func TestHallDecays(t *testing.T) {
	for _, rt := range []time.Duration{1200 * time.Millisecond, 1800 * time.Millisecond} {
		r := Hall{RT60: rt, Seed: 5}.response(16000)
		total := energyOf(r[1:])
		if ratio := 10 * math.Log10(1/total); math.Abs(ratio) > 0.1 {
			t.Errorf("direct sound %.1f dB above the echoes, want 0", ratio)
		}
		level := func(d time.Duration) float64 { return 10 * math.Log10(energyOf(r[int(d.Seconds()*16000):])) }
		fall := level(100*time.Millisecond) - level(100*time.Millisecond+rt/3)
		if math.Abs(fall-20) > 1.5 {
			t.Errorf("fell by %.1f dB in a third of RT60, want 20", fall)
		}
	}
}
