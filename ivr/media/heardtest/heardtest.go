// Package heardtest tells whether a caller heard what was to be said: every
// piece of speech, in order, whole and without a gap, through the earpiece of an
// old telephone (300 to 3400 Hz). It is for tests; it finds pieces by matched
// filter, so it needs neither recognition nor a quiet line.
package heardtest

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/ear"
)

// What counts as heard.
const (
	// MaxGap is the longest hole in a piece, and the longest jump in its time.
	MaxGap = 20 * time.Millisecond

	leastMatch = 0.75                   // Of a window of speech, 1 = the very same.
	window     = 160 * time.Millisecond // Speech is compared in pieces of this length.
	headTime   = 640 * time.Millisecond // By so much of its beginning a piece is found.
	reach      = 60 * time.Millisecond  // A window is looked for so far from where it should be.
	holeError  = 10 * time.Millisecond  // Sound is soft around a hole: it is measured as longer than it is.
	quiet      = 0.02                   // Windows below this part of a piece's level are pauses.
)

// What may be wrong with a recording.
var (
	ErrMissing = errors.New("was not heard")
	ErrBroken  = errors.New("was heard with a gap")
)

// Piece is something that is to be heard, as it was rendered: a sentence, or a
// clip of a voice.
type Piece struct {
	Name    string
	Samples []int16 // At 8 kHz.
	Cut     bool    // The caller pressed a key: only its beginning has to be there.
}

// Heard is where a piece was found.
type Heard struct {
	Name  string
	At    time.Duration // From the beginning of the recording.
	Until time.Duration
	Match float64       // Of its worst window, 1 = the very same.
	Jump  time.Duration // The largest change of time within it: a gap, or sound left out.
}

// Handset gives sound as an old telephone's earpiece does.
func Handset(samples []int16) ([]int16, error) {
	p, err := ear.Telephone(audio.FromInt16(audio.RatePhone, samples))
	if err != nil {
		return nil, fmt.Errorf("through the handset: %w", err)
	}
	return p.Int16(), nil
}

// Verify looks for pieces in a recording of what a caller heard, at 8 kHz: all
// of them, one after another, each whole. Anything may sound between them. The
// error wraps ErrMissing or ErrBroken and names piece and time; what was found
// before is given in any case.
func Verify(heard []int16, pieces []Piece) ([]Heard, error) {
	line, err := handset(heard)
	if err != nil {
		return nil, err
	}
	var found []Heard
	from := 0
	for i, p := range pieces {
		h, end, err := locate(line, from, p)
		if err != nil {
			return found, fmt.Errorf("piece %d of %d, %q, after %v: %w", i+1, len(pieces), p.Name, at(from).Round(time.Millisecond), err)
		}
		found, from = append(found, h), end
	}
	return found, nil
}

// handset filters into floating point.
func handset(samples []int16) ([]float32, error) {
	p, err := ear.Telephone(audio.FromInt16(audio.RatePhone, samples))
	if err != nil {
		return nil, fmt.Errorf("through the handset: %w", err)
	}
	return p.Samples, nil
}

func samplesIn(d time.Duration) int { return int(d * audio.RatePhone / time.Second) }

func at(sample int) time.Duration { return time.Duration(sample) * time.Second / audio.RatePhone }

// locate finds a piece behind a place and follows it to its end.
func locate(line []float32, from int, p Piece) (h Heard, end int, err error) {
	want, err := handset(p.Samples)
	if err != nil {
		return h, 0, err
	}
	first := loudFrom(want)
	if first < 0 {
		return h, 0, fmt.Errorf("%w: it holds no sound", ErrMissing)
	}
	head := want[first:min(len(want), first+samplesIn(headTime))]
	start, err := find(line[from:], head)
	if err != nil {
		return h, 0, err
	}
	start += from - first
	h = Heard{Name: p.Name, At: at(max(0, start+first)), Match: 1}
	end, err = follow(line, want, start, p.Cut, &h)
	h.Until = at(end)
	return h, end, err
}

// find gives the first place of a sound.
func find(line, sound []float32) (int, error) {
	l, err := ear.NewListener([]ear.Reference{{Name: "", PCM: audio.PCM{Rate: audio.RatePhone, Samples: sound}}})
	if err != nil {
		return 0, err
	}
	hits, err := l.Find(audio.PCM{Rate: audio.RatePhone, Samples: line}, leastMatch)
	if err != nil {
		return 0, err
	}
	if len(hits) == 0 {
		return 0, ErrMissing
	}
	return samplesIn(hits[0].At), nil
}

// sure is the match from which a window tells the time, too: one that holds a
// joint may fit a little beside its place.
const sure = 0.92

// follow compares a piece window by window and notes how its time moves.
func follow(line, want []float32, start int, cut bool, h *Heard) (end int, err error) {
	size, level := samplesIn(window), energy(want)/float64(len(want))
	offset := start
	for from := 0; from+size <= len(want); from += size {
		w := want[from : from+size]
		end = offset + from + size
		if energy(w) < quiet*quiet*level*float64(size) {
			continue
		}
		best, match := align(line, w, offset+from)
		if match < leastMatch && cut {
			return max(0, offset+from), nil
		}
		h.Match = min(h.Match, match)
		hole := holeIn(line, w, best, level)
		if jump := at(best - offset - from).Abs(); match >= sure {
			h.Jump, offset = max(h.Jump, jump), best-from
		}
		if h.Jump > MaxGap || hole > MaxGap+holeError || match < leastMatch {
			return end, fmt.Errorf("%w: %v into it it matches by %.2f, its time has moved by up to %v, %v are silent", ErrBroken, at(from), match, h.Jump, hole)
		}
	}
	return max(end, offset+len(want)), nil
}

// holeIn is the longest silence where there should be sound.
func holeIn(line, w []float32, place int, level float64) (longest time.Duration) {
	const step = audio.RatePhone / 200 // 5 ms.
	var run time.Duration
	for from := 0; from+step <= len(w) && place+from+step <= len(line); from += step {
		wanted, got := energy(w[from:from+step]), energy(line[place+from:place+from+step])
		if wanted < quiet*level*step || got > quiet*wanted {
			run = 0
			continue
		}
		run += at(step)
		longest = max(longest, run)
	}
	return longest
}

// same is the match at which nobody looks for a better place.
const same = 0.98

// align finds a window near where it should be.
func align(line, w []float32, place int) (best int, match float64) {
	own := energy(w)
	best, match = place, alike(line, w, place, own)
	if match >= same {
		return best, match
	}
	for from := place - samplesIn(reach); from <= place+samplesIn(reach); from++ {
		if m := alike(line, w, from, own); m > match {
			best, match = from, m
		}
	}
	return best, match
}

// alike is the correlation of a window with what was heard at a place.
func alike(line, w []float32, from int, own float64) float64 {
	if from < 0 || from+len(w) > len(line) {
		return 0
	}
	var dot, other float64
	for i, v := range w {
		x := float64(line[from+i])
		dot += x * float64(v)
		other += x * x
	}
	if other <= 0 {
		return 0
	}
	return dot / math.Sqrt(own*other)
}

// loudFrom is the first sample that is not silence, −1 if all is.
func loudFrom(s []float32) int {
	const silence = 0.003
	for i, v := range s {
		if v > silence || v < -silence {
			return i
		}
	}
	return -1
}

func energy(s []float32) (e float64) {
	for _, v := range s {
		e += float64(v) * float64(v)
	}
	return e
}
