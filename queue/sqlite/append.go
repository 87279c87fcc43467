package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mattn/go-sqlite3"

	"github.com/xinmoi/xinmoi/queue"
)

// Writing is what an office's speed depends on, so Append goes past
// database/sql: straight to the driver, with statements prepared once for the
// connection, and with few and long rows: what a ticket costs is mostly the
// rows that are written for it.

// Append implements queue.Store.
func (db *DB) Append(ctx context.Context, b queue.Batch) error {
	if err := ctx.Err(); err != nil { // Later nothing is cut off: a commit is short.
		return err
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(conn.Raw(func(raw any) error {
		w, err := db.writerFor(raw)
		if err != nil {
			return err
		}
		return w.append(b)
	}), conn.Close())
	var constraint sqlite3.Error
	if errors.As(err, &constraint) && constraint.ExtendedCode == sqlite3.ErrConstraintPrimaryKey {
		return queue.Errorf(queue.CodeFenced, "the log of %s has moved on: %w", b.Office, err)
	}
	if err == nil && b.ForgetBefore != (queue.Forget{}) {
		db.scrub(ctx)
	}
	return err
}

// scrub empties the write-ahead log, where erased rows would stay readable. A
// reader that is just at work puts it off until the log is full; nothing is
// lost by that, so it is no error.
func (db *DB) scrub(ctx context.Context) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	for _, pragma := range []string{"busy_timeout = 0", "wal_checkpoint(TRUNCATE)", "busy_timeout = 5000"} {
		_, _ = conn.ExecContext(ctx, "PRAGMA "+pragma)
	}
}

// writerFor gives the prepared statements of the writing connection, which
// database/sql may have replaced. Only who holds that connection calls it.
func (db *DB) writerFor(raw any) (*writer, error) {
	conn, ok := raw.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("the driver gives a %T for a connection", raw)
	}
	if db.writer != nil && db.writer.conn == conn {
		return db.writer, nil
	}
	w, err := newWriter(conn)
	if err != nil {
		return nil, fmt.Errorf("prepare to write: %w", err)
	}
	db.writer = w
	return w, nil
}

// walPages is how long the write-ahead log grows before its pages are brought
// into the database: 32 MB. SQLite's default, 1,000 pages, spends more time on
// that than on tickets, because a page that changes with every commit is then
// written to the database over and over.
const walPages = 8000

// writer is the statements of one connection.
type writer struct {
	conn                    *sqlite3.SQLiteConn
	begin, commit, rollback *sqlite3.SQLiteStmt
	last                    *sqlite3.SQLiteStmt
	log, answered           *sqlite3.SQLiteStmt
	forgetPersons           *sqlite3.SQLiteStmt
	forgetKeys              *sqlite3.SQLiteStmt
	tickets, persons        *rows

	opened int64  // Seq of the latest day_opened before the batch.
	row    []byte // The row that is being made; its room is used again.
}

// newWriter prepares the statements.
func newWriter(conn *sqlite3.SQLiteConn) (*writer, error) {
	if _, err := conn.Exec(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", walPages), nil); err != nil {
		return nil, err
	}
	w := &writer{conn: conn}
	// CAST, which does nothing here: SQLite plans a search for a bare parameter
	// anew whenever that is given a text, which takes longer than the search.
	for query, to := range map[string]**sqlite3.SQLiteStmt{
		"BEGIN IMMEDIATE": &w.begin, "COMMIT": &w.commit, "ROLLBACK": &w.rollback,
		"SELECT last, opened FROM log WHERE office = CAST(? AS TEXT) ORDER BY first DESC LIMIT 1": &w.last,
		"INSERT INTO log (office, first, last, opened, body) VALUES (?, ?, ?, ?, ?)":              &w.log,
		"INSERT INTO answered (office, at, body) VALUES (?, ?, ?)":                                &w.answered,
		"DELETE FROM person WHERE office = ? AND at < ?":                                          &w.forgetPersons,
		"DELETE FROM answered WHERE office = ? AND at < ?":                                        &w.forgetKeys,
	} {
		var err error
		if *to, err = prepareOn(conn, query); err != nil {
			return nil, err
		}
	}
	for _, r := range []struct {
		to            **rows
		insert, after string
		columns       int
	}{
		{
			&w.tickets, "INSERT INTO ticket (office, id, day, number, service, state, channel, issued_at, version)",
			" ON CONFLICT (office, id) DO UPDATE SET service = excluded.service, state = excluded.state, version = excluded.version", 8,
		},
		{&w.persons, "INSERT OR REPLACE INTO person (office, ticket, person, at)", "", 3},
	} {
		var err error
		if *r.to, err = prepareRows(conn, r.insert, r.after, r.columns); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// release gives the writer's statements back. While one is left, SQLite keeps
// the connection open behind the driver's back, and with it the write-ahead log.
func (db *DB) release() (err error) {
	db.released.Do(func() {
		conn, failed := db.write.Conn(context.Background())
		if failed != nil {
			err = failed
			return
		}
		err = errors.Join(conn.Raw(func(any) error { return db.writer.close() }), conn.Close())
	})
	return err
}

func (w *writer) close() error {
	if w == nil { // Nothing was written.
		return nil
	}
	var errs []error
	for _, s := range []*sqlite3.SQLiteStmt{w.begin, w.commit, w.rollback, w.last, w.log, w.answered, w.forgetPersons, w.forgetKeys} {
		errs = append(errs, s.Close())
	}
	for _, r := range []*rows{w.tickets, w.persons} {
		errs = append(errs, r.one.Close(), r.many.Close())
	}
	return errors.Join(errs...)
}

func prepareOn(conn *sqlite3.SQLiteConn, query string) (*sqlite3.SQLiteStmt, error) {
	s, err := conn.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	stmt, ok := s.(*sqlite3.SQLiteStmt)
	if !ok {
		return nil, fmt.Errorf("the driver gives a %T for a statement", s)
	}
	return stmt, nil
}

// append writes a batch in one transaction.
func (w *writer) append(b queue.Batch) (err error) {
	if err := run(w.begin, nil); err != nil {
		return err
	}
	defer func() {
		if err != nil && !w.conn.AutoCommit() { // Some errors have rolled back already.
			err = errors.Join(err, run(w.rollback, nil))
		}
		w.let()
	}()
	if err := w.checkFence(b); err != nil {
		return err
	}
	for _, r := range []*rows{w.tickets, w.persons} {
		r.begin(b.Office)
	}
	for _, part := range []func(queue.Batch) error{w.addEvents, w.addTickets, w.addKeys, w.addPersons, w.forget} {
		if err := part(b); err != nil {
			return err
		}
	}
	return run(w.commit, nil)
}

// let lets go of what the statements were last given.
func (w *writer) let() {
	for _, r := range []*rows{w.tickets, w.persons} {
		r.drop()
	}
}

// checkFence refuses a batch that would leave a gap; one that would overlap
// meets the primary key.
func (w *writer) checkFence(b queue.Batch) error {
	found, err := w.last.QueryContext(context.Background(), []driver.NamedValue{{Ordinal: 1, Value: b.Office}})
	if err != nil {
		return err
	}
	last := make([]driver.Value, 2) // Where there is no row, neither becomes a number.
	if err := errors.Join(found.Next(last), found.Close()); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	n, _ := last[0].(int64)
	w.opened, _ = last[1].(int64)
	if n != b.After {
		return queue.Errorf(queue.CodeFenced, "the log of %s ends at %d, not at %d", b.Office, n, b.After)
	}
	return nil
}

// addEvents writes the events as one row.
func (w *writer) addEvents(b queue.Batch) (err error) {
	if len(b.Events) == 0 {
		return nil
	}
	w.row = w.row[:0]
	for i := range b.Events {
		e := &b.Events[i]
		if due := b.After + int64(i) + 1; e.Seq != due {
			return fmt.Errorf("event %d of %d after %d has the seq %d, not %d", i+1, len(b.Events), b.After, e.Seq, due)
		}
		if e.Kind == queue.DayOpened {
			w.opened = e.Seq
		}
		if w.row, err = appendLine(w.row, e); err != nil {
			return err
		}
	}
	return runWith(w.log, b.Office, b.After+1, b.After+int64(len(b.Events)), w.opened, w.row)
}

// addTickets writes the tickets of days that have ended: of one that comes
// twice, the last stays.
func (w *writer) addTickets(b queue.Batch) error {
	for _, t := range b.Ended {
		id, err := strconv.ParseInt(t.ID, 10, 64)
		if err != nil {
			return fmt.Errorf("ticket %s has the id %q: %w", t.Number, t.ID, err)
		}
		if err := w.tickets.add(id, t.Day, t.Number.String(), t.Service, string(t.State), string(t.Channel), t.IssuedAt.UnixMilli(), t.Version); err != nil {
			return err
		}
	}
	return w.tickets.flush()
}

// addKeys writes the keys as one row: those of one commit are of one time. Were
// they not, each time would have its own.
func (w *writer) addKeys(b queue.Batch) error {
	for first := 0; first < len(b.Keys); {
		at, next := b.Keys[first].At, first
		for w.row = w.row[:0]; next < len(b.Keys) && b.Keys[next].At.Equal(at); next++ {
			w.row = appendKey(w.row, &b.Keys[next])
		}
		if err := runWith(w.answered, b.Office, at.UnixMilli(), w.row); err != nil {
			return err
		}
		first = next
	}
	return nil
}

func (w *writer) addPersons(b queue.Batch) error {
	for _, p := range b.Persons {
		if err := w.persons.add(p.Ticket, p.Person, p.At.UnixMilli()); err != nil {
			return err
		}
	}
	return w.persons.flush()
}

func (w *writer) forget(b queue.Batch) error {
	if b.ForgetBefore == (queue.Forget{}) {
		return nil
	}
	for stmt, before := range map[*sqlite3.SQLiteStmt]int64{
		w.forgetPersons: b.ForgetBefore.Persons.UnixMilli(), w.forgetKeys: b.ForgetBefore.Keys.UnixMilli(),
	} {
		if err := runWith(stmt, b.Office, before); err != nil {
			return err
		}
	}
	return nil
}

// run runs a statement. Its context cannot end, else the driver would start a
// goroutine for it.
func run(s *sqlite3.SQLiteStmt, args []driver.NamedValue) error {
	_, err := s.ExecContext(context.Background(), args)
	return err
}

func runWith(s *sqlite3.SQLiteStmt, values ...driver.Value) error {
	args := make([]driver.NamedValue, len(values))
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return run(s, args)
}

// rows inserts rows into one table, several with each statement. Their first
// column is the office, which a statement is told once: telling it something
// costs a third of what it does with it.
type rows struct {
	one, many *sqlite3.SQLiteStmt
	columns   int                 // But for the office.
	args      []driver.NamedValue // The office, then the rows collected so far.
}

// rowsAtOnce is how many rows one statement takes.
const rowsAtOnce = 16

func prepareRows(conn *sqlite3.SQLiteConn, insert, after string, columns int) (*rows, error) {
	row := "(?1" + strings.Repeat(", ?", columns) + ")"
	one, err := prepareOn(conn, insert+" VALUES "+row+after)
	if err != nil {
		return nil, err
	}
	many, err := prepareOn(conn, insert+" VALUES "+row+strings.Repeat(", "+row, rowsAtOnce-1)+after)
	if err != nil {
		return nil, err
	}
	return &rows{one: one, many: many, columns: columns, args: make([]driver.NamedValue, 0, 1+columns*rowsAtOnce)}, nil
}

// begin says whose rows come now.
func (r *rows) begin(office string) {
	r.args = append(r.args[:0], driver.NamedValue{Ordinal: 1, Value: office})
}

// add inserts a row, at flush at the latest.
func (r *rows) add(values ...driver.Value) error {
	for _, v := range values {
		r.args = append(r.args, driver.NamedValue{Ordinal: len(r.args) + 1, Value: v})
	}
	if len(r.args) < cap(r.args) {
		return nil
	}
	err := run(r.many, r.args)
	r.args = r.args[:1]
	return err
}

// flush inserts the rows that are left, one by one.
func (r *rows) flush() error {
	office := r.args[0]
	for first := 0; first+1 < len(r.args); first += r.columns {
		row := r.args[first : first+1+r.columns]
		row[0] = office // Where the last value of the row before was.
		for i := range row {
			row[i].Ordinal = i + 1
		}
		if err := run(r.one, row); err != nil {
			return err
		}
	}
	r.args = r.args[:1]
	return nil
}

// drop forgets what was collected, and what it refers to.
func (r *rows) drop() {
	clear(r.args[:cap(r.args)])
	r.args = r.args[:0]
}
