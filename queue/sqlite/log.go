package sqlite

import (
	"context"
	"database/sql"
	"net/url"

	"github.com/xinmoi/xinmoi/queue"
)

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
func (l *Log) Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	return readLog(ctx, l.db, office, after, limit)
}

// readLog reads events of an office after a seq, in order; a negative limit is
// none.
func readLog(ctx context.Context, db *sql.DB, office string, after int64, limit int) ([]queue.Event, error) {
	rows, err := db.QueryContext(ctx, "SELECT body, hash FROM event WHERE office = ? AND seq > ? ORDER BY seq LIMIT ?", office, after, limit)
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
