package voice

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/xinmoi/xinmoi/announce/audio"
)

const flacSignature = "fLaC"

// maxFLACSamples bounds what a small file may unfold into: silence takes next
// to nothing in FLAC. Two minutes at 96 kHz.
const maxFLACSamples = 120 * maxRate

// ErrFLAC is wrapped by every refusal of a FLAC file.
var ErrFLAC = errors.New("not a usable FLAC file")

// decodeFLAC reads a FLAC file, mixed to mono, and checks the MD5 that its
// encoder left in it. A decoder that panics on a crafted file gives an error.
func decodeFLAC(b []byte) (p audio.PCM, err error) {
	defer func() {
		if bad := recover(); bad != nil {
			p, err = audio.PCM{}, fmt.Errorf("%w: %v", ErrFLAC, bad)
		}
	}()
	stream, err := flac.New(bytes.NewReader(b))
	if err != nil {
		return audio.PCM{}, fmt.Errorf("%w: %w", ErrFLAC, err)
	}
	if err := usableFLAC(stream.Info); err != nil {
		return audio.PCM{}, fmt.Errorf("%w: %w", ErrFLAC, err)
	}
	d := flacDecoder{info: stream.Info, sum: md5.New()}
	if err := d.frames(stream); err != nil {
		return audio.PCM{}, fmt.Errorf("%w: %w", ErrFLAC, err)
	}
	return audio.PCM{Rate: int(stream.Info.SampleRate), Samples: d.samples}, nil
}

func usableFLAC(i *meta.StreamInfo) error {
	switch {
	case i.NChannels != 1 && i.NChannels != 2:
		return fmt.Errorf("%d channels, want 1 or 2", i.NChannels)
	case i.BitsPerSample != 16 && i.BitsPerSample != 24:
		return fmt.Errorf("%d bits, want 16 or 24", i.BitsPerSample)
	case i.SampleRate < minRate || i.SampleRate > maxRate:
		return fmt.Errorf("%d Hz, want %d to %d", i.SampleRate, minRate, maxRate)
	case i.NSamples > maxFLACSamples:
		return fmt.Errorf("%d samples, at most %d", i.NSamples, maxFLACSamples)
	}
	return nil
}

type flacDecoder struct {
	info    *meta.StreamInfo
	sum     hash.Hash
	samples []float32
}

func (d *flacDecoder) frames(stream *flac.Stream) error {
	for {
		f, err := stream.ParseNext()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return d.complete()
		}
		if err != nil {
			return err
		}
		if err := d.frame(f); err != nil {
			return err
		}
	}
}

// frame takes the samples of one frame, which must be as the head announced.
func (d *flacDecoder) frame(f *frame.Frame) error {
	n, channels := int(f.BlockSize), len(f.Subframes)
	if channels != int(d.info.NChannels) || f.BitsPerSample != 0 && f.BitsPerSample != d.info.BitsPerSample {
		return fmt.Errorf("a frame of %d channels and %d bits among others", channels, f.BitsPerSample)
	}
	if len(d.samples)+n > maxFLACSamples {
		return fmt.Errorf("more than %d samples", maxFLACSamples)
	}
	f.BitsPerSample = d.info.BitsPerSample // 0 in a frame means: see the head.
	f.Hash(d.sum)
	scale := 1 / (float32(channels) * float32(int32(1)<<(d.info.BitsPerSample-1)))
	for i := range n {
		sum := int32(0)
		for _, c := range f.Subframes {
			if len(c.Samples) != n {
				return fmt.Errorf("a frame of %d and %d samples", n, len(c.Samples))
			}
			sum += c.Samples[i]
		}
		d.samples = append(d.samples, float32(sum)*scale)
	}
	return nil
}

// complete compares what came with what the head announced.
func (d *flacDecoder) complete() error {
	if n := uint64(len(d.samples)); d.info.NSamples != 0 && n != d.info.NSamples {
		return fmt.Errorf("%d samples of %d: the file is cut off", n, d.info.NSamples)
	}
	if want := d.info.MD5sum; want != [md5.Size]byte{} && !bytes.Equal(d.sum.Sum(nil), want[:]) {
		return errors.New("its sound does not match its MD5: the file is damaged")
	}
	return nil
}
