package studio

import (
	"slices"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The range of speaking voices, and the windows in which their pitch is
// looked for, in samples at 8 kHz.
const (
	lowVoice, highVoice = 60, 400 // Hz
	pitchWindow         = 320     // 40 ms: two periods of the lowest voice.
	voicedness          = 0.6     // Normalised autocorrelation of a voiced sound.
)

// medianPitch is the median pitch of a recording in hertz by autocorrelation,
// 0 if hardly anything is voiced. The median of a whole sentence tells a tired
// or excited voice; single words differ by their tone.
func medianPitch(p audio.PCM) float64 {
	p, err := audio.Resample(p, audio.RatePhone)
	if err != nil {
		return 0
	}
	var found []float64
	for at := 0; at+pitchWindow+audio.RatePhone/lowVoice < len(p.Samples); at += pitchWindow {
		if hz := pitchAt(p.Samples[at:]); hz > 0 {
			found = append(found, hz)
		}
	}
	if len(found) < 5 {
		return 0
	}
	slices.Sort(found)
	return tenth(found[len(found)/2])
}

// pitchAt is the pitch at the beginning of s: the shortest lag whose
// correlation comes near the best one, so that no octave below is taken.
func pitchAt(s []float32) float64 {
	const shortest, longest = audio.RatePhone / highVoice, audio.RatePhone / lowVoice
	best, all := 0.0, [longest + 1]float64{}
	for lag := shortest; lag <= longest; lag++ {
		all[lag] = correlation(s[:pitchWindow], s[lag:lag+pitchWindow])
		best = max(best, all[lag])
	}
	if best < voicedness {
		return 0
	}
	for lag := shortest; lag <= longest; lag++ {
		if all[lag] >= 0.9*best && (lag == longest || all[lag] >= all[lag+1]) {
			return audio.RatePhone / float64(lag)
		}
	}
	return 0
}

// correlation is 1 for equal shapes; 0 for near silence.
func correlation(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	const audible = 1e-6 // Mean square: -60 dBFS.
	if aa < audible*float64(len(a)) || bb < audible*float64(len(b)) {
		return 0
	}
	return ab * abs(ab) / (aa * bb)
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}
