package media

import (
	"math"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Levels of the tones of a key that we press: −9 and −7 dBFS, the upper group
// the louder one as ITU-T Q.23 wants it.
const (
	rowLevel    = 11000
	columnLevel = 14000
)

// KeySound is how a key sounds ('0'–'9', '*', '#', 'A'–'D'), for telephones
// that take no telephone events; nil for anything else. 8 kHz.
func KeySound(digit rune, d time.Duration) []int16 {
	at := strings.IndexRune(keypad, digit)
	if at < 0 {
		return nil
	}
	tones := keyTones()
	row, column := tones[at/4], tones[4+at%4]
	samples := make([]int16, int(d*rtp.SampleRate/time.Second))
	for i := range samples {
		t := 2 * math.Pi * float64(i) / rtp.SampleRate
		samples[i] = int16(rowLevel*math.Sin(row*t) + columnLevel*math.Sin(column*t))
	}
	return samples
}
