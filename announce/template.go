package announce

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// The slots of templates.
const (
	slotNumber  = "{number}"  // One ticket number, or several with commas between.
	slotCounter = "{counter}" // The counter, with its own words around it.
	slotPlace   = "{place}"   // Where the counter is, after a comma; nothing if unknown.
	slotRoom    = "{room}"
	slotFloor   = "{floor}"
	slotCount   = "{count}" // Of a numeral rule: how many units.
	slotRound   = "{round}" // Of a numeral rule: the number without its rest, as one word.
	slotRest    = "{rest}"  // Of a numeral rule: what is left.
)

// markPause in a template is a pause that is not written.
const markPause = '|'

// maxTemplate bounds one text of a grammar, in bytes.
const maxTemplate = 300

// token is a piece of a template: fixed text, a slot, or a punctuation mark.
type token struct {
	text  string   // For people.
	words []string // As spoken.
	slot  string   // Not empty: a slot instead of text.
	mark  rune     // Not zero: punctuation instead of text.
}

// tokens splits a template that may use some slots, each once.
func tokens(template string, slots ...string) ([]token, error) {
	if err := sane(template); err != nil {
		return nil, err
	}
	var out []token
	seen := map[string]bool{}
	for rest := norm.NFC.String(template); rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		if before != "" {
			texts, err := textTokens(before)
			if err != nil {
				return nil, err
			}
			out = append(out, texts...)
		}
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		slot := "{" + name + "}"
		if !closed || !slices.Contains(slots, slot) || seen[slot] {
			return nil, fmt.Errorf("%.40q: want %s, each at most once", template, strings.Join(slots, " "))
		}
		seen[slot] = true
		out, rest = append(out, token{slot: slot}), tail
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("an empty text")
	}
	return out, nil
}

// textTokens splits text without slots at its marks.
func textTokens(text string) ([]token, error) {
	var out []token
	add := func(s string) error {
		words := strings.FieldsFunc(strings.ToLower(s), separates)
		for _, w := range words {
			if strings.ContainsFunc(w, isFigure) {
				return fmt.Errorf("%.40q: write numbers as words", text)
			}
		}
		if len(words) > 0 {
			out = append(out, token{text: strings.TrimSpace(s), words: words})
		}
		return nil
	}
	start := 0
	for i, c := range text {
		if !isMark(c) {
			continue
		}
		if err := add(text[start:i]); err != nil {
			return nil, err
		}
		out = append(out, token{mark: c})
		start = i + utf8.RuneLen(c)
	}
	return out, add(text[start:])
}

// isMark reports whether a sign of a template makes a pause. Hyphens and
// apostrophes belong to words.
func isMark(c rune) bool {
	return c == markPause || unicode.IsPunct(c) && !strings.ContainsRune("-'’‐‑()/\"", c)
}

// plainText reads a text without slots and marks, as it is spoken.
func plainText(text string, mayBeEmpty bool) (string, error) {
	if text == "" && mayBeEmpty {
		return "", nil
	}
	all, err := tokens(text)
	if err != nil {
		return "", err
	}
	if len(all) != 1 || all[0].mark != 0 {
		return "", fmt.Errorf("%.40q: want words without punctuation", text)
	}
	return strings.Join(all[0].words, " "), nil
}

// sane refuses what no person wrote for speech.
func sane(text string) error {
	switch {
	case len(text) > maxTemplate:
		return fmt.Errorf("a text of %d bytes, at most %d", len(text), maxTemplate)
	case !utf8.ValidString(text):
		return fmt.Errorf("%.40q is not UTF-8", text)
	case strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%.40q holds a control character", text)
	}
	return nil
}

// markSpec is a punctuation mark of a language.
type markSpec struct {
	PauseMS int  `json:"pause_ms"` // Silence after it, in milliseconds.
	Ends    bool `json:"ends"`     // The voice falls, as at the end of a sentence.
}

// filler puts a sentence together from tokens and the values of slots.
type filler struct {
	g     *Grammar
	parts []Part
	open  token // Fixed text that may go on.
	bare  bool  // Only the fixed text is wanted; a part of langSlot stands for a value.
}

// langSlot marks a part that stands for the value of a slot.
const langSlot = "-"

// text adds fixed text; two stretches without a mark between them are one.
func (f *filler) text(t token) {
	if len(f.open.words) > 0 {
		t.text, t.words = f.open.text+" "+t.text, append(slices.Clone(f.open.words), t.words...)
	}
	f.open = t
}

// value adds what fills a slot.
func (f *filler) value(s Sentence) {
	if f.bare {
		f.flush()
		f.parts = append(f.parts, Part{Lang: langSlot})
		return
	}
	if len(s.parts) > 0 {
		f.flush()
		f.parts = append(f.parts, s.parts...)
	}
}

// flush ends a stretch of fixed text.
func (f *filler) flush() {
	if len(f.open.words) > 0 {
		f.parts = append(f.parts, Part{Text: f.open.text, Words: f.open.words, Pos: voice.NonFinal, Lang: f.g.lang()})
		f.open = token{}
	}
}

// mark ends a phrase: pause and intonation are those of the mark. What has no
// words before it has no pause.
func (f *filler) mark(c rune) {
	f.flush()
	if len(f.parts) == 0 {
		return
	}
	last := &f.parts[len(f.parts)-1]
	if c != markPause {
		last.Text += string(c)
	}
	last.Pos, last.Pause = f.g.breath(c)
}

// sentence ends what was put together: what follows it is for its speaker to
// say.
func (f *filler) sentence() Sentence {
	f.flush()
	if n := len(f.parts); n > 0 {
		f.parts[n-1].Pos, f.parts[n-1].Pause = voice.Final, 0
	}
	return Sentence{parts: f.parts}
}
