package announce

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// How an output that failed is tried again, and how long one that should have
// stopped may take to do so.
const (
	retryFirst   = time.Second
	retryMost    = 5 * time.Second
	retrySlow    = 30 * time.Second // For one that did not end: trying it costs the time of a clip.
	stopPatience = 500 * time.Millisecond
	testPatience = 5 * time.Second
)

// Why an output was stopped.
var (
	errTooLong   = errors.New("did not finish in time")
	errCut       = errors.New("cut for an emergency")
	errWithdrawn = errors.New("taken back")
)

// lane is one output with what is known of it. It holds to the contract of
// Output.Play (one at a time), whatever the output does, and is shared by all
// zones that use it.
type lane struct {
	out  output.Output
	log  *slog.Logger
	now  func() time.Time
	turn chan struct{} // Full while somebody plays or tests.

	mu     sync.Mutex
	state  OutputState
	faults int       // In a row; 0 = in service.
	retry  time.Time // When it may be tried again.
	stuck  bool      // It has not come back from a clip.
}

func newLane(out output.Output, log *slog.Logger, now func() time.Time) *lane {
	return &lane{
		out: out, log: log, now: now, turn: make(chan struct{}, 1), state: OutputState{Name: out.Name()},
	}
}

// run keeps the output's own part going and tests it while it is out of
// service, until ctx ends.
func (l *lane) run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	if r, ok := l.out.(output.Runner); ok {
		wg.Go(func() { l.runOutput(ctx, r) })
	}
	tick := time.NewTicker(retryFirst)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			l.probe(ctx)
		}
	}
}

// runOutput starts the output's part anew when it ends.
func (l *lane) runOutput(ctx context.Context, r output.Runner) {
	for ctx.Err() == nil {
		err := r.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		l.log.Error("an output stopped and will be started anew", "output", l.out.Name(), "err", err)
		pause(ctx, retryMost)
	}
}

// probe tests an output that is out of service, silently, once it is due.
func (l *lane) probe(ctx context.Context) {
	tester, ok := l.out.(output.Tester)
	l.mu.Lock()
	due := ok && l.faults > 0 && !l.stuck && !l.now().Before(l.retry) && !l.state.Tested
	l.mu.Unlock()
	if !due {
		return
	}
	select {
	case l.turn <- struct{}{}:
	default:
		return // It is being tried with a clip.
	}
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	err := tester.SelfTest(ctx)
	<-l.turn
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.fault(err, l.now().Add(retryMost))
		return
	}
	l.state.Tested = true // In service again once it has played a clip.
}

// usable tells whether the output may be given a clip now, and whether that is
// a trial: it failed before, so that nobody should wait for it.
func (l *lane) usable() (use, trial bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.stuck:
		return false, false
	case l.faults == 0:
		return true, false
	}
	due := !l.now().Before(l.retry) && (l.state.Tested || !isTester(l.out))
	return due && len(l.turn) == 0, true
}

func isTester(o output.Output) bool { _, ok := o.(output.Tester); return ok }

// attendant is an output that knows before a clip whether anybody listens.
type attendant interface{ Attended() bool }

// attended reports whether somebody would hear the output, as far as it knows.
func (l *lane) attended() bool {
	a, ok := l.out.(attendant)
	return !ok || a.Attended()
}

// records reports whether the output only keeps clips.
func (l *lane) records() bool { _, ok := l.out.(output.Recorder); return ok }

// result is how an output fared with a clip.
type result struct {
	lane *lane
	err  error
	at   time.Time // When it was given the clip.
}

// play gives the output a clip in the background; the result comes once. ctx
// cuts it, limit is how long it may take.
func (l *lane) play(ctx context.Context, c output.Clip, limit time.Duration, results chan<- result) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTooLong)
	go func() {
		defer cancel()
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			results <- result{l, context.Cause(ctx), l.now()}
			return
		}
		c.StartedAt = l.now()
		err := l.out.Play(ctx, c)
		<-l.turn
		results <- result{l, l.note(ctx, err), c.StartedAt}
	}()
}

// note remembers how the output fared. What somebody else stopped says nothing
// about it.
func (l *lane) note(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	late := l.stuck
	l.stuck = false
	switch {
	case err != nil && ctx.Err() != nil && !errors.Is(cause, errTooLong):
		return cause
	case errors.Is(err, output.ErrNoListener):
		l.state.Unattended, l.state.Err, l.faults = true, "", 0
	case err == nil:
		if l.faults > 0 {
			l.log.Info("output works again", "output", l.out.Name())
		}
		l.state.Played++
		l.state.LastOK, l.state.Err, l.state.Unattended, l.state.Tested, l.faults = l.now(), "", false, false, 0
		if late {
			return errTooLong
		}
	case errors.Is(cause, errTooLong):
		l.fault(errTooLong, l.now().Add(retrySlow))
	default:
		l.fault(err, l.now().Add(min(retryFirst<<min(l.faults, 8), retryMost)))
	}
	return err
}

// hangs notes that the output has not come back though it was stopped.
func (l *lane) hangs() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.turn) == 0 {
		return // It has come back at this moment.
	}
	l.stuck = true
	l.fault(errTooLong, l.now().Add(retrySlow))
}

// fault puts the output out of service until retry; l.mu is held.
func (l *lane) fault(err error, retry time.Time) {
	before := l.state.Err
	l.faults++
	l.state.Err, l.state.ErrAt, l.state.Unattended, l.state.Tested = err.Error(), l.now(), false, false
	l.retry = retry
	if before != l.state.Err { // Said once, not with every call.
		l.log.Error("output failed", "output", l.out.Name(), "err", err)
	}
}

// broken reports whether the output is out of service.
func (l *lane) broken() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults > 0
}

// snapshot is how the output is doing.
func (l *lane) snapshot() OutputState {
	l.mu.Lock()
	s := l.state
	s.OutOfService, s.Records = l.faults > 0, l.records()
	l.mu.Unlock()
	if m, ok := l.out.(output.Monitored); ok {
		h := m.Health()
		s.Health = &h
	}
	return s
}

// pause waits for d or for the end of ctx.
func pause(ctx context.Context, d time.Duration) { queue.Await(ctx, nil, d) }

// lanes makes one lane for every output, also where several zones use it.
type lanes struct {
	log *slog.Logger
	now func() time.Time
	all []*lane
}

func newLanes(log *slog.Logger, now func() time.Time) *lanes { return &lanes{log: log, now: now} }

func (s *lanes) of(outputs []output.Output) (out []*lane) {
	for _, o := range outputs {
		out = append(out, s.one(o))
	}
	return out
}

func (s *lanes) one(o output.Output) *lane {
	for _, l := range s.all {
		if reflect.ValueOf(o).Comparable() && l.out == o {
			return l
		}
	}
	l := newLane(o, s.log, s.now)
	s.all = append(s.all, l)
	return l
}
