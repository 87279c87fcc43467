package page

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Level says how well something is.
type Level string

// The levels of a row.
const (
	OK   Level = "ok"   // Works.
	Warn Level = "warn" // Works, but somebody should look.
	Fail Level = "fail" // Does not work.
	Note Level = ""     // A plain fact.
)

// Panel is what a channel shows to /admin: how it is, and what can be tried.
// The program registers panels; /admin and the channels do not know each other.
type Panel struct {
	ID      string // Short name in addresses, "printer"; lower case letters, digits, dashes.
	Title   string // "Máy in phiếu"
	TitleEN string // "Ticket printer"
	Rows    func(ctx context.Context) []Row
	Actions []Action
}

// Row is one fact of a panel. English texts may be empty where both languages
// say the same.
type Row struct {
	Label, LabelEN string
	Value, ValueEN string
	Level          Level
	Href           string // Optional page that shows more; a path of this server.
}

// Action is a button of a panel, such as "In thử". It has either Do or Try; both
// return when it is done or has failed, and the error is shown to the
// administrator.
type Action struct {
	ID             string // Short name in addresses, "test".
	Label, LabelEN string
	Do             func(ctx context.Context) error

	// Try is given what was typed and tells what came of it. Asks says what has
	// to be typed, "Số điện thoại"; empty = nothing. What is typed is trimmed.
	Try          func(ctx context.Context, typed string) (vi, en string, err error)
	Asks, AsksEN string
	Example      string // Shown while nothing is typed.
}

// MaxTyped is how many characters an Action is given at most.
const MaxTyped = 160

// Name gives the panel's title in a language.
func (p Panel) Name(l Lang) string { return l.T(p.Title, p.TitleEN) }

// Words gives the row's label and value in a language.
func (r Row) Words(l Lang) (label, value string) {
	return l.T(r.Label, r.LabelEN), l.T(r.Value, r.ValueEN)
}

// Halves takes a sentence apart that says the same twice, "Tiếng Việt (English)";
// any other is both.
func Halves(text string) (vi, en string) {
	rest, closed := strings.CutSuffix(text, ")")
	for depth, i := 1, len(rest)-1; closed && i > 0; i-- {
		switch rest[i] {
		case ')':
			depth++
		case '(':
			depth--
		}
		if depth == 0 {
			if before, spaced := strings.CutSuffix(rest[:i], " "); spaced {
				return before, rest[i+1:]
			}
			break
		}
	}
	return text, text
}

// Sentence is an error that says the same twice (see Halves) in one language; it
// begins with a capital letter and ends with a full stop, as on a page.
func Sentence(l Lang, err error) string {
	text := l.T(Halves(err.Error()))
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + "."
}

// Words gives the button's label in a language.
func (a Action) Words(l Lang) string { return l.T(a.Label, a.LabelEN) }
