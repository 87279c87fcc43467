package bots

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// Config is what Bots needs.
type Config struct {
	Office   queue.Office
	Mailbox  string    // Path of the mailbox file, made if it is not there.
	Adapters []Adapter // The channels; one of each name.
	Logger   *slog.Logger
	Now      func() time.Time // Defaults to time.Now.

	// EraseAfter is how long after the end of a ticket its chat is
	// forgotten; defaults to 6 hours.
	EraseAfter time.Duration
}

// Bots serves an office in its text channels.
type Bots struct {
	office queue.Office
	box    *mailbox.Box
	log    *slog.Logger
	now    func() time.Time
	lines  []*line
	keep   mailbox.Retention

	letters   chan struct{} // Something unread came in.
	near      *dirty        // Services in which somebody moved.
	following chan struct{} // Closed once the log is followed from before the first ticket.
	flood     *floodgate
	beside    sync.WaitGroup // Acknowledgements in flight.

	unscrubbed atomic.Bool // Something was erased, but may still be read in the file.
}

// line is one channel at work.
type line struct {
	Adapter
	wake   chan struct{} // Something to send was posted.
	acks   chan struct{} // Bounds acknowledgements in flight.
	health health
	sender sender
}

const (
	defaultEraseAfter = 6 * time.Hour
	strayAfter        = 48 * time.Hour // A ticket lives a day; an unended binding longer than this is a mistake.
	tracesAfter       = 48 * time.Hour // Telegram redelivers for 24 hours at most.
	maxAcks           = 16

	recoverBase = time.Second // Between two looks at a mailbox that cannot be written …
	recoverMost = time.Minute // … and at most.
)

// New opens the mailbox. It does not touch the network: a channel that cannot
// be reached shows in Status and is tried again by Run.
func New(c Config) (*Bots, error) {
	if c.Office == nil || c.Mailbox == "" || len(c.Adapters) == 0 {
		return nil, errors.New("bots: office, mailbox and at least one adapter are needed")
	}
	b := &Bots{
		office: c.Office, log: c.Logger, now: c.Now,
		letters: make(chan struct{}, 1), near: newDirty(), following: make(chan struct{}), flood: newFloodgate(),
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.now == nil {
		b.now = time.Now
	}
	erase := c.EraseAfter
	if erase <= 0 {
		erase = defaultEraseAfter
	}
	b.keep = mailbox.Retention{Bindings: erase, Stray: strayAfter, Chats: erase, Traces: tracesAfter}
	seen := map[queue.Channel]bool{}
	for _, a := range c.Adapters {
		if seen[a.Channel()] {
			return nil, fmt.Errorf("bots: two adapters are named %q", a.Channel())
		}
		seen[a.Channel()] = true
		b.lines = append(b.lines, newLine(a))
	}
	box, err := mailbox.Open(context.Background(), c.Mailbox)
	if err != nil {
		return nil, fmt.Errorf("bots: %w", err)
	}
	b.box = box
	return b, nil
}

func newLine(a Adapter) *line {
	return &line{Adapter: a, wake: make(chan struct{}, 1), acks: make(chan struct{}, maxAcks), sender: newSender(a.Caps())}
}

// Run serves until ctx ends, then closes the mailbox and returns nil, never
// anything else: a mailbox that cannot be written (disk full, busy) is tried
// again, because a closed one could not be. What was on its way at the end is
// sorted at the next start. Call it once.
func (b *Bots) Run(ctx context.Context) error {
	defer b.close()
	if !b.sortOut(ctx) {
		return nil
	}
	var parts sync.WaitGroup
	parts.Go(func() { b.follow(ctx) })
	parts.Go(func() { b.sweepAll(ctx) })
	parts.Go(func() { b.converse(ctx) })
	parts.Go(func() { b.eraseOld(ctx) })
	for _, l := range b.lines {
		parts.Go(func() { b.ingest(ctx, l) })
		parts.Go(func() { b.deliver(ctx, l) })
	}
	parts.Wait()
	b.beside.Wait()
	return nil
}

// sortOut sorts what was on its way at the last stop, before anything is sent.
// It reports whether ctx is still alive.
func (b *Bots) sortOut(ctx context.Context) bool {
	for n := 1; ctx.Err() == nil; n++ {
		resent, unknown, err := b.box.RecoverInFlight(ctx, b.now())
		if err == nil {
			if resent+unknown > 0 {
				b.log.Info("messages were on their way at the last stop", "sent_again", resent, "left", unknown)
			}
			return true
		}
		pause := backoff(n, recoverBase, recoverMost)
		if ctx.Err() == nil {
			b.log.Error("the mailbox cannot be written; chat begins when it can", "attempt", n, "again_in", pause, "err", err)
		}
		sleep(ctx, pause)
	}
	return false
}

// Close closes the mailbox of Bots that never ran; Run does it by itself.
func (b *Bots) Close() error { return b.box.Close() }

func (b *Bots) close() {
	if err := b.box.Close(); err != nil {
		b.log.Error("mailbox did not close", "err", err)
	}
}

func (b *Bots) line(channel string) *line {
	for _, l := range b.lines {
		if string(l.Channel()) == channel {
			return l
		}
	}
	return nil
}

// eraseOld forgets what is no longer needed.
func (b *Bots) eraseOld(ctx context.Context) {
	const every = 10 * time.Minute
	for {
		rows, err := b.box.Erase(ctx, b.keep, b.now())
		if err == nil && (rows > 0 || b.unscrubbed.Load()) {
			if err = b.box.Scrub(ctx); err == nil {
				b.unscrubbed.Store(false)
			}
		}
		if err != nil && ctx.Err() == nil {
			b.log.Error("could not erase old chats", "err", err)
		}
		if !sleep(ctx, every) {
			return
		}
	}
}

// ring sets a signal that is looked at later; one is as good as many.
func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	return await(ctx, nil, d)
}

// await waits for a signal, but no longer than d, and reports whether ctx is
// still alive.
func await(ctx context.Context, signal <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-signal:
	case <-timer.C:
	}
	return ctx.Err() == nil
}
