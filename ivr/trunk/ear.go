package trunk

import (
	"math"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/rtp"
)

// The tones by which the doctor knows who is speaking: far from each other,
// from their harmonics and from those of telephone keys.
const (
	callerTone = 600.0 // Hertz.
	calleeTone = 1000.0
	toneLevel  = 6000
	toneTime   = 3 * time.Second
	heardShare = 0.3 // Of the energy of what was heard: codecs and line noise take some.
	heardTime  = 400 * time.Millisecond
)

// tone is a prompt of one frequency.
func tone(hz float64, d time.Duration) *rtp.Prompt {
	s := make([]int16, int(d.Seconds()*rtp.SampleRate))
	for i := range s {
		s[i] = int16(toneLevel * math.Sin(2*math.Pi*hz*float64(i)/rtp.SampleRate))
	}
	return rtp.NewPrompt(s)
}

// ear keeps what one end hears, at most half a minute.
type ear struct {
	mu      sync.Mutex
	samples []int16
}

func (e *ear) hear(s []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.samples) < 30*rtp.SampleRate {
		e.samples = append(e.samples, s...)
	}
}

// heard reports for how long a tone was heard, and for how long anything.
func (e *ear) heard(hz float64) (of, any time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	const block = rtp.SampleRate / 20
	for at := 0; at+block <= len(e.samples); at += block {
		share, power := audio.EnergyAt(e.samples[at:at+block], rtp.SampleRate, hz)
		if power < 2500 { // Mean square: silence and hiss.
			continue
		}
		any += 50 * time.Millisecond
		if share > heardShare {
			of += 50 * time.Millisecond
		}
	}
	return of, any
}
