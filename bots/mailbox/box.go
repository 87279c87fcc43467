package mailbox

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

// Box is one open mailbox file. Its methods may be called from any goroutine.
type Box struct {
	db *sql.DB
}

// schemaVersion is written to PRAGMA user_version; a file with a higher one
// was made by a newer program.
const schemaVersion = 1

const schema = `
CREATE TABLE cursor (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT;
CREATE TABLE inbox (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	channel    TEXT NOT NULL,
	ext_id     TEXT NOT NULL,
	chat       TEXT NOT NULL,
	body       BLOB NOT NULL,
	at         INTEGER NOT NULL,
	not_before INTEGER NOT NULL DEFAULT 0,
	attempts   INTEGER NOT NULL DEFAULT 0,
	done       INTEGER NOT NULL DEFAULT 0,
	UNIQUE (channel, ext_id)
) STRICT;
CREATE INDEX inbox_pending ON inbox (seq) WHERE done = 0;
CREATE TABLE outbox (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	channel    TEXT NOT NULL,
	chat       TEXT NOT NULL,
	ticket     TEXT NOT NULL,
	kind       TEXT NOT NULL,
	priority   INTEGER NOT NULL,
	dedupe     TEXT NOT NULL UNIQUE,
	not_before INTEGER NOT NULL,
	expires    INTEGER NOT NULL,
	state      TEXT NOT NULL,
	attempts   INTEGER NOT NULL DEFAULT 0,
	aside      INTEGER NOT NULL,
	resend     INTEGER NOT NULL,
	confirm    INTEGER NOT NULL,
	stale      INTEGER NOT NULL DEFAULT 0,
	again      INTEGER NOT NULL DEFAULT 0,
	body       BLOB NOT NULL,
	reason     TEXT NOT NULL DEFAULT '',
	at         INTEGER NOT NULL,
	settled    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_lane ON outbox (channel, chat, id) WHERE settled = 0;
CREATE INDEX outbox_due ON outbox (channel, priority, id) WHERE settled = 0;
CREATE INDEX outbox_settled ON outbox (settled) WHERE settled > 0;
CREATE TABLE binding (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	channel    TEXT NOT NULL,
	chat       TEXT NOT NULL,
	ticket     TEXT NOT NULL,
	service    TEXT NOT NULL,
	language   TEXT NOT NULL,
	told       INTEGER NOT NULL DEFAULT 0,
	card_ref   TEXT NOT NULL DEFAULT '',
	card_print TEXT NOT NULL DEFAULT '',
	card_at    INTEGER NOT NULL DEFAULT 0,
	at         INTEGER NOT NULL,
	ended      INTEGER NOT NULL DEFAULT 0,
	UNIQUE (channel, chat, ticket)
) STRICT;
CREATE INDEX binding_ticket ON binding (ticket);
CREATE INDEX binding_service ON binding (service, id) WHERE ended = 0;
CREATE TABLE chat (
	channel       TEXT NOT NULL,
	chat          TEXT NOT NULL,
	language      TEXT NOT NULL,
	pending       TEXT NOT NULL,
	pending_until INTEGER NOT NULL,
	menu_at       INTEGER NOT NULL,
	seen          INTEGER NOT NULL,
	PRIMARY KEY (channel, chat)
) STRICT;
`

// Open opens or creates the mailbox at path and refuses a file system or
// driver that does not give full durability. Messages that were on their way
// when the last process died are sorted by RecoverInFlight.
func Open(ctx context.Context, path string) (*Box, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_txlock=immediate&_secure_delete=on&_foreign_keys=on"
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, fmt.Errorf("open mailbox %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // One writer; it reads as well.
	b := &Box{db: db}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open mailbox %s: %w", path, err), db.Close())
	}
	return b, nil
}

func (b *Box) prepare(ctx context.Context) error {
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
	return b.Update(ctx, func(tx *Tx) error {
		return tx.exec(schema + fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion))
	})
}

// checkPragmas reads back what the connection string asked for: the driver
// ignores words it does not know, and NORMAL would lose acknowledged messages.
func (b *Box) checkPragmas(ctx context.Context) error {
	for _, p := range []struct{ name, want string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"secure_delete", "1"},
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
func (b *Box) Close() error { return b.db.Close() }

// Tx is one transaction on a Box; use it only inside Update.
type Tx struct {
	ctx context.Context
	tx  *sql.Tx
}

// Update runs f in one transaction: all it did becomes durable, or nothing
// when f or the commit fails.
func (b *Box) Update(ctx context.Context, f func(*Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("mailbox: begin: %w", err)
	}
	if err := f(&Tx{ctx: ctx, tx: tx}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("mailbox: commit: %w", err)
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (t *Tx) exec(query string, args ...any) error {
	if _, err := t.tx.ExecContext(t.ctx, query, args...); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	return nil
}

// execCount is exec that tells how many rows it changed.
func (t *Tx) execCount(query string, args ...any) (int, error) {
	res, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("mailbox: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Cursor gives the value stored under name, empty if there is none.
func (b *Box) Cursor(ctx context.Context, name string) (string, error) {
	var value string
	err := b.db.QueryRowContext(ctx, "SELECT value FROM cursor WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("mailbox: cursor %s: %w", name, err)
	}
	return value, nil
}

// SetCursor stores how far a reader has come.
func (t *Tx) SetCursor(name, value string) error {
	return t.exec("INSERT INTO cursor (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
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
func queryAll[T any](ctx context.Context, b *Box, read func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, fmt.Errorf("mailbox: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
