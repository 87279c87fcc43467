package operator

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// Line is one call that can be put through to a person; it implements ivr.Line.
type Line struct {
	*sip.Call
	desk   *Desk
	inputs <-chan media.Input // Of the conversation: after a bridge the call has others.
	talk   sync.WaitGroup     // A conversation with the operator.
	handed atomic.Bool        // It began: what the conversation before it still says is not heard.
}

// Line makes a call one that can be put through.
func (d *Desk) Line(c *sip.Call) *Line { return &Line{Call: c, desk: d, inputs: c.Inputs()} }

// Inputs is sip.Call.Inputs for the conversation that leads the call until a
// person does.
func (l *Line) Inputs() <-chan media.Input { return l.inputs }

// Play is sip.Call.Play for the same conversation.
func (l *Line) Play(p *rtp.Prompt) {
	if !l.handed.Load() {
		l.Call.Play(p)
	}
}

// Stop is sip.Call.Stop for the same conversation.
func (l *Line) Stop() {
	if !l.handed.Load() {
		l.Call.Stop()
	}
}

// Hangup is sip.Call.Hangup for the same conversation: once a person leads the
// call it ends by itself.
func (l *Line) Hangup(ctx context.Context) error {
	if l.handed.Load() {
		return nil
	}
	return l.Call.Hangup(ctx)
}

// Operator is where key 0 leads if the office names nobody: the trunk says it.
func (l *Line) Operator() string {
	if l.desk.cfg.Trunks == nil {
		return ""
	}
	return l.desk.cfg.Trunks.Operator(l.Trunk())
}

// Wait returns when the caller and the operator, if they talk, have ended. Who
// leads the conversation calls it afterwards.
func (l *Line) Wait() { l.talk.Wait() }

// Transfer implements ivr.Line: it returns nil once a person has taken over,
// after which the conversation gets a HungUp. On any error it goes on.
func (l *Line) Transfer(ctx context.Context, to string) error {
	outcome, err := l.transfer(ctx, to)
	l.desk.count(outcome)
	return err
}

func (l *Line) transfer(ctx context.Context, to string) (Outcome, error) {
	d := l.desk
	mode := d.cfg.Mode(l.Trunk())
	if d.refers(l.Trunk(), mode, time.Now()) {
		err := l.Call.Transfer(ctx, to)
		switch {
		case err == nil:
			return Referred, nil
		case errors.Is(err, sip.ErrNoTransfer):
			d.noted(l.Trunk(), time.Now())
		}
		if mode == Refer || !worthRinging(ctx, err) {
			return outcomeOf(ctx, err), err
		}
		d.cfg.Logger.Info("the trunk does not put the caller through: we call the operator", "trunk", l.Trunk(), "error", err)
	}
	if err := l.bridge(ctx, to); err != nil {
		return outcomeOf(ctx, err), err
	}
	return Bridged, nil
}

// worthRinging reports whether to ring the operator after a transfer has failed:
// not when the caller is gone, nor when that very telephone was busy.
func worthRinging(ctx context.Context, err error) bool {
	var rejected *sip.RejectedError
	taken := !errors.Is(err, sip.ErrNoTransfer)
	return ctx.Err() == nil && !errors.Is(err, sip.ErrOver) && !(taken && errors.As(err, &rejected) && busy(rejected.Code))
}

// bridge rings the operator and, once that answers, lets the two talk. Until
// then the caller hears what the operator's line plays, between our own words.
func (l *Line) bridge(ctx context.Context, to string) error {
	d := l.desk
	leave, ok := d.place(l.Trunk() == "")
	if !ok {
		return ErrFull
	}
	early := rtp.NewRelay()
	l.Call.Relay(early)
	operator, err := d.ring(ctx, l.Call, to, early.Put)
	if err != nil {
		l.Call.Relay(nil)
		leave()
		return err
	}
	d.tell(l.ID(), ivr.Moment{Kind: ivr.MomentBridged, Menu: "operator"}) // Before the conversation says that it has ended.
	l.handed.Store(true)                                                  // Before the conversation learns that it has ended, and hangs up.
	if !l.HandOver() {
		err = sip.ErrOver
	}
	l.Call.Stop()
	// The context of the conversation ends with it; the calls end by themselves.
	keep := context.WithoutCancel(ctx)
	l.talk.Go(func() {
		defer leave()
		began := time.Now()
		why := sip.Bridge(keep, l.Call, operator, d.cfg.Longest)
		d.tell(l.ID(), ivr.Moment{Kind: ivr.MomentParted, Text: partedWords(why)})
		d.cfg.Logger.Info("caller and operator have talked", "seconds", time.Since(began).Round(time.Second).Seconds(), "ended", why)
	})
	return err
}

// partedWords says, for who reads the trace of a call, how the two were parted.
func partedWords(why string) string {
	switch why {
	case sip.PartedByFirst:
		return "người gọi gác máy (the caller hung up)"
	case sip.PartedBySecond:
		return "nhân viên gác máy (the operator hung up)"
	case sip.PartedByTime:
		return "hết thời gian (their time was over)"
	}
	return "hệ thống dừng (the program stops)"
}
