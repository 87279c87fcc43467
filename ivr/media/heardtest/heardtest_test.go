package heardtest

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// word makes a sound that differs from others as words do: vowels of changing
// pitch and colour, with short pauses.
func word(seed uint64, d time.Duration) []int16 {
	rnd := rand.New(rand.NewPCG(seed, 7))
	var out []int16
	for len(out) < samplesIn(d) {
		pitch, formant := 90+rnd.Float64()*120, 400+rnd.Float64()*2000
		n := samplesIn(120*time.Millisecond) + rnd.IntN(samplesIn(120*time.Millisecond))
		for i := range n {
			t := float64(i) / 8000
			v := 0.0
			for k := 1; float64(k)*pitch < 3500; k++ {
				f := float64(k) * pitch * (1 + 0.1*t)
				v += math.Sin(2*math.Pi*f*t) / (1 + math.Abs(f-formant)/200)
			}
			out = append(out, int16(2500*v*math.Sin(math.Pi*float64(i)/float64(n))))
		}
		out = append(out, make([]int16, samplesIn(30*time.Millisecond))...)
	}
	return out[:samplesIn(d)]
}

func silence(d time.Duration) []int16 { return make([]int16, samplesIn(d)) }

func TestVerify(t *testing.T) {
	a, b, c := word(1, 2*time.Second), word(2, 1500*time.Millisecond), word(3, 800*time.Millisecond)
	pieces := []Piece{{Name: "a", Samples: a}, {Name: "b", Samples: b}, {Name: "c", Samples: c}}
	pause := silence(400 * time.Millisecond)
	hole := func(s []int16, ms int) []int16 { // Silence put in.
		mid := len(s) / 2
		return slices.Concat(s[:mid], silence(time.Duration(ms)*time.Millisecond), s[mid:])
	}
	left := func(s []int16, ms int) []int16 { // Sound left out.
		mid := len(s) / 2
		return slices.Concat(s[:mid], s[mid+ms*8:])
	}
	lost := func(s []int16, ms int) []int16 { // Silence in place of sound.
		mid := len(s) / 2
		return slices.Concat(s[:mid], silence(time.Duration(ms)*time.Millisecond), s[mid+ms*8:])
	}
	cut := slices.Clone(pieces)
	cut[0].Cut = true
	for _, k := range []struct {
		name   string
		heard  []int16
		pieces []Piece
		want   error
	}{
		{"all of it", slices.Concat(pause, a, pause, b, c, pause), pieces, nil},
		{"a piece twice", slices.Concat(pause, a, pause, a, pause, b, c), append([]Piece{pieces[0]}, pieces...), nil},
		{"other sound between", slices.Concat(a, word(9, time.Second), b, c), pieces, nil},
		{"wrong order", slices.Concat(pause, b, pause, a, c, pause), pieces, ErrMissing},
		{"a piece is missing", slices.Concat(pause, a, pause, c, pause), pieces, ErrMissing},
		{"nothing", pause, pieces, ErrMissing},
		{"a packet of silence put in is allowed", slices.Concat(hole(a, 20), b, c), pieces, nil},
		{"two are not", slices.Concat(hole(a, 40), b, c), pieces, ErrBroken},
		{"two packets left out", slices.Concat(left(a, 40), b, c), pieces, ErrBroken},
		{"many packets lost", slices.Concat(lost(a, 160), b, c), pieces, ErrBroken},
		{"cut by a key", slices.Concat(a[:9000], pause, b, c), cut, nil},
		{"cut without a key", slices.Concat(a[:9000], pause, b, c), pieces, ErrBroken},
		{"no sound is wanted", a, []Piece{{Name: "empty", Samples: pause}}, ErrMissing},
	} {
		found, err := Verify(k.heard, k.pieces)
		if !errors.Is(err, k.want) || k.want == nil && len(found) != len(k.pieces) {
			t.Errorf("%s: %+v, %v; want %v", k.name, found, err, k.want)
		}
		for i := 1; i < len(found); i++ {
			if found[i].At < found[i-1].At {
				t.Errorf("%s: not in order: %+v", k.name, found)
			}
		}
	}
	found, err := Verify(slices.Concat(pause, a, pause, b), pieces[:2])
	if err != nil || (found[0].At-400*time.Millisecond).Abs() > 30*time.Millisecond || (found[1].At-2800*time.Millisecond).Abs() > 30*time.Millisecond {
		t.Errorf("%+v, %v", found, err)
	}
}

// The handset leaves speech, and takes hum and hiss away.
func TestHandset(t *testing.T) {
	tone := func(hz float64) (power float64) {
		s := make([]int16, 8000)
		for i := range s {
			s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
		}
		out, err := Handset(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out[1000:7000] {
			power += float64(v) * float64(v)
		}
		return power
	}
	speech := tone(1000)
	for hz, least := range map[float64]float64{50: 100, 100: 30, 3900: 3} {
		if over := speech / tone(hz); over < least {
			t.Errorf("%g Hz is only %.1f times weaker than 1000 Hz", hz, over)
		}
	}
}
