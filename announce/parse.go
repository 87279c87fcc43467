package announce

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what ParseWords reads.
const (
	maxParsed  = 600 // Bytes; the longest number is shorter.
	mostParsed = uint64(math.MaxInt64) + 1
)

// ParseWords reads number words back: it undoes Words for every setting of the
// switches, and understands what people say besides: nhăm, "hai lăm", "ba tư",
// "hăm ba", "hai chục", "một trăm hai" (120), "nghìn rưỡi" (1500), and a group
// without its "không trăm" ("hai nghìn mười lăm"). What could mean two numbers
// is refused ("một trăm hai nghìn": 102 000 or 120 000; "hai ba nghìn": 23 000,
// or two or three thousand), and so is năm behind mười or mươi, which counts
// years.
func ParseWords(text string) (int64, error) {
	d, err := parseWords(text)
	switch {
	case err != nil:
		return 0, err
	case d.fraction != "":
		return 0, fmt.Errorf("%.60q is not a whole number", text)
	case d.negative:
		return -int64(d.whole), nil // −2⁶³ is its own negative.
	case d.whole > math.MaxInt64:
		return 0, fmt.Errorf("%.60q: %w", text, errTooLarge)
	}
	return int64(d.whole), nil
}

// ParseDecimalWords reads number words with or without a fraction and writes
// the number as Switches.Decimal reads it: "âm hai phẩy năm" is "-2,5".
func ParseDecimalWords(text string) (string, error) {
	d, err := parseWords(text)
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

var (
	errTooLarge = errors.New("the number is too large")
	errNoNumber = errors.New("no number words")
)

func parseWords(text string) (decimal, error) {
	if len(text) > maxParsed {
		return decimal{}, fmt.Errorf("%d bytes of number words, at most %d", len(text), maxParsed)
	}
	p := &wordParser{words: strings.Fields(strings.ToLower(norm.NFC.String(text)))}
	var d decimal
	d.negative = p.take("âm", "trừ")
	var err error
	if d.whole, err = p.number(); err == nil && p.take("phẩy", "chấm") {
		d.fraction, err = p.fraction()
	}
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%w: stuck at %.20q", errNoNumber, p.words[0])
	}
	if err != nil {
		return decimal{}, fmt.Errorf("%.60q: %w", text, err)
	}
	return d, nil
}

// wordParser reads the words that are left from the front.
type wordParser struct{ words []string }

// peek is the word i places ahead, empty behind the end.
func (p *wordParser) peek(i int) string {
	if i < len(p.words) {
		return p.words[i]
	}
	return ""
}

// take drops the next word if it is one of these.
func (p *wordParser) take(any ...string) bool {
	for _, w := range any {
		if p.peek(0) == w {
			p.words = p.words[1:]
			return true
		}
	}
	return false
}

// ends reports whether the whole number is read: nothing or a fraction follows.
func (p *wordParser) ends() bool {
	next := p.peek(0)
	return next == "" || next == "phẩy" || next == "chấm"
}

// magnitude is what was read of a number so far.
type magnitude struct {
	before uint64 // Whole billions.
	below  uint64 // What was said since.
	scale  uint64 // Name of the last group.
}

// number reads groups with their names: billions multiply everything before
// them, thousands and millions add.
func (p *wordParser) number() (uint64, error) {
	m := magnitude{scale: billion}
	for first := true; ; first = false {
		if !first && p.ends() {
			return sum(m.before, m.below)
		}
		if !first && p.take("rưỡi") {
			return sum(m.before, m.below, m.scale/2)
		}
		value, bare, err := p.group(first)
		if err != nil {
			return 0, err
		}
		bare = bare && !first
		name := p.scale()
		if bare && (value == 0 || name == billion) {
			return 0, fmt.Errorf("%w: a group without its hundreds", errNoNumber)
		}
		if name == 1 {
			return p.last(m, value, bare)
		}
		if m, err = m.with(value, name); err != nil {
			return 0, err
		}
	}
}

// last adds the group that has no name. A bare figure counts tenths of the
// group before it: "một nghìn hai" is 1200.
func (p *wordParser) last(m magnitude, value uint64, bare bool) (uint64, error) {
	if !p.ends() {
		return 0, p.stuck()
	}
	if bare {
		value *= m.scale / 10
	}
	return sum(m.before, m.below, value)
}

// with adds a group with a name.
func (m magnitude) with(value, name uint64) (magnitude, error) {
	if name != billion && name >= m.scale {
		return m, fmt.Errorf("%w: a larger group behind a smaller one", errNoNumber)
	}
	if name != billion {
		return magnitude{m.before, m.below + value*name, name}, nil
	}
	all, err := sum(m.before, m.below, value)
	if err != nil {
		return m, err
	}
	high, low := bits.Mul64(all, billion)
	if high > 0 || low > mostParsed {
		return m, errTooLarge
	}
	return magnitude{before: low, scale: billion}, nil
}

// scale reads the name of a group; 1 is none.
func (p *wordParser) scale() uint64 {
	switch {
	case p.take("nghìn", "ngàn"):
		return 1000
	case p.take("triệu"):
		return 1_000_000
	case p.take("tỷ", "tỉ"):
		return billion
	}
	return 1
}

// group reads 0 … 999. It is empty before tỷ ("một nghìn tỷ"), and one where a
// number begins with its name ("nghìn rưỡi"). bare says that it was a single
// figure.
func (p *wordParser) group(first bool) (value uint64, bare bool, err error) {
	switch next := p.peek(0); next {
	case "tỷ", "tỉ":
		if first {
			return 1, false, nil
		}
		return 0, false, nil
	case "nghìn", "ngàn", "triệu":
		if first {
			return 1, false, nil
		}
	case "trăm":
		if first {
			return p.hundreds(1)
		}
	case "linh", "lẻ":
		if !first {
			return p.odd()
		}
	}
	if p.peek(1) == "trăm" {
		d, ok := plainDigit(p.peek(0))
		if !ok {
			return 0, false, p.stuck()
		}
		p.words = p.words[1:]
		return p.hundreds(d)
	}
	return p.below100()
}

// hundreds reads from "trăm" on.
func (p *wordParser) hundreds(d uint64) (uint64, bool, error) {
	p.take("trăm")
	switch {
	case p.ends(), scaleWord(p.peek(0)):
		return d * 100, false, nil
	case p.take("rưỡi"):
		return d*100 + 50, false, nil
	case p.peek(0) == "linh", p.peek(0) == "lẻ":
		rest, _, err := p.odd()
		return d*100 + rest, false, err
	}
	rest, bare, err := p.below100()
	if bare && (rest == 0 || !p.ends()) {
		return 0, false, fmt.Errorf("%w: %q could mean two numbers", errNoNumber, digitWord(int(rest)))
	}
	if bare {
		rest *= 10 // "một trăm hai": 120.
	}
	return d*100 + rest, false, err
}

// odd reads "linh năm".
func (p *wordParser) odd() (uint64, bool, error) {
	p.words = p.words[1:]
	d, ok := plainDigit(p.peek(0))
	if !ok || d == 0 {
		return 0, false, p.stuck()
	}
	p.words = p.words[1:]
	return d, false, nil
}

// below100 reads 0 … 99 in all the ways in which people say it.
func (p *wordParser) below100() (value uint64, bare bool, err error) {
	first, digit := plainDigit(p.peek(0))
	switch {
	case p.take("mười", "chục"):
		return 10 + p.unit(), false, nil
	case p.take("hăm"):
		return 20 + p.unit(), false, nil
	case p.take("băm"):
		return 30 + p.unit(), false, nil
	case !digit:
		return 0, false, p.stuck()
	}
	p.words = p.words[1:]
	if first == 0 {
		return 0, true, nil
	}
	if p.take("mươi", "chục") {
		return first*10 + p.unit(), false, nil
	}
	if first > 1 {
		if u := p.short(); u > 0 {
			return first*10 + u, false, nil
		}
	}
	return first, true, nil
}

// short reads the last figure of a number said without mươi: "hai lăm". Before
// the name of a group only the forms that follow mươi are clear: "hai ba nghìn"
// is two or three thousand.
func (p *wordParser) short() uint64 {
	if _, plain := plainDigit(p.peek(0)); plain && scaleWord(p.peek(1)) {
		return 0
	}
	return p.unit()
}

// unit reads the last figure behind a ten, 0 if there is none. It is not the
// first of a hundred or of a further number.
func (p *wordParser) unit() uint64 {
	d, ok := unitDigit(p.peek(0))
	switch p.peek(1) {
	case "trăm", "mươi", "chục":
		ok = false
	}
	if !ok {
		return 0
	}
	p.words = p.words[1:]
	return d
}

// fraction reads figures one by one.
func (p *wordParser) fraction() (string, error) {
	var out strings.Builder
	for len(p.words) > 0 {
		d, ok := plainDigit(p.words[0])
		if !ok || out.Len() == maxFraction {
			return "", p.stuck()
		}
		out.WriteByte('0' + byte(d))
		p.words = p.words[1:]
	}
	if out.Len() == 0 {
		return "", fmt.Errorf("%w behind the comma", errNoNumber)
	}
	return out.String(), nil
}

func (p *wordParser) stuck() error {
	if len(p.words) == 0 {
		return fmt.Errorf("%w: something is missing at the end", errNoNumber)
	}
	return fmt.Errorf("%w: stuck at %.20q", errNoNumber, p.words[0])
}

func scaleWord(w string) bool {
	switch w {
	case "nghìn", "ngàn", "triệu", "tỷ", "tỉ":
		return true
	}
	return false
}

// plainDigit reads a figure that stands by itself.
func plainDigit(w string) (uint64, bool) {
	if w == "bẩy" {
		w = "bảy"
	}
	for d := range 10 {
		if digitWord(d) == w {
			return uint64(d), true
		}
	}
	return 0, false
}

// unitDigit reads a figure behind a ten.
func unitDigit(w string) (uint64, bool) {
	switch w {
	case "mốt":
		return 1, true
	case "tư":
		return 4, true
	case "lăm", "nhăm":
		return 5, true
	case "không", "năm":
		return 0, false
	}
	return plainDigit(w)
}

// sum adds within the bounds of a number.
func sum(all ...uint64) (uint64, error) {
	var total uint64
	for _, n := range all {
		next, carry := bits.Add64(total, n, 0)
		if carry > 0 || next > mostParsed {
			return 0, errTooLarge
		}
		total = next
	}
	return total, nil
}
