package ivr

import (
	"math"
	"time"
)

// fillerTone is what a caller hears again and again while a sentence is not
// ready yet: one soft short tone, 440 Hz at about −27 dBFS.
func fillerTone() []int16 {
	const (
		hz        = 440.0
		amplitude = 2000.0
		length    = 160 * time.Millisecond
		fade      = 10 * time.Millisecond
	)
	samples := make([]int16, samplesIn(length))
	for i := range samples {
		edge := min(1, float64(min(i, len(samples)-i))/float64(samplesIn(fade)))
		samples[i] = int16(edge * amplitude * math.Sin(2*math.Pi*hz*float64(i)/sampleRate))
	}
	return samples
}
