package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// stopTime is how long a measured process may take to end.
const stopTime = 10 * time.Second

// ticks is the unit of times in /proc/PID/stat: USER_HZ, 100 on every Linux.
const ticks = time.Second / 100

// process is a measured program.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	hello Hello
}

// startProcess starts it and waits for its first line.
func startProcess(cmd *exec.Cmd) (*process, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the measured process: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the measured process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the measured process: %w", err)
	}
	p := &process{cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	if err := p.read(&p.hello); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) read(v any) error {
	if !p.lines.Scan() {
		return fmt.Errorf("the measured process said nothing: %w", errors.Join(io.ErrUnexpectedEOF, p.lines.Err()))
	}
	if err := json.Unmarshal(p.lines.Bytes(), v); err != nil {
		return fmt.Errorf("the measured process said %q: %w", p.lines.Text(), err)
	}
	return nil
}

// tell writes a line.
func (p *process) tell(line string) error {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return fmt.Errorf("talk to the measured process: %w", err)
	}
	return nil
}

// inside asks a server about itself.
func (p *process) inside() (in Inside, err error) {
	if err = p.tell("inside"); err == nil {
		err = p.read(&in)
	}
	return in, err
}

// stop ends the process.
func (p *process) stop() error {
	_ = p.in.Close()
	timer := time.AfterFunc(stopTime, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the measured process: %w", err)
	}
	return nil
}

// cpu is the processor time the process has used.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // The name before may hold spaces.
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, fmt.Errorf("read processor time: %d fields", len(f))
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * ticks, errors.Join(err1, err2)
}

// memory is the resident memory of the process in bytes.
func (p *process) memory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	f := strings.Fields(string(text))
	if len(f) < 2 {
		return 0, fmt.Errorf("read memory: %d fields", len(f))
	}
	pages, err := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// wait waits, or gives the error of ctx.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
