package audio

import (
	"fmt"
	"math"
	"time"
)

// The levels that speech and chime are brought to.
const (
	SpeechLUFS = -18.0 // Loudspeaker: K-weighted level while somebody speaks.
	ChimeLUFS  = -24.0 // Loudspeaker: the chime, softer than the speech.
	PhoneRMS   = 2600  // Telephone: active RMS of 32767 = -19 dBm0 (RFC 7874 §4).
)

// activeRange is how far below the loudest moment speech still counts as
// speaking, in decibels; pauses and tails lie lower.
const activeRange = 25.0

// ActiveLUFS is the K-weighted loudness (ITU-R BS.1770) of p while it sounds,
// in LUFS; -∞ for silence. The integrated measure of EBU R128 would gate a
// single word away altogether. Sound of another rate is converted to 48 kHz first.
func ActiveLUFS(p PCM) (float64, error) {
	p, err := Resample(p, RatePA)
	if err != nil {
		return 0, fmt.Errorf("measure loudness: %w", err)
	}
	return -0.691 + 10*math.Log10(activePower(kWeight(p.Samples), p.Rate)), nil
}

// ActiveRMS is the RMS (1 = full scale) of p while somebody speaks, measured
// behind a 300 Hz high-pass as RFC 7874 §4 asks.
func ActiveRMS(p PCM) float64 {
	return math.Sqrt(activePower(highPass(p.Rate, 300).run(p.Samples), p.Rate))
}

// activePower is the mean square over the 10 ms blocks within activeRange of
// the loudest.
func activePower(s []float32, rate int) float64 {
	blocks := blockPowers(s, samplesIn(rate, 10*time.Millisecond))
	loudest := 0.0
	for _, b := range blocks {
		loudest = max(loudest, b)
	}
	floor, sum, n := loudest*math.Pow(10, -activeRange/10), 0.0, 0
	for _, b := range blocks {
		if b > floor {
			sum += b
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

func blockPowers(s []float32, block int) []float64 {
	if block < 1 {
		return nil
	}
	var out []float64
	for ; len(s) > 0; s = s[min(block, len(s)):] {
		sum := 0.0
		for _, v := range s[:min(block, len(s))] {
			sum += float64(v) * float64(v)
		}
		out = append(out, sum/float64(block))
	}
	return out
}

// ToLUFS scales a copy of p so that its active loudness is target, changing it
// by at most maxDB either way. Silence stays silence.
func ToLUFS(p PCM, target, maxDB float64) (PCM, error) {
	now, err := ActiveLUFS(p)
	if err != nil || math.IsInf(now, -1) {
		return p, err
	}
	out := p.Clone()
	out.Gain(max(-maxDB, min(maxDB, target-now)))
	return out, nil
}

// ForPhone brings speech to 8 kHz at the level of RFC 7874 §4. Peaks are held
// below full scale.
func ForPhone(p PCM) (PCM, error) {
	p, err := Resample(p, RatePhone)
	if err != nil {
		return PCM{}, fmt.Errorf("prepare for the phone: %w", err)
	}
	out := p.Clone()
	if rms := ActiveRMS(out); rms > 0 {
		out.Gain(DB(PhoneRMS / 32767.0 / rms))
	}
	return Limit(out), nil
}
