package appointment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// unreached is whom staff have to telephone.
func (w *world) unreached() (kinds []NoticeKind) {
	w.Helper()
	all, err := w.book.Unreached(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	for _, u := range all {
		if u.Contact == "" {
			w.Errorf("nobody can telephone: %+v", u)
		}
		kinds = append(kinds, u.Kind)
	}
	return kinds
}

func (w *world) wantUnreached(want ...NoticeKind) {
	w.Helper()
	if got := w.unreached(); !slices.Equal(got, want) {
		w.Errorf("unreached: %v, want %v", got, want)
	}
}

// A notice that comes back goes the next way; where there is none, staff see whom
// to telephone, until they have.
func TestLostNotice(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-05 08:00", "0912345678")
		w.until("2000-01-03 08:01")
		w.act(b, Confirm, ActRequest{Staff: true})
		w.until("2000-01-03 08:02")
		first := w.told[len(w.told)-1]
		if first.Kind != SayConfirmed || first.Way != 0 {
			t.Fatalf("%+v", first)
		}
		for range 2 { // However often it is said.
			if err := w.book.Lost(w.ctx, first.ID); err != nil {
				t.Fatal(err)
			}
			w.until("2000-01-03 08:03")
		}
		second := w.told[len(w.told)-1]
		if len(w.told) != 3 || second.Kind != SayConfirmed || second.Way != 1 || second.ID == first.ID {
			t.Fatalf("told %v, the last by way %d", w.kinds(), second.Way)
		}
		w.wantUnreached()
		w.fails = ErrNoWay
		if err := w.book.Lost(w.ctx, second.ID); err != nil {
			t.Fatal(err)
		}
		w.until("2000-01-03 08:04")
		w.wantUnreached(SayConfirmed)
		if err := w.book.Reached(w.ctx, b.ID, "staff:lan"); err != nil {
			t.Fatal(err)
		}
		w.wantUnreached()
		history, err := w.book.History(w.ctx, b.ID)
		if last := history[len(history)-1]; err != nil || last.Action != "told" || last.Actor != "staff:lan" {
			t.Errorf("%+v (%v)", history, err)
		}
	})
}

// What is known to whom nothing reaches: news that somebody waits for, of whom a
// contact is left; not reminders, and not what another notice has told since.
func TestUnreached(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.fails = ErrNoWay
		kept := w.make("2000-01-05 08:00", "0912345678")
		off := w.make("2000-01-05 08:30", "0987654321")
		w.until("2000-01-03 08:01")
		w.wantUnreached(SayConfirmed, SayConfirmed)
		w.act(off, Cancel, ActRequest{Staff: true, Reason: "mất điện"})
		w.wantUnreached(SayConfirmed) // It is on its way again.
		w.until("2000-01-03 08:02")
		w.wantUnreached(SayConfirmed, SayCancelled)
		w.fails = nil
		w.act(kept, Reschedule, ActRequest{Staff: true, Start: local(w, "2000-01-05 09:00")})
		w.until("2000-01-03 08:03")
		w.wantUnreached(SayCancelled) // Moved was told, and stands for both.
		w.fails = ErrNoWay
		w.until("2000-01-05 17:30") // Reminders, and missed.
		w.wantUnreached(SayCancelled)
		w.until("2000-01-10 08:03")
		if err := w.book.Erase(w.ctx); err != nil {
			t.Fatal(err)
		}
		w.wantUnreached()
		if got := w.want(off, Cancelled); got.Contact != "" {
			t.Error("the contact is kept for ever")
		}
	})
}

// Whom nothing may be told to any more, staff are not asked to telephone.
func TestForgottenIsNotUnreached(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.fails = ErrNoWay
		w.make("2000-01-05 08:00", "0912345678")
		w.make("2000-01-05 08:30", "0987654321")
		w.until("2000-01-03 08:01")
		w.wantUnreached(SayConfirmed, SayConfirmed)
		if err := w.book.Forget(w.ctx, "tel:+84912345678"); err != nil {
			t.Fatal(err)
		}
		w.wantUnreached(SayConfirmed)
	})
}

// hasty is a way that tells of its failure before it has said that it takes a notice.
type hasty struct{ *world }

func (h hasty) Tell(ctx context.Context, n Notice) error {
	if n.Way > 0 {
		return ErrNoWay
	}
	return h.book.Lost(ctx, n.ID)
}

// However soon it is known that a notice was lost, staff see it.
func TestLostAtOnce(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.book.cfg.Teller = hasty{w}
		w.make("2000-01-05 08:00", "0912345678")
		w.until("2000-01-03 08:01")
		w.wantUnreached(SayConfirmed)
	})
}

// A notice that is tried until it is too late has reached nobody.
func TestTriedTooLong(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.fails = errors.New("the gateway is down")
		w.make("2000-01-03 09:30", "0912345678")
		w.until("2000-01-03 09:29")
		w.wantUnreached()
		w.until("2000-01-03 09:45")
		w.wantUnreached(SayConfirmed)
	})
}

// Who moves an appointment where the answer is heard is not told once more, nor
// what was said of the old time; whom staff move is told once.
func TestMovedIsToldOnce(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-05 08:00", "0912345678")
		w.act(b, Reschedule, ActRequest{Actor: "zalo", Told: true, Start: local(w, "2000-01-05 09:00")})
		w.until("2000-01-03 08:01")
		if len(w.told) > 0 {
			t.Errorf("told %v", w.kinds())
		}
		w.act(b, Reschedule, ActRequest{Staff: true, Start: local(w, "2000-01-05 09:30")})
		w.until("2000-01-03 08:02")
		if want := []NoticeKind{SayMoved}; !slices.Equal(w.kinds(), want) {
			t.Errorf("told %v, want %v", w.kinds(), want)
		}
	})
}

// A file of the first version is brought up to date, and what waits in it is told.
func TestFirstVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	old, err := beside.Open(t.Context(), path, beside.Schema{Name: "appointments", Create: firstVersion})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = old.Update(t.Context(), func(tx *beside.Tx) error {
		return errors.Join(
			tx.Do(`INSERT INTO booking (code, service, procedure, start, state, channel, language, needs, contact, person, made, answer_by, changed, version, sequence, reminded, ring_at, due)
				VALUES ('123456782', 'A', '', ?, 'confirmed', 'web', 'vi', '', 'tel:+84912345678', 'p', 1, 0, 1, 1, 0, 1, 0, 0)`, beside.Millis(now.Add(48*time.Hour))),
			tx.Do("INSERT INTO notice (booking, kind, at, expires, next) VALUES (1, ?, 1, ?, 1)", SayConfirmed, beside.Millis(now.Add(time.Hour))))
	})
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, ctx: t.Context(), path: path, setup: weekdays(), office: struct{ queue.Office }{}}
	w.open()
	if _, err := w.book.Advance(w.ctx); err != nil {
		t.Fatal(err)
	}
	if want := []NoticeKind{SayConfirmed}; !slices.Equal(w.kinds(), want) {
		t.Errorf("told %v, want %v", w.kinds(), want)
	}
	if err := w.book.Close(); err != nil {
		t.Error(err)
	}
}

// firstVersion is how the file was made at first.
const firstVersion = `
CREATE TABLE settings (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	body TEXT NOT NULL
) STRICT;
CREATE TABLE booking (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	code       TEXT NOT NULL UNIQUE,
	service    TEXT NOT NULL,
	procedure  TEXT NOT NULL,
	start      INTEGER NOT NULL,
	state      TEXT NOT NULL,
	channel    TEXT NOT NULL,
	language   TEXT NOT NULL,
	needs      TEXT NOT NULL,
	contact    TEXT NOT NULL,
	person     TEXT NOT NULL,
	made       INTEGER NOT NULL,
	answer_by  INTEGER NOT NULL,
	changed    INTEGER NOT NULL,
	reason     TEXT NOT NULL DEFAULT '',
	version    INTEGER NOT NULL,
	sequence   INTEGER NOT NULL,
	ticket     TEXT NOT NULL DEFAULT '',
	entry      TEXT NOT NULL DEFAULT '',
	reminded   INTEGER NOT NULL,
	ring_at    INTEGER NOT NULL,
	due        INTEGER NOT NULL
) STRICT;
CREATE INDEX booking_due ON booking (due) WHERE due > 0;
CREATE INDEX booking_start ON booking (start);
CREATE INDEX booking_person ON booking (person) WHERE person != '';
CREATE TABLE held (
	booking INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	pool    TEXT NOT NULL,
	start   INTEGER NOT NULL,
	units   INTEGER NOT NULL
) STRICT;
CREATE INDEX held_pool ON held (pool, start);
CREATE INDEX held_booking ON held (booking);
CREATE TABLE history (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	booking    INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	at         INTEGER NOT NULL,
	action     TEXT NOT NULL,
	actor      TEXT NOT NULL,
	from_state TEXT NOT NULL,
	to_state   TEXT NOT NULL,
	reason     TEXT NOT NULL
) STRICT;
CREATE INDEX history_booking ON history (booking);
CREATE TABLE request (
	caller  TEXT NOT NULL,
	key     TEXT NOT NULL,
	hash    BLOB NOT NULL,
	booking INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	at      INTEGER NOT NULL,
	PRIMARY KEY (caller, key)
) STRICT;
CREATE TABLE notice (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	booking  INTEGER NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
	kind     TEXT NOT NULL,
	at       INTEGER NOT NULL,
	expires  INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	next     INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_booking ON notice (booking);
`

// Who waits for a place hears at the end of that day's work that none came free,
// not before.
func TestListedLapses(t *testing.T) {
	s := automatic(three())
	s.Services["A"] = Service{Places: 1}
	run(t, weekdays(), s, func(w *world) {
		w.until("2000-01-03 08:00")
		w.make("2000-01-04 08:00", "0911111111")
		r := w.ask("2000-01-04 08:00", "0922222222")
		r.List = true
		listed, err := w.book.Book(w.ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		w.until("2000-01-04 16:59")
		w.want(listed, Listed)
		w.until("2000-01-04 17:00")
		w.want(listed, Lapsed)
		if !slices.Contains(w.kinds(), SayLapsed) {
			t.Errorf("told %v", w.kinds())
		}
	})
}

// A place that comes free less than two hours before its time is offered to nobody
// who waits: there is no time to hear of it and come.
func TestPlaceFreeTooLate(t *testing.T) {
	s := automatic(three())
	s.Services["A"] = Service{Places: 1}
	for clock, want := range map[string]State{"2000-01-04 14:30": Confirmed, "2000-01-04 14:31": Listed} {
		run(t, weekdays(), s, func(w *world) {
			w.until("2000-01-03 08:00")
			last := w.make("2000-01-04 16:30", "0911111111")                                       // The last half-hour of the day …
			for i, other := range []string{"13:30", "14:00", "14:30", "15:00", "15:30", "16:00"} { // … of an afternoon that is full.
				w.make("2000-01-04 "+other, fmt.Sprintf("093333333%d", i))
			}
			r := w.ask("2000-01-04 16:30", "0922222222")
			r.List = true
			listed, err := w.book.Book(w.ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			w.until(clock)
			w.act(last, Cancel, ActRequest{})
			w.want(listed, want)
		})
	}
}
