package rtp

// NewEncodedPrompt makes a prompt of sound that is already in a stream's own
// codec, of any kind that has FrameSamples bytes in 20 ms and a clock of
// SampleRate, such as G.722 (RFC 3551 §4.5.2). silence fills up the last frame.
// Such a prompt is only for streams that are closed when it ends: what a Stream
// sends by itself is G.711.
func NewEncodedPrompt(data []byte, silence byte) *Prompt {
	whole := (len(data) + FrameSamples - 1) / FrameSamples * FrameSamples
	filled := append(make([]byte, 0, whole), data...)
	for len(filled) < whole {
		filled = append(filled, silence)
	}
	return &Prompt{data: [2][]byte{ALaw: filled, ULaw: filled}, foreign: true}
}
