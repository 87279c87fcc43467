package sim

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// owner is a process that runs the office.
type owner struct {
	engine *queue.Engine
	store  *store
	skew   time.Duration // How much its clock differs from the machine's.
	behind bool          // There was another owner, and this one may not have noticed yet.
}

// seq is up to where the owner knows the log; ok is false while it could not
// read it.
func (o *owner) seq(r *run) (seq int64, ok bool) {
	b, err := o.engine.Board(r.ctx)
	return b.Seq, err == nil
}

// lags reports whether another owner has written meanwhile, so that what this
// one reads is old. What it writes is fenced then.
func (o *owner) lags(r *run) bool {
	seq, ok := o.seq(r)
	return ok && seq != r.disk.end()
}

// owner gives the process that hears what people send now; nil while the
// machine is down.
func (r *run) owner() *owner {
	if len(r.owners) == 0 && !r.now.Before(r.upAt) {
		r.boot()
	}
	if len(r.owners) == 0 {
		return nil
	}
	if len(r.owners) == 2 && r.luck.IntN(12) == 0 {
		gone := r.luck.IntN(2)
		r.owners = append(r.owners[:gone:gone], r.owners[gone+1:]...)
		r.note("process %d of two is gone", gone+1)
	}
	return r.owners[r.luck.IntN(len(r.owners))]
}

// boot starts the machine.
func (r *run) boot() {
	r.disk.off = false
	r.follow()
	r.audit()
	if !r.calm && !r.trust && r.luck.IntN(12) == 0 && r.disk.end() > 0 {
		r.strikes(ClockRestart)
		r.skew = r.drawRestartClock()
	}
	if !r.calm && r.luck.IntN(6) == 0 && r.disk.end() > 0 {
		r.trouble.dies = beforeAppend + point(r.luck.IntN(3))
		r.trouble.kept = r.luck.IntN(2) == 0
	}
	if o := r.start(0); o != nil {
		r.owners = []*owner{o}
		r.note("the office runs, seq %d, clock %+v", r.disk.end(), r.skew)
		r.checkOffice(o, true)
	}
}

// start starts a process; nil if it cannot run now, and then the machine tries
// again later.
func (r *run) start(skew time.Duration) *owner {
	defer func() { r.trust = false }()
	o := &owner{store: &store{disk: r.disk, trouble: &r.trouble}, skew: skew}
	e, err := r.newEngine(r.dress(o.store), func() time.Time { return r.now.Add(r.skew + o.skew) })
	r.follow()
	switch {
	case r.disk.off:
		r.strikes(CrashRestart)
		r.fall()
	case err == nil:
		o.engine, o.store.failed = e, false
		return o
	case o.store.failed:
		r.upAt = r.now.Add(10 * time.Second)
	case r.skew != 0:
		r.note("the office refuses to start: %v; the clock is set right", err)
		r.skew, r.upAt = 0, r.now.Add(time.Minute)
	case queue.ErrorCode(err) == queue.CodeFenced && len(r.owners) > 0:
	default:
		r.wrong("the office does not start: %v", err)
	}
	return nil
}

func (r *run) newEngine(s queue.Store, now func() time.Time) (*queue.Engine, error) {
	c := queue.Config{Setup: r.setup, Store: s, Now: now, Seed: r.nextSeed, Secret: []byte("the office's secret")}
	if r.steady {
		c.Elapsed, c.TrustClock = func() time.Duration { return r.now.Sub(r.firstDay()) }, r.trust
	}
	return queue.NewEngine(r.ctx, c)
}

// crash cuts the power.
func (r *run) crash() {
	r.disk.cut(false)
	r.fall()
}

// fall is what a cut of power leaves: nothing but the disk.
func (r *run) fall() {
	r.report.Crashes++
	r.owners, r.trouble = nil, trouble{}
	down := time.Duration(1+r.luck.IntN(5)) * time.Second
	if !r.calm && r.luck.IntN(6) == 0 {
		r.strikes(SlowRestart)
		down = time.Duration(1+r.luck.IntN(20)) * time.Minute
	}
	r.upAt = r.now.Add(down)
	r.note("the machine is off for %v, its disk ends at seq %d", down, r.disk.end())
}

// follow reads what is new in the log. A log that has lost something is read
// anew: whether that was promised to anybody, audit knows.
func (r *run) follow() {
	events := r.disk.content.events
	if len(events) < r.view.read {
		r.note("the log has lost %d events", r.view.read-len(events))
		r.view = r.newView()
	}
	for _, e := range events[r.view.read:] {
		r.note("  %d %s %s", e.Seq, e.Kind, about(e))
		r.view.add(e)
	}
}

func about(e queue.Event) string {
	if e.Ticket == nil {
		return e.Counter + " by " + e.Actor
	}
	return e.Ticket.Number.String() + " " + string(e.Ticket.State) + " at " + e.Ticket.Counter + " by " + e.Actor
}

// checkOffice compares what the office says with the log; whole also asks for
// every ticket of the day.
func (r *run) checkOffice(o *owner, whole bool) {
	board, err := o.engine.Board(r.ctx)
	if err != nil {
		return // It could not read the log, and says so.
	}
	if board.Seq != r.disk.end() {
		if !o.behind {
			r.wrong("the office stands at seq %d, its log ends at %d", board.Seq, r.disk.end())
		}
		return
	}
	if len(r.owners) == 1 {
		o.behind = false
	}
	waiting := r.view.waiting()
	for service, n := range board.Waiting {
		if n != waiting[service] {
			r.wrong("the board says that %d wait for %s, by the log it is %d", n, service, waiting[service])
		}
	}
	r.checkCounters(o)
	if whole {
		r.checkTickets(o)
	}
}

func (r *run) checkCounters(o *owner) {
	counters, err := o.engine.Counters(r.ctx)
	if err != nil {
		r.wrong("the counters cannot be read: %v", err)
		return
	}
	for _, c := range counters {
		hand := ""
		if c.Ticket != nil {
			hand = c.Ticket.ID
		}
		if want := r.view.desk(c.ID); c.State != want || hand != r.view.hands[c.ID] {
			r.wrong("counter %s is %s with ticket %q, by the log %s with %q", c.ID, c.State, hand, want, r.view.hands[c.ID])
		}
	}
}

// checkTickets: every number of the day is there, as the log has left it.
func (r *run) checkTickets(o *owner) {
	for _, id := range r.view.order {
		want := r.view.tickets[id]
		got, err := o.engine.Ticket(r.ctx, id)
		if err != nil || got.Version != want.Version || got.State != want.State || got.Number != want.Number {
			r.wrong("ticket %s (%s) is %s at version %d, %v; by the log it is %s at %d", want.Number, id, got.State, got.Version, err, want.State, want.Version)
		}
		if want.Day != r.view.day {
			continue // Its number may be another's today.
		}
		if got, err := o.engine.Ticket(r.ctx, want.Number.String()); err != nil || got.ID != id {
			r.wrong("number %s leads to ticket %q, %v; it is ticket %s", want.Number, got.ID, err, id)
		}
	}
}
