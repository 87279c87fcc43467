package announce

import (
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Spell gives a number's words for people: "A không một hai", or "A mười hai"
// where the office reads by value. The letter stays as it is printed.
func Spell(n queue.Number, w Wording) string { return Number(n, w).Text() }

// Number says a ticket number fluently, as in a call.
func Number(n queue.Number, w Wording) Sentence {
	if n.IsZero() {
		return Sentence{}
	}
	figures := digitWords(n.Digits())
	if w.ByValue {
		figures = strings.Fields(Words(int64(n.N), w.Region))
	}
	return Join(letters(n.Prefix), Sentence{parts: []Part{{
		Text: strings.Join(figures, " "), Words: figures, Pos: voice.Continuation,
	}}})
}

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
		name := letterName(c)
		if name == "" {
			name = strings.ToLower(string(c))
		}
		out.parts = append(out.parts, Part{
			Text: string(c), Words: strings.Fields(name), Pos: voice.NonFinal, Pause: pauseLetter, tight: i > 0,
		})
	}
	return out
}

// Call is what the loudspeaker says: "Xin mời số A không một hai đến quầy số
// ba". Number first, counter last, as on the board. No names.
func Call(n queue.Number, counter string, w Wording) Sentence {
	return Join(
		words("Xin mời số", "xin mời số", voice.NonFinal, 0),
		Number(n, w), Pause(PauseComma),
		toCounter("đến quầy", counter, w),
	)
}

// Repeat is the second reading of a call, shorter: "Số A không một hai, quầy
// số ba".
func Repeat(n queue.Number, counter string, w Wording) Sentence {
	number := Number(n, w)
	if last := len(number.parts) - 1; last >= 0 {
		number.parts[last].Text += ","
	}
	return Join(
		words("Số", "số", voice.NonFinal, 0),
		number, Pause(PauseComma),
		toCounter("quầy", counter, w),
	)
}

// maxCounter is the largest counter that is read by value.
const maxCounter = 9999

// toCounter says a counter: "đến quầy số ba" for "3", otherwise what is printed.
func toCounter(carrier, counter string, w Wording) Sentence {
	if n, err := strconv.Atoi(counter); err == nil && n > 0 && n <= maxCounter {
		text := Words(int64(n), w.Region)
		return Join(words(carrier+" số", carrier+" số", voice.NonFinal, 0), words(text, text, voice.Final, 0))
	}
	return Join(words(carrier, carrier, voice.NonFinal, 0), phrase(counter, w.Region)).Ending(voice.Final)
}
