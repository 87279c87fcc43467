package voice

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// flacFile writes samples, one slice per channel, as a FLAC file.
func flacFile(t interface{ Fatal(...any) }, rate, bits int, channels ...[]int32) []byte {
	var out bytes.Buffer
	info := &meta.StreamInfo{
		BlockSizeMin: 16, BlockSizeMax: 4096, SampleRate: uint32(rate), NChannels: uint8(len(channels)),
		BitsPerSample: uint8(bits), NSamples: uint64(len(channels[0])), MD5sum: flacSum(bits, channels),
	}
	e, err := flac.NewEncoder(&out, info)
	if err != nil {
		t.Fatal(err)
	}
	layout := frame.ChannelsMono
	if len(channels) == 2 {
		layout = frame.ChannelsLR
	}
	for from := 0; from < len(channels[0]); from += 4096 {
		to := min(from+4096, len(channels[0]))
		f := &frame.Frame{Header: frame.Header{
			BlockSize: uint16(to - from), SampleRate: uint32(rate), Channels: layout, BitsPerSample: uint8(bits),
		}}
		for _, c := range channels {
			f.Subframes = append(f.Subframes, &frame.Subframe{
				SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: c[from:to], NSamples: to - from,
			})
		}
		if err := e.WriteFrame(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func flacSum(bits int, channels [][]int32) [md5.Size]byte {
	var b []byte
	for i := range channels[0] {
		for _, c := range channels {
			b = append(b, binary.LittleEndian.AppendUint32(nil, uint32(c[i]))[:bits/8]...)
		}
	}
	return md5.Sum(b)
}

// The same samples come out of FLAC as went in, mixed to mono.
func TestFLACRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{16, 24}).Draw(t, "bits")
		rate := rapid.SampledFrom([]int{8000, 16000, 22050, 44100, 48000, 96000}).Draw(t, "rate")
		n := rapid.IntRange(16, 9000).Draw(t, "samples")
		stereo := rapid.Bool().Draw(t, "stereo")
		most := int32(1)<<(bits-1) - 1
		seed := rapid.Int32Range(1, 1<<20).Draw(t, "seed")
		left, right := make([]int32, n), make([]int32, n)
		for i := range n {
			left[i] = int32(float64(most) * math.Sin(float64(i)*float64(seed)))
			right[i] = -left[i] / 2
		}
		channels, share := [][]int32{left}, 1.0
		if stereo {
			channels, share = [][]int32{left, right}, 0.25
		}
		p, err := DecodeClip(flacFile(t, rate, bits, channels...))
		if err != nil || p.Rate != rate || len(p.Samples) != n {
			t.Fatalf("%d samples at %d Hz, %v; want %d at %d", len(p.Samples), p.Rate, err, n, rate)
		}
		for i, v := range p.Samples {
			if want := float64(left[i]) / float64(most+1) * share; math.Abs(float64(v)-want) > 1.0/float64(most) {
				t.Fatalf("sample %d is %v, want %v", i, v, want)
			}
		}
	})
}

func TestFLACRefuses(t *testing.T) {
	ramp := make([]int32, 5000)
	for i := range ramp {
		ramp[i] = int32(i*i*7919) % 20000
	}
	good := flacFile(t, 48000, 16, ramp)
	if _, err := DecodeClip(good); err != nil {
		t.Fatal(err)
	}
	patched := func(at int, b ...byte) []byte {
		return append(append(bytes.Clone(good[:at]), b...), good[at+len(b):]...)
	}
	for name, b := range map[string][]byte{
		"cut off":           good[:len(good)-100],
		"another length":    patched(4+4+17, 0),
		"only a signature":  []byte("fLaC"),
		"another MD5":       patched(4+4+18, 1, 2, 3, 4),
		"damaged sound":     patched(len(good)-50, 0xaa, 0xbb, 0xcc),
		"8 bits":            flacFile(t, 48000, 8, make([]int32, 64)),
		"three channels":    patched(4+4+12, good[4+4+12]&^0x0e|2<<1),
		"endless":           patched(4+4+14, 0xff, 0xff, 0xff, 0xff),
		"192 kHz":           patched(4+4+10, 0x2e, 0xe0, 0x00|good[4+4+12]&0x0f),
		"signature, noise":  append([]byte("fLaC"), bytes.Repeat([]byte{0x80, 0xff, 7}, 400)...),
		"no first metadata": append([]byte("fLaC"), 0x84, 0, 0, 0),
	} {
		if p, err := DecodeClip(b); !errors.Is(err, ErrFLAC) {
			t.Errorf("%s: %d samples, %v; want ErrFLAC", name, len(p.Samples), err)
		}
	}
}

// A pack of FLAC clips is as good as one of WAV clips.
func TestFLACPack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "voice")
	m, err := Build(t.Context(), dir, recipe("một", "hai"))
	if err != nil {
		t.Fatal(err)
	}
	wav, err := ReadClip(filepath.Join(dir, "c.a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int32, len(wav.Samples))
	for i, v := range wav.Int16() {
		samples[i] = int32(v)
	}
	b := flacFile(t, 48000, 16, samples)
	if err := os.WriteFile(filepath.Join(dir, "c.a.flac"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	m.Clips[0].File, m.Clips[0].SHA256 = "c.a.flac", sumOf(b)
	if err := saveManifest(dir, m); err != nil {
		t.Fatal(err)
	}
	if r, err := Check(dir); err != nil || !r.OK() {
		t.Errorf("faults %v, %v", r.Faults, err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Clip(Key{Text: "một", Pos: Final})
	if err != nil || got.Rate != audio.RatePA || len(got.Samples) != len(wav.Samples) {
		t.Fatalf("%d samples at %d Hz, %v", len(got.Samples), got.Rate, err)
	}
	for i, v := range got.Samples {
		if v != wav.Samples[i] {
			t.Fatalf("sample %d: %v, want %v", i, v, wav.Samples[i])
		}
	}
}

func FuzzDecodeClip(f *testing.F) {
	f.Add(flacFile(f, 8000, 16, []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}))
	f.Add(flacFile(f, 48000, 24, make([]int32, 40), make([]int32, 40)))
	f.Add(audio.EncodeWAV(audio.Silence(8000, 1000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodeClip(b)
		switch {
		case err != nil && !errors.Is(err, ErrFLAC) && !errors.Is(err, audio.ErrWAV):
			t.Errorf("error %v wraps neither ErrFLAC nor ErrWAV", err)
		case err != nil:
		case p.Rate < minRate || p.Rate > maxRate:
			t.Errorf("rate %d", p.Rate)
		case len(p.Samples) > maxFLACSamples && bytes.HasPrefix(b, []byte(flacSignature)):
			t.Errorf("%d bytes unfold to %d samples", len(b), len(p.Samples))
		}
	})
}
