package audio

// G.711 (ITU-T G.711, 1988) is the codec every telephone speaks: 8000 samples
// a second, one byte each. A-law is used in Viet Nam and Europe, µ-law in
// North America and Japan.

// The codes that stand for silence in each law.
const (
	SilenceALaw byte = 0xD5
	SilenceULaw byte = 0xFF
)

// ulawBias and ulawClip are the constants of the µ-law companding curve on a
// 16-bit scale.
const (
	ulawBias = 0x84
	ulawClip = 32635
)

// The decoding tables are computed once and never written again.
var (
	alawToLinear = lawTable(decodeALaw)
	ulawToLinear = lawTable(decodeULaw)
)

func lawTable(decode func(byte) int16) *[256]int16 {
	var t [256]int16
	for i := range t {
		t[i] = decode(byte(i))
	}
	return &t
}

// EncodeALaw appends the A-law bytes of 16-bit samples to dst, one byte per sample.
func EncodeALaw(dst []byte, samples []int16) []byte {
	for _, s := range samples {
		dst = append(dst, ALaw(s))
	}
	return dst
}

// EncodeULaw appends the µ-law bytes of 16-bit samples to dst, one byte per sample.
func EncodeULaw(dst []byte, samples []int16) []byte {
	for _, s := range samples {
		dst = append(dst, ULaw(s))
	}
	return dst
}

// DecodeALaw appends the 16-bit samples of A-law bytes to dst.
func DecodeALaw(dst []int16, data []byte) []int16 {
	for _, b := range data {
		dst = append(dst, alawToLinear[b])
	}
	return dst
}

// DecodeULaw appends the 16-bit samples of µ-law bytes to dst.
func DecodeULaw(dst []int16, data []byte) []int16 {
	for _, b := range data {
		dst = append(dst, ulawToLinear[b])
	}
	return dst
}

// ALaw encodes one sample.
func ALaw(sample int16) byte {
	v := int(sample)
	sign := byte(0x80) // The sign bit is set for positive values.
	if v < 0 {
		v, sign = -v-1, 0 // One's complement, so that −32768 fits.
	}
	v >>= 4 // A-law has 12 bits of magnitude.
	exponent, mantissa := 0, v&0x0F
	if v > 0x0F {
		for e := v >> 4; e != 0; e >>= 1 {
			exponent++
		}
		mantissa = v >> (exponent - 1) & 0x0F
	}
	return (sign | byte(exponent<<4) | byte(mantissa)) ^ 0x55 // Every second bit is inverted on the wire.
}

// ULaw encodes one sample.
func ULaw(sample int16) byte {
	v, sign := int(sample), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, ulawClip) + ulawBias
	exponent := 0
	for e := v >> 8; e != 0; e >>= 1 {
		exponent++
	}
	mantissa := byte(v>>(exponent+3)) & 0x0F
	return ^(sign | byte(exponent<<4) | mantissa) // All bits are inverted on the wire.
}

func decodeALaw(b byte) int16 {
	b ^= 0x55
	exponent, mantissa := int(b>>4&7), int(b&0x0F)
	v := mantissa<<4 + 8 // The middle of the step.
	if exponent > 0 {
		v = (v + 0x100) << (exponent - 1)
	}
	if b&0x80 == 0 {
		v = -v
	}
	return int16(v)
}

func decodeULaw(b byte) int16 {
	b = ^b
	exponent, mantissa := int(b>>4&7), int(b&0x0F)
	v := (mantissa<<3+ulawBias)<<exponent - ulawBias
	if b&0x80 != 0 {
		v = -v
	}
	return int16(v)
}
