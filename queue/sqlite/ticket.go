package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/xinmoi/xinmoi/queue"
)

// Ticket implements queue.Store. A ticket whose day has ended has a row, which
// leads to its latest event. Others stand in the log alone: their office has
// them in memory, and whoever asks here waits until a day's log is searched.
func (db *DB) Ticket(ctx context.Context, office, id string) (queue.Ticket, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id { // "007" is no ticket's id.
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %q", id)
	}
	t, err := ticketByRow(ctx, db.read, office, n)
	if errors.Is(err, sql.ErrNoRows) {
		t, err = ticketInLog(ctx, db.read, office, n)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %s", id)
	case err != nil:
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "read ticket %s: %w", id, err)
	case t == nil || t.ID != id:
		return queue.Ticket{}, queue.Errorf(queue.CodeInternal, "event of ticket %s has another one", id)
	}
	return *t, nil
}

// ticketByRow gives a ticket as the event has it that its row names.
func ticketByRow(ctx context.Context, q querier, office string, id int64) (*queue.Ticket, error) {
	var version int64
	if err := q.QueryRowContext(ctx, "SELECT version FROM ticket WHERE office = ? AND id = ?", office, id).Scan(&version); err != nil {
		return nil, err
	}
	_, l, err := lineOf(ctx, q, office, version)
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", version, err)
	}
	e, err := l.event()
	return e.Ticket, err
}

// lineOf gives the line of an event, and the first seq of its row. It is
// sql.ErrNoRows if there is none.
func lineOf(ctx context.Context, q querier, office string, seq int64) (first int64, l line, err error) {
	var row []byte
	err = q.QueryRowContext(ctx, "SELECT first, body FROM log WHERE office = ? AND first <= ? ORDER BY first DESC LIMIT 1", office, seq).Scan(&first, &row)
	if err != nil {
		return 0, l, err
	}
	for at := first; at <= seq; at++ {
		if len(row) == 0 {
			return 0, l, sql.ErrNoRows
		}
		l, row = cutLine(row, at)
	}
	return first, l, nil
}

// ticketInLog finds the latest event of a ticket, from the log's end back to
// the event that issued it. It is sql.ErrNoRows if there is none.
func ticketInLog(ctx context.Context, q querier, office string, id int64) (t *queue.Ticket, err error) {
	first, issue, err := lineOf(ctx, q, office, id)
	if err != nil {
		return nil, err
	}
	e, err := issue.event()
	if err != nil {
		return nil, err
	}
	if e.Kind != queue.TicketIssued && e.Kind != queue.TicketHeld {
		return nil, sql.ErrNoRows
	}
	rows, err := q.QueryContext(ctx, "SELECT body FROM log WHERE office = ? AND first >= ? ORDER BY first DESC", office, first)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	mark := []byte(`"ticket":{"id":"` + strconv.FormatInt(id, 10) + `"`) // What begins no other's, nor a text.
	for rows.Next() {
		var row sql.RawBytes
		if err := rows.Scan(&row); err != nil {
			return nil, err
		}
		if l, ok := lastWith(row, mark); ok {
			e, err := l.event()
			return e.Ticket, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return nil, sql.ErrNoRows
}

// lastWith gives the last line of a row that has the mark in it.
func lastWith(row, mark []byte) (line, bool) {
	if !bytes.Contains(row, mark) { // Much faster than to look for the last.
		return line{}, false
	}
	begin := bytes.LastIndexByte(row[:bytes.LastIndex(row, mark)], '\n') + 1
	l, _ := cutLine(bytes.Clone(row[begin:]), 0)
	return l, true
}
