package g722

// The quadrature mirror filter has 24 taps, of which one half mirrors the other.
const taps = 24

// filter gives the coefficients.
func filter() [taps / 2]int {
	return [taps / 2]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
}

// qmf splits sound into two bands, or puts them together.
type qmf struct {
	coefficients [taps / 2]int
	line         [taps]int
}

// push takes two values and gives the sums over the odd and the even taps.
func (q *qmf) push(first, second int) (odd, even int) {
	copy(q.line[:], q.line[2:])
	q.line[taps-2], q.line[taps-1] = first, second
	for i, c := range q.coefficients {
		odd += q.line[2*i] * c
		even += q.line[2*i+1] * q.coefficients[len(q.coefficients)-1-i]
	}
	return odd, even
}

// split gives the bands of two samples.
func (q *qmf) split(first, second int16) (low, high int) {
	odd, even := q.push(int(first), int(second))
	return (even + odd) >> 14, (even - odd) >> 14
}
