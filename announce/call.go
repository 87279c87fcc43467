package announce

import (
	"strings"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// CallRequest is a call to put into words.
type CallRequest struct {
	Number   queue.Number
	Counter  string      // As it is printed: "3", "2A", "Tiếp đón".
	Place    queue.Place // Where the counter is; empty pieces are not said.
	Language string      // Of the ticket, BCP 47; empty is Vietnamese.
}

// Spell gives a number's words for people: "A không một hai", or "A mười hai"
// where the office reads by value. The letter stays as it is printed.
func Spell(n queue.Number, w Wording) string { return Number(n, w).Text() }

// Number says a ticket number fluently, as in a call.
func Number(n queue.Number, w Wording) Sentence { return builtIn().vietnamese().number(n, w) }

// NumberSlow says a ticket number letter by letter and figure by figure, with
// pauses, for somebody who writes it down: "A, không, một, hai".
func NumberSlow(n queue.Number) Sentence {
	if n.IsZero() {
		return Sentence{}
	}
	out := letters(n.Prefix)
	for i, word := range digitWords(n.Digits()) {
		out.parts[len(out.parts)-1].Text += ","
		out.parts[len(out.parts)-1].Pause = pauseDigit
		pos := voice.NonFinal
		if i == len(n.Digits())-1 {
			pos = voice.Continuation
		}
		out.parts = append(out.parts, Part{Text: word, Words: []string{word}, Pos: pos})
	}
	return out
}

// letters says the printed letters of a number.
func letters(prefix string) Sentence {
	var out Sentence
	for i, c := range prefix {
		name := or(letterName(c), strings.ToLower(string(c)))
		out.parts = append(out.parts, Part{
			Text: string(c), Words: strings.Fields(name), Pos: voice.NonFinal, Pause: pauseLetter, tight: i > 0,
		})
	}
	return out
}

// Call is what the loudspeaker says: "Xin mời số A không một hai đến quầy số
// ba". Number first, counter last, as on the board. No names. See Calls.
func Call(n queue.Number, counter string, w Wording) Sentence {
	return Calls([]CallRequest{{Number: n, Counter: counter}}, w)
}

// Repeat is the second reading of a call, shorter: "Số A không một hai, quầy
// số ba". See Repeats.
func Repeat(n queue.Number, counter string, w Wording) Sentence {
	return Repeats([]CallRequest{{Number: n, Counter: counter}}, w)
}

// Calls says one call or a burst of them in Vietnamese, in their order. Numbers
// that follow each other to one counter share it: "Xin mời số A không một hai,
// A không một ba đến quầy số ba; số B không không một đến quầy số năm". Where a
// counter is stands behind it: ", phòng hai không một, tầng hai, bên trái".
func Calls(calls []CallRequest, w Wording) Sentence { return builtIn().vietnamese().calls(calls, w) }

// Repeats is the second reading of Calls: "Số A không một hai, A không một ba,
// quầy số ba; số B không không một, quầy số năm".
func Repeats(calls []CallRequest, w Wording) Sentence {
	return builtIn().vietnamese().repeats(calls, w)
}

// CallIn is a call in the language of a ticket: "Number A zero one two, please
// go to counter three." It is empty for Vietnamese (see Call) and for languages
// that are not built in; a Renderer also knows those of its voice.
func CallIn(tag string, n queue.Number, counter string, w Wording) Sentence {
	return CallsIn(tag, []CallRequest{{Number: n, Counter: counter}}, w)
}

// RepeatIn is the second reading of CallIn: "Number A zero one two, counter
// three."
func RepeatIn(tag string, n queue.Number, counter string, w Wording) Sentence {
	return RepeatsIn(tag, []CallRequest{{Number: n, Counter: counter}}, w)
}

// CallsIn is Calls in a further language, as CallIn.
func CallsIn(tag string, calls []CallRequest, w Wording) Sentence {
	if g, ok := builtIn().Find(tag); ok {
		return g.calls(calls, w)
	}
	return Sentence{}
}

// RepeatsIn is Repeats in a further language, as RepeatIn.
func RepeatsIn(tag string, calls []CallRequest, w Wording) Sentence {
	if g, ok := builtIn().Find(tag); ok {
		return g.repeats(calls, w)
	}
	return Sentence{}
}

// maxCounter is the largest counter that is read by value.
const maxCounter = 9999

func (g *Grammar) calls(calls []CallRequest, w Wording) Sentence   { return g.say(&g.call, calls, w) }
func (g *Grammar) repeats(calls []CallRequest, w Wording) Sentence { return g.say(&g.repeat, calls, w) }

// say puts calls together: those that follow each other to one counter share
// a sentence, and one sentence follows the other after a semicolon.
func (g *Grammar) say(f *forms, calls []CallRequest, w Wording) Sentence {
	out := &filler{g: g, parts: make([]Part, 0, 8)}
	g.sayTo(out, f, calls, w)
	return out.sentence()
}

func (g *Grammar) sayTo(out *filler, f *forms, calls []CallRequest, w Wording) {
	for first := true; len(calls) > 0; first = false {
		n := sameCounter(calls)
		form := f[formOf(n, first)]
		for _, t := range form.body {
			g.step(out, t, calls[:n], w)
		}
		calls = calls[n:]
		switch {
		case len(calls) > 0:
			out.mark(';')
		case form.end != 0:
			out.mark(form.end)
		}
	}
}

// sameCounter counts the calls at the front that go to one counter.
func sameCounter(calls []CallRequest) int {
	n := 1
	for n < len(calls) && calls[n].Counter == calls[0].Counter && calls[n].Place == calls[0].Place {
		n++
	}
	return n
}

// formOf finds the form of a sentence in forms.
func formOf(numbers int, first bool) int {
	form := 0
	if numbers > 1 {
		form = 1
	}
	if !first {
		form += 2
	}
	return form
}

// step adds one token of a call's sentence.
func (g *Grammar) step(f *filler, t token, calls []CallRequest, w Wording) {
	switch {
	case t.mark != 0:
		f.mark(t.mark)
	case t.slot == slotNumber:
		for i, c := range calls {
			if i > 0 {
				f.mark(',')
			}
			f.value(g.number(c.Number, w))
		}
	case t.slot == slotCounter:
		g.counter(f, calls[0].Counter, w)
	case t.slot == slotPlace:
		g.place(f, calls[0].Place, w)
	default:
		f.text(t)
	}
}
