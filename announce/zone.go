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

// The pace of a zone.
const (
	gapCalls     = 300 * time.Millisecond // Between two readings.
	usualGrace   = 6 * time.Second        // How long an output may take beyond the length of its clip.
	checkWait    = 2 * time.Second
	voicelessGap = 200 * time.Millisecond // Between two looks at outputs that all fail.
)

// Screen is what shows the zone's calls: boards that follow the voice.
type Screen interface {
	// Reading tells that a reading begins which the screen is to show for the
	// length of the clip, without sound of its own.
	Reading(c output.Clip)
	// Show tells of a call that nobody will say, to be shown at once.
	Show(c output.Clip)
}

// Cutter is a Screen that stops showing a reading when it was cut.
type Cutter interface {
	Cut(c output.Clip)
}

// ZoneConfig says what a Zone plays and through what.
type ZoneConfig struct {
	Name     string // Id of the zone, for logs and the admin panel; empty is "hall".
	Renderer *Renderer
	Outputs  []output.Output // All play the same sound at once; none is allowed.
	Reserve  []output.Output // Tried in order, when none of Outputs can be heard.
	Screen   Screen          // Nil = none. If it is one of Outputs too, that shows what it plays.
	// Check is asked right before a ticket is spoken whether it is still called
	// at that counter; why says what became of it. Nil = always.
	Check func(ctx context.Context, c Announcement) (still bool, why string)
	// Wording is asked for every call. Nil = northern, digit by digit.
	Wording func() Wording
	// Level is asked before every reading how loud the zone is now, in dB beside
	// the usual level, and whether it is silent. Nil = the usual level.
	Level func(now time.Time) (db int, silent bool)
	// Alarm is asked how loud an emergency is, in dB beside the usual level: quiet
	// times are not for it. Nil = as Level says.
	Alarm func() int
	// Ended is told of every outcome, after it was logged. It must not block. Nil = nobody.
	Ended  func(Outcome)
	Grace  time.Duration    // How long an output may take beyond its clip. 0 = six seconds.
	Logger *slog.Logger     // Nil = slog.Default.
	Now    func() time.Time // Nil = time.Now.
}

// Zone is one place with loudspeakers: it says one thing at a time, and only an
// emergency cuts what it says. Every call that Announce takes is spoken in full
// or dropped for a logged reason.
type Zone struct {
	c       ZoneConfig
	outputs []*lane
	reserve []*lane
	own     []*lane // Run with the zone; the others are somebody else's.
	wake    chan struct{}

	mu      sync.Mutex
	backlog backlog
	lastID  int64
	clips   int64
	waiters map[int64]chan Outcome
	coming  string    // Id of the message that is being made ready to be said, until it is taken back.
	paused  time.Time // Since when staff have paused it; zero = not.
	stopped bool
	now     *stage // What is being said.
	state   zoneState
}

// NewZone makes a zone; Run starts it.
func NewZone(c ZoneConfig) *Zone {
	c = c.withDefaults()
	lanes := newLanes(c.Logger, c.Now)
	z := newZone(c, lanes)
	z.own = lanes.all
	return z
}

func (c ZoneConfig) withDefaults() ZoneConfig {
	if c.Name == "" {
		c.Name = queue.DefaultZone
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wording == nil {
		c.Wording = func() Wording { return Wording{} }
	}
	if c.Check == nil {
		c.Check = func(context.Context, Announcement) (bool, string) { return true, "" }
	}
	if c.Level == nil {
		c.Level = func(time.Time) (int, bool) { return 0, false }
	}
	if c.Ended == nil {
		c.Ended = func(Outcome) {}
	}
	if c.Grace <= 0 {
		c.Grace = usualGrace
	}
	if c.Renderer == nil {
		c.Renderer = NewRenderer(RendererConfig{})
	}
	return c
}

func newZone(c ZoneConfig, lanes *lanes) *Zone {
	return &Zone{
		c: c, outputs: lanes.of(c.Outputs), reserve: lanes.of(c.Reserve),
		wake: make(chan struct{}, 1), waiters: map[int64]chan Outcome{},
	}
}

// Announce queues a call and returns at once; the channel receives its
// outcome. Calls wait for Run; after Run has ended they are dropped as stopped.
func (z *Zone) Announce(c Announcement) <-chan Outcome {
	done := make(chan Outcome, 1)
	z.mu.Lock()
	if c.At.IsZero() {
		c.At = z.c.Now()
	}
	z.lastID++
	c.id = z.lastID
	z.waiters[c.id] = done
	outcomes := []Outcome{{Call: c, Reason: ReasonStopped}}
	if !z.stopped {
		outcomes = z.backlog.add(c)
	}
	if z.backlog.urgent() && z.now != nil && !z.now.alarm {
		z.now.cut(errCut, z.c.Now())
	}
	z.mu.Unlock()
	z.settle(outcomes)
	z.poke()
	return done
}

// Withdraw takes back a message that waits or is being said.
func (z *Zone) Withdraw(message string) {
	if message == "" {
		return
	}
	z.mu.Lock()
	outcomes := z.backlog.take(ReasonWithdrawn, func(r reading) bool { return r.Message == message })
	if z.coming == message {
		z.coming = ""
	}
	if z.now != nil && z.now.message == message {
		z.now.cut(errWithdrawn, z.c.Now())
	}
	z.mu.Unlock()
	z.settle(outcomes)
}

// Pause stops the voice: calls are shown on the boards and end as paused until
// Resume. What is being said is said to its end. Emergencies are said.
func (z *Zone) Pause() { z.setPaused(z.c.Now()) }

// Resume ends a pause.
func (z *Zone) Resume() { z.setPaused(time.Time{}) }

func (z *Zone) setPaused(since time.Time) {
	z.mu.Lock()
	if since.IsZero() || z.paused.IsZero() {
		z.paused = since
	}
	z.mu.Unlock()
	z.c.Logger.Info("zone paused or resumed", "zone", z.c.Name, "paused", !since.IsZero())
	z.poke()
}

// read sets how often a call is read from the next call on; 0 = the usual.
func (z *Zone) read(times int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.backlog.readings = times
}

func (z *Zone) poke() {
	select {
	case z.wake <- struct{}{}:
	default:
	}
}

// Run speaks until ctx ends; then everything that waits is dropped as stopped,
// and the running announcement is cut. A zone runs once.
func (z *Zone) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range z.own {
		g.Go(func() error { return l.run(ctx) })
	}
	g.Go(func() error { return z.run(ctx) })
	return g.Wait()
}

func (z *Zone) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if z.voiceless() {
			z.showWaiting(ctx)
			pause(ctx, voicelessGap)
			continue
		}
		turn := z.take(ctx)
		if len(turn) == 0 {
			select {
			case <-ctx.Done():
			case <-z.wake:
			}
			continue
		}
		z.settle(z.perform(ctx, turn))
		z.gap(ctx)
	}
	z.mu.Lock()
	z.stopped = true
	outcomes := z.backlog.clear(ReasonStopped)
	z.mu.Unlock()
	z.settle(outcomes)
	return ctx.Err()
}

// take gives the next turn. What the zone is silent for ends here.
func (z *Zone) take(ctx context.Context) []reading {
	for {
		now := z.c.Now()
		_, silent := z.c.Level(now)
		z.mu.Lock()
		turn, outcomes := z.backlog.next(now)
		reason := ""
		switch {
		case len(turn) == 0 || turn[0].Ticket == "" && turn[0].Urgency == Emergency:
		case !z.paused.IsZero():
			reason = ReasonPaused
		case silent:
			reason = ReasonQuiet
		}
		if reason != "" {
			for _, r := range turn {
				outcomes = append(outcomes, z.backlog.drop(r, reason)...)
			}
			turn = turn[:0]
		}
		if z.coming = ""; len(turn) > 0 {
			z.coming = turn[0].Message
		}
		z.mu.Unlock()
		z.settle(z.missed(ctx, outcomes))
		if reason == "" {
			return turn
		}
	}
}

// showWaiting puts what nobody can say on the boards, once, and ends what has
// waited too long for an output.
func (z *Zone) showWaiting(ctx context.Context) {
	z.mu.Lock()
	var show []Announcement
	now := z.c.Now()
	for i := range z.backlog.waiting {
		r := &z.backlog.waiting[i]
		if r.failed.IsZero() {
			r.failed = now
		}
		if !r.shown && r.n == 1 {
			r.shown = true
			show = append(show, r.Announcement)
		}
	}
	outcomes := z.backlog.expire(now, false)
	z.mu.Unlock()
	for _, c := range show {
		z.show(c)
	}
	z.settle(z.missed(ctx, outcomes))
	if len(show) > 0 {
		z.noteHeard(false)
	}
}

// missed looks again at calls that came too late to be said: whoever has come
// without them, or has been called elsewhere, is no reason for an alarm.
func (z *Zone) missed(ctx context.Context, outcomes []Outcome) []Outcome {
	check, cancel := context.WithTimeout(ctx, checkWait) // For all: the next call waits.
	defer cancel()
	for i := range outcomes {
		o := &outcomes[i]
		if o.Call.Ticket == "" || o.Reason != ReasonExpired && o.Reason != ReasonNoOutput {
			continue
		}
		if still, _ := z.c.Check(check, o.Call); !still {
			o.Reason = ReasonAnswered
		}
	}
	return outcomes
}

// gap keeps two readings apart: a repeat further than another call, which
// does not wait for the repeat's time.
func (z *Zone) gap(ctx context.Context) {
	pause(ctx, gapCalls)
	longer := time.NewTimer(PauseRepeat - gapCalls)
	defer longer.Stop()
	for z.repeatsOnly() {
		select {
		case <-z.wake:
		case <-longer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// repeatsOnly reports whether all that waits was said before.
func (z *Zone) repeatsOnly() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.backlog.waiting) > 0 && !z.backlog.fresh()
}

// perform says one turn and gives the outcomes this decides.
func (z *Zone) perform(ctx context.Context, turn []reading) []Outcome {
	turn, outcomes := z.stillCalled(ctx, turn)
	clip, turn, dropped := z.render(ctx, turn)
	outcomes = append(outcomes, dropped...)
	if len(turn) == 0 {
		return outcomes
	}
	play, err := z.begin(ctx, turn[0], clip)
	if err != nil {
		return append(outcomes, z.conclude(turn, &performance{}, err)...)
	}
	p := z.play(play, clip)
	cause := z.end(play, clip)
	if p.heard || cause == nil {
		z.noteHeard(p.heard)
	}
	return append(outcomes, z.conclude(turn, p, cause)...)
}

// conclude decides what becomes of a turn after it was played, or was not;
// cause is why it was cut, nil if it was not.
func (z *Zone) conclude(turn []reading, p *performance, cause error) []Outcome {
	z.mu.Lock()
	defer z.mu.Unlock()
	if turn[0].Message != z.coming { // Taken back, if only at the last moment.
		cause = errWithdrawn
	}
	switch {
	case p.heard && errors.Is(cause, errWithdrawn):
		turn[0].left = 1
		return z.backlog.heard(turn, p.at)
	case p.heard:
		return z.backlog.heard(turn, p.at)
	case errors.Is(cause, errWithdrawn):
		return z.dropAll(turn, ReasonWithdrawn)
	case errors.Is(cause, errCut):
		return z.backlog.interrupted(turn)
	case cause != nil:
		return z.dropAll(turn, ReasonStopped)
	case p.faulty:
		return z.backlog.unheard(turn, z.c.Now())
	case p.recorded:
		return z.dropAll(turn, ReasonUnheard)
	}
	return z.dropAll(turn, ReasonNoOutput)
}

func (z *Zone) dropAll(turn []reading, reason string) (out []Outcome) {
	for _, r := range turn {
		out = append(out, z.backlog.drop(r, reason)...)
	}
	return out
}

// stillCalled leaves out the tickets whose citizens need not be called any more.
func (z *Zone) stillCalled(ctx context.Context, turn []reading) (still []reading, out []Outcome) {
	for _, r := range turn {
		if r.Ticket == "" {
			still = append(still, r)
			continue
		}
		check, cancel := context.WithTimeout(ctx, checkWait)
		yes, why := z.c.Check(check, r.Announcement)
		cancel()
		if yes {
			still = append(still, r)
			continue
		}
		z.c.Logger.Info("call not spoken: "+why, "zone", z.c.Name, "number", r.Number.String(), "counter", r.Counter, "reading", r.n)
		out = append(out, outcomeOf(r, ReasonAnswered))
	}
	for i := range still { // The first of those merged may be gone.
		if still[i].with = ""; i > 0 {
			still[i].with = still[0].Number.String()
		}
	}
	return still, out
}

// settle logs outcomes and tells those who wait for them.
func (z *Zone) settle(outcomes []Outcome) {
	for _, o := range outcomes {
		log := z.c.Logger.With("zone", z.c.Name, "number", o.Call.Number.String(), "counter", o.Call.Counter)
		switch end := o.End(); {
		case o.Spoken():
			log.Info("call spoken", "readings", o.Readings, "with", o.With)
		case o.Reason == ReasonUnheard:
			log.Info("call recorded only") // The alarm was given once, by noteHeard.
		case end == EndAlarmed:
			log.Warn("call dropped", "reason", o.Reason)
		default:
			log.Info("call not spoken", "reason", o.Reason)
		}
		if o.unsaid() && !o.shown {
			z.show(o.Call)
		}
		z.mu.Lock()
		z.noteEnd(o)
		done := z.waiters[o.Call.id]
		delete(z.waiters, o.Call.id)
		z.mu.Unlock()
		if done != nil {
			done <- o
		}
		z.c.Ended(o)
	}
}

// show puts a call that nobody says on the boards.
func (z *Zone) show(c Announcement) {
	if z.c.Screen == nil || c.Ticket == "" {
		return
	}
	s := Calls([]CallRequest{{Number: c.Number, Counter: c.Counter, Place: c.Place}}, z.c.Wording())
	z.c.Screen.Show(output.Clip{
		ID: fmt.Sprintf("%s-%s-shown-%d", z.c.Now().UTC().Format("20060102-150405"), z.c.Name, c.id), Text: s.Text(),
		Number: c.Number.String(), Counter: c.Counter, Reading: 1, StartedAt: z.c.Now(),
	})
}

// stillCalled makes a ZoneConfig.Check that asks the office. If the office does
// not answer, the call is spoken: silence would be the worse mistake.
func stillCalled(office queue.Office) func(context.Context, Announcement) (bool, string) {
	return func(ctx context.Context, c Announcement) (bool, string) {
		t, err := office.Ticket(ctx, c.Ticket)
		switch {
		case queue.ErrorCode(err) == queue.CodeUnknownTicket:
			return false, "the ticket is gone"
		case err != nil:
			return true, ""
		case t.State != queue.Called:
			return false, "the ticket is " + string(t.State)
		case t.Counter != c.Counter:
			return false, "the ticket is called to counter " + t.Counter
		}
		return true, ""
	}
}

// errDropped is what Say and Test return for a notice that was not heard.
var errDropped = errors.New("not announced")
