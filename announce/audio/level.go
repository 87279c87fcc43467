package audio

import (
	"fmt"
	"math"
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
	return LUFS(HallLevels(p)), nil
}

// ActiveRMS is the RMS (1 = full scale) of p while somebody speaks, measured
// behind a 300 Hz high-pass as RFC 7874 §4 asks.
func ActiveRMS(p PCM) float64 { return RMS(PhoneLevels(p)) }

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
