//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue"
)

// soundServer starts a private PulseAudio with a sink that goes nowhere, and
// gives the environment in which it is the sound card.
func soundServer(t *testing.T) []string {
	t.Helper()
	for _, p := range []string{"pulseaudio", "parec", "pactl"} {
		need(t, p)
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	cmd := exec.Command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
		"--disallow-exit", "--high-priority=no", "--realtime=no",
		"--load=module-native-protocol-unix auth-anonymous=1 socket="+socket,
		"--load=module-null-sink sink_name=hall rate=48000 channels=1 format=s16le")
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // May have ended.
		_ = cmd.Wait()
	})
	write(t, filepath.Join(dir, "asound.conf"), "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n")
	env := []string{"PULSE_SERVER=unix:" + socket, "ALSA_CONFIG_PATH=" + filepath.Join(dir, "asound.conf"), "HOME=" + dir}
	deadline := time.Now().Add(patience)
	for {
		ask := exec.Command("pactl", "info")
		ask.Env = append(os.Environ(), env...)
		if ask.Run() == nil {
			return env
		}
		if time.Now().After(deadline) {
			t.Fatal("PulseAudio did not start")
		}
	}
}

// TestLoudspeaker listens to what the hall hears after "next".
func TestLoudspeaker(t *testing.T) {
	t.Parallel()
	env := soundServer(t)
	s := start(t, "", voiceConfig(t, ""), env...)
	// It answers a moment before it tells where its sound goes.
	s.await("the table of the program's places", 20*time.Second, func() bool { return strings.Contains(s.output.String(), "Stop with Ctrl+C") })
	if !strings.Contains(s.output.String(), "sound card") || strings.Contains(s.output.String(), "no sound card") {
		t.Skipf("this build has no speaker:\n%s", s.output)
	}
	background := func(stdout string, name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env...)
		if stdout != "" {
			f, err := os.Create(stdout)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			cmd.Stdout = f
		} else if zero, err := os.Open("/dev/zero"); err == nil {
			cmd.Stdin = zero
			t.Cleanup(func() { zero.Close() })
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // Ended below, usually.
			_ = cmd.Wait()
		})
		return cmd
	}
	format := []string{"--format=s16le", "--rate=48000", "--channels=1"}
	// A silent stream keeps the sink awake, so that the recording has no holes.
	background("", "pacat", append([]string{"--playback", "-d", "hall", "--raw"}, format...)...)
	raw := filepath.Join(t.TempDir(), "hall.raw")
	recorder := background(raw, "parec", append([]string{"-d", "hall.monitor"}, format...)...)

	s.take("A")
	s.take("A")
	for _, c := range []string{"1", "2"} { // Two calls at once: one after the other.
		s.must(http.StatusOK, "POST", base+"/counters/"+c+"/open", "staff", nil, nil)
		s.must(http.StatusOK, "POST", base+"/counters/"+c+"/next", "staff", nil, nil)
	}
	first := announce.Call(queue.Number{Prefix: "A", N: 1}, "1", announce.Wording{Region: announce.North})
	second := announce.Call(queue.Number{Prefix: "A", N: 2}, "2", announce.Wording{Region: announce.North})
	// Each call is read twice; the file output writes a file when a reading begins.
	const readings = 4
	s.await("both calls to be read twice", time.Minute, func() bool {
		files, err := filepath.Glob(filepath.Join(s.data, "announcements", "call-*.wav"))
		return err == nil && len(files) >= readings
	})
	var heard sound
	s.await("the hall to be quiet again", 30*time.Second, func() bool {
		heard = rawSound(t, raw)
		return heard.Duration() > 15*time.Second && heard.last(3*time.Second).speechSeconds() == 0
	})
	_ = recorder.Process.Signal(os.Interrupt) // Killed at the end anyway.
	for name, call := range map[string]announce.Sentence{"first": first, "second": second} {
		if share := heard.share(t, rendered(t, call, false)); share < 0.8 {
			t.Errorf("of the %s call %.0f %% was heard", name, 100*share)
		}
	}
	if !heard.hasChime() {
		t.Error("no chime")
	}
	other := announce.Call(queue.Number{Prefix: "D", N: 456}, "4", announce.Wording{Region: announce.North})
	if share := heard.share(t, rendered(t, other, false)); share > 0.7 {
		t.Errorf("the check cannot tell calls apart: %.0f %% of another one", 100*share)
	}
	t.Logf("%.1f s recorded, %.1f s of sound", heard.Duration().Seconds(), heard.speechSeconds())
}

func rawSound(t *testing.T, path string) sound {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(uint16(b[2*i]) | uint16(b[2*i+1])<<8)
	}
	return sound{audio.FromInt16(audio.RatePA, samples)}
}

// TestNoSoundCard has the call in a file instead.
func TestNoSoundCard(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	s.take("C")
	s.must(http.StatusOK, "POST", base+"/counters/3/open", "staff", nil, nil)
	s.must(http.StatusOK, "POST", base+"/counters/3/next", "staff", nil, nil)
	latest := filepath.Join(s.data, "announcements", "latest.wav")
	s.await("the file", 20*time.Second, func() bool { _, err := os.Stat(latest); return err == nil })
	call := announce.Call(queue.Number{Prefix: "C", N: 1}, "3", announce.Wording{Region: announce.North})
	heard := readWAV(t, latest)
	if like := heard.likeness(t, rendered(t, call, false)); like < 0.95 || !heard.hasChime() {
		t.Errorf("likeness %.2f, chime %v", like, heard.hasChime())
	}
}
