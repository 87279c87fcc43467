// Package file writes every announcement as a WAV file into a folder, so that
// an office without a sound card still has something to listen to and to look
// at.
package file

import (
	"context"
	"errors"
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

// Output writes files. It implements output.Recorder, output.Monitored and
// output.Tester.
type Output struct {
	dir    string
	keeper output.Keeper
}

// New writes into dir, which is made if need be. The error says that the
// folder cannot be made or written.
func New(dir string) (*Output, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("sound files: %w", err)
	}
	o := &Output{dir: dir}
	if err := o.probe(); err != nil {
		return nil, err
	}
	return o, nil
}

// probe writes a file and removes it.
func (o *Output) probe() error {
	f, err := os.CreateTemp(o.dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("sound files: folder %s cannot be written: %w", o.dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Name implements output.Output.
func (o *Output) Name() string { return "file" }

// Records marks it as an output.Recorder.
func (o *Output) Records() {}

// Health implements output.Monitored.
func (o *Output) Health() output.Health { return o.keeper.Health() }

// SelfTest implements output.Tester: the folder must be writable.
func (o *Output) SelfTest(context.Context) error {
	if err := o.probe(); err != nil {
		err = fault(err)
		o.keeper.Failed(err)
		return err
	}
	o.keeper.Ready("")
	return nil
}

// fault puts an error into words.
func fault(err error) error {
	return &output.Fault{
		VI:  "Không ghi được tệp âm thanh: kiểm tra dung lượng đĩa và quyền của thư mục",
		EN:  "sound files cannot be written: check the disk's space and the folder's rights",
		Err: err,
	}
}

// Play writes the clip and returns; a file takes no time to listen.
func (o *Output) Play(ctx context.Context, c output.Clip) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.write(c); err != nil {
		return o.keeper.Played(fault(err), false)
	}
	return o.keeper.Played(nil, false)
}

func (o *Output) write(c output.Clip) error {
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
