package phone

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// voiced is d of a tone at speech level; 0 amplitude is silence.
func voiced(d time.Duration, amplitude float64) []int16 {
	samples := make([]int16, int(d*sampleRate/time.Second))
	for i := range samples {
		samples[i] = int16(amplitude * math.Sin(2*math.Pi*300*float64(i)/sampleRate))
	}
	return samples
}

const (
	speechLevel = 2600 * math.Sqrt2 // RFC 7874: RMS 2600.
	noiseLevel  = 100               // A noisy analogue line, about −53 dBFS.
)

func TestSpeechEnds(t *testing.T) {
	type part struct {
		d     time.Duration
		level float64
	}
	talk := func(d time.Duration) part { return part{d, speechLevel} }
	hush := func(d time.Duration) part { return part{d, 0} }
	noise := func(d time.Duration) part { return part{d, noiseLevel} }
	for name, tt := range map[string]struct {
		parts []part
		ended bool
	}{
		"nothing":               {nil, false},
		"only silence":          {[]part{hush(5 * time.Second)}, false},
		"only noise":            {[]part{noise(5 * time.Second)}, false},
		"still speaking":        {[]part{talk(2 * time.Second)}, false},
		"pause in a menu":       {[]part{talk(2 * time.Second), hush(700 * time.Millisecond)}, false},
		"pause and on":          {[]part{talk(2 * time.Second), hush(700 * time.Millisecond), talk(time.Second), hush(900 * time.Millisecond)}, false},
		"over":                  {[]part{talk(2 * time.Second), hush(time.Second)}, true},
		"over, noisy line":      {[]part{talk(2 * time.Second), noise(time.Second)}, true},
		"a click is no speech":  {[]part{talk(60 * time.Millisecond), hush(2 * time.Second)}, false},
		"a tone is no speech":   {[]part{talk(200 * time.Millisecond), hush(2 * time.Second)}, false},
		"quiet voice":           {[]part{{2 * time.Second, 700}, hush(time.Second)}, true},
		"speech after silence":  {[]part{hush(3 * time.Second), talk(time.Second)}, false},
		"begins again after it": {[]part{talk(time.Second), hush(2 * time.Second), talk(100 * time.Millisecond)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var s Speech
			for _, p := range tt.parts {
				s.Add(voiced(p.d, p.level))
			}
			if got := s.Ended(); got != tt.ended {
				t.Errorf("ended %v, want %v (%v of speech, quiet for %v)", got, tt.ended, s.active, s.quiet)
			}
		})
	}
}

func TestSpeechNext(t *testing.T) {
	var s Speech
	s.Add(voiced(2*time.Second, speechLevel))
	s.Add(voiced(time.Second, 0))
	s.Next()
	s.Add(voiced(3*time.Second, 0))
	if s.Begun() || s.Ended() {
		t.Error("speech before Next counts after it")
	}
	s.Add(voiced(time.Second, speechLevel))
	s.Add(voiced(time.Second, 0))
	if !s.Ended() || s.Total() != 3*time.Second {
		t.Errorf("ended %v, total %v, want 3s", s.Ended(), s.Total())
	}
}

// How the sound is cut into packets does not matter.
func TestSpeechPacketsDoNotMatter(t *testing.T) {
	sound := slices.Concat(voiced(time.Second, speechLevel), voiced(1100*time.Millisecond, 0))
	rapid.Check(t, func(t *rapid.T) {
		var s Speech
		for rest := sound; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 2000).Draw(t, "packet"))
			s.Add(rest[:n])
			rest = rest[n:]
		}
		if s.Total() != time.Second || !s.Ended() || len(s.rest) >= frameSize {
			t.Fatalf("total %v, ended %v, %d samples left", s.Total(), s.Ended(), len(s.rest))
		}
	})
}

func TestParsePress(t *testing.T) {
	for in, want := range map[string][]string{
		"": nil, " ": nil, "1": {"1"}, "1,1": {"1", "1"}, "1, 2": {"1", "2"}, "12,*#": {"12", "*#"},
		",1": {"", "1"}, "1,": {"1", ""}, "a": {"A"},
	} {
		if got, err := ParsePress(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("ParsePress(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"x", "1;1", "một", "1,,,E", strings.Repeat("1", maxKeys+1)} {
		if got, err := ParsePress(in); err == nil {
			t.Errorf("ParsePress(%q) = %q, want an error", in, got)
		}
	}
}

func FuzzParsePress(f *testing.F) {
	for _, s := range []string{"1,1", "", ",", "9*0#", "\xff", "1 2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		groups, err := ParsePress(s)
		if err != nil {
			return
		}
		again, err := ParsePress(strings.Join(groups, ","))
		if err != nil || !slices.Equal(again, groups) {
			t.Fatalf("%q gives %q, and that gives %q, %v", s, groups, again, err)
		}
	})
}
