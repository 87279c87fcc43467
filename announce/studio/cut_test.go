package studio

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Lines of the script, hummed at an even pace, are cut where the syllables are.
func TestCutOfAnEvenReading(t *testing.T) {
	for i, l := range northern() {
		if i%23 != 0 {
			continue
		}
		p, starts := hum(l.Text(), 400*time.Millisecond, -14)
		first := syllables(l.Before)
		from, to := starts[first], starts[first+syllables(l.Target)]
		if after := l.After; after != "" && after[0] == ',' {
			to -= humComma
		}
		if n := first + syllables(l.Target); n == len(starts)-1 {
			to = starts[n]
		}
		c, ok := findCut(inRoom(p, -65), l)
		const near = 70 * time.Millisecond
		if !ok || (c.From-from).Abs() > near || (c.To-to).Abs() > near {
			t.Errorf("%s %q in %q: cut at %v–%v, want %v–%v", l.ID, l.Target, l.Text(), c.From, c.To, from, to)
		}
	}
}

// Sentences put together of spoken pieces have known cuts.
func TestCutOfSpokenPieces(t *testing.T) {
	good, all := 0, 0
	for i, l := range northern() {
		if i%31 != 0 || l.Group == "other" || l.Alone() {
			continue
		}
		p := audio.Silence(audio.RatePA, 400*time.Millisecond)
		var from, to time.Duration
		for _, piece := range []struct {
			text   string
			target bool
		}{{l.Before, false}, {l.Target, true}, {l.After, false}} {
			if syllables(piece.text) == 0 {
				continue
			}
			if piece.text[0] == ',' {
				p = audio.Append(p, audio.Silence(audio.RatePA, 200*time.Millisecond), 0)
			}
			start := p.Duration()
			p = audio.Append(p, audio.Trim(espeak(t, piece.text)), 10*time.Millisecond)
			if piece.text[len(piece.text)-1] == ',' {
				p = audio.Append(p, audio.Silence(audio.RatePA, 200*time.Millisecond), 0)
			}
			if piece.target {
				from, to = start, p.Duration()
			}
		}
		p = audio.Append(p, audio.Silence(audio.RatePA, 600*time.Millisecond), 0)
		c, ok := findCut(inRoom(p, -65), l)
		all++
		const near = 110 * time.Millisecond // A closure and a half.
		if ok && (c.From-from).Abs() <= near && (c.To-to).Abs() <= near {
			good++
		} else {
			t.Logf("%s %q: cut at %v–%v, want %v–%v, sure %v", l.ID, l.Text(), c.From, c.To, from, to, c.Sure)
		}
	}
	if all < 12 || good < all*85/100 {
		t.Errorf("%d of %d cuts are right, want 85 %%", good, all)
	}
	t.Logf("%d of %d cuts are right", good, all)
}

func TestCutOfSilence(t *testing.T) {
	for _, p := range []audio.PCM{{Rate: audio.RatePA}, audio.Silence(audio.RatePA, time.Second), audio.Silence(audio.RatePA, 3*time.Millisecond)} {
		if c, ok := findCut(p, Line{Target: "ba"}); ok {
			t.Errorf("%v of silence is cut at %v", p.Duration(), c)
		}
	}
}

// Whatever is read for a line, the cut lies within the recording.
func TestCutStaysWithin(t *testing.T) {
	lines := northern()
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom(lines).Draw(t, "line")
		p := audio.PCM{Rate: rapid.SampledFrom([]int{8000, 48000}).Draw(t, "rate")}
		for _, piece := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) audio.PCM {
			d := time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond
			return room(d, rapid.Float64Range(-100, -5).Draw(t, "db"))
		}), 0, 8).Draw(t, "pieces") {
			p.Samples = append(p.Samples, piece.Samples...)
		}
		c, ok := findCut(p, l)
		if ok && (c.From < 0 || c.To <= c.From || c.To > p.Duration()+frame) {
			t.Fatalf("cut %v of %v", c, p.Duration())
		}
		judge(measure(p), l, c, false)
	})
}
