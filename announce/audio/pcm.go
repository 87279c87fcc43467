package audio

import (
	"math"
	"time"
)

// The sample rates that xinmoi uses, in hertz.
const (
	RatePA    = 48000 // Loudspeakers, browsers, files and the clips of a voice.
	RatePhone = 8000  // The telephone, G.711.
)

// PCM is mono sound. Full scale is -1 … 1; values outside are legal until the
// sound is limited or written.
type PCM struct {
	Rate    int // Samples per second.
	Samples []float32
}

// Silence is d of digital silence.
func Silence(rate int, d time.Duration) PCM {
	return PCM{Rate: rate, Samples: make([]float32, samplesIn(rate, d))}
}

// Duration is how long the sound lasts.
func (p PCM) Duration() time.Duration {
	if p.Rate <= 0 {
		return 0
	}
	return time.Duration(len(p.Samples)) * time.Second / time.Duration(p.Rate)
}

// Clone copies the samples, so that the copy may be changed.
func (p PCM) Clone() PCM {
	return PCM{Rate: p.Rate, Samples: append([]float32(nil), p.Samples...)}
}

// Gain multiplies every sample in place by a factor in decibels.
func (p PCM) Gain(db float64) {
	k := float32(FromDB(db))
	for i := range p.Samples {
		p.Samples[i] *= k
	}
}

// Peak is the largest absolute sample, 1 = full scale.
func (p PCM) Peak() float64 {
	peak := float32(0)
	for _, s := range p.Samples {
		peak = max(peak, abs32(s))
	}
	return float64(peak)
}

// Int16 converts to 16-bit samples, rounding and clipping.
func (p PCM) Int16() []int16 {
	out := make([]int16, len(p.Samples))
	for i, s := range p.Samples {
		out[i] = toInt16(s)
	}
	return out
}

// FromInt16 makes PCM of 16-bit samples.
func FromInt16(rate int, samples []int16) PCM {
	out := make([]float32, len(samples))
	for i, s := range samples {
		out[i] = float32(s) / 32768
	}
	return PCM{Rate: rate, Samples: out}
}

// DB turns an amplitude ratio into decibels; zero gives -∞.
func DB(ratio float64) float64 { return 20 * math.Log10(ratio) }

// FromDB turns decibels into an amplitude ratio.
func FromDB(db float64) float64 { return math.Pow(10, db/20) }

func toInt16(s float32) int16 {
	v := math.Round(float64(s) * 32768)
	return int16(max(-32768, min(32767, v)))
}

func samplesIn(rate int, d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return int(int64(rate) * int64(d) / int64(time.Second))
}

func abs32(v float32) float32 {
	if v < 0 {
		return -v
	}
	return v
}
