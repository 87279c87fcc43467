package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Source is one office that is watched. ID and Office are required.
type Source struct {
	ID     string // Short, for addresses: the office's id, or another where two are called the same.
	Office queue.Office
	// The rest may be nil: nothing is known then.
	Expect   func(service string, now time.Time) (low, high time.Duration, ok bool)
	Troubles func(ctx context.Context) []Trouble
}

// Watcher keeps the overview of one office true.
type Watcher struct {
	Source
	now     func() time.Time
	log     *slog.Logger
	changed func()
	wake    chan struct{}

	mu   sync.Mutex
	day  Day
	view View
}

// View is the overview of one office, and how true it is.
type View struct {
	ID string
	Overview
	Seen time.Time // When the office was last heard of; zero = never.
	Lost bool      // It does not answer now: the overview is that of Seen.
}

const (
	lookEvery  = 5 * time.Second        // Look at least so often: waits grow without an event.
	lookPause  = 250 * time.Millisecond // Least time between two looks.
	answerTime = 5 * time.Second        // For one look.
)

// NewWatcher makes a watcher; changed is told after every look and must not
// wait.
func NewWatcher(s Source, changed func(), log *slog.Logger, now func() time.Time) (*Watcher, error) {
	if s.ID == "" || s.Office == nil {
		return nil, errors.New("live: Source.ID and Office are required")
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	return &Watcher{Source: s, now: now, log: log, changed: changed, wake: make(chan struct{}, 1), view: View{ID: s.ID}}, nil
}

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.follow(ctx)
	}()
	for ctx.Err() == nil {
		w.look(ctx)
		queue.Await(ctx, nil, lookPause)
		queue.Await(ctx, w.wake, lookEvery)
	}
	<-done
	return nil
}

// Look has Run look soon: an alarm has come, say.
func (w *Watcher) Look() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// follow keeps the day.
func (w *Watcher) follow(ctx context.Context) {
	after, lost := int64(-1), false
	_ = queue.Following{ // Ends with ctx.
		Office: w.Office, First: time.Second, Most: 30 * time.Second,
		From: func(ctx context.Context) (_ int64, err error) {
			if after < 0 {
				var seq int64
				if seq, err = queue.BeforeToday(ctx, w.Office, w.now()); err == nil {
					after = seq
				}
			}
			return after, err
		},
		Event: func(_ context.Context, e queue.Event) (bool, error) {
			after, lost = e.Seq, false
			w.mu.Lock()
			w.day.Add(e)
			w.mu.Unlock()
			w.Look()
			return false, nil
		},
		Broken: func(err error, _ time.Duration) {
			if !lost { // Once for each time that it is lost.
				lost = true
				w.log.Warn("live overview cannot follow the log", "office", w.ID, "err", err)
			}
		},
	}.Run(ctx)
}

// look asks the office how it is.
func (w *Watcher) look(ctx context.Context) {
	asked, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	s, err := w.ask(asked)
	if ctx.Err() != nil {
		return
	}
	now := w.now()
	w.mu.Lock()
	if err != nil {
		w.view.Lost = true
	} else {
		w.view = View{ID: w.ID, Overview: w.day.Overview(s, now), Seen: now}
	}
	w.mu.Unlock()
	if w.changed != nil {
		w.changed()
	}
}

func (w *Watcher) ask(ctx context.Context) (s Seen, err error) {
	var errs [3]error
	s.Info, errs[0] = w.Office.Info(ctx)
	s.Services, errs[1] = w.Office.Services(ctx)
	s.Counters, errs[2] = w.Office.Counters(ctx)
	if err = errors.Join(errs[:]...); err != nil {
		return s, err
	}
	if w.Troubles != nil {
		s.Troubles = w.Troubles(ctx)
	}
	if w.Expect != nil {
		s.Expect = map[string][2]time.Duration{}
		for _, v := range s.Services {
			if low, high, ok := w.Expect(v.ID, w.now()); ok {
				s.Expect[v.ID] = [2]time.Duration{low, high}
			}
		}
	}
	return s, nil
}

// View gives what was seen last.
func (w *Watcher) View() View {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view
}
