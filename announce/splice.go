package announce

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// jointFade is the crossfade between two clips of one phrase.
const jointFade = 10 * time.Millisecond

// maxSpeech bounds one rendered sentence; more is a mistake in a text.
const maxSpeech = 3 * time.Minute

// errEndless refuses a sentence beyond maxSpeech.
var errEndless = errors.New("render: the sentence lasts more than " + maxSpeech.String())

// piece is a stretch of a clip at its place in a sentence, in samples.
type piece struct {
	clip     *prepared
	from, to int // Of the clip.
	at       int // In the sentence.
	fadeIn   int // Overlaps the piece before.
	fadeOut  int // Overlaps the piece behind.
}

// splice lays clips and pauses one behind the other. The zero value of its
// pieces is an empty sentence.
type splice struct {
	medium medium
	pieces []piece
	length int
	joined bool // The next clip follows without a pause.
}

// add places a clip: at a joint inside a phrase the quiet at the two edges is
// left out and the rest crossfaded; beside a pause the clip stands whole.
func (s *splice) add(clip *prepared) error {
	p := piece{clip: clip, to: len(clip.samples), at: s.length}
	if s.joined && len(s.pieces) > 0 {
		last := &s.pieces[len(s.pieces)-1]
		last.to = min(max(last.clip.end, last.from+last.fadeIn), last.to)
		p.from = min(clip.lead, p.to)
		n := min(inSamples(s.medium.rate(), jointFade), last.to-last.from-last.fadeIn, p.to-p.from)
		last.fadeOut, p.fadeIn = n, n
		p.at = last.at + last.to - last.from - n
	}
	s.pieces = append(s.pieces, p)
	s.length, s.joined = p.at+p.to-p.from, true
	return s.bounded()
}

// pause adds silence, exact to the sample.
func (s *splice) pause(d time.Duration) error {
	s.length += inSamples(s.medium.rate(), d)
	s.joined = false
	return s.bounded()
}

func (s *splice) bounded() error {
	if s.length > inSamples(s.medium.rate(), maxSpeech) {
		return errEndless
	}
	return nil
}

// gain is the factor that brings the sentence to the level of speech, given in
// the medium's measure; 1 for silence.
func (s *splice) gain(target, most float64) float32 {
	var few [16]audio.Levels
	parts := few[:0]
	for _, p := range s.pieces {
		parts = append(parts, p.clip.levels)
	}
	db := target - levelOf(s.medium, parts...)
	if math.IsInf(db, 0) || math.IsNaN(db) {
		return 1
	}
	return float32(audio.FromDB(max(-most, min(most, db))))
}

// write puts the sentence into out, which is silent and has its length, with
// the clips amplified by gain and true peaks below audio.LimitDBTP.
func (s *splice) write(out []float32, gain float32, fades *fades) {
	scale := gain / 32768
	var spans []audio.Span
	for i, p := range s.pieces {
		p.write(out[p.at:], scale, fades)
		first := p.from / audio.PeakBlock
		spans = audio.Over(spans, p.clip.peaks[first:min(len(p.clip.peaks), (p.to+audio.PeakBlock-1)/audio.PeakBlock)], gain, p.at-p.from+first*audio.PeakBlock)
		if i > 0 && p.fadeIn > 0 {
			spans = s.joint(spans, s.pieces[i-1], p, gain)
		}
	}
	slices.SortFunc(spans, func(a, b audio.Span) int { return a.From - b.From })
	audio.LimitWithin(audio.PCM{Rate: s.medium.rate(), Samples: out}, spans)
}

// joint adds the joint of a and b to spans if the two together may exceed what
// neither does alone.
func (s *splice) joint(spans []audio.Span, a, b piece, gain float32) []audio.Span {
	sum := loudest(a.clip.peaks, a.to-a.fadeOut, a.to) + loudest(b.clip.peaks, b.from, b.from+b.fadeIn)
	for _, over := range audio.Over(nil, []float32{sum}, gain, b.at) {
		over.To = b.at + b.fadeIn
		spans = append(spans, over)
	}
	return spans
}

// loudest is the highest peak of the samples from up to to.
func loudest(peaks []float32, from, to int) float32 {
	peak := float32(0)
	for i := from / audio.PeakBlock; i*audio.PeakBlock < to && i < len(peaks); i++ {
		peak = max(peak, peaks[i])
	}
	return peak
}

// write adds the piece to out, which begins where the piece does.
func (p piece) write(out []float32, scale float32, f *fades) {
	samples := p.clip.samples[p.from:p.to]
	head, tail := samples[:p.fadeIn], samples[len(samples)-p.fadeOut:]
	rise, body := f.of(p.fadeIn), samples[p.fadeIn:len(samples)-p.fadeOut]
	for i, v := range head {
		out[i] += float32(v) * scale * rise[i]
	}
	place := out[p.fadeIn : p.fadeIn+len(body)]
	for i, v := range body {
		place[i] = float32(v) * scale
	}
	fall, place := f.of(p.fadeOut), out[p.fadeIn+len(body):][:len(tail)]
	for i, v := range tail {
		place[i] = float32(v) * scale * fall[len(fall)-1-i]
	}
}

// fades holds the rising half of the equal-power crossfade of a medium.
type fades struct{ full []float32 }

func newFades(m medium) *fades { return &fades{rising(inSamples(m.rate(), jointFade))} }

// of gives a rise over n samples; other lengths than the usual one are rare.
func (f *fades) of(n int) []float32 {
	if n == len(f.full) {
		return f.full
	}
	return rising(n)
}

func rising(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(math.Sin(math.Pi / 2 * (float64(i) + 0.5) / float64(n)))
	}
	return out
}
