package media

import (
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// inbandPatience is how long a key found in the sound waits for the same key
// as a telephone event, where those were agreed.
const inbandPatience = 200 * time.Millisecond

// toneWatch looks for keys in the sound of one call.
type toneWatch struct {
	inband *Inband
	doubt  bool // Telephone events were agreed: only if none comes is a tone a key.
	found  rune
	since  time.Time
}

func newToneWatch() *toneWatch { return &toneWatch{inband: NewInband()} }

// busy reports whether something was begun that has to be seen to its end.
func (t *toneWatch) busy() bool { return t.found != 0 || t.inband.busy() }

// samples takes sound and gives the key that is certain now, 0 for none. Of
// several in one packet, which no hand can press, the last counts.
func (t *toneWatch) samples(s []int16, now time.Time) (digit rune) {
	t.inband.Samples(s, func(d rune) {
		if !t.doubt {
			digit = d
			return
		}
		if t.found != 0 {
			digit = t.found
		}
		t.found, t.since = d, now
	})
	if t.found != 0 && (!t.doubt || now.Sub(t.since) >= inbandPatience) {
		digit, t.found = t.found, 0
	}
	return digit
}

// The figures of loud: samples looked at, and the G.711 code from which one is
// loud, about 700 of 32768, and how many of 40 have to be.
const (
	loudStep  = 4
	loudCode  = 40
	loudShare = 10 // One in so many.
)

// loud reports whether a packet may hold a tone, from its codes alone.
func loud(law rtp.Law, payload []byte) bool {
	flip := byte(0x55)
	if law == rtp.ULaw {
		flip = 0xff
	}
	count := 0
	for i := 0; i < len(payload); i += loudStep {
		if (payload[i]^flip)&0x7f >= loudCode {
			count++
		}
	}
	return count*loudShare*loudStep > len(payload)
}
