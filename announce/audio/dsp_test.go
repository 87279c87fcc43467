package audio

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sine is a test tone.
func sine(rate int, hz, amplitude float64, d time.Duration) PCM {
	p := Silence(rate, d)
	for i := range p.Samples {
		p.Samples[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return p
}

// middle cuts the ends off, where filters settle.
func middle(p PCM) PCM {
	n := len(p.Samples) / 4
	return PCM{p.Rate, p.Samples[n : len(p.Samples)-n]}
}

func mustResample(t *testing.T, p PCM, rate int) PCM {
	t.Helper()
	out, err := Resample(p, rate)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An alias of 4.3 kHz lands on 3.7 kHz, of 5 on 3, of 6 on 2, of 7 on 1.
func TestResampleRejectsAliases(t *testing.T) {
	for _, hz := range []float64{4300, 5000, 6000, 7000, 9500, 15000, 23000} {
		out := middle(mustResample(t, sine(RatePA, hz, 1, time.Second), RatePhone))
		alias := math.Abs(hz - math.Round(hz/8000)*8000)
		if got := DB(Tone(out, alias)); got > -80 {
			t.Errorf("%.0f Hz is heard at %.0f Hz with %.1f dB, want below -80", hz, alias, got)
		}
		if rest := DB(out.Peak()); rest > -75 {
			t.Errorf("%.0f Hz leaves a peak of %.1f dB", hz, rest)
		}
	}
}

func TestResamplePassesSpeech(t *testing.T) {
	for _, rates := range [][2]int{{48000, 8000}, {22050, 48000}, {44100, 48000}, {8000, 48000}, {11025, 48000}} {
		for _, hz := range []float64{300, 1000, 3000, 3400} {
			in := sine(rates[0], hz, 0.5, time.Second)
			out := mustResample(t, in, rates[1])
			if d := (out.Duration() - in.Duration()).Abs(); d > time.Millisecond {
				t.Errorf("%v: %v became %v", rates, in.Duration(), out.Duration())
			}
			if got := DB(Tone(middle(out), hz) / 0.5); math.Abs(got) > 1 {
				t.Errorf("%v: %.0f Hz changed by %.2f dB", rates, hz, got)
			}
		}
	}
}

func TestResampleKeepsTime(t *testing.T) {
	in := Silence(22050, time.Second)
	in.Samples[11025] = 1
	out, peak, at := mustResample(t, in, 48000), float32(0), 0
	for i, v := range out.Samples {
		if v > peak {
			peak, at = v, i
		}
	}
	if at < 23999 || at > 24001 {
		t.Errorf("an impulse at 0.5 s came out at sample %d of 48000/s", at)
	}
}

func TestResamplerRefuses(t *testing.T) {
	for _, rates := range [][2]int{{0, 48000}, {48000, -1}, {47999, 48000}} {
		if _, err := NewResampler(rates[0], rates[1]); err == nil {
			t.Errorf("%v: no error", rates)
		}
	}
	r, err := NewResampler(48000, 8000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Do(Silence(44100, time.Second)); err == nil {
		t.Error("another rate was taken")
	}
}

// ITU-R BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LKFS.
func TestActiveLUFSReference(t *testing.T) {
	got, err := ActiveLUFS(sine(RatePA, 997, 1, 2*time.Second))
	if err != nil || math.Abs(got+3.01) > 0.1 {
		t.Errorf("got %.2f LUFS, %v; want -3.01", got, err)
	}
}

func TestLevelIgnoresPauses(t *testing.T) {
	tone := sine(RatePA, 1000, 0.1, time.Second)
	alone, _ := ActiveLUFS(tone)
	withPause := Append(tone.Clone(), Silence(RatePA, 3*time.Second), 0)
	paused, _ := ActiveLUFS(withPause)
	if math.Abs(alone-paused) > 0.2 {
		t.Errorf("%.2f LUFS alone, %.2f with a pause", alone, paused)
	}
}

func TestToLUFS(t *testing.T) {
	p, err := ToLUFS(sine(RatePA, 1000, 0.02, time.Second), SpeechLUFS, 60)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := ActiveLUFS(p); math.Abs(got-SpeechLUFS) > 0.1 {
		t.Errorf("got %.2f LUFS", got)
	}
	before := sine(RatePA, 1000, 0.001, time.Second)
	bounded, _ := ToLUFS(before, SpeechLUFS, 6)
	if got := DB(bounded.Peak() / before.Peak()); math.Abs(got-6) > 0.1 {
		t.Errorf("changed by %.1f dB, want the bound of 6", got)
	}
	silence, err := ToLUFS(Silence(RatePA, time.Second), SpeechLUFS, 60)
	if err != nil || silence.Peak() != 0 {
		t.Errorf("silence became %v, %v", silence.Peak(), err)
	}
}

func TestLimit(t *testing.T) {
	quiet := sine(RatePA, 1000, 0.5, time.Second)
	if out := Limit(quiet); DB(out.Peak()) != DB(quiet.Peak()) {
		t.Error("quiet sound was changed")
	}
	// 12 kHz at 45°: the samples stay 3 dB below the waveform's true peak.
	tricky := Silence(RatePA, time.Second)
	for i := range tricky.Samples {
		tricky.Samples[i] = float32(math.Sin(math.Pi/2*float64(i) + math.Pi/4))
	}
	if got := TruePeak(tricky); math.Abs(got) > 0.3 {
		t.Errorf("true peak measured as %.2f dBTP, want 0", got)
	}
	for name, p := range map[string]PCM{"loud": sine(RatePA, 300, 3, time.Second), "between samples": tricky} {
		out := Limit(p)
		if got := TruePeak(out); got > LimitDBTP+0.05 {
			t.Errorf("%s: true peak %.2f dBTP", name, got)
		}
		if got := TruePeak(out); got < LimitDBTP-1 {
			t.Errorf("%s: limited too far, to %.2f dBTP", name, got)
		}
	}
}

func TestLimitNeverExceeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float32Range(-2, 2), 0, 400).Draw(t, "samples")
		out := Limit(PCM{RatePA, s})
		if len(out.Samples) != len(s) {
			t.Fatalf("%d samples became %d", len(s), len(out.Samples))
		}
		if got := out.Peak(); DB(got) > LimitDBTP {
			t.Fatalf("peak %.2f dB", DB(got))
		}
	})
}

func TestTrim(t *testing.T) {
	p := Append(Silence(RatePA, 500*time.Millisecond), sine(RatePA, 500, 0.5, 300*time.Millisecond), 0)
	p = Append(p, Silence(RatePA, 400*time.Millisecond), 0)
	got := Trim(p)
	want := 300*time.Millisecond + trimBefore + trimAfter
	if d := (got.Duration() - want).Abs(); d > 10*time.Millisecond {
		t.Errorf("trimmed to %v, want about %v", got.Duration(), want)
	}
	if a, b := got.Samples[0], got.Samples[len(got.Samples)-1]; abs32(a) > 0.01 || abs32(b) > 0.01 {
		t.Errorf("edges at %v and %v would click", a, b)
	}
	if n := len(Trim(Silence(RatePA, time.Second)).Samples); n != 0 {
		t.Errorf("silence became %d samples", n)
	}
	if p.Peak() != Trim(p).Peak() {
		t.Error("the sound itself changed")
	}
}

func TestAppendOverlaps(t *testing.T) {
	a, b := sine(RatePA, 400, 0.5, 100*time.Millisecond), sine(RatePA, 400, 0.5, 100*time.Millisecond)
	got := Append(a.Clone(), b, 10*time.Millisecond)
	if got.Duration() != 190*time.Millisecond {
		t.Errorf("lasts %v", got.Duration())
	}
	if short := Append(Silence(RatePA, time.Millisecond), b, time.Second); short.Duration() != 100*time.Millisecond {
		t.Errorf("overlap beyond the first sound: %v", short.Duration())
	}
}

func TestChime(t *testing.T) {
	p := Chime()
	if p.Duration() != chimeLength {
		t.Errorf("lasts %v", p.Duration())
	}
	if got, _ := ActiveLUFS(p); math.Abs(got-ChimeLUFS) > 0.1 {
		t.Errorf("%.2f LUFS, want %.0f", got, ChimeLUFS)
	}
	high, highAt := LoudestTone(p, ChimeHigh, 200*time.Millisecond)
	low, lowAt := LoudestTone(p, ChimeLow, 200*time.Millisecond)
	if high < 0.01 || low < 0.01 || lowAt < highAt {
		t.Errorf("E5 %.3f at %v, C5 %.3f at %v: want both, falling", high, highAt, low, lowAt)
	}
	if other := Tone(p, 880); other > high/10 {
		t.Errorf("880 Hz at %.3f", other)
	}
}

func TestTone(t *testing.T) {
	p := sine(RatePhone, 697, 0.3, time.Second)
	if got := Tone(p, 697); math.Abs(got-0.3) > 0.01 {
		t.Errorf("amplitude %.3f, want 0.3", got)
	}
	if got := Tone(p, 770); got > 0.01 {
		t.Errorf("770 Hz at %.3f in a tone of 697 Hz", got)
	}
	if Tone(PCM{}, 100) != 0 {
		t.Error("nothing has a tone")
	}
}

func TestActiveTime(t *testing.T) {
	p := Append(Silence(RatePhone, time.Second), sine(RatePhone, 440, 0.2, 500*time.Millisecond), 0)
	if got := ActiveTime(p, -40); got != 500*time.Millisecond {
		t.Errorf("got %v", got)
	}
}

func TestForHall(t *testing.T) {
	for hz, want := range map[float64]float64{50: -15, 400: 0, 2800: 3} {
		out := middle(ForHall(sine(RatePA, hz, 0.1, time.Second)))
		if got := DB(Tone(out, hz) / 0.1); math.Abs(got-want) > 1 {
			t.Errorf("%.0f Hz changed by %.1f dB, want about %.0f", hz, got, want)
		}
	}
}

func TestBeep(t *testing.T) {
	p := Beep(RatePhone, 440, 200*time.Millisecond)
	if Tone(p, 440) < 0.1 || p.Duration() != 200*time.Millisecond {
		t.Errorf("%v at %.3f", p.Duration(), Tone(p, 440))
	}
}

// The short cut of truePeaks rests on this bound.
func TestPeakFiltersAreBounded(t *testing.T) {
	for _, f := range peakFilters() {
		sum := float32(0)
		for _, tap := range f {
			sum += abs32(tap)
		}
		if sum > 2.5 {
			t.Errorf("taps sum to %.2f", sum)
		}
	}
}

func TestTruePeaksShortCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float32Range(-1, 1), 0, 300).Draw(t, "samples")
		floor := rapid.Float32Range(0, 1).Draw(t, "floor")
		quick, all := truePeaks(s, floor), truePeaks(s, 0)
		for i := range s {
			if quick[i] != all[i] && all[i] > floor {
				t.Fatalf("sample %d: %v, want %v", i, quick[i], all[i])
			}
		}
	})
}
