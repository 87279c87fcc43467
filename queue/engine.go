package queue

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// Engine is an office run in this process. It owns the office's live state:
// one goroutine (Run) takes commands in order, makes their events durable and
// only then answers. All methods may be called by any goroutine.
type Engine struct {
	office string
	store  Store
	links  *Links
	log    *slog.Logger
	secret []byte
	seed   func() uint64
	watch  steadyClock

	trustClock bool
	estimate   func(Asked) (Standing, bool)

	commands chan *pending
	stopped  chan struct{} // Closed when nothing is decided any more.
	pace     pace          // Run's own.

	mu     sync.RWMutex
	state  *state        // Never ahead of the store, but while Run commits under mu.
	tail   []*Event      // Latest events, for watchers.
	grown  chan struct{} // Closed when the log grows.
	warned Code          // What the clock was last complained of.
	sick   error         // Why the latest commit failed; nil if it did not.
	broken bool          // The store failed and the state could not be rebuilt yet.
}

// Config makes an Engine.
type Config struct {
	Setup  Setup  // Names the office; used as its setup only if the store does not know it yet.
	Store  Store  // Where the log lives.
	Links  *Links // Makes Ticket.URL; nil = no links.
	Logger *slog.Logger
	Secret []byte           // Signs priority cards and hides persons; must survive restarts. None: no cards.
	Now    func() time.Time // Defaults to time.Now.

	// Elapsed is the time passed since some moment, by a clock that nobody can
	// set and that goes on while the machine sleeps. With it a Now that leaps
	// is not followed, and one that cannot be right is refused. Nil: Now is
	// believed.
	Elapsed    func() time.Duration
	TrustClock bool          // Begin with Now even if the log ends long before it.
	Seed       func() uint64 // The randomness of lookup codes; defaults to math/rand/v2.

	// Estimate tells how long a waiting or held ticket will wait, and what that
	// rests on; false while nobody can say. It is asked for every ticket
	// that is looked at, partly under the engine's lock: it answers within
	// microseconds and asks the engine nothing. Nil: nobody knows.
	Estimate func(Asked) (Standing, bool)
}

// Asked is a ticket whose wait is asked for.
type Asked struct {
	Ticket Ticket // Waiting or held.
	Ahead  int    // Tickets that would be called before it.
	Now    time.Time
}

const (
	maxBatch  = 512  // Commands in one commit.
	tailEvent = 1024 // Events kept in memory for watchers.
)

// NewEngine loads an office, and sets it up if the store does not know it.
// Nothing is answered before Run.
func NewEngine(ctx context.Context, c Config) (*Engine, error) {
	e := &Engine{
		office: c.Setup.Office, store: c.Store, links: c.Links, log: c.Logger, secret: c.Secret, seed: c.Seed, trustClock: c.TrustClock, estimate: c.Estimate,
		watch: steadyClock{now: c.Now, elapsed: c.Elapsed},

		commands: make(chan *pending, maxBatch), stopped: make(chan struct{}), grown: make(chan struct{}),
	}
	if e.watch.now == nil {
		e.watch.now = time.Now
	}
	if e.seed == nil {
		e.seed = rand.Uint64
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if err := e.load(ctx); err != nil {
		return nil, err
	}
	if e.state.seq == 0 {
		if err := c.Setup.validate(); err != nil {
			return nil, err
		}
		if err := e.found(ctx, c.Setup); err != nil {
			return nil, err
		}
	}
	err := e.commit(ctx, nil) // Opens the day, if it is time.
	if ErrorCode(err) == CodeClockWrong {
		err = nil // The office can be looked at, and goes on when its clock is right.
	}
	return e, err
}

// found writes the first event of a new office.
func (e *Engine) found(ctx context.Context, setup Setup) error {
	if err := e.checkClock(); err != nil {
		return err
	}
	now := e.clock()
	setup = setup.clone()
	first := Event{Office: e.office, Seq: 1, At: now, Kind: OfficeConfigured, Actor: system, Setup: &setup}
	if err := first.chain(""); err != nil {
		return err
	}
	if err := e.store.Append(ctx, Batch{Office: e.office, Events: []Event{first}}); err != nil {
		return err
	}
	e.state.apply(first)
	return nil
}

// load rebuilds the state from the store.
func (e *Engine) load(ctx context.Context) error {
	// Every key that is still stored: a clock that is wrong just now must not
	// make the office forget any.
	loaded, err := e.store.Load(ctx, e.office, time.Time{})
	if err != nil {
		return err
	}
	s := newState(e.office)
	s.secret = e.secret
	for i, ev := range loaded.Events {
		if body, err := ev.Body(); i > 0 && (err != nil || chainHash(s.hash, body) != ev.Hash) {
			e.log.Error("the log does not match its hash chain: it was changed from outside", "office", e.office, "seq", ev.Seq)
		}
		s.apply(ev)
	}
	for i := range loaded.Keys {
		k := &loaded.Keys[i]
		s.keys[keyID{k.Caller, k.Key}] = k
	}
	for _, p := range loaded.Persons {
		s.notePersons(p)
	}
	e.state, e.tail, e.broken = s, nil, false
	e.wake() // What was thought lost, or another owner's, may be in the log.
	return nil
}

// pending is a command and the way back to its sender.
type pending struct {
	command
	done     chan struct{} // Closed when decision, err and the answers are final.
	decision decision
	err      error
	ticket   *Ticket // As this commit left it; the sender completes the copy.
	standing *Standing
	counter  CounterView
}

// Run is the owner: it returns nil when ctx has ended and every command taken
// has been answered.
func (e *Engine) Run(ctx context.Context) error {
	defer e.stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var work []*pending
		select {
		case <-ctx.Done():
			return nil
		case first := <-e.commands:
			work = e.gather(first)
		case <-timer.C: // No command, but commit sees what is due.
		}
		// Storage must not be cut off in the middle of a commit.
		begun := time.Now()
		err := e.commit(context.WithoutCancel(ctx), work) // Every sender got its own copy.
		e.pace.batch, e.pace.took = len(work), time.Since(begun)
		timer.Reset(e.untilTick(err))
	}
}

// stop answers those who came too late. Whoever sends a command after it looks
// at stopped once more.
func (e *Engine) stop() {
	close(e.stopped)
	for {
		select {
		case p := <-e.commands:
			p.err = shuttingDown()
			close(p.done)
		default:
			return
		}
	}
}

func shuttingDown() error { return Errorf(CodeUnavailable, "the office is shutting down") }

// pace is how the latest commit went.
type pace struct {
	batch  int // Commands in it.
	behind int // Commands that waited when it was done.
	took   time.Duration
}

// patience is which part of the time of a commit may be spent on waiting for
// those who were answered by the one before.
const patience = 20

// maxYields bounds that waiting where time does not pass by itself.
const maxYields = 1000

// gather takes what else is waiting. It lets those who were just answered speak
// as long as somebody new does, or until all of them may have: a commit for
// half of them keeps the other half waiting for the next. It waits for no clock
// otherwise: batches grow by themselves while the disk is busy.
func (e *Engine) gather(first *pending) []*pending {
	begun := time.Now()
	all := min(max(e.pace.behind+e.pace.batch, 1), maxBatch)
	work := append(make([]*pending, 0, all), first)
	for seen, yields := 0, 0; len(work) < maxBatch; yields++ {
		select {
		case p := <-e.commands:
			work = append(work, p)
		default:
			if len(work) == seen && (seen >= all || yields == maxYields || time.Since(begun) > e.pace.took/patience) {
				return work
			}
			seen = len(work)
			runtime.Gosched()
		}
	}
	return work
}

// commit decides commands in order, makes the outcome durable in one write,
// and answers. Readers are kept out meanwhile, so nobody sees what is not
// durable yet.
func (e *Engine) commit(ctx context.Context, work []*pending) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() {
		e.pace.behind = len(e.commands)
		for _, p := range work {
			if p.done != nil {
				close(p.done)
			}
		}
	}()
	if e.broken {
		if err := e.load(ctx); err != nil {
			return failAll(work, err)
		}
	}
	e.warnClock(ctx)
	if err := e.checkClock(); err != nil {
		return failAll(work, err)
	}
	if e.state.due(e.clock()) {
		// After a start, a sleep or a jump of the clock, commands may come
		// before the timer: nobody gets a number of yesterday's series.
		work = append([]*pending{{command: command{do: tick{}}}}, work...)
	}
	batch, err := e.decideAll(work)
	if err == nil && (len(batch.Events) > 0 || len(batch.Keys) > 0) {
		err = e.store.Append(ctx, batch)
		e.sick = err
	}
	if err != nil {
		e.log.Error("commit failed; the state is rebuilt from the store", "office", e.office, "err", err)
		if reload := e.load(ctx); reload != nil {
			e.broken = true
			e.log.Error("rebuild failed", "office", e.office, "err", reload)
		}
		return failAll(work, err)
	}
	e.publish(batch.Events)
	now := e.clock()
	for _, p := range work {
		e.answer(ctx, p, now)
	}
	return nil
}

// decideAll decides each command on the state that the ones before it left.
func (e *Engine) decideAll(work []*pending) (Batch, error) {
	s := e.state
	b := Batch{Office: e.office, After: s.seq, Events: make([]Event, 0, len(work)), Keys: make([]KeyRecord, 0, len(work))}
	now := e.clock()
	for _, p := range work {
		if p.decision, p.err = decide(s, p.command, now); p.err != nil {
			continue
		}
		for i := range p.decision.events {
			ev := &p.decision.events[i]
			if err := ev.chain(s.hash); err != nil {
				return b, err
			}
			if ev.Kind == DayOpened {
				b.Ended = s.appendTickets(b.Ended)
			}
			s.apply(*ev)
			if t := ev.Ticket; t != nil && t.seq() < s.opened {
				b.Ended = append(b.Ended, t)
			}
		}
		b.Events = append(b.Events, p.decision.events...)
		if k := p.decision.key; k != nil {
			s.keys[keyID{k.Caller, k.Key}] = k
			b.Keys = append(b.Keys, *k)
		}
		if who := p.decision.person; who != nil {
			s.notePersons(*who)
			b.Persons = append(b.Persons, *who)
		}
		if f := p.decision.forget; f != (Forget{}) {
			b.ForgetBefore = f
			s.forgetKeys(f.Keys)
			s.persons = map[string][]string{}
		}
	}
	return b, nil
}

// appendTickets adds the live tickets in the order they were issued.
func (s *state) appendTickets(to []*Ticket) []*Ticket {
	for _, id := range s.ticketIDs() {
		to = append(to, s.tickets[id])
	}
	return to
}

func (s *state) forgetKeys(before time.Time) {
	for id, k := range s.keys {
		if k.At.Before(before) {
			delete(s.keys, id)
		}
	}
}

// failAll tells every sender that the outcome is unknown and may be repeated.
func failAll(work []*pending, err error) error {
	var coded *Error
	if !errors.As(err, &coded) {
		coded = Errorf(CodeUnavailable, "could not store the outcome: %w", err)
	}
	for _, p := range work {
		p.err = coded
	}
	return coded
}

// answer fills in what the sender gets. A remembered key may lead to a ticket
// of an earlier day.
func (e *Engine) answer(ctx context.Context, p *pending, now time.Time) {
	if p.err != nil {
		return
	}
	if p.decision.counter != "" {
		p.counter, p.err = e.state.counterView(p.decision.counter)
	}
	id := p.decision.ticket
	if id == "" {
		return
	}
	if p.ticket = e.state.tickets[id]; p.ticket == nil {
		old, err := e.lookup(ctx, id)
		p.ticket, p.err = &old, err
	}
	p.standing = e.state.standing(*p.ticket, now)
}

// publish lets watchers know. The events are durable by now.
func (e *Engine) publish(events []Event) {
	if len(events) == 0 {
		return
	}
	for i := range events {
		events[i].body = nil // Not needed any more, and as large as all the rest.
		e.tail = append(e.tail, &events[i])
	}
	if extra := len(e.tail) - tailEvent; extra > tailEvent {
		e.tail = append(make([]*Event, 0, 2*tailEvent), e.tail[extra:]...)
	}
	e.wake()
}

// wake makes watchers look at the log again. The caller holds e.mu.
func (e *Engine) wake() {
	close(e.grown)
	e.grown = make(chan struct{})
}

// Health gives why the latest write failed, nil while the store works: an
// office that cannot write gives no numbers.
func (e *Engine) Health() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.sick
}

// untilTick is how long nothing can happen by itself, or how long to leave a
// failed store in peace.
func (e *Engine) untilTick(failed error) time.Duration {
	const (
		longest = time.Hour // A clock that was set meanwhile is noticed by then.
		retry   = time.Second
	)
	if failed != nil {
		return retry
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	now := e.time()
	wait := min(longest, e.state.nextTurn(now).Sub(now), e.state.nextDeadline(now).Sub(now))
	return max(wait, 10*time.Millisecond)
}

// do sends a command to the owner and waits for the answer.
func (e *Engine) do(ctx context.Context, c Command) (*pending, error) {
	p := &pending{command: newCommand(c, e.seed()), done: make(chan struct{})}
	select {
	case e.commands <- p:
	case <-e.stopped:
		return nil, shuttingDown()
	case <-ctx.Done():
		return nil, Errorf(CodeUnavailable, "gave up waiting: %w", ctx.Err())
	}
	select {
	case <-e.stopped: // Perhaps stop came before the command: nobody will answer it.
		select {
		case <-p.done:
			return p, p.err
		default:
			return nil, shuttingDown()
		}
	default:
	}
	select {
	case <-p.done:
		return p, p.err
	case <-ctx.Done():
		return nil, Errorf(CodeUnavailable, "gave up waiting: %w", ctx.Err())
	}
}

func (e *Engine) doTicket(ctx context.Context, c Command) (Ticket, error) {
	p, err := e.do(ctx, c)
	if err != nil {
		return Ticket{}, err
	}
	return e.told(p), nil
}

// told is the ticket that a command's sender is answered with: as the commit
// left it, with what the sender's own time is good enough for.
func (e *Engine) told(p *pending) Ticket {
	if p.ticket == nil {
		return Ticket{}
	}
	return e.derive(*p.ticket, p.standing, e.time())
}

// derive adds to a ticket what is not in the log: the standing, with the wait if
// somebody can tell it, and the link.
func (e *Engine) derive(t Ticket, s *Standing, now time.Time) Ticket {
	t.Standing = s
	if s != nil && e.estimate != nil {
		if told, ok := e.estimate(Asked{Ticket: t, Ahead: s.Ahead, Now: now}); ok {
			told.Ahead = s.Ahead
			t.Standing = &told
		}
	}
	if e.links != nil {
		t.URL = e.links.URL(e.office, t.ID)
	}
	return t
}

// Take implements Office.
func (e *Engine) Take(ctx context.Context, r TakeRequest) (Ticket, error) {
	return e.doTicket(ctx, r)
}

// Act implements Office.
func (e *Engine) Act(ctx context.Context, r ActRequest) (Ticket, error) {
	return e.doTicket(ctx, r)
}

// Next implements Office.
func (e *Engine) Next(ctx context.Context, r CounterRequest) (Ticket, error) {
	return e.doTicket(ctx, r)
}

// Call implements Office.
func (e *Engine) Call(ctx context.Context, r CallRequest) (Ticket, error) {
	return e.doTicket(ctx, r)
}

// SetCounter implements Office.
func (e *Engine) SetCounter(ctx context.Context, r SetCounterRequest) (CounterView, error) {
	p, err := e.do(ctx, r)
	if err != nil {
		return CounterView{}, err
	}
	return p.counter, nil
}

// Events implements Office.
func (e *Engine) Events(ctx context.Context, after int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			events, grown, err := e.read(ctx, after)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, ev := range events {
				if !yield(ev.Public(), nil) {
					return
				}
				after = ev.Seq
			}
			if len(events) > 0 {
				continue
			}
			select {
			case <-grown:
			case <-e.stopped:
				yield(Event{}, Errorf(CodeUnavailable, "the office is shutting down"))
				return
			case <-ctx.Done():
				yield(Event{}, Errorf(CodeUnavailable, "%w", ctx.Err()))
				return
			}
		}
	}
}

// read gives the events after a cursor, from memory if they are recent; grown
// is closed when there is more.
func (e *Engine) read(ctx context.Context, after int64) (events []*Event, grown <-chan struct{}, err error) {
	const page = 256
	e.mu.RLock()
	grown = e.grown
	if e.broken || after >= e.state.seq {
		e.mu.RUnlock()
		return nil, grown, nil
	}
	if len(e.tail) > 0 && e.tail[0].Seq <= after+1 {
		events = e.tail[after+1-e.tail[0].Seq:]
		e.mu.RUnlock()
		return events, grown, nil
	}
	e.mu.RUnlock()
	stored, err := e.store.Read(ctx, e.office, after, page)
	if err != nil {
		return nil, grown, Errorf(CodeUnavailable, "read the log: %w", err)
	}
	for i := range stored {
		events = append(events, &stored[i])
	}
	return events, grown, nil
}
