package rtp

import (
	"bytes"
	"testing"
)

func TestEncodedPromptIsSentAsItIs(t *testing.T) {
	data := make([]byte, FrameSamples+10)
	for i := range data {
		data[i] = byte(i)
	}
	p := NewEncodedPrompt(data, 0xfa)
	if p.Frames() != 2 || p.Duration() != 2*FrameDuration {
		t.Fatalf("%d frames, %v", p.Frames(), p.Duration())
	}
	for _, law := range []Law{ALaw, ULaw} {
		sent := append(bytes.Clone(p.frame(law, 0)), p.frame(law, 1)...)
		if !bytes.Equal(sent[:len(data)], data) || !bytes.Equal(sent[len(data):], bytes.Repeat([]byte{0xfa}, FrameSamples-10)) {
			t.Errorf("%v: % x", law, sent)
		}
	}
	if n := NewEncodedPrompt(nil, 0).Frames(); n != 0 {
		t.Errorf("nothing takes %d frames", n)
	}
}
