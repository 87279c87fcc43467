package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Box is one open mailbox file. Its methods may be called from any goroutine.
type Box struct {
	db    *beside.File // Changes it.
	read  *beside.File // Answers questions, which so need not wait for a commit to reach the disk.
	group *group
}

// schema makes a new file, as it is today.
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
	settled    INTEGER NOT NULL DEFAULT 0,
	mark       TEXT NOT NULL DEFAULT '',
	receipt    TEXT NOT NULL DEFAULT '',
	doubts     INTEGER NOT NULL DEFAULT 0
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
	travel     INTEGER NOT NULL DEFAULT 0,
	heard      TEXT NOT NULL DEFAULT '',
	ahead      INTEGER NOT NULL DEFAULT 0,
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
	phone         TEXT NOT NULL DEFAULT '',
	needs         TEXT NOT NULL DEFAULT '',
	consent       TEXT NOT NULL DEFAULT '',
	consent_at    INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (channel, chat)
) STRICT;
` + menuSchema + letterSchema + paceSchema + receiptSchema

// paceSchema is what keeps every question short however much waits: the first
// letter of each chat, what is due next, what failed, who follows something.
const paceSchema = `
CREATE INDEX inbox_chat ON inbox (channel, chat, seq) WHERE done = 0;
CREATE INDEX outbox_next ON outbox (channel, not_before) WHERE settled = 0;
CREATE INDEX outbox_dead ON outbox (channel) WHERE state = 'dead';
CREATE INDEX binding_open ON binding (channel) WHERE ended = 0;
`

// upgrades bring an older file up to date.
func upgrades() []string {
	return []string{
		"ALTER TABLE binding ADD COLUMN travel INTEGER NOT NULL DEFAULT 0;",
		menuSchema,
		`ALTER TABLE binding ADD COLUMN heard TEXT NOT NULL DEFAULT '';
ALTER TABLE binding ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN needs TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN consent TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN consent_at INTEGER NOT NULL DEFAULT 0;
UPDATE binding SET heard = 'nearly' WHERE told;` + letterSchema,
		paceSchema,
		`ALTER TABLE outbox ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN receipt TEXT NOT NULL DEFAULT '';
UPDATE outbox SET mark = hex(randomblob(13)) WHERE settled = 0;` + receiptSchema,
		"ALTER TABLE outbox ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0;",
	}
}

// Open opens or creates the mailbox at path and refuses a file system or
// driver that does not give full durability. Messages that were on their way
// when the last process died are sorted by RecoverInFlight.
func Open(ctx context.Context, path string) (*Box, error) {
	today := beside.Schema{Name: "mailbox", Create: schema, Upgrades: upgrades()}
	db, err := beside.Open(ctx, path, today)
	if err != nil {
		return nil, err
	}
	read, err := beside.Open(ctx, path, today)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Box{db, read, newGroup()}, nil
}

// Close closes the file.
func (b *Box) Close() error { return errors.Join(b.read.Close(), b.db.Close()) }

// Tx is one transaction on a Box; use it only inside Update.
type Tx struct{ file *beside.Tx }

// Cursor gives the value stored under name, empty if there is none.
func (b *Box) Cursor(ctx context.Context, name string) (string, error) {
	var value string
	err := b.read.QueryRowContext(ctx, "SELECT value FROM cursor WHERE name = ?", name).Scan(&value)
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
	return t.file.Do("INSERT INTO cursor (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}
