package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/xinmoi/xinmoi/queue"
)

// FileName is the store's file within a data directory.
const FileName = "xinmoi.db"

// DB is an open store. It implements queue.Store and queue.Tokens.
type DB struct {
	write  *sql.DB // One connection.
	read   *sql.DB
	writer *writer // Of that one connection; who holds it may use this.

	released sync.Once // The writer.
}

var (
	_ queue.Store  = (*DB)(nil)
	_ queue.Tokens = (*DB)(nil)
)

// Open opens or creates the store in a directory that exists, and upgrades one
// of an earlier schema. Several processes may have it open; the fence of
// Append keeps their logs apart.
func Open(ctx context.Context, dir string) (*DB, error) { return open(ctx, dir, (*DB).prepare) }

func open(ctx context.Context, dir string, prepare func(*DB, context.Context) error) (*DB, error) {
	path := filepath.Join(dir, FileName)
	write, err := sql.Open("sqlite3", dsn(path, url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"},
		"_txlock": {"immediate"}, "_foreign_keys": {"1"}, "_secure_delete": {"on"}, "_mutex": {"no"}, "_stmt_cache_size": {"32"},
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
	err = db.connect(ctx)
	if err == nil {
		err = prepare(db, ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// connect makes the connection that writes. Of two processes that make a new store
// at once one turns on the write-ahead log, for which SQLite takes the file alone
// and waits for nobody, whatever busy_timeout says: the other tries again.
func (db *DB) connect(ctx context.Context) error {
	const again, most = 20 * time.Millisecond, 5 * time.Second
	for end := time.Now().Add(most); ; {
		err := db.write.PingContext(ctx)
		if busy := (sqlite3.Error{}); !errors.As(err, &busy) || busy.Code != sqlite3.ErrBusy || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(again):
		}
	}
}

func dsn(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
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
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.release(), db.write.Close()) }

// Load implements queue.Store.
func (db *DB) Load(ctx context.Context, office string, keysSince time.Time) (queue.Loaded, error) {
	var day int64
	err := db.read.QueryRowContext(ctx, "SELECT opened FROM log WHERE office = ? ORDER BY first DESC LIMIT 1", office).Scan(&day)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return queue.Loaded{}, err
	}
	const all = -1
	events, err := db.Read(ctx, office, max(day, 1)-1, all)
	if err != nil {
		return queue.Loaded{}, err
	}
	keys, err := readKeys(ctx, db.read, office, keysSince)
	if err != nil {
		return queue.Loaded{}, err
	}
	persons, err := db.Persons(ctx, office)
	return queue.Loaded{Events: events, Keys: keys, Persons: persons}, err
}

// Read implements queue.Store; a negative limit is none.
func (db *DB) Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	return readLog(ctx, db.read, office, after, limit)
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
