package audio

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// syllables is a sound of bursts with silence between, as words are.
func syllables(t *rapid.T) PCM {
	p := Silence(RatePA, 20*time.Millisecond)
	for range rapid.IntRange(1, 4).Draw(t, "syllables") {
		tone := sine(RatePA, rapid.Float64Range(150, 3000).Draw(t, "hz"), rapid.Float64Range(0.01, 0.9).Draw(t, "amplitude"), 60*time.Millisecond)
		p = Append(p, Fade(tone, edgeFade), 0)
		p = Append(p, Silence(RatePA, 30*time.Millisecond), 0)
	}
	return p
}

// The level of a sentence is that of its clips' blocks together.
func TestLevelsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := syllables(t), syllables(t)
		apart := LUFS(HallLevels(a), HallLevels(b))
		together, err := ActiveLUFS(Append(a.Clone(), b, 0))
		if err != nil || math.Abs(apart-together) > 0.3 {
			t.Fatalf("%.2f LUFS of the parts, %.2f of the whole (%v)", apart, together, err)
		}
		if rms := RMS(PhoneLevels(a)); math.Abs(rms-ActiveRMS(a)) > 1e-9 {
			t.Fatalf("RMS %v, want %v", rms, ActiveRMS(a))
		}
	})
	if got := LUFS(HallLevels(Silence(RatePA, time.Second))); !math.IsInf(got, -1) {
		t.Errorf("silence has %v LUFS", got)
	}
	if got := RMS(); got != 0 {
		t.Errorf("nothing has %v", got)
	}
}

// Limiting only around what exceeds the ceiling does what limiting everything does.
func TestLimitWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := syllables(t)
		p.Gain(rapid.Float64Range(-6, 12).Draw(t, "dB"))
		quiet := p.Clone()
		spans := Over(nil, Peaks(p), 1, 0)
		LimitWithin(p, spans)
		if got := TruePeak(p); got > LimitDBTP {
			t.Fatalf("true peak %.2f dBTP", got)
		}
		whole := Limit(quiet)
		for i, v := range p.Samples {
			if math.Abs(float64(v-whole.Samples[i])) > 1e-4 {
				t.Fatalf("sample %d: %v, want %v", i, v, whole.Samples[i])
			}
		}
	})
}

func TestLimitWithinTouchesNothingElse(t *testing.T) {
	p := sine(RatePA, 500, 1.5, time.Second)
	before := slices.Clone(p.Samples)
	LimitWithin(p, []Span{{-100, 0}, {20000, 20100}, {20050, 20200}, {47990, 99999}})
	if slices.Equal(p.Samples[20000:20200], before[20000:20200]) || slices.Equal(p.Samples[47990:], before[47990:]) {
		t.Error("the spans were not limited")
	}
	if !slices.Equal(p.Samples[5000:19000], before[5000:19000]) || !slices.Equal(p.Samples[21000:47000], before[21000:47000]) {
		t.Error("sound far from the spans was changed")
	}
	LimitWithin(PCM{Rate: RatePA}, []Span{{0, 10}})
}

func TestPeaksAreTruePeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := PCM{RatePA, rapid.SliceOfN(rapid.Float32Range(-1, 1), 1, 300).Draw(t, "samples")}
		if most, want := DB(float64(slices.Max(Peaks(p)))), TruePeak(p); most < want-1e-6 {
			t.Fatalf("highest %.3f dB, true peak %.3f", most, want)
		}
	})
}

func TestEdgesAndJoint(t *testing.T) {
	p := Append(Silence(RatePA, 100*time.Millisecond), sine(RatePA, 500, 0.5, 200*time.Millisecond), 0)
	p = Append(p, Silence(RatePA, 100*time.Millisecond), 0)
	begin, end := Edges(p)
	if begin < 4500 || begin > 4800 || end < 14400 || end > 14700 {
		t.Errorf("sound from %d to %d, want 4800 to 14400", begin, end)
	}
	if begin, end := Edges(Silence(RatePA, time.Second)); begin != 0 || end != 0 {
		t.Errorf("silence sounds from %d to %d", begin, end)
	}
	// A tone that is softest at its middle: the joint goes there, to a zero crossing.
	for i := range p.Samples {
		p.Samples[i] = float32(math.Sin(float64(i)*0.3) * (0.01 + math.Abs(float64(i)-9000)/9000))
	}
	at := Joint(p, 9100)
	if at < 8960 || at > 9040 || (p.Samples[at-1] < 0) == (p.Samples[at] < 0) {
		t.Errorf("joint at %d between %v and %v", at, p.Samples[at-1], p.Samples[at])
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float32Range(-1, 1), 0, 600).Draw(t, "samples")
		want := rapid.IntRange(-50, 700).Draw(t, "at")
		got := Joint(PCM{RatePA, s}, want)
		if got < 0 || got > len(s) {
			t.Fatalf("joint at %d of %d samples", got, len(s))
		}
		if inside := max(0, min(len(s), want)); got < inside-200 || got > inside+200 {
			t.Fatalf("joint at %d, asked for %d", got, want)
		}
	})
}

// Speech made faster or slower keeps its pitch: a syllable's tone is its meaning.
func TestStretchKeepsPitch(t *testing.T) {
	for _, hz := range []float64{110, 233, 440, 1700} {
		for _, speed := range []float64{0.8, 0.9, 1.1, 1.2} {
			in := sine(RatePA, hz, 0.5, time.Second)
			out := Stretch(in, speed)
			want := time.Duration(float64(time.Second) / speed)
			if d := (out.Duration() - want).Abs(); d > time.Millisecond {
				t.Errorf("%v × %.1f lasts %v, want %v", hz, speed, out.Duration(), want)
			}
			if kept := Tone(middle(out), hz); kept < 0.42 {
				t.Errorf("%v Hz × %.1f: %.2f of 0.5 is left of the tone", hz, speed, kept)
			}
			if bent := Tone(middle(out), hz*speed); bent > 0.1 {
				t.Errorf("%v Hz × %.1f: %.2f at the bent pitch", hz, speed, bent)
			}
		}
	}
}

func TestStretchBounds(t *testing.T) {
	p := sine(RatePA, 300, 0.5, 500*time.Millisecond)
	for _, speed := range []float64{0, 1} {
		if out := Stretch(p, speed); !slices.Equal(out.Samples, p.Samples) {
			t.Errorf("speed %v changed the sound", speed)
		}
	}
	if out := Stretch(p, 5); out.Duration() < 400*time.Millisecond {
		t.Errorf("speed 5 is not held at %v: %v", MaxSpeed, out.Duration())
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float32Range(-1, 1), 0, 6000).Draw(t, "samples")
		speed := rapid.Float64Range(0.5, 2).Draw(t, "speed")
		out := Stretch(PCM{RatePA, s}, speed)
		if ratio := max(MinSpeed, min(MaxSpeed, speed)); len(s) >= 4*720 && math.Abs(float64(len(out.Samples))*ratio-float64(len(s))) > 2 {
			t.Fatalf("%d samples × %.2f became %d", len(s), speed, len(out.Samples))
		}
		if peak := out.Peak(); peak > 1.5 {
			t.Fatalf("peak %.2f", peak)
		}
	})
}

// Every rate of a recording keeps its speech and loses what a telephone or a
// loudspeaker could only play as an alias, by 80 dB.
func TestResampleAllRates(t *testing.T) {
	for _, from := range []int{16000, 22050, 24000, 32000, 44100, 48000, 96000} {
		for _, to := range []int{RatePA, RatePhone} {
			r, err := NewResampler(from, to)
			if err != nil {
				t.Fatal(err)
			}
			for _, hz := range []float64{300, 1000, 2500, 3400} {
				out, err := r.Do(sine(from, hz, 0.5, 400*time.Millisecond))
				if err != nil || math.Abs(DB(Tone(middle(out), hz)/0.5)) > 1 {
					t.Errorf("%d → %d: %.0f Hz changed by %.2f dB (%v)", from, to, hz, DB(Tone(middle(out), hz)/0.5), err)
				}
				if rest := rejected(middle(out), hz); rest > -80 {
					t.Errorf("%d → %d: beside %.0f Hz there is %.1f dB of something else", from, to, hz, rest)
				}
			}
			for hz := 4100.0; to == RatePhone && hz < float64(from)/2-500; hz += 1310 {
				out, err := r.Do(sine(from, hz, 1, 400*time.Millisecond))
				alias := math.Abs(hz - math.Round(hz/8000)*8000)
				if got := DB(Tone(middle(out), alias)); err != nil || got > -80 {
					t.Errorf("%d → %d: %.0f Hz is heard at %.0f Hz with %.1f dB (%v)", from, to, hz, alias, got, err)
				}
			}
		}
	}
}

// rejected is the level of what is left of p when a sine of hz is taken out,
// relative to it, in decibels.
func rejected(p PCM, hz float64) float64 {
	var ss, sc, cc, sx, cx float64
	for i, v := range p.Samples {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(p.Rate))
		ss, sc, cc, sx, cx = ss+s*s, sc+s*c, cc+c*c, sx+s*float64(v), cx+c*float64(v)
	}
	det := ss*cc - sc*sc
	a, b := (sx*cc-cx*sc)/det, (cx*ss-sx*sc)/det
	rest, all := 0.0, 0.0
	for i, v := range p.Samples {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(p.Rate))
		d := float64(v) - a*s - b*c
		rest, all = rest+d*d, all+float64(v)*float64(v)
	}
	return 10 * math.Log10(rest/all)
}
