package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Whoever adds a table says how long it is kept, here and in the documentation.
func TestRetentionIsComplete(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, k := range Retention() {
		if k.What == "" || k.Until == "" || k.By == "" {
			t.Errorf("%s: %+v", k.Data, k)
		}
		if !strings.Contains(string(doc), "//\t"+k.Data+" ") {
			t.Errorf("the documentation does not say how long %s is kept", k.Data)
		}
		if !strings.HasPrefix(k.Data, BackupsName) {
			listed = append(listed, fmt.Sprintf("%q ", k.Data))
		}
	}
	slices.Sort(listed)
	tables := rawRows(t, filepath.Join(dir, FileName), "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
	if !slices.Equal(tables, listed) {
		t.Errorf("tables are %s, listed are %s", tables, listed)
	}
	if !strings.Contains(string(doc), fmt.Sprintf("the newest %d\n", BackupsKept)) {
		t.Error("the documentation has another number of backups")
	}
}

// Ten days of an office, one ticket each: what is left of them.
func TestRetentionIsKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, db)
	if _, err := db.NewToken(t.Context(), queue.RoleStaff, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Secret(t.Context(), "links"); err != nil {
		t.Fatal(err)
	}
	setup := queue.CommuneCentre()
	setup.Rules.PersonMost = 2
	const days = 10
	for day := range days {
		now := time.Date(2026, 11, 2+day, 1, 0, 0, 0, time.UTC)
		e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: db, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		r := queue.TakeRequest{Meta: queue.Meta{Key: fmt.Sprint(day)}, Service: "A", Channel: queue.Phone, Person: "tel:+8491234567"}
		if _, err := e.Take(ctx, r); err != nil {
			t.Error(err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for query, want := range map[string]int{
		"SELECT count(DISTINCT opened) FROM log WHERE opened > 0": days,
		"SELECT count(*) FROM ticket":                             days - 1, // Today's has none yet.
		"SELECT count(*) FROM answered":                           8,        // Of today and the 7 days before it.
		"SELECT count(*) FROM person":                             1,
		"SELECT count(*) FROM token":                              1,
		"SELECT count(*) FROM secret":                             1,
	} {
		if got := rawRows(t, path, query); got[0] != fmt.Sprintf("%q ", fmt.Sprint(want)) {
			t.Errorf("%s: %s, want %d", query, got[0], want)
		}
	}
}
