package announce

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// maxCode bounds a code that is read sign by sign; longer ones are cut off.
const maxCode = 64

// Code says a code sign by sign, slowly enough to be written down: a dossier's
// code, a citizen's identity number, a lookup code. What is written apart
// ("H29-240521-0012") is a group, and longer runs of figures are read in groups
// of three or four. The last figure of a group keeps the voice up, since more
// follows. Signs that are neither letters nor figures are shown, but not said.
func Code(code string) Sentence {
	var out Sentence
	groups := codeGroups(code)
	for i, g := range groups {
		for j, c := range []rune(g.signs) {
			part := codeSign(c)
			part.tight = j > 0 || g.tight
			out.parts = append(out.parts, part)
		}
		last := &out.parts[len(out.parts)-1]
		last.Text += g.behind
		if i == len(groups)-1 {
			last.Pos, last.Pause = voice.Continuation, 0
		} else if !groups[i+1].sameRun {
			last.Pos, last.Pause = voice.Continuation, pauseGroup
		}
	}
	return out
}

// codeSign says one letter or figure.
func codeSign(c rune) Part {
	p := Part{Text: string(c), Pos: voice.NonFinal, Pause: pauseDigit}
	if isFigure(c) {
		p.Words = []string{digitWord(int(c - '0'))}
		return p
	}
	p.Words = strings.Fields(or(letterName(c), strings.ToLower(string(c))))
	return p
}

// codeGroup is what is read in one breath.
type codeGroup struct {
	signs   string
	behind  string // Signs shown behind it: "-".
	tight   bool   // Shown without a space before it.
	sameRun bool   // Letters and figures of one run: "H29".
}

// codeGroups cuts a code into the groups it is read in.
func codeGroups(code string) []codeGroup {
	var out []codeGroup
	rest := strings.TrimLeftFunc(cutRunes(strings.ToUpper(norm.NFC.String(code)), maxCode), noSign)
	for tight := false; rest != ""; {
		end := strings.IndexFunc(rest, noSign)
		if end < 0 {
			end = len(rest)
		}
		run := runGroups(rest[:end])
		run[0].tight = tight
		rest = rest[end:]
		next := len(rest) - len(strings.TrimLeftFunc(rest, noSign))
		if behind := strings.Join(strings.Fields(rest[:next]), ""); len(rest) > next {
			run[len(run)-1].behind, tight = behind, behind != ""
		}
		out, rest = append(out, run...), rest[next:]
	}
	return out
}

// runGroups cuts letters and figures that are written together.
func runGroups(run string) []codeGroup {
	var out []codeGroup
	for i, piece := range splitFigures(run) {
		groups := []string{piece}
		if isFigure(rune(piece[0])) {
			groups = figureGroups(piece)
		}
		for j, g := range groups {
			joined := i > 0 && j == 0
			out = append(out, codeGroup{signs: g, tight: joined, sameRun: joined})
		}
	}
	return out
}

// noSign reports whether a sign of a code is not said.
func noSign(c rune) bool { return !isFigure(c) && !unicode.IsLetter(c) }

// figureGroups cuts figures into groups of three or four: 12 are 3-3-3-3, 10
// are 4-3-3.
func figureGroups(s string) []string {
	var out []string
	for len(s) > 4 {
		n := 3
		if len(s)%3 != 0 && len(s) != 5 {
			n = 4
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return append(out, s)
}

// cutRunes shortens a text to so many signs.
func cutRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}

// Phone says a telephone number in its usual groups: "0912 345 678" and "024
// 3826 1234"; +84 is read as 0, as people dial it. Other signs are left out.
func Phone(number string) Sentence {
	figures := strings.Map(func(c rune) rune {
		if isFigure(c) {
			return c
		}
		return -1
	}, cutRunes(number, maxCode))
	if rest, abroad := strings.CutPrefix(figures, "84"); abroad && strings.HasPrefix(strings.TrimSpace(number), "+") {
		figures = "0" + rest
	}
	return Code(strings.Join(phoneGroups(figures), " "))
}

// phoneGroups cuts a number as it is printed in Vietnam.
func phoneGroups(s string) []string {
	switch {
	case len(s) == 10:
		return []string{s[:4], s[4:7], s[7:]}
	case len(s) == 11 && (strings.HasPrefix(s, "024") || strings.HasPrefix(s, "028")):
		return []string{s[:3], s[3:7], s[7:]}
	case len(s) == 11:
		return []string{s[:4], s[4:8], s[8:]}
	case len(s) == 8:
		return []string{s[:4], s[4:]}
	}
	return figureGroups(s)
}
