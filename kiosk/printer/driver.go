package printer

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Config sets up a Driver.
type Config struct {
	Open    Opener       // Required.
	Name    string       // For logs and the admin page: "192.168.1.50:9100".
	Profile Profile      // How it wants to be spoken to; the zero value suits nearly all.
	Logger  *slog.Logger // nil = discard.

	Ask  time.Duration // Patience with one status question; 0 = 500 ms.
	Send time.Duration // Patience with sending one ticket; 0 = 10 s.
	Ack  time.Duration // Patience with the acknowledgement after sending; 0 = 5 s.
	Poll time.Duration // How often Run asks an idle printer; 0 = 10 s.
}

// Driver prints through one transport. It implements Printer.
type Driver struct {
	cfg  Config
	busy chan struct{} // Holds one token while the printer is in use.

	// Used only by the holder of busy.
	traits traits
	dirty  bool // The last job may have left half a command or half a ticket in the printer.
	nextID uint64

	mu       sync.Mutex
	status   Status
	repeatAt time.Time // Since when status.MayRepeat.
}

// traits is what was learned of a printer by working with it.
type traits struct {
	answers   bool // It has answered a status question.
	processID feature
}

// feature is whether a printer knows a command.
type feature int

const (
	untried feature = iota
	known
	unknown
)

// New makes a driver; nothing is opened yet.
func New(cfg Config) *Driver {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&cfg.Ask, 500*time.Millisecond)
	setDefault(&cfg.Send, 10*time.Second)
	setDefault(&cfg.Ack, 5*time.Second)
	setDefault(&cfg.Poll, 10*time.Second)
	return &Driver{
		cfg: cfg, busy: make(chan struct{}, 1),
		nextID: rand.Uint64N(escpos.IDs), // An answer from before a restart must not match.
		dirty:  true,                     // Whoever printed before may have been cut off.
		traits: traits{processID: cfg.Profile.processID(), answers: cfg.Profile.answers()},
		status: Status{Name: cfg.Name, State: StateUnasked},
	}
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// Status implements Printer.
func (d *Driver) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.status
	if time.Since(d.repeatAt) > repeatAge {
		s.MayRepeat = ""
	}
	return s
}

// repeatAge is when a ticket that may still come out is forgotten: tomorrow the
// same number is somebody else's.
const repeatAge = 12 * time.Hour

// Run asks the printer for its status now and then, so that the admin page
// knows of an empty roll before the next citizen does. It returns nil when
// ctx ends.
func (d *Driver) Run(ctx context.Context) error {
	tick := time.NewTicker(d.cfg.Poll)
	defer tick.Stop()
	for {
		d.Check(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Check asks the printer for its status, unless it is printing.
func (d *Driver) Check(ctx context.Context) Status {
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
		s, err := d.connect(ctx)
		if err == nil {
			s.close()
		} else if ctx.Err() == nil {
			d.learn(err)
		}
	default:
	}
	return d.Status()
}

// Print implements Printer.
func (d *Driver) Print(ctx context.Context, j Job) (Outcome, error) {
	outcome, err := d.print(ctx, j)
	d.count(outcome)
	if err != nil {
		d.cfg.Logger.Warn("ticket not surely printed", "printer", d.cfg.Name, "ticket", j.Name, "outcome", outcome, "err", err)
	} else {
		d.cfg.Logger.Info("ticket printed", "printer", d.cfg.Name, "ticket", j.Name, "outcome", outcome)
	}
	return outcome, err
}

func (d *Driver) print(ctx context.Context, j Job) (Outcome, error) {
	if j.Paper == nil {
		return Failed, &Fault{Kind: FaultBadJob, Err: errors.New("no picture")}
	}
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	case <-ctx.Done():
		return Failed, &Fault{Kind: FaultBusy, Err: ctx.Err()}
	}
	if !j.Expires.IsZero() && time.Now().After(j.Expires) {
		return Failed, &Fault{Kind: FaultExpired}
	}
	data, id, err := d.encode(j)
	if err != nil {
		return Failed, &Fault{Kind: FaultBadJob, Err: err}
	}
	s, err := d.connect(ctx)
	if err != nil {
		d.learn(err)
		return Failed, err
	}
	defer s.close()
	w := &watch{session: s, id: id, processID: d.traits.processID, cfg: d.cfg}
	outcome, err := w.run(ctx, data)
	d.traits.processID = w.processID
	var f *Fault
	if errors.As(err, &f) {
		f.Sent = w.written
	}
	d.dirty = outcome == Failed || outcome == Unknown
	if outcome == Failed && w.written > 0 {
		d.withdraw(w, j)
	}
	d.learnStatus(s)
	if outcome == Unknown {
		d.learn(err)
	}
	return outcome, err
}

// withdraw makes the printer forget a job that failed on its way, so that it
// does not come out with the next roll of paper, when its citizen has long gone
// with the number from the screen. A printer that cannot be told is remembered:
// a person should throw the paper away.
func (d *Driver) withdraw(w *watch, j Job) {
	cleared := d.cfg.Profile.Clear && w.sent && w.clear(d.cfg.Ask)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.MayRepeat = ""
	if !cleared {
		d.status.MayRepeat, d.repeatAt = j.Name, time.Now()
		d.cfg.Logger.Warn("the printer may still print this ticket when it is well again: throw the paper away",
			"printer", d.cfg.Name, "ticket", j.Name)
	}
}

// encode writes the whole job.
func (d *Driver) encode(j Job) ([]byte, escpos.ID, error) {
	d.nextID++
	id := escpos.NewID(d.nextID)
	var e escpos.Encoder
	if d.dirty {
		e.Flush()
	}
	e.Init()
	if d.cfg.Profile.Confirm != ConfirmNone {
		e.AutoStatus(escpos.AutoAll)
	}
	if err := d.cfg.Profile.picture(&e, j.Paper); err != nil {
		return nil, id, err
	}
	d.cfg.Profile.separate(&e)
	d.cfg.Profile.acknowledge(&e, id)
	return e.Bytes(), id, nil
}

// connect opens the printer and finds it ready, or says with a *Fault why not.
func (d *Driver) connect(ctx context.Context) (*session, error) {
	conn, err := d.cfg.Open(ctx)
	if err != nil {
		return nil, &Fault{Kind: FaultUnreachable, Err: err}
	}
	s := newSession(conn)
	err = d.preflight(ctx, s)
	if err == nil && d.cfg.Profile.recovers() && s.status.CutterError && !s.status.PaperEnd && !s.status.CoverOpen {
		err = d.recover(ctx, s)
	}
	d.traits.answers = d.traits.answers || s.talked
	switch {
	case err != nil && !errors.Is(err, errSilent):
		s.close()
		return nil, &Fault{Kind: FaultUnreachable, Err: err}
	case err != nil && d.traits.answers:
		s.close()
		return nil, &Fault{Kind: FaultSilent, Err: err}
	case !s.status.Ready():
		s.close()
		return nil, &Fault{Kind: FaultNotReady, Status: s.status}
	}
	d.learnStatus(s)
	return s, nil
}

// preflight asks the printer how it is. One that is silent may be waiting for
// the rest of a picture that was cut off: NUL bytes end it, and it is asked
// once more.
func (d *Driver) preflight(ctx context.Context, s *session) error {
	if d.cfg.Profile.Confirm == ConfirmNone {
		s.deaf = true
		return errSilent
	}
	err := s.preflight(ctx, d.cfg.Ask)
	if !errors.Is(err, errSilent) || s.deaf || !d.dirty || !d.traits.answers {
		return err
	}
	var e escpos.Encoder
	e.Flush()
	_ = s.conn.SetWriteDeadline(time.Now().Add(d.cfg.Send))
	if _, err := s.conn.Write(e.Bytes()); err != nil {
		return err
	}
	return s.preflight(ctx, d.cfg.Ask)
}

// recover tries to free a jammed knife, and asks again.
func (d *Driver) recover(ctx context.Context, s *session) error {
	if _, err := s.conn.Write(escpos.Recover()); err != nil {
		return err
	}
	return s.preflight(ctx, d.cfg.Ask)
}

// learnStatus keeps what a printer said in a session.
func (d *Driver) learnStatus(s *session) {
	if !d.traits.answers {
		d.set(StateBlind, escpos.Status{}, "")
		return
	}
	d.set(stateOf(s.status), s.status, "")
}

// learn keeps what a fault tells of the printer.
func (d *Driver) learn(err error) {
	var f *Fault
	if !errors.As(err, &f) {
		return
	}
	switch f.Kind {
	case FaultNotReady:
		d.set(stateOf(f.Status), f.Status, "")
	case FaultUnreachable, FaultSilent, FaultLost:
		d.set(StateUnreachable, escpos.Status{}, f.Error())
	}
}

func (d *Driver) set(state State, detail escpos.Status, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.status.State != state {
		level := slog.LevelInfo
		if !state.Works() {
			level = slog.LevelWarn
		}
		d.cfg.Logger.Log(context.Background(), level, "printer status", "printer", d.cfg.Name,
			"was", d.status.State, "now", state, "detail", detail.String(), "err", text)
	}
	d.status.State, d.status.Detail, d.status.Err, d.status.At = state, detail, text, time.Now()
}

func (d *Driver) count(o Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch o {
	case Printed:
		d.status.Printed++
	case Assumed:
		d.status.Assumed++
	case Failed:
		d.status.Failed++
	case Unknown:
		d.status.Unknown++
	}
}
