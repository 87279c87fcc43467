package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// MaxWAV is the largest WAV file that is read, in bytes: more than five
// minutes of 48 kHz 16-bit mono.
const MaxWAV = 32 << 20

// ErrWAV is wrapped by every refusal of a WAV file.
var ErrWAV = errors.New("not a usable WAV file")

// The format tags of a WAV file's fmt chunk (Microsoft RIFF, mmreg.h).
const (
	wavePCM        = 0x0001
	waveExtensible = 0xfffe
)

// rates lists what a recording may have; others are typing errors or damage.
func rates() []uint32 {
	return []uint32{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000}
}

// ReadWAV reads a 16 or 24-bit PCM file of one or two channels, mixed to mono.
// Anything else, anything truncated and anything above MaxWAV is an error that
// wraps ErrWAV and names what was found.
func ReadWAV(r io.Reader) (PCM, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxWAV+1))
	if err != nil {
		return PCM{}, fmt.Errorf("read WAV: %w", err)
	}
	if len(b) > MaxWAV {
		return PCM{}, fmt.Errorf("%w: longer than %d bytes", ErrWAV, MaxWAV)
	}
	return DecodeWAV(b)
}

// DecodeWAV is ReadWAV on bytes in memory.
func DecodeWAV(b []byte) (PCM, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return PCM{}, fmt.Errorf("%w: no RIFF/WAVE header in %d bytes", ErrWAV, len(b))
	}
	var f *wavFormat
	for rest := b[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if size > uint64(len(rest)) {
			return PCM{}, fmt.Errorf("%w: chunk %q of %d bytes, %d left", ErrWAV, id, size, len(rest))
		}
		body := rest[:size]
		switch id {
		case "fmt ":
			got, err := parseFormat(body)
			if err != nil {
				return PCM{}, err
			}
			f = &got
		case "data":
			if f == nil {
				return PCM{}, fmt.Errorf("%w: data before format", ErrWAV)
			}
			return f.decode(body)
		}
		rest = rest[min(uint64(len(rest)), size+size%2):] // Chunks are padded to even length.
	}
	return PCM{}, fmt.Errorf("%w: no data chunk", ErrWAV)
}

type wavFormat struct {
	channels, bits int
	rate           uint32
}

func parseFormat(b []byte) (wavFormat, error) {
	if len(b) < 16 {
		return wavFormat{}, fmt.Errorf("%w: format chunk of %d bytes", ErrWAV, len(b))
	}
	le := binary.LittleEndian
	tag := le.Uint16(b)
	if tag == waveExtensible && len(b) >= 26 {
		tag = le.Uint16(b[24:]) // First two bytes of the sub-format GUID.
	}
	f := wavFormat{channels: int(le.Uint16(b[2:])), rate: le.Uint32(b[4:]), bits: int(le.Uint16(b[14:]))}
	switch {
	case tag != wavePCM:
		return f, fmt.Errorf("%w: format tag %#x, want PCM", ErrWAV, tag)
	case f.channels != 1 && f.channels != 2:
		return f, fmt.Errorf("%w: %d channels, want 1 or 2", ErrWAV, f.channels)
	case f.bits != 16 && f.bits != 24:
		return f, fmt.Errorf("%w: %d bits, want 16 or 24", ErrWAV, f.bits)
	case !slices.Contains(rates(), f.rate):
		return f, fmt.Errorf("%w: %d Hz", ErrWAV, f.rate)
	case int(le.Uint16(b[12:])) != f.channels*f.bits/8:
		return f, fmt.Errorf("%w: block of %d bytes", ErrWAV, le.Uint16(b[12:]))
	}
	return f, nil
}

func (f wavFormat) decode(b []byte) (PCM, error) {
	width := f.bits / 8
	block := width * f.channels
	if len(b)%block != 0 {
		return PCM{}, fmt.Errorf("%w: %d bytes in blocks of %d", ErrWAV, len(b), block)
	}
	out := make([]float32, len(b)/block)
	for i := range out {
		sum := float32(0)
		for c := range f.channels {
			sum += sample(b[i*block+c*width:], width)
		}
		out[i] = sum / float32(f.channels)
	}
	return PCM{Rate: int(f.rate), Samples: out}, nil
}

func sample(b []byte, width int) float32 {
	if width == 2 {
		return float32(int16(binary.LittleEndian.Uint16(b))) / 32768
	}
	v := int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24) >> 8
	return float32(v) / (1 << 23)
}

// EncodeWAV gives p as a 16-bit mono WAV file.
func EncodeWAV(p PCM) []byte {
	const header = 44
	size := 2 * len(p.Samples)
	le := binary.LittleEndian
	b := make([]byte, 0, header+size)
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(header-8+size))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, wavePCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(p.Rate))
	b = le.AppendUint32(b, uint32(2*p.Rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(size))
	for _, s := range p.Samples {
		b = le.AppendUint16(b, uint16(toInt16(s)))
	}
	return b
}

// WriteWAV writes p as a 16-bit mono WAV file.
func WriteWAV(w io.Writer, p PCM) error {
	if _, err := w.Write(EncodeWAV(p)); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}
