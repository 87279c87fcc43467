package speaker

import (
	"encoding/binary"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// pace is how fast a device took a clip. It takes the first sample at once and
// the last one a buffer before it sounds, so that taking lasts as long as
// playing, to within the buffer.
type pace int

const (
	inTime  pace = iota
	tooFast      // Nothing can have played it.
	tooSlow      // The device stood still for a while.
)

// stall is how much longer than the clip the taking may last before we speak
// of a gap: the card is filled by halves of its buffer.
const stall = buffer

func paceOf(took, clip time.Duration) pace {
	switch {
	case took > clip+stall:
		return tooSlow
	case clip > 4*buffer && took < clip/2-buffer:
		return tooFast
	}
	return inTime
}

// bytesOf is the size of d in 16-bit samples.
func bytesOf(d time.Duration) int { return int(d.Seconds()*audio.RatePA) * 2 }

// durationOf is how long n bytes of 16-bit samples sound.
func durationOf(n int) time.Duration {
	return time.Duration(n/2) * time.Second / audio.RatePA
}

// samplesOf gives little-endian 16-bit samples.
func samplesOf(p audio.PCM) []byte {
	b := make([]byte, 0, 2*len(p.Samples))
	for _, v := range p.Int16() {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}
