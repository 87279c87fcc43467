package announce

import (
	"fmt"
	"strconv"
	"strings"
)

// maxFraction bounds the figures behind a decimal comma.
const maxFraction = 12

// Decimal reads a number as it is written in Vietnam, with a comma before the
// fraction and points between thousands: "-1.250,5" is "âm một nghìn hai trăm
// năm mươi phẩy năm". Figures behind the comma are read one by one. A single
// point that cannot stand between thousands ("1.5") is taken for the comma.
// The error names what is no number.
func (s Switches) Decimal(written string) (string, error) {
	d, err := parseDecimal(written)
	if err != nil {
		return "", err
	}
	words := s.Or(North.Switches()).unsigned(d.whole)
	if d.fraction != "" {
		words += " phẩy " + strings.Join(digitWords(d.fraction), " ")
	}
	if d.negative {
		words = "âm " + words
	}
	return words, nil
}

// decimal is a number with a fraction, kept exactly.
type decimal struct {
	negative bool
	whole    uint64 // At most 2⁶³.
	fraction string // Figures behind the comma.
}

// String writes the number as Decimal reads it: "-1250,5".
func (d decimal) String() string {
	out := strconv.FormatUint(d.whole, 10)
	if d.fraction != "" {
		out += "," + d.fraction
	}
	if d.negative {
		out = "-" + out
	}
	return out
}

func parseDecimal(written string) (decimal, error) {
	var d decimal
	wrong := func() (decimal, error) {
		return decimal{}, fmt.Errorf("%.40q is not a number: write 1.250,5", written)
	}
	rest := strings.TrimSpace(written)
	for _, sign := range []string{"-", "−"} {
		if after, ok := strings.CutPrefix(rest, sign); ok && !d.negative {
			d.negative, rest = true, after
		}
	}
	whole, fraction, comma := strings.Cut(rest, ",")
	if strings.Contains(whole, ".") && !isGrouped(whole) {
		if comma || strings.Count(whole, ".") > 1 {
			return wrong()
		}
		whole, fraction, comma = strings.Cut(whole, ".")
	}
	whole = strings.ReplaceAll(whole, ".", "")
	if !onlyFigures(whole) || comma && !onlyFigures(fraction) || len(fraction) > maxFraction {
		return wrong()
	}
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || n > mostParsed {
		return decimal{}, fmt.Errorf("%.40q is too large to read", written)
	}
	d.whole, d.fraction = n, fraction
	return d, nil
}

// isGrouped reports whether points stand between thousands: "1.250.000".
func isGrouped(s string) bool {
	groups := strings.Split(s, ".")
	if len(groups[0]) > 3 || groups[0] == "0" {
		return false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return true
}

func onlyFigures(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !isFigure(c) })
}
