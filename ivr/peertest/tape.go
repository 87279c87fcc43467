package peertest

import (
	"slices"
	"sync"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Tape keeps what a call hears, at 8 kHz. It may be listened to meanwhile.
type Tape struct {
	mu      sync.Mutex
	samples []int16
}

// Tap takes samples, as sip.Call.Heard gives them.
func (t *Tape) Tap(s []int16) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.samples = append(t.samples, s...)
}

// Samples gives what was heard so far.
func (t *Tape) Samples() []int16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.samples)
}

// Share is Share of what was heard so far.
func (t *Tape) Share(hz float64) (share, power float64) { return Share(t.Samples(), hz) }

// Share gives the part of the energy at a frequency, and the mean square, of
// sound at 8 kHz without the silence before and after it, which would dilute it.
func Share(samples []int16, hz float64) (share, power float64) {
	loud := func(s int16) bool { return s > 100 || s < -100 }
	first := slices.IndexFunc(samples, loud)
	if first < 0 {
		return 0, 0
	}
	last := len(samples)
	for !loud(samples[last-1]) {
		last--
	}
	return audio.EnergyAt(samples[first:last], rtp.SampleRate, hz)
}

// Hums reports whether a moment of what was heard, 50 ms, is one frequency. A
// busy machine may leave gaps between such moments.
func (t *Tape) Hums(hz float64) bool {
	const moment = rtp.SampleRate / 20
	samples := t.Samples()
	for at := 0; at+moment <= len(samples); at += moment / 2 {
		if share, power := Share(samples[at:at+moment], hz); share > 0.9 && power > 1e6 {
			return true
		}
	}
	return false
}
