// Package file writes every announcement as a WAV file into a folder, so that
// an office without a sound card still has something to listen to and to look
// at.
package file

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// Keep is how many announcements stay in the folder.
const Keep = 200

// Latest is the file that always holds the newest first reading of a call (or
// the newest notice): repeats do not replace it.
const Latest = "latest.wav"

// prefix begins the name of every announcement, so that pruning touches
// nothing else.
const prefix = "call-"

// Output writes files. It implements output.Output.
type Output struct{ dir string }

// New writes into dir, which is made if need be. The error says that the
// folder cannot be made or written.
func New(dir string) (*Output, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("sound files: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return nil, fmt.Errorf("sound files: folder %s cannot be written: %w", dir, err)
	}
	probe.Close()
	os.Remove(probe.Name())
	return &Output{dir: dir}, nil
}

// Name implements output.Output.
func (o *Output) Name() string { return "file" }

// Records marks it as an output.Recorder.
func (o *Output) Records() {}

// Play writes the clip and returns; a file takes no time to listen.
func (o *Output) Play(ctx context.Context, c output.Clip) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`).MatchString(c.ID) {
		return fmt.Errorf("sound file: unusable name %q", c.ID)
	}
	wav := audio.EncodeWAV(c.PCM)
	if err := audio.Save(filepath.Join(o.dir, prefix+c.ID+".wav"), wav); err != nil {
		return fmt.Errorf("sound file: %w", err)
	}
	if c.Reading <= 1 {
		if err := audio.Save(filepath.Join(o.dir, Latest), wav); err != nil {
			return fmt.Errorf("sound file: %w", err)
		}
	}
	return o.prune()
}

// prune removes the oldest announcements beyond Keep; ids sort by time.
func (o *Output) prune() error {
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return fmt.Errorf("sound files: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), ".wav") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-Keep)] {
		if err := os.Remove(filepath.Join(o.dir, name)); err != nil {
			return fmt.Errorf("sound files: %w", err)
		}
	}
	return nil
}
