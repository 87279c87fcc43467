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

	"github.com/xinmoi/xinmoi/queue"
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

// resident is memory that a process has in RAM, in bytes.
type resident struct {
	own  int64 // Heap, stacks and what else it has written; nobody else can have it.
	file int64 // Mapped pages of files, of the program's own above all: the kernel drops and reads them again as it likes, and maps more of them than are used.
}

func (m resident) all() int64 { return m.own + m.file }

// memory tells what the process has in RAM.
func (p *process) memory() (m resident, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return m, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		var into *int64
		switch name {
		case "RssAnon":
			into = &m.own
		case "RssFile", "RssShmem":
			into = &m.file
		default:
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return m, fmt.Errorf("read memory: %s of %q", name, value)
		}
		*into += kb << 10
	}
	if m.own == 0 || m.file == 0 {
		return m, fmt.Errorf("read memory: the system does not tell the two kinds apart: %+v", m)
	}
	return m, nil
}

// wait waits, or gives the error of ctx.
func wait(ctx context.Context, d time.Duration) error {
	if queue.Await(ctx, nil, d) {
		return nil
	}
	return ctx.Err()
}
