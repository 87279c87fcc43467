package announce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// How what became of the calls is brought to the office's log.
const (
	witnessCaller = "announcer"
	maxUntold     = 1000 // Outcomes that wait for an office that cannot be reached.
	tellFirst     = 500 * time.Millisecond
	tellMost      = 30 * time.Second
	tellWithin    = 5 * time.Second
	tellLast      = time.Second // For all that is left when the program ends.
)

// witness writes into the office's log what became of every call. It never
// holds up the voice: what cannot be written waits, and beyond a bound the
// oldest is given up and counted.
type witness struct {
	office queue.Witness // Nil = nobody wants to know.
	log    *slog.Logger
	wake   chan struct{}

	mu     sync.Mutex
	untold []queue.AnnouncedRequest
	told   int64
	lost   int64
	err    error
}

func newWitness(office queue.Office, log *slog.Logger) *witness {
	w := &witness{log: log, wake: make(chan struct{}, 1)}
	w.office, _ = office.(queue.Witness)
	return w
}

// saw takes an outcome. A call that the end of the program dropped is not told:
// the next start may still say it.
func (w *witness) saw(zone string, o Outcome) {
	if w.office == nil || o.Call.Ticket == "" || o.Call.Seq == 0 || o.Reason == ReasonStopped {
		return
	}
	w.mu.Lock()
	w.untold = append(w.untold, testimony(zone, o))
	if n := len(w.untold) - maxUntold; n > 0 {
		w.untold = append([]queue.AnnouncedRequest(nil), w.untold[n:]...)
		w.lost += int64(n)
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// testimony is an outcome for the log. Its key is the call and the zone, so
// that it is written once however often it is told.
func testimony(zone string, o Outcome) queue.AnnouncedRequest {
	r := queue.AnnouncedRequest{
		Meta:   queue.Meta{Key: fmt.Sprintf("announced-%d-%s", o.Call.Seq, zone), Caller: witnessCaller},
		Ticket: o.Call.Ticket, Counter: o.Call.Counter, Zone: zone, Readings: o.Readings, Reason: o.Reason,
	}
	if o.Spoken() {
		r.HeardAt = o.HeardAt
	}
	if o.With != "" {
		r.Reason = ReasonMerged + " with " + o.With
	}
	return r
}

// run tells until ctx ends and, after the zones have ended, what is left.
func (w *witness) run(ctx context.Context, zones <-chan struct{}) error {
	wait := tellFirst
	for ctx.Err() == nil {
		told, all := w.tellAll(ctx)
		if told > 0 || all {
			wait = tellFirst
		}
		if all {
			select {
			case <-ctx.Done():
			case <-w.wake:
			}
			continue
		}
		pause(ctx, wait)
		wait = min(2*wait, tellMost)
	}
	<-zones
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellLast)
	defer cancel()
	w.tellAll(last)
	return ctx.Err()
}

// tellAll tells until the office does not answer; all is whether nothing is
// left.
func (w *witness) tellAll(ctx context.Context) (told int, all bool) {
	for ; ; told++ {
		w.mu.Lock()
		if len(w.untold) == 0 {
			w.mu.Unlock()
			return told, true
		}
		r := w.untold[0]
		w.mu.Unlock()
		ask, cancel := context.WithTimeout(ctx, tellWithin)
		err := w.office.Announced(ask, r)
		cancel()
		if again := w.note(r, err); again {
			return told, false
		}
	}
}

// note takes one off the list unless it is to be told again.
func (w *witness) note(r queue.AnnouncedRequest, err error) (again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	again = err != nil && retryable(err)
	if again {
		if w.err == nil {
			w.log.Warn("the office cannot be told of the calls, trying again", "err", err)
		}
		w.err = err
		return true
	}
	if w.err = nil; err == nil || queue.ErrorCode(err) == queue.CodeKeyReused { // The latter: the program that ran before has told it.
		w.told++
	} else {
		w.lost++
		w.log.Warn("the office does not take what became of a call", "ticket", r.Ticket, "zone", r.Zone, "err", err)
	}
	if len(w.untold) > 0 && w.untold[0].Key == r.Key { // Else it was given up meanwhile.
		w.untold = w.untold[1:]
	}
	return false
}

// retryable reports whether the same request may be taken later.
func retryable(err error) bool {
	code := queue.ErrorCode(err)
	return code == queue.CodeUnavailable || code == "" || errors.Is(err, context.DeadlineExceeded)
}

// snapshot tells how the writing goes.
func (w *witness) snapshot() (told, lost int64, waiting int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told, w.lost, len(w.untold), w.err
}
