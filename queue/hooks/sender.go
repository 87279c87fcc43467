package hooks

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// FileName is the name, within a data directory, of where it is kept how far
// every target has come.
const FileName = "hooks.db"

const (
	batchMost  = 50              // Events of one post.
	boxMost    = 1024            // Events that wait in memory for one target; more stay in the log.
	retryFirst = 2 * time.Second // First pause after a failure, at most …
	retryMost  = 5 * time.Minute // … and the longest.
)

// Config is what a Sender needs; Office, Path and Targets are required.
type Config struct {
	Office  queue.Office
	Path    string
	Targets []Target
	GiveUp  time.Duration // A target that has failed so long is switched off. 0 = three days.
	Refused time.Duration // The same of one that answers, and refuses what it is sent (4xx but 408 and 429). 0 = an hour.
	Logger  *slog.Logger
	Now     func() time.Time
}

// Sender posts the log of an office to its targets.
type Sender struct {
	cfg    Config
	file   *beside.File
	client *http.Client
	lines  []*line
}

// line is one target and how it goes.
type line struct {
	Target
	wake chan struct{} // Switched on again.

	mu      sync.Mutex
	state   State
	failing time.Time // Since when; zero = it works.
	refused time.Time // Since when it answers nothing but that it will not take it; zero = it does not.
}

// State is how a target is.
type State struct {
	Name   string
	Seq    int64  // Everything up to here has been taken.
	Off    bool   // Failed for too long; nothing is sent until it is switched on.
	Failed string // Why the latest post was not taken; empty = it was.
	Since  time.Time
}

// Open opens where it is kept how far targets have come. The caller runs the
// sender, and closes it after that.
func Open(ctx context.Context, c Config) (*Sender, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.GiveUp, c.Refused = cmp.Or(c.GiveUp, 3*24*time.Hour), cmp.Or(c.Refused, time.Hour)
	if err := Validate(c.Targets); err != nil {
		return nil, err
	}
	file, err := beside.Open(ctx, c.Path, beside.Schema{Name: "hooks", Create: `
CREATE TABLE target (name TEXT PRIMARY KEY, office TEXT NOT NULL, seq INTEGER NOT NULL, failing INTEGER NOT NULL DEFAULT 0, off INTEGER NOT NULL DEFAULT 0) STRICT;`})
	if err != nil {
		return nil, err
	}
	s := &Sender{cfg: c, file: file, client: newClient()}
	for _, t := range c.Targets {
		l := &line{Target: t, wake: make(chan struct{}, 1), state: State{Name: t.Name}}
		var failing int64
		err := file.QueryRowContext(ctx, "SELECT seq, failing, off FROM target WHERE name = ?", t.Name).Scan(&l.state.Seq, &failing, &l.state.Off)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, errors.Join(err, file.Close())
		}
		l.failing = beside.Moment(failing)
		s.lines = append(s.lines, l)
	}
	return s, nil
}

// Close closes the file; after Run has returned.
func (s *Sender) Close() error { return s.file.Close() }

// Run posts until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, l := range s.lines {
		all.Go(func() { s.serve(ctx, l) })
	}
	all.Wait()
	return nil
}

// mark keeps how far one target has come; for queue.LeftOff.
type mark struct {
	s *Sender
	l *line
}

func (m mark) Cursor(ctx context.Context, office string) (seq int64, known bool, err error) {
	err = m.s.file.QueryRowContext(ctx, "SELECT seq FROM target WHERE name = ? AND office = ?", m.l.Name, office).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return seq, err == nil, err
}

func (m mark) SetCursor(ctx context.Context, office string, seq int64) error {
	err := m.s.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do(`INSERT INTO target (name, office, seq) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET office = excluded.office, seq = excluded.seq`, m.l.Name, office, seq)
	})
	if err == nil {
		m.l.mu.Lock()
		m.l.state.Seq = seq
		m.l.mu.Unlock()
	}
	return err
}

// serve reads the log for one target. What it reads is posted by another
// goroutine, so that events which come together go out together; the box
// between them is bounded, and the log keeps the rest.
func (s *Sender) serve(ctx context.Context, l *line) {
	for ctx.Err() == nil {
		l.on(ctx)
		ctx, stop := context.WithCancel(ctx)
		box := make(chan queue.Event, boxMost)
		office := make(chan string, 1)
		posted := make(chan struct{})
		go func() {
			defer close(posted)
			defer stop() // Switched off: nothing more is read.
			select {
			case id := <-office:
				s.drain(ctx, l, id, box)
			case <-ctx.Done():
			}
		}()
		_ = queue.Following{ // Ends with ctx.
			Office: s.cfg.Office,
			From:   s.from(l, office),
			Event: func(ctx context.Context, e queue.Event) (bool, error) {
				select {
				case box <- e:
				case <-ctx.Done():
				}
				return false, ctx.Err()
			},
			Broken: func(err error, _ time.Duration) {
				s.cfg.Logger.Warn("hook cannot read the log", "hook", l.Name, "err", err)
			},
		}.Run(ctx)
		stop()
		<-posted
	}
}

// from gives where a target left off the first time, and after a break where
// the reading did.
func (s *Sender) from(l *line, office chan<- string) func(context.Context) (int64, error) {
	return func(ctx context.Context) (int64, error) {
		after, id, err := queue.LeftOff(ctx, s.cfg.Office, mark{s, l}, s.cfg.Logger)
		if err == nil {
			poke(office, id)
		}
		return after, err
	}
}

func poke(c chan<- string, id string) {
	select {
	case c <- id:
	default:
	}
}

// on waits until a target is switched on.
func (l *line) on(ctx context.Context) {
	for ctx.Err() == nil {
		l.mu.Lock()
		off := l.state.Off
		l.mu.Unlock()
		if !off {
			return
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
}

// drain posts what lies in the box until the target is switched off or ctx
// ends. Events that were read twice, because the log broke off, are known by
// their seq.
func (s *Sender) drain(ctx context.Context, l *line, office string, box <-chan queue.Event) {
	saved := time.Time{}
	var last int64
	for {
		var events []Event
		var e queue.Event
		select {
		case e = <-box:
		case <-ctx.Done():
			return
		}
		for more := true; more; {
			if e.Seq > last {
				last = e.Seq
				if out, ok := public(e); ok && l.wants(e.Kind) {
					events = append(events, out)
				}
			}
			if more = len(events) < batchMost; more {
				select {
				case e = <-box:
				default:
					more = false
				}
			}
		}
		if len(events) > 0 && !s.tell(ctx, l, office, events) {
			return
		}
		// What concerns nobody is not worth a write each.
		if now := s.cfg.Now(); len(events) > 0 || now.Sub(saved) > time.Minute {
			if err := (mark{s, l}).SetCursor(ctx, office, last); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Warn("hook cannot keep how far it came", "hook", l.Name, "err", err)
			}
			saved = now
		}
	}
}

// tell posts events until they are taken; false = the target was switched off,
// or ctx has ended.
func (s *Sender) tell(ctx context.Context, l *line, office string, events []Event) bool {
	body, err := Body{Office: office, Events: events}.encode()
	if err != nil {
		s.cfg.Logger.Error("hook body", "hook", l.Name, "err", err)
		return true
	}
	// Both ends, since after a restart more events may be in the post: under the
	// same name that would be taken for a repeat. The time, since a log restored
	// from a backup gives the same seqs again.
	id := fmt.Sprintf("%s/%d-%d/%d", office, events[0].Seq, events[len(events)-1].Seq, events[0].At.Unix())
	for tries := 0; ctx.Err() == nil; tries++ {
		err := post(ctx, s.client, l.Target, id, body, s.cfg.Now())
		if ctx.Err() != nil {
			return false
		}
		if off, werr := s.note(ctx, l, err); off || werr != nil && ctx.Err() != nil {
			return false
		}
		if err == nil {
			return true
		}
		queue.Await(ctx, l.wake, pauseAfter(tries))
	}
	return false
}

// pauseAfter is full jitter over a doubling pause.
func pauseAfter(tries int) time.Duration {
	most := retryMost
	if tries < 8 {
		most = min(most, retryFirst<<tries)
	}
	return rand.N(most) + time.Millisecond
}

// note keeps how a post went, and switches a target off that has failed for
// days, which outlives the program, or that has refused for an hour: that the
// same comes again changes nothing there.
func (s *Sender) note(ctx context.Context, l *line, failed error) (off bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.failing
	l.state.Failed = ""
	if !final(failed) {
		l.refused = time.Time{}
	} else if l.refused.IsZero() {
		l.refused = s.cfg.Now()
	}
	if failed == nil {
		l.failing = time.Time{}
	} else {
		l.state.Failed = failed.Error()
		if l.failing.IsZero() {
			l.failing = s.cfg.Now()
			s.cfg.Logger.Warn("hook is not taken", "hook", l.Name, "err", failed)
		}
		l.state.Off = s.cfg.Now().Sub(l.failing) >= s.cfg.GiveUp || !l.refused.IsZero() && s.cfg.Now().Sub(l.refused) >= s.cfg.Refused
	}
	l.state.Since = l.failing
	if before.Equal(l.failing) && !l.state.Off {
		return false, nil
	}
	if l.state.Off {
		s.cfg.Logger.Error("hook switched off", "hook", l.Name, "failing_since", l.failing, "err", failed)
	}
	return l.state.Off, s.keep(ctx, l)
}

// keep writes how a target is; the caller holds l.mu.
func (s *Sender) keep(ctx context.Context, l *line) error {
	return s.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do("UPDATE target SET failing = ?, off = ? WHERE name = ?", beside.Millis(l.failing), l.state.Off, l.Name)
	})
}

// SwitchOn has every target be tried again at once: those that were switched
// off go on where they left off.
func (s *Sender) SwitchOn(ctx context.Context) error {
	var errs []error
	for _, l := range s.lines {
		l.mu.Lock()
		l.state.Off, l.failing, l.refused, l.state.Since = false, time.Time{}, time.Time{}, time.Time{}
		errs = append(errs, s.keep(ctx, l))
		l.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return errors.Join(errs...)
}

// States tells how the targets are.
func (s *Sender) States() (states []State) {
	for _, l := range s.lines {
		l.mu.Lock()
		states = append(states, l.state)
		l.mu.Unlock()
	}
	return states
}

// Alarm posts an alarm, once, to every target that wants alarms; whoever sends
// it repeats what fails. id names it for good.
func (s *Sender) Alarm(ctx context.Context, office, id string, a Alarm) error {
	body, err := Body{Office: office, Alarm: &a}.encode()
	if err != nil {
		return err
	}
	var errs []error
	for _, l := range s.lines {
		if !l.Alarms {
			continue
		}
		if err := post(ctx, s.client, l.Target, id, body, s.cfg.Now()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", l.Name, err))
		}
	}
	return errors.Join(errs...)
}

// TakesAlarms reports whether any target wants alarms.
func (s *Sender) TakesAlarms() bool {
	return slices.ContainsFunc(s.cfg.Targets, func(t Target) bool { return t.Alarms })
}

// why is the latest failure, in brackets.
func why(s State) string {
	if s.Failed == "" {
		return ""
	}
	return " (" + s.Failed + ")"
}

// Panel shows the targets to /admin. Addresses are the configuration's.
func (s *Sender) Panel() page.Panel {
	return page.Panel{
		ID: "hooks", Title: "Báo cho hệ thống khác", TitleEN: "Telling other systems",
		Rows: func(context.Context) (rows []page.Row) {
			for _, st := range s.States() {
				row := page.Row{Label: st.Name, Value: "đã nhận hết", ValueEN: "has taken everything", Level: page.OK}
				switch {
				case st.Off:
					row.Value, row.ValueEN, row.Level = "đã tắt vì bên nhận hỏng hoặc từ chối quá lâu"+why(st)+": sửa bên nhận rồi bấm nút dưới, không mất tin nào", "switched off, it failed or refused for too long"+why(st)+": mend the receiver, then press the button; nothing is lost", page.Fail
				case st.Failed != "":
					row.Value, row.ValueEN, row.Level = "không nhận: "+st.Failed, "does not take it: "+st.Failed, page.Warn
				}
				rows = append(rows, row)
			}
			return rows
		},
		Actions: []page.Action{{ID: "on", Label: "Thử gửi lại ngay", LabelEN: "Try again now", Do: s.SwitchOn}},
	}
}
