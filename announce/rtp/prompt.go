package rtp

import (
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The frame of telephony: 20 ms of 8 kHz sound, one G.711 byte per sample.
const (
	SampleRate    = 8000                  // Samples per second.
	FrameDuration = 20 * time.Millisecond // Sound in one packet.
	FrameSamples  = 160                   // Samples, and G.711 bytes, in one frame.
)

// Law is a companding law of G.711.
type Law uint8

// The laws.
const (
	ALaw Law = iota // PCMA, static payload type 8 (RFC 3551).
	ULaw            // PCMU, static payload type 0 (RFC 3551).
)

// String gives the name of the law in SDP.
func (l Law) String() string {
	if l == ULaw {
		return "PCMU"
	}
	return "PCMA"
}

// PayloadType gives the static RTP payload type of the law (RFC 3551 §6).
func (l Law) PayloadType() uint8 {
	if l == ULaw {
		return 0
	}
	return 8
}

// Silence gives the code of a silent sample.
func (l Law) Silence() byte {
	if l == ULaw {
		return audio.SilenceULaw
	}
	return audio.SilenceALaw
}

// encode appends the G.711 bytes of samples to dst.
func (l Law) encode(dst []byte, samples []int16) []byte {
	if l == ULaw {
		return audio.EncodeULaw(dst, samples)
	}
	return audio.EncodeALaw(dst, samples)
}

// Decode appends the samples of G.711 bytes to dst.
func (l Law) Decode(dst []int16, data []byte) []int16 {
	if l == ULaw {
		return audio.DecodeULaw(dst, data)
	}
	return audio.DecodeALaw(dst, data)
}

// Prompt is a piece of speech encoded in both laws, immutable and shared by
// every call that plays it.
type Prompt struct {
	data    [2][]byte // By Law; whole frames.
	foreign bool      // Of another codec.
}

// NewPrompt encodes 8 kHz samples; the last frame is filled up with silence.
func NewPrompt(samples []int16) *Prompt {
	whole := (len(samples) + FrameSamples - 1) / FrameSamples * FrameSamples
	p := &Prompt{}
	for _, law := range []Law{ALaw, ULaw} {
		p.data[law] = pad(law.encode(make([]byte, 0, whole), samples), whole, law)
	}
	return p
}

func pad(data []byte, size int, law Law) []byte {
	for len(data) < size {
		data = append(data, law.Silence())
	}
	return data
}

// Frames counts the packets the prompt takes.
func (p *Prompt) Frames() int { return len(p.data[ALaw]) / FrameSamples }

// Duration tells how long the prompt sounds, in whole frames.
func (p *Prompt) Duration() time.Duration { return time.Duration(p.Frames()) * FrameDuration }

func (p *Prompt) frame(law Law, i int) []byte {
	return p.data[law][i*FrameSamples : (i+1)*FrameSamples]
}
