package bots

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
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

	// The rest may be left out.

	// Links reads the links of paper tickets, so that they can be followed here.
	Links TicketLinks
	// HallCode reports whether a code is shown in the hall now; nil = who says to
	// have come is believed.
	HallCode func(code string, now time.Time) bool
	// Voice calls who cannot be reached in writing; nil = nobody does.
	Voice Voice
	// Forget erases a telephone number where messages to it come from beside this
	// mailbox and Voice, when its holder has written STOP; nil = from nowhere.
	Forget func(ctx context.Context, telephone string) error
	// Held tells what lies about somebody beside this mailbox, a line each; nil =
	// nothing does. What a Topic holds it tells itself.
	Held func(ctx context.Context, who Holder) ([]string, error)
	// Topics is what else can be talked about.
	Topics []dialogue.Topic
	// Notices are kinds of notice beside the standard ones.
	Notices notice.Book
}

// Holder is somebody who asks what is held of him.
type Holder struct {
	Telephone string   // E.164, where the channel itself proves it; else empty.
	Given     string   // The number that was typed into the chat: perhaps somebody else's, so that …
	Tickets   []string // … of it only what concerns these may be told.
	Language  string   // "vi" or "en".
	Now       time.Time
}

// TicketLinks reads the tokens of ticket pages; *queue.Links is one.
type TicketLinks interface {
	// Ticket gives the id of the ticket that a token of an office was made for.
	Ticket(office, token string) (id string, ok bool)
}

// Voice calls people by telephone.
type Voice interface {
	// Call asks for a call to somebody whose turn it is; language is "vi" or
	// "en". When it returns nil, the wish is safe.
	Call(ctx context.Context, t queue.Ticket, telephone, language string) error
	// Forget erases a telephone number and what was asked for it.
	Forget(ctx context.Context, telephone string) error
	// ForgetFor erases what was asked for some tickets, of a number that need not
	// be that of who wants it.
	ForgetFor(ctx context.Context, telephone string, tickets []string) error
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

	book     notice.Book // What is said of a turn.
	topics   []dialogue.Topic
	links    TicketLinks
	hallCode func(code string, now time.Time) bool
	voice    Voice
	forget   func(ctx context.Context, telephone string) error
	held     func(ctx context.Context, who Holder) ([]string, error)
	guesses  *floodgate // Bounds codes that are tried out.
	zone     atomic.Pointer[time.Location]

	settingsMu sync.Mutex
	settings   Settings

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
	lettersAfter      = 24 * time.Hour // What could not be delivered is history by the next day.
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
	b.keep = mailbox.Retention{Bindings: erase, Stray: strayAfter, Chats: erase, Traces: tracesAfter, Letters: lettersAfter}
	b.book, b.topics = append(notice.Standard(), c.Notices...), c.Topics
	b.links, b.hallCode, b.voice, b.forget, b.guesses = c.Links, c.HallCode, c.Voice, c.Forget, newFloodgate()
	b.held = c.Held
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
	if err := b.loadSettings(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("bots: %w", err), box.Close())
	}
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
func sleep(ctx context.Context, d time.Duration) bool { return queue.Await(ctx, nil, d) }
