package announce

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEnglishWords(t *testing.T) {
	for n, want := range map[int64]string{
		0:          "zero",
		5:          "five",
		12:         "twelve",
		15:         "fifteen",
		20:         "twenty",
		24:         "twenty four",
		40:         "forty",
		99:         "ninety nine",
		100:        "one hundred",
		101:        "one hundred and one",
		110:        "one hundred and ten",
		1000:       "one thousand",
		1005:       "one thousand and five",
		1100:       "one thousand one hundred",
		1105:       "one thousand one hundred and five",
		9999:       "nine thousand nine hundred and ninety nine",
		12_000:     "twelve thousand",
		305_040:    "three hundred and five thousand and forty",
		1_000_001:  "one million and one",
		-15:        "minus fifteen",
		2_000_5000: "twenty million five thousand",
	} {
		if got := EnglishWords(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	most, least := EnglishWords(math.MaxInt64), EnglishWords(math.MinInt64)
	if !strings.HasPrefix(most, "nine quintillion two hundred and twenty three quadrillion") || !strings.HasSuffix(most, "eight hundred and seven") {
		t.Errorf("largest: %s", most)
	}
	if want := "minus " + strings.TrimSuffix(most, "seven") + "eight"; least != want {
		t.Errorf("smallest: %s", least)
	}
}

// understandEnglish reads number words back, by other means than they are made.
func understandEnglish(t interface{ Fatalf(string, ...any) }, s string) int64 {
	value := map[string]int64{}
	for i, w := range strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen") {
		value[w] = int64(i)
	}
	for i, w := range strings.Fields("twenty thirty forty fifty sixty seventy eighty ninety") {
		value[w] = int64(20 + 10*i)
	}
	scale := map[string]int64{}
	for i, w := range strings.Fields("thousand million billion trillion quadrillion quintillion") {
		scale[w] = int64(math.Pow(1000, float64(i+1)))
	}
	var total, group, sign int64 = 0, 0, 1
	for i, w := range strings.Fields(s) {
		digit, known := value[w]
		switch {
		case w == "minus" && i == 0:
			sign = -1
		case w == "and" && i > 0:
		case w == "hundred":
			group *= 100
		case scale[w] > 0:
			total, group = total+group*scale[w], 0
		case known:
			group += digit
		default:
			t.Fatalf("unknown word %q in %q", w, s)
		}
	}
	return sign * (total + group)
}

func TestEnglishWordsMeanTheNumber(t *testing.T) {
	seen := map[string]int64{}
	for n := range int64(10_000) {
		words := EnglishWords(n)
		if got := understandEnglish(t, words); got != n {
			t.Fatalf("%d is read %q, which means %d", n, words, got)
		}
		if other, twice := seen[words]; twice {
			t.Fatalf("%d and %d are both %q", n, other, words)
		}
		seen[words] = n
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "n")
		if got := understandEnglish(t, EnglishWords(n)); got != n {
			t.Fatalf("%d is read %q, which means %d", n, EnglishWords(n), got)
		}
	})
}
