package queue

import (
	"context"
	"iter"
	"testing"
	"time"
)

// pastOffice has a log of one event a minute.
type pastOffice struct {
	Office
	now  time.Time
	seq  int64
	read int
}

func (o *pastOffice) Board(context.Context) (Board, error) {
	return Board{Seq: o.seq}, nil
}

func (o *pastOffice) Events(_ context.Context, after int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		o.read++
		yield(Event{Seq: after + 1, At: o.now.Add(-time.Duration(o.seq-after-1) * time.Minute)}, nil)
	}
}

// TestBeforeToday: the whole day is read, not the whole past.
func TestBeforeToday(t *testing.T) {
	for _, seq := range []int64{0, 1, firstLook, firstLook + 1, 2159, 2161, 9000, 1_000_000} {
		o := &pastOffice{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), seq: seq}
		after, err := BeforeToday(t.Context(), o, o.now)
		if err != nil {
			t.Fatal(err)
		}
		behind := time.Duration(seq-after) * time.Minute
		if after < 0 || (after > 0 && behind < dayMost) {
			t.Errorf("log of %d: begins after %d, %v ago", seq, after, behind)
		}
		if most := 16 * dayMost; behind > most || o.read > 12 {
			t.Errorf("log of %d: %v of it are read, in %d looks", seq, behind, o.read)
		}
	}
}
