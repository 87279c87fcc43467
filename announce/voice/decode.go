package voice

import (
	"bytes"
	"fmt"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// What a clip's file may be, at most.
const (
	maxClipFile = audio.MaxWAV // Bytes.
	maxRate     = 96000        // Hertz.
	minRate     = 8000
)

// ReadClip reads a WAV or FLAC file of 8 to 96 kHz, 16 or 24 bits, mono or
// stereo (mixed down). It tells them apart by what is in them. Its rate is the
// file's. An unusable file gives an error that wraps audio.ErrWAV or ErrFLAC.
func ReadClip(path string) (audio.PCM, error) {
	b, err := readBounded(path, maxClipFile)
	if err != nil {
		return audio.PCM{}, err
	}
	return DecodeClip(b)
}

// DecodeClip is ReadClip on bytes in memory.
func DecodeClip(b []byte) (audio.PCM, error) {
	if bytes.HasPrefix(b, []byte(flacSignature)) {
		return decodeFLAC(b)
	}
	p, err := audio.DecodeWAV(b)
	if err == nil && (p.Rate < minRate || p.Rate > maxRate) {
		err = fmt.Errorf("%w: %d Hz, want %d to %d", audio.ErrWAV, p.Rate, minRate, maxRate)
	}
	return p, err
}

// readAtPA reads a clip at the rate of loudspeakers.
func readAtPA(path string) (audio.PCM, error) {
	p, err := ReadClip(path)
	if err != nil {
		return audio.PCM{}, err
	}
	return audio.Resample(p, audio.RatePA)
}
