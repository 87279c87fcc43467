//go:build !nospeaker

package speaker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/outputtest"
)

// playerEnv makes this test program a player.
const playerEnv = "XINMOI_TEST_PLAYER"

// swallowEnv makes it a player without a card.
const swallowEnv = "XINMOI_TEST_SWALLOW"

// twiceEnv makes it open the card twice.
const twiceEnv = "XINMOI_TEST_TWICE"

func TestMain(m *testing.M) {
	if os.Getenv(twiceEnv) != "" {
		_, first := Open(context.Background())
		_, second := Open(context.Background())
		fmt.Printf("first %v, second %v\n", first, errors.Is(second, ErrDevice))
		return
	}
	if os.Getenv(swallowEnv) != "" {
		_ = serve(context.Background(), os.Stdin, os.Stdout, func(context.Context) (device, error) { return swallower{}, nil })
		return
	}
	if os.Getenv(playerEnv) != "" {
		if err := Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// open runs a speaker whose player is this test program, until the test ends.
func open(t *testing.T, c Config) *Speaker {
	t.Helper()
	t.Setenv(playerEnv, "1")
	c.Command = []string{os.Args[0]}
	c.Logger = slog.New(slog.DiscardHandler)
	s := New(c)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

func ready(s *Speaker) func() bool {
	return func() bool { h := s.Health(); return h.OK && !h.Since.IsZero() }
}

// settled reports whether a speaker has a player, or knows why it has none.
func settled(s *Speaker) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.child != nil || s.fault != nil
	}
}

func clipOf(p audio.PCM) output.Clip { return output.Clip{PCM: p} }

func TestSpeaker(t *testing.T) {
	h := outputtest.Open(t, "hall", "yard")
	s := open(t, Config{Sink: "hall"})
	h.Until("the card is open", ready(s))
	t.Run("whole", func(t *testing.T) { everySampleIsHeard(t, h, s) })
	t.Run("stopped", func(t *testing.T) { stopsAtOnce(t, h, s) })
	t.Run("self-test", func(t *testing.T) { testsSilently(t, h, s) })
	t.Run("another rate", func(t *testing.T) {
		if err := s.Play(t.Context(), clipOf(audio.Silence(8000, time.Second))); err == nil {
			t.Error("played 8 kHz as 48 kHz")
		}
	})
	t.Run("zones", func(t *testing.T) { zonesAreApart(t, h, s) })
	t.Run("once", opensOnce)
	t.Run("hangs", func(t *testing.T) { leavesAHangingCard(t, h, s) })
	t.Run("lost", func(t *testing.T) { comesBack(t, h, s) })
}

func everySampleIsHeard(t *testing.T, h *outputtest.Hall, s *Speaker) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("the card is open", ready(s))
		signal := outputtest.Counting(1500 * time.Millisecond)
		var took time.Duration
		got := outputtest.CountHeard(h.Record("hall", func() {
			began := time.Now()
			if err := s.Play(t.Context(), clipOf(signal)); err != nil {
				bad("%v", err)
			}
			took = time.Since(began)
		}), signal)
		t.Logf("%+v of %d samples", got, len(signal.Samples))
		if got.Samples < len(signal.Samples)*98/100 || got.Jumps > 5 || !got.Whole {
			bad("%+v of %d samples", got, len(signal.Samples))
		}
		if took < signal.Duration() || took > signal.Duration()+3*time.Second {
			bad("Play returned after %v for a clip of %v", took, signal.Duration())
		}
		if s.Health().LastPlayed.IsZero() {
			bad("not noted as played")
		}
	})
}

func stopsAtOnce(t *testing.T, h *outputtest.Hall, s *Speaker) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("the card is open", ready(s))
		heard := h.Record("hall", func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			err := s.Play(ctx, clipOf(audio.Beep(audio.RatePA, 440, 10*time.Second)))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
				bad("got %v after %v", err, time.Since(began))
			}
			_ = output.Wait(t.Context(), drain) // What the card still holds.
		})
		if got := outputtest.Break(heard); heard.Peak() < 0.05 || got > 0.5 {
			bad("a tone of %.3f breaks off at %.2f of its peak", heard.Peak(), got)
		}
		if err := s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, 440, 50*time.Millisecond))); err != nil {
			bad("the next clip: %v", err)
		}
	})
}

func testsSilently(t *testing.T, h *outputtest.Hall, s *Speaker) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("the card is open", ready(s))
		heard := h.Record("hall", func() {
			if err := s.SelfTest(t.Context()); err != nil {
				bad("%v", err)
			}
		})
		if peak := heard.Peak(); peak == 0 || peak > 0.001 {
			bad("self-test peaks at %.5f of full scale", peak)
		}
	})
}

// The sound service dies in the middle of a call: the clip is reported as not
// heard, and within five seconds of its return the next one is heard.
func comesBack(t *testing.T, h *outputtest.Hall, s *Speaker) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		before := s.Health().LastPlayed
		failed := make(chan error, 1)
		go func() { failed <- s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, 440, 10*time.Second))) }()
		_ = output.Wait(t.Context(), 700*time.Millisecond)
		h.Kill()
		killed := time.Now()
		err := <-failed
		t.Logf("after %v: %v", time.Since(killed), err)
		var fault *output.Fault
		if !errors.Is(err, ErrDevice) || !errors.As(err, &fault) || time.Since(killed) > 3*time.Second {
			bad("got %v after %v", err, time.Since(killed))
		}
		if health := s.Health(); health.OK || health.LastPlayed != before {
			bad("health %+v", health)
		}
		h.Restart()
		back := time.Now()
		h.Until("the card is back", ready(s))
		took := time.Since(back)
		t.Logf("back after %v", took)
		if took > 5*time.Second {
			bad("back after %v, want 5 s at most", took)
		}
		heard := h.Record("hall", func() {
			if err := s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, 440, 200*time.Millisecond))); err != nil {
				bad("%v", err)
			}
		})
		if level, _ := audio.LoudestTone(heard, 440, 100*time.Millisecond); level < 0.05 {
			bad("heard at %.4f afterwards", level)
		}
	})
}

// A device that hangs neither holds up the office nor stays in use.
func leavesAHangingCard(t *testing.T, h *outputtest.Hall, s *Speaker) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("the card is open", ready(s))
		h.Freeze()
		began := time.Now()
		err := s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, 440, 100*time.Millisecond)))
		t.Logf("after %v: %v", time.Since(began), err)
		if !errors.Is(err, ErrDevice) || time.Since(began) > 8*time.Second {
			bad("got %v after %v", err, time.Since(began))
		}
		h.Thaw()
		h.Until("the card is back", ready(s))
	})
}

// Two speakers of one program play on cards of their own.
func zonesAreApart(t *testing.T, h *outputtest.Hall, hall *Speaker) {
	yard := open(t, Config{Name: "yard", Sink: "yard"})
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("the second card is open", ready(yard))
		heard := h.Record("yard", func() {
			for s, hz := range map[*Speaker]float64{hall: 500, yard: 900} {
				if err := s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, hz, 300*time.Millisecond))); err != nil {
					bad("%v", err)
				}
			}
		})
		own, _ := audio.LoudestTone(heard, 900, 100*time.Millisecond)
		other, _ := audio.LoudestTone(heard, 500, 100*time.Millisecond)
		if own < 0.05 || other > own/100 {
			bad("the yard heard its own tone at %.4f and the hall's at %.4f", own, other)
		}
	})
}

func TestSpeakerWithoutACard(t *testing.T) {
	t.Setenv("ALSA_CONFIG_PATH", "/dev/null")
	t.Setenv("PULSE_SERVER", "unix:/nowhere")
	s := open(t, Config{})
	outputtest.Until(t, "the card was tried", settled(s))
	err := s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, 440, 100*time.Millisecond)))
	if !errors.Is(err, ErrDevice) {
		t.Errorf("got %v", err)
	}
	if health := s.Health(); health.OK || !strings.Contains(health.Detail, "kiểm tra dây") {
		t.Errorf("health %+v", health)
	}
	if err := s.SelfTest(t.Context()); !errors.Is(err, ErrDevice) {
		t.Errorf("self-test: %v", err)
	}
}

func TestCardAndSinkAreHandedDown(t *testing.T) {
	env := New(Config{Card: "PCH", Sink: "hall"}).environment()
	if !slices.Contains(env, "ALSA_CARD=PCH") || !slices.Contains(env, "PULSE_SINK=hall") {
		t.Errorf("%q", env[max(0, len(env)-2):])
	}
	if plain := New(Config{}).environment(); len(plain) != len(os.Environ()) {
		t.Errorf("%d variables, want the %d of this process", len(plain), len(os.Environ()))
	}
}

func TestSpeakerWhoseProgramIsGone(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nowhere")
	s := New(Config{Command: []string{"/nowhere/xinmoi"}, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if err := s.Play(t.Context(), clipOf(audio.Beep(audio.RatePA, 440, 100*time.Millisecond))); err == nil {
		t.Error("played without a player")
	}
	cancel()
	<-done
}

// A second opening within one process fails: this is why there are players.
func opensOnce(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), twiceEnv+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "first <nil>, second true") {
		t.Errorf("%v\n%s", err, out)
	}
}

// swallower is a card that plays in no time.
type swallower struct{}

func (swallower) play(context.Context, []byte) (bool, error) { return false, nil }
func (swallower) Err() error                                 { return nil }

// The way through the player's process is a small part of a call.
func TestHandOverIsQuick(t *testing.T) {
	t.Setenv(swallowEnv, "1")
	t.Setenv("PULSE_SERVER", "unix:/nowhere") // Something to try, whatever the machine has.
	s := open(t, Config{})
	clip := clipOf(audio.Beep(audio.RatePA, 440, 4*time.Second))
	outputtest.Timely(t, func(bad func(string, ...any)) {
		outputtest.Until(t, "the player is ready", ready(s))
		var times []time.Duration
		for range 40 {
			began := time.Now()
			if err := s.Play(t.Context(), clip); err != nil {
				bad("%v", err)
			}
			times = append(times, time.Since(began))
		}
		slices.Sort(times)
		p95 := times[len(times)*95/100]
		t.Logf("to the player and back: median %v, p95 %v for a clip of 4 s", times[len(times)/2], p95)
		if p95 > clip.PCM.Duration()/20 {
			bad("p95 %v", p95)
		}
	})
}
