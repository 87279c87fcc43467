package media

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/xinmoi/xinmoi/announce/audio"
)

func encode(s []int16) []byte { return audio.EncodeALaw(nil, s) }

// tones makes two tones with given amplitudes and frequency error.
func tones(low, high, a, b, error float64, ms int) []int16 {
	s := make([]int16, ms*8)
	for i := range s {
		t := 2 * math.Pi * float64(i) / 8000 * (1 + error)
		s[i] = int16(a*math.Sin(low*t) + b*math.Sin(high*t))
	}
	return s
}

func find(s []int16) string {
	d, got := NewInband(), ""
	for len(s) > 0 { // Packets of 30 ms, which are not our block.
		n := min(240, len(s))
		d.Samples(s[:n], func(r rune) { got += string(r) })
		s = s[n:]
	}
	return got
}

func TestInbandFindsEveryKey(t *testing.T) {
	low, high := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	for i, want := range keypad {
		for _, c := range []struct {
			name        string
			a, b, error float64
			ms          int
		}{
			{"usual", 4000, 4000, 0, 100},
			{"quiet", 500, 500, 0, 100},
			{"short", 4000, 4000, 0, 60},
			{"twist", 6000, 3000, 0, 100},
			{"reverse twist", 3000, 6000, 0, 100},
			{"off by 1 %", 4000, 4000, 0.01, 100},
			{"off by -1 %", 4000, 4000, -0.01, 100},
			{"held long", 4000, 4000, 0, 3000},
		} {
			s := append(make([]int16, 333), tones(low[i/4], high[i%4], c.a, c.b, c.error, c.ms)...)
			s = append(s, make([]int16, 800)...)
			s = audio.DecodeALaw(nil, encode(s))
			if got := find(s); got != string(want) {
				t.Errorf("%c %s: %q", want, c.name, got)
			}
		}
	}
}

func TestInbandCountsRepeats(t *testing.T) {
	var s []int16
	for range 3 {
		s = append(s, tones(770, 1336, 4000, 4000, 0, 80)...)
		s = append(s, make([]int16, 640)...)
	}
	s = append(s, tones(697, 1209, 4000, 4000, 0, 80)...)
	if got := find(s); got != "5551" {
		t.Errorf("%q", got)
	}
}

// What is no key must not be one: single tones, three tones, noise, hum, and
// sounds with harmonics like a voice.
func TestInbandIgnoresOtherSounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]int16, 80000)
	for i := range noise {
		noise[i] = int16(rnd.NormFloat64() * 5000)
	}
	voice := make([]int16, 160000)
	for i := range voice {
		pitch := 180 + 60*math.Sin(float64(i)/3000)
		for h := 1.0; h < 15; h++ {
			voice[i] += int16(3000 / h * math.Sin(2*math.Pi*pitch*h*float64(i)/8000))
		}
	}
	three := tones(697, 1209, 3000, 3000, 0, 500)
	for i, s := range tones(941, 1, 3000, 0, 0, 500) {
		three[i] += s
	}
	for name, s := range map[string][]int16{
		"silence": make([]int16, 8000), "noise": noise, "voice": voice, "three tones": three,
		"one tone": tones(697, 1209, 5000, 0, 0, 500), "dial tone": tones(425, 425, 4000, 0, 0, 500),
		"too quiet": tones(697, 1209, 100, 100, 0, 500), "too short": append(tones(697, 1209, 4000, 4000, 0, 20), make([]int16, 800)...),
		"twist of 12 dB": tones(697, 1209, 8000, 2000, 0, 500),
	} {
		if got := find(s); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func BenchmarkInband(b *testing.B) {
	d, s := NewInband(), tones(697, 1209, 4000, 4000, 0, 20)
	b.ReportAllocs()
	for b.Loop() {
		d.Samples(s, func(rune) {})
	}
}
