package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// recorded is a log in memory that counts how much of it is read, and breaks
// where it is told to.
type recorded struct {
	events []queue.Event
	read   int
	breaks int64 // Reading after this seq fails; 0 = never.
}

func (r *recorded) Read(_ context.Context, _ string, after int64, limit int) ([]queue.Event, error) {
	if r.breaks > 0 && after >= r.breaks {
		return nil, errors.New("disk gone")
	}
	from := min(max(after, 0), int64(len(r.events)))
	part := r.events[from:min(from+int64(limit), int64(len(r.events)))]
	r.read += len(part)
	return part, nil
}

func recordedLog(n int, at func(int) time.Time) *recorded {
	r := &recorded{}
	for i := range n {
		r.events = append(r.events, queue.Event{Seq: int64(i + 1), At: at(i)})
	}
	return r
}

func TestStored(t *testing.T) {
	begin := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	log := recordedLog(1500, func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second) })
	for _, after := range []int64{0, 1, 511, 512, 1024, 1499, 1500, 9999} {
		want := min(after, 1500)
		for e, err := range queue.Stored(t.Context(), log, "office", after) {
			if want++; err != nil || e.Seq != want {
				t.Fatalf("after %d: %d, %v; want %d", after, e.Seq, err, want)
			}
		}
		if want != 1500 {
			t.Errorf("after %d it ends at %d", after, want)
		}
	}
	n := 0
	for range queue.Stored(t.Context(), log, "office", 0) {
		if n++; n == 3 {
			break
		}
	}
	log.breaks = 1024
	var last error
	n = 0
	for _, err := range queue.Stored(t.Context(), log, "office", 0) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 1024 || last == nil {
		t.Errorf("%d events, then %v", n, last)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, err := range queue.Stored(ended, log, "office", 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context: %v", err)
		}
	}
}

// TestLastBefore is what counting gives, and reads little.
func TestLastBefore(t *testing.T) {
	begin := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		at := begin
		log := recordedLog(rapid.IntRange(0, 300).Draw(t, "n"), func(int) time.Time {
			at = at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "step")) * time.Second)
			return at
		})
		moment := begin.Add(time.Duration(rapid.IntRange(-5, 700).Draw(t, "moment")) * time.Second)
		want := int64(0)
		for _, e := range log.events {
			if e.At.Before(moment) {
				want = e.Seq
			}
		}
		got, err := queue.LastBefore(context.Background(), log, "office", moment)
		if err != nil || got != want || log.read > 30 {
			t.Fatalf("%d, %v after %d events read; want %d", got, err, log.read, want)
		}
	})
	if _, err := queue.LastBefore(t.Context(), &recorded{breaks: 1}, "office", begin); err != nil {
		t.Errorf("an empty log: %v", err)
	}
}
