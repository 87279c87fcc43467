package announce

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spoken turns written text into the words that are said: lower case, without
// punctuation, figures and abbreviations spelt out. Synthesisers misread
// figures (15 as "mười năm"), so they never see any.
func spoken(text string, w Wording) []string {
	var words []string
	for _, field := range strings.FieldsFunc(norm.NFC.String(text), separates) {
		words = append(words, spokenField(field, w)...)
	}
	return words
}

// separates reports whether a character stands between words.
func separates(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsMark(c) && !isFigure(c) }

// isFigure reports whether c is one of 0–9; figures of other scripts are not read.
func isFigure(c rune) bool { return c >= '0' && c <= '9' }

// spokenField reads one run of letters and figures: "hộ", "015", "A012", "CCCD".
func spokenField(field string, w Wording) []string {
	if known := abbreviation(field); known != "" {
		return strings.Fields(known)
	}
	parts := splitFigures(field)
	var words []string
	for _, part := range parts {
		switch {
		case isFigure(rune(part[0])):
			words = append(words, figures(part, w)...)
		case spelt(part, len(parts) > 1):
			for _, c := range part {
				words = append(words, strings.Fields(letterName(c))...)
			}
		default:
			words = append(words, strings.ToLower(part))
		}
	}
	return words
}

// splitFigures cuts between letters and figures.
func splitFigures(s string) []string {
	var parts []string
	start, was := 0, false
	for i, c := range s {
		is := isFigure(c)
		if i > start && is != was {
			parts, start = append(parts, s[start:i]), i
		}
		was = is
	}
	return append(parts, s[start:])
}

// spelt reports whether a run of letters is read letter by letter: capitals
// that have names, and either one alone, beside figures ("A012"), or without
// any vowel ("SMS"). Other capitals are a word written large ("KINH DOANH").
func spelt(s string, besideFigures bool) bool {
	for _, c := range s {
		if !strings.ContainsRune(letterOrder, c) {
			return false
		}
	}
	return besideFigures || len([]rune(s)) == 1 || !strings.ContainsAny(s, "AEIOUY")
}

// abbreviation gives what offices mean by their usual abbreviations.
func abbreviation(s string) string {
	switch s {
	case "UBND":
		return "ủy ban nhân dân"
	case "HĐND":
		return "hội đồng nhân dân"
	case "TTHC":
		return "thủ tục hành chính"
	case "PVHCC":
		return "phục vụ hành chính công"
	case "CCCD":
		return "căn cước công dân"
	case "BHXH":
		return "bảo hiểm xã hội"
	case "BHYT":
		return "bảo hiểm y tế"
	case "QSDĐ":
		return "quyền sử dụng đất"
	case "TP":
		return "thành phố"
	}
	return ""
}
