//go:build unix

package outputtest

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Hall is a private sound server.
type Hall struct {
	Server string // For PULSE_SERVER: "unix:/…".

	t     testing.TB
	dir   string
	sinks []string
	env   []string
	pulse *exec.Cmd
}

// Open starts a sound server with sinks and points PULSE_SERVER and ALSA's
// default device at it for the time of the test. The test is skipped where
// PulseAudio is not installed.
func Open(t *testing.T, sinks ...string) *Hall {
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
	h := &Hall{Server: "unix:" + filepath.Join(dir, "native"), t: t, dir: dir, sinks: sinks}
	t.Setenv("ALSA_CONFIG_PATH", alsa)
	t.Setenv("PULSE_SERVER", h.Server)
	h.env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "HOME="+dir)
	h.Restart()
	return h
}

// Restart starts the sound server again after Kill, and returns when it answers.
func (h *Hall) Restart() {
	h.t.Helper()
	args := []string{
		"-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit", "--high-priority=no", "--realtime=no",
		"--load=module-native-protocol-unix auth-anonymous=1 socket=" + filepath.Join(h.dir, "native"),
	}
	for _, s := range h.sinks {
		args = append(args, "--load=module-null-sink sink_name="+s+" rate=48000 channels=1 format=s16le")
	}
	h.pulse = h.run(exec.Command("pulseaudio", args...))
	h.Until("pulseaudio answers", func() bool { return h.Control("info") == nil })
	for _, s := range h.sinks {
		h.keepAwake(s)
	}
}

// keepAwake plays silence into a sink, so that recordings have no holes.
func (h *Hall) keepAwake(sink string) {
	h.t.Helper()
	zero, err := os.Open("/dev/zero")
	if err != nil {
		h.t.Skip("no /dev/zero")
	}
	defer zero.Close()
	keep := exec.Command("pacat", "--playback", "-d", sink, "--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20")
	keep.Stdin = zero
	h.run(keep)
}

// Kill ends the sound server without warning.
func (h *Hall) Kill() {
	h.t.Helper()
	_ = h.pulse.Process.Kill()
	_ = h.pulse.Wait()
	_ = os.Remove(filepath.Join(h.dir, "native"))
}

// Freeze stops the sound server in its tracks, as a hanging device does; Thaw
// lets it go on.
func (h *Hall) Freeze() { _ = h.pulse.Process.Signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (h *Hall) Thaw() { _ = h.pulse.Process.Signal(syscall.SIGCONT) }

// Control runs pactl.
func (h *Hall) Control(args ...string) error {
	cmd := exec.Command("pactl", args...)
	cmd.Env = h.env
	return cmd.Run()
}

// run starts a program that is ended with the test.
func (h *Hall) run(cmd *exec.Cmd) *exec.Cmd {
	h.t.Helper()
	cmd.Env = h.env
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// Until asks again and again, as the function Until does.
func (h *Hall) Until(what string, ok func() bool) {
	h.t.Helper()
	Until(h.t, what, ok)
}

// recordAround is how much is recorded before and after, in bytes: 0.3 s.
const recordAround = 2 * audio.RatePA * 3 / 10

// Record gives what a sink played while body ran, and a little after.
func (h *Hall) Record(sink string, body func()) audio.PCM {
	h.t.Helper()
	f, err := os.CreateTemp(h.dir, "heard-*.raw")
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command("parec", "-d", sink+".monitor", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=10")
	cmd.Stdout = f
	h.run(cmd)
	size := func() int64 { info, _ := f.Stat(); return info.Size() }
	h.Until("the recorder records", func() bool { return size() > recordAround })
	body()
	upTo := size() + recordAround
	h.Until("the recording is complete", func() bool { return size() > upTo })
	_ = cmd.Process.Kill()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		h.t.Fatal(err)
	}
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return audio.FromInt16(audio.RatePA, samples)
}

// Unload takes a sink away, as pulling out a USB card does.
func (h *Hall) Unload(sink string) error {
	list := exec.Command("pactl", "list", "short", "modules")
	list.Env = h.env
	out, err := list.Output()
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		if id, _, ok := strings.Cut(line, "\t"); ok && strings.Contains(line, "sink_name="+sink) {
			return h.Control("unload-module", id)
		}
	}
	return fmt.Errorf("no module has a sink %q", sink)
}
