package callout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

func TestWhoMayBeCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		synctest.Wait()
		tk := w.line(9)[8]
		for number, want := range map[string]bool{
			"0912345678": true, "+84912345678": true, "sip:0243 825 2525@x": true,
			"anonymous": false, "": false, "19001234": false, "1900 1234": false, "18001091": false, "+12025550123": false, "1022": false,
			"113": false, "101": false, "0672123456": false, "unavailable": false, "0012025550123": false,
		} {
			if got := w.caller.Offer(number); got != want {
				t.Errorf("offer to %q: %v", number, got)
			}
			err := w.caller.Ask(t.Context(), ivr.Wish{Ticket: tk, Number: number, Language: "vi"})
			if (err == nil) != want || !want && !errors.Is(err, ErrNumber) {
				t.Errorf("ask for %q: %v", number, err)
			}
			if err != nil && number != "" && len(number) > 5 && strings.Contains(err.Error(), number) {
				t.Errorf("the number stands in the error: %v", err)
			}
		}
		tk.State = queue.Completed
		if err := w.caller.Ask(t.Context(), ivr.Wish{Ticket: tk, Number: lan}); !errors.Is(err, ErrOver) {
			t.Errorf("a ticket that is over: %v", err)
		}
	})
}

// Only Vietnamese mobile and geographic numbers ever leave this package.
func FuzzCallable(f *testing.F) {
	for _, s := range []string{"0912345678", "19001234", "+8419001234", "tel:0912345678;phone-context=+84", "0084912345678", "anonymous", "+84 672 123 456"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		n, ok := callable(raw)
		if !ok {
			if n != "" {
				t.Fatalf("%q is refused and still gives %q", raw, n)
			}
			return
		}
		rest, found := strings.CutPrefix(n, "+84")
		if !found || strings.Trim(rest, "0123456789") != "" || strings.IndexByte("235789", rest[0]) < 0 ||
			rest[0] == '2' && len(rest) != 10 || rest[0] != '2' && len(rest) != 9 {
			t.Fatalf("%q became %q", raw, n)
		}
		if again, ok := callable(n); !ok || again != n {
			t.Fatalf("%q became %q, and that %q", raw, n, again)
		}
	})
}

// unsteady is an office that cannot be reached for a while.
type unsteady struct {
	queue.Office
	from, to time.Time
}

func (o unsteady) down() error {
	if now := time.Now(); !now.Before(o.from) && now.Before(o.to) {
		return queue.Errorf(queue.CodeUnavailable, "the network is down")
	}
	return nil
}

func (o unsteady) Info(ctx context.Context) (queue.Info, error) {
	if err := o.down(); err != nil {
		return queue.Info{}, err
	}
	return o.Office.Info(ctx)
}

func (o unsteady) Ticket(ctx context.Context, id string) (queue.Ticket, error) {
	if err := o.down(); err != nil {
		return queue.Ticket{}, err
	}
	return o.Office.Ticket(ctx, id)
}

// While nobody can say how a ticket stands, nobody is called; afterwards
// nothing is forgotten.
func TestOfficeOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.stop()
		w.config.Office = unsteady{w.office.Engine, time.Now().Add(time.Minute), time.Now().Add(11 * time.Minute)}
		w.start()
		w.town.lives(lan, &citizen{rings: time.Second, presses: map[string]string{"Nếu quý vị đang đến": "1"}})
		mine := w.line(5)[4]
		w.wish(mine, lan)
		time.Sleep(2 * time.Minute)
		w.office.next("1")
		time.Sleep(8 * time.Minute)
		if n := len(w.town.calls()); n != 0 {
			t.Errorf("%d calls while the office was out of reach", n)
		}
		time.Sleep(3 * time.Minute)
		if got := w.wishOf(mine.ID); got.Result != book.Told {
			t.Errorf("wish %+v", got)
		}
	})
}

// A restored backup gives old ids to new tickets: their holders asked for
// nothing.
func TestAnotherTicketWithTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		mine := w.office.take("A")
		mine.IssuedAt = mine.IssuedAt.Add(-time.Hour)
		if err := w.book.SetCursor(t.Context(), "trung-tam", 1<<40); err != nil {
			t.Fatal(err)
		}
		w.stop()
		w.start()
		w.wish(mine, lan)
		time.Sleep(time.Minute)
		if n := len(w.town.calls()); n != 0 {
			t.Errorf("%d calls about somebody else's ticket", n)
		}
		if got := w.wishOf(mine.ID); got.Result != book.Expired || got.Telephone != "" {
			t.Errorf("wish %+v", got)
		}
		if seq, _, err := w.book.Cursor(t.Context(), "trung-tam"); err != nil || seq >= 1<<40 {
			t.Errorf("cursor %d past the end of the log, %v", seq, err)
		}
	})
}

// Many who are near at once are called one after another, the nearest first.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *queue.Setup) { s.Phone.Callback.Ahead = 100 }, Rules{AtOnce: 2, PerMin: 6})
		defer w.close()
		synctest.Wait()
		for i := range 30 {
			number := fmt.Sprintf("+849123456%02d", i)
			w.town.lives(number, &citizen{rings: time.Second, leaves: map[string]time.Duration{"Nếu quý vị đang đến": time.Second}})
			w.wish(w.office.take("A"), number)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		calls := w.town.calls()
		if n := len(calls); n < 6 || n > 9 {
			t.Errorf("%d calls in the first minute", n)
		}
		if w.town.atOnce() > 2 {
			t.Errorf("%d at once", w.town.atOnce())
		}
		for i, c := range calls {
			var place int // Two that begin at the same moment may overtake each other.
			if _, err := fmt.Sscanf(c.number, "+849123456%02d", &place); err != nil || place < i-1 || place > i+1 {
				t.Errorf("call %d went to %s, want the nearest", i, c.number)
			}
		}
		time.Sleep(20 * time.Minute)
		if n := len(w.town.calls()); n != 30 {
			t.Errorf("%d calls in all", n)
		}
	})
}

func TestPanelHidesNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.near(&citizen{rings: time.Second, fails: &Failure{Outcome: book.Busy, Code: 486}}, 30*time.Second)
		var text strings.Builder
		for _, r := range w.caller.Panel().Rows(t.Context()) {
			fmt.Fprintln(&text, r.Label, r.Value, r.LabelEN, r.ValueEN)
		}
		for _, want := range []string{"sẵn sàng gọi", "Chờ gọi 1", "máy bận 1", "Số A004 0912***678, gọi lại sau 07:0"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("not on the panel: %q in\n%s", want, &text)
			}
		}
		if strings.Contains(text.String(), "912345678") {
			t.Errorf("a number is on the panel:\n%s", &text)
		}
		for _, o := range outcomes() {
			if vi, en := outcomeWords(o); vi == "" || en == "" || vi == string(o) {
				t.Errorf("%s has no words", o)
			}
		}
	})
}

func TestOutcomeOfErrors(t *testing.T) {
	for code, want := range map[int]book.Outcome{486: book.Busy, 600: book.Busy, 480: book.NoAnswer, 408: book.NoAnswer, 487: book.NoAnswer,
		603: book.Declined, 607: book.Declined, 404: book.Unreachable, 484: book.Unreachable, 503: book.TrunkDown, 401: book.TrunkDown} {
		if got := failureOf(refusal(code)); got.Outcome != want || got.Code != code {
			t.Errorf("%d: %+v, want %s", code, got, want)
		}
	}
	if got := failureOf(errors.New("no route")); got.Outcome != book.TrunkDown {
		t.Errorf("%+v", got)
	}
	for class, want := range classes() {
		if got := failureOf(class); got.Outcome != want {
			t.Errorf("%v: %s, want %s", class, got.Outcome, want)
		}
	}
}
