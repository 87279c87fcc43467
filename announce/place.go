package announce

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Where a counter is: "quầy số ba, phòng hai không một, tầng hai, bên trái".

// counter adds the words for a counter: a number by its value, anything else as
// it is printed.
func (g *Grammar) counter(f *filler, counter string, w Wording) {
	if n, err := strconv.Atoi(counter); err == nil && n > 0 && n <= maxCounter {
		g.fill(f, g.desk[0], g.spokenNumber(int64(n), w), "")
		return
	}
	g.fill(f, g.desk[1], g.named(counter, w), counter)
}

// place adds where a counter is, each piece after a comma.
func (g *Grammar) place(f *filler, p queue.Place, w Wording) {
	for _, at := range []struct {
		say   []token
		value string
		kinds []string // Words an office may have put before the value itself.
	}{
		{g.room, p.Room, []string{"phòng số", "phòng"}},
		{g.floor, p.Floor, []string{"tầng", "lầu"}},
	} {
		value := strings.TrimSpace(norm.NFC.String(at.value))
		if value == "" || len(at.say) == 0 {
			continue
		}
		f.mark(',')
		kind, rest := cutKind(value, at.kinds)
		switch {
		case kind != "" && g.code == vietnamese:
			f.text(token{text: kind, words: strings.Fields(strings.ToLower(kind))}) // "Lầu" stays lầu.
			f.value(g.placed(rest, w))
		default:
			g.fill(f, at.say, g.placed(rest, w), "")
		}
	}
	if side := g.sides[p.Direction]; len(side) > 0 {
		f.mark(',')
		g.fill(f, side, Sentence{}, "")
	}
}

// cutKind splits "Phòng 201" into its kind and the value; a kind alone is a
// value.
func cutKind(value string, kinds []string) (kind, rest string) {
	for _, k := range kinds {
		if len(value) > len(k) && strings.EqualFold(value[:len(k)], k) && value[len(k)] == ' ' {
			if rest := strings.TrimSpace(value[len(k):]); rest != "" {
				return value[:len(k)], rest
			}
		}
	}
	return "", value
}

// fill adds a template with one slot. Where the value says the template's first
// words itself, they are not said twice.
func (g *Grammar) fill(f *filler, template []token, value Sentence, written string) {
	for i, t := range template {
		switch {
		case t.slot != "":
			f.value(value)
		case t.mark != 0:
			f.mark(t.mark)
		case i == 0 && written != "" && startsWith(written, t.words):
		default:
			f.text(t)
		}
	}
}

// startsWith reports whether a text begins with these words and goes on.
func startsWith(text string, words []string) bool {
	have := strings.Fields(strings.ToLower(norm.NFC.String(text)))
	return len(have) > len(words) && slices.Equal(have[:len(words)], words)
}

// spokenNumber says a number by its value.
func (g *Grammar) spokenNumber(n int64, w Wording) Sentence {
	var words []string
	if g.code == vietnamese {
		words = strings.Fields(w.switches().Words(n))
	} else {
		words = g.cardinal(uint64(max(n, 0)), w)
	}
	return g.part(strings.Join(words, " "), words)
}

func (g *Grammar) part(text string, words []string) Sentence {
	return Sentence{parts: []Part{{Text: text, Words: splitWords(words), Pos: voice.NonFinal, Lang: g.lang()}}}
}

// named says a counter that is no number: "2A" sign by sign in a language with
// letters of its own, and a name as it is, which is in Vietnamese.
func (g *Grammar) named(counter string, w Wording) Sentence {
	if g.code != vietnamese {
		if words := g.spelt(counter); words != nil {
			return g.part(counter, words)
		}
	}
	return phrase(counter, w)
}

// placed says a room or a floor: up to two figures by value, longer numbers
// figure by figure as on the door, and names as they are.
func (g *Grammar) placed(value string, w Wording) Sentence {
	if n, err := strconv.Atoi(value); err == nil && n > -100 && n < 100 && strconv.Itoa(n) == value && (n >= 0 || g.code == vietnamese) {
		return g.spokenNumber(int64(n), w)
	}
	if onlyFigures(value) {
		words := g.figures(value)
		return g.part(strings.Join(words, " "), words)
	}
	if words := g.spelt(value); words != nil {
		return g.part(value, words)
	}
	return phrase(value, w)
}

// maxSpelt is the longest code of a counter or room that is read sign by sign.
const maxSpelt = 4

// spelt reads a short code sign by sign, "2A" or "B"; nil if it is a word.
func (g *Grammar) spelt(s string) []string {
	if len(s) > maxSpelt || len(s) > 1 && !strings.ContainsFunc(s, isFigure) {
		return nil
	}
	var words []string
	for _, c := range s {
		word := g.letterWord(unicode.ToUpper(c))
		if isFigure(c) {
			word = g.figures(string(c))[0]
		}
		if word == "" {
			return nil
		}
		words = append(words, word)
	}
	return words
}

// letterWord names a letter in the language itself; empty if it cannot.
func (g *Grammar) letterWord(c rune) string {
	if name := g.letter[c]; name != "" || g.code != vietnamese {
		return name
	}
	return letterName(c)
}

// Where tells in writing where a counter is, in a built-in language (a BCP 47
// tag; others are told in Vietnamese): "phòng 201, tầng 2, bên trái". Empty if
// the office does not say.
func Where(p queue.Place, tag string) string {
	all := BuiltIn()
	g, further := all.Find(tag)
	if !further {
		g = all.vietnamese()
	}
	var pieces []string
	add := func(template []token, value string) {
		if value = strings.TrimSpace(value); value == "" || len(template) == 0 {
			return
		}
		var words []string
		for _, t := range template {
			switch {
			case t.slot != "":
				words = append(words, value)
			case t.text != "" && !startsWith(value, t.words):
				words = append(words, t.text)
			}
		}
		pieces = append(pieces, strings.Join(words, " "))
	}
	add(g.room, p.Room)
	add(g.floor, p.Floor)
	add(g.sides[p.Direction], p.Direction)
	return strings.Join(pieces, ", ")
}
