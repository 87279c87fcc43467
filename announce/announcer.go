package announce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// resumeWithin is how young a call must be to be announced after a restart of
// this program; older ones have been seen on the board.
const resumeWithin = 20 * time.Second

// How the office's log is followed again after a failure.
const (
	backoffFirst = 500 * time.Millisecond
	backoffMost  = 15 * time.Second
	askOffice    = 5 * time.Second
)

// Config says whose calls an Announcer speaks and through what.
type Config struct {
	Office   queue.Office
	Renderer *Renderer       // Nil = a chime for every call.
	Outputs  []output.Output // Tried together; one that works is enough.
	Zone     string          // Name of the zone; empty is "hall".
	Logger   *slog.Logger    // Nil = slog.Default.
	Now      func() time.Time
}

// Announcer follows an office's log and has every call spoken. How numbers are
// read (region, by value) is what the office's setup says.
type Announcer struct {
	c    Config
	zone *Zone

	mu        sync.Mutex
	wording   Wording
	after     int64 // Event read last.
	known     bool  // after is valid.
	following bool
	err       error
}

// New makes an Announcer; Run starts it.
func New(c Config) *Announcer {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &Announcer{c: c}
	a.zone = NewZone(ZoneConfig{
		Name: c.Zone, Renderer: c.Renderer, Outputs: c.Outputs, Logger: c.Logger, Now: c.Now,
		Check: stillCalled(c.Office), Wording: a.Wording,
	})
	return a
}

// Wording is how the office speaks now.
func (a *Announcer) Wording() Wording {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wording
}

// Run follows the office and speaks until ctx ends. An office that cannot be
// reached is tried again and again.
func (a *Announcer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.zone.Run(ctx) })
	g.Go(func() error { return a.follow(ctx) })
	return g.Wait()
}

// Status gives a snapshot for the admin panel.
func (a *Announcer) Status() Status {
	s := a.zone.Status()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Following, s.Seq = a.following, a.after
	if a.err != nil {
		s.FollowErr = a.err.Error()
		s.Alarms = append(s.Alarms, "Loa không nhận được lời gọi từ hàng đợi, đang nối lại. (The log cannot be followed: "+s.FollowErr+")")
	}
	return s
}

// Test says a short sentence through all outputs and returns when it was
// heard. Run must be running.
func (a *Announcer) Test(ctx context.Context) error {
	return a.Say(ctx, Phrase(CheckPhrase).WithChime())
}

// Say announces a notice before all waiting calls and returns when it was
// heard. Run must be running.
func (a *Announcer) Say(ctx context.Context, s Sentence) error {
	select {
	case o := <-a.zone.Announce(Announcement{Notice: s}):
		if !o.Spoken() {
			return fmt.Errorf("%w: %s", errDropped, o.Reason)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// follow reads the log for ever, waiting longer after each failure.
func (a *Announcer) follow(ctx context.Context) error {
	wait := backoffFirst
	for ctx.Err() == nil {
		began, err := a.c.Now(), a.followOnce(ctx)
		if ctx.Err() != nil {
			break
		}
		a.mu.Lock()
		a.following, a.err = false, err
		a.mu.Unlock()
		a.c.Logger.Warn("announcer lost the office's log", "err", err, "retry_in", wait)
		if a.c.Now().Sub(began) > backoffMost {
			wait = backoffFirst
		}
		a.zone.wait(ctx, wait)
		wait = min(2*wait, backoffMost)
	}
	return ctx.Err()
}

// followOnce reads the log until the connection fails.
func (a *Announcer) followOnce(ctx context.Context) error {
	if err := a.start(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	after := a.after
	a.following, a.err = true, nil
	a.mu.Unlock()
	for e, err := range a.c.Office.Events(ctx, after) {
		if err != nil {
			return fmt.Errorf("follow the log after %d: %w", after, err)
		}
		after = e.Seq
		a.mu.Lock()
		a.after = after
		a.mu.Unlock()
		a.hear(e)
	}
	return errors.New("the log ended")
}

// start learns how the office speaks and, the first time, where its log stands.
func (a *Announcer) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askOffice)
	defer cancel()
	info, err := a.c.Office.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask the office: %w", err)
	}
	a.speakAs(info.Region, info.ByValue)
	if a.known {
		return nil
	}
	board, err := a.c.Office.Board(ctx)
	if err != nil {
		return fmt.Errorf("ask the office's board: %w", err)
	}
	a.mu.Lock()
	a.after, a.known = board.Seq, true
	a.mu.Unlock()
	a.resume(ctx, board)
	return nil
}

// resume announces the calls that were made while nobody could speak.
func (a *Announcer) resume(ctx context.Context, b queue.Board) {
	for _, seat := range b.Serving {
		if seat.State != queue.Called || a.c.Now().Sub(seat.CalledAt) > resumeWithin {
			continue
		}
		t, err := a.c.Office.Ticket(ctx, seat.Number.String())
		if err != nil {
			a.c.Logger.Warn("call not resumed", "number", seat.Number.String(), "err", err)
			continue
		}
		a.zone.Announce(Announcement{
			Ticket: t.ID, Number: seat.Number, Counter: seat.Counter, At: seat.CalledAt,
			Recall: t.CallCount > 1, Priority: t.Class == queue.Priority, Language: t.Language,
		})
	}
}

// hear turns an event into a call, if it is one.
func (a *Announcer) hear(e queue.Event) {
	switch {
	case e.Calls():
		if e.Ticket == nil {
			return
		}
		counter := e.Counter
		if counter == "" {
			counter = e.Ticket.Counter
		}
		a.zone.Announce(Announcement{
			Ticket: e.Ticket.ID, Number: e.Ticket.Number, Counter: counter, At: e.At,
			Recall: e.Kind == queue.TicketRecalled, Priority: e.Ticket.Class == queue.Priority, Language: e.Ticket.Language,
		})
	case e.Setup != nil:
		a.speakAs(e.Setup.Region, e.Setup.ByValue)
	}
}

// speakAs takes the office's way of speaking; an unknown region is North.
func (a *Announcer) speakAs(region string, byValue bool) {
	r, err := ParseRegion(region)
	if err != nil {
		a.c.Logger.Warn("unknown speech region, speaking as in the North", "region", region)
		r = North
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wording = Wording{Region: r, ByValue: byValue}
}
