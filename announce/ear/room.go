package ear

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Hall describes a room by how it sounds.
type Hall struct {
	RT60   time.Duration // How long an echo takes to fall by 60 dB: 1.2 to 1.8 s in a waiting hall.
	Direct float64       // Direct sound above the echoes, in decibels; 0 at the critical distance.
	Seed   uint64        // Of the echoes.
}

// The early echoes, off floor, ceiling and walls, and when the dense rest begins.
const (
	earlyFirst = 7 * time.Millisecond
	earlyLast  = 45 * time.Millisecond
	earlyCount = 6
	lateBegins = 50 * time.Millisecond
)

// Hear gives p as it is heard in the hall, at the place of the direct sound
// and as long as p: a direct sound, six early echoes, and exponentially
// decaying noise (Polack's model of a diffuse room).
func (h Hall) Hear(p audio.PCM) audio.PCM {
	return audio.PCM{Rate: p.Rate, Samples: convolved(p.Samples, h.response(p.Rate))}
}

// response is the hall's answer to a clap; its direct sound is its first sample.
func (h Hall) response(rate int) []float32 {
	random := rand.New(rand.NewPCG(h.Seed, 0x68616c6c))
	at := func(d time.Duration) int { return int(d.Seconds() * float64(rate)) }
	out := make([]float32, at(h.RT60)+1)
	fall := func(i int) float64 { return math.Pow(10, -3*float64(i)/(h.RT60.Seconds()*float64(rate))) }
	for range earlyCount {
		i := at(earlyFirst) + random.IntN(at(earlyLast-earlyFirst))
		out[min(i, len(out)-1)] += float32((0.5 + 0.5*random.Float64()) * float64(1-2*random.IntN(2)) * 10 * fall(i))
	}
	for i := at(lateBegins); i < len(out); i++ {
		out[i] += float32(random.NormFloat64() * fall(i))
	}
	energy := 0.0
	for _, v := range out {
		energy += float64(v) * float64(v)
	}
	scale := float32(math.Sqrt(math.Pow(10, -h.Direct/10) / max(energy, tiny)))
	for i := range out {
		out[i] *= scale
	}
	out[0] = 1
	return out
}

// Telephone gives p as a telephone's earpiece does: 8 kHz, 300 to 3400 Hz,
// through G.711 A-law.
func Telephone(p audio.PCM) (audio.PCM, error) {
	q, err := audio.Resample(p, audio.RatePhone)
	if err != nil {
		return audio.PCM{}, err
	}
	band := audio.HighPass(audio.HighPass(q, 300), 300)
	band.Samples = convolved(band.Samples, lowPass(audio.RatePhone, 3400))
	code := audio.EncodeALaw(nil, band.Int16())
	return audio.FromInt16(audio.RatePhone, audio.DecodeALaw(nil, code)), nil
}

// lowPass is a windowed sinc. Its delay, half its length, is a millisecond.
func lowPass(rate int, hz float64) []float32 {
	const half = 8
	out := make([]float32, 2*half+1)
	sum := 0.0
	for i := range out {
		x := float64(i - half)
		v := 2 * hz / float64(rate)
		if x != 0 {
			v = math.Sin(2*math.Pi*hz*x/float64(rate)) / (math.Pi * x)
		}
		v *= 0.54 + 0.46*math.Cos(math.Pi*x/(half+1))
		out[i], sum = float32(v), sum+v
	}
	for i := range out {
		out[i] /= float32(sum)
	}
	return out
}

// WithNoise adds white noise so that p's active level is snr decibels above it.
func WithNoise(p audio.PCM, snr float64, seed uint64) audio.PCM {
	random := rand.New(rand.NewPCG(seed, 0x6e6f6973))
	level := audio.ActiveRMS(p) * math.Pow(10, -snr/20)
	out := p.Clone()
	for i := range out.Samples {
		out.Samples[i] += float32(random.NormFloat64() * level)
	}
	return out
}
