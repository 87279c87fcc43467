package pulse

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/outputtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open runs an output until the test ends.
func open(t *testing.T, c Config) *Pulse {
	t.Helper()
	c.Logger = slog.New(slog.DiscardHandler)
	p := New(c)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

func clipOf(p audio.PCM) output.Clip { return output.Clip{PCM: p} }

func beep(hz float64, d time.Duration) output.Clip { return clipOf(audio.Beep(audio.RatePA, hz, d)) }

func ready(p *Pulse) func() bool {
	return func() bool { h := p.Health(); return h.OK && !h.Since.IsZero() }
}

func TestPulse(t *testing.T) {
	h := outputtest.Open(t, "hall", "yard")
	p := open(t, Config{Sink: "hall"})
	t.Run("whole", func(t *testing.T) { everySampleIsHeard(t, h, p) })
	t.Run("zones", func(t *testing.T) { zonesAreApart(t, h, p) })
	t.Run("stopped", func(t *testing.T) { stopsAtOnce(t, h, p) })
	t.Run("self-test", func(t *testing.T) { testsSilently(t, h, p) })
	t.Run("muted", func(t *testing.T) { muteIsNoticed(t, h, p) })
	t.Run("sinks", func(t *testing.T) { sinksAreListed(t) })
	t.Run("taken away", func(t *testing.T) { sinkIsTakenAway(t, h) })
	t.Run("another rate", func(t *testing.T) {
		if err := p.Play(t.Context(), clipOf(audio.Silence(8000, time.Second))); err == nil {
			t.Error("played 8 kHz as 48 kHz")
		}
	})
}

func everySampleIsHeard(t *testing.T, h *outputtest.Hall, p *Pulse) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		signal := outputtest.Counting(1500 * time.Millisecond) // Longer than the library's drain.
		var took time.Duration
		got := outputtest.CountHeard(h.Record("hall", func() {
			began := time.Now()
			if err := p.Play(t.Context(), clipOf(signal)); err != nil {
				bad("%v", err)
			}
			took = time.Since(began)
		}), signal)
		t.Logf("%+v of %d samples, Play took %v", got, len(signal.Samples), took)
		if got.Samples < len(signal.Samples)*98/100 || got.Jumps > 5 || !got.Whole {
			bad("%+v of %d samples", got, len(signal.Samples))
		}
		if took < signal.Duration() || took > signal.Duration()+time.Second {
			bad("Play returned after %v for a clip of %v", took, signal.Duration())
		}
		if health := p.Health(); !health.OK || health.LastPlayed.IsZero() {
			bad("health %+v", health)
		}
	})
}

func zonesAreApart(t *testing.T, h *outputtest.Hall, hall *Pulse) {
	yard := open(t, Config{Name: "yard", Sink: "yard"})
	outputtest.Timely(t, func(bad func(string, ...any)) {
		heard := h.Record("yard", func() {
			done := make(chan error, 2)
			go func() { done <- hall.Play(t.Context(), beep(500, 300*time.Millisecond)) }()
			go func() { done <- yard.Play(t.Context(), beep(900, 300*time.Millisecond)) }()
			if err := errors.Join(<-done, <-done); err != nil {
				bad("%v", err)
			}
		})
		own, _ := audio.LoudestTone(heard, 900, 100*time.Millisecond)
		other, _ := audio.LoudestTone(heard, 500, 100*time.Millisecond)
		if own < 0.05 || other > own/100 {
			bad("the yard heard its own tone at %.4f and the hall's at %.4f", own, other)
		}
	})
}

func stopsAtOnce(t *testing.T, h *outputtest.Hall, p *Pulse) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("connected", ready(p))
		heard := h.Record("hall", func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			err := p.Play(ctx, beep(440, 10*time.Second))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
				bad("got %v after %v", err, time.Since(began))
			}
		})
		end := heard.Samples[len(heard.Samples)-audio.RatePA/5:]
		if peak := (audio.PCM{Rate: audio.RatePA, Samples: end}).Peak(); peak > 0 {
			bad("still sounds with %.4f", peak)
		}
		if got := outputtest.Break(heard); heard.Peak() < 0.05 || got > 0.5 {
			bad("a tone of %.3f breaks off at %.2f of its peak", heard.Peak(), got)
		}
	})
}

func testsSilently(t *testing.T, h *outputtest.Hall, p *Pulse) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Until("connected", ready(p))
		heard := h.Record("hall", func() {
			if err := p.SelfTest(t.Context()); err != nil {
				bad("%v", err)
			}
		})
		if peak := heard.Peak(); peak == 0 || peak > 0.001 {
			bad("self-test peaks at %.5f of full scale", peak)
		}
	})
}

func muteIsNoticed(t *testing.T, h *outputtest.Hall, p *Pulse) {
	if err := h.Control("set-sink-mute", "hall", "1"); err != nil {
		t.Fatal(err)
	}
	err := p.Play(t.Context(), beep(440, 100*time.Millisecond))
	if !errors.Is(err, errMuted) || !strings.Contains(p.Health().Detail, "bật tiếng") {
		t.Errorf("got %v, health %+v", err, p.Health())
	}
	if err := h.Control("set-sink-mute", "hall", "0"); err != nil {
		t.Fatal(err)
	}
	if err := p.Play(t.Context(), beep(440, 100*time.Millisecond)); err != nil || !p.Health().OK {
		t.Errorf("got %v, health %+v", err, p.Health())
	}
}

func sinksAreListed(t *testing.T) {
	all, err := Sinks(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"hall", "yard"} {
		if !slices.ContainsFunc(all, func(s Sink) bool { return s.ID == id && s.Name != "" && !s.Muted }) {
			t.Errorf("%q is not among %+v", id, all)
		}
	}
}

// A sink that goes away is an error at once: the clip must not wander to
// another zone's loudspeakers.
func sinkIsTakenAway(t *testing.T, h *outputtest.Hall) {
	outputtest.Timely(t, func(bad func(string, ...any)) {
		if err := h.Control("load-module", "module-null-sink", "sink_name=usb", "rate=48000", "channels=1"); err != nil {
			t.Fatal(err)
		}
		p := open(t, Config{Name: "usb", Sink: "usb"})
		h.Until("the sink is there", ready(p))
		heard := h.Record("hall", func() {
			failed := make(chan error, 1)
			go func() { failed <- p.Play(t.Context(), beep(700, 10*time.Second)) }()
			_ = output.Wait(t.Context(), 300*time.Millisecond)
			began := time.Now()
			_ = h.Control("suspend-sink", "usb", "0")
			if err := h.Unload("usb"); err != nil {
				t.Fatal(err)
			}
			if err := <-failed; !errors.Is(err, ErrSink) || time.Since(began) > 3*time.Second {
				bad("got %v after %v", err, time.Since(began))
			}
		})
		if level, _ := audio.LoudestTone(heard, 700, 100*time.Millisecond); level > 0.001 {
			bad("the hall heard the other sink's clip at %.4f", level)
		}
		if err := p.SelfTest(t.Context()); !errors.Is(err, ErrSink) || p.Health().OK {
			bad("self-test without a sink: %v, %+v", err, p.Health())
		}
	})
}

func TestPulseComesBack(t *testing.T) {
	h := outputtest.Open(t, "hall")
	p := open(t, Config{Sink: "hall"})
	h.Until("connected", ready(p))
	outputtest.Timely(t, func(bad func(string, ...any)) {
		failed := make(chan error, 1)
		go func() { failed <- p.Play(t.Context(), beep(440, 10*time.Second)) }()
		_ = output.Wait(t.Context(), 500*time.Millisecond)
		h.Kill()
		killed := time.Now()
		err := <-failed
		t.Logf("after %v: %v", time.Since(killed), err)
		if !errors.Is(err, ErrServer) || time.Since(killed) > 3*time.Second || p.Health().OK {
			bad("got %v after %v, health %+v", err, time.Since(killed), p.Health())
		}
		h.Restart()
		back := time.Now()
		h.Until("connected again", ready(p))
		took := time.Since(back)
		t.Logf("back after %v", took)
		if took > 5*time.Second {
			bad("back after %v, want 5 s at most", took)
		}
		heard := h.Record("hall", func() {
			if err := p.Play(t.Context(), beep(440, 200*time.Millisecond)); err != nil {
				bad("%v", err)
			}
		})
		if level, _ := audio.LoudestTone(heard, 440, 100*time.Millisecond); level < 0.05 {
			bad("heard at %.4f afterwards", level)
		}
	})
}

func TestPulseLeavesAHangingServer(t *testing.T) {
	h := outputtest.Open(t, "hall")
	p := open(t, Config{})
	h.Until("connected", ready(p))
	outputtest.Timely(t, func(bad func(string, ...any)) {
		h.Freeze()
		began := time.Now()
		err := p.Play(t.Context(), beep(440, 100*time.Millisecond))
		t.Logf("after %v: %v", time.Since(began), err)
		if !errors.Is(err, ErrServer) || time.Since(began) > 8*time.Second {
			bad("got %v after %v", err, time.Since(began))
		}
		h.Thaw()
		h.Until("connected again", ready(p))
	})
}

func TestPulseWithoutAServer(t *testing.T) {
	p := open(t, Config{Server: "unix:/nowhere/native"})
	err := p.Play(t.Context(), beep(440, 100*time.Millisecond))
	var fault *output.Fault
	if !errors.Is(err, ErrServer) || !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	if health := p.Health(); health.OK || !strings.Contains(health.Detail, "khởi động lại") {
		t.Errorf("health %+v", health)
	}
	if _, err := Sinks(t.Context(), "unix:/nowhere/native"); !errors.Is(err, ErrServer) {
		t.Errorf("sinks: %v", err)
	}
}
