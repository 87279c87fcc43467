package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// wavFile makes a WAV file of any kind, also of kinds that are refused.
func wavFile(tag, channels, bits uint16, rate uint32, data []byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF\x00\x00\x00\x00WAVE"), "LIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00"...)
	b = le.AppendUint16(b, tag)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, rate*uint32(channels)*uint32(bits)/8)
	b = le.AppendUint16(b, channels*bits/8)
	b = le.AppendUint16(b, bits)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestDecodeWAV(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want []float32 // nil: refused
	}{
		"16 bit mono":      {wavFile(1, 1, 16, 48000, []byte{0x00, 0x40, 0x00, 0xc0}), []float32{0.5, -0.5}},
		"16 bit stereo":    {wavFile(1, 2, 16, 44100, []byte{0x00, 0x40, 0x00, 0x00}), []float32{0.25}},
		"24 bit mono":      {wavFile(1, 1, 24, 48000, []byte{0, 0, 0x40, 0, 0, 0x80}), []float32{0.5, -1}},
		"empty":            {wavFile(1, 1, 16, 8000, nil), []float32{}},
		"float":            {wavFile(3, 1, 32, 48000, make([]byte, 4)), nil},
		"A-law":            {wavFile(6, 1, 8, 8000, make([]byte, 4)), nil},
		"8 bit":            {wavFile(1, 1, 8, 8000, make([]byte, 4)), nil},
		"three channels":   {wavFile(1, 3, 16, 48000, make([]byte, 6)), nil},
		"odd rate":         {wavFile(1, 1, 16, 47999, make([]byte, 2)), nil},
		"half a sample":    {wavFile(1, 1, 16, 48000, make([]byte, 3)), nil},
		"truncated":        {wavFile(1, 1, 16, 48000, make([]byte, 8))[:60], nil},
		"no data":          {wavFile(1, 1, 16, 48000, nil)[:48], nil},
		"not RIFF":         {[]byte("OggS............"), nil},
		"nothing":          {nil, nil},
		"data before fmt ": {append([]byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00"), 1, 2), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := DecodeWAV(c.file)
			if c.want == nil {
				if !errors.Is(err, ErrWAV) {
					t.Fatalf("got %d samples, %v; want ErrWAV", len(got.Samples), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Samples) != len(c.want) {
				t.Fatalf("got %v, want %v", got.Samples, c.want)
			}
			for i := range c.want {
				if got.Samples[i] != c.want[i] {
					t.Errorf("sample %d: got %v, want %v", i, got.Samples[i], c.want[i])
				}
			}
		})
	}
}

func TestReadWAVIsBounded(t *testing.T) {
	_, err := ReadWAV(bytes.NewReader(make([]byte, MaxWAV+1)))
	if !errors.Is(err, ErrWAV) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestWAVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOf(rapid.Int16()).Draw(t, "samples")
		rate := int(rapid.SampledFrom(rates()).Draw(t, "rate"))
		got, err := DecodeWAV(EncodeWAV(FromInt16(rate, samples)))
		if err != nil || got.Rate != rate {
			t.Fatalf("rate %d, %v", got.Rate, err)
		}
		back := got.Int16()
		for i := range samples {
			if back[i] != samples[i] {
				t.Fatalf("sample %d: %d became %d", i, samples[i], back[i])
			}
		}
	})
}

func FuzzDecodeWAV(f *testing.F) {
	f.Add(wavFile(1, 1, 16, 48000, []byte{1, 2, 3, 4}))
	f.Add(wavFile(1, 2, 24, 8000, make([]byte, 12)))
	f.Add(wavFile(0xfffe, 1, 16, 8000, make([]byte, 12)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodeWAV(b)
		if err != nil {
			if !errors.Is(err, ErrWAV) {
				t.Errorf("error %v does not wrap ErrWAV", err)
			}
			return
		}
		once := EncodeWAV(p)
		again, err := DecodeWAV(once)
		if err != nil || !bytes.Equal(EncodeWAV(again), once) {
			t.Errorf("what was written reads back differently: %v", err)
		}
	})
}

func TestInt16Clips(t *testing.T) {
	got := PCM{Rate: 8000, Samples: []float32{2, -2, 1, -1, 0, float32(math.Inf(1))}}.Int16()
	want := []int16{32767, -32768, 32767, -32768, 0, 32767}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("sample %d: got %d, want %d", i, got[i], want[i])
		}
	}
}
