package queue

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Following is how a channel reads an office's log for as long as it runs: from
// where it left off, and again from there whenever the log has broken off.
// Office, From and Event are required.
type Following struct {
	Office Office
	// From gives the seq after which to read. It is asked at the beginning and
	// after every break.
	From func(ctx context.Context) (after int64, err error)
	// Event takes one event. After an error the log is read again from From.
	// saved tells that how far it came is stored already.
	Event func(ctx context.Context, e Event) (saved bool, err error)
	// Save stores how far the log was read, when Event has not done so for a
	// while: what concerns nobody is not worth a write each. Nil = nothing is stored.
	Save func(ctx context.Context, seq int64) error
	// Broken hears why the log cannot be read, and the pause before the next
	// trial; nil = nobody does.
	Broken func(err error, pause time.Duration)
	// First is the pause after a failure, doubled after each further one up to
	// Most, until a further event is taken; 0 = 200 ms and 5 s.
	First, Most time.Duration
}

// After a crash at most so much is read again.
const (
	saveEvents = 256
	saveEvery  = 5 * time.Second
)

// errLogEnded is a log that ends without a reason.
var errLogEnded = errors.New("the log ended")

// Run reads until ctx ends and returns its error.
func (f Following) Run(ctx context.Context) error {
	if f.First <= 0 || f.Most < f.First {
		f.First, f.Most = 200*time.Millisecond, 5*time.Second
	}
	wait, far := f.First, int64(0)
	for ctx.Err() == nil {
		came, err := f.once(ctx, &far)
		if ctx.Err() != nil {
			break
		}
		if came {
			wait = f.First
		}
		// Many who lost it together do not come back together.
		pause := wait/2 + rand.N(wait/2+1)
		if f.Broken != nil {
			f.Broken(err, pause)
		}
		Await(ctx, nil, pause)
		wait = min(2*wait, f.Most)
	}
	return ctx.Err()
}

// once reads until the log breaks off and tells whether an event was taken that
// had not been before; far is the furthest one. What is only read again and
// again, because an event cannot be taken, counts for nothing.
func (f Following) once(ctx context.Context, far *int64) (came bool, err error) {
	after, err := f.From(ctx)
	if err != nil {
		return false, err
	}
	savedSeq, savedAt := after, time.Now()
	for e, err := range f.Office.Events(ctx, after) {
		if err != nil {
			return came, err
		}
		saved, err := f.Event(ctx, e)
		if err != nil {
			return came, err
		}
		if e.Seq > *far {
			came, *far = true, e.Seq
		}
		if !saved && f.Save != nil && (e.Seq-savedSeq >= saveEvents || time.Since(savedAt) >= saveEvery) {
			if err := f.Save(ctx, e.Seq); err != nil {
				return came, err
			}
			saved = true
		}
		if saved {
			savedSeq, savedAt = e.Seq, time.Now()
		}
	}
	return came, errLogEnded
}

// Bookmark stores how far the log of an office was read.
type Bookmark interface {
	// Cursor tells the seq stored last; known is false when there is none.
	Cursor(ctx context.Context, office string) (seq int64, known bool, err error)
	SetCursor(ctx context.Context, office string, seq int64) error
}

// askTime is for the office to answer a question of LeftOff.
const askTime = 5 * time.Second

// LeftOff gives the seq after which a channel goes on to read the log, and the
// office's id. The first time that is the log's present end; and it is never
// past the end, which happens when the office was restored from a backup.
func LeftOff(ctx context.Context, o Office, b Bookmark, log *slog.Logger) (after int64, office string, err error) {
	ask, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	info, err := o.Info(ask)
	if err != nil {
		return 0, "", err
	}
	board, err := o.Board(ask)
	if err != nil {
		return 0, "", err
	}
	seq, known, err := b.Cursor(ctx, info.ID)
	if err != nil {
		return 0, "", err
	}
	if known && seq <= board.Seq {
		return seq, info.ID, nil
	}
	if known {
		log.Warn("the office's log ends before what was read of it; going on from its end", "read", seq, "end", board.Seq)
	}
	return board.Seq, info.ID, b.SetCursor(ctx, info.ID, board.Seq)
}

// Await waits for a signal, but no longer than d, and reports whether ctx is
// still alive. Nil signal = it only waits.
func Await(ctx context.Context, signal <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-signal:
	case <-timer.C:
	}
	return ctx.Err() == nil
}
