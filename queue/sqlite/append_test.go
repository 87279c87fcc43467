package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// crowd is a batch of n events, each with a ticket of a day that has ended, a
// key and a person.
func crowd(after int64, n int) queue.Batch {
	b := queue.Batch{Office: "o", After: after}
	at := time.UnixMilli(1_795_000_000_000).UTC()
	for i := range n {
		seq := after + int64(i) + 1
		id := strconv.FormatInt(seq, 10)
		t := queue.Ticket{
			ID: id, Office: "o", Number: queue.Number{Prefix: "A", N: int(seq)}, Code: "123456782", Service: "A", State: queue.Waiting,
			Channel: queue.Kiosk, Day: "2026-11-23", IssuedAt: at, EligibleAt: at, Version: seq,
		}
		b.Events = append(b.Events, queue.Event{Office: "o", Seq: seq, At: at, Kind: queue.TicketIssued, Hash: "h" + id, Ticket: &t})
		b.Ended = append(b.Ended, &t)
		b.Keys = append(b.Keys, queue.KeyRecord{Caller: "c", Key: "k" + id, Fingerprint: "f" + id, At: at, Ticket: id})
		b.Persons = append(b.Persons, queue.PersonRecord{Ticket: id, Person: "p" + id, At: at})
	}
	return b
}

func opened(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// holds wants every row up to seq in every table, each with its own values.
func holds(t *testing.T, db *DB, seq int64) {
	t.Helper()
	for _, query := range []string{
		"SELECT count(*) FROM ticket WHERE office = 'o' AND version = id AND number = printf('A%03d', id) AND service = 'A' AND state = 'waiting' AND channel = 'kiosk' AND day = '2026-11-23' AND issued_at = 1795000000000",
		"SELECT count(*) FROM person WHERE office = 'o' AND person = 'p' || ticket AND at = 1795000000000",
	} {
		var n int64
		if err := db.read.QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != seq {
			t.Errorf("%d rows, %v, want %d: %s", n, err, seq, query)
		}
	}
	loaded, err := db.Load(t.Context(), "o", time.Time{})
	if err != nil || int64(len(loaded.Events)) != seq || int64(len(loaded.Keys)) != seq {
		t.Fatalf("%d events, %d keys, %v, want %d", len(loaded.Events), len(loaded.Keys), err, seq)
	}
	want := crowd(0, int(seq))
	for i, e := range loaded.Events {
		if e.Hash != want.Events[i].Hash || e.Seq != int64(i+1) || e.Ticket.ID != want.Events[i].Ticket.ID || loaded.Keys[i] != want.Keys[i] {
			t.Fatalf("event %d is %+v, its key %+v", i+1, e, loaded.Keys[i])
		}
	}
}

func TestBatchesOfEverySize(t *testing.T) {
	db := opened(t)
	var seq int64
	for _, n := range []int{1, 2, rowsAtOnce - 1, rowsAtOnce, rowsAtOnce + 1, 2 * rowsAtOnce, 2*rowsAtOnce + 3, 5 * rowsAtOnce, 512} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if err := db.Append(t.Context(), crowd(seq, n)); err != nil {
				t.Fatal(err)
			}
			seq += int64(n)
			holds(t, db, seq)
		})
	}
}

// What a failed batch had collected must not come up in the next one.
func TestAfterAFailedBatch(t *testing.T) {
	db := opened(t)
	if err := db.Append(t.Context(), crowd(0, 3)); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]queue.Batch{
		"behind the log":   crowd(2, rowsAtOnce+5),
		"ahead of the log": crowd(9, rowsAtOnce+5),
		"one seq twice": func() queue.Batch {
			b := crowd(3, 2*rowsAtOnce+5)
			b.Events[rowsAtOnce+1].Seq = 4
			return b
		}(),
		"an id that is no number": func() queue.Batch {
			b := crowd(3, rowsAtOnce+5)
			b.Ended[rowsAtOnce+1].ID = "x"
			return b
		}(),
	} {
		if err := db.Append(t.Context(), b); err == nil {
			t.Errorf("%s: stored", name)
		}
		holds(t, db, 3)
	}
	if err := db.Append(t.Context(), crowd(3, rowsAtOnce+2)); err != nil {
		t.Fatal(err)
	}
	holds(t, db, 3+rowsAtOnce+2)
}

// A ticket that a batch has several times is in its row as the last has it.
func TestOneTicketManyTimes(t *testing.T) {
	db := opened(t)
	b := crowd(0, 3*rowsAtOnce)
	for i := range b.Events {
		ticket := *b.Events[0].Ticket
		ticket.Version, ticket.Service, ticket.State = int64(i+1), "A", queue.Called
		if i == len(b.Events)-1 {
			ticket.Service, ticket.State = "B", queue.Completed
		}
		b.Events[i].Ticket, b.Ended[i] = &ticket, &ticket
	}
	if err := db.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var rows, version int
	var service, state string
	err := db.read.QueryRowContext(t.Context(), "SELECT count(*), max(version), max(service), max(state) FROM ticket").Scan(&rows, &version, &service, &state)
	if err != nil || rows != 1 || version != 3*rowsAtOnce || service != "B" || state != string(queue.Completed) {
		t.Errorf("%d rows, version %d, service %s, state %s, %v", rows, version, service, state, err)
	}
}

// database/sql drops a connection that it has lost faith in; the statements of
// the old one must not be used on.
func TestNewConnection(t *testing.T) {
	db := opened(t)
	if err := db.Append(t.Context(), crowd(0, 3)); err != nil {
		t.Fatal(err)
	}
	before := db.writer
	conn, err := db.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); err == nil {
		t.Fatal("the connection was kept")
	}
	_ = conn.Close() // It is gone already.
	if err := db.Append(t.Context(), crowd(3, rowsAtOnce+2)); err != nil {
		t.Fatal(err)
	}
	if db.writer == before {
		t.Error("the old connection is still in use")
	}
	holds(t, db, 3+rowsAtOnce+2)
}

func TestCancelledBeforeItBegan(t *testing.T) {
	db := opened(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := db.Append(ctx, crowd(0, 1)); err == nil {
		t.Error("stored")
	}
	holds(t, db, 0)
}

func TestWriteAheadLogIsLong(t *testing.T) {
	db := opened(t)
	if err := db.Append(t.Context(), crowd(0, 1)); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := db.write.QueryRowContext(t.Context(), "PRAGMA wal_autocheckpoint").Scan(&pages); err != nil || pages != walPages {
		t.Errorf("%d pages, %v, want %d", pages, err, walPages)
	}
}

// BenchmarkAppend is what a ticket costs the store, by tickets per commit.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("tickets=%d", n), func(b *testing.B) {
			db, err := Open(b.Context(), b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			var seq int64
			for b.Loop() {
				b.StopTimer()
				batch := crowd(seq, n)
				batch.Ended = nil // Today's have no rows.
				seq += int64(n)
				b.StartTimer()
				if err := db.Append(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(seq), "µs/ticket")
		})
	}
}
