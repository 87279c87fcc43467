package announce

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// How much sound is kept, in bytes: some 85 calls for loudspeakers, and the
// prepared clips of a whole voice.
const (
	defaultCache = 64 << 20
	defaultClips = 48 << 20
)

// maxLevelling is how far a sentence as a whole may be moved to the level of
// speech, in decibels.
const maxLevelling = 12.0

// RendererConfig says what a Renderer speaks with. Everything is optional:
// with neither voice nor synthesiser it renders a chime only.
type RendererConfig struct {
	Voice *voice.Pack
	Synth voice.Synthesizer // Speaks what the voice lacks.
	// CacheBytes bounds the sound that is kept rendered, ClipBytes the clips
	// that are kept ready. Default 64 MB and 48 MB.
	CacheBytes, ClipBytes int
	// Speed of the speech, audio.MinSpeed to audio.MaxSpeed; 0 and 1 are as
	// recorded. The pitch stays, and so do the pauses.
	Speed float64
}

// Renderer turns sentences into sound. What is costly is done once per clip,
// so that a sentence is little more than copying. It is safe for concurrent use.
type Renderer struct {
	c          RendererConfig
	chimes     [2]func() []float32 // For hall and phone, made once; not to be changed.
	fades      [2]*fades
	hits, made atomic.Int64

	mu        sync.RWMutex
	pack      *voice.Pack
	speech    *packSpeech
	languages []string // What pack speaks; nil = not asked yet.
	box       *soundBox
}

// soundBox is what a Renderer keeps of one voice; another voice gets another.
type soundBox struct {
	clips *clipStore
	cache *renderCache
}

// NewRenderer makes a Renderer.
func NewRenderer(c RendererConfig) *Renderer {
	if c.CacheBytes <= 0 {
		c.CacheBytes = defaultCache
	}
	if c.ClipBytes <= 0 {
		c.ClipBytes = defaultClips
	}
	r := &Renderer{c: c, fades: [2]*fades{newFades(hall), newFades(phone)}}
	r.chimes[hall] = sync.OnceValue(func() []float32 { return audio.Limit(audio.Chime()).Samples })
	r.chimes[phone] = sync.OnceValue(r.phoneChime)
	r.Use(c.Voice, c.Synth)
	return r
}

// phoneChime is the chime as far below the telephone's speech as it is below
// the loudspeaker's.
func (r *Renderer) phoneChime() []float32 {
	p, err := audio.Resample(audio.PCM{Rate: audio.RatePA, Samples: r.chimes[hall]()}, audio.RatePhone)
	if err != nil {
		return nil // Two fixed rates; it does not happen.
	}
	p.Gain(phoneLevel() - audio.SpeechLUFS)
	return p.Samples
}

// Use changes the voice and who speaks what it lacks from the next sentence on,
// for example when the placeholder has been built while the office was already
// open, or the office has chosen another region. Nil is none.
func (r *Renderer) Use(p *voice.Pack, s voice.Synthesizer) {
	box := &soundBox{newClipStore(p, s, r.c.ClipBytes, r.c.Speed), newRenderCache(r.c.CacheBytes)}
	speech := speechOf(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pack, r.speech, r.languages, r.box = p, speech, nil, box
}

// Voice gives the voice in use, nil if there is none.
func (r *Renderer) Voice() *voice.Pack {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.pack
}

func (r *Renderer) sounds() *soundBox {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.box
}

// RenderStats tells what a Renderer keeps and how often that helped.
type RenderStats struct {
	Hits, Rendered int64 // Sentences that came from the cache, and those that were put together.
	Cached         int   // Sentences in the cache, of CachedBytes.
	CachedBytes    int
	Clips          int // Clips ready for use, of ClipBytes.
	ClipBytes      int
}

// Stats gives the figures since the Renderer was made; what is kept is that of
// the voice in use.
func (r *Renderer) Stats() RenderStats {
	box, s := r.sounds(), RenderStats{Hits: r.hits.Load(), Rendered: r.made.Load()}
	s.Cached, s.CachedBytes = box.cache.held()
	s.Clips, s.ClipBytes = box.clips.held()
	return s
}

// Render gives a sentence as sound for loudspeakers, at audio.RatePA: speech
// at audio.SpeechLUFS, true peaks below audio.LimitDBTP, the chime in front if
// the sentence has one. What cannot be spoken is left out and reported; if
// that is everything, a chime stands for the sentence. The error is ctx's, or
// a sentence of more than three minutes. The caller must not change the samples.
func (r *Renderer) Render(ctx context.Context, s Sentence) (audio.PCM, Report, error) {
	out, err := r.render(ctx, s, hall)
	return out.pcm, out.report, err
}

// RenderPhone gives a sentence for the telephone: 8 kHz, at the level of RFC
// 7874. Without anything to speak it is a short tone. The caller must not
// change the samples.
func (r *Renderer) RenderPhone(ctx context.Context, s Sentence) ([]int16, Report, error) {
	out, err := r.render(ctx, s, phone)
	return out.phone, out.report, err
}

// Warm makes the clips of sentences ready, so that the first call is as quick
// as every other one. What cannot be spoken is passed over; the error is ctx's.
func (r *Renderer) Warm(ctx context.Context, sentences ...Sentence) error {
	r.chimes[hall]()
	for _, s := range sentences {
		if _, _, err := r.speak(ctx, r.sounds(), s, hall); ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// WarmCalls makes the clips of all numbers with these prefixes, digit by digit,
// and of calls to these counters ready. An office does it when it opens: the
// first call of a cold voice takes some tenths of a second longer.
func (r *Renderer) WarmCalls(ctx context.Context, prefixes, counters []string, w Wording) error {
	var all []Sentence
	for _, prefix := range prefixes {
		for n := range 10 { // 001, 110 … say every figure at every place of three.
			all = append(all, Call(queue.Number{Prefix: prefix, N: max(1, 111*n)}, "1", w), Call(queue.Number{Prefix: prefix, N: n + 1}, "1", w))
		}
	}
	for _, counter := range counters {
		all = append(all, Call(queue.Number{N: 1}, counter, w), Repeat(queue.Number{N: 1}, counter, w))
	}
	return r.Warm(ctx, all...)
}

// render gives what was rendered before, or renders. Sentences with missing
// words are not kept: the missing clip may come.
func (r *Renderer) render(ctx context.Context, s Sentence, m medium) (rendered, error) {
	var room [512]byte
	box, key := r.sounds(), s.appendKey(room[:0], m)
	if hit, ok := box.cache.get(key); ok {
		r.hits.Add(1)
		return hit, nil
	}
	r.made.Add(1)
	speech, report, err := r.speak(ctx, box, s, m)
	out := rendered{report: report}
	if err != nil {
		return out, err
	}
	pcm := audio.PCM{Rate: m.rate(), Samples: r.assemble(speech, report, s.chime)}
	if m == phone {
		out.phone = pcm.Int16()
	} else {
		out.pcm = pcm
	}
	if len(report.Missing) == 0 && len(report.Faults) == 0 {
		box.cache.put(key, out)
	}
	return out, nil
}

// assemble makes the sound of a splice, with the chime and a pause in front if
// there is to be one, or of what stands for a sentence that nobody can speak.
func (r *Renderer) assemble(speech *splice, report Report, chime bool) []float32 {
	m := speech.medium
	if report.ChimeOnly && m == phone {
		return audio.Beep(audio.RatePhone, 440, 400*time.Millisecond).Samples
	}
	if report.ChimeOnly {
		return r.chimes[hall]()
	}
	var before []float32
	start := 0
	if chime {
		before = r.chimes[m]()
		start = len(before) + inSamples(m.rate(), PauseChime)
	}
	out := make([]float32, start+speech.length)
	copy(out, before)
	target, most := audio.SpeechLUFS, maxLevelling
	if m == phone {
		target, most = phoneLevel(), maxPhoneLevelling
	}
	speech.write(out[start:], speech.gain(target, most), r.fades[m])
	return out
}

// maxPhoneLevelling is as maxLevelling, for the telephone, where every voice
// has to reach the level of RFC 7874.
const maxPhoneLevelling = 40.0

// speak plans a sentence and lays its clips behind each other.
func (r *Renderer) speak(ctx context.Context, box *soundBox, s Sentence, m medium) (*splice, Report, error) {
	s = s.inFigures(func(number Sentence) bool { return !box.clips.saysWhole(number) })
	report := Report{Steps: Plan(s, library(box.clips.pack))}
	out := &splice{medium: m, pieces: make([]piece, 0, len(report.Steps))}
	spoken, missing := false, false
	for _, step := range report.Steps {
		if err := ctx.Err(); err != nil {
			return out, report, fmt.Errorf("render %q: %w", s.Text(), err)
		}
		if step.Text != "" {
			clip := box.clips.sound(ctx, step, m, &report)
			spoken, missing = spoken || clip != nil, missing || clip == nil
			if clip != nil {
				if err := out.add(clip); err != nil {
					return out, report, err
				}
			}
		}
		if step.Pause > 0 {
			if err := out.pause(step.Pause); err != nil {
				return out, report, err
			}
		}
	}
	report.ChimeOnly = !spoken && (missing || s.chime)
	return out, report, nil
}

// sound gives the sound of one step: its clip, or what a synthesiser makes of
// it, or nothing.
func (c *clipStore) sound(ctx context.Context, step Step, m medium, report *Report) *prepared {
	if !step.Missing {
		clip, err := c.clip(step.Clip, m)
		if err != nil {
			report.Faults = append(report.Faults, err)
			step.Behind = false
			clip, err = c.behindClip(step, m)
			step.Behind = err == nil
		}
		if err == nil {
			if step.Behind {
				report.Placeholder = append(report.Placeholder, step.Text)
			}
			return clip
		}
	}
	if clip, err := c.synthesised(ctx, step.Key, m); err == nil {
		report.Synthesised = append(report.Synthesised, step.Text)
		return clip
	} else if c.synth != nil {
		report.Faults = append(report.Faults, err)
	}
	report.Missing = append(report.Missing, step.Text)
	return nil
}

// library avoids a nil *voice.Pack inside a non-nil interface.
func library(p *voice.Pack) Library {
	if p == nil {
		return nil
	}
	return p
}
