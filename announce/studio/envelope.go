package studio

import (
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// frame is the step in which a recording is looked at.
const frame = 5 * time.Millisecond

// The figures of telling speech from the room: speech stands at least
// overNoise above the floor, and at most belowLoud under its loud moments; what
// is within aboveDips of them is speech in any case, since a clip cut out close
// has no room in it to measure.
// What is shorter than minBurst is a click, what is shorter than minGap is
// inside a word (the closure of t, k, p).
const (
	overNoise = 9.0  // dB
	belowLoud = 32.0 // dB
	aboveDips = 15.0 // dB
	minBurst  = 40 * time.Millisecond
	minGap    = 110 * time.Millisecond
	onset     = 35 * time.Millisecond // What of a soft beginning lies under the threshold.
	release   = 25 * time.Millisecond
)

// silentDB stands for digital silence.
const silentDB = -120.0

// span is a stretch of frames, the end not included.
type span struct{ from, to int }

func (s span) frames() int { return s.to - s.from }

// envelope is a recording as levels over time.
type envelope struct {
	rate   int
	step   int       // Samples per frame.
	db     []float64 // RMS level of each frame, smoothed, in dBFS.
	noise  float64   // Level of the room, dBFS.
	speech []span    // Where somebody speaks.
}

// listen looks at a recording.
func listen(p audio.PCM) envelope {
	e := envelope{rate: p.Rate, step: max(1, p.Rate*int(frame/time.Millisecond)/1000)}
	e.db = smooth(levels(audio.HighPass(p, 80).Samples, e.step))
	if len(e.db) == 0 {
		e.noise = silentDB
		return e
	}
	sorted := slices.Sorted(slices.Values(e.db))
	e.noise = sorted[len(sorted)/20]
	loud := sorted[len(sorted)*97/100]
	e.speech = e.spans(max(min(e.noise+overNoise, loud-aboveDips), loud-belowLoud, -60))
	return e
}

func levels(s []float32, step int) []float64 {
	var out []float64
	for ; len(s) >= step; s = s[step:] {
		sum := 0.0
		for _, v := range s[:step] {
			sum += float64(v) * float64(v)
		}
		out = append(out, max(silentDB, 10*math.Log10(sum/float64(step)+1e-13)))
	}
	return out
}

// smooth averages over three frames, so that the periods of a low voice do not
// look like gaps.
func smooth(db []float64) []float64 {
	out := make([]float64, len(db))
	for i := range db {
		sum, n := 0.0, 0
		for j := max(0, i-1); j <= min(len(db)-1, i+1); j++ {
			sum += math.Pow(10, db[j]/10)
			n++
		}
		out[i] = 10 * math.Log10(sum/float64(n))
	}
	return out
}

// spans finds the stretches above a level, with short gaps closed and clicks
// left out.
func (e envelope) spans(threshold float64) []span {
	var out []span
	gap := int(minGap / frame)
	for i, v := range e.db {
		switch {
		case v < threshold:
		case len(out) > 0 && i-out[len(out)-1].to < gap:
			out[len(out)-1].to = i + 1
		default:
			out = append(out, span{i, i + 1})
		}
	}
	out = slices.DeleteFunc(out, func(s span) bool { return s.frames() < int(minBurst/frame) })
	for i := range out {
		out[i].from = max(0, out[i].from-int(onset/frame))
		out[i].to = min(len(e.db), out[i].to+int(release/frame))
	}
	return out
}

// active counts the frames in which somebody speaks.
func (e envelope) active() int {
	n := 0
	for _, s := range e.speech {
		n += s.frames()
	}
	return n
}

// whole is from the first to the last word; ok is false for silence.
func (e envelope) whole() (span, bool) {
	if len(e.speech) == 0 {
		return span{}, false
	}
	return span{e.speech[0].from, e.speech[len(e.speech)-1].to}, true
}

// at gives the frame by which a share (0 to 1) of the speech is over.
func (e envelope) at(share float64) int {
	left := share * float64(e.active())
	for _, s := range e.speech {
		if left <= float64(s.frames()) {
			return s.from + int(left)
		}
		left -= float64(s.frames())
	}
	return len(e.db)
}

// duration of a number of frames.
func frames(n int) time.Duration { return time.Duration(n) * frame }

// level is the mean power of frames in dBFS.
func (e envelope) level(all []span) float64 {
	sum, n := 0.0, 0
	for _, s := range all {
		for _, v := range e.db[s.from:s.to] {
			sum += math.Pow(10, v/10)
			n++
		}
	}
	if n == 0 {
		return silentDB
	}
	return 10 * math.Log10(sum/float64(n))
}
