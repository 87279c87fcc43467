package appointment

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// dueOf is when time alone next changes something of a booking; zero = never.
func (p plan) dueOf(b Booking) (due time.Time) {
	switch b.State {
	case Listed:
		return p.DayEnd(b.Start).UTC()
	case Requested:
		due = earlier(b.AnswerBy, b.Start)
		if !b.ringAt.IsZero() {
			due = earlier(due, b.ringAt)
		}
		return due
	case Confirmed:
		due = p.DayEnd(b.Start).UTC()
		if end := b.End(); due.Before(end) { // The hours were changed meanwhile.
			due = end
		}
		for _, at := range p.reminders(b) {
			if at.After(b.reminded) {
				due = earlier(due, at)
			}
		}
		return due
	default:
		return time.Time{}
	}
}

// reminders are the moments at which a holder is reminded.
func (p plan) reminders(b Booking) (all []time.Time) {
	for _, m := range p.RemindMinutes {
		all = append(all, b.Start.Add(-time.Duration(m)*time.Minute))
	}
	return all
}

// batch bounds what one transaction does by itself.
const batch = 100

// Advance does what time has made due, and tells when to look again; zero if
// nothing is ahead.
func (b *Book) Advance(ctx context.Context) (again time.Time, err error) {
	ring, stuck, entering := 0, false, []Booking(nil)
	err = b.update(ctx, func(w *work) error {
		due, err := w.many("due > 0 AND due <= ? ORDER BY due LIMIT ?", beside.Millis(w.now), batch)
		if err != nil {
			return err
		}
		for _, v := range due {
			rings, err := w.advance(v)
			if err != nil {
				return err
			}
			if rings {
				ring++
			}
		}
		if ring > 0 {
			err = w.QueryRowContext(w.Context, "SELECT count(*) FROM booking WHERE state = ?", Requested).Scan(&ring)
		}
		if err == nil {
			entering, err = w.many("entry != '' AND state = ? LIMIT ?", Confirmed, batch)
		}
		return err
	})
	if err != nil {
		return again, err
	}
	if ring > 0 && b.cfg.Ring != nil {
		b.cfg.Ring(ctx, ring)
	}
	for _, v := range entering { // A stop of the program came between entry and ticket.
		if _, err := b.finish(ctx, v); err != nil {
			stuck = true
			b.log.Warn("a holder's check-in is not finished yet", "booking", v.ID, "err", err)
		}
	}
	told, err := b.carry(ctx)
	if err != nil {
		return again, err
	}
	if soon := time.Now().Add(time.Minute); stuck && (told.IsZero() || soon.Before(told)) {
		told = soon
	}
	return b.nextDue(ctx, told)
}

// advance does what is due for one booking; rings = staff are to be reminded.
func (w *work) advance(b Booking) (rings bool, err error) {
	switch {
	case b.State == Listed:
		_, err = w.byTime(b, Lapse, SayLapsed)
	case b.State == Requested && !w.now.Before(earlier(b.AnswerBy, b.Start)):
		_, err = w.byTime(b, Lapse, SayLapsed)
	case b.State == Requested:
		b.ringAt, rings = time.Time{}, true
		b.due = w.dueOf(b)
		err = w.save(b)
	case b.State == Confirmed && b.entry != "": // Advance finishes it first.
		b.due = w.now.Add(time.Minute)
		err = w.save(b)
	case b.State == Confirmed && !w.now.Before(later(w.DayEnd(b.Start), b.End())):
		_, err = w.byTime(b, Miss, SayMissed)
	case b.State == Confirmed:
		err = w.remind(b)
	default:
		b.due = time.Time{}
		err = w.save(b)
	}
	return rings, err
}

func (w *work) byTime(b Booking, a Action, say NoticeKind) (Booking, error) {
	to, err := next(b.State, a)
	if err != nil {
		return b, err
	}
	return w.move(b, to, ActRequest{Action: a}, say)
}

// remind says once what several missed moments would have said.
func (w *work) remind(b Booking) error {
	var say NoticeKind
	if w.now.Before(b.Start) && slices.ContainsFunc(w.reminders(b), func(at time.Time) bool { return at.After(b.reminded) && !at.After(w.now) }) {
		say = SayReminder
	}
	b.reminded = w.now
	b.due = w.dueOf(b)
	return errors.Join(w.save(b), w.tell(b, say))
}

// pending is a notice on its way.
type pending struct {
	id       int64
	booking  string
	kind     NoticeKind
	at       int64 // When it arose, in milliseconds.
	expires  time.Time
	attempts int
	way      int
}

// key names a notice to who carries it, who tells a key once. A restored book
// counts on from an old number, so that the number alone is not enough.
func (p pending) key() string {
	return "appointment-" + strconv.FormatInt(p.id, 10) + "-" + strconv.FormatInt(p.at, 36)
}

// carry hands notices to the teller, in order; it tells when to try again.
func (b *Book) carry(ctx context.Context) (again time.Time, err error) {
	if b.cfg.Teller == nil {
		return again, nil
	}
	now := time.Now()
	all, err := beside.All(ctx, b.file, func(s beside.Scanner) (p pending, err error) {
		var expires int64
		err = s.Scan(&p.id, &p.booking, &p.kind, &p.at, &expires, &p.attempts, &p.way)
		p.expires = beside.Moment(expires)
		return p, err
	}, "SELECT id, booking, kind, at, expires, attempts, way FROM notice WHERE next <= ? ORDER BY id LIMIT ?", beside.Millis(now), batch)
	if err != nil {
		return again, known(err)
	}
	setup, err := b.cfg.Setup(ctx)
	if err != nil {
		return again, err
	}
	for _, p := range all {
		if err := b.carryOne(ctx, p, setup, now); err != nil {
			return again, err
		}
	}
	var next int64
	if err := b.file.QueryRowContext(ctx, "SELECT coalesce(min(next), 0) FROM notice").Scan(&next); err != nil {
		return again, known(err)
	}
	return beside.Moment(next), nil
}

// retryMost is the longest pause between tries of a notice.
const retryMost = 10 * time.Minute

func (b *Book) carryOne(ctx context.Context, p pending, setup queue.Setup, now time.Time) error {
	v, err := b.Find(ctx, p.booking)
	if err != nil {
		return err
	}
	office := setup.Name
	if v.Language == "en" && setup.NameEN != "" {
		office = setup.NameEN
	}
	var after error
	switch {
	case v.Contact == "": // Forgotten meanwhile.
	case p.expires.After(now):
		if err := b.carried(ctx, p, v); err != nil {
			return err
		}
		n := Notice{ID: p.key(), Kind: p.kind, To: v.Contact, Booking: v, Expires: p.expires, Way: p.way, Text: Text(v, p.kind, NewCalendar(setup), office)}
		err := b.cfg.Teller.Tell(ctx, n)
		if err != nil && !errors.Is(err, ErrNoWay) {
			pause := min(time.Duration(1<<min(p.attempts, 10))*time.Second, retryMost)
			b.log.Warn("a notice of a booking is tried again", "kind", p.kind, "in", pause, "err", err)
			return b.do(ctx, "UPDATE notice SET attempts = attempts + 1, next = ? WHERE id = ?", beside.Millis(now.Add(pause)), p.id)
		}
		if err != nil {
			b.log.Warn("a holder cannot be told", "kind", p.kind, "booking", v.ID)
			after = b.unreached(ctx, p, now)
			break
		}
		after = b.handed(ctx, v)
	case p.attempts > 0: // It was tried until it was too late.
		after = b.unreached(ctx, p, now)
	}
	return errors.Join(after, b.do(ctx, "DELETE FROM notice WHERE id = ?", p.id))
}

func (b *Book) do(ctx context.Context, query string, args ...any) error {
	return known(b.file.Update(ctx, func(tx *beside.Tx) error { return tx.Do(query, args...) }))
}

// nextDue is the earlier of a moment and when a booking is next due.
func (b *Book) nextDue(ctx context.Context, other time.Time) (time.Time, error) {
	var ms int64
	if err := b.file.QueryRowContext(ctx, "SELECT coalesce(min(due), 0) FROM booking WHERE due > 0").Scan(&ms); err != nil {
		return other, known(err)
	}
	due := beside.Moment(ms)
	if due.IsZero() || !other.IsZero() && other.Before(due) {
		return other, nil
	}
	return due, nil
}

// How long things are kept: request keys as everywhere, bookings without
// personal data for the figures.
const (
	keysFor     = 7 * 24 * time.Hour
	bookingsFor = 400 * 24 * time.Hour
)

// Erase removes contacts that nothing more is to be told to, from the disk as
// well, and what is too old to be needed.
func (b *Book) Erase(ctx context.Context) error {
	now, erased := time.Now(), 0
	err := b.file.Update(ctx, func(tx *beside.Tx) (err error) {
		erased, err = tx.Changed(`UPDATE booking SET contact = '', person = '' WHERE (contact != '' OR person != '') AND state NOT IN (?, ?, ?)
			AND NOT EXISTS (SELECT 1 FROM notice WHERE notice.booking = booking.id)
			AND NOT EXISTS (SELECT 1 FROM carried WHERE carried.booking = booking.id AND carried.expires > ?)
			AND NOT EXISTS (SELECT 1 FROM unreached WHERE unreached.booking = booking.id AND unreached.at > ?)`,
			Listed, Requested, Confirmed, beside.Millis(now), beside.Millis(now.Add(-unreachedFor)))
		return errors.Join(err,
			tx.Do("DELETE FROM carried WHERE expires <= ?", beside.Millis(now)),
			tx.Do("DELETE FROM unreached WHERE at <= ?", beside.Millis(now.Add(-unreachedFor))),
			tx.Do("DELETE FROM request WHERE at < ?", beside.Millis(now.Add(-keysFor))),
			tx.Do("DELETE FROM booking WHERE start < ? AND state NOT IN (?, ?, ?)", beside.Millis(now.Add(-bookingsFor)), Listed, Requested, Confirmed))
	})
	if err != nil {
		return known(err)
	}
	if erased == 0 {
		return nil
	}
	return b.file.Scrub(ctx)
}

// lookMost is the longest that Run sleeps: the machine may have slept, or its
// clock been set.
const lookMost = 5 * time.Minute

// Run does what time makes due until ctx ends.
func (b *Book) Run(ctx context.Context) error {
	if err := b.Reconcile(ctx); err != nil && ctx.Err() == nil {
		b.log.Error("the bookings could not be compared with the office's log; a restored backup may make them differ", "err", err)
	}
	for ctx.Err() == nil {
		if err := b.learn(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("when people come is not known; the rush takes as many bookings as any hour", "err", err)
		}
		again, err := b.Advance(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := b.Erase(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("contacts of bookings are not erased from the disk yet", "err", err)
		}
		pause := lookMost
		if !again.IsZero() {
			pause = min(max(time.Until(again), time.Millisecond), lookMost)
		}
		queue.Await(ctx, b.wake, pause)
	}
	return nil
}
