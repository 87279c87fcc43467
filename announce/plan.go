package announce

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// Library tells which clips there are; *voice.Pack is one.
type Library interface {
	// Has reports whether a clip exists for exactly this text and position.
	Has(voice.Key) bool
}

// Step is one piece of sound of a plan.
type Step struct {
	voice.Key               // What is wanted.
	Clip      voice.Key     // The clip that says it; may stand for another position.
	Missing   bool          // No clip; to be synthesised or left out.
	Behind    bool          // The clip is of the voice behind, the placeholder.
	Pause     time.Duration // After it.
}

// The costs that the planner weighs. A joint is heard, a clip made for another
// position sounds odd, and what no clip covers is better said in one breath by
// a synthesiser than cut into single recorded words.
const (
	costJoint    = 1.0
	costPosition = 0.5
	costAnywhere = 0.8
	costMissing  = 10.0
	costUnknown  = 0.7 // Per word of a missing stretch.
)

// maxPhraseWords bounds one part; longer ones are planned in pieces.
const maxPhraseWords = 64

// Plan chooses the clips for a sentence: for every part the cheapest way to
// cover its words by clips. lib may be nil: then everything is missing.
func Plan(s Sentence, lib Library) []Step {
	steps := make([]Step, 0, len(s.parts)+4)
	for _, p := range s.parts {
		if len(p.Words) == 0 {
			if n := len(steps); n > 0 {
				steps[n-1].Pause += p.Pause
			} else if p.Pause > 0 {
				steps = append(steps, Step{Pause: p.Pause})
			}
			continue
		}
		for rest := p.Words; len(rest) > 0; {
			n := min(len(rest), maxPhraseWords)
			pos := p.Pos
			if n < len(rest) {
				pos = voice.NonFinal
			}
			steps = planPart(steps, rest[:n], pos, p.Lang, lib)
			rest = rest[n:]
		}
		steps[len(steps)-1].Pause += p.Pause
	}
	return fallBack(vary(steps, lib), lib)
}

// planPart adds to steps the shortest path over the gaps between words.
func planPart(steps []Step, words []string, end voice.Position, lang string, lib Library) []Step {
	type node struct {
		cost float64
		from int
		step Step
	}
	var few [16]node
	best := append(few[:0], make([]node, len(words)+1)...)
	text, starts := joined(words)
	for to := 1; to <= len(words); to++ {
		best[to].cost = -1
		pos := voice.NonFinal
		if to == len(words) {
			pos = end
		}
		for from := range to {
			key := voice.Key{Text: text[starts[from] : starts[to]-1], Pos: pos, Lang: lang}
			step, cost := cover(key, to-from, lib)
			if total := best[from].cost + cost; best[to].cost < 0 || total < best[to].cost {
				best[to] = node{total, from, step}
			}
		}
	}
	first := len(steps)
	for at := len(words); at > 0; at = best[at].from {
		steps = append(steps, best[at].step)
	}
	slices.Reverse(steps[first:])
	return steps
}

// joined puts words into one text with single spaces, so that every stretch of
// them is a part of it; starts gives where each word begins, and where one more
// would.
func joined(words []string) (text string, starts []int) {
	starts = make([]int, len(words)+1)
	for i, w := range words {
		starts[i+1] = starts[i] + len(w) + 1
	}
	if len(words) == 1 {
		return words[0], starts
	}
	return strings.Join(words, " "), starts
}

// cover says a stretch of words by the best single clip, or as missing.
func cover(want voice.Key, words int, lib Library) (Step, float64) {
	if lib != nil {
		for _, p := range [...]voice.Position{want.Pos, voice.Continuation, voice.NonFinal, voice.Final, voice.Anywhere} {
			clip := want
			clip.Pos = p
			if lib.Has(clip) {
				return Step{Key: want, Clip: clip}, costJoint + mismatch(want.Pos, p)
			}
		}
	}
	return Step{Key: want, Missing: true}, costMissing + costUnknown*float64(words)
}

func mismatch(want, have voice.Position) float64 {
	switch have {
	case want:
		return 0
	case voice.Anywhere:
		return costAnywhere
	}
	return costPosition
}
