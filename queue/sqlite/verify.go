package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Summary is what Verify has read.
type Summary struct {
	Schema   int // PRAGMA user_version.
	Findings int
	Offices  []queue.LogSummary // By id.
}

// Verify reads a whole store, also beside a running server and also a backup
// of one, and calls found for everything that is not as it should be: pages
// (PRAGMA integrity_check), the log of every office (queue.LogCheck), ticket
// rows that the log does not lead to, and request keys that cannot be read. The
// store may be of an earlier schema. An error means that Verify could not read
// to the end.
func Verify(ctx context.Context, path string, found func(queue.Finding)) (sum Summary, err error) {
	db, err := openFile(path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil) // One snapshot, whatever is written meanwhile.
	if err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { _ = tx.Rollback() }()
	v := &verifier{tx: tx, found: func(f queue.Finding) {
		sum.Findings++
		found(f)
	}}
	if v.schema, err = schemaOf(ctx, tx); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	sum.Schema = v.schema
	if err := integrity(ctx, tx, v.found); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	if sum.Offices, err = v.offices(ctx); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	if err := v.keys(ctx); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	return sum, nil
}

// Integrity checks the pages of any SQLite file (PRAGMA integrity_check).
func Integrity(ctx context.Context, path string, found func(queue.Finding)) (err error) {
	db, err := openFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := integrity(ctx, db, found); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// FindHash tells where in a store a hash of the log stands that was noted
// earlier. Where the chain is whole, nothing up to there was changed since.
func FindHash(ctx context.Context, path, hash string) (office string, seq int64, err error) {
	db, err := openFile(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = tx.Rollback() }()
	schema, err := userVersion(ctx, tx)
	if err != nil {
		return "", 0, err
	}
	if schema < logSchema {
		err = tx.QueryRowContext(ctx, "SELECT office, seq FROM event WHERE hash = ?", hash).Scan(&office, &seq)
	} else {
		office, seq, err = findLine(ctx, tx, hash)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, fmt.Errorf("no event in %s has the hash %q: its log is not the one the hash was noted from, or was cut or made anew since", path, hash)
	}
	return office, seq, err
}

// findLine finds the line with a hash, or is sql.ErrNoRows.
func findLine(ctx context.Context, q querier, hash string) (office string, seq int64, err error) {
	rows, err := q.QueryContext(ctx, "SELECT office, first, body FROM log WHERE instr(body, CAST(? AS BLOB)) > 0", hash+" ")
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var row []byte
		if err := rows.Scan(&office, &seq, &row); err != nil {
			return "", 0, err
		}
		for ; len(row) > 0; seq++ {
			var l line
			if l, row = cutLine(row, seq); l.hash == hash {
				return office, seq, nil
			}
		}
	}
	if err := rows.Err(); err != nil {
		return "", 0, err
	}
	return "", 0, sql.ErrNoRows
}

// openFile opens a SQLite file that exists for reading.
func openFile(path string) (*sql.DB, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", path)
	}
	db, err := sql.Open("sqlite3", dsn(path, url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// integrityMost bounds the findings of one integrity check.
const integrityMost = 20

func integrity(ctx context.Context, db querier, found func(queue.Finding)) error {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", integrityMost))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			found(queue.Finding{Text: "integrity check: " + line})
		}
	}
	return rows.Err()
}

// verifier checks one store within one read transaction.
type verifier struct {
	tx     *sql.Tx
	schema int
	found  func(queue.Finding)
}

// schemaOf gives the schema of a store that this program can check.
func schemaOf(ctx context.Context, q querier) (int, error) {
	version, err := userVersion(ctx, q)
	if err != nil {
		return 0, err
	}
	var tables int
	err = q.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (?, 'ticket')", logTable(version)).Scan(&tables)
	switch {
	case err != nil:
		return 0, err
	case version > schemaVersion:
		return version, fmt.Errorf("written by a newer xinmoi (schema %d, this program knows %d): use that one", version, schemaVersion)
	case version == 0 || tables != 2:
		return version, errors.New("it is not a store of xinmoi")
	}
	return version, nil
}

func (v *verifier) offices(ctx context.Context) ([]queue.LogSummary, error) {
	rows, err := v.tx.QueryContext(ctx, "SELECT office FROM "+logTable(v.schema)+" UNION SELECT office FROM ticket ORDER BY office")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var sums []queue.LogSummary
	for _, name := range names {
		sum, err := v.office(ctx, name)
		if err != nil {
			return sums, fmt.Errorf("office %s: %w", name, err)
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

// office checks one office: its log from the first event, and every ticket row.
func (v *verifier) office(ctx context.Context, name string) (sum queue.LogSummary, err error) {
	rows, err := newRowCheck(ctx, v, name)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, rows.read.Close()) }()
	check := queue.NewLogCheck(name, v.found, func(t queue.Ticket) { rows.settled(ctx, t) })
	if v.schema < logSchema {
		err = v.eventRows(ctx, name, check)
	} else {
		err = v.log(ctx, name, check)
		rows.running = check.Opened()
	}
	if err != nil {
		return sum, err
	}
	sum = check.End()
	return sum, errors.Join(rows.failed, rows.strangers(ctx))
}

// log reads an office's log, row by row, and checks what a row says of its lines.
func (v *verifier) log(ctx context.Context, name string, check *queue.LogCheck) error {
	rows, err := v.tx.QueryContext(ctx, "SELECT first, last, opened, body FROM log WHERE office = ? ORDER BY first", name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var first, last, opened int64
		var row []byte
		if err := rows.Scan(&first, &last, &opened, &row); err != nil {
			return err
		}
		report := func(format string, args ...any) {
			v.found(queue.Finding{Office: name, Seq: first, Text: fmt.Sprintf(format, args...)})
		}
		if len(row) == 0 {
			report("begins a row without events")
		}
		seq := first
		for ; len(row) > 0; seq++ {
			var l line
			if l, row = cutLine(row, seq); l.torn {
				report("begins a row whose end is torn off, at event %d", seq)
			}
			check.Add(queue.StoredEvent{Office: name, Seq: seq, Hash: l.hash, Body: l.body})
		}
		if seq-1 != last {
			report("begins a row that has the events to %d, but says to %d", seq-1, last)
		}
		if day := check.Opened(); opened != day {
			report("begins a row of the day that event %d opened, but says %d", day, opened)
		}
	}
	return rows.Err()
}

// keys reads the request keys. They are no history, but must be readable.
func (v *verifier) keys(ctx context.Context) error {
	if v.schema < logSchema {
		return nil // Each has columns of its own.
	}
	rows, err := v.tx.QueryContext(ctx, "SELECT office, body FROM answered ORDER BY rowid")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var office string
		var row []byte
		if err := rows.Scan(&office, &row); err != nil {
			return err
		}
		if err := eachKey(row, time.Time{}, func(queue.KeyRecord) {}); err != nil {
			v.found(queue.Finding{Office: office, Text: err.Error()})
		}
	}
	return rows.Err()
}
