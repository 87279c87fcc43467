package dialogue

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Form is how a channel wants its messages. The zero Form has buttons and no
// bound that a message could reach.
type Form struct {
	// Numbered channels have no buttons: choices stand in the text with a number,
	// and the number is the answer.
	Numbered bool
	// Brief channels pay by the letter: a sentence or two, and commands instead
	// of menus.
	Brief bool
	// OneWay channels can only be read: what would be answered is done on the
	// ticket's page, which a touch opens.
	OneWay bool
	// Fits reports whether a text is short enough for one message; nil = every one is.
	Fits func(text string) bool
}

// Render words a message for a channel; clock is as for the function Render.
func (f Form) Render(m Message, clock string) Text {
	if f.Brief {
		t := Text{Body: f.brief(m), Silent: silent(m.Kind)}
		if m.Kind == TopicText {
			f.listed(&t, m.More)
		}
		return t
	}
	if f.OneWay {
		return Text{Body: f.oneWay(m), Silent: silent(m.Kind)}
	}
	t := Render(m, clock)
	if f.Numbered {
		t = f.numbered(t, m)
	}
	t.Body = f.Shorten(t.Body)
	return t
}

func (f Form) fits(text string) bool { return f.Fits == nil || f.Fits(text) }

// Shorten cuts a text that is too long, with a sign that it was cut. Texts are
// written so that it is not needed.
func (f Form) Shorten(text string) string {
	if f.fits(text) {
		return text
	}
	letters := []rune(text)
	few, many := 0, len(letters)
	for few < many {
		if n := (few + many + 1) / 2; f.fits(string(letters[:n]) + "…") {
			few = n
		} else {
			many = n - 1
		}
	}
	return string(letters[:few]) + "…"
}

// numbered writes the buttons below the text, as many as fit. What gives a
// number up is asked for in words: a number may be the answer to an older menu.
func (f Form) numbered(t Text, m Message) Text {
	rows := t.Buttons
	t.Buttons = nil
	if m.Kind == AskCancel {
		return t
	}
	w := wordsOf(m.Language)
	list := ""
	for _, row := range rows {
		for _, b := range row {
			line := fmt.Sprintf("\n%d. %s", len(t.Choices)+1, b.Label)
			if len(t.Choices) == maxChoices || !f.fits(below(t.Body, list+line, w.choose)) {
				break
			}
			list += line
			t.Choices = append(t.Choices, b.Intent)
		}
	}
	if list != "" {
		t.Body = below(t.Body, list, w.choose)
	}
	return t
}

// listed adds what a topic lets choose, as much as fits: "1 9:00".
func (f Form) listed(t *Text, offers []Offer) {
	for i, o := range offers {
		line := fmt.Sprintf("\n%d %s", i+1, o.Label)
		if !f.fits(t.Body + line) {
			return
		}
		t.Body += line
		t.Choices = append(t.Choices, Intent{Other, o.Topic + "-" + o.Arg})
	}
}

// below writes a list under a text, set off, and how to answer.
func below(text, list, how string) string { return text + "\n" + list + "\n" + how }

// maxChoices bounds a numbered menu.
const maxChoices = 20

// Choice reads the answer to a numbered menu: "1", "số 1", "(2)", "lay so 3",
// also in the figures of other keyboards; 0 if a text is none.
func Choice(text string) int {
	if len(text) > maxText {
		return 0
	}
	word := strings.ReplaceAll(Fold(norm.NFKC.String(text)), " ", "")
	for _, lead := range []string{"layso", "chonso", "chon", "muc", "so", "number", "no"} {
		if rest, ok := strings.CutPrefix(word, lead); ok {
			word = rest
			break
		}
	}
	if len(word) < 1 || len(word) > 2 {
		return 0
	}
	n := 0
	for _, r := range word {
		if r < '0' || r > '9' {
			return 0
		}
		n = 10*n + int(r-'0')
	}
	return n
}
