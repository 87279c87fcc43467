package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
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

// BenchmarkFit100k is one night's learning of a large office, in time and in
// the processor's time of all cores.
func BenchmarkFit100k(b *testing.B) {
	samples := madeUp(100_000)
	begin := processorTime(b)
	for b.Loop() {
		if _, err := Fit(samples); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-begin).Milliseconds())/float64(b.N), "cpu-ms/op")
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
