// Package search finds a procedure by what people type at a kiosk: without
// marks, in Telex or VNI as if an input method were on, by initials, half a
// word, or with a typing mistake.
package search

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Entry is one thing to find.
type Entry struct {
	ID    string
	Name  string   // What it is called; counts most.
	Other []string // Its name in other languages, its field, other words for it.
}

// Index is a list of entries ready to be searched. Safe for use by many
// goroutines.
type Index struct {
	entries []entry
	rare    map[string]float64 // Word → how much it tells, 0 to 1.
}

// entry is one Entry, folded.
type entry struct {
	id       string
	name     []string   // Words of the name.
	plain    string     // The name, words with one space between.
	initials string     // First letters of the name's words.
	other    [][]string // Words of each other text.
}

// maxQuery bounds what is looked at of a query, in letters; maxWords in words.
const (
	maxQuery = 100
	maxWords = 12
)

// Fold writes a text as it is typed without marks: "Đăng ký" is "dang ky".
// What is neither letter nor digit becomes one space.
func Fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'đ':
			r = 'd'
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// New makes an index. Entries found equally well come in this order.
func New(entries []Entry) *Index {
	x := &Index{rare: map[string]float64{}}
	for _, e := range entries {
		n := entry{id: e.ID, plain: Fold(e.Name)}
		n.name = strings.Fields(n.plain)
		for _, w := range n.name {
			n.initials += w[:1]
		}
		for _, o := range e.Other {
			if words := strings.Fields(Fold(o)); len(words) > 0 {
				n.other = append(n.other, words)
			}
		}
		x.entries = append(x.entries, n)
	}
	x.weigh()
	return x
}

// weigh finds out how much each word tells: one that stands in every name
// tells next to nothing.
func (x *Index) weigh() {
	for _, e := range x.entries {
		seen := map[string]bool{}
		for _, w := range e.name {
			if !seen[w] {
				seen[w] = true
				x.rare[w]++
			}
		}
	}
	for w, n := range x.rare {
		x.rare[w] = 1 - 0.9*(n-1)/float64(max(1, len(x.entries)-1))
	}
}

// Find gives the ids of the entries that a query means, the likeliest first.
func (x *Index) Find(query string, most int) []string {
	if r := []rune(query); len(r) > maxQuery {
		query = string(r[:maxQuery])
	}
	plain := Fold(query)
	if plain == "" {
		return nil
	}
	ways := [][]string{strings.Fields(plain)}
	if typed := untyped(plain); typed != plain {
		ways = append(ways, strings.Fields(typed))
	}
	type hit struct {
		id    string
		score float64
	}
	var hits []hit
	for _, e := range x.entries {
		best := 0.0
		for _, words := range ways {
			best = max(best, x.score(e, words[:min(len(words), maxWords)]))
		}
		if best > 0 {
			hits = append(hits, hit{e.id, best})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	var ids []string
	for _, h := range hits[:min(most, len(hits))] {
		ids = append(ids, h.id)
	}
	return ids
}

// How well a word of a query fits a word of a name.
const (
	whole  = 1.0
	begins = 0.8
	slips  = 0.5 // With one typing mistake.
)

// enough is the share of a query's words that must be found.
const enough = 0.7

// score says how well an entry fits; 0 is not at all.
func (x *Index) score(e entry, query []string) float64 {
	best := x.words(e.name, query)
	for _, o := range e.other {
		best = max(best, 0.8*x.words(o, query))
	}
	if len(query) == 1 && len(query[0]) >= 2 {
		switch at := strings.Index(e.initials, query[0]); {
		case e.initials == query[0]:
			best = max(best, 1.6)
		case at == 0:
			best = max(best, 1.2)
		case at > 0:
			best = max(best, 0.7)
		}
	}
	if best == 0 {
		return 0
	}
	switch text := strings.Join(query, " "); {
	case e.plain == text:
		best += 1.5
	case strings.HasPrefix(e.plain, text):
		best += 1
	case strings.Contains(e.plain, text):
		best += 0.5
	}
	return best - 0.001*float64(len(e.name)) // Of two that fit alike, the plainer one.
}

// words says how well the words of a name fit a query, 0 to 1.
func (x *Index) words(name, query []string) float64 {
	got, all, found := 0.0, 0.0, 0
	used := make([]bool, len(name))
	for i, q := range query {
		fit, at := fitting(name, used, q, i == len(query)-1)
		weight := x.weight(q)
		if at >= 0 {
			used[at] = true
			weight = x.weight(name[at])
			found++
		}
		got, all = got+fit*weight, all+weight
	}
	if float64(found) < enough*float64(len(query)) || all == 0 {
		return 0
	}
	return got / all
}

func (x *Index) weight(word string) float64 {
	if w, ok := x.rare[word]; ok {
		return w
	}
	return 1
}

// fitting gives how well the best unused word of a name fits, and which it is;
// -1 if none does. The last word of a query may be half typed.
func fitting(name []string, used []bool, q string, last bool) (fit float64, at int) {
	at = -1
	for i, n := range name {
		if used[i] {
			continue
		}
		got := 0.0
		switch {
		case n == q:
			return whole, i
		case strings.HasPrefix(n, q) && (last || len(q) >= 3):
			got = begins
		case len(q) >= 4 && len(n) >= 4 && near(n, q):
			got = slips
		}
		if got > fit {
			fit, at = got, i
		}
	}
	return fit, at
}

// near reports whether two words differ by one letter: missing, too many,
// another one, or two neighbours swapped.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	switch {
	case i >= len(a):
		return true
	case a[i+1:] == b[i+1:]:
		return true
	default:
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
}

// untyped takes the keys of Telex and VNI out of folded text: "ddawng kys" and
// "d9a8ng ky1" are "dang ky". No Vietnamese word has w, a doubled a or e, or
// one of s, f, r, x, j after a vowel.
func untyped(plain string) string {
	words := strings.Fields(plain)
	for i, w := range words {
		words[i] = untypedWord(w)
	}
	return strings.Join(words, " ")
}

func untypedWord(w string) string {
	var out []byte
	vowel := false
	for i := range len(w) {
		c := w[i]
		was := byte(0)
		if len(out) > 0 {
			was = out[len(out)-1]
		}
		switch {
		case c == was && strings.IndexByte("daeo", c) >= 0:
			continue
		case c == 'w' && vowel, vowel && strings.IndexByte("sfrxjz", c) >= 0:
			continue
		case len(out) > 0 && c >= '0' && c <= '9' && (was < '0' || was > '9'):
			continue
		case c == 'w':
			c = 'u' // "w" alone is ư in Telex.
		case vowel && strings.IndexByte("aeo", c) >= 0 && afterTheConsonants(out, c):
			continue // "tiengse", "dangda": the doubling typed at the end.
		}
		vowel = vowel || strings.IndexByte("aeiouy", c) >= 0
		out = append(out, c)
	}
	if len(out) > 1 && out[0] == 'd' && out[len(out)-1] == 'd' {
		out = out[:len(out)-1] // "dangd": đ typed at the end.
	}
	return string(out)
}

// afterTheConsonants reports whether c repeats the vowel before the final
// consonants: nothing in Vietnamese follows those.
func afterTheConsonants(out []byte, c byte) bool {
	i := len(out) - 1
	if strings.IndexByte("aeiouy", out[i]) >= 0 {
		return false
	}
	for i >= 0 && strings.IndexByte("aeiouy", out[i]) < 0 {
		i--
	}
	return i >= 0 && out[i] == c
}
