package media

import "math"

// The tones of ITU-T Q.23 and what counts as a key by Q.24.
const (
	toneBlock    = 160  // Samples per decision: 20 ms.
	toneBlocks   = 2    // Blocks that must agree: keys are at least 40 ms long.
	toneEnergy   = 1e5  // Mean square below which a block is silence (about −40 dBm0).
	toneShare    = 0.60 // Part of the energy the two tones must have; speech spreads it.
	toneDominant = 5.0  // The strongest tone of a group against the next one, in power (7 dB).
	toneTwist    = 6.3  // Most that one tone may exceed the other, in power (8 dB).
)

// keypad is the grid of row and column tones.
const keypad = "123A456B789C*0#D"

// keyTones gives the frequencies of rows and columns, in Hz.
func keyTones() [8]float64 { return [...]float64{697, 770, 852, 941, 1209, 1336, 1477, 1633} }

// Inband finds keys in the sound itself, for telephones that know no other
// way. The zero value is not usable; see NewInband. Not safe for concurrent use.
type Inband struct {
	coeff [8]float64 // Goertzel coefficients, rows then columns.
	block [toneBlock]int16
	fill  int
	seen  rune // In the last block.
	count int  // Blocks in a row with seen.
	gap   int  // Blocks in a row without it.
	held  rune // Already reported and not released.
}

// NewInband makes a detector for 8 kHz sound.
func NewInband() *Inband {
	d := &Inband{}
	for i, f := range keyTones() {
		d.coeff[i] = 2 * math.Cos(2*math.Pi*f/8000)
	}
	return d
}

// busy reports whether a key sounds or was just released.
func (d *Inband) busy() bool { return d.seen != 0 || d.held != 0 }

// Samples takes sound in pieces of any length and calls found for every key
// press in it.
func (d *Inband) Samples(s []int16, found func(digit rune)) {
	for len(s) > 0 {
		n := copy(d.block[d.fill:], s)
		d.fill, s = d.fill+n, s[n:]
		if d.fill < toneBlock {
			return
		}
		d.fill = 0
		if digit, ok := d.decide(d.key()); ok {
			found(digit)
		}
	}
}

// decide turns the keys of single blocks into presses: two blocks that agree
// begin one, two without it end it.
func (d *Inband) decide(key rune) (rune, bool) {
	if key != d.seen {
		d.seen, d.count = key, 0
	}
	d.count++
	if key == d.held {
		d.gap = 0
		return 0, false
	}
	d.gap++
	if d.gap >= toneBlocks {
		d.held = 0
	}
	if key != 0 && d.count == toneBlocks {
		d.held, d.gap = key, 0
		return key, true
	}
	return 0, false
}

// key gives the key whose two tones make up the block, 0 if none.
func (d *Inband) key() rune {
	var energy float64
	for _, s := range d.block {
		energy += float64(s) * float64(s)
	}
	if energy < toneEnergy*toneBlock {
		return 0
	}
	var power [8]float64
	for i, c := range d.coeff {
		power[i] = goertzel(d.block[:], c)
	}
	row, r := strongest(power[:4])
	column, c := strongest(power[4:])
	if row < 0 || column < 0 || r > toneTwist*c || c > toneTwist*r {
		return 0
	}
	// A pure tone of amplitude A has Goertzel power A²N²/4 and energy A²N/2.
	if 2*(r+c)/toneBlock < toneShare*energy {
		return 0
	}
	return rune(keypad[row*4+column])
}

// strongest gives the index of the dominant power, −1 if none dominates.
func strongest(power []float64) (int, float64) {
	best := 0
	for i, p := range power {
		if p > power[best] {
			best = i
		}
	}
	for i, p := range power {
		if i != best && p*toneDominant > power[best] {
			return -1, 0
		}
	}
	return best, power[best]
}

// goertzel gives the squared magnitude of one frequency.
func goertzel(block []int16, coeff float64) float64 {
	var s1, s2 float64
	for _, x := range block {
		s1, s2 = float64(x)+coeff*s1-s2, s1
	}
	return s1*s1 + s2*s2 - coeff*s1*s2
}
