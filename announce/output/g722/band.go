package g722

// band is one of the two bands with its adaptive predictor.
type band struct {
	scale int // NB: logarithmic step size.
	det   int // DET: linear step size.

	signal  int    // S: what is predicted.
	zeros   int    // SZ: the part of the zeros in it.
	diffs   [7]int // D: quantized differences, the newest first.
	zeroCo  [7]int // B: coefficients of the zeros, from 1.
	recons  [3]int // R: reconstructed signal.
	partial [3]int // P: partially reconstructed signal.
	poleCo  [3]int // A: coefficients of the poles, from 1.
}

// The step sizes at the start and their limits.
const (
	firstLow  = 32
	firstHigh = 8
	mostLow   = 18432
	mostHigh  = 22528
	shiftLow  = 8
	shiftHigh = 10
)

// rescale adapts the step size by a weight (LOGSCL, SCALEL and their like).
func (b *band) rescale(t *tables, weight, most, shift int) {
	b.scale = max(0, min(most, b.scale*127>>7+weight))
	step := t.logScale[b.scale>>6&31]
	if by := shift - b.scale>>11; by >= 0 {
		step >>= by
	} else {
		step <<= -by
	}
	b.det = step << 2
}

// adapt takes a quantized difference and predicts the next sample (block 4).
func (b *band) adapt(diff int) {
	b.diffs[0] = diff
	b.recons[0] = saturate(b.signal + diff)
	b.partial[0] = saturate(b.zeros + diff)
	second := b.secondPole()
	first := b.firstPole(second)
	b.adaptZeros()
	for i := 6; i > 0; i-- {
		b.diffs[i] = b.diffs[i-1]
	}
	for i := 2; i > 0; i-- {
		b.recons[i], b.partial[i] = b.recons[i-1], b.partial[i-1]
	}
	b.poleCo[1], b.poleCo[2] = first, second
	poles := 0
	for i := 1; i <= 2; i++ {
		poles += b.poleCo[i] * saturate(2*b.recons[i]) >> 15
	}
	b.zeros = 0
	for i := 6; i > 0; i-- {
		b.zeros += b.zeroCo[i] * saturate(2*b.diffs[i]) >> 15
	}
	b.zeros = saturate(b.zeros)
	b.signal = saturate(saturate(poles) + b.zeros)
}

// secondPole is UPPOL2.
func (b *band) secondPole() int {
	w := saturate(b.poleCo[1] << 2)
	if b.sameSign(1) {
		w = min(-w, 32767)
	}
	w >>= 7
	if b.sameSign(2) {
		w += 128
	} else {
		w -= 128
	}
	w += b.poleCo[2] * 32512 >> 15
	return max(-12288, min(12288, w))
}

// firstPole is UPPOL1.
func (b *band) firstPole(second int) int {
	w := -192
	if b.sameSign(1) {
		w = 192
	}
	w = saturate(w + b.poleCo[1]*32640>>15)
	most := saturate(15360 - second)
	return max(-most, min(most, w))
}

// sameSign compares the newest partial reconstruction with an older one.
func (b *band) sameSign(i int) bool { return b.partial[0] < 0 == (b.partial[i] < 0) }

// adaptZeros is UPZERO.
func (b *band) adaptZeros() {
	step := 128
	if b.diffs[0] == 0 {
		step = 0
	}
	for i := 1; i <= 6; i++ {
		w := step
		if b.diffs[i] < 0 != (b.diffs[0] < 0) {
			w = -step
		}
		b.zeroCo[i] = saturate(w + b.zeroCo[i]*32640>>15)
	}
}

func saturate(v int) int { return max(-32768, min(32767, v)) }
