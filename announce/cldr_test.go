package announce

import (
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cldr interprets the rule-based number format of the Unicode CLDR, as far as
// its Vietnamese rules use it (UTS 35, part 3, "Rule-Based Number Formatting").
type cldr map[string][]cldrRule

// cldrRule reads numbers from its base on.
type cldrRule struct {
	base  uint64
	parts []cldrPart
}

// cldrPart is text, or a number to be read by another rule set: of '<' what
// counts the divisor, of '>' what is left, of '=' the number itself.
type cldrPart struct {
	kind byte
	text string
}

func readRule(text string) []cldrPart {
	var out []cldrPart
	for text != "" {
		cut := strings.IndexAny(text, "<>=")
		if cut < 0 {
			return append(out, cldrPart{text: text})
		}
		kind, inner := text[cut], text[cut+1:]
		end := strings.IndexByte(inner, kind)
		out = append(out, cldrPart{text: text[:cut]}, cldrPart{kind, inner[:end]})
		text = inner[end+1:]
	}
	return out
}

// divisor is the highest power of ten in the base.
func (r cldrRule) divisor() uint64 {
	d := uint64(1)
	for d <= r.base/10 {
		d *= 10
	}
	return d
}

func readCLDR(t testing.TB) cldr {
	t.Helper()
	b, err := os.ReadFile("testdata/cldr/vi.rbnf.txt")
	if err != nil {
		t.Fatal(err)
	}
	rules, set := cldr{}, ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		name, text, ok := strings.Cut(line, ":")
		base, err := strconv.ParseUint(name, 10, 64)
		switch {
		case !ok:
			t.Fatalf("no rule: %q", line)
		case strings.HasPrefix(line, "%"):
			set = name
		case err == nil: // Others are "-x" and "x.x".
			rules[set] = append(rules[set], cldrRule{base, readRule(strings.TrimSuffix(strings.TrimPrefix(text, " "), ";"))})
		}
	}
	return rules
}

// read spells n by a rule set.
func (c cldr) read(set string, n uint64) string {
	rules := c[set]
	at := 0
	for i, r := range rules {
		if r.base <= n {
			at = i
		}
	}
	// A rule for what lies between round numbers gives way to the one before.
	leaves := slices.ContainsFunc(rules[at].parts, func(p cldrPart) bool { return p.kind == '>' })
	if d := rules[at].divisor(); leaves && n%d == 0 && rules[at].base%d != 0 {
		at--
	}
	var out strings.Builder
	divisor := rules[at].divisor()
	for _, p := range rules[at].parts {
		switch p.kind {
		case '<':
			out.WriteString(c.read(p.text, n/divisor))
		case '>':
			out.WriteString(c.read(p.text, n%divisor))
		case '=':
			out.WriteString(c.read(p.text, n))
		default:
			out.WriteString(p.text)
		}
	}
	return out.String()
}

func (c cldr) cardinal(n uint64) string { return c.read("%spellout-cardinal", n) }

// asCLDR turns our reading of a number into that of CLDR where the two differ
// on purpose: behind triệu and tỷ CLDR leaves "không trăm" out, and with it lẻ
// before a figure that counts thousands or millions: 1 005 000 is "một triệu
// năm nghìn" there, and here "một triệu không trăm lẻ năm nghìn", which nobody
// mishears as a million and a half.
func asCLDR(words string) string {
	words = regexp.MustCompile(`(triệu|tỷ) không trăm`).ReplaceAllString(words, "$1")
	return regexp.MustCompile(`(triệu|tỷ) lẻ (\S+ (?:nghìn|triệu))`).ReplaceAllString(words, "$1 $2")
}

// The oracle reads what its authors meant it to.
func TestCLDROracle(t *testing.T) {
	c := readCLDR(t)
	for n, want := range map[uint64]string{
		0: "không", 15: "mười lăm", 21: "hai mươi mốt", 24: "hai mươi tư", 30: "ba mươi", 105: "một trăm lẻ năm",
		200: "hai trăm", 1001: "một nghìn không trăm lẻ một", 1_000_001: "một triệu lẻ một", 1_005_000: "một triệu năm nghìn",
	} {
		if got := c.cardinal(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestWordsAgreeWithCLDR(t *testing.T) {
	t.Parallel()
	c, s := readCLDR(t), Neutral()
	differ := 0
	compare := func(t interface{ Fatalf(string, ...any) }, n uint64) {
		ours, theirs := s.Words(int64(n)), c.cardinal(n)
		if n < 1_000_000 && ours != theirs {
			t.Fatalf("%d: %q, CLDR %q", n, ours, theirs)
		}
		if ours != theirs {
			differ++
			if asCLDR(ours) != theirs {
				t.Fatalf("%d: %q is %q in CLDR's way, CLDR says %q", n, ours, asCLDR(ours), theirs)
			}
		}
	}
	for n := range uint64(10_000) {
		compare(t, n)
	}
	for n := uint64(10_000); n < 1_000_000; n += 397 {
		compare(t, n)
	}
	for unit := uint64(1_000_000); unit <= 1e15; unit *= 10 {
		for _, part := range []uint64{0, 1, 4, 5, 10, 15, 21, 100, 105, 999, 1000, 1005, 5000, 20_000, 100_000, 5_000_000, 1_000_000_000, 1_000_005} {
			compare(t, unit+part%unit)
			compare(t, unit*7%1_000_000_000_000_000_000+part%unit)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.Float64Range(0, 15).Draw(t, "digits")
		compare(t, uint64(math.Pow(10, digits)))
		compare(t, rapid.Uint64Range(0, 1e15).Draw(t, "n"))
	})
	if differ == 0 {
		t.Error("nothing above a million differs: CLDR has changed, and asCLDR has nothing to do")
	}
}
