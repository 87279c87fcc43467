package speaker

import (
	"os"
	"path/filepath"
	"strings"
)

// Present reports whether there can be a sound device at all. Opening one on a
// machine without any makes the sound library write pages of complaints to
// standard error.
func Present() bool {
	for _, name := range []string{"PULSE_SERVER", "PIPEWIRE_REMOTE", "ALSA_CONFIG_PATH"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	paths := []string{"/etc/asound.conf"}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		paths = append(paths, filepath.Join(dir, "pulse", "native"), filepath.Join(dir, "pipewire-0"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		paths = append(paths, filepath.Join(home, ".asoundrc"))
	}
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			return true
		}
	}
	return hasPlayback("/proc/asound/pcm")
}

// hasPlayback looks for a device that plays in the kernel's list, with lines
// such as "00-00: ALC269 Analog : ALC269 Analog : playback 1 : capture 1".
func hasPlayback(path string) bool {
	list, err := os.ReadFile(path)
	return err == nil && strings.Contains(string(list), "playback")
}
