package queue

import (
	"math/rand/v2"
	"strings"
)

// CodeLength is the length of a lookup code in digits. Digits only, so that it
// can be keyed on a telephone, sent by SMS and spoken.
const CodeLength = 9

// damm is the quasigroup of H. Michael Damm's check digit: it catches every
// single wrong digit and every swap of neighbours.
// (Totally anti-symmetric quasigroups, dissertation, Marburg 2004.)
func damm() [10]string {
	return [10]string{
		"0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
		"3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
	}
}

func checkDigit(digits string) byte {
	table := damm()
	interim := byte('0')
	for i := range len(digits) {
		interim = table[interim-'0'][digits[i]-'0']
	}
	return interim
}

// ParseCode reads a lookup code as people give it, with spaces, dots and
// dashes between the digits; ok is false if it is not 9 digits or the check
// digit is wrong, so that a typing error is told from an unknown code.
func ParseCode(s string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-\u00a0", r) {
			return -1
		}
		return r
	}, s)
	if len(code) != CodeLength || !isDigits(code) {
		return "", false
	}
	return code, checkDigit(code) == '0'
}

// newCode draws a lookup code that taken does not know.
func newCode(rng *rand.Rand, taken func(string) bool) string {
	for {
		digits := make([]byte, CodeLength-1, CodeLength)
		for i := range digits {
			digits[i] = '0' + byte(rng.IntN(10))
		}
		code := string(append(digits, checkDigit(string(digits))))
		if !taken(code) {
			return code
		}
	}
}
