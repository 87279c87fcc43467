package appointment

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// scan reads a booking by columns.
func scan(s beside.Scanner) (b Booking, err error) {
	var id, start, made, answer, changed, reminded, ring, due int64
	var needs string
	err = s.Scan(&id, &b.Code, &b.Service, &b.Procedure, &start, &b.State, &b.Channel, &b.Language, &needs, &b.Contact, &b.person,
		&made, &answer, &changed, &b.Reason, &b.Version, &b.Sequence, &b.Ticket, &b.entry, &reminded, &ring, &due)
	b.ID, b.Needs = strconv.FormatInt(id, 10), strings.Fields(needs)
	b.Start, b.MadeAt, b.AnswerBy, b.ChangedAt = beside.Moment(start), beside.Moment(made), beside.Moment(answer), beside.Moment(changed)
	b.reminded, b.ringAt, b.due = beside.Moment(reminded), beside.Moment(ring), beside.Moment(due)
	return b, err
}

// work is one transaction: what it decides by, and on what.
type work struct {
	*beside.Tx
	plan
	now   time.Time
	book  *Book
	freed []time.Time // Half-hours in which places came free.
}

// find gives a booking by id or code.
func (w *work) find(ref string) (Booking, error) {
	column := "id"
	if code, ok := ParseCode(ref); ok {
		ref, column = code, "code"
	} else if _, err := strconv.ParseInt(ref, 10, 64); err != nil {
		return Booking{}, unknown()
	}
	b, err := scan(w.QueryRowContext(w.Context, "SELECT "+columns+" FROM booking WHERE "+column+" = ?", ref))
	if errors.Is(err, sql.ErrNoRows) {
		return Booking{}, unknown()
	}
	return b, err
}

func unknown() error {
	return queue.Errorf(CodeUnknownBooking, "no such booking")
}

// many reads bookings.
func (w *work) many(where string, args ...any) (all []Booking, err error) {
	rows, err := w.QueryContext(w.Context, "SELECT "+columns+" FROM booking WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		b, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, rows.Err()
}

// dayFrom and dayTo bound the date of noon, as rows have times.
func (w *work) dayFrom(noon time.Time) int64 { return beside.Millis(at(noon, "00:00")) }
func (w *work) dayTo(noon time.Time) int64   { return beside.Millis(at(noon, "24:00")) }

// insert stores a new booking and gives it its id.
func (w *work) insert(b *Booking) error {
	res, err := w.ExecContext(w.Context, `INSERT INTO booking (code, service, procedure, start, state, channel, language, needs, contact, person, made, answer_by, changed, version, sequence, reminded, ring_at, due)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?, ?)`,
		b.Code, b.Service, b.Procedure, beside.Millis(b.Start), b.State, b.Channel, b.Language, strings.Join(b.Needs, " "), b.Contact, b.person,
		beside.Millis(b.MadeAt), beside.Millis(b.AnswerBy), beside.Millis(b.ChangedAt), beside.Millis(b.reminded), beside.Millis(b.ringAt), beside.Millis(b.due))
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	b.ID, b.Version = strconv.FormatInt(id, 10), 1
	return err
}

// save stores what may change of a booking.
func (w *work) save(b Booking) error {
	return w.Do(`UPDATE booking SET start = ?, state = ?, contact = ?, person = ?, answer_by = ?, changed = ?, reason = ?, version = ?, sequence = ?, ticket = ?, entry = ?, reminded = ?, ring_at = ?, due = ? WHERE id = ?`,
		beside.Millis(b.Start), b.State, b.Contact, b.person, beside.Millis(b.AnswerBy), beside.Millis(b.ChangedAt), b.Reason, b.Version, b.Sequence, b.Ticket, b.entry,
		beside.Millis(b.reminded), beside.Millis(b.ringAt), beside.Millis(b.due), b.ID)
}

// note writes a line of history.
func (w *work) note(b Booking, action, actor string, from State, reason string) error {
	return w.Do("INSERT INTO history (booking, at, action, actor, from_state, to_state, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
		b.ID, beside.Millis(w.now), action, actor, from, b.State, reason)
}

// used is how many units of a pool are taken in a half-hour.
func (w *work) used(pool string, start time.Time) (n int, err error) {
	err = w.QueryRowContext(w.Context, "SELECT coalesce(sum(units), 0) FROM held WHERE pool = ? AND start = ?", pool, beside.Millis(start)).Scan(&n)
	return n, err
}

// fits reports whether every pool has what a booking takes.
func (w *work) fits(service string, start time.Time) (bool, error) {
	for _, h := range w.holds(service, start) {
		n, err := w.used(h.pool, h.start)
		if err != nil || n+h.units > w.limit(h.pool, h.start) {
			return false, err
		}
	}
	return true, nil
}

// take takes the places of a booking, CodeSlotFull if there are not enough.
func (w *work) take(id, service string, start time.Time) error {
	ok, err := w.fits(service, start)
	if err != nil {
		return err
	}
	if !ok {
		return queue.Errorf(CodeSlotFull, "no place of service %s at %s", service, start.Format(time.RFC3339))
	}
	return w.hold(id, service, start)
}

// hold takes the places of a booking whether there are enough or not.
func (w *work) hold(id, service string, start time.Time) error {
	for _, h := range w.holds(service, start) {
		if err := w.Do("INSERT INTO held (booking, pool, start, units) VALUES (?, ?, ?, ?)", id, h.pool, beside.Millis(h.start), h.units); err != nil {
			return err
		}
	}
	return nil
}

// free gives the places of a booking back.
func (w *work) free(b Booking) error {
	n, err := w.Changed("DELETE FROM held WHERE booking = ?", b.ID)
	if n > 0 {
		w.freed = append(w.freed, b.Start)
	}
	return err
}
