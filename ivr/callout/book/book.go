package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// FileName is the book's file within a data directory.
const FileName = "calls.db"

// Book is one open file of wishes. Its methods may be called from any goroutine.
type Book struct {
	db *beside.File
}

// schema makes a new file, as it is today.
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
	db, err := beside.Open(ctx, path, beside.Schema{Name: "book of calls", Create: schema})
	if err != nil {
		return nil, err
	}
	return &Book{db}, nil
}

// Close closes the file.
func (b *Book) Close() error { return b.db.Close() }

// tx is one transaction.
type tx struct{ *beside.Tx }

// update runs f in one transaction: all it did becomes durable, or nothing.
func (b *Book) update(ctx context.Context, f func(tx) error) error {
	return b.db.Update(ctx, func(t *beside.Tx) error { return f(tx{t}) })
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
	return t.Do("INSERT INTO cursor (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", office, seq)
}

// Scrub makes erased numbers unreadable on the disk (see beside.File).
func (b *Book) Scrub(ctx context.Context) error { return b.db.Scrub(ctx) }
