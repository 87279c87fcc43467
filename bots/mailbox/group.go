package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// groupMost bounds the changes that share one commit.
const groupMost = 256

// group lets changes that come while another one is being made durable share
// the next commit: the disk is told to flush once for all of them.
type group struct {
	turn chan struct{} // Held by who commits for all.

	mu      sync.Mutex
	waiting []*change
}

func newGroup() *group { return &group{turn: make(chan struct{}, 1)} }

// change is one caller's part of a commit.
type change struct {
	ctx    context.Context
	do     func(*Tx) error
	err    error
	broken any           // What do panicked with; its caller shall know.
	done   chan struct{} // Closed when err is settled.
}

// Update runs f in one transaction: all it did becomes durable, or nothing
// when f or the commit fails. Updates that wait for each other share a commit;
// one that fails undoes only itself.
func (b *Box) Update(ctx context.Context, f func(*Tx) error) error {
	c := &change{ctx: ctx, do: f, done: make(chan struct{})}
	b.group.add(c)
	select {
	case b.group.turn <- struct{}{}:
		b.lead(c)
	case <-c.done:
	case <-ctx.Done():
		if b.group.leave(c) {
			return fmt.Errorf("mailbox: begin: %w", ctx.Err())
		}
		<-c.done // Somebody is at it.
	}
	if c.broken != nil {
		panic(c.broken)
	}
	return c.err
}

// lead commits for everybody who waits, until c is among them.
func (b *Box) lead(c *change) {
	defer func() { <-b.group.turn }()
	for {
		select {
		case <-c.done:
			return
		default:
			b.commit(b.group.take())
		}
	}
}

func (g *group) add(c *change) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, c)
}

// leave takes c out of the line, unless somebody has begun with it.
func (g *group) leave(c *change) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, c)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}

func (g *group) take() []*change {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), groupMost)
	taken := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return taken
}

// commit makes changes durable together and tells each what became of it. A
// caller who gives up meanwhile does not end the others' transaction.
func (b *Box) commit(changes []*change) {
	if len(changes) == 0 {
		return
	}
	err := b.db.Update(context.WithoutCancel(changes[0].ctx), func(t *beside.Tx) error {
		for _, c := range changes {
			if err := c.within(t, len(changes) > 1); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range changes {
		if c.err == nil {
			c.err = err
		}
		close(c.done)
	}
}

// within runs a change in the common transaction, in a savepoint of its own
// when it is not alone. The error is one after which the whole transaction is
// worth nothing.
func (c *change) within(t *beside.Tx, several bool) error {
	if c.err = c.ctx.Err(); c.err != nil {
		return nil
	}
	if !several {
		return c.run(t)
	}
	if err := t.Do("SAVEPOINT one"); err != nil {
		return err
	}
	if err := c.run(t); err != nil {
		c.err = err
		if err := t.Do("ROLLBACK TO one"); err != nil {
			return errors.Join(c.err, err)
		}
	}
	return t.Do("RELEASE one")
}

// run runs a change and remembers what it panicked with for its own caller.
func (c *change) run(t *beside.Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.broken, err = r, fmt.Errorf("mailbox: panic: %v", r)
		}
	}()
	own := *t
	own.Context = context.WithoutCancel(c.ctx) // An interrupted statement would undo everybody's.
	return c.do(&Tx{&own})
}
