package dialogue

import (
	"strconv"
	"strings"
)

// figure is a number word, folded. ten and hundred multiply what stands before.
type figure struct {
	digit int // -1 for the words that multiply.
	by    int
}

// figureOf reads one number word, in Vietnamese as people type it, or English.
func figureOf(word string) (f figure, ok bool) {
	digits := map[string]int{
		"khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
		"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
		"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
	}
	if n, ok := digits[word]; ok {
		return figure{digit: n}, true
	}
	switch word {
	case "muoi", "chuc":
		return figure{-1, 10}, true
	case "tram":
		return figure{-1, 100}, true
	case "linh", "le":
		return figure{-1, 1}, true
	}
	return figure{}, false
}

// figures writes number words as figures where a number is expected: "hai muoi
// phut" becomes "20 phut", "a khong mot hai" "a 012". Other words stay. It is
// for arguments only: many number words are words of other meaning too.
func figures(folded string) string {
	var out []string
	words := strings.Fields(folded)
	for i := 0; i < len(words); {
		n := i
		for n < len(words) {
			if _, ok := figureOf(words[n]); !ok {
				break
			}
			n++
		}
		if n == i {
			out = append(out, words[i])
			i++
			continue
		}
		out = append(out, figureValue(words[i:n]))
		i = n
	}
	return strings.Join(out, " ")
}

// figureValue reads a run of number words: digit by digit ("không một hai" is
// 012), or as a value where a word multiplies ("hai mươi lăm" is 25).
func figureValue(words []string) string {
	spelled, value, sum, last := "", false, 0, -1
	for _, w := range words {
		f, _ := figureOf(w)
		switch {
		case f.digit >= 0:
			spelled += strconv.Itoa(f.digit)
			if last >= 20 && last%10 == 0 && f.digit < 10 && f.digit > 0 { // "twenty five"
				value = true
			}
			sum += f.digit
			last = f.digit
			continue
		case f.by == 1: // "linh", "lẻ": a gap in the tens.
		case last < 0:
			sum += f.by // "mười" alone.
		default:
			sum += last * (f.by - 1)
		}
		value, last = true, -1
	}
	if value {
		return strconv.Itoa(sum)
	}
	return spelled
}
