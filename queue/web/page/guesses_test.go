package page

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGuesses(t *testing.T) {
	now := time.Unix(1000, 0)
	g := NewGuesses(func() time.Time { return now })
	for range 10 * guessBurst {
		found, ok := g.Try("village")
		if !ok {
			t.Fatal("what is right counts")
		}
		found()
	}
	told := func(address string, n int) (told int) {
		for range n {
			if _, ok := g.Try(address); ok {
				told++
			}
		}
		return told
	}
	if n := told("one", 1000); n != guessBurst {
		t.Errorf("one address was told %d guesses at once", n)
	}
	world := guessBurst
	for i := range 1000 {
		world += told(fmt.Sprint(i), 1)
	}
	if world != guessStore {
		t.Errorf("the world was told %d guesses at once", world)
	}
	if n := told("village", 1000); n != guessBurst {
		t.Errorf("who has shown a right code was told %d guesses while strangers guess", n)
	}
	now = now.Add(time.Second)
	world = 0
	for i := range 1000 {
		world += told(fmt.Sprint("later", i), 1)
	}
	if world != guessAll {
		t.Errorf("a second later the world was told %d", world)
	}
	for i := range limitMost + 5 {
		g.remember(fmt.Sprint(i))
	}
	if len(g.right) != limitMost {
		t.Errorf("%d addresses are remembered", len(g.right))
	}
}

// However right and wrong ones come, from wherever and whenever, no more wrong
// ones are told than the allowances give.
func TestGuessesNeverTellMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1000, 0)
		g, start, told := NewGuesses(func() time.Time { return now }), now, map[string]int{}
		for range rapid.IntRange(1, 400).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "pause")) * time.Millisecond)
			address := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "address")
			found, ok := g.Try(address)
			if !ok {
				continue
			}
			if rapid.Bool().Draw(t, "right") {
				found()
				continue
			}
			told[address]++
		}
		most := guessBurst + int(now.Sub(start)/guessEvery) + 1
		for address, n := range told {
			if n > most {
				t.Fatalf("%s was told %d wrong ones, at most %d are allowed", address, n, most)
			}
		}
	})
}
