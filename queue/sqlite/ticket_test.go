package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// A ticket has a row from the end of its day on, and what happens to it later
// is in it; the running day's tickets have none.
func TestRowsFollowTheirDays(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, sqlite.FileName)
	db := open(t, dir)
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC).UnixMilli())
	e, stop := serve(t, db, func() time.Time { return time.UnixMilli(now.Add(1)) })
	defer stop()
	ctx := context.Background()
	must := func(got queue.Ticket, err error) queue.Ticket {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	rows := func(want ...queue.Ticket) {
		t.Helper()
		var lines []string
		for _, w := range want {
			lines = append(lines, fmt.Sprintf("%s %s %s %s %d", w.ID, w.Day, w.Number, w.State, w.Version))
		}
		if got := column(t, path, "SELECT id || ' ' || day || ' ' || number || ' ' || state || ' ' || version FROM ticket ORDER BY id"); !slices.Equal(got, lines) {
			t.Errorf("rows %q, want %q", got, lines)
		}
		if findings, _ := verify(t, path); len(findings) > 0 {
			t.Errorf("found %q", findings)
		}
		for _, w := range want {
			if got := must(db.Ticket(ctx, w.Office, w.ID)); got.Version != w.Version || got.State != w.State {
				t.Errorf("ticket %s is %s at %d, want %s at %d", w.ID, got.State, got.Version, w.State, w.Version)
			}
		}
	}
	if _, err := e.SetCounter(ctx, queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	take := func() queue.Ticket {
		t.Helper()
		return must(e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk}))
	}
	first, second := take(), take()
	first = must(e.Next(ctx, queue.CounterRequest{Counter: "1"}))
	rows()

	now.Add((24 * time.Hour).Milliseconds())
	third := take() // The day turns.
	second = must(e.Ticket(ctx, second.ID))
	if second.State != queue.Expired {
		t.Fatalf("the ticket of yesterday is %s", second.State)
	}
	rows(first, second)
	first = must(e.Act(ctx, queue.ActRequest{Ticket: first.ID, Action: queue.Start}))
	rows(first, second)
	first = must(e.Act(ctx, queue.ActRequest{Ticket: first.ID, Action: queue.Finish}))
	third = must(e.Act(ctx, queue.ActRequest{Ticket: third.ID, Action: queue.Cancel}))
	rows(first, second)

	now.Add((24 * time.Hour).Milliseconds())
	take()
	rows(first, second, must(e.Ticket(ctx, third.ID)))
}
