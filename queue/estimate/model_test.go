package estimate

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// What depends on the features is found, and the interval holds on waits that
// were not learned from.
func TestFitFindsWhatIsThere(t *testing.T) {
	all := madeUp(6000)
	m, err := Fit(all[:4000])
	if err != nil {
		t.Fatal(err)
	}
	var miss, base, inside float64
	for i := range all[4000:] {
		s := &all[4000+i]
		e := m.estimate(&s.X, s.Ahead, Shift{})
		miss += math.Abs(math.Log(s.Wait+2) - e.centre)
		base += math.Abs(math.Log(s.Wait+2) - s.X[fBase])
		if s.Wait >= e.Low && s.Wait <= e.High {
			inside++
		}
	}
	if miss > 0.85*base {
		t.Errorf("errors are %.2f of what the base errs by", miss/base)
	}
	if share := inside / 2000; share < 0.76 || share > 0.84 {
		t.Errorf("%.3f within the interval, want about 0.80", share)
	}
}

func TestFitNeedsWaits(t *testing.T) {
	m, err := Fit(madeUp(fewestWaits - 1))
	if err != nil || m.Beta != nil || m.Waits != fewestWaits-1 {
		t.Errorf("%+v, %v", m, err)
	}
	for name, samples := range map[string][]Sample{
		"one day": slices.Clone(madeUp(fewestWaits)),
		"alike":   slices.Repeat(madeUp(1), fewestForest),
	} {
		for i := range samples {
			samples[i].Group = "the only one"
		}
		m, err := Fit(samples)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if e := m.estimate(&samples[0].X, 5, Shift{}); !sound(e) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestFitIsDeterministic(t *testing.T) {
	one, err := Fit(madeUp(3000))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Fit(madeUp(3000))
	if err != nil {
		t.Fatal(err)
	}
	a, b := encoded(t, one), encoded(t, other)
	if !bytes.Equal(a, b) {
		t.Error("the same waits gave two models")
	}
	var back Model
	if err := json.Unmarshal(a, &back); err != nil {
		t.Fatal(err)
	}
	x := madeUp(1)[0].X
	if e, f := one.estimate(&x, 7, Shift{}), back.estimate(&x, 7, Shift{}); e != f || back.check() != nil {
		t.Errorf("%+v; after storing %+v, %v", e, f, back.check())
	}
}

func encoded(t testing.TB, m *Model) []byte {
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func FuzzState(f *testing.F) {
	good := newState("x")
	m, err := Fit(madeUp(600))
	if err != nil {
		f.Fatal(err)
	}
	m.Scale, m.Forest = Forest{{{Value: 1}}}, Forest{{{Feature: 1, Cut: 0.5, No: 2}, {Value: 1}, {Value: 2}}}
	good.Model = m
	raw, err := json.Marshal(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	x := madeUp(1)[0].X
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := decodeState("x", raw)
		if err != nil {
			return
		}
		s.Model.estimate(&x, 3, s.Memory.Shift) // Must end.
	})
}
