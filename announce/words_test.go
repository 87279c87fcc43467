package announce

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for n, want := range map[int64][2]string{
		0:                    {"không", "không"},
		1:                    {"một", "một"},
		4:                    {"bốn", "bốn"},
		5:                    {"năm", "năm"},
		10:                   {"mười", "mười"},
		11:                   {"mười một", "mười một"},
		14:                   {"mười bốn", "mười bốn"},
		15:                   {"mười lăm", "mười lăm"},
		20:                   {"hai mươi", "hai mươi"},
		21:                   {"hai mươi mốt", "hai mươi mốt"},
		24:                   {"hai mươi tư", "hai mươi bốn"},
		25:                   {"hai mươi lăm", "hai mươi lăm"},
		55:                   {"năm mươi lăm", "năm mươi lăm"},
		100:                  {"một trăm", "một trăm"},
		101:                  {"một trăm linh một", "một trăm lẻ một"},
		104:                  {"một trăm linh bốn", "một trăm lẻ bốn"},
		105:                  {"một trăm linh năm", "một trăm lẻ năm"},
		110:                  {"một trăm mười", "một trăm mười"},
		115:                  {"một trăm mười lăm", "một trăm mười lăm"},
		121:                  {"một trăm hai mươi mốt", "một trăm hai mươi mốt"},
		124:                  {"một trăm hai mươi tư", "một trăm hai mươi bốn"},
		1000:                 {"một nghìn", "một ngàn"},
		1001:                 {"một nghìn không trăm linh một", "một ngàn không trăm lẻ một"},
		1015:                 {"một nghìn không trăm mười lăm", "một ngàn không trăm mười lăm"},
		1105:                 {"một nghìn một trăm linh năm", "một ngàn một trăm lẻ năm"},
		2024:                 {"hai nghìn không trăm hai mươi tư", "hai ngàn không trăm hai mươi bốn"},
		10_005:               {"mười nghìn không trăm linh năm", "mười ngàn không trăm lẻ năm"},
		1_000_000:            {"một triệu", "một triệu"},
		1_000_005:            {"một triệu không trăm linh năm", "một triệu không trăm lẻ năm"},
		1_000_000_000:        {"một tỷ", "một tỷ"},
		1_000_000_000_000:    {"một nghìn tỷ", "một ngàn tỷ"},
		1_200_000_000_000:    {"một nghìn hai trăm tỷ", "một ngàn hai trăm tỷ"},
		1_000_000_001:        {"một tỷ không trăm linh một", "một tỷ không trăm lẻ một"},
		-15:                  {"âm mười lăm", "âm mười lăm"},
		math.MaxInt64 % 1000: {"tám trăm linh bảy", "tám trăm lẻ bảy"},
	} {
		if got := Words(n, North); got != want[0] {
			t.Errorf("north %d: %q, want %q", n, got, want[0])
		}
		if got := Words(n, South); got != want[1] {
			t.Errorf("south %d: %q, want %q", n, got, want[1])
		}
	}
}

func TestWordsExtremes(t *testing.T) {
	most := Words(math.MaxInt64, North)
	least := Words(math.MinInt64, North)
	if !strings.HasPrefix(most, "chín tỷ hai trăm hai mươi ba triệu") || !strings.HasSuffix(most, "tám trăm linh bảy") {
		t.Errorf("largest: %s", most)
	}
	if want := "âm " + strings.TrimSuffix(most, "bảy") + "tám"; least != want {
		t.Errorf("smallest: %s\nwant      %s", least, want)
	}
	if strings.Contains(most, "  ") || strings.Count(most, "tỷ") != 2 {
		t.Errorf("largest: %s", most)
	}
}

// understand reads number words back, by other means than they are made.
func understand(t interface{ Fatalf(string, ...any) }, s string) int64 {
	var total, part, digit int64
	negative := false
	for _, w := range strings.Fields(s) {
		switch w {
		case "âm":
			negative = true
		case "tỷ":
			total, part, digit = (total+part+digit)*1e9, 0, 0
		case "triệu":
			total, part, digit = total+(part+digit)*1e6, 0, 0
		case "nghìn", "ngàn":
			total, part, digit = total+(part+digit)*1e3, 0, 0
		case "trăm":
			part, digit = digit*100, 0
		case "mươi":
			part, digit = part+digit*10, 0
		case "mười":
			part, digit = part+10, 0
		case "linh", "lẻ":
		default:
			d, ok := map[string]int64{"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4,
				"năm": 5, "lăm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9}[w]
			if !ok {
				t.Fatalf("unknown word %q in %q", w, s)
			}
			digit = d
		}
	}
	if total += part + digit; negative {
		return -total
	}
	return total
}

func TestWordsMeanTheNumber(t *testing.T) {
	for n := range int64(20_000) {
		if got := understand(t, Words(n, North)); got != n {
			t.Fatalf("%d is read %q, which means %d", n, Words(n, North), got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		r := rapid.SampledFrom(Regions()).Draw(t, "region")
		if got := understand(t, Words(n, r)); got != n {
			t.Fatalf("%d is read %q, which means %d", n, Words(n, r), got)
		}
	})
}

// The words that tell regions apart never mix.
func TestRegionsDoNotMix(t *testing.T) {
	for n := range int64(10_000) {
		north, south := " "+Words(n, North)+" ", " "+Words(n, South)+" "
		if strings.Contains(north, " lẻ ") || strings.Contains(north, " ngàn ") || strings.Contains(north, "mươi bốn") {
			t.Fatalf("north %d: %s", n, north)
		}
		if strings.Contains(south, " linh ") || strings.Contains(south, " nghìn ") || strings.Contains(south, " tư ") {
			t.Fatalf("south %d: %s", n, south)
		}
		if Words(n, Central) != Words(n, South) || Words(n, "") != Words(n, North) {
			t.Fatalf("%d: central and the empty region", n)
		}
	}
}

func TestParseRegion(t *testing.T) {
	for in, want := range map[string]Region{"": North, "North": North, " south ": South, "central": Central} {
		if got, err := ParseRegion(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := ParseRegion("west"); err == nil || !strings.Contains(err.Error(), "west") {
		t.Errorf("got %v", err)
	}
}

func TestLetterNames(t *testing.T) {
	if len(letterNames()) != len([]rune(letterOrder)) {
		t.Fatalf("%d names for %d letters", len(letterNames()), len([]rune(letterOrder)))
	}
	for c, want := range map[rune]string{'A': "a", 'B': "bê", 'C': "xê", 'D': "dê", 'Đ': "đê", 'F': "ép", 'J': "gi",
		'K': "ca", 'Q': "quy", 'S': "ét sì", 'W': "vê kép", 'X': "ích xì", 'Y': "i dài", 'Z': "dét", 'a': "", '1': ""} {
		if got := letterName(c); got != want {
			t.Errorf("%c: %q, want %q", c, got, want)
		}
	}
}
