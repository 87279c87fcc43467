package audio

import (
	"math"
	"time"
)

// The figures of looking for a joint: the quietest moment of jointWindow among
// those within jointReach of where it should be.
const (
	jointWindow = 2 * time.Millisecond
	jointReach  = 3 * time.Millisecond
)

// Edges finds where the sound of a clip begins and ends: the first and last
// moment less than 40 dB below its loudest, counted in samples. A silent clip
// gives 0, 0.
func Edges(p PCM) (begin, end int) {
	window := max(1, samplesIn(p.Rate, trimWindow))
	powers := blockPowers(p.Samples, window)
	loudest := 0.0
	for _, b := range powers {
		loudest = max(loudest, b)
	}
	if loudest == 0 {
		return 0, 0
	}
	floor := loudest * math.Pow(10, -trimBelow/10)
	first, last := 0, len(powers)-1
	for powers[first] < floor {
		first++
	}
	for powers[last] < floor {
		last--
	}
	return first * window, min(len(p.Samples), (last+1)*window)
}

// Joint gives the best place for a joint near sample at: where the waveform
// crosses zero in the quietest moment close by. It never leaves the clip.
func Joint(p PCM, at int) int {
	s, reach, half := p.Samples, samplesIn(p.Rate, jointReach), max(1, samplesIn(p.Rate, jointWindow)/2)
	at = max(0, min(len(s), at))
	best, least := at, math.Inf(1)
	for i := max(half, at-reach); i <= min(len(s)-half, at+reach); i++ {
		power := 0.0
		for _, v := range s[i-half : i+half] {
			power += float64(v) * float64(v)
		}
		if power < least {
			best, least = i, power
		}
	}
	return crossing(s, best, half)
}

// crossing is the zero crossing next to at, at most reach away; at if there is none.
func crossing(s []float32, at, reach int) int {
	for d := range reach {
		for _, i := range [2]int{at + d, at - d} {
			if i > 0 && i < len(s) && (s[i-1] < 0) != (s[i] < 0) {
				return i
			}
		}
	}
	return at
}
