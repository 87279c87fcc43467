package audio

import (
	"math"
	"time"
)

// levelBlock is the length of the blocks in which loudness is measured.
const levelBlock = 10 * time.Millisecond

// Levels is the weighted power of a sound in blocks of 10 ms. It is measured
// once per clip; the loudness of a sentence made of clips then costs next to
// nothing, since it is that of their blocks together.
type Levels []float32

// HallLevels measures p with the K-weighting of ITU-R BS.1770, for
// loudspeakers; p must be at RatePA.
func HallLevels(p PCM) Levels { return levelsOf(kWeight(p.Samples), p.Rate) }

// PhoneLevels measures p behind the 300 Hz high-pass of RFC 7874 §4.
func PhoneLevels(p PCM) Levels { return levelsOf(highPass(p.Rate, 300).run(p.Samples), p.Rate) }

func levelsOf(s []float32, rate int) Levels {
	powers := blockPowers(s, samplesIn(rate, levelBlock))
	out := make(Levels, len(powers))
	for i, v := range powers {
		out[i] = float32(v)
	}
	return out
}

// LUFS is the loudness of K-weighted parts together while they sound, in LUFS;
// -∞ for silence.
func LUFS(parts ...Levels) float64 { return lufsOf(active(parts...)) }

// RMS is the level of parts together while they sound, 1 = full scale.
func RMS(parts ...Levels) float64 { return math.Sqrt(active(parts...)) }

func lufsOf(power float64) float64 { return -0.691 + 10*math.Log10(power) }

// active is the mean power over the blocks within activeRange of the loudest.
func active(parts ...Levels) float64 {
	loudest := float32(0)
	for _, part := range parts {
		for _, v := range part {
			loudest = max(loudest, v)
		}
	}
	floor, sum, n := loudest*float32(math.Pow(10, -activeRange/10)), 0.0, 0
	for _, part := range parts {
		for _, v := range part {
			if v > floor {
				sum += float64(v)
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
