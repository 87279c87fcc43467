package announce

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// allSwitches is every combination of the words that regions differ in.
func allSwitches() []Switches {
	out := []Switches{{}}
	for _, choice := range []struct {
		set   func(*Switches, string)
		words [2]string
	}{
		{func(s *Switches, w string) { s.Odd = w }, [2]string{"linh", "lẻ"}},
		{func(s *Switches, w string) { s.Thousand = w }, [2]string{"nghìn", "ngàn"}},
		{func(s *Switches, w string) { s.Four = w }, [2]string{"tư", "bốn"}},
		{func(s *Switches, w string) { s.Billion = w }, [2]string{"tỷ", "tỉ"}},
		{func(s *Switches, w string) { s.FirstDays = w }, [2]string{"mồng", "mùng"}},
	} {
		var next []Switches
		for _, s := range out {
			for _, w := range choice.words {
				choice.set(&s, w)
				next = append(next, s)
			}
		}
		out = next
	}
	return out
}

func TestParseWordsColloquial(t *testing.T) {
	for words, want := range map[string]int64{
		"hai nhăm":               25,
		"hai lăm":                25,
		"hai mươi nhăm":          25,
		"ba tư":                  34,
		"hăm lăm":                25,
		"hăm ba":                 23,
		"hăm":                    20,
		"băm mốt":                31,
		"hai sáu":                26,
		"hai chục":               20,
		"một trăm hai":           120,
		"một trăm hai ba":        123,
		"một trăm rưỡi":          150,
		"trăm hai":               120,
		"nghìn rưỡi":             1500,
		"một nghìn hai":          1200,
		"hai triệu rưỡi":         2_500_000,
		"hai tỷ rưỡi":            2_500_000_000,
		"một triệu năm":          1_500_000,
		"hai nghìn mười lăm":     2015,
		"hai ngàn lẻ bốn":        2004,
		"một triệu lẻ một":       1_000_001, // As CLDR says it.
		"một triệu năm nghìn":    1_005_000,
		"bẩy mươi bẩy":           77,
		"hai mươi một":           21,
		"trừ năm":                -5,
		"  HAI   Mươi  ":         20,
		"không trăm linh bảy":    7,
		"hai mu\u031bo\u031bi":   20, // Decomposed input.
		"một nghìn tỷ":           1e12,
		"một tỷ tỷ":              1e18,
		"năm trăm hai lăm nghìn": 525_000,
	} {
		if got, err := ParseWords(words); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", words, got, err, want)
		}
	}
}

func TestParseWordsRefuses(t *testing.T) {
	for _, words := range []string{
		"", "âm", "trăm trăm", "mười năm", "hai mươi năm", "một trăm hai nghìn", "hai ba nghìn", "hai năm", "một nghìn không",
		"một nghìn một triệu", "một tỷ hai tỷ", "linh năm", "hai trăm linh", "hai trăm linh không", "quầy ba", "ba quầy",
		"hai mươi hai mươi", "một hai ba", "hai phẩy", "hai phẩy năm", "không linh năm", "15", "một trăm không", "mươi",
		"chín tỷ chín trăm tỷ tỷ", "hai mươi tỷ tỷ", "một tỷ tỷ tỷ", strings.Repeat("một nghìn ", 100),
	} {
		if got, err := ParseWords(words); err == nil {
			t.Errorf("%q is %d", words, got)
		}
	}
}

// Every number is understood as it is said, whatever the switches.
func TestWordsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, s := range allSwitches()[:16] {
		for n := int64(0); n < 10_000; n += 7 {
			if got, err := ParseWords(s.Words(n)); err != nil || got != n {
				t.Fatalf("%+v: %d is read %q, which means %d (%v)", s, n, s.Words(n), got, err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(allSwitches()).Draw(t, "switches")
		n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 1e7), rapid.Map(rapid.IntRange(0, 18), func(e int) int64 {
			return int64(math.Pow10(e))
		})).Draw(t, "n")
		if got, err := ParseWords(s.Words(n)); err != nil || got != n {
			t.Fatalf("%d is read %q, which means %d (%v)", n, s.Words(n), got, err)
		}
	})
	for _, n := range []int64{math.MaxInt64, math.MinInt64} {
		if got, err := ParseWords(Words(n, North)); err != nil || got != n {
			t.Errorf("%d: %d, %v", n, got, err)
		}
	}
	if got, err := ParseWords(strings.TrimPrefix(Words(math.MinInt64, North), "âm ")); err == nil {
		t.Errorf("2⁶³ is %d", got)
	}
}

func TestDecimal(t *testing.T) {
	for written, want := range map[string]string{
		"3,5":              "ba phẩy năm",
		"3.5":              "ba phẩy năm",
		"-1.250,05":        "âm một nghìn hai trăm năm mươi phẩy không năm",
		"−2":               "âm hai",
		"1.250":            "một nghìn hai trăm năm mươi",
		"1.250.000":        "một triệu hai trăm năm mươi nghìn",
		"0.125":            "không phẩy một hai năm",
		"0,14":             "không phẩy một bốn",
		"21,21":            "hai mươi mốt phẩy hai một",
		"1250,5":           "một nghìn hai trăm năm mươi phẩy năm",
		" 007 ":            "bảy",
		"1000000000000000": "một triệu tỷ",
	} {
		if got, err := (Switches{}).Decimal(written); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", written, got, err, want)
		}
	}
	for _, written := range []string{"", "-", "--1", "1,", ",5", "1,2,3", "1.25.000", "1.2,5", "1250.000,5", "1e3", "٣", "9223372036854775809", "1,1234567890123", "12a"} {
		if got, err := (Switches{}).Decimal(written); err == nil {
			t.Errorf("%q is %q", written, got)
		}
	}
}

func TestSwitches(t *testing.T) {
	mixed := Switches{Thousand: "ngàn"}
	if got := mixed.Words(2_104_000_000_024); got != "hai ngàn một trăm linh bốn tỷ không trăm hai mươi tư" {
		t.Errorf("%q", got)
	}
	if got := (Wording{Region: South, Switches: Switches{Four: "tư", Billion: "tỉ"}}).switches().Words(1_000_000_024); got != "một tỉ không trăm hai mươi tư" {
		t.Errorf("%q", got)
	}
	for _, s := range allSwitches() {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, s := range append([]Switches{}, Switches{Odd: "le"}, Switches{Thousand: "nghin"}, Switches{Four: "4"}, Switches{Billion: "ty"}, Switches{FirstDays: "linh"}) {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, r := range append(Regions(), "") {
		if s := r.Switches(); s.Check() != nil || s != s.Or(Switches{"x", "x", "x", "x", "x"}) {
			t.Errorf("%s: %+v", r, s)
		}
	}
}

// Whatever is understood is a number whose own words mean the same.
func FuzzParseWords(f *testing.F) {
	for _, s := range []string{"hai mươi mốt", "âm một nghìn tỷ không trăm linh năm phẩy không năm", "hăm nhăm", "trăm rưỡi", "một trăm hai nghìn"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		written, err := ParseDecimalWords(text)
		if err != nil {
			return
		}
		words, err := (Switches{}).Decimal(written)
		if err != nil {
			t.Fatalf("%q is %s: %v", text, written, err)
		}
		if again, err := ParseDecimalWords(words); err != nil || again != written {
			t.Fatalf("%q is %s, read %q, understood %s (%v)", text, written, words, again, err)
		}
	})
}
