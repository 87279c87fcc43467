package g722

// Encoder turns 16 kHz samples into bytes. Make it with NewEncoder; it is for
// one stream and not to be shared.
type Encoder struct {
	t         *tables
	qmf       qmf
	low, high band
}

// NewEncoder makes an encoder at rest.
func NewEncoder() *Encoder {
	return &Encoder{t: newTables(), qmf: qmf{coefficients: filter()}, low: band{det: firstLow}, high: band{det: firstHigh}}
}

// Encode appends the bytes of samples to dst, one for two; a last odd sample is
// paired with silence.
func (e *Encoder) Encode(dst []byte, samples []int16) []byte {
	for i := 0; i < len(samples); i += 2 {
		second := int16(0)
		if i+1 < len(samples) {
			second = samples[i+1]
		}
		low, high := e.qmf.split(samples[i], second)
		dst = append(dst, byte(e.upper(high)<<6|e.lower(low)))
	}
	return dst
}

// lower codes a sample of the lower band in six bits.
func (e *Encoder) lower(sample int) int {
	diff := saturate(sample - e.low.signal)
	size := diff
	if diff < 0 {
		size = -(diff + 1)
	}
	i := 1
	for i < len(e.t.levels) && size >= e.t.levels[i]*e.low.det>>12 {
		i++
	}
	code := e.t.positive[i]
	if diff < 0 {
		code = e.t.negative[i]
	}
	e.low.learnLow(e.t, code)
	return code
}

// upper codes a sample of the upper band in two bits.
func (e *Encoder) upper(sample int) int {
	diff := saturate(sample - e.high.signal)
	size := diff
	if diff < 0 {
		size = -(diff + 1)
	}
	code := 1 // Of the small negative difference.
	if size >= 564*e.high.det>>12 {
		code = 0
	}
	if diff >= 0 {
		code += 2
	}
	e.high.learnHigh(e.t, code)
	return code
}

// learnLow and learnHigh adapt a band to a code, as both ends do.
func (b *band) learnLow(t *tables, code int) {
	diff := b.det * t.fourBits[code>>2] >> 15
	b.rescale(t, t.weightLow[t.ranksLow[code>>2]], mostLow, shiftLow)
	b.adapt(diff)
}

func (b *band) learnHigh(t *tables, code int) {
	diff := b.det * t.twoBits[code] >> 15
	b.rescale(t, t.weightHi[t.ranksHi[code]], mostHigh, shiftHigh)
	b.adapt(diff)
}

// Decoder turns bytes into 16 kHz samples, for what was recorded from a
// network. Make it with NewDecoder; it is for one stream and not to be shared.
type Decoder struct {
	t         *tables
	qmf       qmf
	low, high band
}

// NewDecoder makes a decoder at rest.
func NewDecoder() *Decoder {
	return &Decoder{t: newTables(), qmf: qmf{coefficients: filter()}, low: band{det: firstLow}, high: band{det: firstHigh}}
}

// Decode appends the samples of bytes to dst, two for each.
func (d *Decoder) Decode(dst []int16, data []byte) []int16 {
	for _, b := range data {
		low, high := int(b&0x3f), int(b>>6)
		rl := clampBand(d.low.signal + d.low.det*d.t.sixBits[low]>>15)
		rh := clampBand(d.high.signal + d.high.det*d.t.twoBits[high]>>15)
		d.low.learnLow(d.t, low)
		d.high.learnHigh(d.t, high)
		odd, even := d.qmf.push(rl+rh, rl-rh)
		dst = append(dst, int16(saturate(even>>11)), int16(saturate(odd>>11)))
	}
	return dst
}

// clampBand is LIMIT of the Recommendation: 15 bits.
func clampBand(v int) int { return max(-16384, min(16383, v)) }
