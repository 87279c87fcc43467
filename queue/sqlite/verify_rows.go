package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// rowCheck compares an office's ticket rows with the tickets that its log leads
// to.
type rowCheck struct {
	v       *verifier
	office  string
	read    *sql.Stmt
	running int64   // Tickets issued after this event have no row yet.
	checked []int64 // Ids of the tickets that have one.
	failed  error   // Of reading a row; the log is read on.
}

func newRowCheck(ctx context.Context, v *verifier, office string) (*rowCheck, error) {
	read, err := v.tx.PrepareContext(ctx, "SELECT day, number, service, state, channel, issued_at, version FROM ticket WHERE office = ? AND id = ?")
	return &rowCheck{v: v, office: office, read: read, running: math.MaxInt64}, err
}

// settled takes the next ticket of the log in its final form. While the log is
// read, all that come are of days that have ended.
func (c *rowCheck) settled(ctx context.Context, t queue.Ticket) {
	id, err := strconv.ParseInt(t.ID, 10, 64)
	if err != nil || id > c.running {
		return // LogCheck has found an id that is no seq.
	}
	c.checked = append(c.checked, id)
	if err := c.compare(ctx, id, t); err != nil && c.failed == nil {
		c.failed = err
	}
}

// ticketRow is what reports read of a ticket.
type ticketRow struct {
	day, number, service, state, channel string
	issuedAt, version                    int64
}

// compare compares a row with the ticket that the log leads to.
func (c *rowCheck) compare(ctx context.Context, id int64, t queue.Ticket) error {
	var got ticketRow
	err := c.read.QueryRowContext(ctx, c.office, id).Scan(&got.day, &got.number, &got.service, &got.state, &got.channel, &got.issuedAt, &got.version)
	if errors.Is(err, sql.ErrNoRows) {
		c.report(t, "has no row")
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
			c.report(t, fmt.Sprintf("has %s %q in its row, %q in the log", f.name, f.row, f.log))
		}
	}
	return nil
}

func (c *rowCheck) report(t queue.Ticket, what string) {
	c.v.found(queue.Finding{Office: c.office, Seq: t.Version, Text: fmt.Sprintf("ticket %s of %s (id %s) %s", t.Number, t.Day, t.ID, what)})
}

func date(milli int64) string { return time.UnixMilli(milli).UTC().Format("2006-01-02T15:04:05.000Z") }

// strangers finds rows of tickets that the log never issued, and of tickets
// that have none yet.
func (c *rowCheck) strangers(ctx context.Context) error {
	slices.Sort(c.checked)
	rows, err := c.v.tx.QueryContext(ctx, "SELECT id, number, day FROM ticket WHERE office = ?", c.office)
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
		if _, known := slices.BinarySearch(c.checked, id); known {
			continue
		}
		why := "the log never issued it"
		if id > c.running {
			why = "its day has not ended, or the log never issued it"
		}
		c.v.found(queue.Finding{Office: c.office, Text: fmt.Sprintf("ticket %s of %s (id %d) has a row, but %s", number, day, id, why)})
	}
	return rows.Err()
}
