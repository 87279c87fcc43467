package announce

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// jointFade is the crossfade between two clips of one phrase.
const jointFade = 10 * time.Millisecond

// maxSpeech bounds one rendered sentence; more is a mistake in a text.
const maxSpeech = 3 * time.Minute

// defaultCache is how much rendered sound is kept, in bytes: some 300 calls.
const defaultCache = 64 << 20

// RendererConfig says what a Renderer speaks with. Everything is optional:
// with neither voice nor synthesiser it renders a chime only.
type RendererConfig struct {
	Voice *voice.Pack
	Synth voice.Synthesizer // Speaks what the voice lacks.
	// CacheBytes bounds the sound that is kept rendered. Defaults to 64 MB.
	CacheBytes int
}

// Renderer turns sentences into sound. It is safe for concurrent use.
type Renderer struct {
	synth voice.Synthesizer
	cache *renderCache
	chime func() audio.PCM // Made once; not to be changed.

	mu        sync.RWMutex
	pack      *voice.Pack
	languages []string // What pack speaks; nil = not asked yet.
}

// NewRenderer makes a Renderer.
func NewRenderer(c RendererConfig) *Renderer {
	if c.CacheBytes <= 0 {
		c.CacheBytes = defaultCache
	}
	return &Renderer{
		pack: c.Voice, synth: c.Synth, cache: newRenderCache(c.CacheBytes),
		chime: sync.OnceValue(func() audio.PCM { return audio.Limit(audio.Chime()) }),
	}
}

// Use changes the voice from the next sentence on, for example when the
// placeholder has been built while the office was already open. Nil is none.
func (r *Renderer) Use(p *voice.Pack) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pack, r.languages = p, nil
	r.cache.clear()
}

// Voice gives the voice in use, nil if there is none.
func (r *Renderer) Voice() *voice.Pack {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.pack
}

// Render gives a sentence as sound for loudspeakers, at audio.RatePA: speech
// at audio.SpeechLUFS, true peaks below audio.LimitDBTP, the chime in front if
// the sentence has one. What cannot be spoken is left out and reported; if
// that is everything, a chime stands for the sentence. The error is ctx's, or
// a sentence of more than three minutes. The caller must not change the samples.
func (r *Renderer) Render(ctx context.Context, s Sentence) (audio.PCM, Report, error) {
	return r.cached("pa", s, func() (audio.PCM, Report, error) {
		speech, report, err := r.speak(ctx, s)
		if err != nil {
			return audio.PCM{}, report, err
		}
		if report.ChimeOnly {
			return r.chime(), report, nil
		}
		if speech, err = forHall(speech); err == nil && s.chime {
			speech = r.afterChime(speech)
		}
		return speech, report, err
	})
}

// RenderPhone gives a sentence for the telephone: 8 kHz, at the level of RFC
// 7874. Without anything to speak it is a short tone. The caller must not
// change the samples.
func (r *Renderer) RenderPhone(ctx context.Context, s Sentence) ([]int16, Report, error) {
	pcm, report, err := r.cached("phone", s, func() (audio.PCM, Report, error) {
		speech, report, err := r.speak(ctx, s)
		if err != nil {
			return audio.PCM{}, report, err
		}
		if report.ChimeOnly {
			return audio.Beep(audio.RatePhone, 440, 400*time.Millisecond), report, nil
		}
		if s.chime {
			speech = r.afterChime(speech)
		}
		speech, err = audio.ForPhone(speech)
		return speech, report, err
	})
	return pcm.Int16(), report, err
}

// forHall shapes and levels speech.
func forHall(speech audio.PCM) (audio.PCM, error) {
	const maxLevelling = 12
	speech, err := audio.ToLUFS(audio.ForHall(speech), audio.SpeechLUFS, maxLevelling)
	if err != nil {
		return audio.PCM{}, err
	}
	return audio.Limit(speech), nil
}

// afterChime puts the chime and a pause before speech.
func (r *Renderer) afterChime(speech audio.PCM) audio.PCM {
	out := audio.Append(r.chime().Clone(), audio.Silence(audio.RatePA, PauseChime), 0)
	return audio.Append(out, speech, 0)
}

// speak puts the clips of a plan together.
func (r *Renderer) speak(ctx context.Context, s Sentence) (audio.PCM, Report, error) {
	pack := r.Voice()
	report := Report{Steps: Plan(s, library(pack))}
	out := audio.PCM{Rate: audio.RatePA}
	overlap, spoken, missing := time.Duration(0), false, false
	for _, step := range report.Steps {
		if err := ctx.Err(); err != nil {
			return out, report, fmt.Errorf("render %q: %w", s.Text(), err)
		}
		if step.Text != "" {
			clip, ok := r.sound(ctx, pack, step, &report)
			out = audio.Append(out, clip, overlap)
			spoken, missing = spoken || ok, missing || !ok
			overlap = jointFade
		}
		if step.Pause > 0 {
			out = audio.Append(out, audio.Silence(audio.RatePA, step.Pause), 0)
			overlap = 0
		}
		if d := out.Duration(); d > maxSpeech {
			return out, report, fmt.Errorf("render: the sentence lasts more than %v", maxSpeech)
		}
	}
	report.ChimeOnly = !spoken && (missing || s.chime)
	return out, report, nil
}

// sound gives the sound of one step: its clip, or what a synthesiser makes of
// it, or nothing.
func (r *Renderer) sound(ctx context.Context, pack *voice.Pack, step Step, report *Report) (audio.PCM, bool) {
	if !step.Missing {
		clip, err := pack.Clip(step.Clip)
		if err == nil {
			return clip, true
		}
		report.Faults = append(report.Faults, err)
	}
	if clip, err := r.synthesise(ctx, pack, step.Key); err == nil {
		report.Synthesised = append(report.Synthesised, step.Text)
		return clip, true
	} else if r.synth != nil {
		report.Faults = append(report.Faults, err)
	}
	report.Missing = append(report.Missing, step.Text)
	return audio.PCM{Rate: audio.RatePA}, false
}

func (r *Renderer) synthesise(ctx context.Context, pack *voice.Pack, k voice.Key) (audio.PCM, error) {
	switch {
	case r.synth == nil:
		return audio.PCM{}, voice.ErrNoEspeak
	case pack != nil:
		return pack.Synthesize(ctx, r.synth, k)
	}
	return r.synth.Speak(ctx, k)
}

// library avoids a nil *voice.Pack inside a non-nil interface.
func library(p *voice.Pack) Library {
	if p == nil {
		return nil
	}
	return p
}

// cached gives what was rendered before. Sentences with missing words are not
// kept: the missing clip may come.
func (r *Renderer) cached(kind string, s Sentence, make func() (audio.PCM, Report, error)) (audio.PCM, Report, error) {
	key, generation := kind+s.key(), r.cache.generation()
	if hit, ok := r.cache.get(key); ok {
		return hit.pcm, hit.report, nil
	}
	pcm, report, err := make()
	if err == nil && len(report.Missing) == 0 && len(report.Faults) == 0 {
		r.cache.put(key, rendered{pcm, report}, generation)
	}
	return pcm, report, err
}
