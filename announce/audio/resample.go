package audio

import (
	"fmt"
	"math"
)

// The low-pass of the resampler: a Kaiser window of half-width zeros at the
// lower of the two rates. With these figures 48 kHz → 8 kHz passes 3.4 kHz and
// has fallen by 90 dB at 4.0 kHz (Kaiser's formula: transition =
// (A-8) / (2.285·2π·length)).
const (
	kaiserHalf   = 40     // Zero crossings on each side.
	kaiserBeta   = 8.96   // 0.1102·(90-8.7) for a stop band of -90 dB.
	kaiserCutoff = 0.4625 // Of the lower rate: 3.7 kHz at 8 kHz.
	maxPhases    = 1024   // Bounds the table; all rates of ReadWAV need ≤ 640 to reach 48 kHz.
)

// Resampler changes one sample rate into another. It is immutable and may be
// shared; making one costs some milliseconds, so keep it.
type Resampler struct {
	from, to int
	up, down int
	half     int         // Taps on each side, in input samples.
	phases   [][]float32 // One filter per output phase.
}

// NewResampler prepares a change of rate.
func NewResampler(from, to int) (*Resampler, error) {
	if from <= 0 || to <= 0 {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: rates must be positive", from, to)
	}
	g := gcd(from, to)
	r := &Resampler{from: from, to: to, up: to / g, down: from / g}
	if r.up > maxPhases || r.down > maxPhases {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: ratio %d/%d is too fine", from, to, r.up, r.down)
	}
	if from != to {
		r.design()
	}
	return r, nil
}

func (r *Resampler) design() {
	cutoff := kaiserCutoff * math.Min(1, float64(r.to)/float64(r.from)) // Of the input rate.
	width := kaiserHalf * math.Max(1, float64(r.from)/float64(r.to))
	r.half = int(math.Ceil(width))
	norm := bessel0(kaiserBeta)
	r.phases = make([][]float32, r.up)
	for p := range r.phases {
		taps := make([]float32, 2*r.half+1)
		sum := 0.0
		for k := range taps {
			x := float64(k-r.half) - float64(p)/float64(r.up)
			v := 2 * cutoff * sinc(2*cutoff*x) * kaiser(x/width, norm)
			taps[k] = float32(v)
			sum += v
		}
		for k := range taps { // Unit gain for DC in every phase.
			taps[k] /= float32(sum)
		}
		r.phases[p] = taps
	}
}

// Do converts p, which must have the rate the Resampler was made for; the
// result is aligned with the input to within a sample.
func (r *Resampler) Do(p PCM) (PCM, error) {
	if p.Rate != r.from {
		return PCM{}, fmt.Errorf("resample: sound has %d Hz, want %d Hz", p.Rate, r.from)
	}
	if r.from == r.to {
		return p, nil
	}
	n := (len(p.Samples)*r.up + r.down - 1) / r.down
	out := make([]float32, n)
	for i := range out {
		at := i * r.down
		out[i] = convolve(p.Samples, at/r.up-r.half, r.phases[at%r.up])
	}
	return PCM{Rate: r.to, Samples: out}, nil
}

// Resample converts p to another rate once; see Resampler for many.
func Resample(p PCM, rate int) (PCM, error) {
	r, err := NewResampler(p.Rate, rate)
	if err != nil {
		return PCM{}, err
	}
	return r.Do(p)
}

// convolve sums taps over s from index from on; beyond the ends is silence.
func convolve(s []float32, from int, taps []float32) float32 {
	if from < 0 {
		taps = taps[min(-from, len(taps)):]
		from = 0
	}
	if from >= len(s) {
		return 0
	}
	s = s[from:]
	if len(s) > len(taps) {
		s = s[:len(taps)]
	}
	sum := float32(0)
	for i, v := range s {
		sum += v * taps[i]
	}
	return sum
}

func sinc(x float64) float64 {
	if math.Abs(x) < 1e-9 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x in -1 … 1; norm is bessel0(kaiserBeta).
func kaiser(x, norm float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel0(kaiserBeta*math.Sqrt(1-x*x)) / norm
}

// bessel0 is the modified Bessel function of order zero, by its power series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
