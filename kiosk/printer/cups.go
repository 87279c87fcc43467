package printer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// CUPS prints through a raw queue of CUPS with the commands lp, lpstat and
// cancel. It is the last resort: nothing says that paper came out, only that the
// queue has handed everything on. A job that the queue holds back is cancelled,
// so that no stale tickets spill out when the printer is switched on.
func CUPS(queue string) Opener {
	return func(ctx context.Context) (Conn, error) {
		if strings.HasPrefix(queue, "-") {
			return nil, fmt.Errorf("print queue %q", queue)
		}
		said, err := cups(ctx, nil, "lpstat", "-p", queue)
		switch {
		case err != nil:
			return nil, fmt.Errorf("print queue %s: %w", queue, err)
		case strings.Contains(said, "disabled"):
			return nil, fmt.Errorf("print queue %s is stopped: cupsenable %s", queue, queue)
		}
		return &cupsJob{queue: queue}, nil
	}
}

// cupsJob is one job on its way into the queue; every Write is a whole one.
type cupsJob struct {
	queue string

	mu       sync.Mutex
	deadline time.Time
}

func (*cupsJob) oneWay() {}

// Read implements io.Reader.
func (*cupsJob) Read([]byte) (int, error) { return 0, errOneWay }

// Close implements io.Closer.
func (*cupsJob) Close() error { return nil }

// SetWriteDeadline says how long the queue may hold the job.
func (c *cupsJob) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

// cupsPause is how long to wait before asking whether a job has left the queue.
const cupsPause = 200 * time.Millisecond

// cupsTime is how long taking a job back may take: an old computer needs a
// second to start a program.
const cupsTime = 10 * time.Second

// Write sends one job and waits until it has left the queue. A job that did not
// begin in time is cancelled and counts as not written.
func (c *cupsJob) Write(job []byte) (int, error) {
	c.mu.Lock()
	deadline := c.deadline
	c.mu.Unlock()
	ctx, stop := context.WithDeadline(context.Background(), deadline)
	defer stop()
	said, err := cups(ctx, job, "lp", "-d", c.queue, "-o", "raw")
	if err != nil {
		return 0, fmt.Errorf("send to print queue %s: %w", c.queue, err)
	}
	id := requestID(said)
	if id == "" {
		return len(job), nil // Another dialect of lp: it took the job, more is not known.
	}
	for c.holds(ctx, id) {
		select {
		case <-time.After(cupsPause):
		case <-ctx.Done():
			return c.cancel(id, len(job))
		}
	}
	return len(job), nil
}

// holds reports whether a job is still in the queue.
func (c *cupsJob) holds(ctx context.Context, id string) bool {
	said, err := cups(ctx, nil, "lpstat", "-o", c.queue)
	if err != nil {
		return ctx.Err() != nil // Asked too late: it was there last time.
	}
	for line := range strings.Lines(said) {
		if first, _, _ := strings.Cut(line, " "); first == id {
			return true
		}
	}
	return false
}

// cancel takes a job back. What had begun may be half on paper.
func (c *cupsJob) cancel(id string, whole int) (int, error) {
	ctx, stop := context.WithTimeout(context.Background(), cupsTime)
	defer stop()
	said, err := cups(ctx, nil, "lpstat", "-p", c.queue)
	begun := err != nil || strings.Contains(said, "now printing "+id)
	if _, err := cups(ctx, nil, "cancel", id); err != nil {
		return whole, fmt.Errorf("print queue %s holds %s and does not let go: %w", c.queue, id, err)
	}
	if begun {
		return whole, fmt.Errorf("print queue %s did not finish %s", c.queue, id)
	}
	return 0, fmt.Errorf("print queue %s did not begin %s: is the printer on?", c.queue, id)
}

// requestID reads "request id is phieu-12 (1 file(s))".
func requestID(said string) string {
	_, after, found := strings.Cut(said, "request id is ")
	if !found {
		return ""
	}
	id, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	return id
}

// maxSaid bounds what is kept of a command's answer.
const maxSaid = 64 << 10

// cups runs one of its commands.
func cups(ctx context.Context, input []byte, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(input)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	said := strings.TrimSpace(string(out[:min(len(out), maxSaid)]))
	if err != nil {
		return said, fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return said, nil
}
