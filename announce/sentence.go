package announce

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// The pauses inside and between sentences. Shorter ones run words together,
// longer ones sound like the end.
const (
	PauseComma    = 200 * time.Millisecond // After a phrase that goes on.
	PauseSentence = 350 * time.Millisecond // Between two sentences.
	PauseChime    = 350 * time.Millisecond // Between chime and speech.
	PauseRepeat   = 700 * time.Millisecond // Between two readings of a call.
	pauseLetter   = 60 * time.Millisecond  // Between the letter and the figures of a number.
	pauseDigit    = 140 * time.Millisecond // Between figures that somebody writes down.
	pauseGroup    = 250 * time.Millisecond // Between groups of figures.
	maxPause      = 10 * time.Second
)

// Part is one phrase of a sentence: what is read, what is spoken in one breath,
// and the pause after it.
type Part struct {
	Text  string         // For people, with punctuation: "Xin mời số".
	Words []string       // As spoken: lower case, no figures: "xin", "mời", "số".
	Pos   voice.Position // Where the last word stands.
	Pause time.Duration  // After the words.
	Lang  string         // Language of the words where it is not Vietnamese: "en".
	tight bool           // Text follows the text before without a space.
	// What a number said by its value is said by where the voice lacks a word of it.
	figures []string
}

// Sentence is something to say: phrases with positions and pauses. It is a
// value; the functions of this package make new ones. The zero Sentence is
// silence.
type Sentence struct {
	parts []Part
	chime bool
}

// Parts gives the phrases in order.
func (s Sentence) Parts() []Part { return slices.Clone(s.parts) }

// Chimes reports whether a chime is played first.
func (s Sentence) Chimes() bool { return s.chime }

// IsZero reports whether there is nothing to say.
func (s Sentence) IsZero() bool { return len(s.parts) == 0 && !s.chime }

// Text gives the sentence for people: "Xin mời số A không một hai đến quầy số ba".
func (s Sentence) Text() string {
	var b strings.Builder
	for _, p := range s.parts {
		if p.Text == "" {
			continue
		}
		if b.Len() > 0 && !p.tight {
			b.WriteByte(' ')
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// Spoken gives the words as they are said: "xin mời số a không một hai đến quầy số ba".
func (s Sentence) Spoken() string {
	var words []string
	for _, p := range s.parts {
		words = append(words, p.Words...)
	}
	return strings.Join(words, " ")
}

// WithChime gives the sentence with the call chime in front.
func (s Sentence) WithChime() Sentence {
	return Sentence{parts: s.parts, chime: true}
}

// Ending gives the sentence with its last words spoken as at pos: a phrase
// made elsewhere may stand in the middle or at the end.
func (s Sentence) Ending(pos voice.Position) Sentence {
	out := Sentence{parts: slices.Clone(s.parts), chime: s.chime}
	if n := len(out.parts); n > 0 {
		out.parts[n-1].Pos = pos
	}
	return out
}

// Join says one sentence after another. Pauses are those of the parts; put
// Pause between them for more.
func Join(all ...Sentence) Sentence {
	var out Sentence
	for _, s := range all {
		out.parts = append(out.parts, s.parts...)
		out.chime = out.chime || s.chime
	}
	return out
}

// Pause is d of silence, at most ten seconds.
func Pause(d time.Duration) Sentence {
	return Sentence{parts: []Part{{Pause: max(0, min(d, maxPause)), Pos: voice.Anywhere}}}
}

// Phrase makes a sentence of written Vietnamese. Punctuation makes pauses and
// intonation: a comma goes on, a full stop ends. Without punctuation at the end
// the phrase is understood to go on with what is joined to it. Figures in it
// are read as in the North; use Wording.Phrase where the region matters.
func Phrase(text string) Sentence { return phrase(text, Wording{}) }

// Phrase is the function Phrase with figures read as the office speaks.
func (w Wording) Phrase(text string) Sentence { return phrase(text, w) }

func phrase(text string, w Wording) Sentence {
	var out Sentence
	for len(text) > 0 {
		cut, mark := punctuation(text)
		part := Part{Text: strings.TrimSpace(text[:cut]), Words: spoken(text[:cut], w)}
		part.Pos, part.Pause = breath(mark)
		if len(part.Words) > 0 {
			out.parts = append(out.parts, part)
		} else if n := len(out.parts); n > 0 && part.Text != "" {
			out.parts[n-1].Text += part.Text // Only marks, such as "…!".
		}
		text = text[cut:]
	}
	return out
}

// punctuation finds the end of the first phrase of text, behind its mark; mark
// is 0 if the text ends without one. A point between figures is none.
func punctuation(text string) (end int, mark rune) {
	for i, c := range text {
		if !strings.ContainsRune(",;:.!?…\n–", c) {
			continue
		}
		next := i + len(string(c))
		if (c == '.' || c == ',') && next < len(text) && text[next] >= '0' && text[next] <= '9' {
			continue
		}
		return next, c
	}
	return len(text), 0
}

// breath is the intonation and pause of a punctuation mark.
func breath(mark rune) (voice.Position, time.Duration) {
	switch mark {
	case 0:
		return voice.NonFinal, 0
	case ',', ';', ':', '–':
		return voice.Continuation, PauseComma
	}
	return voice.Final, PauseSentence
}

// Cardinal says a number by its value.
func Cardinal(n int64, w Wording) Sentence {
	text := w.switches().Words(n)
	return words(text, text, voice.Continuation, 0)
}

// words is a sentence of one part.
func words(text, spoken string, pos voice.Position, pause time.Duration) Sentence {
	return Sentence{parts: []Part{{Text: text, Words: strings.Fields(spoken), Pos: pos, Pause: pause}}}
}
