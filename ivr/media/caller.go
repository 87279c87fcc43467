package media

import (
	"strings"
)

// vietnam is the country code.
const vietnam = "84"

// NormalizeCaller gives the E.164 form ("+84912345678") of a caller's number
// as networks and switchboards write it: 0912…, 84912…, +84912…, 0084912…,
// 912…, with separators, as tel: or sip: URI with parameters. It returns the
// empty string when the number is withheld or is none.
//
// A number is a convenience, not an identity: callers can forge it.
func NormalizeCaller(raw string) string {
	digits, plus, ok := dialled(userPart(raw))
	if !ok {
		return ""
	}
	switch {
	case plus:
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case strings.HasPrefix(digits, "0"):
		digits = vietnam + digits[1:]
	case strings.HasPrefix(digits, vietnam) && national(digits[len(vietnam):]):
	case national(digits):
		digits = vietnam + digits
	default:
		return "" // An extension, a short code, a name.
	}
	if !international(digits) {
		return ""
	}
	return "+" + digits
}

// userPart strips scheme, parameters and host of a URI; parts before the
// number are kept only when they belong to it.
func userPart(raw string) string {
	s := strings.TrimSpace(raw)
	if open := strings.IndexByte(s, '<'); open >= 0 {
		s = s[open+1:]
	}
	s, _, _ = strings.Cut(s, ">")
	if scheme, rest, found := strings.Cut(s, ":"); found {
		switch strings.ToLower(scheme) {
		case "sip", "sips", "tel":
			s = rest
		}
	}
	s, _, _ = strings.Cut(s, "@")
	number, parameters, _ := strings.Cut(s, ";")
	return withContext(number, parameters)
}

// withContext puts a numeric ;phone-context=+84 in front of a local number (RFC 3966 §5.1.5).
func withContext(number, parameters string) string {
	for p := range strings.SplitSeq(strings.ToLower(parameters), ";") {
		prefix, found := strings.CutPrefix(p, "phone-context=+")
		if found && !strings.HasPrefix(number, "+") && onlyDigits(prefix) {
			return "+" + prefix + strings.TrimPrefix(number, "0")
		}
	}
	return number
}

// dialled removes the separators of a written number; ok is false if anything
// else than digits remains.
func dialled(s string) (digits string, plus, ok bool) {
	s, plus = strings.CutPrefix(s, "+")
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '.', '(', ')', '\u00a0':
			return -1
		}
		return r
	}, s)
	return s, plus, onlyDigits(s) && len(s) <= 20
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// international checks the digits after the plus: 84 with a national number,
// or any other country by length alone (E.164: at most 15 digits).
func international(digits string) bool {
	if rest, ok := strings.CutPrefix(digits, vietnam); ok {
		return national(rest)
	}
	return len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0'
}

// national checks a number of Viet Nam without its leading 0: mobile 3, 5, 7,
// 8, 9 with nine digits; geographic 2 with ten; 1800 and 1900 with eight to
// ten; 672 (VoIP) with nine.
func national(s string) bool {
	if !onlyDigits(s) {
		return false
	}
	switch s[0] {
	case '3', '5', '7', '8', '9':
		return len(s) == 9
	case '2':
		return len(s) == 10
	case '6':
		return strings.HasPrefix(s, "672") && len(s) == 9
	case '1':
		return (strings.HasPrefix(s, "1800") || strings.HasPrefix(s, "1900")) && len(s) >= 8 && len(s) <= 10
	}
	return false
}

// MaskNumber makes a caller's number fit for a log: "0912***678". What is too
// short or too odd to hide a person is hidden whole.
func MaskNumber(raw string) string {
	n := NormalizeCaller(raw)
	if n == "" {
		return "***"
	}
	if rest, ok := strings.CutPrefix(n, "+"+vietnam); ok {
		n = "0" + rest
	}
	return n[:4] + "***" + n[len(n)-3:]
}

// MaskIn removes a caller's number from a text that the far end chose, such as
// a Call-ID, so that the text may stand in a log.
func MaskIn(text, raw string) string {
	const same = 9 // Digits at the end that are the same however the number is written.
	n := NormalizeCaller(raw)
	if len(n) <= same {
		return text
	}
	return strings.ReplaceAll(text, n[len(n)-same:], "***")
}
