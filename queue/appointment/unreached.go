package appointment

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// Unreached is a booking whose holder could not be told something by any way:
// somebody has to telephone.
type Unreached struct {
	Booking
	Kind  NoticeKind // What its holder does not know.
	Since time.Time
}

// unreachedFor is how long staff see whom nothing has reached, and how long a
// contact is kept for that.
const unreachedFor = 7 * 24 * time.Hour

// matters reports whether somebody has to be told in any case; reminders and
// receipts are left out.
func (k NoticeKind) matters() bool {
	rule, ok := Notices().Rule(notice.Kind(k))
	return ok && rule.Worth == notice.Answer
}

// carried notes that a notice goes to who sends it, before it does: that it was lost
// may be told at once.
func (b *Book) carried(ctx context.Context, p pending, v Booking) error {
	if rule, _ := Notices().Rule(notice.Kind(p.kind)); !rule.Reserve { // It has no other way.
		return nil
	}
	return b.do(ctx, "INSERT OR REPLACE INTO carried (key, booking, kind, way, version, expires) VALUES (?, ?, ?, ?, ?, ?)",
		p.key(), v.ID, p.kind, p.way, v.Version, beside.Millis(p.expires))
}

// handed notes that a notice is with who sends it. It stands in place of what did
// not reach its holder before: each notice says how it stands now.
func (b *Book) handed(ctx context.Context, v Booking) error {
	return b.do(ctx, "DELETE FROM unreached WHERE booking = ?", v.ID)
}

// unreached notes that a notice has reached nobody, if somebody is to know.
func (b *Book) unreached(ctx context.Context, p pending, now time.Time) error {
	return known(b.file.Update(ctx, func(tx *beside.Tx) error {
		gone := tx.Do("DELETE FROM carried WHERE key = ?", p.key())
		if !p.kind.matters() {
			return gone
		}
		return errors.Join(gone, tx.Do("INSERT OR REPLACE INTO unreached (booking, kind, at) VALUES (?, ?, ?)", p.booking, p.kind, beside.Millis(now)))
	}))
}

// Lost says that a notice which was handed over, by its id, did not reach its
// holder: it goes the next way, and where there is none staff see it. What has
// become of the booking since, its holder was told by another notice; then, and
// when it is too late, nothing happens. It may be said the same again.
func (b *Book) Lost(ctx context.Context, id string) error {
	err := b.update(ctx, func(w *work) error {
		var p pending
		var version int
		var expires int64
		err := w.QueryRowContext(w.Context, "SELECT booking, kind, way, version, expires FROM carried WHERE key = ?", id).
			Scan(&p.booking, &p.kind, &p.way, &version, &expires)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		v, err := w.find(p.booking)
		if err != nil {
			return err
		}
		gone := w.Do("DELETE FROM carried WHERE key = ?", id)
		if v.Version != version || v.Contact == "" {
			return gone
		}
		if now := beside.Millis(w.now); expires > now {
			return errors.Join(gone, w.Do("INSERT INTO notice (booking, kind, at, expires, next, way) VALUES (?, ?, ?, ?, ?, ?)",
				p.booking, p.kind, now, expires, now, p.way+1))
		}
		if !p.kind.matters() {
			return gone
		}
		return errors.Join(gone, w.Do("INSERT OR REPLACE INTO unreached (booking, kind, at) VALUES (?, ?, ?)", p.booking, p.kind, beside.Millis(w.now)))
	})
	b.poke()
	return err
}

// Unreached lists whom nothing has reached, by booked time.
func (b *Book) Unreached(ctx context.Context) (all []Unreached, err error) {
	err = b.update(ctx, func(w *work) error {
		list, err := w.many("id IN (SELECT booking FROM unreached) ORDER BY start, id LIMIT ?", listedMost)
		if err != nil {
			return err
		}
		for _, v := range list {
			u, at := Unreached{Booking: v}, int64(0)
			if err := w.QueryRowContext(w.Context, "SELECT kind, at FROM unreached WHERE booking = ?", v.ID).Scan(&u.Kind, &at); err != nil {
				return err
			}
			u.Since = beside.Moment(at)
			all = append(all, u)
		}
		return nil
	})
	return all, err
}

// Reached says that staff have told a holder.
func (b *Book) Reached(ctx context.Context, ref, actor string) error {
	return b.update(ctx, func(w *work) error {
		v, err := w.find(ref)
		if err != nil {
			return err
		}
		n, err := w.Changed("DELETE FROM unreached WHERE booking = ?", v.ID)
		if err != nil || n == 0 {
			return err
		}
		return w.note(v, "told", actor, v.State, "")
	})
}
