package printer

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// watch sends one job and listens until its outcome is known.
type watch struct {
	*session
	cfg       Config
	id        escpos.ID
	processID feature

	sent    bool        // The last byte was taken over by the transport.
	written int         // Bytes taken over; while nobody knows how many, 1.
	ordered bool        // GS r 1 was answered: everything before was processed.
	timer   *time.Timer // Runs out when waiting has no more sense.
	fault   *Fault      // What ends the job when the timer runs out.
}

const (
	// faultGrace is how long an acknowledgement may still come after the
	// printer reported a fault: the last ticket of a roll.
	faultGrace = 500 * time.Millisecond
	// idGrace is how long GS ( H may be answered after GS r 1, as it is
	// answered only when the paper is out.
	idGrace = 2 * time.Second
	// blindGrace is how long a printer that never answered may still do so.
	blindGrace = time.Second
)

type writeResult struct {
	n   int
	err error
}

// run gives the outcome of the job; see Printer.Print.
func (w *watch) run(ctx context.Context, data []byte) (Outcome, error) {
	w.written = 1
	written := make(chan writeResult, 1)
	_ = w.conn.SetWriteDeadline(time.Now().Add(w.cfg.Send))
	go func() {
		n, err := w.conn.Write(data)
		written <- writeResult{n, err}
	}()
	w.timer = time.NewTimer(w.cfg.Send + w.cfg.Ack) // For transports without deadlines.
	defer w.timer.Stop()
	for {
		select {
		case r := <-written:
			if done, outcome, err := w.wrote(r); done {
				return outcome, err
			}
		case a := <-w.answers:
			if w.heard(a) {
				return Printed, nil
			}
		case err := <-w.readErr:
			if !errors.Is(err, errOneWay) {
				return Unknown, &Fault{Kind: FaultLost, Err: err}
			}
			if w.deaf = true; w.sent {
				return Assumed, nil
			}
		case <-w.timer.C:
			return w.gaveUp(ctx)
		case <-ctx.Done():
			return Unknown, &Fault{Kind: FaultLost, Err: ctx.Err()}
		}
	}
}

// wrote handles the end of sending.
func (w *watch) wrote(r writeResult) (done bool, o Outcome, err error) {
	w.written = r.n
	switch {
	case r.err != nil && w.fault != nil:
		return true, Failed, w.fault
	case r.err != nil && r.n == 0:
		return true, Failed, &Fault{Kind: FaultUnreachable, Err: r.err}
	case r.err != nil:
		return true, Unknown, &Fault{Kind: FaultLost, Err: r.err}
	}
	w.sent = true
	switch {
	case w.deaf:
		return true, Assumed, nil
	case w.fault != nil: // Its grace is running.
	case w.talked:
		w.timer.Reset(w.cfg.Ack)
	default:
		w.timer.Reset(min(blindGrace, w.cfg.Ack))
	}
	return false, "", nil
}

// heard handles one answer and tells whether it acknowledges the job.
func (w *watch) heard(a escpos.Answer) bool {
	w.talked = true
	switch a.Kind {
	case escpos.ProcessIDAnswer:
		if a.ID == w.id {
			w.processID = known
			return true
		}
	case escpos.PaperAnswer:
		w.ordered = true
		switch w.processID {
		case unknown:
			return true
		case untried:
			w.timer.Reset(idGrace)
		}
	case escpos.AutoAnswer:
		w.changed(a.Status)
	}
	return false
}

// changed handles a status that the printer sent by itself.
func (w *watch) changed(s escpos.Status) {
	w.status = s
	switch {
	case !s.Ready() && w.fault == nil:
		w.fault = &Fault{Kind: FaultNotReady, Status: s}
		w.timer.Reset(faultGrace)
	case !s.Ready():
		w.fault.Status = s
	case w.fault != nil: // Well again: it goes on printing.
		w.fault = nil
		w.timer.Reset(w.cfg.Ack)
	}
}

// gaveUp decides when no acknowledgement came in time.
func (w *watch) gaveUp(ctx context.Context) (Outcome, error) {
	switch {
	case w.fault != nil:
		return Failed, w.fault
	case w.ordered:
		if w.processID == untried {
			w.processID = unknown
		}
		return Printed, nil
	case !w.sent:
		return Unknown, &Fault{Kind: FaultLost, Err: context.DeadlineExceeded}
	case !w.talked:
		return Assumed, nil
	}
	// Out of paper, a printer neither executes the questions nor, without
	// automatic status, says so by itself.
	if err := w.preflight(ctx, w.cfg.Ask); err == nil && !w.status.Ready() {
		return Failed, &Fault{Kind: FaultNotReady, Status: w.status}
	}
	return Unknown, &Fault{Kind: FaultNoAnswer}
}
