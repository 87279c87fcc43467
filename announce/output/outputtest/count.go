// Package outputtest gives tests a hall to be heard in: a private PulseAudio
// whose sinks go nowhere at the pace of a real card, and which can be recorded,
// killed and started again.
package outputtest

import (
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The signal of Counting.
const (
	countStep = 7
	countWrap = 32749
)

// Counting is a signal that counts, so that a hole or a jump in it shows.
func Counting(d time.Duration) audio.PCM {
	signal := make([]int16, int(d.Seconds()*audio.RatePA))
	for i := range signal {
		signal[i] = int16(i*countStep%countWrap + 1)
	}
	return audio.FromInt16(audio.RatePA, signal)
}

// Heard is what became of a counting signal.
type Heard struct {
	Samples int  // Of the signal, in the recording.
	Holes   int  // Silent samples inside it.
	Jumps   int  // Places where it did not go on counting.
	Whole   bool // Its last sample was heard.
}

// CountHeard looks for a counting signal in a recording.
func CountHeard(recording, signal audio.PCM) (h Heard) {
	heard, sent := recording.Int16(), signal.Int16()
	first, last := 0, len(heard)-1
	for first < len(heard) && heard[first] == 0 {
		first++
	}
	for last > first && heard[last] == 0 {
		last--
	}
	if first >= len(heard) {
		return h
	}
	h.Whole = heard[last] == sent[len(sent)-1]
	for i := first; i <= last; i++ {
		switch {
		case heard[i] == 0:
			h.Holes++
			continue
		case i > first && heard[i-1] != 0:
			if d := int(heard[i]) - int(heard[i-1]); d != countStep && d != countStep-countWrap {
				h.Jumps++
			}
		}
		h.Samples++
	}
	return h
}
