package g722

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// speechlike is a sum of tones with a beat, over all of both bands.
func speechlike(n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		at := float64(i) / SampleRate
		v := 0.0
		for _, hz := range []float64{220, 700, 1900, 3300, 5200, 6500} {
			v += math.Sin(2*math.Pi*hz*at) / (1 + hz/1500)
		}
		s[i] = int16(5000 * v * (0.6 + 0.4*math.Sin(2*math.Pi*4*at)))
	}
	return s
}

// likeness finds the delay that fits best and gives the ratio of signal to
// difference there, in dB.
func likeness(sent, heard []int16) (db float64, delay int) {
	db = math.Inf(-1)
	for d := range 60 {
		var signal, noise float64
		for i := 400; i+d < len(heard) && i < len(sent); i++ {
			x, y := float64(sent[i]), float64(heard[i+d])
			signal += x * x
			noise += (x - y) * (x - y)
		}
		if r := 10 * math.Log10(signal/noise); r > db {
			db, delay = r, d
		}
	}
	return db, delay
}

func TestRoundTrip(t *testing.T) {
	sent := speechlike(SampleRate)
	coded := NewEncoder().Encode(nil, sent)
	if len(coded) != len(sent)/2 {
		t.Fatalf("%d bytes for %d samples", len(coded), len(sent))
	}
	db, delay := likeness(sent, NewDecoder().Decode(nil, coded))
	t.Logf("%.1f dB at a delay of %d samples", db, delay)
	if db < 15 || delay > 24 {
		t.Errorf("%.1f dB at a delay of %d samples", db, delay)
	}
}

// Tones of either band come out as strong as they went in.
func TestLevelsOfBothBands(t *testing.T) {
	for _, hz := range []float64{200, 1000, 3000, 5000, 6500} {
		s := make([]int16, SampleRate/2)
		for i := range s {
			s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/SampleRate))
		}
		heard := NewDecoder().Decode(nil, NewEncoder().Encode(nil, s))
		var in, out float64
		for i := 800; i < len(s); i++ {
			in += float64(s[i]) * float64(s[i])
			out += float64(heard[i]) * float64(heard[i])
		}
		if db := 10 * math.Log10(out/in); math.Abs(db) > 1 {
			t.Errorf("%.0f Hz changes by %.2f dB", hz, db)
		}
	}
}

func TestSilenceStaysQuiet(t *testing.T) {
	for i, v := range NewDecoder().Decode(nil, NewEncoder().Encode(nil, make([]int16, 3200))) {
		if v > 30 || v < -30 {
			t.Fatalf("sample %d of silence is %d", i, v)
		}
	}
}

// Pieces of any length give the bytes of the whole.
func TestPiecesAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Int16(), 0, 200).Draw(t, "samples")
		whole := NewEncoder().Encode(nil, samples)
		cut := rapid.IntRange(0, len(samples)/2).Draw(t, "cut") * 2
		e := NewEncoder()
		if parts := e.Encode(e.Encode(nil, samples[:cut]), samples[cut:]); !bytes.Equal(parts, whole) || len(whole) != (len(samples)+1)/2 {
			t.Fatalf("% x and % x", parts, whole)
		}
	})
}

// Nothing that arrives makes the decoder panic or forget its limits.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0xff, 0x80, 0x7f})
	f.Add(NewEncoder().Encode(nil, speechlike(64)))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDecoder()
		if n := len(d.Decode(nil, b)); n != 2*len(b) {
			t.Errorf("%d samples of %d bytes", n, len(b))
		}
		for _, x := range []band{d.low, d.high} {
			if x.det < 0 || x.det > 1<<15 || x.signal < -32768 || x.signal > 32767 {
				t.Errorf("state %+v", x)
			}
		}
	})
}

// Another implementation hears what we encode and encodes what we hear.
func TestFfmpegAgrees(t *testing.T) {
	bin, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed: apt-get install --no-install-recommends ffmpeg")
	}
	dir := t.TempDir()
	sent := speechlike(SampleRate)
	run := func(in, out []string, from, to string, data []byte) []byte {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, from), data, 0o600); err != nil {
			t.Fatal(err)
		}
		args := append(append(append(in, "-i", filepath.Join(dir, from)), out...), filepath.Join(dir, to))
		if log, err := exec.Command(bin, append([]string{"-v", "error", "-y"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		b, err := os.ReadFile(filepath.Join(dir, to))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ours := NewEncoder().Encode(nil, sent)
	raw := run([]string{"-f", "g722"}, []string{"-f", "s16le", "-ar", "16000", "-ac", "1"}, "ours.g722", "ours.raw", ours)
	heard := make([]int16, len(raw)/2)
	for i := range heard {
		heard[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	own := NewDecoder().Decode(nil, ours)
	differ := 0
	for i := range min(len(own), len(heard)) {
		if own[i] != heard[i] {
			differ++
		}
	}
	db, _ := likeness(sent, heard)
	t.Logf("ffmpeg hears us with %.1f dB; %d of %d samples differ from our decoder's", db, differ, len(own))
	if len(heard) != len(own) || differ != 0 {
		t.Errorf("%d of %d samples differ", differ, len(own))
	}
	var pcm []byte
	for _, v := range sent {
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(v))
	}
	theirs := run([]string{"-f", "s16le", "-ar", "16000", "-ac", "1"}, []string{"-f", "g722"}, "in.raw", "theirs.g722", pcm)
	if db, _ := likeness(sent, NewDecoder().Decode(nil, theirs)); db < 15 {
		t.Errorf("we hear ffmpeg with %.1f dB", db)
	} else {
		t.Logf("we hear ffmpeg with %.1f dB; same bytes: %v", db, bytes.Equal(theirs, ours))
	}
}
