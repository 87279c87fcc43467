package officefile

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Files that were damaged on their way are refused, or are an office that can
// be run.
func TestDamagedFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	seeds := [][]byte{written(t, Parts()), []byte(head(t, nil)[1])}
	refused := 0
	for n := range 2000 {
		b := slices.Clone(seeds[n%len(seeds)])
		for range 1 + rng.IntN(8) {
			b[rng.IntN(len(b))] = byte(rng.IntN(256))
		}
		f, err := opened(b)
		if err != nil {
			refused++
			continue
		}
		if err := f.Setup.Check(); err != nil {
			t.Fatalf("run %d: a setup that cannot be run: %v", n, err)
		}
	}
	if refused == 0 || refused == 2000 {
		t.Errorf("%d of 2000 refused: nothing was damaged, or everything", refused)
	}
}
