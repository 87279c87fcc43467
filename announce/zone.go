package announce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// Gaps between two readings, and how long an output may take beyond the length
// of its clip.
const (
	gapCalls    = 300 * time.Millisecond
	outputGrace = 15 * time.Second
	checkWait   = 2 * time.Second
)

// ZoneConfig says what a Zone plays and through what.
type ZoneConfig struct {
	Name     string // For logs and the admin panel; empty is "hall".
	Renderer *Renderer
	Outputs  []output.Output // All play the same sound at once; none is allowed.
	// Check is asked right before a ticket is spoken whether it is still called
	// at that counter; why says what became of it. Nil = always.
	Check func(ctx context.Context, c Announcement) (still bool, why string)
	// Wording is asked for every call. Nil = northern, digit by digit.
	Wording func() Wording
	Logger  *slog.Logger     // Nil = slog.Default.
	Now     func() time.Time // Nil = time.Now.
}

// Zone is one place with loudspeakers: it says one thing at a time and never
// cuts itself off. Every call that Announce takes is spoken in full or dropped
// for a logged reason.
type Zone struct {
	c    ZoneConfig
	wake chan struct{}

	mu      sync.Mutex
	backlog backlog
	lastID  int64
	clips   int64
	waiters map[int64]chan Outcome
	stopped bool
	state   zoneState
}

// NewZone makes a zone; Run starts it.
func NewZone(c ZoneConfig) *Zone {
	if c.Name == "" {
		c.Name = "hall"
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
	if c.Renderer == nil {
		c.Renderer = NewRenderer(RendererConfig{})
	}
	z := &Zone{c: c, wake: make(chan struct{}, 1), waiters: map[int64]chan Outcome{}}
	for _, o := range c.Outputs {
		z.state.outputs = append(z.state.outputs, OutputState{Name: o.Name()})
	}
	return z
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
	z.mu.Unlock()
	z.settle(outcomes)
	select {
	case z.wake <- struct{}{}:
	default:
	}
	return done
}

// Run speaks until ctx ends; then everything that waits is dropped as stopped,
// and the running announcement is cut. A zone runs once.
func (z *Zone) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		r, ok := z.take()
		if !ok {
			select {
			case <-ctx.Done():
			case <-z.wake:
			}
			continue
		}
		reason := z.speak(ctx, r)
		z.mu.Lock()
		outcomes := z.backlog.finish(r, reason)
		z.state.playing = nil
		z.mu.Unlock()
		z.settle(outcomes)
		z.gap(ctx)
	}
	z.mu.Lock()
	z.stopped = true
	outcomes := z.backlog.clear(ReasonStopped)
	z.mu.Unlock()
	z.settle(outcomes)
	return ctx.Err()
}

func (z *Zone) take() (reading, bool) {
	z.mu.Lock()
	r, ok, outcomes := z.backlog.next(z.c.Now())
	z.mu.Unlock()
	z.settle(outcomes)
	return r, ok
}

// gap keeps two readings apart: a repeat further than another call.
func (z *Zone) gap(ctx context.Context) {
	z.wait(ctx, gapCalls)
	z.mu.Lock()
	repeat := len(z.backlog.waiting) > 0 && !z.backlog.fresh()
	z.mu.Unlock()
	if repeat {
		z.wait(ctx, PauseRepeat-gapCalls)
	}
}

func (z *Zone) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// speak says one reading; reason is empty if it was heard.
func (z *Zone) speak(ctx context.Context, r reading) (reason string) {
	if r.Ticket != "" {
		check, cancel := context.WithTimeout(ctx, checkWait)
		still, why := z.c.Check(check, r.Announcement)
		cancel()
		if !still {
			z.c.Logger.Info("call not spoken: "+why, "zone", z.c.Name, "number", r.Number.String(), "counter", r.Counter, "reading", r.n)
			return ReasonAnswered
		}
	}
	s := z.sentence(r)
	pcm, report, err := z.c.Renderer.Render(ctx, s)
	z.noteReport(report)
	if err != nil {
		z.c.Logger.Error("call cannot be rendered", "zone", z.c.Name, "text", s.Text(), "err", err)
		return ReasonUnspeaking
	}
	clip := z.clip(r, s)
	clip.PCM = pcm
	z.begin(r, clip)
	heard, recorded := z.play(ctx, clip)
	z.noteHeard(heard)
	switch {
	case heard:
		return ""
	case ctx.Err() != nil:
		return ReasonStopped
	case recorded:
		return ReasonUnheard
	default:
		return ReasonNoOutput
	}
}

// sentence chooses the words: the full call first, the short form after, both
// in the ticket's language too. A voice that lacks it is noted.
func (z *Zone) sentence(r reading) Sentence {
	if r.Ticket == "" {
		return r.Notice
	}
	say := z.c.Renderer.CallFor
	if r.n > 1 {
		say = z.c.Renderer.RepeatFor
	}
	s, lacks := say(r.Language, r.Number, r.Counter, z.c.Wording())
	z.noteLanguage(lacks)
	return s
}

func (z *Zone) clip(r reading, s Sentence) output.Clip {
	z.mu.Lock()
	z.clips++
	serial := z.clips
	z.mu.Unlock()
	now := z.c.Now()
	name := "notice"
	if !r.Number.IsZero() {
		name = r.Number.String()
	}
	return output.Clip{
		ID:   fmt.Sprintf("%s-%06d-%s-%d", now.UTC().Format("20060102-150405"), serial, name, r.n),
		Text: s.Text(), Number: r.Number.String(), Counter: r.Counter, Reading: r.n, StartedAt: now,
	}
}

// play hands the clip to all outputs and waits for them; it reports whether
// one of them was heard, and whether one at least recorded it.
func (z *Zone) play(ctx context.Context, clip output.Clip) (heard, recorded bool) {
	ctx, cancel := context.WithTimeout(ctx, clip.PCM.Duration()+outputGrace)
	defer cancel()
	errs := make([]error, len(z.c.Outputs))
	var group sync.WaitGroup
	for i, o := range z.c.Outputs {
		group.Go(func() { errs[i] = o.Play(ctx, clip) })
	}
	group.Wait()
	for i, err := range errs {
		z.noteOutput(i, err)
		_, silent := z.c.Outputs[i].(output.Recorder)
		heard = heard || err == nil && !silent
		recorded = recorded || err == nil && silent
	}
	return heard, recorded
}

// settle logs outcomes and tells those who wait for them.
func (z *Zone) settle(outcomes []Outcome) {
	for _, o := range outcomes {
		log := z.c.Logger.With("zone", z.c.Name, "number", o.Call.Number.String(), "counter", o.Call.Counter)
		switch {
		case o.Spoken():
			log.Info("call spoken", "readings", o.Readings)
		case o.Reason == ReasonUnheard:
			log.Info("call recorded only") // The alarm was given once, by noteHeard.
		default:
			log.Warn("call dropped", "reason", o.Reason)
		}
		z.mu.Lock()
		done := z.waiters[o.Call.id]
		delete(z.waiters, o.Call.id)
		z.mu.Unlock()
		if done != nil {
			done <- o
		}
	}
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
