package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// What is erased of persons is gone from the disk, not only from the tables.
func TestErasedPersonsLeaveNoTrace(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	setup := queue.CommuneCentre()
	at := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	const number = "tel:+84912345678"
	var after int64
	for n := range 200 {
		after++
		b := queue.Batch{
			Office: setup.Office, After: after - 1,
			Events:  []queue.Event{{Office: setup.Office, Seq: after, At: at, Kind: queue.CounterOpened, Counter: "1"}},
			Persons: []queue.PersonRecord{{Ticket: fmt.Sprint(n), Person: number, At: at}},
		}
		if err := db.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if traces(t, dir, number) == 0 {
		t.Fatal("the number was never on the disk; this test would always pass")
	}
	err := db.Append(t.Context(), queue.Batch{Office: setup.Office, After: after, ForgetBefore: queue.Forget{Persons: at.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	if n := traces(t, dir, number); n != 0 {
		t.Errorf("after erasure the number stands %d times in the files", n)
	}
}

func traces(t *testing.T, dir, text string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(b, []byte(text))
	}
	return n
}

// A store that was closed is one file: a copy of it is the whole office.
func TestCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 1 {
		t.Errorf("left %v, %v", files, err)
	}
}
