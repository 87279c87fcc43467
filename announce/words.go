package announce

import (
	"strconv"
	"strings"
)

// Words reads a number the way it is spoken in a region: 1105 is "một nghìn
// một trăm linh năm" in the North and "một ngàn một trăm lẻ năm" in the South.
func Words(n int64, r Region) string { return r.Switches().Words(n) }

// Words reads a number by these switches; empty ones are northern.
//
// The rules: mười for 10–19 and mươi above; mốt, tư and lăm after mươi, lăm
// after mười; a tens digit 0 after a spoken hundred is linh or lẻ; after a
// spoken higher group the hundred is always spoken ("không trăm"), unless the
// whole group is zero; from 10⁹ up the billions are read by the same rules and
// tỷ is said once; âm before a negative number. ParseWords reads them back.
func (s Switches) Words(n int64) string {
	s = s.Or(North.Switches())
	if n < 0 {
		return "âm " + s.unsigned(uint64(-(n+1))+1)
	}
	return s.unsigned(uint64(n))
}

// unsigned reads a number that is not negative.
func (s Switches) unsigned(n uint64) string {
	if n == 0 {
		return digitWord(0)
	}
	return strings.Join(s.cardinal(n, false), " ")
}

const billion = 1_000_000_000

// cardinal reads n > 0; after says that a higher group was spoken before it, so
// that its hundreds must be.
func (s Switches) cardinal(n uint64, after bool) []string {
	var words []string
	if high := n / billion; high > 0 {
		words = append(s.cardinal(high, after), s.Billion)
		n, after = n%billion, true
	}
	for _, g := range []struct {
		unit uint64
		name string
	}{{1_000_000, "triệu"}, {1000, s.Thousand}, {1, ""}} {
		value := n / g.unit % 1000
		if value == 0 {
			continue
		}
		words = append(words, s.group(int(value), after)...)
		if g.name != "" {
			words = append(words, g.name)
		}
		after = true
	}
	return words
}

// group reads 1 … 999; full forces the hundreds.
func (s Switches) group(n int, full bool) []string {
	hundreds, tens, units := n/100, n/10%10, n%10
	var words []string
	if hundreds > 0 || full {
		words = append(words, digitWord(hundreds), "trăm")
		if tens == 0 && units > 0 {
			return append(words, s.Odd, digitWord(units))
		}
	}
	switch tens {
	case 0:
	case 1:
		words = append(words, "mười")
	default:
		words = append(words, digitWord(tens), "mươi")
	}
	if units > 0 {
		words = append(words, s.unit(tens, units))
	}
	return words
}

// unit is the last digit, which changes its word after a spoken ten.
func (s Switches) unit(tens, units int) string {
	switch {
	case units == 1 && tens > 1:
		return "mốt"
	case units == 4 && tens > 1:
		return s.Four
	case units == 5 && tens > 0:
		return "lăm"
	}
	return digitWord(units)
}

func digitWord(d int) string {
	return [...]string{"không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"}[d]
}

// digitWords reads a string of figures one by one; other characters are left out.
func digitWords(s string) []string {
	var words []string
	for _, c := range s {
		if c >= '0' && c <= '9' {
			words = append(words, digitWord(int(c-'0')))
		}
	}
	return words
}

// letterName is how a letter is said; empty for anything that is no letter of
// a ticket.
func letterName(c rune) string {
	i := strings.IndexRune(letterOrder, c)
	if i < 0 {
		return ""
	}
	return letterNames()[len([]rune(letterOrder[:i]))]
}

// letterOrder lists the letters that have names, in the order of letterNames.
const letterOrder = "ABCDĐEFGHIJKLMNOPQRSTUVWXYZ"

func letterNames() []string {
	return []string{"a", "bê", "xê", "dê", "đê", "e", "ép", "giê", "hát", "i", "gi", "ca", "e lờ", "em mờ",
		"en nờ", "o", "pê", "quy", "e rờ", "ét sì", "tê", "u", "vê", "vê kép", "ích xì", "i dài", "dét"}
}

// figures reads a run of figures inside a text: a number without leading zero
// by its value, anything else figure by figure.
func figures(s string, w Wording) []string {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) <= 6 && (s[0] != '0' || len(s) == 1) {
		return strings.Fields(w.switches().Words(n))
	}
	return digitWords(s)
}
