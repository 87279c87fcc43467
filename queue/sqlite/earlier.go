package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// logSchema is the schema from which on the log is in rows of many events. In
// those before it each event has its row, and so has each request key and each
// ticket, of the running day too. Copies of such stores are read, verified and
// restored; only the server changes one, by its upgrade.
const logSchema = 3

// logTable gives the table that has the log.
func logTable(schema int) string {
	if schema < logSchema {
		return "event"
	}
	return "log"
}

// readEventRows is readLog for an earlier schema.
func readEventRows(ctx context.Context, q querier, office string, after int64, limit int) ([]queue.Event, error) {
	rows, err := q.QueryContext(ctx, "SELECT body, hash FROM event WHERE office = ? AND seq > ? ORDER BY seq LIMIT ?", office, after, limit)
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

// eventRows is verifier.log for an earlier schema.
func (v *verifier) eventRows(ctx context.Context, name string, check *queue.LogCheck) error {
	rows, err := v.tx.QueryContext(ctx, "SELECT seq, at, kind, hash, body FROM event WHERE office = ? ORDER BY seq", name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		e := queue.StoredEvent{Office: name}
		var at int64
		if err := rows.Scan(&e.Seq, &at, &e.Kind, &e.Hash, &e.Body); err != nil {
			return err
		}
		e.At = time.UnixMilli(at)
		check.Add(e)
	}
	return rows.Err()
}

// packed is how many events an upgrade puts into a row: few enough to be read
// for the sake of one, many enough to be few rows.
const packed = 128

// pack moves what stores before logSchema have into its tables, byte by byte:
// the hashes go on to say that nothing was changed.
func pack(ctx context.Context, tx *sql.Tx) error {
	offices, err := officesOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, office := range offices {
		if err := packLog(ctx, tx, office); err != nil {
			return fmt.Errorf("the log of %s: %w", office, err)
		}
	}
	if err := packKeys(ctx, tx); err != nil {
		return fmt.Errorf("request keys: %w", err)
	}
	return script(`
		DELETE FROM ticket WHERE id > (SELECT max(opened) FROM log WHERE log.office = ticket.office);
		DROP TABLE event;
		DROP TABLE request_key`)(ctx, tx)
}

func officesOf(ctx context.Context, tx *sql.Tx) (offices []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT DISTINCT office FROM event ORDER BY office")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var office string
		if err := rows.Scan(&office); err != nil {
			return nil, err
		}
		offices = append(offices, office)
	}
	return offices, rows.Err()
}

// packLog moves an office's events. A row ends before a gap, which only a
// damaged log has: seqs are what they were.
func packLog(ctx context.Context, tx *sql.Tx, office string) error {
	var last, opened int64
	for {
		part, err := nextPart(ctx, tx, office, last)
		if err != nil || part.events == 0 {
			return err
		}
		last, opened = part.first+part.events-1, max(opened, part.opened)
		if _, err := tx.ExecContext(ctx, "INSERT INTO log (office, first, last, opened, body) VALUES (?, ?, ?, ?, ?)",
			office, part.first, last, opened, part.body); err != nil {
			return err
		}
	}
}

// part is a row of the log to be.
type part struct {
	first, events int64
	opened        int64 // Seq of the latest day_opened in it, or 0.
	body          []byte
}

// nextPart reads the events after a seq.
func nextPart(ctx context.Context, tx *sql.Tx, office string, after int64) (p part, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT seq, kind, hash, body FROM event WHERE office = ? AND seq > ? ORDER BY seq LIMIT ?", office, after, packed)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var seq int64
		var kind, hash string
		var body sql.RawBytes
		if err := rows.Scan(&seq, &kind, &hash, &body); err != nil {
			return p, err
		}
		if p.events == 0 {
			p.first = seq
		}
		if seq != p.first+p.events {
			return p, nil
		}
		p.events++
		if kind == string(queue.DayOpened) {
			p.opened = seq
		}
		p.body = append(append(append(append(p.body, hash...), ' '), body...), '\n')
	}
	return p, rows.Err()
}

// packKeys moves the request keys, in rows of one office and one time.
func packKeys(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT office, at, caller, key, fingerprint, ticket, counter FROM request_key ORDER BY rowid")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var office string
	var at int64
	var row []byte
	put := func() error {
		if len(row) == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO answered (office, at, body) VALUES (?, ?, ?)", office, at, row)
		row = row[:0]
		return err
	}
	for rows.Next() {
		var o string
		var t int64
		var k queue.KeyRecord
		if err := rows.Scan(&o, &t, &k.Caller, &k.Key, &k.Fingerprint, &k.Ticket, &k.Counter); err != nil {
			return err
		}
		if o != office || t != at {
			if err := put(); err != nil {
				return err
			}
			office, at = o, t
		}
		row = appendKey(row, &k)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return put()
}
