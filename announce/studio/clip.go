package studio

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// maxCorrection is how far one clip is moved from the gain of its sitting, in
// decibels: natural words differ in level, and more than this sounds pumped.
const maxCorrection = 3.0

// tidyClip cuts a clip out of its recording: without rumble, without silence
// at its ends, the edges faded.
func tidyClip(master audio.PCM, c Cut, alone bool) audio.PCM {
	if !alone {
		master = slice(master, c.From, c.To)
	}
	return audio.Trim(audio.HighPass(master, 80))
}

// finished is the clip of a take at the level of the pack: the gain of its
// sitting, and a small one of its own.
func finished(master audio.PCM, t Take, sitting float64) audio.PCM {
	out := tidyClip(master, t.cut(), t.Alone).Clone()
	own := audio.SpeechLUFS - (t.LUFS + sitting)
	out.Gain(sitting + max(-maxCorrection, min(maxCorrection, own)))
	return audio.Limit(out)
}

// gains gives each sitting the gain that brings its middle clip to the level
// of loudspeakers. One gain for a sitting keeps what is natural: some words are
// softer than others.
func (st *state) gains() map[int]float64 {
	levels := map[int][]float64{}
	for _, c := range st.Clips {
		for _, t := range c.Takes {
			if t.LUFS > silentDB && (t.ID == c.Accepted || c.Accepted == 0) {
				levels[t.Sitting] = append(levels[t.Sitting], t.LUFS)
			}
		}
	}
	out := map[int]float64{}
	for sitting, all := range levels {
		slices.Sort(all)
		out[sitting] = audio.SpeechLUFS - all[len(all)/2]
	}
	return out
}

// heard is the clip of one take as it will sound in the pack.
func (p *project) heard(clip string, take int) (audio.PCM, error) {
	master, err := p.sound(clip, take)
	if err != nil {
		return audio.PCM{}, err
	}
	p.mu.Lock()
	t, err := p.state.take(clip, take)
	if err != nil {
		p.mu.Unlock()
		return audio.PCM{}, err
	}
	chosen, gains := *t, p.state.gains()
	p.mu.Unlock()
	gain, ok := gains[chosen.Sitting]
	if !ok {
		gain = audio.SpeechLUFS - chosen.LUFS
	}
	return finished(master, chosen, gain), nil
}

// takes speaks the accepted clips of a project; it is how voice.Build makes a
// pack of them.
type takes struct {
	p     *project
	name  string
	byKey map[voice.Key]chosen
	gains map[int]float64
}

// chosen is one accepted take.
type chosen struct {
	spec voice.ClipSpec
	take Take
}

// accepted gives the accepted takes as they are now, and their clips in the
// order of the script.
func (p *project) accepted() (*takes, []voice.ClipSpec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := &takes{p: p, name: p.state.Speaker, byKey: map[voice.Key]chosen{}, gains: p.state.gains()}
	var specs []voice.ClipSpec
	for _, l := range p.lines {
		c := p.state.Clips[l.ID]
		if c == nil || c.Accepted == 0 {
			continue
		}
		if t := c.take(c.Accepted); t != nil {
			spec := voice.ClipSpec{ID: l.ID, Key: l.Key}
			out.byKey[l.Key] = chosen{spec, *t}
			specs = append(specs, spec)
		}
	}
	return out, specs
}

// Has reports whether a clip is recorded; with it a call can be planned.
func (t *takes) Has(k voice.Key) bool {
	_, ok := t.byKey[k]
	return ok
}

// Name implements voice.Synthesizer: the speaker.
func (t *takes) Name(string) string { return t.name }

// Speak implements voice.Synthesizer with what was recorded.
func (t *takes) Speak(ctx context.Context, k voice.Key) (audio.PCM, error) {
	if err := ctx.Err(); err != nil {
		return audio.PCM{}, err
	}
	c, ok := t.byKey[k]
	if !ok {
		return audio.PCM{}, fmt.Errorf("%q (%s) is not recorded", k.Text, k.Pos)
	}
	master, err := t.p.sound(c.spec.ID, c.take.ID)
	if err != nil {
		return audio.PCM{}, err
	}
	gain, ok := t.gains[c.take.Sitting]
	if !ok || math.IsInf(gain, 0) {
		gain = 0
	}
	return finished(master, c.take, gain), nil
}
