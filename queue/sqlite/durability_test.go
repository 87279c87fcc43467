package sqlite

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// connect opens the store's file in the way that a careless program would.
func connect(t *testing.T, settings url.Values) *DB {
	t.Helper()
	raw, err := sql.Open("sqlite3", dsn(filepath.Join(t.TempDir(), FileName), settings))
	if err != nil {
		t.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := raw.Close(); err != nil {
			t.Error(err)
		}
	})
	return &DB{write: raw, read: raw}
}

func TestWeakDurabilityIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		settings url.Values
		fine     bool
	}{
		"as Open asks for":          {url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_secure_delete": {"on"}}, true},
		"erased data left behind":   {url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_secure_delete": {"off"}}, false},
		"the driver's WAL default":  {url.Values{"_journal_mode": {"WAL"}}, false},
		"normal":                    {url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}}, false},
		"off":                       {url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"OFF"}}, false},
		"a rollback journal":        {url.Values{"_journal_mode": {"DELETE"}, "_synchronous": {"FULL"}}, false},
		"a journal in memory alone": {url.Values{"_journal_mode": {"MEMORY"}, "_synchronous": {"FULL"}}, false},
	} {
		db := connect(t, c.settings)
		err := db.prepare(t.Context())
		if (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "power cut") {
			t.Errorf("%s: the error does not say why: %v", name, err)
		}
		var tables int
		if e := db.write.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&tables); e != nil || (tables > 0) != c.fine {
			t.Errorf("%s: %d tables, %v", name, tables, e)
		}
	}
}

func TestOpenReadsBackFull(t *testing.T) {
	db, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000", "secure_delete": "1"} {
		var got string
		if err := db.write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", pragma, got, err, want)
		}
	}
	if _, err := db.read.Exec("DELETE FROM log"); err == nil {
		t.Error("a reader may write")
	}
}
