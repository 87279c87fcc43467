package ear

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// listenRate is the rate at which references are looked for: enough to tell
// words apart, and a sixth of the work.
const listenRate = 8000

// Reference is a sound to look for, such as a clip of a voice.
type Reference struct {
	Name string
	audio.PCM
}

// Hit is a reference that was heard.
type Hit struct {
	Name  string
	At    time.Duration // Where the reference begins; may be before the sound itself.
	Until time.Duration
	Match float64 // 1 = exactly that, at any loudness.
}

// Listener finds references in what was heard, by matched filters. It may be
// used by one goroutine at a time.
type Listener struct {
	refs    []listenedTo
	longest int
}

type listenedTo struct {
	name    string
	samples []float32
	energy  float64
}

// NewListener prepares references, which must have been shaped as what is
// heard was. Those without sound are never found.
func NewListener(refs []Reference) (*Listener, error) {
	l := &Listener{}
	resamplers := map[int]*audio.Resampler{}
	for _, r := range refs {
		if resamplers[r.Rate] == nil {
			made, err := audio.NewResampler(r.Rate, listenRate)
			if err != nil {
				return nil, fmt.Errorf("listen for %q: %w", r.Name, err)
			}
			resamplers[r.Rate] = made
		}
		p, err := resamplers[r.Rate].Do(r.PCM)
		if err != nil {
			return nil, fmt.Errorf("listen for %q: %w", r.Name, err)
		}
		if e := energyOf(p.Samples); e > 0 {
			l.refs = append(l.refs, listenedTo{r.Name, p.Samples, e})
			l.longest = max(l.longest, len(p.Samples))
		}
	}
	return l, nil
}

// Find lists the references heard with at least a match of least (0.8 finds
// clips with crossfaded ends and limited peaks), in order of time. Where two
// claim the same moment the one that explains more of the sound is taken.
func (l *Listener) Find(heard audio.PCM, least float64) ([]Hit, error) {
	p, err := audio.Resample(heard, listenRate)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	n := 1
	for n < len(p.Samples)+2*l.longest {
		n *= 2
	}
	// Quiet on both sides, so that a reference may begin before the sound does.
	sound := make([]float32, len(p.Samples)+2*l.longest)
	copy(sound[l.longest:], p.Samples)
	fft := fourier.NewFFT(n)
	spectrum, sums := fft.Coefficients(nil, padded(sound, n)), squares(sound)
	var all []candidate
	for i, r := range l.refs {
		match := correlated(spectrum, fft.Coefficients(nil, padded(r.samples, n)), fft)
		all = append(all, peaks(i, r, match, sums, least, float64(n))...)
	}
	return l.choose(all), nil
}

// candidate is a place where a reference may be.
type candidate struct {
	ref, from, to int // In samples of the padded sound.
	match         float64
	explains      float64 // Energy of the sound that it accounts for.
}

// peaks lists where a reference matches best, no two of them overlapping by
// more than half.
func peaks(index int, r listenedTo, correlation, sums []float64, least, scale float64) []candidate {
	var out []candidate
	n := len(r.samples)
	for from := 0; from+n < len(sums); from++ {
		dot := correlation[from] / scale
		if dot <= 0 {
			continue
		}
		energy := sums[from+n] - sums[from]
		if dot*dot < least*least*energy*r.energy || energy < r.energy*1e-8 {
			continue
		}
		c := candidate{index, from, from + n, dot / math.Sqrt(energy*r.energy), dot * dot / r.energy}
		switch last := len(out) - 1; {
		case last < 0 || from-out[last].from > n/2:
			out = append(out, c)
		case c.match > out[last].match:
			out[last] = c
		}
	}
	return out
}

// choose takes the candidates that explain most, each moment once.
func (l *Listener) choose(all []candidate) []Hit {
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(b.explains, a.explains) })
	var taken []candidate
	for _, c := range all {
		if !slices.ContainsFunc(taken, func(t candidate) bool {
			shared := min(c.to, t.to) - max(c.from, t.from)
			return shared > min(c.to-c.from, t.to-t.from)/4
		}) {
			taken = append(taken, c)
		}
	}
	slices.SortFunc(taken, func(a, b candidate) int { return cmp.Compare(a.from, b.from) })
	hits := make([]Hit, len(taken))
	for i, c := range taken {
		at := func(sample int) time.Duration {
			return time.Duration(sample-l.longest) * time.Second / listenRate
		}
		hits[i] = Hit{l.refs[c.ref].name, at(c.from), at(c.to), c.match}
	}
	return hits
}

// Names lists what was heard, in order.
func Names(hits []Hit) []string {
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = h.Name
	}
	return out
}

// Alike looks for ref anywhere in heard and gives the best match and where it
// begins.
func Alike(heard, ref audio.PCM) (match float64, at time.Duration, err error) {
	l, err := NewListener([]Reference{{"", ref}})
	if err != nil {
		return 0, 0, err
	}
	hits, err := l.Find(heard, 0.05)
	if err != nil {
		return 0, 0, err
	}
	for _, h := range hits {
		if h.Match > match {
			match, at = h.Match, h.At
		}
	}
	return match, at, nil
}

func energyOf(s []float32) float64 {
	e := 0.0
	for _, v := range s {
		e += float64(v) * float64(v)
	}
	return e
}

// squares gives the energy before each sample.
func squares(s []float32) []float64 {
	out := make([]float64, len(s)+1)
	for i, v := range s {
		out[i+1] = out[i] + float64(v)*float64(v)
	}
	return out
}
