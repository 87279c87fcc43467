package announce

import (
	"strings"
	"unicode"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// english is English as it is spoken to people who learnt it: British numbers,
// "zero" and not "oh", nothing contracted.
func english() language {
	return language{
		code: "en",
		digits: [10]string{
			"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
		},
		words:  EnglishWords,
		letter: englishLetter,
		call:   "Number " + slotNumber + ", please go to counter " + slotCounter + ".",
		repeat: "Number " + slotNumber + ", counter " + slotCounter + ".",
		chunks: englishChunks,
	}
}

// englishLetter is the letter itself: single letters are read by their names.
func englishLetter(c rune) string {
	if c >= 'A' && c <= 'Z' {
		return string(unicode.ToLower(c))
	}
	return ""
}

// EnglishWords reads a number in British English: 1105 is "one thousand one
// hundred and five".
func EnglishWords(n int64) string {
	switch {
	case n == 0:
		return "zero"
	case n < 0:
		return "minus " + strings.Join(englishCardinal(uint64(-(n+1))+1), " ")
	}
	return strings.Join(englishCardinal(uint64(n)), " ")
}

// englishCardinal reads n > 0. "And" stands before the last two figures
// whenever something was said before them.
func englishCardinal(n uint64) []string {
	var words []string
	unit := uint64(1_000_000_000_000_000_000)
	for _, name := range []string{"quintillion", "quadrillion", "trillion", "billion", "million", "thousand", ""} {
		group := int(n / unit % 1000)
		unit /= 1000
		if group == 0 {
			continue
		}
		if hundreds := group / 100; hundreds > 0 {
			words = append(words, english99(hundreds), "hundred")
		}
		if rest := group % 100; rest > 0 {
			if group >= 100 || name == "" && len(words) > 0 {
				words = append(words, "and")
			}
			words = append(words, strings.Fields(english99(rest))...)
		}
		if name != "" {
			words = append(words, name)
		}
	}
	return words
}

// english99 reads 1–99.
func english99(n int) string {
	small := [...]string{
		"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	}
	if n < len(small) {
		return small[n]
	}
	tens := [...]string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}[n/10-2]
	return strings.TrimSpace(tens + " " + small[n%10])
}

// englishChunks is what numbers are put together from: English words keep
// their sound beside each other, so that words suffice and a person who
// records them is soon done.
func englishChunks() []chunk {
	const n, c, f = voice.NonFinal, voice.Continuation, voice.Final
	var out []chunk
	for i := 1; i < 20; i++ {
		out = append(out, chunk{english99(i), []voice.Position{c, f}})
	}
	for i := 20; i < 100; i += 10 {
		out = append(out, chunk{english99(i), []voice.Position{n, c, f}})
	}
	for _, unit := range []string{"hundred", "thousand"} {
		out = append(out, chunk{unit, []voice.Position{n, c}}, chunk{unit + " and", []voice.Position{n}})
	}
	return append(out, chunk{"and", []voice.Position{n}})
}
