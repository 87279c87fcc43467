package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// madeUp makes samples whose waits depend on their features.
func madeUp(n int) []Sample {
	rng := rand.New(rand.NewPCG(7, 7))
	list := make([]Sample, n)
	for i := range list {
		s := &list[i]
		s.Group, s.Line, s.Ahead = fmt.Sprint("day ", i/400), "A", 2+rng.IntN(30)
		for j := range s.X {
			s.X[j] = rng.NormFloat64() / 2
		}
		s.X[fBase] = math.Log(5*float64(s.Ahead) + 2)
		s.Wait = math.Exp(s.X[fBase]+0.3*s.X[fHOL]-0.2*s.X[fSpeed]*s.X[fHOL]+0.2*rng.NormFloat64()) - 2
	}
	return list
}

func BenchmarkFit100k(b *testing.B) {
	samples := madeUp(100_000)
	for b.Loop() {
		if _, err := Fit(samples); err != nil {
			b.Fatal(err)
		}
	}
}
