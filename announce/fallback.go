package announce

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// backed is a Library with another voice behind it; *voice.Pack is one.
type backed interface {
	Fallback() *voice.Pack
}

// behind gives the voice behind a library, nil if there is none.
func behind(lib Library) *voice.Pack {
	if b, ok := lib.(backed); ok {
		return b.Fallback()
	}
	return nil
}

// fallBack has what a voice lacks said by the voice behind it: somebody has
// recorded half of a voice, and the placeholder says the rest. A whole missing
// stretch changes over, so that a voice is not patched within a word group
// more than it must.
func fallBack(steps []Step, lib Library) []Step {
	next := behind(lib)
	if next == nil {
		return steps
	}
	for i := 0; i < len(steps); i++ {
		if !steps[i].Missing {
			continue
		}
		instead := standIn(steps[i], next)
		steps = append(steps[:i:i], append(instead, steps[i+1:]...)...)
		i += len(instead) - 1
	}
	return steps
}

// standIn plans the words of a missing step with the voice behind.
func standIn(missing Step, next *voice.Pack) []Step {
	steps := planPart(nil, strings.Fields(missing.Text), missing.Pos, missing.Lang, next)
	steps = fallBack(vary(steps, next), next)
	for i := range steps {
		steps[i].Behind = !steps[i].Missing
	}
	steps[len(steps)-1].Pause += missing.Pause
	return steps
}

// vary picks among the takes of a clip, where a voice has several: one that was
// recorded at the beginning of a phrase for that place, and another take for
// each time that the same clip is heard in a sentence.
func vary(steps []Step, lib Library) []Step {
	for i := range steps {
		s := &steps[i]
		if s.Missing || s.Behind || s.Text == "" || lib == nil {
			continue
		}
		if first := i == 0 || steps[i-1].Pause > 0; first && s.Clip.Pos == voice.NonFinal && s.Pos == voice.NonFinal {
			if begin := withPosition(s.Clip, voice.Initial); lib.Has(begin) {
				s.Clip = begin
			}
		}
		if again := heard(steps[:i], s.Clip); again > 0 {
			s.Clip.Variant = again % takes(s.Clip, lib)
		}
	}
	return steps
}

func withPosition(k voice.Key, p voice.Position) voice.Key {
	k.Pos = p
	return k
}

// heard counts the steps with a clip, whichever take.
func heard(steps []Step, k voice.Key) int {
	n := 0
	for _, s := range steps {
		if s.Clip.Variant = 0; s.Clip == k && !s.Missing && !s.Behind {
			n++
		}
	}
	return n
}

// takes counts the takes of a clip that is there.
func takes(k voice.Key, lib Library) int {
	for k.Variant = 1; lib.Has(k); {
		k.Variant++
	}
	return k.Variant
}

// behindClip is the clip of a step from the voice behind, where the voice's own
// is damaged.
func (c *clipStore) behindClip(step Step, m medium) (*prepared, error) {
	next := behind(library(c.pack))
	if next == nil || step.Behind || !next.Has(step.Clip) {
		return nil, fmt.Errorf("no voice behind for %q", step.Text)
	}
	return c.load(next, clipID{Key: step.Clip, medium: m, behind: true})
}

// inFigures says the numbers whose value a voice lacks a word for by their
// figures: of a number with a word left out another one is heard. A voice of one
// region in an office of another lacks such words.
func (s Sentence) inFigures(lacks func(Sentence) bool) Sentence {
	for i, p := range s.parts {
		if p.figures == nil || !lacks(Sentence{parts: s.parts[i : i+1]}) {
			continue
		}
		p.Text, p.Words, p.figures = strings.Join(p.figures, " "), splitWords(p.figures), nil
		s.parts = slices.Clone(s.parts)
		s.parts[i] = p
	}
	return s
}
