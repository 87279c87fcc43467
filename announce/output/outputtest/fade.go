package outputtest

import "github.com/xinmoi/xinmoi/announce/audio"

// Break tells how loud a recording is in the last two milliseconds before it
// falls silent, beside its peak: near 1 where sound breaks off with a click,
// near 0 where it fades out, or where there is none.
func Break(p audio.PCM) float64 {
	end := len(p.Samples)
	for end > 0 && p.Samples[end-1] == 0 {
		end--
	}
	last := audio.PCM{Rate: p.Rate, Samples: p.Samples[max(0, end-p.Rate/500):end]}
	if peak := p.Peak(); peak > 0 {
		return last.Peak() / peak
	}
	return 0
}
