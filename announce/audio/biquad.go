package audio

import "math"

// biquad is a second-order filter section, normalised to a0 = 1.
type biquad struct{ b0, b1, b2, a1, a2 float64 }

// run filters s into a new slice.
func (q biquad) run(s []float32) []float32 {
	out := make([]float32, len(s))
	var z1, z2 float64 // Transposed direct form II.
	for i, v := range s {
		x := float64(v)
		y := q.b0*x + z1
		z1 = q.b1*x - q.a1*y + z2
		z2 = q.b2*x - q.a2*y
		out[i] = float32(y)
	}
	return out
}

// highPass is a Butterworth high-pass at hz (R. Bristow-Johnson's cookbook, Q = 1/√2).
func highPass(rate int, hz float64) biquad {
	w := 2 * math.Pi * hz / float64(rate)
	cos, alpha := math.Cos(w), math.Sin(w)/math.Sqrt2
	a0 := 1 + alpha
	return biquad{(1 + cos) / 2 / a0, -(1 + cos) / a0, (1 + cos) / 2 / a0, -2 * cos / a0, (1 - alpha) / a0}
}

// presence is a bell of db decibels around hz, q wide (same cookbook, peaking EQ).
func presence(rate int, hz, db, q float64) biquad {
	w := 2 * math.Pi * hz / float64(rate)
	cos, alpha, a := math.Cos(w), math.Sin(w)/(2*q), math.Pow(10, db/40)
	a0 := 1 + alpha/a
	return biquad{(1 + alpha*a) / a0, -2 * cos / a0, (1 - alpha*a) / a0, -2 * cos / a0, (1 - alpha/a) / a0}
}

// kWeight applies the two filters of ITU-R BS.1770-4 annex 1 to 48 kHz sound.
func kWeight(s []float32) []float32 {
	shelf := biquad{1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585}
	rlb := biquad{1, -2, 1, -1.99004745483398, 0.99007225036621}
	return rlb.run(shelf.run(s))
}

// HighPass removes rumble and DC below hz.
func HighPass(p PCM, hz float64) PCM {
	return PCM{Rate: p.Rate, Samples: highPass(p.Rate, hz).run(p.Samples)}
}

// ForHall shapes speech for a reverberant hall: nothing below 120 Hz, which
// only booms, and 3 dB more around 2.8 kHz, where consonants live.
func ForHall(p PCM) PCM {
	s := highPass(p.Rate, 120).run(p.Samples)
	return PCM{Rate: p.Rate, Samples: presence(p.Rate, 2800, 3, 1).run(s)}
}
