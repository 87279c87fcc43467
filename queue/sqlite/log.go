package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/xinmoi/xinmoi/queue"
)

// A row of the log is the events of one commit. Each is a line: its hash, a
// space, and its body, which is JSON and has no line break. One long row is
// written much faster than a row for each event.

// appendLine adds an event to a row.
func appendLine(row []byte, e *queue.Event) ([]byte, error) {
	body, err := e.Body()
	if err != nil {
		return row, err
	}
	if bytes.IndexByte(body, '\n') >= 0 {
		return row, fmt.Errorf("the body of event %d has a line break in it", e.Seq)
	}
	row = append(append(row, e.Hash...), ' ')
	return append(append(row, body...), '\n'), nil
}

// line is one event as the log has it.
type line struct {
	seq  int64
	hash string
	body []byte
	torn bool // It is the last of its row, and is not ended.
}

// event reads the line.
func (l line) event() (queue.Event, error) { return queue.DecodeEvent(l.body, l.hash) }

// cutLine takes the first line off a row.
func cutLine(row []byte, seq int64) (l line, rest []byte) {
	text, rest, ended := bytes.Cut(row, []byte("\n"))
	hash, body, _ := bytes.Cut(text, []byte(" "))
	return line{seq: seq, hash: string(hash), body: body, torn: !ended}, rest
}

// querier is a database or a transaction.
type querier interface {
	rowQuerier
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// eachLine gives an office's lines after a seq, in order, until done.
func eachLine(ctx context.Context, q querier, office string, after int64, take func(line) (done bool, err error)) (err error) {
	after = max(after, 0)
	rows, err := q.QueryContext(ctx, `SELECT first, body FROM log WHERE office = ?1
		AND first >= coalesce((SELECT max(first) FROM log WHERE office = ?1 AND first <= ?2), 0) ORDER BY first`, office, after+1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var seq int64
		var row []byte
		if err := rows.Scan(&seq, &row); err != nil {
			return err
		}
		for ; len(row) > 0; seq++ {
			var l line
			if l, row = cutLine(row, seq); seq <= after {
				continue
			}
			if done, err := take(l); done || err != nil {
				return err
			}
		}
	}
	return rows.Err()
}

// readLog reads events of an office after a seq, in order; a negative limit is
// none.
func readLog(ctx context.Context, q querier, office string, after int64, limit int) (events []queue.Event, err error) {
	if limit == 0 {
		return nil, nil
	}
	err = eachLine(ctx, q, office, after, func(l line) (bool, error) {
		e, err := l.event()
		if err != nil {
			return true, fmt.Errorf("event %d of %s: %w", l.seq, office, err)
		}
		events = append(events, e)
		return len(events) == limit, nil
	})
	return events, err
}

// Log reads the logs in a store file and never touches it: whatever version
// wrote it, and whoever serves it now.
type Log struct{ db *sql.DB }

// OpenLog opens the store in a file; see FileName.
func OpenLog(path string) (*Log, error) {
	db, err := sql.Open("sqlite3", dsn(path, url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {"5000"}}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &Log{db}, nil
}

// Close closes the file.
func (l *Log) Close() error { return l.db.Close() }

// Read gives events as queue.Store does.
func (l *Log) Read(ctx context.Context, office string, after int64, limit int) (events []queue.Event, err error) {
	tx, err := l.db.BeginTx(ctx, nil) // The server may be started anew, and upgrade the store, between two reads.
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	schema, err := userVersion(ctx, tx)
	if err != nil {
		return nil, err
	}
	if schema < logSchema {
		return readEventRows(ctx, tx, office, after, limit)
	}
	return readLog(ctx, tx, office, after, limit)
}

// Day gives the events of an office's latest day, which begin with what the
// office has decided; of a store of before version 3, all events.
func (l *Log) Day(ctx context.Context, office string) ([]queue.Event, error) {
	var opened int64
	const all = -1
	switch schema, err := userVersion(ctx, l.db); {
	case err != nil:
		return nil, err
	case schema >= logSchema:
		err := l.db.QueryRowContext(ctx, "SELECT opened FROM log WHERE office = ? ORDER BY first DESC LIMIT 1", office).Scan(&opened)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	return l.Read(ctx, office, max(opened, 1)-1, all)
}
