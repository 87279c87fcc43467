package beside

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// first and second are a file's two versions.
var (
	first  = Schema{Name: "trial", Create: "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"}
	second = Schema{
		Name: "trial", Create: "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL, weight INTEGER NOT NULL DEFAULT 7) STRICT;",
		Upgrades: []string{"ALTER TABLE thing ADD COLUMN weight INTEGER NOT NULL DEFAULT 7;"},
	}
)

func open(t *testing.T, path string, s Schema) *File {
	t.Helper()
	f, err := Open(t.Context(), path, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func add(f *File, name string) error {
	return f.Update(context.Background(), func(t *Tx) error { return t.Do("INSERT INTO thing (name) VALUES (?)", name) })
}

func names(t *testing.T, f *File) []string {
	t.Helper()
	all, err := All(t.Context(), f, func(s Scanner) (n string, err error) { return n, s.Scan(&n) }, "SELECT name FROM thing ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What was written is found again, by a newer program as well; a file of a
// newer program is not touched.
func TestVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#.db") // Awkward, and still this very file.
	old := open(t, path, first)
	if err := add(old, "một"); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, filepath.Join(t.TempDir(), "fresh.db"), path} {
		f := open(t, path, second)
		if err := add(f, "hai"); err != nil {
			t.Fatal(err)
		}
		var weight, version int
		if err := f.QueryRow("SELECT sum(weight) / count(*) FROM thing").Scan(&weight); err != nil || weight != 7 {
			t.Errorf("the column that came with version 2: %v, %v", weight, err)
		}
		if err := f.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != 2 {
			t.Errorf("version %d, %v", version, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), path, first); err == nil || !strings.Contains(err.Error(), "version 2") || !strings.Contains(err.Error(), "trial") {
		t.Errorf("a newer file opens: %v", err)
	}
	if got := names(t, open(t, path, second)); !slices.Equal(got, []string{"một", "hai", "hai"}) {
		t.Errorf("found %q", got)
	}
}

// An upgrade that fails leaves the file as it was.
func TestFailedUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	f := open(t, path, first)
	if err := errors.Join(add(f, "một"), f.Close()); err != nil {
		t.Fatal(err)
	}
	bad := first
	bad.Upgrades = []string{"DELETE FROM thing; ALTER TABLE nothing ADD COLUMN x;"}
	if _, err := Open(t.Context(), path, bad); err == nil {
		t.Fatal("an upgrade that cannot be done is no error")
	}
	if got := names(t, open(t, path, first)); !slices.Equal(got, []string{"một"}) {
		t.Errorf("found %q", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "no", "such", "dir.db"), first); err == nil {
		t.Error("a missing folder opens")
	}
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, first); err == nil {
		t.Error("what is no database opens")
	}
}

func TestPragmas(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "x.db"), first)
	for _, p := range pragmas {
		var got string
		if err := f.QueryRow("PRAGMA " + p.name).Scan(&got); err != nil || got != p.want {
			t.Errorf("%s is %q, want %q (%v)", p.name, got, p.want, err)
		}
	}
	if _, err := f.Exec("PRAGMA synchronous = NORMAL"); err != nil {
		t.Fatal(err)
	}
	if err := f.checkPragmas(t.Context()); err == nil || !strings.Contains(err.Error(), "synchronous") {
		t.Errorf("a file that is not durable passes: %v", err)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "x.db"), first)
	broken := errors.New("broken")
	for name, do := range map[string]func(*Tx) error{
		"an error": func(*Tx) error { return broken },
		"a rollback": func(t *Tx) error {
			return errors.Join(broken, t.Rollback())
		},
		"a statement": func(t *Tx) error { return errors.Join(broken, t.Do("INSERT INTO nothing VALUES (1)")) },
	} {
		err := f.Update(t.Context(), func(t *Tx) error {
			if n, err := t.Changed("INSERT INTO thing (name) VALUES ('x'), ('y')"); err != nil || n != 2 {
				return errors.Join(err, errors.New("not two rows"))
			}
			return do(t)
		})
		if !errors.Is(err, broken) || strings.Contains(err.Error(), "not two rows") {
			t.Errorf("%s: %v", name, err)
		}
		if got := names(t, f); got != nil {
			t.Errorf("%s left %q", name, got)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := add(f, "x"); !errors.Is(err, sql.ErrConnDone) && (err == nil || !strings.Contains(err.Error(), "trial: begin")) {
		t.Errorf("a closed file: %v", err)
	}
}

// What was erased cannot be read from the disk after a scrub, and a scrub that
// another reader hinders says so.
func TestScrub(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	f := open(t, path, first)
	const secret = "0912345678-secret"
	if err := add(f, secret); err != nil {
		t.Fatal(err)
	}
	if err := f.Update(t.Context(), func(t *Tx) error { return t.Do("DELETE FROM thing") }); err != nil {
		t.Fatal(err)
	}
	onDisk := func() bool {
		for _, name := range []string{path, path + "-wal"} {
			if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte(secret)) {
				return true
			}
		}
		return false
	}
	if !onDisk() {
		t.Fatal("this test sees nothing: the row was never on the disk")
	}
	if err := f.Scrub(t.Context()); err != nil || onDisk() {
		t.Errorf("%v; still on the disk: %v", err, onDisk())
	}
}

func TestScrubWhileAnotherReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	f := open(t, path, first)
	if _, err := f.Exec("PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	other := open(t, path, first)
	rows, err := other.Query("SELECT * FROM sqlite_schema")
	if err != nil || !rows.Next() {
		t.Fatal(err, "nothing to read")
	}
	defer func() { _ = rows.Close() }()
	if err := add(f, "x"); err != nil {
		t.Fatal(err)
	}
	if err := f.Scrub(t.Context()); err == nil {
		t.Error("a scrub while another reads says that it was done")
	}
}

func TestMoments(t *testing.T) {
	at := time.Date(2026, 11, 22, 7, 30, 0, 5e6, time.UTC)
	if !Moment(Millis(at)).Equal(at) || Millis(time.Time{}) != 0 || !Moment(0).IsZero() {
		t.Error("a time is not what it was")
	}
}
