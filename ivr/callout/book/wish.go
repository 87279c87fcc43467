package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// State is where a wish stands.
type State string

// The states of a wish.
const (
	Wanted  State = "wanted"  // The citizen is to be called.
	Text    State = "text"    // Nobody could be reached by telephone: a message is to be written instead.
	Texting State = "texting" // The message is perhaps written; marked before it is sent.
	Done    State = "done"    // Nothing is left to do; the telephone number is erased.
)

// Result is how a wish was fulfilled, or not.
type Result string

// The results of a wish. Every wish that is Done has one.
const (
	Told      Result = "told"      // The citizen pressed a key: the message was understood.
	Perhaps   Result = "perhaps"   // Somebody or something listened and pressed nothing.
	Texted    Result = "texted"    // Not reached by telephone, but a message was taken for sending.
	Failed    Result = "failed"    // Not reached.
	Expired   Result = "expired"   // The ticket was over, or its holder here, before a call was due.
	Withdrawn Result = "withdrawn" // The citizen wants to be forgotten.
)

// Wish is what one citizen asked for about one ticket.
type Wish struct {
	ID        int64
	Ticket    string    // Ticket id.
	Number    string    // The printed number, "A012".
	Service   string    // Service id.
	Issued    time.Time // Of the ticket: ids come again when an office is restored from a backup.
	Day       string    // Business day of the ticket, "2026-11-21".
	Telephone string    // E.164; empty once Done.
	Language  string    // "vi"
	Ahead     int       // Call when at most so many are ahead.
	Minutes   int       // Or when the shortest expected wait is at most so many minutes; 0 = never for that.
	Present   bool      // Was in the hall when asking, and wants the call all the same.
	Asked     time.Time
	Round     int // 1, and one more after each time the citizen let others go first.
	State     State
	Result    Result
	NotBefore time.Time // No next attempt before this.
	Tried     Tried     // In this round.
}

// ErrFull says that no more wishes can be noted.
var ErrFull = errors.New("too many wishes to be called are noted already")

// maxOpen bounds the wishes that wait: far more than one office can have
// tickets on a day.
const maxOpen = 20_000

// Note keeps a wish. A second one for the same ticket changes nothing while
// the first is open; afterwards it begins anew. The wish is durable when Note
// returns.
func (b *Book) Note(ctx context.Context, w Wish) error {
	return b.update(ctx, func(t tx) error {
		var open int
		if err := t.QueryRowContext(ctx, "SELECT count(*) FROM wish WHERE state <> 'done'").Scan(&open); err != nil {
			return fmt.Errorf("book of calls: %w", err)
		}
		if open >= maxOpen {
			return fmt.Errorf("%w: %d", ErrFull, open)
		}
		return t.Do(`INSERT INTO wish (ticket, number, service, issued, day, telephone, language, ahead, minutes, present, asked, state)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'wanted')
			ON CONFLICT (ticket) DO UPDATE SET number = excluded.number, service = excluded.service, issued = excluded.issued, day = excluded.day,
				telephone = excluded.telephone, language = excluded.language, ahead = excluded.ahead, minutes = excluded.minutes,
				present = excluded.present, asked = excluded.asked, round = round + 1, state = 'wanted', result = '', not_before = 0
			WHERE state = 'done'`,
			w.Ticket, w.Number, w.Service, beside.Millis(w.Issued), w.Day, w.Telephone, w.Language, w.Ahead, w.Minutes, w.Present, beside.Millis(w.Asked))
	})
}

const selectWish = `SELECT id, ticket, number, service, issued, day, telephone, language, ahead, minutes, present, asked, round, state, result, not_before,
	(SELECT count(*) FROM attempt a WHERE a.wish = wish.id AND a.round = wish.round AND purpose = 'near' AND outcome NOT IN ('trunk down', 'not speakable')),
	(SELECT count(*) FROM attempt a WHERE a.wish = wish.id AND a.round = wish.round AND purpose = 'called' AND outcome NOT IN ('trunk down', 'not speakable')),
	(SELECT count(*) FROM attempt a WHERE a.wish = wish.id AND a.round = wish.round AND outcome IN ('trunk down', 'not speakable'))
	FROM wish`

func readWish(s beside.Scanner) (w Wish, err error) {
	var issued, asked, notBefore int64
	err = s.Scan(&w.ID, &w.Ticket, &w.Number, &w.Service, &issued, &w.Day, &w.Telephone, &w.Language, &w.Ahead, &w.Minutes,
		&w.Present, &asked, &w.Round, &w.State, &w.Result, &notBefore, &w.Tried.Near, &w.Tried.Called, &w.Tried.Failures)
	w.Issued, w.Asked, w.NotBefore = beside.Moment(issued), beside.Moment(asked), beside.Moment(notBefore)
	return w, err
}

// Waiting lists the wishes that something is left to do for, those whose
// tickets were issued first in front.
func (b *Book) Waiting(ctx context.Context, limit int) ([]Wish, error) {
	return beside.All(ctx, b.db, readWish, selectWish+" WHERE state <> 'done' ORDER BY length(ticket), ticket LIMIT ?", limit)
}

// Of lists the wishes that something is left to do for of a telephone number.
func (b *Book) Of(ctx context.Context, telephone string) ([]Wish, error) {
	return beside.All(ctx, b.db, readWish, selectWish+" WHERE state <> 'done' AND telephone = ? ORDER BY id", telephone)
}

// WishFor gives the wish about a ticket; ok is false when there is none.
func (b *Book) WishFor(ctx context.Context, ticket string) (w Wish, ok bool, err error) {
	w, err = readWish(b.db.QueryRowContext(ctx, selectWish+" WHERE ticket = ?", ticket))
	if errors.Is(err, sql.ErrNoRows) {
		return Wish{}, false, nil
	}
	if err != nil {
		return Wish{}, false, fmt.Errorf("book of calls: wish for ticket %s: %w", ticket, err)
	}
	return w, true, nil
}

// End closes the wish about a ticket and erases its telephone number; what it
// was told already stays its result. It reports whether there was one to close.
func (b *Book) End(ctx context.Context, ticket string, result Result) (ended bool, err error) {
	err = b.update(ctx, func(t tx) (err error) {
		ended, err = t.end("ticket = ?", result, ticket)
		return err
	})
	return ended, err
}

// EndAt is End together with the cursor of the log that told it.
func (b *Book) EndAt(ctx context.Context, ticket string, result Result, office string, seq int64) (ended bool, err error) {
	err = b.update(ctx, func(t tx) (err error) {
		if ended, err = t.end("ticket = ?", result, ticket); err != nil {
			return err
		}
		return t.setCursor(office, seq)
	})
	return ended, err
}

// Knows reports whether a telephone number stands in the book.
func (b *Book) Knows(ctx context.Context, telephone string) (known bool, err error) {
	err = b.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM wish WHERE state <> 'done' AND telephone = ?)", telephone).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("book of calls: %w", err)
	}
	return known, nil
}

// Forget closes every wish of a telephone number and erases it. Calls made
// stay counted, without the number.
func (b *Book) Forget(ctx context.Context, telephone string) (tickets []string, err error) {
	tickets, err = beside.All(ctx, b.db, func(s beside.Scanner) (id string, err error) { err = s.Scan(&id); return id, err },
		"SELECT ticket FROM wish WHERE state <> 'done' AND telephone = ?", telephone)
	if err != nil {
		return nil, err
	}
	err = b.update(ctx, func(t tx) error {
		_, err := t.end("telephone = ?", Withdrawn, telephone)
		return err
	})
	return tickets, err
}

// ForgetFor closes the open wish of a telephone number for one ticket and erases
// the number; it reports whether there was one.
func (b *Book) ForgetFor(ctx context.Context, telephone, ticket string) (found bool, err error) {
	err = b.update(ctx, func(t tx) error {
		found, err = t.end("telephone = ? AND ticket = ?", Withdrawn, telephone, ticket)
		return err
	})
	return found, err
}

// end closes the open wishes that a condition finds.
func (t tx) end(where string, result Result, args ...any) (bool, error) {
	n, err := t.Changed(`UPDATE wish SET state = 'done', telephone = '', not_before = 0,
		result = CASE result WHEN '' THEN ? ELSE result END WHERE state <> 'done' AND `+where, append([]any{result}, args...)...)
	return n > 0, err
}

// GiveUp ends a wish that nobody could be reached for; with texts it is left to
// a written message, for which it keeps its number.
func (b *Book) GiveUp(ctx context.Context, wish int64, texts bool) error {
	state := Done
	if texts {
		state = Text
	}
	return b.update(ctx, func(t tx) error {
		return t.Do(`UPDATE wish SET state = ?1, result = 'failed', telephone = CASE ?1 WHEN 'done' THEN '' ELSE telephone END
			WHERE id = ?2 AND state = 'wanted'`, state, wish)
	})
}

// MarkTexting notes that a message is about to be sent for a wish; false when
// it is not wanted any more.
func (b *Book) MarkTexting(ctx context.Context, wish int64) (marked bool, err error) {
	err = b.update(ctx, func(t tx) error {
		n, err := t.Changed("UPDATE wish SET state = 'texting' WHERE id = ? AND state = 'text'", wish)
		marked = n == 1
		return err
	})
	return marked, err
}

// Texted notes how sending the message went, which ends the wish.
func (b *Book) Texted(ctx context.Context, wish int64, result Result) error {
	return b.update(ctx, func(t tx) error {
		return t.Do("UPDATE wish SET state = 'done', telephone = '', result = ? WHERE id = ? AND state = 'texting'", result, wish)
	})
}

// DropTexting ends the wishes whose message was under way when the last
// process ended: better lost than sent twice.
func (b *Book) DropTexting(ctx context.Context) (dropped int, err error) {
	err = b.update(ctx, func(t tx) error {
		n, err := t.Changed("UPDATE wish SET state = 'done', telephone = '' WHERE state = 'texting'")
		dropped = int(n)
		return err
	})
	return dropped, err
}

// TurnDay throws away everything of business days before the given one.
func (b *Book) TurnDay(ctx context.Context, day string) (erased bool, err error) {
	err = b.update(ctx, func(t tx) error {
		for _, query := range []string{"DELETE FROM wish WHERE day < ?", "DELETE FROM day WHERE day < ?"} {
			n, err := t.Changed(query, day)
			if err != nil {
				return err
			}
			erased = erased || n > 0
		}
		return nil
	})
	return erased, err
}
