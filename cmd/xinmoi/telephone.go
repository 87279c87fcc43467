package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/operator"
	"github.com/xinmoi/xinmoi/ivr/ops"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue"
)

// telephone is all that answers and places calls, in the whole system and in a
// process of its own ("xinmoi ivr") alike.
type telephone struct {
	cfg config
	log *slog.Logger

	sip       *sip.Server     // Nil = no telephone.
	trunks    *trunk.Manager  // Nil = none is configured.
	operators *operator.Desk  // Who puts callers through; nil = no telephone.
	wishes    *book.Book      // Nil = citizens are not called.
	callout   *callout.Caller // The same.
	calls     *ops.Calls      // Follows the calls.
	phone     *ivr.Service
	changes   trunkChanges
	alarm     func(text string) // Tells people in the office; nil = nobody.
}

// phoneOffice is the office that a telephone answers for, wherever it runs.
type phoneOffice struct {
	queue.Office
	setup    callout.Setup
	names    func(context.Context) (vi, en string) // What the office is called now; nil = who shows the pages tells them.
	location func() *time.Location
	renderer *announce.Renderer
	wishes   string                // File of the citizens' wishes to be called.
	texter   callout.Texter        // Nil = nobody is written to.
	demand   func() map[string]int // Nil = not known.
	topics   []ivr.Topic           // What callers can do beside; the office's own.

	// refused asks the office who wants no call any more (callout.Config.Refused);
	// nil = the book hears of it itself.
	refused func(ctx context.Context, wishes []book.Wish) (tickets []string, err error)

	// elsewhere puts the office's own book of wishes before that of this
	// machine, whose callbacks may be nil; nil = they are the same.
	elsewhere func(here ivr.Callbacks) ivr.Callbacks
}

// callbacks takes the wishes of callers to be called; here may be nil.
func (o phoneOffice) callbacks(here ivr.Callbacks) ivr.Callbacks {
	if o.elsewhere == nil {
		return here
	}
	return o.elsewhere(here)
}

// writer sends callers their number as a message; nil where nobody is written to.
func (o phoneOffice) writer(log *slog.Logger) ivr.Writer {
	if o.texter == nil {
		return nil
	}
	return callout.NewPen(o.texter, o.Info, log, func() time.Time { return time.Now().In(o.location()) })
}

// decided tells what the office has decided about itself.
func (o phoneOffice) decided(ctx context.Context) (queue.Setup, error) {
	view, err := o.setup.Setup(ctx)
	return view.Setup, err
}

// listen binds the line and sets up its trunks. The parts are those of the line
// itself; they may run before there is an office.
func (t *telephone) listen(s sip.Config) (parts []part, err error) {
	s.Trace, s.Logger = t.trace, t.log
	t.trunks, err = t.cfg.SIP.fill(&s, trunk.Options{Logger: t.log, Changed: t.trunkChanged})
	if err != nil {
		return nil, err
	}
	if t.sip, err = sip.Listen(s); err != nil {
		return nil, err
	}
	talks := t.cfg.SIP.operators(t.trunks, t.log)
	talks.Watch = followed{t}
	t.operators = operator.New(talks)
	t.operators.Use(t.sip)
	if t.trunks != nil {
		t.trunks.Use(t.sip)
		parts = append(parts, part{"trunks", t.trunks.Run, false})
	}
	return append(parts, part{"telephone line", t.sip.Run, true}), nil
}

// open sets up what callers hear and whom the office calls. Without a line it
// does so all the same: the studio and the test pages use it.
func (t *telephone) open(ctx context.Context, o phoneOffice) (parts []part, err error) {
	t.calls = ops.New(ops.Config{Location: o.location})
	called, err := t.openCallout(ctx, o)
	if err != nil {
		return nil, err
	}
	t.phone = ivr.New(ivr.Config{
		Office: o.Office, Render: ivr.RenderWith(o.renderer), Setup: o.decided, Callbacks: o.callbacks(t.callbacks()), Writer: o.writer(t.log), Watch: t.calls, Logger: t.log,
		Demand: o.demand, Languages: o.renderer.Languages, Topics: o.topics,
	})
	if t.sip == nil {
		return called, nil
	}
	return append(called, part{"telephone", t.phone.Run, false}), nil
}

// close releases what open and listen have opened; undo also frees a line that
// was never run.
func (t *telephone) close(undo bool) (errs []error) {
	if t.wishes != nil {
		errs = append(errs, t.wishes.Close())
	}
	if undo && t.sip != nil {
		errs = append(errs, t.sip.Close())
	}
	return errs
}

// talk leads one conversation to its end, with the operator too.
func (t *telephone) talk(ctx context.Context, c *sip.Call) {
	line := t.operators.Line(c)
	t.phone.Answer(ctx, line)
	line.Wait()
	t.calls.Measured(c.ID(), c.Quality())
}

// followed tells the live calls who talks with a person; there is no office yet
// when the line is set up.
type followed struct{ t *telephone }

// Call implements ivr.Watcher.
func (f followed) Call(id string, m ivr.Moment) {
	if f.t.calls != nil {
		f.t.calls.Call(id, m)
	}
}

// callsPage is the page on which telephone calls are followed.
func (t *telephone) callsPage(o ops.PageConfig) (http.Handler, error) {
	o.Calls = t.calls
	if t.trunks != nil {
		o.Trunks = t.trunkRows
	}
	p, err := ops.NewPage(o)
	if err != nil {
		return nil, err
	}
	return p.Handler(), nil
}

// trace takes the SIP messages of calls; it may be called before there is an
// office, since the ports are taken first.
func (t *telephone) trace(callID string, sent bool, message []byte) {
	if t.calls != nil {
		t.calls.Trace(callID, sent, message)
	}
}
