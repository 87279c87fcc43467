package phone

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// tape is a recording to be written when the call is over.
type tape struct{ path string }

// newTape checks before the call that the recording can be written; nil for
// an empty path.
func newTape(path string) (*tape, error) {
	if path == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("cannot record to %s: it is a folder; name a .wav file", path)
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".recording-*")
	if err != nil {
		return nil, fmt.Errorf("cannot record to %s: %w; choose a folder that can be written", path, err)
	}
	defer os.Remove(probe.Name())
	return &tape{path}, probe.Close()
}

// write makes the file appear whole.
func (t *tape) write(samples []int16) error {
	part := t.path + ".part"
	wav := audio.EncodeWAV(audio.FromInt16(sampleRate, samples))
	if err := os.WriteFile(part, wav, 0o644); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	if err := os.Rename(part, t.path); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}
