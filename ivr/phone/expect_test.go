package phone

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce"
)

// spoken is a sound that no other text has: a second of shaped noise.
func spoken(text string) []int16 {
	h := fnv.New64a()
	h.Write([]byte(text))
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	out, last := make([]int16, sampleRate), 0.0
	for i := range out {
		last = 0.8*last + random.NormFloat64()
		out[i] = int16(1500 * last * math.Sin(math.Pi*float64(i)/float64(len(out))))
	}
	return out
}

// speaker renders for expectations as the far end speaks.
func speaker(_ context.Context, s announce.Sentence) ([]int16, error) {
	if strings.Contains(s.Spoken(), "câm") {
		return nil, errors.New("no clip")
	}
	quiet := make([]int16, sampleRate/5)
	return slices.Concat(quiet, spoken(s.Spoken()), quiet), nil
}

// says makes a far end that says the texts of each turn, with pauses, and the
// next turn after a key.
func says(turns ...[]string) *farEnd {
	f := newFarEnd()
	for _, turn := range turns {
		sound := make([]int16, 0, 4*sampleRate)
		for _, text := range turn {
			for _, p := range sentences(Step{Text: text}) {
				sound = append(append(sound, spoken(p.sentence.Spoken())...), make([]int16, sampleRate/2)...)
			}
		}
		f.sounds = append(f.sounds, sound)
	}
	return f
}

// script runs a conversation as Run does after the answer.
func script(t *testing.T, f *farEnd, text string) (string, error) {
	t.Helper()
	steps, err := ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := expectations(t.Context(), steps, speaker)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := &conversation{far: f, ear: &listening{}, out: &out}
	f.Heard(c.ear.hear)
	err = c.follow(t.Context(), steps, want)
	return out.String(), err
}

func TestScriptHearsAndPresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := says([]string{"Xin chào quý vị", "Bấm một, bấm hai."}, []string{"Số của quý vị là A không một hai."})
		f.stay = true
		out, err := script(t, f, "expect \"xin chào quý vị\"\nexpect \"Bấm một, bấm hai.\"\nwait speech\npress 1\nexpect \"số của quý vị là A không một hai\"\nhangup")
		if err != nil || string(f.keys) != "1" || !f.hungUp {
			t.Errorf("%v, pressed %q, hung up %v\n%s", err, string(f.keys), f.hungUp, out)
		}
		for _, want := range []string{"heard \"xin chào quý vị\" from 0.", "(100 %)", "hung up", "script done"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	})
}

// Clips that are faded into each other are found one after the other.
func TestWordsThatOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := spoken("muốn hủy số"), spoken("xin nghe")
		sound := slices.Concat(first[:len(first)-overlap/2], second)
		for i, v := range first[len(first)-overlap/2:] {
			sound[len(first)-overlap/2+i] += v
		}
		f := newFarEnd()
		f.sounds = [][]int16{sound}
		if out, err := script(t, f, "expect \"muốn hủy số\"\nexpect \"xin nghe\""); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

func TestScriptFails(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		stay   bool
		want   error
		says   string
	}{
		"other words":         {"expect \"tạm biệt\" within 5s", true, ErrNotHeard, "line 1: not heard within 5s: \"tạm biệt\" ("},
		"wrong order":         {"expect \"bấm hai\"\nexpect \"xin chào\" within 5s", true, ErrNotHeard, "line 2"},
		"said twice":          {"expect \"xin chào\"\nexpect \"xin chào\" within 5s", true, ErrNotHeard, "line 2"},
		"hung up before":      {"expect \"tạm biệt\"", false, ErrNotHeard, "far end hung up before"},
		"stays":               {"expect hangup within 9s", true, ErrStays, "within 9s"},
		"gone before a key":   {"wait speech\nwait 10s\npress 1", false, ErrTooEarly, "line 2"},
		"gone before speech":  {"expect hangup\nwait speech", false, ErrTooEarly, "line 2"},
		"pieces far apart":    {"expect \"xin chào, cuối cùng\"", true, ErrNotHeard, "after the words before it"},
		"number is no speech": {"expect number A012 within 4s", true, ErrNotHeard, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := says([]string{"xin chào", "bấm một", "bấm hai", "bấm ba", "bấm bốn", "cuối cùng"})
				f.stay = tt.stay
				out, err := script(t, f, tt.script)
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v\n%s", err, out)
				}
				if tt.stay && !f.hungUp {
					t.Error("did not hang up")
				}
			})
		})
	}
}

func TestScriptWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := says([]string{"xin chào"}), time.Now()
		f.stay = true
		if out, err := script(t, f, "wait 20s\npress 5"); err != nil || string(f.keys) != "5" || time.Since(began) < 20*time.Second {
			t.Errorf("%v after %v\n%s", err, time.Since(began), out)
		}
	})
}

// Times are those of the call also where the far end sends nothing in pauses.
func TestTimesOfACallWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := says([]string{"xin chào"}, []string{"bấm một"})
		f.mute = true
		out, err := script(t, f, "wait 30s\npress 1\nexpect \"bấm một\"")
		if err != nil || !strings.Contains(out, "heard \"bấm một\" from 30.") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

func TestExpectationsNeedAVoice(t *testing.T) {
	steps, err := ParseScript("press 1\nexpect \"câm\"")
	if err != nil {
		t.Fatal(err)
	}
	for _, speak := range []Speak{nil, speaker, func(context.Context, announce.Sentence) ([]int16, error) { return make([]int16, 8000), nil }} {
		if _, err := expectations(t.Context(), steps, speak); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := expectations(t.Context(), steps[:1], nil); err != nil {
		t.Errorf("keys alone: %v", err)
	}
}

func TestPieces(t *testing.T) {
	for text, want := range map[string][]string{
		"a b":           {"a b"},
		"a, b. C?":      {"a,", "b.", "C?"},
		"1.500 đồng, a": {"1.500 đồng,", "a"},
		"lúc 7:30":      {"lúc 7:30"},
		"…":             nil,
	} {
		var got []string
		for _, p := range sentences(Step{Text: text}) {
			got = append(got, p.text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}
