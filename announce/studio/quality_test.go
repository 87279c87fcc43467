package studio

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestJudge(t *testing.T) {
	l := Line{ID: "n.25.c", Before: "Xin mời số", Target: "hai mươi lăm", After: ", đến quầy số ba."}
	read := func(text string, lead time.Duration, gain, noise float64) audio.PCM {
		p, _ := hum(text, lead, gain)
		return inRoom(p, noise)
	}
	lead := 400 * time.Millisecond
	cutShort := read(l.Text(), lead, -14, -65)
	cutShort.Samples = cutShort.Samples[:len(cutShort.Samples)-int(0.75*audio.RatePA)]
	loud := read(l.Text(), lead, 6, -65)
	for i, s := range loud.Samples {
		loud.Samples[i] = max(-1, min(1, s))
	}
	for name, c := range map[string]struct {
		p      audio.PCM
		want   []Code
		usable bool
	}{
		"good":         {read(l.Text(), lead, -14, -65), nil, true},
		"silence":      {room(2*time.Second, -70), []Code{Silent}, false},
		"clipped":      {loud, []Code{Clipped}, false},
		"loud":         {read(l.Text(), lead, -2, -65), []Code{TooLoud}, true},
		"quiet":        {read(l.Text(), lead, -28, -75), []Code{TooQuiet}, true},
		"faint":        {read(l.Text(), lead, -42, -85), []Code{TooQuiet}, false},
		"noisy":        {read(l.Text(), lead, -14, -46), []Code{Noisy}, true},
		"very noisy":   {read(l.Text(), lead, -14, -34), []Code{Noisy}, false},
		"early":        {read(l.Text(), 0, -14, -65), []Code{EarlyStart}, false},
		"cut at end":   {cutShort, []Code{EarlyEnd}, false},
		"three words":  {read("xin mời số", lead, -14, -65), []Code{TooShort}, false},
		"another text": {read(strings.Repeat("xin mời số ", 10), lead, -14, -65), []Code{TooLong}, true},
	} {
		cut, _ := findCut(c.p, l)
		found := judge(measure(c.p), l, cut, false)
		for _, code := range c.want {
			if !slices.Contains(codes(found), code) {
				t.Errorf("%s: found %v, want %v", name, found, c.want)
			}
		}
		if c.want == nil && len(found) > 0 {
			t.Errorf("%s: found %v", name, found)
		}
		if usable(found) != c.usable {
			t.Errorf("%s: usable %v with %v", name, usable(found), found)
		}
	}
}

// A clip that came alone has no silence to measure.
func TestJudgeAlone(t *testing.T) {
	l := Line{Before: "Xin mời số", Target: "hai mươi lăm", After: ", đến quầy số ba."}
	p, starts := hum(l.Target, 0, -14)
	p = slice(p, 0, starts[len(starts)-1])
	if found := judge(measure(p), l, Cut{To: p.Duration(), Sure: true}, true); !usable(found) || len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// Every finding says in both languages what is wrong and what to do.
func TestEveryFindingHasWords(t *testing.T) {
	for _, code := range []Code{Silent, Clipped, TooLoud, TooQuiet, Noisy, EarlyStart, EarlyEnd, TooShort, TooLong, ClipShort, ClipLong, Unsure, Telephone, "new"} {
		vi, en := Finding{code, Hint, -31.2}.words(page.Vietnamese), Finding{code, Hint, -31.2}.words(page.English)
		for _, words := range []string{vi, en} {
			if len(words) < 20 || strings.Contains(words, "%!") || !strings.HasSuffix(words, ".") {
				t.Errorf("%s: %q", code, words)
			}
		}
		if vi == en {
			t.Errorf("%s has one language: %q", code, vi)
		}
	}
}

func TestDrift(t *testing.T) {
	first := Reference{Level: -20, Spoken: 3000, PitchHz: 200}
	for name, c := range map[string]struct {
		now   Reference
		heard bool
	}{
		"same":          {first, false},
		"a bit":         {Reference{Level: -22, Spoken: 3200, PitchHz: 205}, false},
		"louder":        {Reference{Level: -16, Spoken: 3000, PitchHz: 200}, true},
		"faster":        {Reference{Level: -20, Spoken: 2400, PitchHz: 200}, true},
		"higher":        {Reference{Level: -20, Spoken: 3000, PitchHz: 230}, true},
		"pitch unknown": {Reference{Level: -20, Spoken: 3000}, false},
	} {
		if d := drift(first, c.now); d.Heard() != c.heard {
			t.Errorf("%s: %v, heard %v", name, d, d.Heard())
		}
	}
	if same, other := drift(first, first).words(page.Vietnamese), drift(first, Reference{Level: -10}).words(page.Vietnamese); same == other {
		t.Errorf("the same words for a drift and none: %q", same)
	}
}

func TestMedianPitch(t *testing.T) {
	p, _ := hum("xin mời số ba mươi lăm", 0, -14)
	if hz := medianPitch(inRoom(p, -60)); hz < humPitch*0.96 || hz > humPitch*1.04 {
		t.Errorf("%v Hz, want %v", hz, humPitch)
	}
	for _, p := range []audio.PCM{{Rate: audio.RatePA}, audio.Silence(audio.RatePA, time.Second), room(time.Second, -20)} {
		if hz := medianPitch(p); hz != 0 {
			t.Errorf("%v Hz in what has no pitch", hz)
		}
	}
}
