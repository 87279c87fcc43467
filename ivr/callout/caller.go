package callout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// Texter writes a short message to a telephone: to a citizen who did not take
// the call, or to one who does not hear well. It returns once the message is
// taken for sending; number is E.164.
type Texter interface {
	Text(ctx context.Context, number, text string) error
}

// Setup reads the office's setup; queue.Management is one.
type Setup interface {
	Setup(ctx context.Context) (queue.SetupView, error)
}

// Config is what a Caller needs. Office, Book, Dialer and Render are required.
type Config struct {
	Office queue.Office
	Setup  Setup // Nil = the defaults of queue.PhoneCallback.
	Book   *book.Book
	Dialer Dialer
	Render ivr.Render  // Speaks sentences at 8 kHz.
	Texter Texter      // Nil = nobody is written to.
	Watch  ivr.Watcher // Nil = nobody watches the calls.
	// Refused gives the tickets of those wishes whose holders said elsewhere, since
	// they asked, to want no call; nil = this book hears of it itself. While it
	// cannot be asked nobody is called.
	Refused func(ctx context.Context, wishes []book.Wish) (tickets []string, err error)
	Rules   Rules // What the machine's configuration says; the setup decides the rest.
	Logger  *slog.Logger
	Now     func() time.Time // Nil = time.Now.
}

// Caller calls citizens whose turn is near.
type Caller struct {
	config Config
	book   *book.Book
	log    *slog.Logger
	now    func() time.Time

	wake   chan struct{} // Something may be due.
	atOnce chan struct{} // Holds a token per running call.
	pace   *rate.Limiter
	work   sync.WaitGroup // Running calls.

	mu      sync.Mutex
	rules   Rules                // In force.
	office  queue.Info           // As last heard.
	phone   queue.PhoneSetup     // As last heard: the office's own texts.
	dirty   map[string]bool      // Services in which somebody moved.
	running map[string]*ringing  // By ticket id.
	trunk   wayOut               // Whether calls leave the house.
	soon    map[string]time.Time // By ticket id: when time alone makes a wish due.
	day     string               // The oldest that is kept in the book.
	idle    bool                 // There were no wishes at the latest look.
	erased  bool                 // Something was erased, but may still be read in the file.
}

// ringing is a call under way.
type ringing struct {
	stop     context.CancelCauseFunc // Ends the ringing.
	moved    chan queue.Ticket       // Latest news for the conversation.
	answered bool
}

// wayOut remembers how the way out is.
type wayOut struct {
	fails int
	until time.Time // No calls before this.
	err   error
}

var (
	_ ivr.Callbacks = (*Caller)(nil)
	_ ivr.Forgetter = (*Caller)(nil)
)

// New makes a Caller; Run makes it work.
func New(c Config) (*Caller, error) {
	if c.Office == nil || c.Book == nil || c.Dialer == nil || c.Render == nil {
		return nil, errors.New("callout: office, book, dialer and render are needed")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	rules := c.Rules.under(queue.PhoneCallback{})
	return &Caller{
		config: c, book: c.Book, log: c.Logger, now: c.Now, rules: rules,
		wake: make(chan struct{}, 1), atOnce: make(chan struct{}, rules.AtOnce),
		pace:  rate.NewLimiter(rate.Limit(float64(rules.PerMin)/60), rules.AtOnce),
		dirty: map[string]bool{}, running: map[string]*ringing{}, soon: map[string]time.Time{},
	}, nil
}

const (
	askTime    = 5 * time.Second  // For the office to answer a question.
	writeTime  = 10 * time.Second // For the book to write.
	sweepEvery = time.Second      // Wishes are looked at at most this often …
	lookAgain  = 30 * time.Second // … and at least this often: intervals change with time alone.
	lookIdle   = 5 * time.Minute  // The same while nobody wants to be called.
)

// Run calls citizens until ctx ends; running calls finish their sentence.
func (c *Caller) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var follower sync.WaitGroup
	defer c.work.Wait()
	defer follower.Wait()
	defer cancel()
	if err := c.recover(ctx); err != nil {
		return ignoreEnd(ctx, err)
	}
	follower.Go(func() { c.follow(ctx) })
	c.markAll()
	for {
		next := c.sweep(ctx)
		if !queue.Await(ctx, c.wake, next) || !sleep(ctx, sweepEvery) {
			return nil
		}
	}
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// recover sorts the calls that were under way when the last process ended.
// Each is noted as in doubt and counts as one of the attempts.
func (c *Caller) recover(ctx context.Context) error {
	left, err := c.book.Unfinished(ctx)
	if err != nil {
		return err
	}
	rules := c.currentRules()
	for _, a := range left {
		tried, err := c.book.Tried(ctx, a.Wish)
		if err != nil {
			return err
		}
		rep := book.Report{Outcome: book.Doubtful}
		next := rules.after(a.Purpose, a.Progress, rep, tried, false, c.config.Texter != nil, c.now())
		if err := c.book.Finish(ctx, a, rep, next); err != nil {
			return err
		}
		c.log.Warn("a call was cut off when the program ended; it counts as an attempt", "progress", a.Progress, "purpose", a.Purpose)
	}
	dropped, err := c.book.DropTexting(ctx)
	if dropped > 0 {
		c.log.Warn("messages were under way when the program ended and are not sent again", "count", dropped)
	}
	c.mu.Lock()
	c.erased = true // Perhaps the last process had no time to scrub.
	c.mu.Unlock()
	return err
}

// Ring the bell: something may be due.
func (c *Caller) ring() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func sleep(ctx context.Context, d time.Duration) bool { return queue.Await(ctx, nil, d) }

// currentRules gives the rules in force.
func (c *Caller) currentRules() Rules {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rules
}

// info gives the office as last heard.
func (c *Caller) info() queue.Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.office
}

// local is the time in the office's zone.
func (c *Caller) local() time.Time {
	zone, err := time.LoadLocation(c.info().TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return c.now().In(zone)
}

// today is the date by which calls per number are counted.
func (c *Caller) today() string { return c.local().Format(time.DateOnly) }

// refresh asks the office what it is and what it has decided.
func (c *Caller) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	info, err := c.config.Office.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask the office: %w", err)
	}
	var decided queue.PhoneSetup
	if c.config.Setup != nil {
		view, err := c.config.Setup.Setup(ctx)
		if err != nil {
			return fmt.Errorf("read the office's setup: %w", err)
		}
		decided = view.Setup.Phone
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.office, c.phone, c.rules = info, decided, c.config.Rules.under(decided.Callback)
	return nil
}
