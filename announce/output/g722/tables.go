package g722

// tables holds the constants of the Recommendation, one copy for each coder.
type tables struct {
	levels    [30]int // Q6: decision levels of the lower quantizer.
	negative  [31]int // ILN: codes of negative differences.
	positive  [31]int // ILP: codes of positive differences.
	logScale  [32]int // ILB: a step of the logarithmic scale.
	weightLow [8]int  // WL: how a code changes the lower scale …
	ranksLow  [16]int // … by its rank, RL42.
	fourBits  [16]int // QM4: the lower band by its upper four bits, for prediction.
	sixBits   [64]int // QM6: the lower band by all six, for the ear.
	twoBits   [4]int  // QM2: the upper band.
	weightHi  [3]int  // WH.
	ranksHi   [4]int  // RH2.
}

func newTables() *tables {
	t := &tables{
		levels: [30]int{
			0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
			786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
		},
		logScale: [32]int{
			2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
			2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
		},
		weightLow: [8]int{-60, -30, 58, 172, 334, 538, 1198, 3042},
		ranksLow:  [16]int{0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0},
		fourBits: [16]int{
			0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
			20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
		},
		twoBits:  [4]int{-7408, -1616, 7408, 1616},
		weightHi: [3]int{0, -214, 798},
		ranksHi:  [4]int{2, 1, 2, 1},
	}
	t.codes()
	return t
}

// codes fills what follows a rule.
func (t *tables) codes() {
	for i := 1; i <= 30; i++ {
		t.positive[i] = 62 - i
		t.negative[i] = 34 - i
	}
	t.negative[1], t.negative[2] = 63, 62 // The two smallest differences.
	magnitudes := [30]int{
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000,
		5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136,
	}
	for i := range 4 {
		t.sixBits[i] = -136
	}
	for i, m := range magnitudes {
		t.sixBits[32+i] = m
		if i < 28 {
			t.sixBits[4+i] = -m
		}
	}
	t.sixBits[62], t.sixBits[63] = -432, -136
}
