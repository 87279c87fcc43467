package queue

import (
	"context"
	"iter"
	"time"
)

// LogReader reads the stored logs of offices; every Store is one.
type LogReader interface {
	// Read returns up to limit events of an office with Seq > after, in order.
	Read(ctx context.Context, office string, after int64, limit int) ([]Event, error)
}

// storedPage is how many events are read at once.
const storedPage = 512

// Stored yields an office's stored events after a cursor, in order, and ends
// where the log does. An error is the last that it yields.
func Stored(ctx context.Context, log LogReader, office string, after int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			events, err := log.Read(ctx, office, after, storedPage)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if len(events) < storedPage {
				return
			}
		}
	}
}

// LastBefore gives the seq of an office's last event before at, or 0. Times in
// a log never run backwards, so that few events are read, however long it is.
func LastBefore(ctx context.Context, log LogReader, office string, at time.Time) (int64, error) {
	earlier := func(seq int64) (bool, error) {
		events, err := log.Read(ctx, office, seq-1, 1)
		return len(events) > 0 && events[0].At.Before(at), err
	}
	low, high := int64(0), int64(1) // Event low is earlier, high is not.
	for {
		is, err := earlier(high)
		if err != nil {
			return 0, err
		}
		if !is {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		is, err := earlier(middle)
		if err != nil {
			return 0, err
		}
		if is {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}
