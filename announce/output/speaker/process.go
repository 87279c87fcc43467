package speaker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// keepStderr is how much of a player's complaints is kept.
const keepStderr = 2 << 10

// outboxSize is how many requests may wait for a player that does not read.
const outboxSize = 8

// child is a running player, as its parent sees it.
type child struct {
	cmd   *exec.Cmd
	ready chan struct{}
	dead  chan struct{} // Closed when nothing comes from it any more.

	in     io.WriteCloser
	outbox chan request

	mu      sync.Mutex
	waiting map[uint32]chan reply
	err     error // What it died of, as far as it told.
	said    tail
}

// startChild starts a player; it is killed when ctx ends.
func startChild(ctx context.Context, command, env []string) (*child, error) {
	c := &child{ready: make(chan struct{}), dead: make(chan struct{}), outbox: make(chan request, outboxSize), waiting: map[uint32]chan reply{}}
	c.cmd = exec.CommandContext(ctx, command[0], command[1:]...)
	c.cmd.Env, c.cmd.Stderr, c.cmd.WaitDelay = env, &c.said, time.Second
	ownGroup(c.cmd)
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start the player: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the player: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the player: %w", err)
	}
	favour(c.cmd.Process.Pid)
	go c.listen(out)
	go c.feed()
	return c, nil
}

// listen takes the player's answers until it is gone.
func (c *child) listen(out io.Reader) {
	defer close(c.dead)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxReply+2)
	isReady := false
	for lines.Scan() {
		r, err := parseReply(lines.Text())
		switch {
		case err != nil:
			c.died(err)
			return
		case r.kind == repReady && !isReady:
			isReady = true
			close(c.ready)
		case r.kind == repLost:
			c.died(r.err)
		default:
			c.mu.Lock()
			waiter := c.waiting[r.id]
			delete(c.waiting, r.id)
			c.mu.Unlock()
			if waiter != nil {
				waiter <- r // Has room for one.
			}
		}
	}
}

// died notes the first reason.
func (c *child) died(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// why tells what a dead player died of.
func (c *child) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch text := c.said.String(); {
	case c.err != nil:
		return c.err
	case text != "":
		return fmt.Errorf("%w: the player ended: %s", ErrDevice, text)
	}
	return fmt.Errorf("%w: the player ended", ErrDevice)
}

// awaitReady reports whether the card is open; why tells the rest.
func (c *child) awaitReady(ctx context.Context, patience time.Duration) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-c.ready:
		return true
	case <-c.dead:
	case <-limit.C:
		c.died(fmt.Errorf("%w: not open after %v", ErrDevice, patience))
	case <-ctx.Done():
		c.died(ctx.Err())
	}
	return false
}

// play has a clip played and waits for the answer, for at most limit. A player
// that does not answer is killed.
func (c *child) play(ctx context.Context, id uint32, samples []byte, limit time.Duration) (reply, error) {
	answer := make(chan reply, 1)
	c.mu.Lock()
	c.waiting[id] = answer
	c.mu.Unlock()
	c.send(request{kind: reqPlay, id: id, samples: samples})
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-answer:
		return r, nil
	case <-c.dead:
		select {
		case r := <-answer: // It died after its answer.
			return r, nil
		default:
			return reply{}, c.why()
		}
	case <-timer.C:
		c.died(errHung)
		_ = c.cmd.Process.Kill()
		return reply{}, errHung
	case <-ctx.Done():
		c.stop(id, answer)
		return reply{}, ctx.Err()
	}
}

// stop has a clip stopped; the next one may be played when it returns.
func (c *child) stop(id uint32, answer <-chan reply) {
	c.send(request{kind: reqStop, id: id})
	timer := time.NewTimer(stopWait)
	defer timer.Stop()
	select {
	case <-answer:
	case <-c.dead:
	case <-timer.C:
		c.died(errHung)
		_ = c.cmd.Process.Kill()
	}
}

// send does not wait for the player to read: one that hangs must not hold up
// its parent, who notices by the answer that does not come.
func (c *child) send(r request) {
	select {
	case c.outbox <- r:
	default:
	}
}

// feed writes requests in order; a write that blocks ends with the player.
func (c *child) feed() {
	for {
		select {
		case r := <-c.outbox:
			_, _ = c.in.Write(appendRequest(nil, r))
		case <-c.dead:
			return
		}
	}
}

// end makes sure that the player is gone and has said all it had to say.
func (c *child) end() {
	_ = c.cmd.Process.Kill()
	<-c.dead
	_ = c.in.Close()
	var exit *exec.ExitError
	if err := c.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		c.died(err)
	}
}

// tail keeps the last bytes written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if extra := len(t.b) - keepStderr; extra > 0 {
		t.b = bytes.Clone(t.b[extra:])
	}
	return len(p), nil
}

// String gives the last line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.b))
	return strings.ToValidUTF8(text[strings.LastIndexByte(text, '\n')+1:], "")
}
