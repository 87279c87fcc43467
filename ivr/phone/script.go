package phone

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
)

// Bounds of a script.
const (
	maxScript = 64 << 10 // Bytes.
	maxSteps  = 500
	maxPause  = 10 * time.Minute
	maxWords  = 1000             // Bytes of one expected sentence.
	expectFor = 30 * time.Second // Unless the script says how long.
)

// Action is what a step of a script does.
type Action int

// The actions.
const (
	Press        Action = iota // Press Keys.
	WaitSpeech                 // Wait until the speech has ended.
	Wait                       // Wait for Within.
	Expect                     // Hear Text, or Number read out slowly, within Within.
	ExpectHangup               // The far end hangs up within Within.
	Hangup
)

// Step is one line of a script.
type Step struct {
	Line   int // In the script, from 1.
	Do     Action
	Keys   string
	Text   string
	Number queue.Number
	// Language in which Text or Number is spoken, BCP 47; empty = Vietnamese.
	Language string
	Within   time.Duration
}

// Says is what a step expects to hear, for people.
func (s Step) Says() string {
	if s.Text != "" {
		return strconv.Quote(s.Text)
	}
	return "number " + s.Number.String()
}

// ParseScript reads a script: one step a line, empty lines and lines that begin
// with # left out.
//
//	press 1               keys 0-9 * # A-D
//	wait speech           until the far end has spoken and is quiet
//	wait 2s
//	expect "xin chào"     hear this, from now on, within 30 s
//	expect "Welcome" in en within 10s
//	expect number A012    the number read out digit by digit
//	expect hangup within 20s
//	hangup
//
// The call ends with the script.
func ParseScript(text string) ([]Step, error) {
	if len(text) > maxScript {
		return nil, fmt.Errorf("the script has %d bytes, want at most %d", len(text), maxScript)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the script is not UTF-8 text")
	}
	var steps []Step
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s, err := parseStep(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if s.Line = i + 1; len(steps) == maxSteps {
			return nil, fmt.Errorf("line %d: more than %d steps", s.Line, maxSteps)
		}
		steps = append(steps, s)
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("the script has no steps; write for example: expect \"Kính chào quý vị\"")
	}
	return steps, nil
}

func parseStep(line string) (Step, error) {
	verb, rest := word(line)
	switch verb {
	case "press":
		return parsePress(rest)
	case "wait":
		return parseWait(rest)
	case "expect":
		return parseExpect(rest)
	case "hangup":
		return Step{Do: Hangup}, nothing(rest)
	}
	return Step{}, fmt.Errorf("%q is no step; write press, wait, expect or hangup", clip(verb))
}

func parsePress(keys string) (Step, error) {
	groups, err := ParsePress(keys)
	switch {
	case err != nil:
		return Step{}, err
	case len(groups) != 1:
		return Step{}, fmt.Errorf("press %q: give keys without commas, as in press 12; \"wait speech\" waits", clip(keys))
	}
	return Step{Do: Press, Keys: groups[0]}, nil
}

func parseWait(rest string) (Step, error) {
	if rest == "speech" {
		return Step{Do: WaitSpeech}, nil
	}
	d, err := pause(rest)
	if err != nil {
		return Step{}, fmt.Errorf("wait %q: write \"wait speech\" or a time, as in wait 2s", clip(rest))
	}
	return Step{Do: Wait, Within: d}, nil
}

func parseExpect(rest string) (Step, error) {
	s := Step{Do: Expect, Within: expectFor}
	var err error
	switch what, after := word(rest); {
	case what == "hangup":
		s.Do, rest = ExpectHangup, after
	case what == "number":
		what, rest = word(after)
		if s.Number, err = queue.ParseNumber(what); err != nil {
			return s, fmt.Errorf("expect number %q: give a number as in expect number A012", clip(what))
		}
	default:
		if s.Text, rest, err = quoted(rest); err != nil {
			return s, err
		}
	}
	return s, s.options(rest)
}

// options reads "in en" and "within 10s", in any order, each once.
func (s *Step) options(rest string) error {
	seen := ","
	for rest != "" {
		var name, value string
		name, rest = word(rest)
		value, rest = word(rest)
		if strings.Contains(seen, ","+name+",") {
			return fmt.Errorf("%q twice", clip(name))
		}
		seen += name + ","
		switch d, err := pause(value); {
		case name == "within" && err == nil:
			s.Within = d
		case name == "in" && s.Do == Expect && languageTag(value):
			s.Language = value
		default:
			return fmt.Errorf("%q: write \"in en\" for the language or \"within 10s\" for the time", clip(strings.TrimSpace(name+" "+value)))
		}
	}
	return nil
}

// languageTag reports whether s looks like a BCP 47 tag.
func languageTag(s string) bool {
	const longest = 35
	if len(s) < 2 || len(s) > longest {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// quoted reads a text in quotes; "" stands for a quote in it.
func quoted(s string) (text, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", fmt.Errorf("expect %s: put the words in quotes, as in expect \"Kính chào quý vị\", or write expect number A012 or expect hangup", clip(s))
	}
	var b strings.Builder
	for rest = s[1:]; ; {
		part, after, found := strings.Cut(rest, `"`)
		if !found {
			return "", "", fmt.Errorf("expect %s: the closing quote is missing", clip(s))
		}
		b.WriteString(part)
		rest = after
		if !strings.HasPrefix(rest, `"`) {
			break
		}
		b.WriteByte('"')
		rest = rest[1:]
	}
	text = strings.Join(strings.Fields(b.String()), " ")
	if text == "" || len(text) > maxWords {
		return "", "", fmt.Errorf("expect: give 1 to %d bytes of words, not %d", maxWords, len(text))
	}
	return text, strings.TrimSpace(rest), nil
}

// pause reads a time such as 1.5s.
func pause(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil && (d <= 0 || d > maxPause) {
		err = fmt.Errorf("%v: want more than 0 and at most %v", d, maxPause)
	}
	return d, err
}

// word cuts the first word off a line.
func word(s string) (first, rest string) {
	first, rest, _ = strings.Cut(strings.ReplaceAll(s, "\t", " "), " ")
	return first, strings.TrimSpace(rest)
}

func nothing(rest string) error {
	if rest != "" {
		return fmt.Errorf("unexpected %q", clip(rest))
	}
	return nil
}

// clip shortens what a mistake is quoted with.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
