package appointment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// eventsOf reads what an office has written so far.
func (w *world) eventsOf(ctx context.Context) (all []queue.Event, err error) {
	for e, err := range w.office.Events(ctx, 0) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		if e.Kind == queue.TicketIssued {
			break
		}
	}
	return all, nil
}

// The bookings were restored from a backup of before the check-in: the log knows
// better, nobody is told to have missed anything, and the next booking, which gets
// the id of one that is no more, does not get its ticket.
func TestOlderBookings(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-03 10:00", "0912345678")
		w.until("2000-01-03 08:01")
		backup := filepath.Join(t.TempDir(), "backup.db")
		if _, err := w.book.file.Exec("VACUUM INTO ?", backup); err != nil {
			t.Fatal(err)
		}
		lost := w.make("2000-01-03 11:00", "0912345679")
		tk, err := w.book.CheckIn(w.ctx, b.Code, queue.Kiosk)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.book.CheckIn(w.ctx, lost.Code, queue.Kiosk); err != nil {
			t.Fatal(err)
		}
		w.restore(backup)
		w.want(b, Confirmed)
		w.book.cfg.Today = w.eventsOf
		if err := w.book.Reconcile(w.ctx); err != nil {
			t.Fatal(err)
		}
		if now := w.want(b, CheckedIn); now.Ticket != tk.ID || now.Contact != "" {
			t.Errorf("%+v", now)
		}
		if _, err := w.book.Find(w.ctx, lost.Code); queue.ErrorCode(err) != CodeUnknownBooking {
			t.Error(err)
		}
		again := w.make("2000-01-03 11:00", "0912345670")
		other, err := w.book.CheckIn(w.ctx, again.Code, queue.Web)
		if err != nil || again.ID != lost.ID || other.Number.N != 3 {
			t.Errorf("id %s as before %s: ticket %+v, %v", again.ID, lost.ID, other.Number, err)
		}
		w.until("2000-01-03 17:01")
		if slices.Contains(w.kinds(), SayMissed) {
			t.Errorf("told %v", w.kinds())
		}
	})
}

// The log was restored from a backup of before the check-in: the ticket is gone,
// its id may be another's, and the holder can check in once more.
func TestOlderLog(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-03 10:00", "0912345678")
		if _, err := w.book.CheckIn(w.ctx, b.Code, queue.Kiosk); err != nil {
			t.Fatal(err)
		}
		whole, err := w.eventsOf(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		w.book.cfg.Today = func(context.Context) ([]queue.Event, error) { return whole, nil }
		if err := w.book.Reconcile(w.ctx); err != nil {
			t.Fatal(err)
		}
		w.want(b, CheckedIn) // They agree: nothing changes.
		other := whole[len(whole)-1]
		walkIn := *other.Ticket
		walkIn.Class, walkIn.Slot = queue.Normal, b.Start.AddDate(1, 0, 0)
		other.Ticket, other.Actor = &walkIn, "kiosk"
		older := append(whole[:len(whole)-1:len(whole)-1], other) // Another has the id now.
		w.book.cfg.Today = func(context.Context) ([]queue.Event, error) { return older, nil }
		if err := w.book.Reconcile(w.ctx); err != nil {
			t.Fatal(err)
		}
		if now := w.want(b, Confirmed); now.Ticket != "" {
			t.Errorf("%+v", now)
		}
		if n, err := w.book.Slots(w.ctx, "A", "2000-01-03", 1, true); err != nil || n[0].Slots[len(n[0].Slots)-1].Free != 3 {
			t.Errorf("%+v, %v", n, err)
		}
	})
}

// restore puts a backup in place of the file.
func (w *world) restore(backup string) {
	w.Helper()
	if err := w.book.Close(); err != nil {
		w.Fatal(err)
	}
	for _, end := range []string{"-wal", "-shm"} {
		_ = os.Remove(w.path + end) // Perhaps there is none.
	}
	if err := os.Rename(backup, w.path); err != nil {
		w.Fatal(err)
	}
	w.open()
}

// Nobody is woken: what comes up at night is said in the morning, one notice
// stands in place of the older, and a reminder is not put off beyond its time.
func TestQuietHours(t *testing.T) {
	run(t, weekdays(), automatic(Settings{RemindMinutes: []int{120}, Services: three().Services}), func(w *world) {
		w.book.cfg.Quiet = func() notice.Quiet { return notice.Quiet{From: "21:00", To: "06:30"} }
		w.until("2000-01-03 08:00")
		early := w.make("2000-01-04 07:30", "0912345678")
		w.until("2000-01-03 22:00")
		if want := []NoticeKind{SayConfirmed}; !slices.Equal(w.kinds(), want) {
			t.Errorf("told %v, want %v", w.kinds(), want)
		}
		night := w.make("2000-01-05 10:00", "0912345679")
		w.act(night, Reschedule, ActRequest{Staff: true, Start: local(w, "2000-01-05 11:00")})
		w.until("2000-01-04 06:29")
		if len(w.told) != 1 {
			t.Errorf("told at night: %v", w.kinds())
		}
		w.until("2000-01-04 06:31")
		if want := []NoticeKind{SayConfirmed, SayMoved, SayReminder}; !slices.Equal(w.kinds(), want) {
			t.Errorf("told %v, want %v", w.kinds(), want)
		}
		if n := w.told[2]; n.Booking.ID != early.ID || !n.Expires.Equal(early.Start) {
			t.Errorf("%+v", n)
		}
	})
}

// An office that works at night too tells at once what the morning would tell
// too late.
func TestQuietHoursOfANightOffice(t *testing.T) {
	run(t, queue.CommuneCentre(), automatic(three()), func(w *world) {
		w.book.cfg.Quiet = func() notice.Quiet { return notice.Quiet{From: "21:00", To: "06:30"} }
		w.until("2000-01-03 22:00")
		w.make("2000-01-04 02:00", "0912345678")
		w.make("2000-01-04 08:00", "0912345679")
		w.until("2000-01-03 22:01")
		if len(w.told) != 1 || w.told[0].To != "tel:+84912345678" {
			t.Errorf("told %+v", w.told)
		}
	})
}

// One telephone does not book, move and cancel without end; others and staff are
// not kept from it.
func TestWhoBooksWithoutEnd(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		again := func(phone string, channel queue.Channel) error {
			r := w.ask("2000-01-05 10:00", phone)
			r.Channel = channel
			b, err := w.book.Book(w.ctx, r)
			if err == nil {
				w.act(b, Cancel, ActRequest{})
			}
			return err
		}
		for range changeBurst {
			if err := again("0912345678", queue.Web); err != nil {
				t.Fatal(err)
			}
		}
		w.refused(again("0912345678", queue.Phone), queue.CodeRateLimited)
		if err := errors.Join(again("0912345678", queue.Staff), again("0912345679", queue.Phone)); err != nil {
			t.Error(err)
		}
		time.Sleep(changeEvery)
		b := w.make("2000-01-05 10:00", "0912345678")
		_, err := w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Reschedule, Start: local(w, "2000-01-05 11:00")})
		w.refused(err, queue.CodeRateLimited)
		w.act(b, Reschedule, ActRequest{Staff: true, Start: local(w, "2000-01-05 11:00")})
	})
}

// Every notice has a rule, and those that somebody waits for are sent to the last
// of a month's messages.
func TestEveryNoticeHasARule(t *testing.T) {
	book := Notices()
	for kind := range sentences() {
		if _, ok := book.Rule(notice.Kind(kind)); !ok {
			t.Errorf("no rule for %s", kind)
		}
	}
	if len(book) != len(sentences()) {
		t.Errorf("%d rules, %d sentences", len(book), len(sentences()))
	}
}

// Mine are the open ones of a contact, and whoever answers in the same breath
// sends no notice beside.
func TestMine(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		later, first := w.make("2000-01-05 10:00", "0912345678"), w.make("2000-01-04 10:00", "0912345678")
		r := w.ask("2000-01-04 10:00", "")
		r.Contact, r.Told = "telegram:4711", true
		chat, err := w.book.Book(w.ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		mine := func(contact string) (ids []string) {
			all, err := w.book.Mine(w.ctx, contact)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range all {
				ids = append(ids, b.ID)
			}
			return ids
		}
		if got, want := mine("tel:+84912345678"), []string{first.ID, later.ID}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if got := mine("telegram:4711"); !slices.Equal(got, []string{chat.ID}) {
			t.Errorf("%v", got)
		}
		w.act(first, Cancel, ActRequest{})
		if err := w.book.Forget(w.ctx, "telegram:4711"); err != nil {
			t.Fatal(err)
		}
		if a, b, c := mine("tel:+84912345678"), mine("telegram:4711"), mine(""); len(a) != 1 || len(b)+len(c) != 0 {
			t.Errorf("%v, %v, %v", a, b, c)
		}
		w.until("2000-01-03 08:02")
		if n := len(w.told); n != 1 {
			t.Errorf("told %v", w.kinds())
		}
	})
}
