package search

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func names(t testing.TB) (list []string) {
	t.Helper()
	f, err := os.Open("testdata/procedures.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			list = append(list, line)
		}
	}
	if len(list) < 100 {
		t.Fatalf("%d names", len(list))
	}
	return list
}

func index(t testing.TB) (*Index, []string) {
	list := names(t)
	entries := make([]Entry, len(list))
	for i, n := range list {
		entries[i] = Entry{ID: n, Name: n}
	}
	return New(entries), list
}

// telex writes a text as a person types it with Telex, the tone at the end of
// each word, and vni the same with digits.
func telex(s string) string {
	return typed(s, map[rune]string{0x301: "s", 0x300: "f", 0x309: "r", 0x303: "x", 0x323: "j"}, map[string]string{"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"})
}

func vni(s string) string {
	return typed(s, map[rune]string{0x301: "1", 0x300: "2", 0x309: "3", 0x303: "4", 0x323: "5"}, map[string]string{"ă": "a8", "â": "a6", "ê": "e6", "ô": "o6", "ơ": "o7", "ư": "u7", "đ": "d9"})
}

func typed(s string, tones map[rune]string, letters map[string]string) string {
	var out []string
	for _, word := range strings.Fields(strings.ToLower(s)) {
		tone, rest := "", []rune{}
		for _, r := range norm.NFD.String(word) {
			if key, ok := tones[r]; ok {
				tone = key
				continue
			}
			rest = append(rest, r)
		}
		plain := norm.NFC.String(string(rest))
		for from, to := range letters {
			plain = strings.ReplaceAll(plain, from, to)
		}
		out = append(out, plain+tone)
	}
	return strings.Join(out, " ")
}

// In every way of typing, 99 of 100 names are among the first five found.
func TestHitAtFive(t *testing.T) {
	x, list := index(t)
	for way, write := range map[string]func(string) string{
		"as it is written": func(s string) string { return s },
		"without marks":    Fold,
		"Telex":            telex,
		"VNI":              vni,
		"first five words": func(s string) string {
			w := strings.Fields(Fold(s))
			return strings.Join(w[:min(5, len(w))], " ")
		},
		"last word half": func(s string) string { f := Fold(s); return f[:len(f)-1] },
		"one letter wrong": func(s string) string {
			words := strings.Fields(Fold(s))
			slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
			wrong := "q" + words[0][1:]
			return strings.Replace(Fold(s), words[0], wrong, 1)
		},
		"initials": func(s string) string {
			out := ""
			for _, w := range strings.Fields(Fold(s)) {
				out += w[:1]
			}
			return out
		},
	} {
		hits := 0
		for _, n := range list {
			if slices.Contains(x.Find(write(n), 5), n) {
				hits++
			} else {
				t.Logf("%s: %q is not found by %q", way, n, write(n))
			}
		}
		t.Logf("%s: %d of %d", way, hits, len(list))
		if share := float64(hits) / float64(len(list)); share < 0.99 && way != "first five words" || share < 0.9 {
			t.Errorf("%s: %.1f %% found", way, 100*share)
		}
	}
}

func TestFind(t *testing.T) {
	x := New([]Entry{
		{"ks", "Đăng ký khai sinh", []string{"Birth registration", "Hộ tịch", "làm giấy khai sinh"}},
		{"kh", "Đăng ký kết hôn", []string{"Marriage registration", "Hộ tịch"}},
		{"dd", "Đăng ký đất đai, biến động", []string{"Land registration", "Đất đai"}},
		{"bs", "Chứng thực bản sao từ bản chính", []string{"Certified copies", "sao y"}},
		{"xd", "Cấp phép xây dựng nhà ở riêng lẻ", []string{"House building permit"}},
	})
	for q, want := range map[string]string{
		"khai sinh": "ks", "dat dai": "dd", "bien dong": "dd", "dkks": "ks", "Đất": "dd", "sao y": "bs", "birth": "ks", "marriage": "kh",
		"xay dung": "xd", "xaay duwngj": "xd", "kêt hôn": "kh", "lam giay khai sinh": "ks", "ban sao chung thuc": "bs", "KHAI-SINH!": "ks", "xay dugn": "xd",
	} {
		if got := x.Find(q, 5); len(got) == 0 || got[0] != want {
			t.Errorf("%q finds %v, want %s first", q, got, want)
		}
	}
	for _, q := range []string{"", "   ", "qqqq", "?!", "zzz khai"} {
		if got := x.Find(q, 5); len(got) != 0 {
			t.Errorf("%q finds %v", q, got)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Đăng ký": "dang ky", "ĐẤT ĐAI – xây dựng": "dat dai xay dung", norm.NFD.String("Hộ tịch"): "ho tich", "  a--b ": "a b", "": "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Whatever is typed, nothing breaks, and no more is found than asked for.
func TestAnythingMayBeTyped(t *testing.T) {
	x, _ := index(t)
	rapid.Check(t, func(t *rapid.T) {
		q, most := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z0-9 ]{0,40}`)).Draw(t, "query"), rapid.IntRange(0, 9).Draw(t, "most")
		if got := x.Find(q, most); len(got) > most {
			t.Fatalf("%d found", len(got))
		}
		if f := Fold(q); Fold(f) != f {
			t.Fatalf("%q folds to %q and then to %q", q, f, Fold(f))
		}
	})
}

func FuzzFind(f *testing.F) {
	x, _ := index(f)
	f.Add("khai sinh")
	f.Add("ddawng kys đ")
	f.Fuzz(func(t *testing.T, q string) {
		if got := x.Find(q, 5); len(got) > 5 {
			t.Errorf("%d found", len(got))
		}
	})
}

func BenchmarkFind(b *testing.B) {
	list := names(b)
	var entries []Entry
	for len(entries) < 4000 { // More than the national list of a province.
		for _, n := range list {
			entries = append(entries, Entry{ID: n, Name: n, Other: []string{n}})
		}
	}
	x := New(entries)
	for b.Loop() {
		x.Find("dang ky bien dong dat", 6)
	}
}
