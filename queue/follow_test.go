package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// brokenLog is an office whose log breaks off again and again.
type brokenLog struct {
	queue.Office
	end   int64
	runs  []int64 // How many events each connection gives; afterwards none breaks.
	asked []int64 // After which seq each connection was asked for.
	err   error   // Why it breaks off; nil = without a word.
	every time.Duration
}

func (l *brokenLog) Info(context.Context) (queue.Info, error) { return queue.Info{ID: "q1"}, l.err }

func (l *brokenLog) Board(context.Context) (queue.Board, error) { return queue.Board{Seq: l.end}, nil }

func (l *brokenLog) Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error] {
	most := l.end
	if n := len(l.asked); n < len(l.runs) {
		most = min(l.end, after+l.runs[n])
	}
	l.asked = append(l.asked, after)
	return func(yield func(queue.Event, error) bool) {
		for seq := after + 1; seq <= most; seq++ {
			time.Sleep(l.every) // In a bubble.
			if !yield(queue.Event{Seq: seq}, nil) {
				return
			}
		}
		if len(l.asked) > len(l.runs) {
			<-ctx.Done()
			return
		}
		if l.err != nil {
			yield(queue.Event{}, l.err)
		}
	}
}

// Every event is taken once and in order, however often the log breaks off; the
// pauses grow while nothing comes, stay within bounds, and begin anew afterwards.
func TestFollowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		log := &brokenLog{end: 9, runs: []int64{3, 0, 0, 0, 0, 0, 0, 2, 0}, err: errors.New("gone")}
		var got []int64
		var pauses []time.Duration
		last := int64(2)
		f := queue.Following{
			Office: log,
			From:   func(context.Context) (int64, error) { return last, nil },
			Event: func(_ context.Context, e queue.Event) (bool, error) {
				got, last = append(got, e.Seq), e.Seq
				if last == log.end {
					cancel()
				}
				return false, nil
			},
			Broken: func(err error, pause time.Duration) {
				if !errors.Is(err, log.err) {
					t.Errorf("broken: %v", err)
				}
				pauses = append(pauses, pause)
			},
			First: time.Second, Most: 8 * time.Second,
		}
		began := time.Now()
		if err := f.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if want := []int64{3, 4, 5, 6, 7, 8, 9}; !slices.Equal(got, want) {
			t.Errorf("read %v, want %v", got, want)
		}
		var all time.Duration
		for i, want := range []time.Duration{1, 2, 4, 8, 8, 8, 8, 1, 2} {
			want *= time.Second
			if i >= len(pauses) || pauses[i] < want/2 || pauses[i] > want {
				t.Fatalf("pauses %v: pause %d is not between %v and %v", pauses, i, want/2, want)
			}
			all += pauses[i]
		}
		if took := time.Since(began); took != all {
			t.Errorf("waited %v, said %v", took, all)
		}
	})
}

// An event that could not be taken comes again; where to go on is asked anew.
func TestFollowingRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		log := &brokenLog{end: 5}
		var got []int64
		last, refused, unasked := int64(0), false, true
		f := queue.Following{
			Office: log,
			From: func(context.Context) (int64, error) {
				if unasked {
					unasked = false
					return 0, errors.New("not now")
				}
				return last, nil
			},
			Event: func(_ context.Context, e queue.Event) (bool, error) {
				if e.Seq == 3 && !refused {
					refused = true
					return false, errors.New("disk full")
				}
				got, last = append(got, e.Seq), e.Seq
				if last == log.end {
					cancel()
				}
				return false, nil
			},
		}
		_ = f.Run(ctx)
		if want := []int64{1, 2, 3, 4, 5}; !slices.Equal(got, want) || !slices.Equal(log.asked, []int64{0, 2}) {
			t.Errorf("read %v, want %v; asked after %v", got, want, log.asked)
		}
	})
}

// What cannot be taken is tried ever more seldom, however much before it is read
// again each time.
func TestFollowingGivesAFailureTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var pauses []time.Duration
		_ = queue.Following{
			Office: &brokenLog{end: 5},
			From:   func(context.Context) (int64, error) { return 0, nil },
			Event: func(_ context.Context, e queue.Event) (bool, error) {
				if e.Seq == 3 {
					return false, errors.New("disk full")
				}
				return false, nil
			},
			Broken: func(_ error, pause time.Duration) {
				if pauses = append(pauses, pause); len(pauses) == 6 {
					cancel()
				}
			},
			First: time.Second, Most: 8 * time.Second,
		}.Run(ctx)
		for i, want := range []time.Duration{1, 2, 4, 8, 8, 8} {
			if want *= time.Second; i >= len(pauses) || pauses[i] < want/2 || pauses[i] > want {
				t.Fatalf("pauses %v: pause %d is not between %v and %v", pauses, i, want/2, want)
			}
		}
	})
}

// How far it came is stored after so many events or so long, and not where the
// reader has stored it.
func TestFollowingSaves(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		saved func(seq int64) bool
		want  []int64
	}{
		"many":   {0, func(int64) bool { return false }, []int64{256, 512}},
		"slow":   {2 * time.Second, func(seq int64) bool { return seq > 7 }, []int64{3, 6}},
		"by own": {0, func(seq int64) bool { return seq == 200 }, []int64{456}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				log := &brokenLog{end: 600, every: c.every}
				var got []int64
				_ = queue.Following{
					Office: log,
					From:   func(context.Context) (int64, error) { return 0, nil },
					Event: func(_ context.Context, e queue.Event) (bool, error) {
						if e.Seq == log.end {
							cancel()
						}
						return c.saved(e.Seq), nil
					},
					Save: func(_ context.Context, seq int64) error { got = append(got, seq); return nil },
				}.Run(ctx)
				if !slices.Equal(got, c.want) {
					t.Errorf("stored %v, want %v", got, c.want)
				}
			})
		})
	}
}

// What cannot be stored breaks the reading off, as does a log that just ends.
func TestFollowingBreaks(t *testing.T) {
	full := errors.New("disk full")
	for name, f := range map[string]queue.Following{
		"full": {
			Office: &brokenLog{end: 600}, Event: func(context.Context, queue.Event) (bool, error) { return false, nil },
			Save: func(context.Context, int64) error { return full },
		},
		"ended": {Office: &brokenLog{end: 1, runs: []int64{1}}, Event: func(context.Context, queue.Event) (bool, error) { return false, nil }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				f.From = func(context.Context) (int64, error) { return 0, nil }
				f.Broken = func(err error, _ time.Duration) {
					if err == nil || name == "full" && !errors.Is(err, full) {
						t.Errorf("broken: %v", err)
					}
					cancel()
				}
				_ = f.Run(ctx)
			})
		})
	}
}

// mark is a bookmark.
type mark struct {
	seq   int64
	known bool
	err   error
}

func (m *mark) Cursor(context.Context, string) (int64, bool, error) { return m.seq, m.known, m.err }

func (m *mark) SetCursor(_ context.Context, office string, seq int64) error {
	if office != "q1" {
		return fmt.Errorf("office %q", office)
	}
	m.seq, m.known = seq, true
	return nil
}

func TestLeftOff(t *testing.T) {
	for name, c := range map[string]struct {
		mark mark
		want int64
		told bool
	}{
		"first time":    {mark{}, 9, false},
		"left off":      {mark{seq: 4, known: true}, 4, false},
		"at the end":    {mark{seq: 9, known: true}, 9, false},
		"from a backup": {mark{seq: 12, known: true}, 9, true},
	} {
		var out bytes.Buffer
		after, office, err := queue.LeftOff(t.Context(), &brokenLog{end: 9}, &c.mark, slog.New(slog.NewTextHandler(&out, nil)))
		if err != nil || after != c.want || office != "q1" || c.mark.seq != c.want || strings.Contains(out.String(), "read=12") != c.told {
			t.Errorf("%s: after %d of %q, %v, stored %+v, log %q", name, after, office, err, c.mark, &out)
		}
	}
	gone := errors.New("gone")
	for name, c := range map[string]struct {
		log  brokenLog
		mark mark
	}{"no office": {brokenLog{err: gone}, mark{}}, "no bookmark": {brokenLog{}, mark{err: gone}}} {
		if _, _, err := queue.LeftOff(t.Context(), &c.log, &c.mark, slog.New(slog.DiscardHandler)); !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began, signal := time.Now(), make(chan struct{}, 1)
		if !queue.Await(ctx, nil, time.Minute) || !queue.Await(ctx, signal, time.Minute) || !queue.Await(ctx, nil, -1) || time.Since(began) != 2*time.Minute {
			t.Errorf("waited %v", time.Since(began))
		}
		signal <- struct{}{}
		if !queue.Await(ctx, signal, time.Minute) || time.Since(began) != 2*time.Minute {
			t.Error("a signal was not heard")
		}
		cancel()
		if queue.Await(ctx, nil, time.Minute) || time.Since(began) != 2*time.Minute {
			t.Error("waits on after the end")
		}
	})
}
