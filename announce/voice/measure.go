package voice

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// flatRun is how many samples at full scale in a row mean that a peak was cut.
const flatRun = 3

// fullScaleRun is the longest run of samples at full scale.
func fullScaleRun(p audio.PCM) int {
	const full = 32766.0 / 32768
	longest, run := 0, 0
	for _, v := range p.Samples {
		if math.Abs(float64(v)) < full {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// mean is the DC offset of p, 1 = full scale.
func mean(p audio.PCM) float64 {
	if len(p.Samples) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range p.Samples {
		sum += float64(v)
	}
	return sum / float64(len(p.Samples))
}

// The figures of looking at a clip in short windows.
const (
	window   = 5 * time.Millisecond
	silence  = 40.0 // dB below the loudest window; as in audio.Trim.
	edgeSkip = 1    // Windows at both ends that fades may have touched.
	minSpans = 8    // Windows of a clip that can be judged.
)

// powers gives the mean square of each window of p, less its offset.
func powers(p audio.PCM) (out []float64, size int) {
	size = max(1, p.Rate*int(window/time.Millisecond)/1000)
	dc := mean(p)
	for from := 0; from+size <= len(p.Samples); from += size {
		sum := 0.0
		for _, v := range p.Samples[from : from+size] {
			sum += (float64(v) - dc) * (float64(v) - dc)
		}
		out = append(out, sum/float64(size))
	}
	return out, size
}

// edges gives the silence before and behind the words.
func edges(p audio.PCM) (lead, tail time.Duration) {
	all, _ := powers(p)
	if len(all) == 0 {
		return 0, 0
	}
	floor := slices.Max(all) * math.Pow(10, -silence/10)
	loud := func(v float64) bool { return v > floor }
	first := slices.IndexFunc(all, loud)
	if first < 0 {
		return p.Duration(), 0
	}
	last := len(all) - 1
	for !loud(all[last]) {
		last--
	}
	return time.Duration(first) * window, time.Duration(len(all)-1-last) * window
}

// background measures what is heard of the room in a clip: the level of its
// quietest moment in dB below the speech, which is at least that of the room;
// and that of the louder of its ends if both are noise. A clip cut out of fluent
// speech may have no quiet moment at all, and one end may be an s or an x: that
// says nothing of the room, but the same noise at both ends does.
func background(p audio.PCM) (quietest, ends float64) {
	all, size := powers(p)
	last := len(all) - edgeSkip - 1
	if last < minSpans {
		return -120, -120
	}
	speech := slices.Max(all) * math.Pow(10, -crestOfSpeech/10)
	at := func(i int) float64 { return max(-120, 10*math.Log10(all[i]/speech+1e-12)) }
	quietest = math.Inf(1)
	for i := edgeSkip; i <= last; i++ {
		quietest = min(quietest, at(i))
	}
	first, second := at(edgeSkip), at(last)
	noise := func(i int) bool { return flatness(p.Samples[i*size:(i+1)*size]) > noiseFlatness }
	if math.Abs(first-second) > sameNoise || max(first, second) < -MinSNR || !noise(edgeSkip) || !noise(last) {
		return quietest, -120
	}
	return quietest, max(first, second)
}

// sameNoise is how much the noise of a room varies within a clip, in decibels.
const sameNoise = 8.0

// crestOfSpeech is how far the loudest 5 ms lie above the level of speech, in
// decibels.
const crestOfSpeech = 6.0

// noiseFlatness is the spectral flatness above which sound is noise: 0.56 for
// white noise, below 0.1 for a vowel.
const noiseFlatness = 0.2

// flatness is the geometric mean of the power spectrum over its arithmetic
// mean, over the bands of speech: 1 is perfectly flat.
func flatness(s []float32) float64 {
	const bands = 24
	n := len(s)
	if n < 5*bands {
		return 0
	}
	logs, sum := 0.0, 0.0
	for b := range bands {
		power := bandPower(s, 2+b)
		logs += math.Log(power + 1e-20)
		sum += power
	}
	if sum == 0 {
		return 0
	}
	return math.Exp(logs/bands) / (sum/bands + 1e-20)
}

// bandPower is the power of s, behind a Hann window, at k periods of its length.
func bandPower(s []float32, k int) float64 {
	re, im := 0.0, 0.0
	for i, v := range s {
		hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(s)))
		sin, cos := math.Sincos(2 * math.Pi * float64(k) * float64(i) / float64(len(s)))
		re += float64(v) * hann * cos
		im += float64(v) * hann * sin
	}
	return re*re + im*im
}

// syllables counts the syllables of Vietnamese, which are its words; some
// letters' names have a hyphen.
func syllables(text string) int {
	return len(strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '-' }))
}

// The pace of speech in a hall, in syllables a second. Words alone are said
// slower or faster than words in a phrase, down to a tenth of a second.
const (
	slowPhrase, fastPhrase = 2.8, 4.2
	phraseSyllables        = 4
	slowWord, fastWord     = 1.4, 10.0
)

// pace gives the bounds for a clip. Syllables of other languages cannot be
// counted here, so that anything goes.
func pace(k Key) (slowest, fastest float64) {
	switch n := syllables(k.Text); {
	case n == 0 || k.Lang != "":
		return 0, math.Inf(1)
	case n >= phraseSyllables:
		return slowPhrase, fastPhrase
	}
	return slowWord, fastWord
}
