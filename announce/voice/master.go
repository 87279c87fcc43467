package voice

import (
	"errors"
	"math"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// ErrSilent means that a recording holds no sound.
var ErrSilent = errors.New("no sound")

// The steps of mastering.
const (
	rumble       = 80.0 // Hz; below it lie DC, hum and steps, no speech.
	levelPasses  = 3    // Limiting takes a little off the level again.
	levelSettled = 0.1  // LU.
)

// Master turns a recording of one phrase into a clip: no DC and rumble,
// trimmed (before the costly change of rate), at audio.RatePA, at
// audio.SpeechLUFS as far as maxDB of gain allow, true peaks below
// audio.LimitDBTP. The error is ErrSilent if there is nothing in it.
func Master(raw audio.PCM, maxDB float64) (audio.PCM, error) {
	return master(raw, maxDB, func(p audio.PCM) (audio.PCM, error) { return audio.Resample(p, audio.RatePA) })
}

func master(raw audio.PCM, maxDB float64, resample func(audio.PCM) (audio.PCM, error)) (audio.PCM, error) {
	p := audio.Trim(audio.HighPass(centred(raw), rumble))
	if len(p.Samples) == 0 {
		return p, ErrSilent
	}
	p, err := resample(p)
	if err != nil {
		return p, err
	}
	return level(p, maxDB)
}

// level brings p to the level of speech, peaks included.
func level(p audio.PCM, maxDB float64) (audio.PCM, error) {
	out, gain := audio.Limit(p), 0.0
	for range levelPasses {
		now, err := audio.ActiveLUFS(out)
		if err != nil {
			return p, err
		}
		if math.IsInf(now, -1) {
			return p, ErrSilent
		}
		want := max(-maxDB, min(maxDB, gain+audio.SpeechLUFS-now))
		if math.Abs(want-gain) < levelSettled {
			break
		}
		gain = want
		louder := p.Clone()
		louder.Gain(gain)
		out = audio.Limit(louder)
	}
	return out, nil
}

// centred takes the direct current off, which a high-pass would turn into a
// thump at the beginning.
func centred(p audio.PCM) audio.PCM {
	dc := float32(mean(p))
	out := p.Clone()
	for i := range out.Samples {
		out.Samples[i] -= dc
	}
	return out
}
