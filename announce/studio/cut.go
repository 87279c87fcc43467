package studio

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Cut is where a clip lies in its recording.
type Cut struct {
	From, To time.Duration
	Sure     bool // Both edges lie in a clear dip; otherwise somebody should listen.
}

// The figures of looking for the edge between two words: how far from the
// expected place, in syllables; what a syllable of distance costs against
// decibels of loudness; and how deep a dip is clear. Tried on sentences of
// known cuts; stops inside a word are as deep as the edges between words.
const (
	searchReach   = 0.7
	distanceCost  = 35.0 // dB for one syllable away, growing with the square.
	lastSyllable  = 1.25 // The last one before a comma or the end is drawn out.
	clearDip      = 5.0  // dB below the speech around.
	syllablesASec = 3.8  // Vietnamese read clearly.
	// A phrase whose length is off by more than this factor was not told apart
	// by its pauses.
	phraseFit = 1.8
)

// findCut looks for the target of a line in a recording of its sentence. The
// pauses at commas give the phrase that it is in; within the phrase it is where
// it must be when all syllables last alike, moved to where the voice is
// weakest. ok is false if there is no speech at all.
func findCut(p audio.PCM, l Line) (c Cut, ok bool) {
	e := listen(p)
	whole, ok := e.whole()
	if !ok {
		return Cut{}, false
	}
	if phrase, in, found := e.phraseOf(l); found {
		e.speech, l, whole = e.within(phrase), in, phrase
	}
	before, target, after := l.weights()
	total := before + target + after
	found := span{whole.from, whole.to}
	sure := true
	if before > 0 {
		found.from, sure = e.edge(before, total, false)
	}
	if after > 0 {
		edge, clear := e.edge(before+target, total, true)
		found.to, sure = edge, sure && clear
	}
	if found.frames() < int(minBurst/frame) { // The two edges met: trust the pace alone.
		found = span{e.at(before / total), e.at((before + target) / total)}
		found.to = max(found.to, found.from+1) // Of one burst, the pace gives less than a frame.
		sure = false
	}
	return Cut{From: frames(found.from), To: frames(found.to), Sure: sure}, true
}

// phraseOf finds the phrase of a line's target by the pauses at the commas; in
// is the line with nothing but that phrase.
func (e envelope) phraseOf(l Line) (phrase span, in Line, found bool) {
	earlier, before := cutLast(l.Before)
	after, later, _ := strings.Cut(l.After, ",")
	texts := append(slices.Clone(earlier), joinText(joinText(before, l.Target), after))
	k := len(earlier)
	if later != "" {
		texts = append(texts, strings.Split(later, ",")...)
	}
	if len(texts) < 2 {
		return span{}, l, false
	}
	phrases := e.phrases(len(texts))
	if phrases == nil || !e.fit(phrases, texts) {
		return span{}, l, false
	}
	in = l
	in.Before, in.After = before, after
	if strings.TrimRight(after, ". ") == "" {
		in.After = "."
	}
	return phrases[k], in, true
}

// cutLast splits a text at its commas and gives the last piece apart.
func cutLast(text string) (earlier []string, last string) {
	pieces := strings.Split(text, ",")
	for i := range pieces {
		pieces[i] = strings.TrimSpace(pieces[i])
	}
	return pieces[:len(pieces)-1], pieces[len(pieces)-1]
}

// phrases parts the speech at its n-1 longest pauses; nil if there are fewer.
func (e envelope) phrases(n int) []span {
	var gaps []span
	for i := 1; i < len(e.speech); i++ {
		gaps = append(gaps, span{e.speech[i-1].to, e.speech[i].from})
	}
	if len(gaps) < n-1 {
		return nil
	}
	slices.SortFunc(gaps, func(a, b span) int { return b.frames() - a.frames() })
	gaps = gaps[:n-1]
	slices.SortFunc(gaps, func(a, b span) int { return a.from - b.from })
	whole, _ := e.whole()
	var out []span
	from := whole.from
	for _, g := range gaps {
		out = append(out, span{from, g.from})
		from = g.to
	}
	return append(out, span{from, whole.to})
}

// fit reports whether phrases last about as long as their syllables need,
// compared with each other.
func (e envelope) fit(phrases []span, texts []string) bool {
	all, sum := 0.0, 0
	for i, p := range phrases {
		all += float64(syllables(texts[i])) + lastSyllable - 1
		sum += p.frames()
	}
	for i, p := range phrases {
		share := (float64(syllables(texts[i])) + lastSyllable - 1) / all
		if r := float64(p.frames()) / (share * float64(sum)); r > phraseFit || r < 1/phraseFit {
			return false
		}
	}
	return true
}

// within gives the speech inside a stretch.
func (e envelope) within(s span) []span {
	var out []span
	for _, each := range e.speech {
		if each.from >= s.from && each.to <= s.to {
			out = append(out, each)
		}
	}
	return out
}

// weights gives the lengths of a line's three pieces in syllables, the drawn
// out last ones of each phrase counted for more.
func (l Line) weights() (before, target, after float64) {
	const more = lastSyllable - 1
	before = float64(syllables(l.Before)) + more*float64(strings.Count(l.Before, ","))
	target = float64(max(1, syllables(l.Target)))
	if l.After == "" || strings.ContainsAny(l.After[:1], ",.") {
		target += more
	}
	if rest := strings.TrimLeft(l.After, ",. "); rest != "" {
		after = float64(syllables(rest)) + more + more*float64(strings.Count(rest, ","))
	}
	return before, target, after
}

// edge finds the frame after k of n syllables; ending tells that the target
// lies before it.
func (e envelope) edge(k, n float64, ending bool) (at int, clear bool) {
	expected := e.at(k / n)
	syllable := float64(e.active()) / n
	if gap, found := e.gapNear(expected, int(searchReach*syllable)); found {
		if ending {
			return gap.from, true
		}
		return gap.to, true
	}
	return e.dipNear(expected, syllable)
}

// gapNear is the silence between two stretches of speech that is nearest to a
// frame, within reach of it.
func (e envelope) gapNear(at, reach int) (span, bool) {
	best, found, near := span{}, false, reach+1
	for i := 1; i < len(e.speech); i++ {
		gap := span{e.speech[i-1].to, e.speech[i].from}
		away := max(gap.from-at, at-gap.to, 0)
		if away < near {
			best, found, near = gap, true, away
		}
	}
	return best, found
}

// dipNear is the weakest moment around a frame, weighed against the distance.
func (e envelope) dipNear(at int, syllable float64) (frame int, clear bool) {
	reach := int(searchReach * syllable)
	from, to := max(0, at-reach), min(len(e.db)-1, at+reach)
	if from >= to {
		return at, false
	}
	best, cost := at, math.Inf(1)
	for i := from; i <= to; i++ {
		away := float64(i-at) / max(1, syllable)
		if c := e.db[i] + distanceCost*away*away; c < cost {
			best, cost = i, c
		}
	}
	return best, e.level([]span{{from, to}})-e.db[best] >= clearDip
}

// slice is a stretch of a recording; edges outside it are moved in.
func slice(p audio.PCM, from, to time.Duration) audio.PCM {
	index := func(d time.Duration) int {
		return max(0, min(len(p.Samples), int(int64(d)*int64(p.Rate)/int64(time.Second))))
	}
	a, b := index(from), index(to)
	return audio.PCM{Rate: p.Rate, Samples: p.Samples[a:max(a, b)]}
}
