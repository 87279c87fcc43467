package voice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// pitched speaks every text at a pitch of its own, for as long as its syllables
// take, rising and falling as a word does.
type pitched struct{}

func (pitched) Name(string) string { return "pitched" }

func (pitched) Speak(_ context.Context, k Key) (audio.PCM, error) {
	return Master(word(k.Text), 20)
}

// word is a stand-in for speech: a hum with harmonics for each syllable,
// between half a second of digital silence.
func word(text string) audio.PCM {
	n := max(1, syllables(text))
	pitch := 120 + float64(sha256.Sum256([]byte(text))[0])/2
	quiet := audio.Silence(audio.RatePA, 500*time.Millisecond)
	p := audio.Silence(audio.RatePA, time.Duration(n)*280*time.Millisecond)
	for i := range p.Samples {
		t := float64(i) / audio.RatePA
		within := math.Mod(t, 0.28) / 0.28
		envelope := math.Pow(math.Sin(math.Pi*within), 0.3)
		p.Samples[i] = float32(0.2 * envelope * (math.Sin(2*math.Pi*pitch*t) + 0.5*math.Sin(6*math.Pi*pitch*t)))
	}
	return audio.Append(audio.Append(quiet.Clone(), p, 0), quiet, 0)
}

// noisy adds white noise at a level in decibels below p's own.
func noisy(p audio.PCM, below float64) audio.PCM {
	level, _ := audio.ActiveLUFS(p)
	source := rand.New(rand.NewPCG(1, 2))
	hiss := p.Clone()
	for i := range hiss.Samples {
		hiss.Samples[i] = float32(source.NormFloat64()) * 0.1
	}
	now, _ := audio.ActiveLUFS(hiss)
	hiss.Gain(level - below - now)
	for i, v := range p.Samples {
		hiss.Samples[i] += v
	}
	return hiss
}
