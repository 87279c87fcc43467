package phone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/ear"
)

// alike is how well what is heard must match what is expected: the same voice
// over the telephone matches by more than 0.9, other words by less than 0.5.
const alike = 0.75

// overlap is how much words may run into the ones before them: clips are faded
// into each other, so that each is a little longer alone.
const overlap = sampleRate * 15 / 100

// pieceGap is how much later than its predecessor the next piece of one
// expected sentence may begin.
const pieceGap = 3 * time.Second

// Ways in which a script fails.
var (
	ErrNotHeard = errors.New("not heard")
	ErrStays    = errors.New("the far end did not hang up")
)

// Speak renders a sentence as the far end's voice says it: mono, 8 kHz.
type Speak func(ctx context.Context, s announce.Sentence) ([]int16, error)

// piece is part of an expected sentence, up to a punctuation mark: pauses
// there are not part of the words.
type piece struct {
	text  string
	sound audio.PCM
}

// expectation is what one step expects.
type expectation []piece

// expectations renders what a script expects, before anybody is called.
func expectations(ctx context.Context, steps []Step, speak Speak) (map[int]expectation, error) {
	all := map[int]expectation{}
	for _, s := range steps {
		if s.Do != Expect {
			continue
		}
		if speak == nil {
			return nil, fmt.Errorf("line %d: no voice to compare with", s.Line)
		}
		for _, p := range sentences(s) {
			samples, err := speak(ctx, p.sentence)
			if err != nil {
				return nil, fmt.Errorf("line %d: the voice cannot say %q: %w", s.Line, p.text, err)
			}
			sound := audio.FromInt16(sampleRate, trimmed(samples))
			if len(sound.Samples) == 0 {
				return nil, fmt.Errorf("line %d: the voice says nothing for %q", s.Line, p.text)
			}
			all[s.Line] = append(all[s.Line], piece{p.text, sound})
		}
		if len(all[s.Line]) == 0 {
			return nil, fmt.Errorf("line %d: %s has no words", s.Line, s.Says())
		}
	}
	return all, nil
}

// spokenPiece is a piece before it is rendered.
type spokenPiece struct {
	text     string
	sentence announce.Sentence
}

// sentences cuts what a step expects into pieces.
func sentences(s Step) []spokenPiece {
	if s.Text == "" {
		return []spokenPiece{{s.Number.String(), announce.NumberSlowIn(s.Language, s.Number)}}
	}
	var out []spokenPiece
	for rest := s.Text; rest != ""; {
		cut := strings.IndexAny(rest, ",.;:?!") + 1
		// A mark inside a word, such as in 1.500, ends nothing.
		for cut > 0 && cut < len(rest) && rest[cut] != ' ' {
			next := strings.IndexAny(rest[cut:], ",.;:?!") + 1
			if next == 0 {
				cut = 0
				break
			}
			cut += next
		}
		if cut <= 0 {
			cut = len(rest)
		}
		text := strings.TrimSpace(rest[:cut])
		rest = rest[cut:]
		if sentence := announce.PhraseIn(s.Language, text, announce.Wording{}); !sentence.IsZero() {
			out = append(out, spokenPiece{text, sentence})
		}
	}
	return out
}

// trimmed leaves out the silence around speech.
func trimmed(samples []int16) []int16 {
	first, last := len(samples), 0
	for i := 0; i+frameSize <= len(samples); i += frameSize {
		if level(samples[i:i+frameSize]) >= loud/4 {
			first, last = min(first, i), i+frameSize
		}
	}
	if first >= last {
		return nil
	}
	return samples[first:last]
}

// expect waits until a sentence is heard, from where the one before ended.
func (c *conversation) expect(ctx context.Context, s Step, want expectation) error {
	limit := time.NewTimer(s.Within)
	defer limit.Stop()
	began := -1
	for i, p := range want {
		span, err := c.find(ctx, s, p, limit.C)
		if err != nil {
			return err
		}
		if i > 0 && c.ear.at(span.from)-c.ear.at(c.heardTo) > pieceGap {
			return fmt.Errorf("line %d: %w: %q came %s after the words before it", s.Line, ErrNotHeard, p.text, seconds(c.ear.at(span.from)-c.ear.at(c.heardTo)))
		}
		if began < 0 {
			began = span.from
		}
		c.heardTo = span.to
		c.match = span.match
	}
	c.say("heard %s from %s to %s (%.0f %%)", s.Says(), seconds(c.ear.at(began)), seconds(c.ear.at(c.heardTo)), 100*c.match)
	return nil
}

// span is where a piece was heard, in samples.
type span struct {
	from, to int
	match    float64
}

// find waits for one piece.
func (c *conversation) find(ctx context.Context, s Step, p piece, limit <-chan time.Time) (span, error) {
	search, err := newSearch(p, c.heardTo)
	if err != nil {
		return span{}, fmt.Errorf("line %d: %w", s.Line, err)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if found, err := search.look(c.ear.samples(), c.gone); err != nil || found.to > 0 {
			return found, err
		}
		if c.gone {
			return span{}, fmt.Errorf("line %d: %w: the far end hung up before %q%s", s.Line, ErrNotHeard, p.text, search.nearest(c.ear))
		}
		select {
		case in, ok := <-c.far.Inputs():
			c.note(in, ok)
		case <-look.C:
		case <-limit:
			if found, err := search.look(c.ear.samples(), true); err != nil || found.to > 0 {
				return found, err
			}
			return span{}, fmt.Errorf("line %d: %w within %v: %q%s; check the words, the voice (-voice, -data) and that the server says them now", s.Line, ErrNotHeard, s.Within, p.text, search.nearest(c.ear))
		case <-ctx.Done():
			return span{}, ctx.Err()
		}
	}
}

// search looks for one piece in what is heard, without looking twice.
type search struct {
	listener *ear.Listener
	length   int // Of the piece, in samples.
	from     int // Looked through before here.
	seen     int // Samples that were there when it was looked last.
	best     span
}

func newSearch(p piece, from int) (*search, error) {
	l, err := ear.NewListener([]ear.Reference{{Name: p.text, PCM: p.sound}})
	if err != nil {
		return nil, err
	}
	length := len(p.sound.Samples)
	return &search{listener: l, length: length, from: max(0, from-min(overlap, length/4))}, nil
}

// searchStep is how much new sound is worth a look.
const searchStep = sampleRate / 2

// look gives where the piece was heard; its to is 0 if it was not.
func (s *search) look(heard []int16, last bool) (span, error) {
	if len(heard)-s.from < s.length || len(heard)-s.seen < searchStep && !last || len(heard) == s.seen {
		return span{}, nil
	}
	s.seen = len(heard)
	hits, err := s.listener.Find(audio.FromInt16(sampleRate, heard[s.from:]), alike/3)
	if err != nil {
		return span{}, err
	}
	for _, h := range hits {
		from := s.from + samplesIn(h.At)
		found := span{from, from + s.length, h.Match}
		if h.At < 0 || found.to > len(heard)+frameSize {
			continue // Not heard whole (yet).
		}
		if h.Match >= alike {
			return found, nil
		}
		if h.Match > s.best.match {
			s.best = found
		}
	}
	s.from = max(s.from, len(heard)-s.length)
	return span{}, nil
}

// nearest tells what came closest.
func (s *search) nearest(e *listening) string {
	if s.best.match == 0 {
		return " (nothing like it was heard)"
	}
	return fmt.Sprintf(" (most alike: %.0f %% at %s)", 100*s.best.match, seconds(e.at(s.best.from)))
}

func samplesIn(d time.Duration) int { return int((d*sampleRate + time.Second/2) / time.Second) }
