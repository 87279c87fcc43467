package output

import (
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The tone of self-tests: present on the wire, far below what can be heard.
const (
	testLevel = -80 // dBFS.
	testHz    = 1000
	testTime  = 50 * time.Millisecond
)

// TestTone is what a silent SelfTest plays, at audio.RatePA.
func TestTone() audio.PCM {
	p := audio.Beep(audio.RatePA, testHz, testTime)
	if peak := p.Peak(); peak > 0 {
		p.Gain(testLevel - audio.DB(peak))
	}
	return p
}
