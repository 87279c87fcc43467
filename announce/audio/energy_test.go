package audio

import (
	"math"
	"testing"
	"time"
)

func TestEnergyAt(t *testing.T) {
	pcm := Beep(RatePhone, 1000, time.Second).Int16()
	share, power := EnergyAt(pcm, RatePhone, 1000)
	if other, same := EnergyAt(pcm, RatePhone, 1400); share < 0.9 || share > 1.001 || other > 0.01 || same != power || power <= 0 {
		t.Errorf("at the tone %.3f, elsewhere %.3f, mean square %.0f and %.0f", share, other, power, same)
	}
	for _, silent := range [][]int16{nil, make([]int16, 100)} {
		if share, power := EnergyAt(silent, RatePhone, 1000); share != 0 || power != 0 || math.IsNaN(share) {
			t.Errorf("%d silent samples: %v, %v", len(silent), share, power)
		}
	}
}
