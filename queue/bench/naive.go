package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// comparedAt is the number of callers at which stores are compared.
const comparedAt = 64

// naiveSchema is what ticket systems commonly have: tickets, the request keys
// that led to them, and a table of what happened.
const naiveSchema = `
CREATE TABLE ticket (
  id INTEGER PRIMARY KEY, service TEXT NOT NULL, day TEXT NOT NULL, number INTEGER NOT NULL,
  state TEXT NOT NULL, issued_at INTEGER NOT NULL
);
CREATE INDEX ticket_number ON ticket (service, day, number);
CREATE TABLE request_key (key TEXT PRIMARY KEY, ticket INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);`

// naiveStore gives numbers the way most ticket systems do: a pool of
// connections, one transaction per call, and the next number read from the
// table. It is as durable as the real one (WAL, synchronous=FULL), and correct.
type naiveStore struct {
	db   *sql.DB
	slow time.Duration
	body string // Of an audit row; as large as an event of the real log.
}

func openNaive(ctx context.Context, dir string, slow time.Duration) (*naiveStore, error) {
	query := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"}, "_txlock": {"immediate"}, "_stmt_cache_size": {"16"}}
	path := url.URL{Path: filepath.Join(dir, "naive.db")}
	db, err := sql.Open("sqlite3", "file:"+path.EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(comparedAt) // No reconnecting: that would be slower still.
	n := &naiveStore{db: db, slow: slow, body: strings.Repeat("x", recordSize)}
	if err := n.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return n, nil
}

func (n *naiveStore) prepare(ctx context.Context) error {
	if _, err := n.db.ExecContext(ctx, naiveSchema); err != nil {
		return err
	}
	var journal string
	var synchronous int
	if err := n.db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	if err := n.db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return err
	}
	if journal != "wal" || synchronous != 2 {
		return fmt.Errorf("journal_mode %q and synchronous %d: not as durable as the store it is compared with", journal, synchronous)
	}
	return nil
}

// take gives the next number; it repeats what met a lock for too long.
func (n *naiveStore) take(ctx context.Context, service, key string) (number int, err error) {
	for {
		number, err = n.tryTake(ctx, service, key)
		if err == nil || !strings.Contains(err.Error(), "database is locked") {
			return number, err
		}
	}
}

func (n *naiveStore) tryTake(ctx context.Context, service, key string) (number int, err error) {
	tx, err := n.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // What matters is why.
		}
	}()
	const day = "2026-01-02"
	now := time.Now().UnixMilli()
	var used int64
	if err := tx.QueryRowContext(ctx, "SELECT ticket FROM request_key WHERE key = ?", key).Scan(&used); !errors.Is(err, sql.ErrNoRows) {
		return 0, errors.Join(fmt.Errorf("key %s: ticket %d", key, used), err)
	}
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) + 1 FROM ticket WHERE service = ? AND day = ?", service, day).Scan(&number); err != nil {
		return 0, err
	}
	made, err := tx.ExecContext(ctx, "INSERT INTO ticket (service, day, number, state, issued_at) VALUES (?, ?, ?, 'waiting', ?)", service, day, number, now)
	if err != nil {
		return 0, err
	}
	id, err := made.LastInsertId()
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO request_key (key, ticket) VALUES (?, ?)", key, id); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO audit (at, body) VALUES (?, ?)", now, n.body); err != nil {
		return 0, err
	}
	time.Sleep(n.slow) // Under the write lock, where the slower fsync would be.
	return number, tx.Commit()
}

// naive measures the naive store.
func (p pass) naive(ctx context.Context) (row Row, err error) {
	p.Progress(fmt.Sprintf("naive store, %d callers%s", comparedAt, p.slower()))
	dir, done, err := p.sub("naive")
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, done()) }()
	store, err := openNaive(ctx, dir, p.slow)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, store.db.Close()) }()
	given := make([]ledger, comparedAt)
	callers := make([]caller, comparedAt)
	for i := range callers {
		service, n := letter(i), 0
		callers[i] = func(ctx context.Context) (time.Duration, error) {
			n++
			begun := time.Now()
			number, err := store.take(ctx, service, fmt.Sprintf("%d-%d", i, n))
			if err != nil {
				return 0, err
			}
			took := time.Since(begun)
			given[i].note(service, number)
			return took, nil
		}
	}
	s, err := closedLoop(ctx, p.Duration, callers)
	if err != nil {
		return row, err
	}
	row = s.row(comparedAt)
	row.PerCommit = 1
	return row, check(given)
}
