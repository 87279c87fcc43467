// Package sqlite keeps offices' logs in one SQLite file that survives kill -9
// and power cuts: the store of every office that runs on its own.
//
// One connection, used by one goroutine at a time, writes; a small pool reads.
// The write-ahead log is flushed at every commit (synchronous=FULL); the
// driver's default in WAL mode would lose acknowledged tickets, so Open reads
// the setting back and refuses to go on without it.
package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/xinmoi/xinmoi/queue"
)

// FileName is the store's file within a data directory.
const FileName = "xinmoi.db"

// schemaVersion is what this program writes (PRAGMA user_version).
const schemaVersion = 1

//go:embed migration_0001.sql
var migration0001 string

// DB is an open store. It implements queue.Store and queue.Tokens.
type DB struct {
	write *sql.DB // One connection.
	read  *sql.DB
}

var (
	_ queue.Store  = (*DB)(nil)
	_ queue.Tokens = (*DB)(nil)
)

// Open opens or creates the store in a directory that exists. Several
// processes may have it open; the fence of Append keeps their logs apart.
func Open(ctx context.Context, dir string) (*DB, error) {
	path := filepath.Join(dir, FileName)
	write, err := sql.Open("sqlite3", dsn(path, url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"},
		"_txlock": {"immediate"}, "_foreign_keys": {"1"}, "_secure_delete": {"on"}, "_stmt_cache_size": {"32"},
	}))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite3", dsn(path, url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {"5000"}, "_stmt_cache_size": {"32"}}))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	db := &DB{write: write, read: read}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

func dsn(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// prepare checks durability and brings the schema up to date.
func (db *DB) prepare(ctx context.Context) error {
	if err := db.checkDurability(ctx); err != nil {
		return err
	}
	var version int
	if err := db.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > schemaVersion:
		return fmt.Errorf("written by a newer xinmoi (schema %d, this program knows %d): use that one, or restore a backup", version, schemaVersion)
	case version == schemaVersion:
		return nil
	}
	return db.migrate(ctx)
}

// checkDurability reads back what an acknowledged ticket, and an erased
// person, depend on.
func (db *DB) checkDurability(ctx context.Context) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"} {
		var got string
		if err := db.write.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %q, want %q: tickets could be lost in a power cut, or erased data left behind", pragma, got, want)
		}
	}
	return nil
}

func (db *DB) migrate(ctx context.Context) error {
	return db.inTx(ctx, func(tx *sql.Tx) error {
		// Another process may have migrated while this one waited for the lock.
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version == schemaVersion {
			return err
		}
		if _, err := tx.ExecContext(ctx, migration0001); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
		return err
	})
}

// inTx runs f in one write transaction.
func (db *DB) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		if back := tx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			return errors.Join(err, back)
		}
		return err
	}
	return tx.Commit()
}

// Close closes the store.
//
// The writer goes last: the last connection to close brings the write-ahead
// log into the database file, which a read-only one could not.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// Append implements queue.Store.
func (db *DB) Append(ctx context.Context, b queue.Batch) error {
	err := db.inTx(ctx, func(tx *sql.Tx) error {
		if err := checkFence(ctx, tx, b); err != nil {
			return err
		}
		if err := insertEvents(ctx, tx, b); err != nil {
			return err
		}
		if err := insertKeys(ctx, tx, b); err != nil {
			return err
		}
		if err := insertPersons(ctx, tx, b); err != nil {
			return err
		}
		return forget(ctx, tx, b)
	})
	var constraint sqlite3.Error
	if errors.As(err, &constraint) && constraint.ExtendedCode == sqlite3.ErrConstraintPrimaryKey {
		return queue.Errorf(queue.CodeFenced, "the log of %s has moved on: %w", b.Office, err)
	}
	if err == nil && b.ForgetBefore != (queue.Forget{}) {
		db.scrub(ctx)
	}
	return err
}

// scrub empties the write-ahead log, where erased rows would stay readable. A
// reader that is just at work puts it off until the log is full; nothing is
// lost by that, so it is no error.
func (db *DB) scrub(ctx context.Context) {
	_, _ = db.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
}

// checkFence refuses a batch that would leave a gap; one that would overlap
// meets the primary key.
func checkFence(ctx context.Context, tx *sql.Tx, b queue.Batch) error {
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT max(seq) FROM event WHERE office = ?", b.Office).Scan(&last); err != nil {
		return err
	}
	if last.Int64 != b.After {
		return queue.Errorf(queue.CodeFenced, "the log of %s ends at %d, not at %d", b.Office, last.Int64, b.After)
	}
	return nil
}

func insertEvents(ctx context.Context, tx *sql.Tx, b queue.Batch) error {
	latest := map[string]*queue.Ticket{}
	for _, e := range b.Events {
		body, err := e.Body()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO event (office, seq, at, kind, hash, body) VALUES (?, ?, ?, ?, ?, ?)",
			e.Office, e.Seq, e.At.UnixMilli(), string(e.Kind), e.Hash, body); err != nil {
			return err
		}
		if e.Ticket != nil {
			latest[e.Ticket.ID] = e.Ticket
		}
	}
	for _, t := range latest {
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO ticket
			(office, id, day, number, service, state, channel, issued_at, version) VALUES (?, CAST(? AS INTEGER), ?, ?, ?, ?, ?, ?, ?)`,
			b.Office, t.ID, t.Day, t.Number.String(), t.Service, string(t.State), string(t.Channel), t.IssuedAt.UnixMilli(), t.Version); err != nil {
			return err
		}
	}
	return nil
}

func insertKeys(ctx context.Context, tx *sql.Tx, b queue.Batch) error {
	for _, k := range b.Keys {
		if _, err := tx.ExecContext(ctx, "INSERT INTO request_key (office, caller, key, fingerprint, at, ticket, counter) VALUES (?, ?, ?, ?, ?, ?, ?)",
			b.Office, k.Caller, k.Key, k.Fingerprint, k.At.UnixMilli(), k.Ticket, k.Counter); err != nil {
			return err
		}
	}
	return nil
}

func insertPersons(ctx context.Context, tx *sql.Tx, b queue.Batch) error {
	for _, p := range b.Persons {
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO person (office, ticket, person, at) VALUES (?, ?, ?, ?)",
			b.Office, p.Ticket, p.Person, p.At.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

func forget(ctx context.Context, tx *sql.Tx, b queue.Batch) error {
	if b.ForgetBefore == (queue.Forget{}) {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM person WHERE office = ? AND at < ?", b.Office, b.ForgetBefore.Persons.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM request_key WHERE office = ? AND at < ?", b.Office, b.ForgetBefore.Keys.UnixMilli())
	return err
}

// Load implements queue.Store.
func (db *DB) Load(ctx context.Context, office string, keysSince time.Time) (queue.Loaded, error) {
	var day sql.NullInt64
	if err := db.read.QueryRowContext(ctx, "SELECT max(seq) FROM event WHERE office = ? AND kind = 'day_opened'", office).Scan(&day); err != nil {
		return queue.Loaded{}, err
	}
	const all = -1
	events, err := db.Read(ctx, office, max(day.Int64, 1)-1, all)
	if err != nil {
		return queue.Loaded{}, err
	}
	keys, err := db.keys(ctx, office, keysSince)
	if err != nil {
		return queue.Loaded{}, err
	}
	persons, err := db.Persons(ctx, office)
	return queue.Loaded{Events: events, Keys: keys, Persons: persons}, err
}

func (db *DB) keys(ctx context.Context, office string, since time.Time) ([]queue.KeyRecord, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT caller, key, fingerprint, at, ticket, counter FROM request_key WHERE office = ? AND at >= ? ORDER BY rowid", office, since.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []queue.KeyRecord
	for rows.Next() {
		var k queue.KeyRecord
		var at int64
		if err := rows.Scan(&k.Caller, &k.Key, &k.Fingerprint, &at, &k.Ticket, &k.Counter); err != nil {
			return nil, err
		}
		k.At = time.UnixMilli(at).UTC()
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// Read implements queue.Store; a negative limit is none.
func (db *DB) Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT body, hash FROM event WHERE office = ? AND seq > ? ORDER BY seq LIMIT ?", office, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []queue.Event
	for rows.Next() {
		var body []byte
		var hash string
		if err := rows.Scan(&body, &hash); err != nil {
			return nil, err
		}
		e, err := queue.DecodeEvent(body, hash)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

// Ticket implements queue.Store.
func (db *DB) Ticket(ctx context.Context, office, id string) (queue.Ticket, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id { // "007" is no ticket's id.
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %q", id)
	}
	var body []byte
	err = db.read.QueryRowContext(ctx, `SELECT e.body FROM ticket t JOIN event e ON e.office = t.office AND e.seq = t.version
		WHERE t.office = ? AND t.id = ?`, office, n).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %s", id)
	}
	if err != nil {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "read ticket %s: %w", id, err)
	}
	e, err := queue.DecodeEvent(body, "")
	if err != nil || e.Ticket == nil {
		return queue.Ticket{}, queue.Errorf(queue.CodeInternal, "event of ticket %s cannot be read: %w", id, err)
	}
	return *e.Ticket, nil
}

// Persons gives what is on record about the takers of an office's tickets.
func (db *DB) Persons(ctx context.Context, office string) ([]queue.PersonRecord, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT ticket, person, at FROM person WHERE office = ? ORDER BY at, ticket", office)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var persons []queue.PersonRecord
	for rows.Next() {
		var p queue.PersonRecord
		var at int64
		if err := rows.Scan(&p.Ticket, &p.Person, &at); err != nil {
			return nil, err
		}
		p.At = time.UnixMilli(at).UTC()
		persons = append(persons, p)
	}
	return persons, rows.Err()
}
