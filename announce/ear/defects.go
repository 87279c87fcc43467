package ear

import (
	"math"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Gap is a stretch of nothing where there should be sound, in samples.
type Gap struct{ From, Length int }

// The figures of a gap: nothing is what no digital path adds noise to, and
// sound is what a listener hears on both sides of it.
const (
	gapNothing = 0.5 / 32768
	gapSound   = 0.003 // -50 dB of full scale.
	gapAround  = 2 * time.Millisecond
)

// Gaps finds inserted silence: runs of at least least samples of digital zero
// with sound right before and right behind. A pause fades out and in, and is none.
func Gaps(p audio.PCM, least int) []Gap {
	around := int(gapAround.Seconds() * float64(p.Rate))
	var out []Gap
	for i := 0; i < len(p.Samples); i++ {
		from := i
		for i < len(p.Samples) && math.Abs(float64(p.Samples[i])) < gapNothing {
			i++
		}
		if i-from >= max(1, least) && i < len(p.Samples) && from > 0 &&
			loud(p.Samples[max(0, from-around):from]) && loud(p.Samples[i:min(len(p.Samples), i+around)]) {
			out = append(out, Gap{from, i - from})
		}
	}
	return out
}

func loud(s []float32) bool {
	return math.Sqrt(energyOf(s)/float64(max(1, len(s)))) > gapSound
}

// The figures of a click: energy above clickBand in clickWindow.
const (
	clickBand   = 6000.0 // Hz.
	clickWindow = time.Millisecond
	clickAround = 5 * time.Millisecond
)

// Click measures how much of a click a joint makes: the high-frequency level
// of its worst millisecond, within 5 ms of the sample at, in decibels of the
// level of the speech around. A waveform that is cut and glued anywhere gives
// -25 dB and more; a joint in a quiet moment lies below -40 dB. It tells
// nothing of sound below 16 kHz sample rate.
func Click(p audio.PCM, at int) float64 {
	around, window := int(clickAround.Seconds()*float64(p.Rate)), max(1, int(clickWindow.Seconds()*float64(p.Rate)))
	margin := p.Rate / 2
	lo, hi := max(0, at-margin), min(len(p.Samples), at+margin)
	if lo >= hi {
		return math.Inf(-1)
	}
	near := audio.PCM{Rate: p.Rate, Samples: p.Samples[lo:hi]}
	high := audio.HighPass(audio.HighPass(near, clickBand), clickBand).Samples
	worst := 0.0
	for from := max(0, at-lo-around); from+window <= min(len(high), at-lo+around); from++ {
		worst = max(worst, energyOf(high[from:from+window])/float64(window))
	}
	return audio.DB(math.Sqrt(worst)) - audio.DB(audio.RMS(audio.PhoneLevels(near)))
}

// Spread is the difference between the loudest and the softest of the hits in
// what was heard, in LU, K-weighted while they sound; and their standard
// deviation. Fewer than two have none.
func Spread(heard audio.PCM, hits []Hit) (lu, deviation float64, err error) {
	var levels []float64
	for _, h := range hits {
		from := max(0, int(h.At.Seconds()*float64(heard.Rate)))
		to := min(len(heard.Samples), int(h.Until.Seconds()*float64(heard.Rate)))
		if from >= to {
			continue
		}
		level, err := audio.ActiveLUFS(audio.PCM{Rate: heard.Rate, Samples: heard.Samples[from:to]})
		if err != nil {
			return 0, 0, err
		}
		levels = append(levels, level)
	}
	if len(levels) < 2 {
		return 0, 0, nil
	}
	least, most, m, squares := math.Inf(1), math.Inf(-1), mean(levels), 0.0
	for _, v := range levels {
		least, most, squares = min(least, v), max(most, v), squares+(v-m)*(v-m)
	}
	return most - least, math.Sqrt(squares / float64(len(levels))), nil
}
