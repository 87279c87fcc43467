package estimate

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write what is fitted now to testdata")

// golden is what a fit of made-up waits says of some of them.
type golden struct {
	Beta      []float64 `json:"beta"`
	Blend     float64   `json:"blend"`
	MeanScale float64   `json:"mean_scale"`
	Tails     []Quantile
	Said      [][3]float64 `json:"said"` // Low, middle and high of every hundredth.
}

const goldenFile = "testdata/fit.json"

// However fast a fit is made, it is the same fit.
func TestFitIsTheSame(t *testing.T) {
	samples := madeUp(6_000)
	m, err := Fit(samples)
	if err != nil {
		t.Fatal(err)
	}
	got := golden{Beta: m.Beta, Blend: m.Blend, MeanScale: m.MeanScale, Tails: m.Tails}
	for i := 0; i < len(samples); i += 100 {
		e := m.estimate(&samples[i].X, samples[i].Ahead, Shift{})
		got.Said = append(got.Said, [3]float64{e.Low, e.Minutes, e.High})
	}
	if *update {
		raw, err := json.MarshalIndent(got, "", " ")
		if err == nil {
			err = os.WriteFile(goldenFile, append(raw, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	same := func(what string, got, want []float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d figures, want %d", what, len(got), len(want))
		}
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-6*(1+math.Abs(want[i])) {
				t.Fatalf("%s %d is %v, want %v", what, i, got[i], want[i])
			}
		}
	}
	same("beta", got.Beta, want.Beta)
	same("the rest", []float64{got.Blend, got.MeanScale}, []float64{want.Blend, want.MeanScale})
	for i := range got.Tails {
		same("tails", []float64{got.Tails[i].Low, got.Tails[i].High}, []float64{want.Tails[i].Low, want.Tails[i].High})
	}
	if len(got.Said) != len(want.Said) {
		t.Fatalf("said %d times, want %d", len(got.Said), len(want.Said))
	}
	for i := range got.Said {
		same("said", got.Said[i][:], want.Said[i][:])
	}
}
