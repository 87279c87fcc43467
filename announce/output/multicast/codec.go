package multicast

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output/g722"
	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Silence before a page fills the devices' jitter buffers, silence after it
// lets them play out.
const (
	leadIn  = 200 * time.Millisecond
	leadOut = 60 * time.Millisecond
)

// encoder turns clips into packets' contents.
type encoder struct {
	codec     rtp.Codec
	resampler *audio.Resampler
	encode    func(samples []int16) *rtp.Prompt
}

// newEncoder knows the codecs by their names in SDP.
func newEncoder(name string) (*encoder, error) {
	e := &encoder{encode: rtp.NewPrompt}
	rate := audio.RatePhone
	switch strings.ToLower(name) {
	case "", "pcma":
		e.codec = rtp.Codec{Law: rtp.ALaw, Payload: rtp.ALaw.PayloadType()}
	case "pcmu":
		e.codec = rtp.Codec{Law: rtp.ULaw, Payload: rtp.ULaw.PayloadType()}
	case "g722":
		rate, e.encode = g722.SampleRate, wideband
		e.codec = rtp.Codec{Payload: g722.PayloadType}
	default:
		return nil, fmt.Errorf("%w: codec %q, want pcma, pcmu or g722", ErrConfig, name)
	}
	var err error
	e.resampler, err = audio.NewResampler(audio.RatePA, rate)
	return e, err
}

// prompt encodes a clip with silence around it.
func (e *encoder) prompt(p audio.PCM) (*rtp.Prompt, error) {
	p, err := e.resampler.Do(p)
	if err != nil {
		return nil, err
	}
	samples := append(audio.Silence(p.Rate, leadIn).Int16(), p.Int16()...)
	return e.encode(append(samples, audio.Silence(p.Rate, leadOut).Int16()...)), nil
}

// wideband encodes 16 kHz samples of a page that begins and ends with silence.
func wideband(samples []int16) *rtp.Prompt {
	encoder := g722.NewEncoder()
	data := encoder.Encode(nil, samples)
	for len(data)%rtp.FrameSamples != 0 {
		data = encoder.Encode(data, make([]int16, 2))
	}
	return rtp.NewEncodedPrompt(data, 0)
}
