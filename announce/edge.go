package announce

import (
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// How a pause between words is told from sound, and how long an emergency
// waits for one.
const (
	edgeBlock   = 10 * time.Millisecond
	edgeLength  = 50 * time.Millisecond
	edgeFloor   = 0.003 // Of full scale, -50 dB.
	edgePatient = 2 * time.Second
)

// nextEdge tells where, from a moment on, a clip may be cut: in the middle of
// the next pause, so that no number is cut in two; or when there is none soon.
func nextEdge(p audio.PCM, from time.Duration) time.Duration {
	if from < 0 {
		from = 0
	}
	block := int(int64(p.Rate) * int64(edgeBlock) / int64(time.Second))
	if block < 1 {
		return from
	}
	quiet := time.Duration(0)
	for at := from; at < from+edgePatient; at += edgeBlock {
		i := int(int64(p.Rate) * int64(at) / int64(time.Second))
		if i+block > len(p.Samples) {
			return at
		}
		if (audio.PCM{Rate: p.Rate, Samples: p.Samples[i : i+block]}).Peak() > edgeFloor {
			quiet = 0
			continue
		}
		if quiet += edgeBlock; quiet >= edgeLength {
			return at
		}
	}
	return from + edgePatient
}
