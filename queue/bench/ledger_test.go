package bench

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		all  []ledger
		want string // In the error; empty = none.
	}{
		"nothing":          {nil, ""},
		"two series":       {[]ledger{{"A": {1, 3}, "B": {1}}, {"A": {2}}, nil}, ""},
		"twice by two":     {[]ledger{{"A": {1, 2}}, {"A": {2}}}, "A002 was given twice"},
		"twice by one":     {[]ledger{{"B": {1, 1}}}, "B001 was given twice"},
		"a gap":            {[]ledger{{"A": {1}}, {"A": {3}}}, "A003 is out of series"},
		"before the first": {[]ledger{{"A": {0}}}, "A000 is out of series"},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(c.all)
			if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckFindsAnyChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100).Draw(t, "n")
		all := make([]ledger, rapid.IntRange(1, 5).Draw(t, "callers"))
		numbers := rapid.Permutation(span(n)).Draw(t, "numbers")
		for _, v := range numbers {
			all[rapid.IntRange(0, len(all)-1).Draw(t, "to")].note("A", v)
		}
		if err := check(all); err != nil {
			t.Fatalf("a whole series: %v", err)
		}
		all[0].note("A", rapid.IntRange(-2, n).Draw(t, "again"))
		if check(all) == nil {
			t.Error("not noticed")
		}
	})
}

func span(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i + 1
	}
	return s
}

func TestHallServesEveryLine(t *testing.T) {
	for _, callers := range []int{1, 2, 5, 23, 24, 40, 64, 1024} {
		served := map[string]int{}
		for _, c := range hall(callers).Counters {
			for _, s := range c.Services {
				served[s]++
			}
		}
		if len(served) != services {
			t.Errorf("%d callers: %d of %d lines are served", callers, len(served), services)
		}
	}
}
