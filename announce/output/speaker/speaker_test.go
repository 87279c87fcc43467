//go:build !nospeaker

package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// hall is a private PulseAudio whose only sink goes nowhere, at the pace of a
// real card; what it played can be recorded.
type hall struct {
	t   *testing.T
	env []string
}

// openHall starts PulseAudio and points ALSA's default at it.
func openHall(t *testing.T) *hall {
	t.Helper()
	for _, tool := range []string{"pulseaudio", "pactl", "pacat", "parec"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: apt-get install pulseaudio pulseaudio-utils libasound2-plugins", tool)
		}
	}
	dir := t.TempDir()
	alsa := filepath.Join(dir, "asound.conf")
	conf := "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
	if err := os.WriteFile(alsa, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "native")
	t.Setenv("ALSA_CONFIG_PATH", alsa)
	t.Setenv("PULSE_SERVER", "unix:"+socket)
	h := &hall{t: t, env: append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "HOME="+dir)}
	h.start(nil, "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
		"--disallow-exit", "--high-priority=no", "--realtime=no",
		"--load=module-native-protocol-unix auth-anonymous=1 socket="+socket,
		"--load=module-null-sink sink_name=hall rate=48000 channels=1 format=s16le")
	h.until("pulseaudio answers", func() bool {
		probe := exec.Command("pactl", "info")
		probe.Env = h.env
		return probe.Run() == nil
	})
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Skip("no /dev/zero")
	}
	t.Cleanup(func() { zero.Close() })
	// A silent stream keeps the sink running, so that recordings have no holes.
	keep := exec.Command("pacat", "--playback", "-d", "hall", "--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20")
	keep.Stdin = zero
	h.run(keep)
	return h
}

// run starts a program that is ended with the test.
func (h *hall) run(cmd *exec.Cmd) {
	h.t.Helper()
	cmd.Env = h.env
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func (h *hall) start(out *bytes.Buffer, name string, args ...string) *exec.Cmd {
	h.t.Helper()
	cmd := exec.Command(name, args...)
	if out != nil {
		cmd.Stdout = out
	}
	h.run(cmd)
	return cmd
}

// until asks again and again, for at most 15 s.
func (h *hall) until(what string, ok func() bool) {
	h.t.Helper()
	deadline, tick := time.After(15*time.Second), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			h.t.Fatalf("not within 15 s: %s", what)
		case <-tick.C:
		}
	}
}

// record gives what the hall heard while body ran.
func (h *hall) record(body func()) audio.PCM {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "heard.raw")
	f, err := os.Create(path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command("parec", "-d", "hall.monitor", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=10")
	cmd.Stdout = f
	h.run(cmd)
	size := func() int64 { info, _ := f.Stat(); return info.Size() }
	h.until("the recorder records", func() bool { return size() > 48000 })
	body()
	upTo := size() + 48000 // Another half second.
	h.until("the recording is complete", func() bool { return size() > upTo })
	b, err := os.ReadFile(path)
	if err != nil {
		h.t.Fatal(err)
	}
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return audio.FromInt16(audio.RatePA, samples)
}

func TestSpeaker(t *testing.T) {
	h := openHall(t)
	s, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a second card", func(t *testing.T) {
		if _, err := Open(t.Context()); !errors.Is(err, ErrDevice) {
			t.Errorf("got %v, want ErrDevice", err)
		}
	})
	t.Run("chime", func(t *testing.T) { chimeIsHeard(t, h, s) })
	t.Run("whole", func(t *testing.T) { everySampleIsHeard(t, h, s) })
	t.Run("stopped", func(t *testing.T) { stopsAtOnce(t, s) })
	t.Run("another rate", func(t *testing.T) {
		if err := s.Play(t.Context(), output.Clip{PCM: audio.Silence(8000, time.Second)}); err == nil {
			t.Error("played 8 kHz as 48 kHz")
		}
	})
}

func chimeIsHeard(t *testing.T, h *hall, s *Speaker) {
	chime := audio.Chime()
	var took time.Duration
	heard := h.record(func() {
		began := time.Now()
		if err := s.Play(t.Context(), output.Clip{PCM: chime}); err != nil {
			t.Error(err)
		}
		took = time.Since(began)
	})
	for _, hz := range []float64{audio.ChimeHigh, audio.ChimeLow} {
		want, _ := audio.LoudestTone(chime, hz, 200*time.Millisecond)
		got, at := audio.LoudestTone(heard, hz, 200*time.Millisecond)
		t.Logf("%.0f Hz: %.4f at %v of %v, want %.4f", hz, got, at, heard.Duration(), want)
		if got < want*0.8 {
			t.Errorf("%.0f Hz heard at %.4f, want %.4f", hz, got, want)
		}
	}
	if took < chime.Duration() || took > chime.Duration()+3*time.Second {
		t.Errorf("Play returned after %v for a clip of %v", took, chime.Duration())
	}
}

// everySampleIsHeard plays a signal that counts, so that a hole or a jump shows.
func everySampleIsHeard(t *testing.T, h *hall, s *Speaker) {
	const step, wrap = 7, 32749
	signal := make([]int16, 2*audio.RatePA)
	for i := range signal {
		signal[i] = int16(i*step%wrap + 1)
	}
	heard := h.record(func() {
		if err := s.Play(t.Context(), output.Clip{PCM: audio.FromInt16(audio.RatePA, signal)}); err != nil {
			t.Error(err)
		}
	}).Int16()
	last := len(heard) - 1
	for last > 0 && heard[last] == 0 {
		last--
	}
	if heard[last] != signal[len(signal)-1] {
		t.Errorf("the end was cut: last sample heard %d, want %d", heard[last], signal[len(signal)-1])
	}
	jumps, held := 0, 0
	for i := 1; i <= last; i++ {
		if heard[i] == 0 || heard[i-1] == 0 {
			held += int(min(heard[i], 1))
			continue
		}
		held++
		if d := int(heard[i]) - int(heard[i-1]); d != step && d != step-wrap {
			jumps++
		}
	}
	t.Logf("%d of %d samples heard, %d jumps", held, len(signal), jumps)
	// A busy test machine may starve PulseAudio itself; a real fault loses far more.
	if held < len(signal)*98/100 || jumps > 5 {
		t.Errorf("%d of %d samples heard, %d jumps", held, len(signal), jumps)
	}
}

func stopsAtOnce(t *testing.T, s *Speaker) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := s.Play(ctx, output.Clip{PCM: audio.Beep(audio.RatePA, 440, 10*time.Second)})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

// A machine without a card; in a process of its own, since a process opens
// the card only once.
func TestNoCard(t *testing.T) {
	const child = "XINMOI_TEST_NO_CARD"
	if os.Getenv(child) != "" {
		_, err := Open(t.Context())
		fmt.Printf("device error: %v\n", errors.Is(err, ErrDevice))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNoCard$")
	cmd.Env = append(os.Environ(), child+"=1", "ALSA_CONFIG_PATH=/dev/null", "PULSE_SERVER=unix:/nowhere")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "device error: true") {
		t.Errorf("%v\n%s", err, out)
	}
}
