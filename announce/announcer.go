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
	Renderer *Renderer // Nil = a chime for every call.
	// Zones are the zones that this machine has loudspeakers of. Which counters
	// are heard in them, how loud and how often is what the office's setup says.
	Zones []ZoneOutputs
	// Outputs are those of the one zone "hall", where Zones is empty.
	Outputs  []output.Output
	Periodic []Periodical     // Said every so often while the office is open.
	Posted   func()           // Told when Messages changes. It must not block. Nil = nobody.
	Standing []Message        // Emergencies that stood when the program ended last.
	Keep     func([]Message)  // Writes down the emergencies that stand now, as they change. Nil = they end with the program.
	Logger   *slog.Logger     // Nil = slog.Default.
	Now      func() time.Time // Nil = time.Now.
}

// ZoneOutputs is a zone as this machine has it.
type ZoneOutputs struct {
	ID      string          // As in the office's setup, "hall" where that has no zones.
	Outputs []output.Output // All play together.
	Reserve []output.Output // In order, when none of Outputs can be heard.
	Screen  Screen          // Nil = none.
	Grace   time.Duration   // How long an output may take beyond its clip. 0 = six seconds.
}

// Announcer follows an office's log and has every call spoken in every zone
// that it is to be heard in. How numbers are read (region, by value), and the
// zones, are what the office's setup says, from one call to the next.
type Announcer struct {
	c       Config
	lanes   *lanes
	zones   []*Zone
	witness *witness

	keeping sync.Mutex // Before mu.

	mu        sync.Mutex
	wording   Wording
	plan      plan
	after     int64 // Event read last.
	known     bool  // after is valid.
	following bool
	err       error
	messages  []Message
	lastID    int64
	announce  []time.Time // When each of the periodicals is due.
}

// New makes an Announcer; Run starts it.
func New(c Config) *Announcer {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Posted == nil {
		c.Posted = func() {}
	}
	if len(c.Zones) == 0 {
		c.Zones = []ZoneOutputs{{ID: queue.DefaultZone, Outputs: c.Outputs}}
	}
	a := &Announcer{c: c, lanes: newLanes(c.Logger, c.Now), witness: newWitness(c.Office, c.Logger), announce: make([]time.Time, len(c.Periodic))}
	for _, o := range c.Zones {
		a.zones = append(a.zones, a.zone(o))
	}
	return a
}

func (a *Announcer) zone(o ZoneOutputs) *Zone {
	c := ZoneConfig{
		Name: o.ID, Renderer: a.c.Renderer, Outputs: o.Outputs, Reserve: o.Reserve, Screen: o.Screen, Grace: o.Grace,
		Logger: a.c.Logger, Now: a.c.Now, Check: stillCalled(a.c.Office), Wording: a.Wording,
		Level: func(now time.Time) (int, bool) { return a.planned().level(o.ID, now) },
		Alarm: func() int { return a.planned().alarm(o.ID) },
		Ended: func(out Outcome) { a.witness.saw(o.ID, out) },
	}
	return newZone(c.withDefaults(), a.lanes)
}

// Wording is how the office speaks now.
func (a *Announcer) Wording() Wording {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wording
}

func (a *Announcer) planned() plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.plan
}

// Zones lists the ids of this machine's zones.
func (a *Announcer) Zones() (ids []string) {
	for _, z := range a.zones {
		ids = append(ids, z.c.Name)
	}
	return ids
}

// Run follows the office and speaks until ctx ends. An office that cannot be
// reached is tried again and again.
func (a *Announcer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range a.lanes.all {
		g.Go(func() error { return l.run(ctx) })
	}
	zones := make(chan struct{})
	var speaking sync.WaitGroup
	for _, z := range a.zones {
		speaking.Add(1)
		g.Go(func() error { defer speaking.Done(); return z.run(ctx) })
	}
	go func() { speaking.Wait(); close(zones) }()
	a.stand()
	g.Go(func() error { return a.follow(ctx) })
	g.Go(func() error { return a.repeat(ctx) })
	g.Go(func() error { return a.witness.run(ctx, zones) })
	return g.Wait()
}

// Test says a short sentence through all zones and returns when it was heard.
// Run must be running.
func (a *Announcer) Test(ctx context.Context) error {
	return a.Say(ctx, Phrase(CheckPhrase).WithChime())
}

// TestZone says a short sentence in one zone and returns when it was heard.
func (a *Announcer) TestZone(ctx context.Context, zone string) error {
	z, err := a.find(zone)
	if err != nil {
		return err
	}
	return hearing(ctx, z.Announce(Announcement{Notice: Phrase(CheckPhrase).WithChime()}))
}

// Say announces a notice in all zones before all waiting calls and returns when
// it was heard. Run must be running.
func (a *Announcer) Say(ctx context.Context, s Sentence) error {
	var ends []<-chan Outcome
	for _, z := range a.zones {
		ends = append(ends, z.Announce(Announcement{Notice: s}))
	}
	var errs []error
	for _, end := range ends {
		errs = append(errs, hearing(ctx, end))
	}
	return errors.Join(errs...)
}

// hearing waits for an outcome; what was not said is an error.
func hearing(ctx context.Context, end <-chan Outcome) error {
	select {
	case o := <-end:
		if !o.Spoken() {
			return droppedError{o.Reason}
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// find gives a zone of this machine.
func (a *Announcer) find(id string) (*Zone, error) {
	for _, z := range a.zones {
		if z.c.Name == id {
			return z, nil
		}
	}
	return nil, fmt.Errorf("khu vực %q không có loa ở máy này (zone %q has no loudspeaker on this machine)", id, id)
}

// Pause stops the voice of a zone until Resume: calls are shown only.
func (a *Announcer) Pause(zone string) error {
	z, err := a.find(zone)
	if err == nil {
		z.Pause()
	}
	return err
}

// Resume ends a pause.
func (a *Announcer) Resume(zone string) error {
	z, err := a.find(zone)
	if err == nil {
		z.Resume()
	}
	return err
}

// follow reads the log for ever, waiting longer after each failure.
func (a *Announcer) follow(ctx context.Context) error {
	return queue.Following{
		Office: a.c.Office, First: backoffFirst, Most: backoffMost,
		From: func(ctx context.Context) (int64, error) {
			if err := a.start(ctx); err != nil {
				return 0, err
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			a.following, a.err = true, nil
			return a.after, nil
		},
		Event: func(_ context.Context, e queue.Event) (bool, error) {
			a.mu.Lock()
			a.after = e.Seq
			a.mu.Unlock()
			a.hear(e)
			return false, nil
		},
		Broken: func(err error, pause time.Duration) {
			a.mu.Lock()
			a.following, a.err = false, err
			a.mu.Unlock()
			a.c.Logger.Warn("announcer lost the office's log", "err", err, "retry_in", pause)
		},
	}.Run(ctx)
}

// start learns how the office speaks and, the first time, where its log stands.
func (a *Announcer) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askOffice)
	defer cancel()
	info, err := a.c.Office.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask the office: %w", err)
	}
	a.learn(ctx, info)
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
		a.call(Announcement{
			Ticket: t.ID, Seq: t.Version, Number: seat.Number, Counter: seat.Counter, At: seat.CalledAt,
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
		a.call(Announcement{
			Ticket: e.Ticket.ID, Seq: e.Seq, Number: e.Ticket.Number, Counter: counter, At: e.At,
			Recall: e.Kind == queue.TicketRecalled, Priority: e.Ticket.Class == queue.Priority, Language: e.Ticket.Language,
		})
	case e.Setup != nil:
		a.Adopt(*e.Setup)
	}
}

// call sends a call to every zone that it is to be heard in.
func (a *Announcer) call(c Announcement) {
	p := a.planned()
	c.Place = p.place(c.Counter)
	to := p.route(a.Zones(), c.Counter)
	for _, i := range to {
		a.zones[i].Announce(c)
	}
	if len(to) == 0 {
		a.c.Logger.Info("call is for zones of other machines", "number", c.Number.String(), "counter", c.Counter)
	}
}
