package phone

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// farEnd speaks as its script says: a piece at the start and one after every
// key. It hangs up after the last piece.
type farEnd struct {
	pieces []time.Duration // Length of each piece of speech.
	sounds [][]int16       // In place of pieces.
	mute   bool            // Sends nothing at all between pieces.
	stay   bool            // Does not hang up.
	tap    func([]int16)
	keys   []rune
	inputs chan media.Input
	next   chan struct{}
	down   chan struct{}
	hungUp bool
}

func newFarEnd(pieces ...time.Duration) *farEnd {
	return &farEnd{pieces: pieces, inputs: make(chan media.Input, 8), next: make(chan struct{}, 8), down: make(chan struct{})}
}

func (f *farEnd) Heard(tap func([]int16))    { f.tap = tap; go f.speak() }
func (f *farEnd) Inputs() <-chan media.Input { return f.inputs }

func (f *farEnd) SendDigit(_ context.Context, key rune) error {
	f.keys = append(f.keys, key)
	f.next <- struct{}{}
	return nil
}

func (f *farEnd) Hangup(context.Context) error {
	f.hungUp = true
	close(f.down)
	return nil
}

// speak sends 20 ms packets: each piece with a menu pause in it, then silence
// until a key comes.
func (f *farEnd) speak() {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for _, piece := range f.pieces {
		f.sounds = append(f.sounds, slices.Concat(voiced(piece, speechLevel), voiced(700*time.Millisecond, 0), voiced(piece, speechLevel)))
	}
	for i, sound := range f.sounds {
		if !f.send(tick, sound) {
			return
		}
		if i == len(f.sounds)-1 && !f.stay {
			break
		}
		for waiting := true; waiting; {
			select {
			case <-f.next:
				waiting = false
			case <-f.down:
				return
			case <-tick.C:
				if !f.mute {
					f.tap(make([]int16, frameSize))
				}
			}
		}
	}
	f.inputs <- media.Input{Kind: media.HungUp}
	close(f.inputs)
}

func (f *farEnd) send(tick *time.Ticker, samples []int16) bool {
	for ; len(samples) >= frameSize; samples = samples[frameSize:] {
		select {
		case <-tick.C:
			f.tap(samples[:frameSize])
		case <-f.down:
			return false
		}
	}
	return true
}

// call runs a conversation as Run does after the answer.
func call(ctx context.Context, t *testing.T, f *farEnd, press string) (string, []int16, error) {
	t.Helper()
	groups, err := ParsePress(press)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := &conversation{far: f, ear: &listening{}, out: &out}
	f.Heard(c.ear.hear)
	err = c.lead(ctx, groups)
	return out.String(), c.ear.samples(), err
}

func TestPressesWhenSpeechEnds(t *testing.T) {
	for name, mute := range map[string]bool{"silence is sent": false, "nothing is sent in pauses": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFarEnd(2*time.Second, 3*time.Second, time.Second)
				f.mute = mute
				out, heard, err := call(t.Context(), t, f, "1,2")
				if err != nil || string(f.keys) != "12" || f.hungUp {
					t.Errorf("pressed %q, error %v, hung up %v", string(f.keys), err, f.hungUp)
				}
				want := []string{"heard 4.0 s of speech", "pressed 1", "heard 6.0 s of speech", "pressed 2", "far end hung up", "call lasted", "12.0 s of it speech"}
				rest := out
				for _, w := range want {
					_, after, ok := strings.Cut(rest, w)
					if !ok {
						t.Fatalf("no %q in order in\n%s", w, out)
					}
					rest = after
				}
				if d := time.Duration(len(heard)) * time.Second / sampleRate; d < 14*time.Second {
					t.Errorf("heard %v", d)
				}
			})
		})
	}
}

func TestKeysOfOneGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFarEnd(time.Second, 50*time.Millisecond, time.Second)
		if _, _, err := call(t.Context(), t, f, "59"); err != nil || string(f.keys) != "59" {
			t.Errorf("pressed %q, error %v", string(f.keys), err)
		}
	})
}

func TestCallsOfNoUse(t *testing.T) {
	for name, tt := range map[string]struct {
		pieces []time.Duration
		stay   bool
		press  string
		want   error
		within time.Duration
	}{
		"never speaks":           {[]time.Duration{0}, true, "1", ErrNoSpeech, 41 * time.Second},
		"never speaks, no keys":  {[]time.Duration{0}, true, "", ErrNoSpeech, 61 * time.Second},
		"hangs up before keys":   {[]time.Duration{time.Second}, false, "1,1", ErrTooEarly, 4 * time.Second},
		"speaks and stays":       {[]time.Duration{time.Second}, true, "", nil, 61 * time.Second},
		"speaks without an end":  {[]time.Duration{50 * time.Second, time.Second}, false, "1", nil, 145 * time.Second},
		"silent after first key": {[]time.Duration{time.Second, 0}, true, "1,1", ErrNoSpeech, 45 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, began := newFarEnd(tt.pieces...), time.Now()
				f.stay = tt.stay
				out, _, err := call(t.Context(), t, f, tt.press)
				if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
					t.Errorf("error %v, want %v\n%s", err, tt.want, out)
				}
				if got := time.Since(began); got > tt.within {
					t.Errorf("took %v, want at most %v", got, tt.within)
				}
				if tt.stay && !f.hungUp {
					t.Error("did not hang up")
				}
			})
		})
	}
}

func TestInterrupted(t *testing.T) {
	for _, press := range []string{"1", ""} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			f := newFarEnd(time.Minute)
			if _, _, err := call(ctx, t, f, press); !errors.Is(err, context.DeadlineExceeded) || !f.hungUp {
				t.Errorf("error %v, hung up %v", err, f.hungUp)
			}
		})
	}
}

func TestTape(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "no", "such.wav")} {
		if _, err := newTape(path); err == nil {
			t.Errorf("recording to %s was accepted", path)
		}
	}
	path := filepath.Join(dir, "heard.wav")
	tp, err := newTape(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := &conversation{ear: &listening{}, out: &out}
	want := voiced(time.Second, speechLevel)
	c.ear.hear(want)
	if err := c.save(tp); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pcm, err := audio.DecodeWAV(file)
	if err != nil || pcm.Rate != sampleRate || len(pcm.Samples) != len(want) {
		t.Errorf("%d samples at %d Hz, error %v", len(pcm.Samples), pcm.Rate, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind %v, %v", left, err)
	}
	if err := (&conversation{ear: &listening{}, out: &out}).save(nil); err != nil {
		t.Errorf("without a tape: %v", err)
	}
}

func TestRecordingIsBounded(t *testing.T) {
	e := &listening{heard: make([]int16, maxHeard-10)}
	e.hear(make([]int16, 160))
	if got := len(e.samples()); got != maxHeard {
		t.Errorf("kept %d samples, want %d", got, maxHeard)
	}
}
