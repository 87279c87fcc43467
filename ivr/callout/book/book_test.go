package book_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	lan   = "+84912345678"
	today = "2026-11-23"
)

var nine = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func limits() book.Limits { return book.Limits{Attempts: 2, Failures: 3, PerDay: 4} }

func open(t *testing.T, path string) *book.Book {
	t.Helper()
	b, err := book.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shut closes a book before its test ends.
func shut(t *testing.T, b *book.Book) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func wish(ticket string) book.Wish {
	return book.Wish{Ticket: ticket, Number: "A012", Service: "A", Issued: nine, Day: today, Telephone: lan, Language: "vi", Ahead: 3, Asked: nine}
}

func noted(t *testing.T, b *book.Book, w book.Wish) book.Wish {
	t.Helper()
	if err := b.Note(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	got, ok, err := b.WishFor(t.Context(), w.Ticket)
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	return got
}

func begun(t *testing.T, b *book.Book, w book.Wish, p book.Purpose, at time.Time) book.Attempt {
	t.Helper()
	a, _, err := b.Begin(t.Context(), w.ID, p, limits(), today, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func finish(t *testing.T, b *book.Book, a book.Attempt, o book.Outcome, n book.Next) {
	t.Helper()
	if err := b.Finish(t.Context(), a, book.Report{Outcome: o, Code: 486, Rang: 3 * time.Second}, n); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsForgottenByClosing(t *testing.T) {
	path := filepath.Join(t.TempDir(), book.FileName)
	b := open(t, path)
	want := noted(t, b, wish("7"))
	a := begun(t, b, want, book.Near, nine)
	if err := b.Reach(t.Context(), a.ID, book.Answered); err != nil {
		t.Fatal(err)
	}
	if err := b.SetCursor(t.Context(), "trung-tam", 41); err != nil {
		t.Fatal(err)
	}
	shut(t, b)
	b = open(t, path)
	defer shut(t, b)
	got, _, err := b.WishFor(t.Context(), "7")
	want.Tried.Near = 1
	if err != nil || got != want {
		t.Errorf("%+v, want %+v, %v", got, want, err)
	}
	left, err := b.Unfinished(t.Context())
	if err != nil || len(left) != 1 || left[0].ID != a.ID || left[0].Progress != book.Answered || left[0].Key != a.Key || left[0].Outcome != "" {
		t.Errorf("unfinished %+v, %v", left, err)
	}
	if seq, ok, err := b.Cursor(t.Context(), "trung-tam"); seq != 41 || !ok || err != nil {
		t.Errorf("cursor %d, %v, %v", seq, ok, err)
	}
	if _, ok, err := b.Cursor(t.Context(), "elsewhere"); ok || err != nil {
		t.Errorf("cursor of another office %v, %v", ok, err)
	}
}

func TestAskingAgainChangesNothing(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), book.FileName))
	defer shut(t, b)
	first := noted(t, b, wish("7"))
	again := wish("7")
	again.Telephone, again.Ahead = "+84987654321", 9
	if got := noted(t, b, again); got != first {
		t.Errorf("%+v, want %+v", got, first)
	}
	if _, err := b.End(t.Context(), "7", book.Failed); err != nil {
		t.Fatal(err)
	}
	if got := noted(t, b, again); got.State != book.Wanted || got.Telephone != again.Telephone || got.Round != 2 || got.Result != "" {
		t.Errorf("asked anew: %+v", got)
	}
}

func TestBeginRefuses(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), book.FileName))
	defer shut(t, b)
	w, other := noted(t, b, wish("7")), noted(t, b, wish("8"))
	try := func(w book.Wish, at time.Time) error {
		_, _, err := b.Begin(t.Context(), w.ID, book.Near, limits(), today, at)
		return err
	}
	again := book.Next{State: book.Wanted, NotBefore: nine.Add(90 * time.Second)}
	a := begun(t, b, w, book.Near, nine)
	if err := try(other, nine); !errors.Is(err, book.ErrBusy) {
		t.Errorf("the same telephone twice at once: %v", err)
	}
	if _, err := b.Forget(t.Context(), lan); err != nil {
		t.Fatal(err)
	}
	other = noted(t, b, wish("9"))
	if err := try(other, nine); !errors.Is(err, book.ErrBusy) {
		t.Errorf("the same telephone twice at once, the first wish withdrawn: %v", err)
	}
	finish(t, b, a, book.Busy, again)
	if err := try(w, nine.Add(time.Hour)); !errors.Is(err, book.ErrOver) {
		t.Errorf("a withdrawn wish: %v", err)
	}
	if err := try(book.Wish{ID: 999}, nine); !errors.Is(err, book.ErrOver) {
		t.Errorf("no wish: %v", err)
	}
	finish(t, b, begun(t, b, other, book.Near, nine), book.NoAnswer, again)
	if err := try(other, nine.Add(89*time.Second)); !errors.Is(err, book.ErrEarly) {
		t.Errorf("too early: %v", err)
	}
	finish(t, b, begun(t, b, other, book.Near, nine.Add(90*time.Second)), book.NoAnswer, again)
	if err := try(other, nine.Add(time.Hour)); !errors.Is(err, book.ErrTooMany) {
		t.Errorf("a third attempt: %v", err)
	}
	finish(t, b, begun(t, b, other, book.Called, nine.Add(time.Hour)), book.NoAnswer, again)
	last := noted(t, b, wish("10"))
	if err := try(last, nine.Add(time.Hour)); !errors.Is(err, book.ErrTooMany) {
		t.Errorf("a fifth call to one telephone: %v", err)
	}
	if _, _, err := b.Begin(t.Context(), last.ID, book.Near, limits(), "2026-11-24", nine.Add(24*time.Hour)); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// What did not leave the house bothered nobody.
func TestTrunkFailuresCountApart(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), book.FileName))
	defer shut(t, b)
	w := noted(t, b, wish("7"))
	for range 3 {
		finish(t, b, begun(t, b, w, book.Near, nine), book.TrunkDown, book.Next{State: book.Wanted})
	}
	if n, err := b.Calls(t.Context(), today, lan); n != 0 || err != nil {
		t.Errorf("%d calls counted, %v", n, err)
	}
	if got, err := b.Tried(t.Context(), w.ID); got != (book.Tried{Failures: 3}) || err != nil {
		t.Errorf("tried %+v, %v", got, err)
	}
	if _, _, err := b.Begin(t.Context(), w.ID, book.Near, limits(), today, nine); !errors.Is(err, book.ErrTooMany) {
		t.Errorf("a fourth failure: %v", err)
	}
}

func TestFinishOnce(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), book.FileName))
	defer shut(t, b)
	w := noted(t, b, wish("7"))
	a := begun(t, b, w, book.Near, nine)
	finish(t, b, a, book.Pressed, book.Next{State: book.Done, Result: book.Told})
	finish(t, b, a, book.Busy, book.Next{State: book.Wanted, Again: true})
	got, _, _ := b.WishFor(t.Context(), "7")
	if got.State != book.Done || got.Result != book.Told || got.Telephone != "" || got.Round != 1 {
		t.Errorf("%+v", got)
	}
	list, err := b.Attempts(t.Context(), "7")
	if err != nil || len(list) != 1 || list[0].Outcome != book.Pressed || list[0].Code != 486 || list[0].Rang != 3*time.Second {
		t.Errorf("%+v, %v", list, err)
	}
}

// A wish that ended while we talked stays ended, but what was said is known.
func TestEndsWhileTalking(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), book.FileName))
	defer shut(t, b)
	a := begun(t, b, noted(t, b, wish("7")), book.Near, nine)
	if ended, err := b.EndAt(t.Context(), "7", book.Expired, "trung-tam", 12); !ended || err != nil {
		t.Fatal(ended, err)
	}
	finish(t, b, a, book.Pressed, book.Next{State: book.Wanted, Again: true, NotBefore: nine})
	if got, _, _ := b.WishFor(t.Context(), "7"); got.State != book.Done || got.Result != book.Expired || got.Round != 1 {
		t.Errorf("%+v", got)
	}
	if seq, _, _ := b.Cursor(t.Context(), "trung-tam"); seq != 12 {
		t.Errorf("cursor %d", seq)
	}
}

func TestTexting(t *testing.T) {
	path := filepath.Join(t.TempDir(), book.FileName)
	b := open(t, path)
	for _, id := range []string{"7", "8"} {
		w := noted(t, b, wish(id))
		if err := b.GiveUp(t.Context(), w.ID, true); err != nil {
			t.Fatal(err)
		}
		if marked, err := b.MarkTexting(t.Context(), w.ID); !marked || err != nil {
			t.Fatal(marked, err)
		}
		if marked, err := b.MarkTexting(t.Context(), w.ID); marked || err != nil {
			t.Error("sent twice", err)
		}
	}
	w, _, _ := b.WishFor(t.Context(), "7")
	if w.Telephone != lan {
		t.Fatal("nobody to write to")
	}
	if err := b.Texted(t.Context(), w.ID, book.Texted); err != nil {
		t.Fatal(err)
	}
	shut(t, b)
	b = open(t, path)
	defer shut(t, b)
	if n, err := b.DropTexting(t.Context()); n != 1 || err != nil {
		t.Errorf("%d dropped, %v", n, err)
	}
	for id, want := range map[string]book.Result{"7": book.Texted, "8": book.Failed} {
		if got, _, _ := b.WishFor(t.Context(), id); got.State != book.Done || got.Result != want || got.Telephone != "" {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}

func TestErasedMeansErased(t *testing.T) {
	for name, erase := range map[string]func(ctx context.Context, b *book.Book) error{
		"ended":   func(ctx context.Context, b *book.Book) error { _, err := b.End(ctx, "7", book.Expired); return err },
		"forget":  func(ctx context.Context, b *book.Book) error { _, err := b.Forget(ctx, lan); return err },
		"the day": func(ctx context.Context, b *book.Book) error { _, err := b.TurnDay(ctx, "2026-11-24"); return err },
	} {
		path := filepath.Join(t.TempDir(), book.FileName)
		b := open(t, path)
		begun(t, b, noted(t, b, wish("7")), book.Near, nine)
		if !holds(t, path, lan) {
			t.Fatal("this test cannot see a number that is there")
		}
		if err := erase(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if err := b.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if holds(t, path, lan) || holds(t, path, "912345678") {
			t.Errorf("%s: the number is still in the file", name)
		}
		d, err := b.Since(t.Context(), nine.Add(-time.Hour))
		if err != nil || name == "the day" && (d.Running != 0 || len(d.Results) != 0) || name != "the day" && d.Running != 1 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		shut(t, b)
	}
}

func holds(t *testing.T, path, text string) bool {
	t.Helper()
	found := false
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		found = found || bytes.Contains(b, []byte(text))
	}
	return found
}

func TestSince(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), book.FileName))
	defer shut(t, b)
	w := noted(t, b, wish("7"))
	finish(t, b, begun(t, b, w, book.Near, nine), book.Busy, book.Next{State: book.Wanted})
	finish(t, b, begun(t, b, w, book.Near, nine.Add(time.Hour)), book.Pressed, book.Next{State: book.Done, Result: book.Told})
	noted(t, b, wish("8"))
	d, err := b.Since(t.Context(), nine.Add(time.Minute))
	if err != nil || d.Outcomes[book.Pressed] != 1 || d.Outcomes[book.Busy] != 0 || d.Waiting != 1 || d.Results[book.Told] != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	list, err := b.Waiting(t.Context(), 10)
	if err != nil || len(list) != 1 || list[0].Ticket != "8" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestRefusesANewerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), book.FileName)
	shut(t, open(t, path))
	db, err := sql.Open("sqlite3", path)
	if err == nil {
		_, err = db.Exec("PRAGMA user_version = 99")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := book.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("%v, %v", b, err)
	}
}

// A number is not read from the tally without its day's key.
func TestTallyHoldsNoNumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), book.FileName)
	b := open(t, path)
	defer shut(t, b)
	a := begun(t, b, noted(t, b, wish("7")), book.Near, nine)
	finish(t, b, a, book.NoAnswer, book.Next{State: book.Done, Result: book.Failed})
	if err := b.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Calls(t.Context(), today, lan); n != 1 || err != nil {
		t.Errorf("%d calls, %v", n, err)
	}
	if holds(t, path, "912345678") {
		t.Error("the number is in the file")
	}
	if _, err := b.TurnDay(t.Context(), "2026-11-24"); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Calls(t.Context(), today, lan); n != 0 || err != nil {
		t.Errorf("%d calls of a day that is over, %v", n, err)
	}
}
