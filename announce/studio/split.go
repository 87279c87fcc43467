package studio

import (
	"math"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The figures of splitting a long recording: sentences are apart by at least
// sentenceGap; some silence stays around each.
const (
	sentenceGap  = 600 * time.Millisecond
	sentenceRoom = 250 * time.Millisecond
	maxSentences = 600
	// What it costs to leave out a stretch of sound (a cough, a false start) or a
	// line (forgotten); a length that is off by a factor of two costs about 0.5.
	skipSound = 0.9
	skipLine  = 0.7
)

// split finds the sentences of a long recording, with some silence around.
func split(p audio.PCM) []audio.PCM {
	e := listen(p)
	var merged []span
	for _, s := range e.speech {
		if n := len(merged); n > 0 && frames(s.from-merged[n-1].to) < sentenceGap {
			merged[n-1].to = s.to
			continue
		}
		merged = append(merged, s)
	}
	var out []audio.PCM
	for _, s := range merged[:min(len(merged), maxSentences)] {
		out = append(out, slice(p, frames(s.from)-sentenceRoom, frames(s.to)+sentenceRoom))
	}
	return out
}

// match gives each stretch of sound the index of its line, or -1: both keep
// their order, and the lengths decide what was left out. Sentences of the same
// length that are swapped or forgotten cannot be told; the speaker listens.
func match(sounds []audio.PCM, lines []Line) []int {
	n, m := len(sounds), len(lines)
	cost := make([][]float64, n+1)
	for i := range cost {
		cost[i] = make([]float64, m+1)
		for j := range cost[i] {
			cost[i][j] = cheapest(cost, i, j, sounds, lines)
		}
	}
	out := make([]int, n)
	for i, j := n, freeEnd(cost[n]); i > 0; {
		switch c := cost[i][j]; {
		case j > 0 && c == cost[i-1][j-1]+misfit(sounds[i-1], lines[j-1]):
			out[i-1] = j - 1
			i, j = i-1, j-1
		case j > 0 && c == cost[i][j-1]+skipLine:
			j--
		default:
			out[i-1] = -1
			i--
		}
	}
	return out
}

// cheapest is one field of the table: a match, a sound left out, a line left out.
func cheapest(cost [][]float64, i, j int, sounds []audio.PCM, lines []Line) float64 {
	switch {
	case i == 0 && j == 0:
		return 0
	case i == 0:
		return cost[0][j-1] + skipLine
	case j == 0:
		return cost[i-1][0] + skipSound
	}
	return min(cost[i-1][j-1]+misfit(sounds[i-1], lines[j-1]), cost[i-1][j]+skipSound, cost[i][j-1]+skipLine)
}

// freeEnd is the number of lines at which stopping is cheapest: nobody must
// read the whole script into one file.
func freeEnd(last []float64) int {
	best := 0
	for j, c := range last {
		if c < last[best] {
			best = j
		}
	}
	return best
}

// misfit is how badly a sound's length fits a line's syllables.
func misfit(sound audio.PCM, l Line) float64 {
	spoken := max(0.05, (sound.Duration() - 2*sentenceRoom).Seconds())
	expected := float64(max(1, syllables(l.Text()))) / syllablesASec
	off := math.Log2(spoken / expected)
	return min(2, off*off/2)
}
