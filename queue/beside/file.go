package beside

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "github.com/mattn/go-sqlite3" // The "sqlite3" driver, with SQLite bundled.
)

// Schema is what a file holds.
type Schema struct {
	Name   string // Of the file, in the words of errors: "mailbox".
	Create string // Statements that make a new file, as it is today.
	// Upgrades bring an older file up to date: the first makes version 2 of
	// version 1, and so on. A file has as many versions as upgrades, and one.
	Upgrades []string
}

// version is the one of today.
func (s Schema) version() int { return 1 + len(s.Upgrades) }

// File is one open file. Its methods may be called from any goroutine.
type File struct {
	*sql.DB
	name string
}

// pragmas are what a file is opened with and what is read back afterwards: the
// driver ignores words that it does not know, and NORMAL would lose what was
// promised.
var pragmas = [...]struct{ name, set, want string }{
	{"journal_mode", "WAL", "wal"}, {"synchronous", "FULL", "2"}, {"secure_delete", "on", "1"}, {"foreign_keys", "on", "1"},
}

// Open opens or creates the file at path and brings it up to date. It refuses a
// file system or driver that does not give full durability, and a file that a
// newer program made.
func Open(ctx context.Context, path string, s Schema) (*File, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=5000&_txlock=immediate&_stmt_cache_size=128"
	for _, p := range pragmas {
		dsn += "&_" + p.name + "=" + p.set
	}
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s %s: %w", s.Name, path, err)
	}
	db.SetMaxOpenConns(1) // One writer; it reads as well.
	f := &File{db, s.Name}
	if err := f.prepare(ctx, s); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s %s: %w", s.Name, path, err), db.Close())
	}
	return f, nil
}

func (f *File) prepare(ctx context.Context, s Schema) error {
	if err := f.checkPragmas(ctx); err != nil {
		return err
	}
	var version int
	if err := f.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	change, now := s.Create, s.version()
	switch {
	case version > now:
		return fmt.Errorf("file has version %d, this program knows up to %d: use the newer program", version, now)
	case version == now:
		return nil
	case version > 0:
		change = strings.Join(s.Upgrades[version-1:], "\n")
	}
	return f.Update(ctx, func(t *Tx) error { return t.Do(change + fmt.Sprintf("\nPRAGMA user_version = %d;", now)) })
}

func (f *File) checkPragmas(ctx context.Context) error {
	for _, p := range pragmas {
		var got string
		if err := f.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return fmt.Errorf("read pragma %s: %w", p.name, err)
		}
		if !strings.EqualFold(got, p.want) {
			return fmt.Errorf("pragma %s is %q, need %q", p.name, got, p.want)
		}
	}
	return nil
}

// Scrub empties the write-ahead log into the file, where erased rows are
// overwritten with zeros: until then they can still be read on the disk. It
// fails while another program reads the file.
func (f *File) Scrub(ctx context.Context) error {
	var busy, log, done int
	if err := f.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("%s: scrub: %w", f.name, err)
	}
	if busy != 0 {
		return fmt.Errorf("%s: scrub: another program reads the file", f.name)
	}
	return nil
}

// Tx is one transaction on a File; use it only inside Update.
type Tx struct {
	*sql.Tx
	Context context.Context // That of Update.
	name    string
}

// Update runs do in one transaction: all it did becomes durable, or nothing
// when do or the commit fails.
func (f *File) Update(ctx context.Context, do func(*Tx) error) error {
	t, err := f.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", f.name, err)
	}
	if err := do(&Tx{t, ctx, f.name}); err != nil {
		if back := t.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			return errors.Join(err, back)
		}
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", f.name, err)
	}
	return nil
}

// Do runs a statement.
func (t *Tx) Do(query string, args ...any) error {
	_, err := t.Changed(query, args...)
	return err
}

// Changed runs a statement and tells how many rows it changed.
func (t *Tx) Changed(query string, args ...any) (int, error) {
	res, err := t.ExecContext(t.Context, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", t.name, err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}
