package book

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Purpose is what a call is for.
type Purpose string

// The purposes.
const (
	Near   Purpose = "near"   // The turn is near.
	Called Purpose = "called" // A counter calls the ticket now.
)

// Progress is how far a call came, as far as it is durable.
type Progress string

// The steps of a call.
const (
	Dialling Progress = "dialling" // Perhaps it rang; committed before it can.
	Answered Progress = "answered" // Somebody or something took the call.
	Heard    Progress = "heard"    // The message was said to its end once.
)

// Outcome is how a call ended.
type Outcome string

// The outcomes. The first three are answered calls.
const (
	Pressed     Outcome = "pressed"       // A key was pressed; see Report.Pressed.
	Listened    Outcome = "listened"      // The message was said, no key came: a person or a machine.
	CutShort    Outcome = "cut short"     // Hung up before the message was said.
	Busy        Outcome = "busy"          // 486, 600.
	NoAnswer    Outcome = "no answer"     // It rang (or told a story, 183) until we gave up; 480, 408, 487.
	Declined    Outcome = "declined"      // 603, 607, 608: not now, not again.
	Unreachable Outcome = "unreachable"   // 404, 410, 484, 604 …: no such number, or barred.
	TrunkDown   Outcome = "trunk down"    // The call did not leave the house: nobody was rung.
	Stopped     Outcome = "stopped"       // We gave up ourselves: the ticket moved on, or the program stops.
	Doubtful    Outcome = "in doubt"      // The program died while it rang or talked.
	Unspoken    Outcome = "not speakable" // No voice could say the message.
)

// Attempt is one call.
type Attempt struct {
	ID      int64
	Wish    int64
	Purpose Purpose
	Round   int
	N       int    // 1, 2 … within the round.
	Key     string // For what the office is asked during this call; never used twice.
	Began   time.Time

	Progress Progress
	Report   // Zero while the call lasts.
}

// Report tells how a call ended.
type Report struct {
	Outcome Outcome
	Code    int           // Final SIP status, 0 if there was none.
	Rang    time.Duration // From dialling to the answer or the end.
	Talked  time.Duration // From the answer to the end.
	Pressed string        // Keys that decided, in order.
	Err     error         // What the dialler said; not kept.
}

// Rings reports whether the citizen's telephone may have rung: such an attempt
// counts against what one citizen may be bothered with.
func (o Outcome) Rings() bool {
	switch o {
	case TrunkDown, Unspoken:
		return false
	}
	return true
}

// Limits is how often one citizen may be called.
type Limits struct {
	Attempts int // Per wish, purpose and round, counting those that may have rung.
	Failures int // Per wish and round, counting those that never left the house.
	PerDay   int // Per telephone number and day.
}

// Why an attempt may not begin.
var (
	ErrOver    = errors.New("the wish is fulfilled or withdrawn")
	ErrEarly   = errors.New("it is too early for the next attempt")
	ErrBusy    = errors.New("this telephone number is being called already")
	ErrTooMany = errors.New("this telephone number has been called often enough")
)

// Begin notes that a citizen is about to be called; only then may the call
// leave the house. today is the date of the calls per day.
func (b *Book) Begin(ctx context.Context, wish int64, p Purpose, l Limits, today string, now time.Time) (a Attempt, w Wish, err error) {
	err = b.update(ctx, func(t tx) (err error) {
		w, err = readWish(t.QueryRowContext(ctx, selectWish+" WHERE id = ?", wish))
		switch {
		case errors.Is(err, sql.ErrNoRows) || err == nil && w.State != Wanted:
			return ErrOver
		case err != nil:
			return fmt.Errorf("book of calls: %w", err)
		case now.Before(w.NotBefore):
			return fmt.Errorf("%w: %v to go", ErrEarly, w.NotBefore.Sub(now))
		}
		mark, err := t.mark(today, w.Telephone)
		if err != nil {
			return err
		}
		if err := t.free(w, p, l, mark); err != nil {
			return err
		}
		if err := t.count(today, mark, l.PerDay); err != nil {
			return err
		}
		a, err = t.begin(w, p, today, mark, now)
		return err
	})
	return a, w, err
}

// free checks that nobody calls the number now, be it for a wish that has ended
// meanwhile, and that the wish may have one more attempt.
func (t tx) free(w Wish, p Purpose, l Limits, mark []byte) error {
	var running, rang, failed int
	err := t.QueryRowContext(t.Context, `SELECT
		(SELECT count(*) FROM attempt WHERE outcome = '' AND (mark = ?1 OR wish = ?2)),
		(SELECT count(*) FROM attempt WHERE wish = ?2 AND purpose = ?3 AND round = ?4 AND outcome NOT IN (?5, ?6)),
		(SELECT count(*) FROM attempt WHERE wish = ?2 AND round = ?4 AND outcome IN (?5, ?6))`,
		mark, w.ID, p, w.Round, TrunkDown, Unspoken).Scan(&running, &rang, &failed)
	switch {
	case err != nil:
		return fmt.Errorf("book of calls: %w", err)
	case running > 0:
		return ErrBusy
	case rang >= l.Attempts || failed >= l.Failures:
		return fmt.Errorf("%w: %d attempts, %d failures", ErrTooMany, rang, failed)
	}
	return nil
}

func (t tx) begin(w Wish, p Purpose, today string, mark []byte, now time.Time) (Attempt, error) {
	a := Attempt{Wish: w.ID, Purpose: p, Round: w.Round, Key: "callout-" + randomHex(16), Began: now, Progress: Dialling}
	err := t.QueryRowContext(t.Context, "SELECT count(*) + 1 FROM attempt WHERE wish = ? AND purpose = ? AND round = ?", w.ID, p, w.Round).Scan(&a.N)
	if err != nil {
		return a, fmt.Errorf("book of calls: %w", err)
	}
	res, err := t.ExecContext(t.Context, "INSERT INTO attempt (wish, purpose, round, n, key, day, mark, began, progress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		a.Wish, a.Purpose, a.Round, a.N, a.Key, today, mark, beside.Millis(now), a.Progress)
	if err != nil {
		return a, fmt.Errorf("book of calls: %w", err)
	}
	a.ID, err = res.LastInsertId()
	return a, err
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // Never fails (crypto/rand).
	return hex.EncodeToString(b)
}

// count counts a call to a number on a day, or refuses it.
func (t tx) count(day string, mark []byte, most int) error {
	var calls int
	err := t.QueryRowContext(t.Context, `INSERT INTO tally (day, mark, calls) VALUES (?, ?, 1)
		ON CONFLICT (day, mark) DO UPDATE SET calls = calls + 1 RETURNING calls`, day, mark).Scan(&calls)
	switch {
	case err != nil:
		return fmt.Errorf("book of calls: %w", err)
	case calls > most:
		return fmt.Errorf("%w: %d calls today", ErrTooMany, calls-1)
	}
	return nil
}

// mark is what stands for a number in the tally of a day. Its key is thrown
// away with the day.
func (t tx) mark(day, telephone string) ([]byte, error) {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret)
	if err := t.Do("INSERT INTO day (day, secret) VALUES (?, ?) ON CONFLICT (day) DO NOTHING", day, secret); err != nil {
		return nil, err
	}
	if err := t.QueryRowContext(t.Context, "SELECT secret FROM day WHERE day = ?", day).Scan(&secret); err != nil {
		return nil, fmt.Errorf("book of calls: %w", err)
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(telephone))
	return h.Sum(nil), nil
}

// Calls tells how often a number was called on a day.
func (b *Book) Calls(ctx context.Context, day, telephone string) (calls int, err error) {
	err = b.update(ctx, func(t tx) error {
		mark, err := t.mark(day, telephone)
		if err != nil {
			return err
		}
		err = t.QueryRowContext(ctx, "SELECT calls FROM tally WHERE day = ? AND mark = ?", day, mark).Scan(&calls)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return calls, err
}

// Reach notes how far a running call came.
func (b *Book) Reach(ctx context.Context, attempt int64, p Progress) error {
	return b.update(ctx, func(t tx) error {
		return t.Do("UPDATE attempt SET progress = ? WHERE id = ? AND outcome = ''", p, attempt)
	})
}

// Next is what becomes of a wish after a call.
type Next struct {
	State     State // Wanted, Text or Done.
	Result    Result
	NotBefore time.Time // Of the next attempt, while Wanted.
	Again     bool      // A new round of attempts begins, because the ticket went back in the line.
}

// Finish notes how a call ended and what becomes of its wish, at once. A wish
// that ended meanwhile stays ended. Finishing twice changes nothing.
func (b *Book) Finish(ctx context.Context, a Attempt, r Report, n Next) error {
	return b.update(ctx, func(t tx) error {
		changed, err := t.Changed("UPDATE attempt SET outcome = ?, code = ?, rang = ?, talked = ?, pressed = ? WHERE id = ? AND outcome = ''",
			r.Outcome, r.Code, r.Rang.Milliseconds(), r.Talked.Milliseconds(), r.Pressed, a.ID)
		if err != nil || changed == 0 {
			return err
		}
		if !r.Outcome.Rings() { // Nobody was bothered.
			if err := t.Do("UPDATE tally SET calls = calls - 1 FROM attempt WHERE attempt.id = ? AND tally.day = attempt.day AND tally.mark = attempt.mark", a.ID); err != nil {
				return err
			}
		}
		if err := t.Do("UPDATE wish SET result = ? WHERE id = ? AND state = 'done' AND ? IN ('told', 'perhaps')", n.Result, a.Wish, n.Result); err != nil {
			return err
		}
		return t.Do(`UPDATE wish SET state = ?, result = ?, not_before = ?, round = round + ?,
			telephone = CASE ? WHEN 'done' THEN '' ELSE telephone END WHERE id = ? AND state = 'wanted'`,
			n.State, n.Result, beside.Millis(n.NotBefore), n.Again, n.State, a.Wish)
	})
}

const selectAttempt = `SELECT id, wish, purpose, round, n, key, began, progress, outcome, code, rang, talked, pressed FROM attempt`

func readAttempt(s beside.Scanner) (a Attempt, err error) {
	var began, rang, talked int64
	err = s.Scan(&a.ID, &a.Wish, &a.Purpose, &a.Round, &a.N, &a.Key, &began, &a.Progress, &a.Outcome, &a.Code, &rang, &talked, &a.Pressed)
	a.Began = beside.Moment(began)
	a.Rang, a.Talked = time.Duration(rang)*time.Millisecond, time.Duration(talked)*time.Millisecond
	return a, err
}

// Unfinished lists the calls whose end is not known: at the start of a process
// those that the last one left behind.
func (b *Book) Unfinished(ctx context.Context) ([]Attempt, error) {
	return beside.All(ctx, b.db, readAttempt, selectAttempt+" WHERE outcome = '' ORDER BY id")
}

// Attempts lists the calls made for a ticket, oldest first.
func (b *Book) Attempts(ctx context.Context, ticket string) ([]Attempt, error) {
	return beside.All(ctx, b.db, readAttempt, selectAttempt+" WHERE wish = (SELECT id FROM wish WHERE ticket = ?) ORDER BY id", ticket)
}

// Tried tells how often a wish was tried in its present round, by purpose, and
// how often the call did not leave the house. An attempt that still runs counts
// as one that may ring.
type Tried struct {
	Near, Called int
	Failures     int
}

// Tried counts the attempts of a wish in its present round; none for one that
// is not there any more.
func (b *Book) Tried(ctx context.Context, wish int64) (Tried, error) {
	w, err := readWish(b.db.QueryRowContext(ctx, selectWish+" WHERE id = ?", wish))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Tried{}, fmt.Errorf("book of calls: %w", err)
	}
	return w.Tried, nil
}

// Day is what was done on a day.
type Day struct {
	Outcomes map[Outcome]int // Ended calls.
	Running  int             // Calls under way.
	Results  map[Result]int  // Wishes that are Done.
	Waiting  int             // Wishes that something is left to do for.
}

// Since sums up the calls begun since a time, and the wishes of the tickets
// that are in the book.
func (b *Book) Since(ctx context.Context, since time.Time) (Day, error) {
	d := Day{Outcomes: map[Outcome]int{}, Results: map[Result]int{}}
	type count struct {
		name string
		n    int
	}
	read := func(s beside.Scanner) (c count, err error) { err = s.Scan(&c.name, &c.n); return c, err }
	outcomes, err := beside.All(ctx, b.db, read, "SELECT outcome, count(*) FROM attempt WHERE began >= ? GROUP BY outcome", beside.Millis(since))
	if err != nil {
		return d, err
	}
	for _, c := range outcomes {
		if c.name == "" {
			d.Running = c.n
			continue
		}
		d.Outcomes[Outcome(c.name)] = c.n
	}
	wishes, err := beside.All(ctx, b.db, read, "SELECT CASE state WHEN 'done' THEN result ELSE '' END, count(*) FROM wish GROUP BY 1")
	for _, c := range wishes {
		if c.name == "" {
			d.Waiting = c.n
			continue
		}
		d.Results[Result(c.name)] = c.n
	}
	return d, err
}
