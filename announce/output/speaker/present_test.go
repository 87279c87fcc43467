package speaker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestHasPlayback(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pcm")
	if hasPlayback(path) {
		t.Error("a list that is not there has a device")
	}
	for text, want := range map[string]bool{
		"": false,
		"00-00: USB Mic : USB Audio : capture 1\n":                            false,
		"00-00: ALC269 Analog : ALC269 Analog : playback 1 : capture 1\n":     true,
		"00-03: HDMI 0 : HDMI 0 : playback 1\n01-00: Mic : USB : capture 1\n": true,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := hasPlayback(path); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestSoundServerIsADevice(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nowhere")
	if !Present() {
		t.Error("a named sound server is not tried")
	}
}
