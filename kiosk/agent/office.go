package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// OfficeConfig sets up an Office.
type OfficeConfig struct {
	Remote   queue.Office     // The office on another machine. Required.
	Path     string           // File that remembers menu and numbers over a restart. Required.
	Reserve  int              // Numbers set aside for each service; 0 = 5, at most 50, negative = none: without the office there are no numbers.
	Patience time.Duration    // How long the office may take to answer; 0 = 1.5 s.
	Caller   string           // In whose name numbers are set aside; empty = "kiosk".
	Logger   *slog.Logger     // Nil = discard.
	Now      func() time.Time // Nil = time.Now.
}

// Office is an office on another machine, as its kiosk sees it: when it cannot
// be reached, what it offers is remembered, and numbers set aside before are
// given. It implements queue.Office. Safe for use by many goroutines.
type Office struct {
	queue.Office
	cfg OfficeConfig

	mu     sync.Mutex
	shelf  shelf
	kept   time.Time // When the menu was written down.
	since  time.Time // Since when the office is away; zero = it is there.
	proven time.Time // When the shelf was compared with the office; zero = it must be.
	seq    int64     // Of the office's log, as far as is known.
	barred bool      // The office lets this machine do nothing.

	wake chan struct{}
}

// Bounds.
const (
	reserveUsual   = 5
	reserveMost    = 50
	officePatience = 1500 * time.Millisecond
	lookEvery      = 2 * time.Second
	keepEvery      = 10 * time.Minute
	proveEvery     = 10 * time.Minute
	givenMost      = 1000
)

// NewOffice reads what was remembered.
func NewOffice(c OfficeConfig) (*Office, error) {
	if c.Remote == nil || c.Path == "" {
		return nil, errors.New("kiosk agent: an office and a file are required")
	}
	c.Reserve = min(cmp.Or(c.Reserve, reserveUsual), reserveMost)
	c.Patience = cmp.Or(c.Patience, officePatience)
	c.Caller = cmp.Or(c.Caller, "kiosk")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	o := &Office{Office: c.Remote, cfg: c, wake: make(chan struct{}, 1)}
	if _, err := readWhole(c.Path, &o.shelf); err != nil {
		return nil, err
	}
	if o.shelf.Asked == nil {
		o.shelf.Asked = map[string]int{}
	}
	if o.shelf.Self == "" {
		o.shelf.Self = rand.Text()
		if err := writeWhole(c.Path, o.shelf); err != nil { // Before any number is asked for in this name.
			return nil, err
		}
	}
	return o, nil
}

// ID names this machine among all.
func (o *Office) ID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.shelf.Self
}

// Cut tells since when the office cannot be reached; zero while it can.
func (o *Office) Cut() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since
}

// Barred reports whether the office is there and lets this machine do nothing:
// its token was revoked, or is of another role. No number is given then.
func (o *Office) Barred() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.barred
}

// away reports whether an error means that the office cannot be reached.
func away(err error) bool {
	switch queue.ErrorCode(err) {
	case queue.CodeUnavailable, queue.CodeFenced:
		return true
	case queue.CodeInternal:
		return errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// full reports whether an office has given all its numbers. Those set aside
// count among them, and whoever has some may still give them.
func full(err error) bool {
	code := queue.ErrorCode(err)
	return code == queue.CodeServiceFull || code == queue.CodeChannelFull
}

// ask asks the office, with patience, unless it is known to be away.
func ask[T any](ctx context.Context, o *Office, question func(ctx context.Context) (T, error)) (T, error) {
	var nothing T
	if since := o.Cut(); !since.IsZero() {
		return nothing, queue.Errorf(queue.CodeUnavailable, "the office cannot be reached since %s", since.Format(time.TimeOnly))
	}
	asking, cancel := context.WithTimeout(ctx, o.cfg.Patience)
	defer cancel()
	answer, err := question(asking)
	switch {
	case err == nil || ctx.Err() != nil:
		return answer, err
	case away(err):
		o.lost(err)
	}
	return answer, err
}

// lost notes that the office is away.
func (o *Office) lost(err error) {
	o.mu.Lock()
	first := o.since.IsZero()
	if first {
		o.since, o.proven = o.cfg.Now(), time.Time{}
	}
	o.mu.Unlock()
	if first {
		o.cfg.Logger.Warn("the office cannot be reached: numbers set aside are given", "err", err)
		o.rouse()
	}
}

func (o *Office) rouse() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Info implements queue.Office.
func (o *Office) Info(ctx context.Context) (queue.Info, error) {
	got, err := ask(ctx, o, o.Office.Info)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Info = got
		return got, nil
	}
	if !away(err) || o.shelf.Info.ID == "" {
		return got, err
	}
	known := o.shelf.Info
	if opens := known.Opens; !known.Open && !opens.IsZero() && !o.cfg.Now().Before(opens) { // Cut off during the lunch break, it opens after it.
		known.Open, known.Opens = true, time.Time{}
	}
	return known, nil
}

// Services implements queue.Office. A service of which there are numbers set
// aside is open while the office is away, unless it was closed before, and
// after it has given all others. Nobody knows who waits while it is away.
func (o *Office) Services(ctx context.Context) ([]queue.ServiceView, error) {
	got, err := ask(ctx, o, o.Office.Services)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Services = slices.Clone(got)
		for i, s := range got {
			if s.Why == queue.CodeServiceFull && o.onShelf(s.ID) {
				got[i].Open, got[i].Why, got[i].Until = true, "", time.Time{}
			}
		}
		return got, nil
	}
	if !away(err) || len(o.shelf.Services) == 0 {
		return got, err
	}
	known := slices.Clone(o.shelf.Services)
	for i := range known {
		known[i].Open, known[i].Waiting = offers(known[i]) && o.onShelf(known[i].ID), 0
	}
	return known, nil
}

// Procedures implements queue.Office.
func (o *Office) Procedures(ctx context.Context) ([]queue.Procedure, error) {
	got, err := ask(ctx, o, o.Office.Procedures)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Procedures = slices.Clone(got)
		return got, nil
	}
	if !away(err) || len(o.shelf.Services) == 0 {
		return got, err
	}
	return slices.Clone(o.shelf.Procedures), nil
}

// Counters implements queue.Office.
func (o *Office) Counters(ctx context.Context) ([]queue.CounterView, error) {
	got, err := ask(ctx, o, o.Office.Counters)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Counters = got
	} else if away(err) && len(o.shelf.Counters) > 0 { // Without a wait: paper must not hang on it.
		got, err = o.shelf.Counters, nil
	}
	return slices.Clone(got), err
}

// Kiosk implements queue.Office.
func (o *Office) Kiosk(ctx context.Context) (queue.KioskSetup, error) {
	got, err := ask(ctx, o, o.Office.Kiosk)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Kiosk = got
		return got, nil
	}
	if !away(err) || len(o.shelf.Services) == 0 {
		return got, err
	}
	return o.shelf.Kiosk, nil
}

// Take implements queue.Office. A number that was told wins: the same touch
// gets it again, also when the office is back. If the office had made another
// one for the touch, and its answer was lost, that one is held by nobody and
// lapses.
func (o *Office) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	if t, ok := o.givenFor(r.Key); ok {
		return t, nil
	}
	got, err := ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Take(ctx, r) })
	if err == nil || !away(err) && !full(err) || !r.Hold || r.Key == "" || ctx.Err() != nil {
		return got, err
	}
	return o.give(r, err)
}

// Act implements queue.Office. A number from the shelf is confirmed here, and
// the office hears of it when it is back.
func (o *Office) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	t, ours, err := o.deliver(r)
	if ours {
		o.rouse()
		return t, err
	}
	return ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Act(ctx, r) })
}

// Ticket implements queue.Office.
func (o *Office) Ticket(ctx context.Context, ref string) (queue.Ticket, error) {
	got, err := ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Ticket(ctx, ref) })
	if err == nil || !away(err) {
		return got, err
	}
	number, _ := queue.ParseNumber(ref)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.shelf.Given {
		if g.is(ref) || g.Ticket.Number == number {
			return g.view(), nil
		}
	}
	return got, err
}

// Mine implements queue.Office.
func (o *Office) Mine(ctx context.Context, person string) ([]queue.Ticket, error) {
	return ask(ctx, o, func(ctx context.Context) ([]queue.Ticket, error) { return o.Office.Mine(ctx, person) })
}

// Belongs implements queue.Office.
func (o *Office) Belongs(ctx context.Context, ref, ending string) (queue.Ticket, error) {
	return ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Belongs(ctx, ref, ending) })
}

// Run looks after the line to the office until ctx ends: when it is back, the
// shelf is compared with what it knows, what was given is told, and numbers are
// set aside anew.
func (o *Office) Run(ctx context.Context) error {
	for {
		if o.look(ctx) {
			o.prove(ctx)
			o.redeem(ctx)
			o.refill(ctx)
		}
		pause := time.NewTimer(lookEvery)
		select {
		case <-pause.C:
		case <-o.wake:
			pause.Stop()
		case <-ctx.Done():
			pause.Stop()
			return nil
		}
	}
}

// seen is what is learned at one look at the office.
type seen struct {
	info       queue.Info
	services   []queue.ServiceView
	procedures []queue.Procedure
	kiosk      queue.KioskSetup
	board      queue.Board
}

// look asks whether the office is there, and learns what it offers.
func (o *Office) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Patience)
	defer cancel()
	s, err := o.see(ctx)
	o.bar(err)
	if err != nil {
		if away(err) || errors.Is(err, context.DeadlineExceeded) {
			o.lost(err)
		}
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shelf.Info, o.shelf.Services, o.shelf.Procedures, o.shelf.Kiosk = s.info, s.services, s.procedures, s.kiosk
	now := o.cfg.Now()
	if s.board.Seq < o.seq || now.Sub(o.proven) > proveEvery { // It knows less than before: it stands on an older backup.
		o.proven = time.Time{}
	}
	o.seq = s.board.Seq
	if now.Sub(o.kept) > keepEvery {
		o.kept = now
		if err := writeWhole(o.cfg.Path, o.shelf); err != nil {
			o.cfg.Logger.Error("not written down", "err", err)
		}
	}
	if !o.since.IsZero() {
		o.cfg.Logger.Warn("the office is back", "away", now.Sub(o.since))
		o.since = time.Time{}
	}
	return true
}

// see asks for all that a kiosk shows.
func (o *Office) see(ctx context.Context) (s seen, err error) {
	for _, ask := range []func() error{
		func() (err error) { s.info, err = o.Office.Info(ctx); return err },
		func() (err error) { s.services, err = o.Office.Services(ctx); return err },
		func() (err error) { s.procedures, err = o.Office.Procedures(ctx); return err },
		func() (err error) { s.kiosk, err = o.Office.Kiosk(ctx); return err },
		func() (err error) { s.board, err = o.Office.Board(ctx); return err },
	} {
		if err := ask(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// bar notes whether the office lets this machine in.
func (o *Office) bar(err error) {
	code := queue.ErrorCode(err)
	barred := code == queue.CodeUnauthorized || code == queue.CodeForbidden
	o.mu.Lock()
	defer o.mu.Unlock()
	if barred && !o.barred {
		o.cfg.Logger.Error("the office does not let this kiosk in: no numbers are given", "err", err)
	}
	o.barred = barred || o.barred && err != nil
}
