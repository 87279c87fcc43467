package queue

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]Number{
		"A012": {"A", 12}, "a12": {"A", 12}, " A 012 ": {"A", 12}, "a-12": {"A", 12}, "A.0012": {"A", 12},
		"A\u00a0012": {"A", 12}, "b1105": {"B", 1105}, "KTX7": {"KTX", 7}, "A999999": {"A", 999999},
	} {
		if got, err := ParseNumber(in); err != nil || got != want {
			t.Errorf("ParseNumber(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "A", "12", "A0", "A000", "A-", "ABCD1", "A1B", "A1000000", "A99999999999999999999", "Đ12", "A１２", "A+1", "A1.5x", "A12\x00",
	} {
		if got, err := ParseNumber(in); ErrorCode(err) != CodeBadRequest {
			t.Errorf("ParseNumber(%q) = %v, %v, want bad_request", in, got, err)
		}
	}
}

func TestNumberForms(t *testing.T) {
	for n, want := range map[Number]string{{"A", 1}: "A001", {"A", 12}: "A012", {"B", 999}: "B999", {"A", 1105}: "A1105", {}: ""} {
		if got := n.String(); got != want {
			t.Errorf("%#v is printed %q, want %q", n, got, want)
		}
		if n.IsZero() != (want == "") || (!n.IsZero() && n.Prefix+n.Digits() != want) {
			t.Errorf("%#v: zero %v, digits %q", n, n.IsZero(), n.Digits())
		}
		text, err := json.Marshal(n)
		var back Number
		if err != nil || json.Unmarshal(text, &back) != nil || back != n {
			t.Errorf("%#v became %s and then %#v, %v", n, text, back, err)
		}
	}
	var n Number
	if err := json.Unmarshal([]byte(`"nonsense"`), &n); ErrorCode(err) != CodeBadRequest || !n.IsZero() {
		t.Errorf("nonsense was read as %v, %v", n, err)
	}
}

func TestErrorsDoNotEchoFloods(t *testing.T) {
	_, err := ParseNumber(strings.Repeat("x", 1<<20))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// Whatever is printed is read back, however people garble it.
func TestNumberRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Number{rapid.StringMatching(`[A-Z]{1,3}`).Draw(t, "prefix"), rapid.IntRange(1, maxNumber).Draw(t, "n")}
		var typed strings.Builder
		for _, r := range want.String() {
			typed.WriteRune(r)
			typed.WriteString(rapid.SampledFrom([]string{"", "", " ", "-", "."}).Draw(t, "gap"))
		}
		in := typed.String()
		if rapid.Bool().Draw(t, "lower") {
			in = strings.ToLower(in)
		}
		if got, err := ParseNumber(in); err != nil || got != want {
			t.Fatalf("%q was read as %v, %v, want %v", in, got, err, want)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"A012", "a 12", "zz-9", "A000000000000001", "ı1", "A1\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			if !n.IsZero() || ErrorCode(err) != CodeBadRequest {
				t.Errorf("%q gave %v with %v", s, n, err)
			}
			return
		}
		if !isPrefix(n.Prefix) || n.N < 1 || n.N > maxNumber {
			t.Errorf("%q gave %#v", s, n)
		}
		if again, err := ParseNumber(n.String()); err != nil || again != n {
			t.Errorf("%q → %s → %v, %v", s, n, again, err)
		}
	})
}
