package announce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Grammar is how a language says calls: sentences with slots, figures, letters,
// numbers, places and pauses. It is data, the file grammar.<language>.json of a
// voice pack, so that a further language needs a pack and no code. Vietnamese
// and English are such files too; only Vietnamese numbers are code (words.go).
type Grammar struct {
	code   string
	name   string
	digits []string // None: figures are read as in Vietnamese code.
	letter map[rune]string
	nums   *numerals // Nil: numbers are read figure by figure.
	call   forms
	repeat forms
	desk   [2][]token // Counters with a number, and with a name.
	room   []token
	floor  []token
	sides  map[string][]token
	marks  map[rune]markSpec
}

// vietnamese is the code of the language whose words are in this package.
const vietnamese = "vi"

// grammarSpec is the file of a grammar.
type grammarSpec struct {
	Format   int                 `json:"format"`
	Language string              `json:"language"` // BCP 47 primary subtag: "km".
	Name     string              `json:"name"`     // As its speakers call it.
	Digits   []string            `json:"digits,omitempty"`
	Letters  map[string]string   `json:"letters,omitempty"`
	Numbers  *numeralsSpec       `json:"numbers,omitempty"`
	Call     formsSpec           `json:"call"`
	Repeat   formsSpec           `json:"repeat"`
	Counter  counterSpec         `json:"counter"`
	Place    placeSpec           `json:"place"`
	Marks    map[string]markSpec `json:"marks,omitempty"`
}

// formsSpec is a sentence of a call in its forms. Only One is needed.
type formsSpec struct {
	One      string `json:"one"`                 // One number to one counter.
	Many     string `json:"many,omitempty"`      // Several numbers to one counter.
	Also     string `json:"also,omitempty"`      // One, behind another call in the same breath.
	AlsoMany string `json:"also_many,omitempty"` // Several, behind another call.
}

type counterSpec struct {
	Number string `json:"number"`         // "counter {counter}" for 3.
	Name   string `json:"name,omitempty"` // For "2A" or "Tiếp đón"; as Number if empty.
}

// placeSpec is where a counter is; an empty text leaves that out.
type placeSpec struct {
	Room  string `json:"room,omitempty"`
	Floor string `json:"floor,omitempty"`
	Left  string `json:"left,omitempty"`
	Right string `json:"right,omitempty"`
	Ahead string `json:"ahead,omitempty"`
	Back  string `json:"back,omitempty"`
}

// Bounds of a grammar, which may come from anywhere.
const (
	grammarFormat = 1
	maxGrammar    = 256 << 10
	maxMarks      = 32
	maxName       = 60
)

// ParseGrammar reads the file of a grammar and refuses what could not speak: an
// unknown field or slot, figures in a text, a number up to 9999 without words.
// Errors say where. At most 256 KiB are read.
func ParseGrammar(b []byte) (*Grammar, error) {
	g, err := parseGrammar(b)
	if err != nil {
		return nil, fmt.Errorf("read grammar: %w", err)
	}
	return g, nil
}

func parseGrammar(b []byte) (*Grammar, error) {
	if len(b) > maxGrammar {
		return nil, fmt.Errorf("%d bytes, at most %d", len(b), maxGrammar)
	}
	var spec grammarSpec
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&spec); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the grammar")
	}
	if spec.Format != grammarFormat {
		return nil, fmt.Errorf("format %d, want %d", spec.Format, grammarFormat)
	}
	if !regexp.MustCompile(`^[a-z]{2,3}$`).MatchString(spec.Language) {
		return nil, fmt.Errorf("language %.20q: want two or three small letters, as in BCP 47", spec.Language)
	}
	if spec.Name == "" || len(spec.Name) > maxName || sane(spec.Name) != nil {
		return nil, fmt.Errorf("name %.60q: want 1 to %d bytes", spec.Name, maxName)
	}
	g := &Grammar{code: spec.Language, name: spec.Name}
	for _, step := range []struct {
		field string
		read  func(grammarSpec) error
	}{
		{"digits", g.readDigits}, {"letters", g.readLetters}, {"numbers", g.readNumbers}, {"marks", g.readMarks},
		{"call", func(s grammarSpec) error { return g.call.read(s.Call) }},
		{"repeat", func(s grammarSpec) error { return g.repeat.read(s.Repeat) }},
		{"counter", g.readCounter}, {"place", g.readPlace},
	} {
		if err := step.read(spec); err != nil {
			return nil, fmt.Errorf("%s: %w", step.field, err)
		}
	}
	return g, nil
}

// Language gives the code of the language, as in BCP 47: "en".
func (g *Grammar) Language() string { return g.code }

// Name gives the language's own name: "English".
func (g *Grammar) Name() string { return g.name }

// lang is the language as parts and clips have it: empty for Vietnamese.
func (g *Grammar) lang() string {
	if g.code == vietnamese {
		return ""
	}
	return g.code
}

func (g *Grammar) readDigits(s grammarSpec) error {
	if g.code == vietnamese && len(s.Digits) == 0 {
		return nil
	}
	if len(s.Digits) != 10 {
		return fmt.Errorf("%d words, want 10, from zero to nine", len(s.Digits))
	}
	for _, d := range s.Digits {
		word, err := plainText(d, false)
		if err != nil {
			return err
		}
		g.digits = append(g.digits, word)
	}
	return nil
}

func (g *Grammar) readLetters(s grammarSpec) error {
	g.letter = map[rune]string{}
	for key, name := range s.Letters {
		c, size := utf8.DecodeRuneInString(key)
		if size != len(key) || !strings.ContainsRune(letterOrder, c) {
			return fmt.Errorf("%.20q is no letter of a ticket: want one of %s", key, letterOrder)
		}
		var err error
		if g.letter[c], err = plainText(name, false); err != nil {
			return err
		}
	}
	return nil
}

func (g *Grammar) readNumbers(s grammarSpec) error {
	if s.Numbers == nil {
		return nil
	}
	if g.code == vietnamese {
		return errors.New("Vietnamese numbers are built in; leave this out")
	}
	var err error
	g.nums, err = s.Numbers.compile()
	return err
}

func (g *Grammar) readMarks(s grammarSpec) error {
	if len(s.Marks) > maxMarks {
		return fmt.Errorf("%d marks, at most %d", len(s.Marks), maxMarks)
	}
	g.marks = map[rune]markSpec{}
	for key, m := range s.Marks {
		c, size := utf8.DecodeRuneInString(key)
		switch {
		case size != len(key) || !isMark(c):
			return fmt.Errorf("%.20q is no punctuation mark", key)
		case m.PauseMS < 0 || m.PauseMS > 2000:
			return fmt.Errorf("%s: a pause of %d ms, want 0 to 2000", key, m.PauseMS)
		}
		g.marks[c] = m
	}
	return nil
}

func (g *Grammar) readCounter(s grammarSpec) error {
	name := s.Counter.Name
	if name == "" {
		name = s.Counter.Number
	}
	for i, text := range []string{s.Counter.Number, name} {
		var err error
		if g.desk[i], err = withSlot(text, slotCounter); err != nil {
			return err
		}
	}
	return nil
}

func (g *Grammar) readPlace(s grammarSpec) error {
	var err error
	if s.Place.Room != "" {
		if g.room, err = withSlot(s.Place.Room, slotRoom); err != nil {
			return err
		}
	}
	if s.Place.Floor != "" {
		if g.floor, err = withSlot(s.Place.Floor, slotFloor); err != nil {
			return err
		}
	}
	g.sides = map[string][]token{}
	for side, text := range map[string]string{"left": s.Place.Left, "right": s.Place.Right, "ahead": s.Place.Ahead, "back": s.Place.Back} {
		if text == "" {
			continue
		}
		if g.sides[side], err = tokens(text); err != nil {
			return fmt.Errorf("%s: %w", side, err)
		}
	}
	return nil
}

// withSlot reads a template that must have a slot.
func withSlot(text, slot string) ([]token, error) {
	all, err := tokens(text, slot)
	if err == nil && !slices.ContainsFunc(all, func(t token) bool { return t.slot == slot }) {
		err = fmt.Errorf("%.40q has no %s", text, slot)
	}
	return all, err
}

// forms are the four ways of a call's sentence.
type forms [4]form

// form is a sentence and the mark at its end, which another call behind it
// replaces.
type form struct {
	body []token
	end  rune
}

func (f *forms) read(s formsSpec) error {
	for i, text := range []string{s.One, or(s.Many, s.One), or(s.Also, s.One), or(s.AlsoMany, s.Also, s.Many, s.One)} {
		all, err := tokens(text, slotNumber, slotCounter, slotPlace)
		if err != nil {
			return err
		}
		for _, slot := range []string{slotNumber, slotCounter} {
			if !slices.ContainsFunc(all, func(t token) bool { return t.slot == slot }) {
				return fmt.Errorf("%.60q has no %s", text, slot)
			}
		}
		f[i].body = all
		if last := len(all) - 1; all[last].mark != 0 {
			f[i].body, f[i].end = all[:last], all[last].mark
		}
	}
	return nil
}

// or gives the first text that is not empty.
func or(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// breath is the intonation and pause of a mark: the grammar's own, or what the
// mark means in Vietnamese.
func (g *Grammar) breath(mark rune) (voice.Position, time.Duration) {
	if m, ok := g.marks[mark]; ok {
		pos := voice.Continuation
		if m.Ends {
			pos = voice.Final
		}
		return pos, time.Duration(m.PauseMS) * time.Millisecond
	}
	if mark == markPause {
		return voice.Continuation, PauseComma
	}
	return breath(mark)
}

// figures reads figures one by one.
func (g *Grammar) figures(s string) []string {
	if g.digits == nil {
		return digitWords(s)
	}
	var out []string
	for _, c := range s {
		if isFigure(c) {
			out = append(out, g.digits[c-'0'])
		}
	}
	return out
}

// cardinal reads a number by its value: in words, and in the pieces of it that
// hold together.
func (g *Grammar) cardinal(n uint64, w Wording) []string {
	switch {
	case g.code == vietnamese:
		return strings.Fields(w.switches().unsigned(n))
	case g.nums != nil:
		if pieces, ok := g.nums.read(n); ok {
			return strings.Fields(strings.Join(pieces, " "))
		}
	}
	return g.figures(strconv.FormatUint(n, 10))
}

// letterPart says a letter; one that the language has no name for is said as in
// Vietnamese, as on the board.
func (g *Grammar) letterPart(c rune) Part {
	p := Part{Text: string(c), Pos: voice.NonFinal, Pause: pauseLetter, Lang: g.lang()}
	if name := g.letter[c]; name != "" {
		p.Words = strings.Fields(name)
		return p
	}
	p.Lang = ""
	p.Words = strings.Fields(or(letterName(c), strings.ToLower(string(c))))
	return p
}

// number says a ticket number.
func (g *Grammar) number(n queue.Number, w Wording) Sentence {
	if n.IsZero() {
		return Sentence{}
	}
	var out Sentence
	for i, c := range n.Prefix {
		p := g.letterPart(c)
		p.tight = i > 0
		out.parts = append(out.parts, p)
	}
	figures := g.figures(n.Digits())
	p := Part{Text: strings.Join(figures, " "), Words: splitWords(figures), Pos: voice.Continuation, Lang: g.lang()}
	if w.ByValue && n.N >= 0 {
		words := g.cardinal(uint64(n.N), w)
		p.Text, p.Words, p.figures = strings.Join(words, " "), splitWords(words), figures
	}
	out.parts = append(out.parts, p)
	return out
}

// splitWords cuts figures of several words into words.
func splitWords(texts []string) []string { return strings.Fields(strings.Join(texts, " ")) }
