package phone

import (
	"math"
	"time"
)

const (
	sampleRate = 8000
	frameSize  = sampleRate / 50 // 20 ms.
	frameTime  = 20 * time.Millisecond

	// loud is the level from which a frame counts as speech: −40 dBFS, about
	// 18 dB below speech on the telephone (RFC 7874: RMS 2600) and above
	// comfort noise.
	loud = 320

	// minSpeech is less than any prompt and more than a click or a waiting tone.
	minSpeech = 250 * time.Millisecond

	// Quiet is how long it must be quiet after speech. Menus pause for up to
	// 700 ms between their options.
	Quiet = time.Second
)

// Speech finds the end of speech in the sound of a call. It knows no clock:
// time is counted in samples. The zero value is ready.
type Speech struct {
	rest   []int16       // Samples short of a frame.
	total  time.Duration // Speech since the beginning.
	active time.Duration // Speech since Next.
	quiet  time.Duration // Quiet since the latest speech.
}

// Add listens to 8 kHz samples.
func (s *Speech) Add(samples []int16) {
	s.rest = append(s.rest, samples...)
	n := 0
	for ; len(s.rest)-n >= frameSize; n += frameSize {
		s.frame(level(s.rest[n : n+frameSize]))
	}
	s.rest = s.rest[:copy(s.rest, s.rest[n:])]
}

func (s *Speech) frame(rms float64) {
	if rms < loud {
		s.quiet += frameTime
		return
	}
	s.quiet = 0
	s.active += frameTime
	s.total += frameTime
}

// Begun reports whether there was speech since Next.
func (s *Speech) Begun() bool { return s.active >= minSpeech }

// Ended reports whether there was speech since Next, and it is over.
func (s *Speech) Ended() bool { return s.Begun() && s.quiet >= Quiet }

// Next begins to wait for the next speech.
func (s *Speech) Next() { s.active, s.quiet = 0, 0 }

// Total is how much speech there was since the beginning, without pauses.
func (s *Speech) Total() time.Duration { return s.total }

// level is the root mean square of samples.
func level(samples []int16) float64 {
	sum := 0.0
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(samples)))
}
