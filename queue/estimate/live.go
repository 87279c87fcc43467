package estimate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Source is where past days are read from; every queue.Store is one.
type Source interface {
	// Read returns up to limit events of an office with Seq > after, in order.
	Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error)
}

// Asked is a ticket whose wait is asked for.
type Asked = queue.Asked

// Live tells the waits of one office as it lives. All methods may be called by
// any goroutine.
type Live struct {
	LiveConfig

	mu    sync.Mutex       // Held for microseconds: never while the log or a file is read.
	state *State           // Replaced by Run alone, never changed.
	today *follower        // Nil before the first day.
	shown map[string]Shown // By ticket.
}

// LiveConfig makes a Live.
type LiveConfig struct {
	Office string
	Source Source // Past days.
	Dir    string // Where the learned state is kept; empty = nowhere.
	Logger *slog.Logger
}

// NewLive reads what the office has learned. A state that cannot be used is
// said and learned anew; only an unreadable file is an error.
func NewLive(c LiveConfig) (*Live, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Live{LiveConfig: c, state: newState(c.Office), shown: map[string]Shown{}}
	if c.Dir == "" {
		return l, nil
	}
	s, err := loadState(c.Dir, c.Office)
	var file *fs.PathError
	switch {
	case err == nil:
		l.state = s
	case errors.As(err, &file):
		return nil, fmt.Errorf("wait estimates of %s: %w", c.Office, err)
	default:
		l.Logger.Warn("the waits are learned anew from the log", "office", c.Office, "err", err)
	}
	return l, nil
}

// Log is the log of an office as it grows; every queue.Office is one.
type Log interface {
	Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error]
}

// Run learns what is new in the log of past days, then follows it until ctx
// ends; it returns nil then. When a day begins it learns the one before.
func (l *Live) Run(ctx context.Context, log Log) error {
	after, err := l.catchUp(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log of %s for its waits: %w", l.Office, err)
	}
	for e, err := range log.Events(ctx, after) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("follow the log of %s for its waits: %w", l.Office, err)
		case e.Kind == queue.DayOpened && e.Opening != nil:
			l.turn(ctx, e)
		default:
			l.apply(e)
		}
	}
	return nil
}

// catchUp finds the days that began since the state was kept, learns them, and
// tells after which seq the latest one is to be followed.
func (l *Live) catchUp(ctx context.Context) (after int64, err error) {
	if err := l.distrust(ctx); err != nil {
		return 0, err
	}
	s := l.state // Nobody else changes it.
	begun := slices.Clone(s.Marks)
	if n := len(begun); n > 0 {
		after = begun[n-1].Seq
	}
	for e, err := range read(ctx, l.Source, l.Office, after, math.MaxInt64) {
		if err != nil {
			return 0, err
		}
		if e.Kind == queue.DayOpened && e.Opening != nil {
			begun = append(begun, Mark{Day: e.Opening.Day, Seq: e.Seq})
		}
	}
	if n := len(begun); n > len(s.Marks) {
		l.learn(ctx, begun)
	}
	if n := len(begun); n > 0 {
		return begun[n-1].Seq - 1, nil
	}
	return 0, nil
}

// distrust forgets what was learned from another log: the store was restored
// from a backup, say.
func (l *Live) distrust(ctx context.Context) error {
	n := len(l.state.Marks)
	if n == 0 {
		return nil
	}
	m := l.state.Marks[n-1]
	events, err := l.Source.Read(ctx, l.Office, m.Seq-1, 1)
	if err != nil {
		return err
	}
	if len(events) == 1 && events[0].Kind == queue.DayOpened && events[0].Opening != nil && events[0].Opening.Day == m.Day {
		return nil
	}
	l.Logger.Warn("the log is not the one that the waits were learned from; they are learned anew", "office", l.Office, "day", m.Day, "seq", m.Seq)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = newState(l.Office)
	return nil
}

// turn begins a day; the one before is learned from first.
func (l *Live) turn(ctx context.Context, opened queue.Event) {
	marks := l.state.Marks
	if n := len(marks); n == 0 || marks[n-1].Seq < opened.Seq {
		l.learn(ctx, append(slices.Clone(marks), Mark{Day: opened.Opening.Day, Seq: opened.Seq}))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	m := *l.state.Memory // What the day moves is learned from the log when it is over.
	l.today = follow(opened, NewHall(&m, l.state.Model))
	clear(l.shown)
}

// learn makes the state for the last of the days that have begun, and keeps
// it. If that fails, the old one stays in use until the next day begins.
func (l *Live) learn(ctx context.Context, begun []Mark) {
	begin := time.Now()
	s, err := learn(ctx, l.Source, l.state, begun)
	if err == nil && l.Dir != "" {
		err = s.save(l.Dir)
	}
	if err != nil {
		if ctx.Err() == nil {
			l.Logger.Error("the waits could not be learned; yesterday's model stays in use", "office", l.Office, "err", err)
		}
		if s == nil {
			return
		}
	}
	l.Logger.Info("waits learned", "office", l.Office, "through", s.Through, "waits", s.Model.Waits, "took", time.Since(begin).Round(time.Millisecond))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = s
}

func (l *Live) apply(e queue.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.today == nil {
		return
	}
	l.today.apply(e)
	if e.Ticket != nil && e.Ticket.State != queue.Waiting && e.Ticket.State != queue.Held {
		delete(l.shown, e.Ticket.ID)
	}
}

// Standing tells a ticket's wait in figures that people use; they stay as they
// are until the wait has moved. False while nobody can say: before the first
// call of a line, say, or without an open counter. It is what the heart asks
// under its lock.
func (l *Live) Standing(a Asked) (queue.Standing, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.estimate(a)
	if !ok {
		delete(l.shown, a.Ticket.ID)
		return queue.Standing{}, false
	}
	missing, _ := l.missing(e, a.Now)
	told, before := l.shown[a.Ticket.ID]
	if before {
		told = told.Then(e, a.Now, missing)
	} else {
		told = e.Show(a.Now, missing)
	}
	l.shown[a.Ticket.ID] = told
	return queue.Standing{
		Ahead: a.Ahead, LowMin: &told.Low, HighMin: &told.High,
		Counters: told.Counters, EachMin: int(math.Round(told.Each)), ComeBy: told.ComeBy.UTC(), MayMiss: told.MayMiss,
	}, true
}

// Ticket tells a ticket's wait with what it rests on.
func (l *Live) Ticket(a Asked) (Estimate, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.estimate(a)
}

// estimate corrects the place for those who came since the log was last read.
// The caller holds l.mu.
func (l *Live) estimate(a Asked) (Estimate, bool) {
	f := l.today
	if f == nil || a.Ticket.Day != f.day || f.open(a.Ticket.Service) == 0 {
		return Estimate{}, false
	}
	p := f.place(a.Ticket, a.Now)
	if late := a.Ahead - f.rank(a.Ticket, a.Now); late > 0 {
		p.Forward *= float64(p.Ahead+late+1) / float64(p.Ahead+1)
		p.Ahead += late
	}
	return f.hall.Ask(a.Ticket.Service, f.minute(a.Now), p)
}

// Service tells the wait of an ordinary citizen who takes the next number of a
// service.
func (l *Live) Service(service string, now time.Time) (Estimate, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.today
	if f == nil || f.open(service) == 0 {
		return Estimate{}, false
	}
	next := queue.Ticket{Service: service, Class: queue.Normal, EligibleAt: now}
	return f.hall.Ask(service, f.minute(now), f.place(next, now))
}

// Full reports whether somebody who takes a number of a service now would be
// called too late: nine of ten such waits end, one mean service before closing,
// only if it is false. An office may then stop giving numbers, and say why.
func (l *Live) Full(service string, now time.Time) bool {
	e, ok := l.Service(service, now)
	if !ok {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	minutes, ok := l.today.closing(now)
	return ok && e.TooLate(minutes, l.today.hall.UsualStay(service))
}

// Missing is how likely a ticket is not to be called before the office closes
// for the day; ok is false if nobody can say or it does not close. From one in
// ten on, the citizen should be warned.
func (l *Live) Missing(a Asked) (share float64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.estimate(a)
	if !ok {
		return 0, false
	}
	return l.missing(e, a.Now)
}

// missing is how likely a wait is not to end before the office closes for the
// day. The caller holds l.mu.
func (l *Live) missing(e Estimate, now time.Time) (share float64, ok bool) {
	minutes, ok := l.today.closing(now)
	if !ok {
		return 0, false
	}
	return e.LongerThan(minutes), true
}

// Days lists the latest past business days in the office's log, in order.
func (l *Live) Days() (days []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.state.Marks {
		if l.today == nil || m.Day < l.today.day {
			days = append(days, m.Day)
		}
	}
	return days
}

// Truth gives how true the estimates were, day by day in order, the day that
// is under way last.
func (l *Live) Truth() []Day {
	// Citizens' pages ask for it, and the heart waits for l.mu: what is read here
	// is only ever appended to, and summed up without the lock.
	l.mu.Lock()
	days, day, told := l.state.Truth, "", []Told(nil)
	if l.today != nil {
		day, told = l.today.day, l.today.hall.Truth()
	}
	l.mu.Unlock()
	days = slices.Clone(days)
	if day != "" {
		days = append(days, sumUp(day, told))
	}
	return days
}
