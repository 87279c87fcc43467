package sim

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/storetest"
)

// shared makes a store that one goroutine uses fit for several, and shows its
// persons.
type shared struct {
	mu sync.Mutex
	s  *store
}

func (s *shared) Load(ctx context.Context, office string, since time.Time) (queue.Loaded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.Load(ctx, office, since)
}

func (s *shared) Append(ctx context.Context, b queue.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.Append(ctx, b)
}

func (s *shared) Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.Read(ctx, office, after, limit)
}

func (s *shared) Ticket(ctx context.Context, office, id string) (queue.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.Ticket(ctx, office, id)
}

func (s *shared) Persons(context.Context, string) ([]queue.PersonRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.s.disk.content.persons), nil
}

func newStore() *store { return &store{disk: new(disk), trouble: new(trouble)} }

// The simulated disk is a store like the real ones.
func TestStoreIsAStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return &shared{s: newStore()} })
}

func event(seq int64) queue.Event {
	return queue.Event{Office: "o", Seq: seq, Kind: queue.TicketIssued, Hash: strconv.FormatInt(seq, 10), Ticket: &queue.Ticket{ID: strconv.FormatInt(seq, 10)}}
}

func batch(after int64, n int) queue.Batch {
	b := queue.Batch{Office: "o", After: after}
	for i := range n {
		b.Events = append(b.Events, event(after+1+int64(i)))
	}
	return b
}

// What survives each of the points at which the machine may end.
func TestCutOfPower(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    point
		kept  bool
		after int64
	}{
		{"before the append", beforeAppend, true, 1},
		{"before the sync", beforeSync, false, 1},
		{"before the sync, written out", beforeSync, true, 3},
		{"before the answer", beforeAnswer, false, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore()
			if err := s.Append(t.Context(), batch(0, 1)); err != nil {
				t.Fatal(err)
			}
			s.trouble.dies, s.trouble.kept = c.at, c.kept
			if err := s.Append(t.Context(), batch(1, 2)); !errors.Is(err, errOff) || !s.failed {
				t.Fatalf("the append says %v", err)
			}
			if _, err := s.Load(t.Context(), "o", time.Time{}); !errors.Is(err, errOff) {
				t.Fatalf("the machine is off, and answers %v", err)
			}
			s.disk.off, *s.trouble = false, trouble{}
			loaded, err := s.Load(t.Context(), "o", time.Time{})
			if err != nil || int64(len(loaded.Events)) != c.after || s.disk.end() != c.after {
				t.Errorf("%d events survive, %v; want %d", len(loaded.Events), err, c.after)
			}
		})
	}
}

func TestTroubles(t *testing.T) {
	s := newStore()
	s.trouble.full = 2
	for range 2 {
		if err := s.Append(t.Context(), batch(0, 1)); !errors.Is(err, errFull) || s.disk.end() != 0 {
			t.Fatalf("a full disk says %v, and ends at %d", err, s.disk.end())
		}
	}
	s.trouble.liar = true
	if err := s.Append(t.Context(), batch(0, 1)); !errors.Is(err, errLiar) || s.disk.end() != 1 {
		t.Fatalf("stored after all: %v, and ends at %d", err, s.disk.end())
	}
	if err := s.Append(t.Context(), batch(0, 1)); queue.ErrorCode(err) != queue.CodeFenced {
		t.Fatalf("a second owner: %v", err)
	}
	s.trouble.deaf = 1
	if _, err := s.Load(t.Context(), "o", time.Time{}); !errors.Is(err, errDeaf) {
		t.Fatalf("a store that is gone: %v", err)
	}
	if l, err := s.Load(t.Context(), "o", time.Time{}); err != nil || len(l.Events) != 1 {
		t.Fatalf("and back: %d, %v", len(l.Events), err)
	}
}

// Whatever is written, synced and cut: what was synced is there, as a prefix of
// what was written, and a copy does not notice.
func TestDiskKeepsWhatWasSynced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := new(disk)
		var synced int64
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				if err := d.write(batch(d.end(), rapid.IntRange(1, 3).Draw(t, "events"))); err != nil {
					t.Fatal(err)
				}
			},
			"sync": func(*rapid.T) { d.sync(); synced = d.end() },
			"cut": func(t *rapid.T) {
				copied, end := d.copy(), d.end()
				if rapid.Bool().Draw(t, "kept") {
					d.cut(true)
					synced = end
				} else {
					d.cut(false)
				}
				if d.end() != synced || copied.end() != end || !d.off {
					t.Fatalf("the disk ends at %d, its copy at %d; %d were synced of %d", d.end(), copied.end(), synced, end)
				}
				d.off = false
			},
			"": func(t *rapid.T) {
				for i, e := range d.content.events {
					if _, row := d.content.rows[e.Ticket.ID]; e.Seq != int64(i+1) || !row {
						t.Fatalf("event %d has seq %d, row %v", i, e.Seq, row)
					}
				}
				if len(d.content.rows) != len(d.content.events) {
					t.Fatalf("%d rows of %d events", len(d.content.rows), len(d.content.events))
				}
			},
		})
	})
}

// The agenda gives everything once, in the order of time and of making.
func TestAgenda(t *testing.T) {
	start := time.Unix(0, 0)
	rapid.Check(t, func(t *rapid.T) {
		var a agenda
		times := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 60).Draw(t, "times")
		for _, s := range times {
			a.add(start.Add(time.Duration(s)*time.Second), nil)
		}
		end := start.Add(time.Duration(rapid.IntRange(0, 25).Draw(t, "end")) * time.Second)
		window := time.Duration(rapid.IntRange(0, 3).Draw(t, "window")) * time.Second
		var got []appointment
		for {
			due := a.pop(end, window)
			if len(due) == 0 {
				break
			}
			if len(due) > most || due[len(due)-1].at.Sub(due[0].at) > window || !due[len(due)-1].at.Before(end) {
				t.Fatalf("%d at once, within %v", len(due), due[len(due)-1].at.Sub(due[0].at))
			}
			got = append(got, due...)
		}
		got = append(got, a.rest()...)
		if len(got) != len(times) || !slices.IsSortedFunc(got, appointment.compare) {
			t.Fatalf("%d of %d, in the wrong order perhaps", len(got), len(times))
		}
	})
}
