package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
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
// (PRAGMA integrity_check), the log of every office (queue.LogCheck), and
// ticket rows that the log does not lead to. An error means that it could not
// read to the end.
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
	if sum.Schema, err = v.schema(ctx); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	if err := integrity(ctx, tx, v.found); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	if sum.Offices, err = v.offices(ctx); err != nil {
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
	err = db.QueryRowContext(ctx, "SELECT office, seq FROM event WHERE hash = ?", hash).Scan(&office, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, fmt.Errorf("no event in %s has the hash %q: its log is not the one the hash was noted from, or was cut or made anew since", path, hash)
	}
	return office, seq, err
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

func integrity(ctx context.Context, db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, found func(queue.Finding),
) error {
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
	tx    *sql.Tx
	found func(queue.Finding)
}

func (v *verifier) schema(ctx context.Context) (int, error) {
	var version, tables int
	if err := v.tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, err
	}
	if err := v.tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('event', 'ticket')").Scan(&tables); err != nil {
		return 0, err
	}
	switch {
	case version == 0 || tables != 2:
		return version, errors.New("it is not a store of xinmoi")
	case version > schemaVersion:
		return version, fmt.Errorf("written by a newer xinmoi (schema %d, this program knows %d): use that one", version, schemaVersion)
	}
	return version, nil
}

func (v *verifier) offices(ctx context.Context) ([]queue.LogSummary, error) {
	rows, err := v.tx.QueryContext(ctx, "SELECT office FROM event UNION SELECT office FROM ticket ORDER BY office")
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
	row, err := v.tx.PrepareContext(ctx, "SELECT day, number, service, state, channel, issued_at, version FROM ticket WHERE office = ? AND id = ?")
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, row.Close()) }()
	var failed error // Of reading a row; the log is read on.
	check := queue.NewLogCheck(name, v.found, func(t queue.Ticket) {
		if err := v.ticket(ctx, row, name, t); err != nil && failed == nil {
			failed = err
		}
	})
	if err := v.events(ctx, name, check); err != nil {
		return sum, err
	}
	sum = check.End()
	if failed != nil {
		return sum, failed
	}
	return sum, v.strangers(ctx, name)
}

// events reads an office's log, one event at a time.
func (v *verifier) events(ctx context.Context, name string, check *queue.LogCheck) error {
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

// ticketRow is what reports read of a ticket.
type ticketRow struct {
	day, number, service, state, channel string
	issuedAt, version                    int64
}

// ticket compares a row with the ticket that the log leads to.
func (v *verifier) ticket(ctx context.Context, row *sql.Stmt, office string, t queue.Ticket) error {
	id, err := strconv.ParseInt(t.ID, 10, 64)
	if err != nil {
		return nil // LogCheck has found it: the id is not a seq.
	}
	var got ticketRow
	err = row.QueryRowContext(ctx, office, id).Scan(&got.day, &got.number, &got.service, &got.state, &got.channel, &got.issuedAt, &got.version)
	if errors.Is(err, sql.ErrNoRows) {
		v.report(office, t, "has no row")
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range []struct{ name, row, log string }{
		{"day", got.day, t.Day},
		{"number", got.number, t.Number.String()},
		{"service", got.service, t.Service},
		{"state", got.state, string(t.State)},
		{"channel", got.channel, string(t.Channel)},
		{"issue time", date(got.issuedAt), date(t.IssuedAt.UnixMilli())},
		{"version", strconv.FormatInt(got.version, 10), strconv.FormatInt(t.Version, 10)},
	} {
		if f.row != f.log {
			v.report(office, t, fmt.Sprintf("has %s %q in its row, %q in the log", f.name, f.row, f.log))
		}
	}
	return nil
}

func (v *verifier) report(office string, t queue.Ticket, what string) {
	v.found(queue.Finding{Office: office, Seq: t.Version, Text: fmt.Sprintf("ticket %s of %s (id %s) %s", t.Number, t.Day, t.ID, what)})
}

func date(milli int64) string { return time.UnixMilli(milli).UTC().Format("2006-01-02T15:04:05.000Z") }

// strangers finds rows of tickets that the log never issued.
func (v *verifier) strangers(ctx context.Context, office string) error {
	rows, err := v.tx.QueryContext(ctx, `SELECT id, number, day FROM ticket t WHERE office = ? AND NOT EXISTS
		(SELECT 1 FROM event e WHERE e.office = t.office AND e.seq = t.id AND e.kind IN (?, ?))`,
		office, string(queue.TicketIssued), string(queue.TicketHeld))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var number, day string
		if err := rows.Scan(&id, &number, &day); err != nil {
			return err
		}
		v.found(queue.Finding{Office: office, Text: fmt.Sprintf("ticket %s of %s (id %d) has a row, but the log never issued it", number, day, id)})
	}
	return rows.Err()
}
