package audio

import (
	"math"
	"testing"
)

// Every code must survive decode and encode: the laws are bijections on their
// own output (µ-law has two zeros, 0x7F and 0xFF).
func TestG711EveryCodeSurvives(t *testing.T) {
	for i := range 256 {
		b := byte(i)
		if got := ALaw(decodeALaw(b)); got != b {
			t.Errorf("A-law %#02x → %d → %#02x", b, decodeALaw(b), got)
		}
		want := b
		if b == 0x7F {
			want = 0xFF
		}
		if got := ULaw(decodeULaw(b)); got != want {
			t.Errorf("µ-law %#02x → %d → %#02x, want %#02x", b, decodeULaw(b), got, want)
		}
	}
}

// Values from the tables of ITU-T G.711 scaled to 16 bit, as every softphone
// prints them.
func TestG711KnownValues(t *testing.T) {
	for _, c := range []struct {
		sample     int16
		alaw, ulaw byte
	}{
		{0, 0xD5, 0xFF},
		{32767, 0xAA, 0x80},
		{-32768, 0x2A, 0x00},
		{8, 0xD5, 0xFE},
		{-1, 0x55, 0x7F},
		{1000, 0xFA, 0xCE},
		{-1000, 0x7A, 0x4E},
	} {
		if got := ALaw(c.sample); got != c.alaw {
			t.Errorf("ALaw(%d) = %#02x, want %#02x", c.sample, got, c.alaw)
		}
		if got := ULaw(c.sample); got != c.ulaw {
			t.Errorf("ULaw(%d) = %#02x, want %#02x", c.sample, got, c.ulaw)
		}
	}
}

func TestG711OrderIsKept(t *testing.T) {
	lastA, lastU := int16(math.MinInt16), int16(math.MinInt16)
	for s := math.MinInt16; s <= math.MaxInt16; s++ {
		a, u := decodeALaw(ALaw(int16(s))), decodeULaw(ULaw(int16(s)))
		if a < lastA || u < lastU {
			t.Fatalf("at %d: A-law %d after %d, µ-law %d after %d", s, a, lastA, u, lastU)
		}
		lastA, lastU = a, u
	}
}

// G.711 promises roughly 38 dB over a wide range of levels; below −40 dBFS it
// falls slowly.
func TestG711RoundTripSNR(t *testing.T) {
	for _, level := range []float64{0, -10, -20, -30} {
		in := make([]int16, 8000)
		for i := range in {
			in[i] = int16(32000 * math.Pow(10, level/20) * math.Sin(2*math.Pi*1004*float64(i)/8000))
		}
		for name, out := range map[string][]int16{
			"A-law": DecodeALaw(nil, EncodeALaw(nil, in)),
			"µ-law": DecodeULaw(nil, EncodeULaw(nil, in)),
		} {
			if got := snr(in, out); got < 35 {
				t.Errorf("%s at %.0f dBFS: %.1f dB, want ≥ 35", name, level, got)
			}
		}
	}
}

func TestG711Silence(t *testing.T) {
	if a, u := ALaw(0), ULaw(0); a != SilenceALaw || u != SilenceULaw {
		t.Errorf("silence is %#02x and %#02x", a, u)
	}
}

func snr(in, out []int16) float64 {
	var signal, noise float64
	for i := range in {
		d := float64(in[i]) - float64(out[i])
		signal += float64(in[i]) * float64(in[i])
		noise += d * d
	}
	return 10 * math.Log10(signal/noise)
}
