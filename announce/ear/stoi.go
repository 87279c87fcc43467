package ear

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The figures of STOI (Taal, Hendriks, Heusdens & Jensen, "An Algorithm for
// Intelligibility Prediction of Time-Frequency Weighted Noisy Speech", IEEE
// TASLP 19(7), 2011, table I): 10 kHz, frames of 256 samples in steps of half
// of that, 15 third-octave bands from 150 Hz, segments of 30 frames (384 ms),
// clipping at -15 dB, and frames 40 dB below the loudest left out.
const (
	stoiRate    = 10000
	stoiFrame   = 256
	stoiHop     = stoiFrame / 2
	stoiFFT     = 512
	stoiBands   = 15
	stoiLowest  = 150.0
	stoiSegment = 30
	stoiClip    = -15.0
	stoiRange   = 40.0
)

// ErrTooShort means that there is less than one segment of speech to judge.
var ErrTooShort = errors.New("too little speech to judge its intelligibility")

// STOI predicts which share of heard is understood, given what was said: 1 is
// everything, 0 nothing. The two must be aligned and as long as each other to
// within what one is cut to. The error is ErrTooShort, or a rate that cannot
// be converted.
func STOI(said, heard audio.PCM) (float64, error) {
	x, y, err := bandsOf(said, heard)
	if err != nil {
		return 0, err
	}
	clip := 1 + math.Pow(10, -stoiClip/20)
	sum, n := 0.0, 0
	for from := 0; from+stoiSegment <= len(x[0]); from++ {
		for band := range stoiBands {
			a, b := x[band][from:from+stoiSegment], y[band][from:from+stoiSegment]
			sum += correlation(a, clipped(a, b, clip))
			n++
		}
	}
	return sum / float64(n), nil
}

// ESTOI is the extended measure (Jensen & Taal, "An Algorithm for Predicting
// the Intelligibility of Speech Masked by Modulated Noise Maskers", IEEE/ACM
// TASLP 24(11), 2016), which compares whole spectra and is stricter where the
// disturbance comes and goes, as an echo does.
func ESTOI(said, heard audio.PCM) (float64, error) {
	x, y, err := bandsOf(said, heard)
	if err != nil {
		return 0, err
	}
	sum, n := 0.0, 0
	for from := 0; from+stoiSegment <= len(x[0]); from++ {
		a, b := normalised(x, from), normalised(y, from)
		dot := 0.0
		for frame := range stoiSegment {
			for band := range stoiBands {
				dot += a[band][frame] * b[band][frame]
			}
		}
		sum += dot / stoiSegment
		n++
	}
	return sum / float64(n), nil
}

// bandsOf gives the third-octave envelopes of both sounds without the frames
// in which nothing is said.
func bandsOf(said, heard audio.PCM) (x, y [][]float64, err error) {
	a, err := atRate(said, stoiRate)
	if err != nil {
		return nil, nil, err
	}
	b, err := atRate(heard, stoiRate)
	if err != nil {
		return nil, nil, err
	}
	n := min(len(a), len(b))
	a, b = onlySpeech(a[:n], b[:n])
	x, y = thirdOctaves(a), thirdOctaves(b)
	if len(x[0]) < stoiSegment {
		return nil, nil, fmt.Errorf("%w: %d frames of %d", ErrTooShort, len(x[0]), stoiSegment)
	}
	return x, y, nil
}

func atRate(p audio.PCM, rate int) ([]float64, error) {
	q, err := audio.Resample(p, rate)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(q.Samples))
	for i, v := range q.Samples {
		out[i] = float64(v)
	}
	return out, nil
}

// hanning is the window without its zero ends.
func hanning(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i+1)/float64(n+1))
	}
	return w
}

// onlySpeech leaves out the frames in which x is silent and puts the others
// together again by overlap-add.
func onlySpeech(x, y []float64) (a, b []float64) {
	w := hanning(stoiFrame)
	var starts []int
	var levels []float64
	loudest := math.Inf(-1)
	for from := 0; from+stoiFrame < len(x); from += stoiHop {
		energy := 0.0
		for i, v := range w {
			energy += (v * x[from+i]) * (v * x[from+i])
		}
		level := 10 * math.Log10(energy+1e-30)
		starts, levels = append(starts, from), append(levels, level)
		loudest = max(loudest, level)
	}
	kept := 0
	a, b = make([]float64, len(x)), make([]float64, len(x))
	for i, from := range starts {
		if levels[i] <= loudest-stoiRange {
			continue
		}
		for j, v := range w {
			a[kept*stoiHop+j] += v * x[from+j]
			b[kept*stoiHop+j] += v * y[from+j]
		}
		kept++
	}
	n := 0
	if kept > 0 {
		n = (kept-1)*stoiHop + stoiFrame
	}
	return a[:n], b[:n]
}

// thirdOctaves gives the magnitude of each band in each frame: [band][frame].
func thirdOctaves(s []float64) [][]float64 {
	fft, w, edges := fourier.NewFFT(stoiFFT), hanning(stoiFrame), bandEdges()
	out := make([][]float64, stoiBands)
	frame := make([]float64, stoiFFT)
	for from := 0; from+stoiFrame < len(s); from += stoiHop {
		for i, v := range w {
			frame[i] = v * s[from+i]
		}
		spectrum := fft.Coefficients(nil, frame)
		for band, e := range edges {
			power := 0.0
			for _, c := range spectrum[e[0]:e[1]] {
				power += real(c)*real(c) + imag(c)*imag(c)
			}
			out[band] = append(out[band], math.Sqrt(power))
		}
	}
	return out
}

// bandEdges gives the first bin of each band and the one behind its last.
func bandEdges() [stoiBands][2]int {
	var edges [stoiBands][2]int
	bin := func(hz float64) int { return int(math.Round(hz * stoiFFT / stoiRate)) }
	for k := range edges {
		edges[k] = [2]int{bin(stoiLowest * math.Pow(2, (2*float64(k)-1)/6)), bin(stoiLowest * math.Pow(2, (2*float64(k)+1)/6))}
	}
	return edges
}

// clipped brings y to the level of x and bounds how much worse than x it may
// be, so that one lost moment does not count for more than lost.
func clipped(x, y []float64, bound float64) []float64 {
	scale := norm(x) / (norm(y) + tiny)
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = math.Min(v*scale, x[i]*bound)
	}
	return out
}

// tiny keeps silence from being divided by.
const tiny = 2.220446049250313e-16

func correlation(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	xy, xx, yy := 0.0, 0.0, 0.0
	for i := range x {
		a, b := x[i]-mx, y[i]-my
		xy, xx, yy = xy+a*b, xx+a*a, yy+b*b
	}
	return xy / ((math.Sqrt(xx) + tiny) * (math.Sqrt(yy) + tiny))
}

// normalised is a segment with every band, and then every spectrum, brought to
// mean 0 and length 1.
func normalised(all [][]float64, from int) [][]float64 {
	out := make([][]float64, stoiBands)
	for band := range out {
		out[band] = centred(append([]float64(nil), all[band][from:from+stoiSegment]...))
	}
	column := make([]float64, stoiBands)
	for frame := range stoiSegment {
		for band := range out {
			column[band] = out[band][frame]
		}
		for band, v := range centred(column) {
			out[band][frame] = v
		}
	}
	return out
}

// centred brings s in place to mean 0 and length 1.
func centred(s []float64) []float64 {
	m := mean(s)
	for i := range s {
		s[i] -= m
	}
	n := norm(s) + tiny
	for i := range s {
		s[i] /= n
	}
	return s
}

func mean(s []float64) float64 {
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum / float64(len(s))
}

func norm(s []float64) float64 {
	sum := 0.0
	for _, v := range s {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// convolved is s behind a filter, as long as s.
func convolved(s, filter []float32) []float32 {
	n := 1
	for n < len(s)+len(filter) {
		n *= 2
	}
	fft := fourier.NewFFT(n)
	a, b := fft.Coefficients(nil, padded(s, n)), fft.Coefficients(nil, padded(filter, n))
	for i := range a {
		a[i] *= b[i]
	}
	all := fft.Sequence(nil, a)
	out := make([]float32, len(s))
	for i := range out {
		out[i] = float32(all[i] / float64(n))
	}
	return out
}

// correlated is how well ref matches s when it begins at each sample of s.
func correlated(s, ref []complex128, fft *fourier.FFT) []float64 {
	product := make([]complex128, len(s))
	for i := range product {
		product[i] = s[i] * cmplx.Conj(ref[i])
	}
	return fft.Sequence(nil, product)
}

func padded(s []float32, n int) []float64 {
	out := make([]float64, n)
	for i, v := range s {
		out[i] = float64(v)
	}
	return out
}
