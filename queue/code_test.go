package queue

import (
	"math/rand/v2"
	"testing"
)

func codes(t *testing.T, n int) []string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for len(seen) < n {
		seen[newCode(rng, func(c string) bool { return seen[c] })] = true
	}
	out := make([]string, 0, n)
	for c := range seen {
		out = append(out, c)
	}
	return out
}

func TestCheckDigitCatchesTypingErrors(t *testing.T) {
	for _, code := range codes(t, 300) {
		if got, ok := ParseCode(code); !ok || got != code || len(code) != CodeLength {
			t.Fatalf("own code %s is refused", code)
		}
		for i := range len(code) {
			for wrong := byte('0'); wrong <= '9'; wrong++ {
				mistyped := []byte(code)
				mistyped[i] = wrong
				if _, ok := ParseCode(string(mistyped)); ok != (wrong == code[i]) {
					t.Fatalf("%s for %s: accepted %v", mistyped, code, ok)
				}
			}
			if i+1 < len(code) && code[i] != code[i+1] {
				swapped := []byte(code)
				swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
				if _, ok := ParseCode(string(swapped)); ok {
					t.Fatalf("%s passes for %s", swapped, code)
				}
			}
		}
	}
}

// The published property of the quasigroup itself, not only of samples.
func TestDammTableIsTotallyAntiSymmetric(t *testing.T) {
	table := damm()
	at := func(r, c int) int { return int(table[r][c] - '0') }
	for x := range 10 {
		if at(x, x) != 0 {
			t.Errorf("diagonal at %d is %d", x, at(x, x))
		}
		row, column := map[int]bool{}, map[int]bool{}
		for y := range 10 {
			row[at(x, y)], column[at(y, x)] = true, true
			for c := range 10 {
				if x != y && at(at(c, x), y) == at(at(c, y), x) {
					t.Errorf("%d: swap of %d and %d is missed", c, x, y)
				}
			}
		}
		if len(row) != 10 || len(column) != 10 {
			t.Errorf("%d is no row or column of a quasigroup", x)
		}
	}
	if checkDigit("572") != '4' { // Damm's own example.
		t.Errorf("check digit of 572 is %c, want 4", checkDigit("572"))
	}
}

func TestCodesAsPeopleGiveThem(t *testing.T) {
	code := codes(t, 1)[0]
	for _, in := range []string{code, code[:3] + " " + code[3:6] + " " + code[6:], code[:3] + "-" + code[3:6] + "." + code[6:], " " + code + "\u00a0"} {
		if got, ok := ParseCode(in); !ok || got != code {
			t.Errorf("%q was read as %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", code[:8], code + "0", code[:8] + "x", "１23456789", "A12"} {
		if got, ok := ParseCode(in); ok || got != "" {
			t.Errorf("%q was read as %q, %v", in, got, ok)
		}
	}
	// Nine digits with a wrong check digit are told from no code at all.
	wrong := code[:8] + string('0'+(code[8]-'0'+1)%10)
	if got, ok := ParseCode(wrong); ok || got != wrong {
		t.Errorf("%q was read as %q, %v", wrong, got, ok)
	}
}

func TestNewCodeAvoidsTaken(t *testing.T) {
	first := newCode(rand.New(rand.NewPCG(7, 7)), func(string) bool { return false })
	second := newCode(rand.New(rand.NewPCG(7, 7)), func(c string) bool { return c == first })
	if first == second {
		t.Errorf("%s was drawn though it is taken", first)
	}
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"123456782", "123 456 782", "000000000", "12345678", "x\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseCode(s)
		if !ok {
			return
		}
		if again, fine := ParseCode(code); !fine || again != code || !isDigits(code) || len(code) != CodeLength {
			t.Errorf("%q → %q → %q, %v", s, code, again, fine)
		}
	})
}
