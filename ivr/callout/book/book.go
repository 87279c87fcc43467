package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // The "sqlite3" driver, with SQLite bundled.
)

// FileName is the book's file within a data directory.
const FileName = "calls.db"

// Book is one open file of wishes. Its methods may be called from any goroutine.
type Book struct {
	db *sql.DB
}

// schemaVersion is written to PRAGMA user_version; a file with a higher one
// was made by a newer program.
const schemaVersion = 1

const schema = `
CREATE TABLE cursor (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT;
CREATE TABLE day (
	day    TEXT PRIMARY KEY,
	secret BLOB NOT NULL
) STRICT;
CREATE TABLE tally (
	day   TEXT NOT NULL REFERENCES day ON DELETE CASCADE,
	mark  BLOB NOT NULL,
	calls INTEGER NOT NULL,
	PRIMARY KEY (day, mark)
) STRICT;
CREATE TABLE wish (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	ticket     TEXT NOT NULL UNIQUE,
	number     TEXT NOT NULL,
	service    TEXT NOT NULL,
	issued     INTEGER NOT NULL,
	day        TEXT NOT NULL,
	telephone  TEXT NOT NULL,
	language   TEXT NOT NULL,
	ahead      INTEGER NOT NULL,
	minutes    INTEGER NOT NULL,
	present    INTEGER NOT NULL,
	asked      INTEGER NOT NULL,
	round      INTEGER NOT NULL DEFAULT 1,
	state      TEXT NOT NULL,
	result     TEXT NOT NULL DEFAULT '',
	not_before INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX wish_open ON wish (id) WHERE state <> 'done';
CREATE TABLE attempt (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	wish     INTEGER NOT NULL REFERENCES wish ON DELETE CASCADE,
	purpose  TEXT NOT NULL,
	round    INTEGER NOT NULL,
	n        INTEGER NOT NULL,
	key      TEXT NOT NULL UNIQUE,
	day      TEXT NOT NULL,
	mark     BLOB NOT NULL,
	began    INTEGER NOT NULL,
	progress TEXT NOT NULL,
	outcome  TEXT NOT NULL DEFAULT '',
	code     INTEGER NOT NULL DEFAULT 0,
	rang     INTEGER NOT NULL DEFAULT 0,
	talked   INTEGER NOT NULL DEFAULT 0,
	pressed  TEXT NOT NULL DEFAULT '',
	UNIQUE (wish, purpose, round, n)
) STRICT;
CREATE INDEX attempt_running ON attempt (id) WHERE outcome = '';
CREATE INDEX attempt_began ON attempt (began);
`

// Open opens or creates the book at path and refuses a file system or driver
// that does not give full durability. Calls that were under way when the last
// process died are found by Unfinished.
func Open(ctx context.Context, path string) (*Book, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_txlock=immediate&_secure_delete=on&_foreign_keys=on&_stmt_cache_size=32"
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the book of calls %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // One writer; it reads as well.
	b := &Book{db: db}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the book of calls %s: %w", path, err), db.Close())
	}
	return b, nil
}

func (b *Book) prepare(ctx context.Context) error {
	if err := b.checkPragmas(ctx); err != nil {
		return err
	}
	var version int
	if err := b.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > schemaVersion:
		return fmt.Errorf("file has version %d, this program knows up to %d: use the newer program", version, schemaVersion)
	case version == schemaVersion:
		return nil
	}
	return b.update(ctx, func(tx tx) error {
		return tx.exec(schema + fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion))
	})
}

// checkPragmas reads back what the connection string asked for: the driver
// ignores words it does not know, and NORMAL would lose wishes that were
// promised.
func (b *Book) checkPragmas(ctx context.Context) error {
	for _, p := range []struct{ name, want string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"secure_delete", "1"}, {"foreign_keys", "1"},
	} {
		var got string
		if err := b.db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return fmt.Errorf("read pragma %s: %w", p.name, err)
		}
		if !strings.EqualFold(got, p.want) {
			return fmt.Errorf("pragma %s is %q, need %q", p.name, got, p.want)
		}
	}
	return nil
}

// Close closes the file.
func (b *Book) Close() error { return b.db.Close() }

// tx is one transaction.
type tx struct {
	*sql.Tx
	ctx context.Context
}

// update runs f in one transaction: all it did becomes durable, or nothing.
func (b *Book) update(ctx context.Context, f func(tx) error) error {
	t, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("book of calls: begin: %w", err)
	}
	if err := f(tx{t, ctx}); err != nil {
		if back := t.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			return errors.Join(err, back)
		}
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("book of calls: commit: %w", err)
	}
	return nil
}

func (t tx) exec(query string, args ...any) error {
	_, err := t.changed(query, args...)
	return err
}

// changed is exec that tells how many rows it changed.
func (t tx) changed(query string, args ...any) (int64, error) {
	res, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("book of calls: %w", err)
	}
	return res.RowsAffected()
}

// Cursor tells how far the log of an office was read; ok is false when it
// never was.
func (b *Book) Cursor(ctx context.Context, office string) (seq int64, ok bool, err error) {
	err = b.db.QueryRowContext(ctx, "SELECT value FROM cursor WHERE name = ?", office).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("book of calls: cursor of %s: %w", office, err)
	}
	return seq, true, nil
}

// SetCursor notes how far the log of an office was read.
func (b *Book) SetCursor(ctx context.Context, office string, seq int64) error {
	return b.update(ctx, func(t tx) error { return t.setCursor(office, seq) })
}

func (t tx) setCursor(office string, seq int64) error {
	return t.exec("INSERT INTO cursor (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", office, seq)
}

// Scrub empties the write-ahead log into the file, where erased numbers are
// overwritten with zeros: until then they can still be read on the disk.
func (b *Book) Scrub(ctx context.Context) error {
	var busy, log, done int
	if err := b.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("book of calls: scrub: %w", err)
	}
	if busy != 0 {
		return errors.New("book of calls: scrub: another program reads the file")
	}
	return nil
}

// millis stores a time; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment reads what millis wrote.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// scanner is a row of any query.
type scanner interface{ Scan(dest ...any) error }

// queryAll runs a query and reads every row.
func queryAll[T any](ctx context.Context, b *Book, read func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("book of calls: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, fmt.Errorf("book of calls: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
