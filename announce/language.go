package announce

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// Grammars are the languages in which calls are said, Vietnamese first. It is a
// value; With makes a new one.
type Grammars struct{ list []*Grammar }

//go:embed grammars/grammar.*.json
var grammarFiles embed.FS

// BuiltIn gives the languages of the program itself: Vietnamese and English.
func BuiltIn() Grammars { return builtIn() }

// builtIn reads the embedded grammars once; they never change. A test reads
// them as strictly as any other.
var builtIn = sync.OnceValue(func() Grammars {
	var out Grammars
	for _, code := range []string{vietnamese, "en"} {
		b, err := grammarFiles.ReadFile("grammars/" + GrammarFile(code))
		if err != nil {
			continue
		}
		if g, err := ParseGrammar(b); err == nil {
			out.list = append(out.list, g)
		}
	}
	return out
})

// GrammarFile is the name of a language's grammar in a voice pack:
// "grammar.km.json".
func GrammarFile(code string) string { return "grammar." + code + ".json" }

// PackGrammars gives the built-in languages with those that a voice pack
// brings: file reads a file of the pack (as *voice.Pack does), and languages
// lists what it speaks (Manifest.Speaks). A pack's grammar takes the place of a
// built-in one of the same language, so that an office may have its own words.
// A language without a file is skipped; a file that cannot be used is an error,
// and the other languages are given all the same.
func PackGrammars(languages []string, file func(name string) ([]byte, error)) (Grammars, error) {
	out := BuiltIn()
	var errs []error
	for _, code := range languages {
		b, err := file(GrammarFile(code))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var g *Grammar
		if err == nil {
			g, err = ParseGrammar(b)
		}
		if err == nil && g.code != code {
			err = fmt.Errorf("it is for %q", g.code)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", GrammarFile(code), err))
			continue
		}
		out = out.With(g)
	}
	return out, errors.Join(errs...)
}

// With gives the languages with one more, or with one in place of another.
func (l Grammars) With(g *Grammar) Grammars {
	out := Grammars{slices.Clone(l.list)}
	for i, old := range out.list {
		if old.code == g.code {
			out.list[i] = g
			return out
		}
	}
	out.list = append(out.list, g)
	return out
}

// Codes lists the languages, Vietnamese first.
func (l Grammars) Codes() []string {
	var out []string
	for _, g := range l.list {
		out = append(out, g.code)
	}
	return out
}

// Find gives the further language of a BCP 47 tag by its first subtag: "en-GB"
// is English. Vietnamese is no further language.
func (l Grammars) Find(tag string) (*Grammar, bool) {
	primary := primaryTag(tag)
	for _, g := range l.further() {
		if g.code == primary {
			return g, true
		}
	}
	return nil, false
}

// vietnamese is the language that every call is said in first.
func (l Grammars) vietnamese() *Grammar { return l.list[0] }

// further are the languages beside Vietnamese.
func (l Grammars) further() []*Grammar { return l.list[1:] }

// CallLanguages lists the codes of the built-in languages that a call can be
// said in, Vietnamese first. Whether a voice has clips for them, and what more
// it speaks, is Renderer.Languages' to say.
func CallLanguages() []string { return builtIn().Codes() }

// primaryTag is the language of a BCP 47 tag: "en" of "en-GB".
func primaryTag(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	return primary
}
