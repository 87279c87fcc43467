// Package command plays announcements through another program, which gets a WAV
// file on its standard input: "aplay -q -D plughw:1 -", "pw-play -", or
// whatever reaches loudspeakers that xinmoi does not know. The program's exit
// status is the acknowledgement.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// Name is the name of the output where no other is configured.
const Name = "command"

// How long a program may take: beyond the length of a clip, for a self-test,
// and to close its pipes once it was killed.
const (
	grace    = 30 * time.Second
	testTime = 10 * time.Second
	waitPipe = time.Second
)

// maxClip bounds what is played in one piece.
const maxClip = 10 * time.Minute

// The ways in which a program fails.
var (
	ErrConfig = errors.New("no program is configured")
	errDeaf   = errors.New("the program ended without taking all of the sound")
	errSlow   = errors.New("the program did not end")
)

// Config names a program. Run is required.
type Config struct {
	Name string   `toml:"name"` // Of the output; by default Name.
	Run  []string `toml:"run"`  // Program and arguments; it is started directly, without a shell.
}

// Command runs a program for each clip. It implements output.Monitored and
// output.Tester.
type Command struct {
	c      Config
	keeper output.Keeper
}

// New checks that the program exists. The error wraps ErrConfig or
// exec.ErrNotFound.
func New(c Config) (*Command, error) {
	if c.Name == "" {
		c.Name = Name
	}
	if len(c.Run) == 0 || c.Run[0] == "" {
		return nil, fmt.Errorf("%w: give run = [\"aplay\", \"-q\", \"-\"]", ErrConfig)
	}
	if _, err := exec.LookPath(c.Run[0]); err != nil {
		return nil, fmt.Errorf("sound program: %w", err)
	}
	return &Command{c: c}, nil
}

// Name implements output.Output.
func (c *Command) Name() string { return c.c.Name }

// Health implements output.Monitored.
func (c *Command) Health() output.Health { return c.keeper.Health() }

// Play implements output.Output. The program, and what it has started, is
// killed when ctx ends; an error has the last line of its complaints.
func (c *Command) Play(ctx context.Context, clip output.Clip) error {
	d := clip.PCM.Duration()
	if d > maxClip {
		return c.keeper.Played(fmt.Errorf("sound program: clip of %v, at most %v", d, maxClip), false)
	}
	return c.keeper.Played(c.run(ctx, clip.PCM, d+grace), false)
}

// SelfTest implements output.Tester: the program gets a WAV file without
// samples.
func (c *Command) SelfTest(ctx context.Context) error {
	if err := c.run(ctx, audio.PCM{Rate: audio.RatePA}, testTime); err != nil {
		c.keeper.Failed(err)
		return err
	}
	c.keeper.Ready("")
	return nil
}

// run runs the program for at most limit.
func (c *Command) run(ctx context.Context, p audio.PCM, limit time.Duration) error {
	bounded, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	var said tail
	cmd := exec.CommandContext(bounded, c.c.Run[0], c.c.Run[1:]...)
	cmd.Stderr, cmd.WaitDelay = &said, waitPipe
	ownGroup(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return c.fault(err, "")
	}
	if err := cmd.Start(); err != nil {
		return c.fault(err, "")
	}
	fed := make(chan error, 1)
	go func() { fed <- feed(in, audio.EncodeWAV(p)) }()
	err = cmd.Wait()
	_ = in.Close() // Ends a write that nobody reads, such as a grandchild's.
	deaf := <-fed
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		return c.fault(fmt.Errorf("%w after %v", errSlow, limit), said.line())
	case err != nil:
		return c.fault(err, said.line())
	case deaf != nil:
		return c.fault(errDeaf, said.line())
	}
	return nil
}

func feed(in io.WriteCloser, wav []byte) error {
	_, err := in.Write(wav)
	return errors.Join(err, in.Close())
}

// fault puts an error into words.
func (c *Command) fault(err error, said string) error {
	if said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return &output.Fault{
		VI:  fmt.Sprintf("Chương trình phát âm thanh %q báo lỗi: chạy thử nó bằng tay với một tệp WAV", c.c.Run[0]),
		EN:  fmt.Sprintf("the sound program %q failed: try it by hand with a WAV file", c.c.Run[0]),
		Err: err,
	}
}

// keepTail is how much of a program's complaints is kept.
const keepTail = 2 << 10

// tail keeps the last bytes written to it.
type tail struct{ b []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-keepTail):]
	return len(p), nil
}

// line gives the last line.
func (t *tail) line() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.b), ""))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
