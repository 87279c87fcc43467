package announce

import (
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// PhraseIn is Phrase for a text in the language of a tag: punctuation makes
// pauses and intonation, and figures are read by value in that language. The
// empty tag is Vietnamese, and so is every language without a grammar here.
func PhraseIn(tag, text string, w Wording) Sentence {
	g, known := BuiltIn().Find(tag)
	if !known {
		return phrase(text, w)
	}
	out := phrase(text, w)
	for i := range out.parts {
		out.parts[i].Lang = g.lang()
		out.parts[i].Words = g.spoken(out.parts[i].Text, w)
	}
	return out
}

// CardinalIn is Cardinal in the language of a tag.
func CardinalIn(tag string, n int64, w Wording) Sentence {
	g, known := BuiltIn().Find(tag)
	if !known || n < 0 {
		return Cardinal(n, w)
	}
	read := g.cardinal(uint64(n), w)
	return Sentence{parts: []Part{{Text: strings.Join(read, " "), Words: read, Pos: voice.Continuation, Lang: g.lang()}}}
}

// NumberIn is Number in the language of a tag.
func NumberIn(tag string, n queue.Number, w Wording) Sentence {
	if g, known := BuiltIn().Find(tag); known {
		return g.number(n, w)
	}
	return Number(n, w)
}

// NumberSlowIn is NumberSlow in the language of a tag: letter by letter and
// figure by figure, for somebody who writes it down.
func NumberSlowIn(tag string, n queue.Number) Sentence {
	g, known := BuiltIn().Find(tag)
	if !known || n.IsZero() {
		return NumberSlow(n)
	}
	var out Sentence
	for _, c := range n.Prefix {
		p := g.letterPart(c)
		p.tight = len(out.parts) > 0
		out.parts = append(out.parts, p)
	}
	for _, word := range g.figures(n.Digits()) {
		if end := len(out.parts) - 1; end >= 0 {
			out.parts[end].Text += ","
			out.parts[end].Pause = pauseDigit
		}
		out.parts = append(out.parts, Part{Text: word, Words: strings.Fields(word), Pos: voice.NonFinal, Lang: g.lang()})
	}
	return out.Ending(voice.Continuation)
}

// spoken gives the words of a text in this language: lower case, figures by
// value.
func (g *Grammar) spoken(text string, w Wording) []string {
	var words []string
	for _, field := range strings.FieldsFunc(norm.NFC.String(text), func(c rune) bool { return separates(c) && c != '\'' && c != '’' }) {
		for _, part := range splitFigures(field) {
			if n, err := strconv.ParseUint(part, 10, 64); err == nil {
				words = append(words, g.cardinal(n, w)...)
				continue
			}
			words = append(words, strings.ToLower(part))
		}
	}
	return words
}
