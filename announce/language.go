package announce

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// language is one in which a call is said after Vietnamese. It is data: words,
// two sentences, and the chunks of numbers worth a clip. Planner, renderer and
// voice packs know no more of it than its code, so that a further language
// needs one more of these, and clips.
type language struct {
	code   string     // As in voice.Key and in BCP 47: "en".
	digits [10]string // Figures one by one.
	// words reads a number by its value, from 0.
	words func(n int64) string
	// letter names a letter of a ticket, in lower case; empty if the language
	// has none for it: then it is said as in Vietnamese, as on the board.
	letter func(c rune) string
	// call and repeat are the two readings of a call, with slotNumber and
	// slotCounter. Punctuation makes pauses and intonation, as in Phrase.
	call, repeat string
	// chunks lists the pieces of numbers by value, with the positions in which
	// they stand: "c" ends a ticket's number, "f" a counter's.
	chunks func() []chunk
}

// chunk is a piece of a number and where it is needed.
type chunk struct {
	text string
	pos  []voice.Position
}

// The places of a sentence that differ from call to call.
const (
	slotNumber  = "{number}"
	slotCounter = "{counter}"
)

// languages lists what calls are spoken in beside Vietnamese.
func languages() []language { return []language{english()} }

// languageOf finds the language of a BCP 47 tag by its first subtag: "en-GB" is
// English. Vietnamese and languages without words of their own have none.
func languageOf(tag string) (language, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	for _, l := range languages() {
		if l.code == primary {
			return l, true
		}
	}
	return language{}, false
}

// CallLanguages lists the codes of all languages that a call can be said in,
// Vietnamese first. Whether a voice has clips for them is its Manifest's to say.
func CallLanguages() []string {
	out := []string{"vi"}
	for _, l := range languages() {
		out = append(out, l.code)
	}
	return out
}

// CallIn is a call in the language of a ticket: "Number A zero one two, please
// go to counter three." It is empty for Vietnamese (see Call) and for languages
// that have no words here.
func CallIn(tag string, n queue.Number, counter string, w Wording) Sentence {
	l, ok := languageOf(tag)
	if !ok {
		return Sentence{}
	}
	return l.sentence(l.call, l.number(n, w.ByValue), l.counter(counter, w.Region))
}

// RepeatIn is the second reading of CallIn: "Number A zero one two, counter
// three."
func RepeatIn(tag string, n queue.Number, counter string, w Wording) Sentence {
	l, ok := languageOf(tag)
	if !ok {
		return Sentence{}
	}
	return l.sentence(l.repeat, l.number(n, w.ByValue), l.counter(counter, w.Region))
}

// sentence fills a template of the language.
func (l language) sentence(template string, number, counter Sentence) Sentence {
	var out Sentence
	for rest := template; rest != ""; {
		if after, ok := strings.CutPrefix(rest, slotNumber); ok {
			out, rest = Join(out, number), after
			continue
		}
		if after, ok := strings.CutPrefix(rest, slotCounter); ok {
			out, rest = Join(out, counter), after
			continue
		}
		fixed, _, _ := strings.Cut(rest[1:], "{")
		end, mark := punctuation(rest[:1+len(fixed)])
		out, rest = l.fixed(out, strings.TrimSpace(rest[:end]), mark), rest[end:]
	}
	if last := len(out.parts) - 1; last >= 0 {
		out.parts[last].Pause = 0 // What follows a sentence is for its speaker to say.
	}
	return out
}

// fixed adds text of a template to s. A mark alone belongs to what was said.
func (l language) fixed(s Sentence, text string, mark rune) Sentence {
	pos, pause := breath(mark)
	words := strings.FieldsFunc(strings.ToLower(text), separates)
	if len(words) > 0 {
		s.parts = append(s.parts, Part{Text: text, Words: words, Pos: pos, Pause: pause, Lang: l.code})
	} else if last := len(s.parts) - 1; last >= 0 && mark != 0 {
		end := &s.parts[last]
		end.Text, end.Pos, end.Pause = end.Text+text, pos, pause
	}
	return s
}

// number says a ticket number.
func (l language) number(n queue.Number, byValue bool) Sentence {
	if n.IsZero() {
		return Sentence{}
	}
	words := l.figures(n.Digits())
	if byValue {
		words = strings.Fields(l.words(int64(n.N)))
	}
	var out Sentence
	for i, c := range n.Prefix {
		part := Part{Text: string(c), Words: []string{l.letter(c)}, Pos: voice.NonFinal, Pause: pauseLetter, Lang: l.code, tight: i > 0}
		if part.Words[0] == "" {
			part.Words, part.Lang = strings.Fields(letterName(c)), ""
		}
		out.parts = append(out.parts, part)
	}
	out.parts = append(out.parts, Part{Text: strings.Join(words, " "), Words: words, Pos: voice.Continuation, Lang: l.code})
	return out
}

// figures reads figures one by one.
func (l language) figures(s string) []string {
	var out []string
	for _, c := range s {
		if isFigure(c) {
			out = append(out, l.digits[c-'0'])
		}
	}
	return out
}

// counter says where to go: a number by its value, "2A" sign by sign, and
// a name as it is, which is in Vietnamese.
func (l language) counter(s string, r Region) Sentence {
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= maxCounter {
		text := l.words(int64(n))
		return Sentence{parts: []Part{{Text: text, Words: strings.Fields(text), Pos: voice.NonFinal, Lang: l.code}}}
	}
	words := l.spelt(s)
	if words == nil {
		return phrase(s, r)
	}
	return Sentence{parts: []Part{{Text: s, Words: words, Pos: voice.NonFinal, Lang: l.code}}}
}

// maxSpelt is the longest code of a counter that is read sign by sign.
const maxSpelt = 4

// spelt reads a counter's code sign by sign, "2A" or "B"; nil if it is a word.
func (l language) spelt(s string) []string {
	if len(s) > maxSpelt || len(s) > 1 && !strings.ContainsFunc(s, isFigure) {
		return nil
	}
	var words []string
	for _, c := range s {
		word := l.letter(unicode.ToUpper(c))
		if isFigure(c) {
			word = l.digits[c-'0']
		}
		if word == "" {
			return nil
		}
		words = append(words, word)
	}
	return words
}

// language adds the clips with which a language says every call.
func (l *clipList) language(lang language) {
	add := func(id, text string, pos voice.Position) {
		l.addKey(lang.code+"."+id, voice.Key{Text: text, Pos: pos, Lang: lang.code})
	}
	for _, c := range letterOrder {
		add("let."+string(c), lang.letter(c), voice.NonFinal)
	}
	for d, word := range lang.digits {
		add(fmt.Sprintf("d.%d.n", d), word, voice.NonFinal)
		add(fmt.Sprintf("d.%d.c", d), word, voice.Continuation)
	}
	for i, template := range []string{lang.call, lang.repeat} {
		for j, part := range lang.sentence(template, Sentence{}, Sentence{}).parts {
			add(fmt.Sprintf("car.%d%d", i, j), strings.Join(part.Words, " "), voice.NonFinal)
		}
	}
	for i, c := range lang.chunks() {
		for _, pos := range c.pos {
			add(fmt.Sprintf("n.%02d.%s", i, pos), c.text, pos)
		}
	}
}

// samples gives check sentences that hold whatever calls in the language need:
// beyond a thousand, numbers differ in their thousands only, and a few of each
// kind stand for all.
func (l language) samples(check func(Sentence)) {
	for n := 1; n <= 9999; n++ {
		if n > 1100 && n%100 != 0 && n%101 != 0 {
			continue
		}
		check(l.number(queue.Number{Prefix: "A", N: n}, false))
		check(l.number(queue.Number{Prefix: "A", N: n}, true))
	}
	for c := 'A'; c <= 'Z'; c++ {
		check(l.number(queue.Number{Prefix: string(c), N: 1}, false))
	}
	for n := 1; n <= maxSpoken; n++ {
		for _, template := range []string{l.call, l.repeat} {
			check(l.sentence(template, Sentence{}, l.counter(strconv.Itoa(n), North)))
		}
	}
}
