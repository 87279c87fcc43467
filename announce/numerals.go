package announce

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// numeralsSpec is the part "numbers" of a grammar: how a language with regular
// numerals reads a number by its value. Words lists what is irregular; the
// rules make the rest of it.
type numeralsSpec struct {
	Minus string            `json:"minus,omitempty"` // Before a negative number.
	Words map[string]string `json:"words"`           // "0": "zero" … "90": "ninety".
	Rules []numeralRuleSpec `json:"rules"`           // In rising order of From.
}

// numeralRuleSpec reads numbers from From up to the next rule as so many Units
// and a rest: 305 is {count} 3, {round} 300 and {rest} 5 of the unit 100.
type numeralRuleSpec struct {
	From  uint64     `json:"from"`
	Unit  uint64     `json:"unit"`
	Say   string     `json:"say"`   // "{count} hundred"; {round} is a word of Words.
	Rests []restSpec `json:"rests"` // How a rest that is not zero goes on; the first that fits.
}

// restSpec is one way to go on with a rest.
type restSpec struct {
	Below uint64            `json:"below,omitempty"` // Fits rests below it; 0 = all.
	Say   string            `json:"say"`             // "and {rest}"
	Forms map[string]string `json:"forms,omitempty"` // Words of a rest that are others here: "1": "mốt".
}

// Bounds of numerals, which come from a file of anybody's making.
const (
	maxNumeralWords = 1200
	maxNumeralRules = 32
	maxRests        = 12
	maxRounds       = 1000 // Words that {round} of one rule may need.
	mostFrom        = 1_000_000_000_000_000_000
)

// numerals reads numbers.
type numerals struct {
	minus string
	words map[uint64]string
	rules []numeralRule
}

type numeralRule struct {
	from, unit uint64
	say        []token
	rests      []rest
}

type rest struct {
	below uint64
	say   []token
	forms map[uint64]string
}

func (s numeralsSpec) compile() (*numerals, error) {
	if len(s.Words) > maxNumeralWords || len(s.Rules) > maxNumeralRules {
		return nil, fmt.Errorf("%d words and %d rules, at most %d and %d", len(s.Words), len(s.Rules), maxNumeralWords, maxNumeralRules)
	}
	n := &numerals{}
	var err error
	if n.minus, err = plainText(s.Minus, true); err != nil {
		return nil, fmt.Errorf("minus: %w", err)
	}
	if n.words, err = numbered(s.Words); err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	for i, r := range s.Rules {
		if r.Unit < 2 || r.From < r.Unit || r.From > mostFrom || i > 0 && r.From <= s.Rules[i-1].From {
			return nil, fmt.Errorf("rule %d: from %d with unit %d: want rising froms, each at least its unit", i, r.From, r.Unit)
		}
		rule, err := r.compile()
		if err != nil {
			return nil, fmt.Errorf("rule %d: %w", i, err)
		}
		n.rules = append(n.rules, rule)
	}
	return n, n.check()
}

func (s numeralRuleSpec) compile() (numeralRule, error) {
	rule := numeralRule{from: s.From, unit: s.Unit}
	var err error
	if rule.say, err = tokens(s.Say, slotCount, slotRound); err != nil {
		return rule, err
	}
	if len(s.Rests) > maxRests {
		return rule, fmt.Errorf("%d rests, at most %d", len(s.Rests), maxRests)
	}
	for _, r := range s.Rests {
		way := rest{below: r.Below}
		if way.say, err = tokens(r.Say, slotRest); err != nil {
			return rule, err
		}
		if way.forms, err = numbered(r.Forms); err != nil {
			return rule, fmt.Errorf("forms: %w", err)
		}
		rule.rests = append(rule.rests, way)
	}
	return rule, nil
}

// numbered reads a table of words by number.
func numbered(table map[string]string) (map[uint64]string, error) {
	if len(table) > maxNumeralWords {
		return nil, fmt.Errorf("%d words, at most %d", len(table), maxNumeralWords)
	}
	out := make(map[uint64]string, len(table))
	for key, word := range table {
		n, err := strconv.ParseUint(key, 10, 64)
		if err != nil || strconv.FormatUint(n, 10) != key {
			return nil, fmt.Errorf("%.24q is not a number", key)
		}
		if out[n], err = plainText(word, false); err != nil {
			return nil, fmt.Errorf("%d: %w", n, err)
		}
	}
	return out, nil
}

// check makes sure that every number has words: all up to 9999, which is every
// ticket of a usual day, and each kind beyond. A rule with {round} needs a word
// for each of its round numbers.
func (n *numerals) check() error {
	for i, r := range n.rules {
		if !slices.ContainsFunc(r.say, func(t token) bool { return t.slot == slotRound }) {
			continue
		}
		if i+1 == len(n.rules) {
			return fmt.Errorf("the last rule says %s: it needs words without end", slotRound)
		}
		if err := n.checkRounds(r, n.rules[i+1].from); err != nil {
			return err
		}
	}
	for _, v := range numeralSamples() {
		if _, ok := n.read(v); !ok {
			return fmt.Errorf("no words for %d", v)
		}
	}
	return nil
}

// checkRounds wants a word for every round number of a rule that holds below end.
func (n *numerals) checkRounds(r numeralRule, end uint64) error {
	v := r.from - r.from%r.unit
	for range maxRounds {
		if v >= end {
			return nil
		}
		if n.words[v] == "" {
			return fmt.Errorf("no word for %d, which a rule needs as %s", v, slotRound)
		}
		v += r.unit
	}
	return fmt.Errorf("the rule from %d needs more than %d words as %s", r.from, maxRounds, slotRound)
}

// numeralSamples lists numbers that use whatever a language's numerals are made
// of: all of four figures, and beyond them every digit in every place with and
// without others behind it, as far as tickets go.
func numeralSamples() []uint64 {
	out := make([]uint64, 0, 11_000)
	for v := range uint64(10_000) {
		out = append(out, v)
	}
	for unit := uint64(10_000); unit <= 100_000; unit *= 10 {
		for d := uint64(1); d <= 9; d++ {
			for _, more := range []uint64{0, 1, 15, 100, 1000, 1001, 5000, 9999} {
				out = append(out, d*unit+more)
			}
		}
	}
	return append(out, 999_999)
}

// read gives the pieces of a number that hold together in speech, each worth a
// clip: "three", "hundred and", "five". ok is false if a word is missing.
func (n *numerals) read(v uint64) (pieces []string, ok bool) {
	r := numeralReader{n: n, ok: true}
	r.number(v, nil)
	return r.pieces, r.ok && len(r.pieces) > 0
}

// signed reads any number as one text.
func (n *numerals) signed(v int64) string {
	if v >= 0 {
		pieces, _ := n.read(uint64(v))
		return strings.Join(pieces, " ")
	}
	pieces, _ := n.read(uint64(-(v + 1)) + 1)
	return strings.TrimSpace(n.minus + " " + strings.Join(pieces, " "))
}

type numeralReader struct {
	n      *numerals
	pieces []string
	joined bool // The last piece is fixed text, and more of it belongs to it.
	ok     bool
}

// number reads v; it calls itself with smaller numbers only.
func (r *numeralReader) number(v uint64, forms map[uint64]string) {
	if word, ok := forms[v]; ok {
		r.word(word)
		return
	}
	if word, ok := r.n.words[v]; ok {
		r.word(word)
		return
	}
	at := -1
	for i, rule := range r.n.rules {
		if rule.from <= v {
			at = i
		}
	}
	if at < 0 {
		r.ok = false
		return
	}
	rule := r.n.rules[at]
	count, left := v/rule.unit, v%rule.unit
	for _, t := range rule.say {
		switch t.slot {
		case "":
			r.fixed(t.text)
		case slotCount:
			r.number(count, nil)
		case slotRound:
			r.word(r.n.words[v-left])
		}
	}
	if left > 0 {
		r.rest(rule, left)
	}
}

func (r *numeralReader) rest(rule numeralRule, left uint64) {
	for _, way := range rule.rests {
		if way.below > 0 && left >= way.below {
			continue
		}
		for _, t := range way.say {
			if t.slot == "" {
				r.fixed(t.text)
			} else {
				r.number(left, way.forms)
			}
		}
		return
	}
	r.ok = false
}

// word adds a word of the table.
func (r *numeralReader) word(word string) {
	r.ok = r.ok && word != ""
	r.pieces = append(r.pieces, word)
	r.joined = false
}

// fixed adds text of a rule, together with that before it.
func (r *numeralReader) fixed(text string) {
	if r.joined {
		r.pieces[len(r.pieces)-1] += " " + text
		return
	}
	r.pieces = append(r.pieces, text)
	r.joined = true
}
