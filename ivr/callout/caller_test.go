package callout

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

const lan = "+84912345678"

// line takes numbers so that the last one has n ahead, opens a counter that
// serves the first, and gives all.
func (w *world) line(n int) (tickets []queue.Ticket) {
	for range n {
		tickets = append(tickets, w.office.take("A"))
	}
	w.office.open("1")
	return tickets
}

func TestCalledWhenThreeAreAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.town.lives(lan, &citizen{rings: 6 * time.Second, hello: 600 * time.Millisecond, presses: map[string]string{"Nếu quý vị đang đến": "1"}})
		last := w.line(6)[5]
		w.wish(last, "0912 345 678")
		time.Sleep(time.Minute)
		if calls := w.town.calls(); len(calls) != 0 {
			t.Fatalf("called with %d ahead", w.office.ticket(last.ID).Standing.Ahead)
		}
		w.office.next("1") // 4 ahead.
		time.Sleep(time.Minute)
		if len(w.town.calls()) != 0 {
			t.Fatal("called too early")
		}
		w.office.next("1")
		time.Sleep(time.Minute)
		calls := w.town.calls()
		if len(calls) != 1 || calls[0].number != lan {
			t.Fatalf("calls %+v", calls)
		}
		heard := strings.Join(calls[0].heard, " | ")
		for _, want := range []string{
			"Xin chào, đây là trung tâm Phục vụ hành chính công xã Bình An", "không bao giờ hỏi mã OTP", "A, không, không, sáu",
			"Phía trước quý vị còn ba người", "Nếu quý vị đang đến, bấm phím một", "Cảm ơn quý vị đã xác nhận",
		} {
			if !strings.Contains(heard, want) {
				t.Errorf("not heard: %q in %q", want, heard)
			}
		}
		got := w.wishOf(last.ID)
		if got.State != book.Done || got.Result != book.Told || got.Telephone != "" {
			t.Errorf("wish %+v", got)
		}
		list := w.attempts(last.ID)
		if len(list) != 1 || list[0].Outcome != book.Pressed || list[0].Pressed != "1" || list[0].Progress != book.Heard ||
			list[0].Rang != 6*time.Second || list[0].Talked < 5*time.Second {
			t.Errorf("attempts %+v", list)
		}
		if w.office.ticket(last.ID).State != queue.Waiting || w.office.ticket(last.ID).Presence != queue.Remote {
			t.Error("saying that one comes must not count as being here")
		}
	})
}

// near brings a wish to the point where its holder is to be called, by the
// telephone of c, and lets d pass.
func (w *world) near(c *citizen, d time.Duration) queue.Ticket {
	w.t.Helper()
	w.town.lives(lan, c)
	last := w.line(4)[3]
	w.wish(last, lan)
	time.Sleep(d)
	return last
}

func TestOutcomes(t *testing.T) {
	told := map[string]string{"Nếu quý vị đang đến": "1"}
	for name, c := range map[string]struct {
		citizen  citizen
		calls    int
		outcomes []book.Outcome
		result   book.Result
	}{
		"nobody answers":       {citizen{}, 2, []book.Outcome{book.NoAnswer, book.NoAnswer}, book.Failed},
		"busy, then answered":  {citizen{rings: time.Second, fails: &Failure{Outcome: book.Busy, Code: 486}}, 2, []book.Outcome{book.Busy, book.Busy}, book.Failed},
		"declined":             {citizen{rings: 3 * time.Second, fails: &Failure{Outcome: book.Declined, Code: 603}}, 1, []book.Outcome{book.Declined}, book.Failed},
		"no such number":       {citizen{rings: time.Second, fails: &Failure{Outcome: book.Unreachable, Code: 404}}, 1, []book.Outcome{book.Unreachable}, book.Failed},
		"key while listening":  {citizen{rings: time.Second, presses: told}, 1, []book.Outcome{book.Pressed}, book.Told},
		"answering machine":    {citizen{rings: 20 * time.Second, hello: 3 * time.Second}, 1, []book.Outcome{book.Listened}, book.Perhaps},
		"hangs up at the news": {citizen{rings: time.Second, leaves: map[string]time.Duration{"Xin chào, đây là": time.Second}}, 2, []book.Outcome{book.CutShort, book.CutShort}, book.Failed},
		"hangs up when told":   {citizen{rings: time.Second, leaves: map[string]time.Duration{"Nếu quý vị đang đến": time.Second}}, 1, []book.Outcome{book.Listened}, book.Perhaps},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil, Rules{})
				defer w.close()
				last := w.near(&c.citizen, 10*time.Minute)
				calls := w.town.calls()
				if len(calls) != c.calls {
					t.Fatalf("%d calls, want %d", len(calls), c.calls)
				}
				if len(calls) == 2 {
					if pause := calls[1].from.Sub(calls[0].talkedTill); pause < 90*time.Second || pause > 93*time.Second {
						t.Errorf("%v between the calls", pause)
					}
				}
				for i, a := range w.attempts(last.ID) {
					if a.Outcome != c.outcomes[i] {
						t.Errorf("attempt %d: %s, want %s", i+1, a.Outcome, c.outcomes[i])
					}
					if a.Outcome == book.NoAnswer && (a.Rang != 28*time.Second) {
						t.Errorf("rang %v", a.Rang)
					}
					if c.citizen.fails != nil && a.Code != c.citizen.fails.Code {
						t.Errorf("code %d", a.Code)
					}
				}
				if got := w.wishOf(last.ID); got.State != book.Done || got.Result != c.result || got.Telephone != "" {
					t.Errorf("wish %+v, want %s", got, c.result)
				}
				if now := w.office.ticket(last.ID); now.State != queue.Waiting || now.Version != last.Version {
					t.Errorf("the call touched the ticket: %+v", now)
				}
			})
		})
	}
}

// An answering machine hears everything twice.
func TestMachineHearsItTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.near(&citizen{rings: time.Second, hello: 5 * time.Second}, 5*time.Minute)
		heard := w.town.calls()[0].heard
		want := []string{"Xin chào, đây", "Nếu quý vị", "Xin nhắc lại", "Nếu quý vị", "Cảm ơn quý vị. Xin chào."}
		if len(heard) != len(want) {
			t.Fatalf("heard %q", heard)
		}
		for i := range want {
			if !strings.HasPrefix(heard[i], want[i]) {
				t.Errorf("sentence %d: %q, want %q", i, heard[i], want[i])
			}
		}
	})
}

// Who says "A lô?" is not talked over; who says nothing is not kept waiting.
func TestWaitsForTheGreeting(t *testing.T) {
	for hello, want := range map[time.Duration]time.Duration{0: helloWait, 600 * time.Millisecond: time.Second, 5 * time.Second: helloWait} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil, Rules{})
			defer w.close()
			var after atomic.Int64
			c := &citizen{rings: time.Second, hello: hello, reacts: map[string]func(){}}
			c.reacts["Xin chào, đây"] = func() { after.Store(int64(time.Since(w.town.calls()[0].to) - 500*time.Millisecond)) }
			w.near(c, time.Minute)
			if got := time.Duration(after.Load()); got != want {
				t.Errorf("hello of %v: began after %v, want %v", hello, got, want)
			}
		})
	}
}

func TestLaterMovesTheTicketAndCallsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		c := &citizen{rings: time.Second, presses: map[string]string{"Nếu quý vị đang đến": "2"}}
		w.town.lives(lan, c)
		mine := w.line(4)[3]
		w.wish(mine, lan)
		for range 10 {
			time.Sleep(10 * time.Millisecond)
			w.office.take("A")
		}
		time.Sleep(time.Minute)
		if got := w.office.ticket(mine.ID); got.Standing.Ahead != 8 || got.LaterCount != 1 {
			t.Fatalf("%d ahead, moved back %d times", got.Standing.Ahead, got.LaterCount)
		}
		if got := w.wishOf(mine.ID); got.State != book.Wanted || got.Round != 2 || got.Telephone != lan {
			t.Fatalf("wish %+v", got)
		}
		heard := w.town.calls()[0].heard
		if !strings.Contains(heard[len(heard)-1], "Chúng tôi sẽ gọi cho quý vị") {
			t.Errorf("heard %q", heard)
		}
		c.presses = map[string]string{"Nếu quý vị đang đến": "1"}
		for range 5 {
			w.office.next("1")
			time.Sleep(5 * time.Minute)
		}
		if n := len(w.town.calls()); n != 2 {
			t.Errorf("%d calls, want one more when it is near again", n)
		}
		if got := w.wishOf(mine.ID); got.Result != book.Told {
			t.Errorf("wish %+v", got)
		}
	})
}

func TestCancelNeedsTheKeyTwice(t *testing.T) {
	for keys, want := range map[string]queue.State{"3": queue.Waiting, "33": queue.Cancelled, "31": queue.Waiting} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil, Rules{})
			defer w.close()
			presses := map[string]string{"Nếu quý vị đang đến": keys[:1]}
			if len(keys) > 1 {
				presses["Quý vị muốn hủy số"] = keys[1:]
			}
			mine := w.near(&citizen{rings: time.Second, presses: presses}, time.Minute)
			if got := w.office.ticket(mine.ID).State; got != want {
				t.Errorf("keys %s: ticket %s, want %s", keys, got, want)
			}
			if got := w.attempts(mine.ID); len(got) != 1 || got[0].Pressed != keys {
				t.Errorf("attempts %+v", got)
			}
			if got := w.wishOf(mine.ID); got.Result != book.Told || got.Telephone != "" {
				t.Errorf("wish %+v", got)
			}
		})
	}
}

// A counter that calls before we did: never "nearly" any more, one call now.
func TestCalledNowInsteadOfNearly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.town.lives(lan, &citizen{})
		mine := w.office.take("A")
		w.office.open("1")
		w.office.next("1")
		w.wish(w.office.ticket(mine.ID), lan)
		time.Sleep(10 * time.Minute)
		list := w.attempts(mine.ID)
		if len(list) != 1 || list[0].Purpose != book.Called {
			t.Fatalf("attempts %+v, want one to say that it is called", list)
		}
		if got := w.wishOf(mine.ID); got.State != book.Done || got.Result != book.Failed {
			t.Errorf("wish %+v", got)
		}
	})
}

// The turn comes while it rings: what is said is what is true then.
func TestCalledWhileItRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.town.lives(lan, &citizen{rings: 20 * time.Second, presses: map[string]string{"Nếu quý vị đang đến": "1"}})
		mine := w.office.take("A")
		w.office.open("1")
		w.wish(mine, lan)
		time.Sleep(5 * time.Second)
		w.office.next("1")
		time.Sleep(5 * time.Minute)
		calls := w.town.calls()
		if len(calls) != 1 || !strings.Contains(calls[0].heard[0], "Đã đến lượt quý vị") || !strings.Contains(calls[0].heard[0], "đến quầy số 1.") {
			t.Errorf("calls %+v", calls)
		}
	})
}

// The turn comes while we talk: it is said at once.
func TestCalledWhileWeTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.town.lives(lan, &citizen{rings: time.Second, reacts: map[string]func(){"Nếu quý vị đang đến": func() { w.office.next("1") }}})
		mine := w.office.take("A")
		w.office.open("1")
		w.wish(mine, lan)
		time.Sleep(5 * time.Minute)
		heard := strings.Join(w.town.calls()[0].heard, " | ")
		if !strings.Contains(heard, "Nếu quý vị đang đến, bấm phím một. Để nhường năm người đi trước, bấm phím hai. Để hủy") ||
			!strings.Contains(heard, "Đã đến lượt quý vị. Xin nhắc lại") {
			t.Errorf("heard %s", heard)
		}
		if n := len(w.attempts(mine.ID)); n != 1 {
			t.Errorf("%d attempts", n)
		}
	})
}

func TestStopsRingingWhenTheTicketIsOver(t *testing.T) {
	for name, do := range map[string]func(o *office, id string){
		"cancelled":  func(o *office, id string) { o.act(id, queue.Cancel) },
		"checked in": func(o *office, id string) { o.act(id, queue.CheckIn) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil, Rules{})
				defer w.close()
				mine := w.near(&citizen{}, 10*time.Second)
				do(w.office, mine.ID)
				time.Sleep(20 * time.Minute)
				calls := w.town.calls()
				if len(calls) != 1 || calls[0].talkedTill.Sub(calls[0].from) > 12*time.Second {
					t.Errorf("calls %+v", calls)
				}
				if got := w.attempts(mine.ID); got[0].Outcome != book.Stopped {
					t.Errorf("attempts %+v", got)
				}
				if got := w.wishOf(mine.ID); name == "cancelled" && (got.Result != book.Expired || got.Telephone != "") {
					t.Errorf("wish %+v", got)
				}
			})
		})
	}
}

// Whoever is here is not called, unless the wish was made here.
func TestNobodyHereIsCalled(t *testing.T) {
	for _, askedHere := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil, Rules{})
			defer w.close()
			mine := w.line(6)[5]
			if askedHere {
				mine = w.office.act(mine.ID, queue.CheckIn)
			}
			w.wish(mine, lan)
			if !askedHere {
				w.office.act(mine.ID, queue.CheckIn)
			}
			for range 3 {
				w.office.next("1")
			}
			time.Sleep(time.Minute)
			if got := len(w.town.calls()) > 0; got != askedHere {
				t.Errorf("asked here %v, called %v", askedHere, got)
			}
		})
	}
}

// The bubble's clock begins at 07:00 in Viet Nam.
func TestHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		time.Sleep(14 * time.Hour) // 21:00.
		mine := w.office.take("A")
		if w.caller.Offer(lan) {
			t.Error("a call is offered in the evening")
		}
		w.wish(mine, lan)
		time.Sleep(2 * time.Hour)
		if n := len(w.town.calls()); n != 0 {
			t.Errorf("%d calls at night", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *queue.Setup) { s.Phone.Callback.From = "09:00" }, Rules{})
		defer w.close()
		mine := w.office.take("A")
		w.wish(mine, lan)
		time.Sleep(119 * time.Minute)
		if n := len(w.town.calls()); n != 0 {
			t.Errorf("%d calls before nine", n)
		}
		time.Sleep(2 * time.Minute)
		if n := len(w.town.calls()); n != 1 {
			t.Errorf("%d calls at nine", n)
		}
	})
}

// A trunk that is down costs the citizen no attempt and is not hammered.
func TestTrunkDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		mine := w.near(&citizen{rings: time.Second, fails: &Failure{Outcome: book.TrunkDown, Code: 503}}, 6*time.Minute)
		calls := w.town.calls()
		if len(calls) < 3 || len(calls) > 6 {
			t.Errorf("%d tries in six minutes", len(calls))
		}
		if s, err := w.caller.Status(t.Context()); err != nil || s.TrunkDown.IsZero() || s.Waiting != 1 {
			t.Errorf("status %+v, %v", s, err)
		}
		if w.caller.Offer(lan) {
			t.Error("a call is offered while none can be made")
		}
		w.town.lives(lan, &citizen{rings: time.Second, presses: map[string]string{"Nếu quý vị đang đến": "1"}})
		time.Sleep(10 * time.Minute)
		if got := w.wishOf(mine.ID); got.Result != book.Told {
			t.Errorf("wish %+v", got)
		}
	})
}

func TestUnspeakableRingsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.voice.err = errors.New("no voice")
		w.near(&citizen{rings: time.Second}, time.Hour)
		if n := len(w.town.calls()); n != 0 {
			t.Errorf("%d calls without a word to say", n)
		}
	})
}

// A household with many tickets is not called all day, and never twice at once.
func TestOneTelephoneManyTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{PerDay: 3, Ahead: 9})
		defer w.close()
		w.town.lives(lan, &citizen{rings: 10 * time.Second})
		for range 5 {
			w.wish(w.office.take("A"), lan)
		}
		time.Sleep(time.Hour)
		if n := len(w.town.calls()); n != 3 {
			t.Errorf("%d calls, want 3", n)
		}
		if w.town.atOnce() != 1 {
			t.Errorf("%d at once", w.town.atOnce())
		}
	})
}

// letters takes messages instead of a network of mobile phones.
type letters struct {
	mu   sync.Mutex
	sent []string
}

func (l *letters) Text(_ context.Context, number, text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, number+": "+text)
	return nil
}

func (l *letters) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sent)
}

func TestTextInstead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.stop()
		box := &letters{}
		w.config.Texter = box
		w.start()
		mine := w.near(&citizen{}, 10*time.Minute)
		want := lan + ": Trung tâm Phục vụ hành chính công xã Bình An: số A004 sắp đến lượt. Mời quý vị có mặt tại phòng chờ."
		if got := box.all(); len(got) != 1 || got[0] != want {
			t.Errorf("sent %q", got)
		}
		if got := w.wishOf(mine.ID); got.Result != book.Texted || got.Telephone != "" {
			t.Errorf("wish %+v", got)
		}
	})
}

// Who names somebody else's number cannot take back what its holder asked for.
func TestForgetForOneTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.line(9)
		mine, other := w.office.take("A"), w.office.take("A")
		w.wish(mine, lan)
		w.wish(other, lan)
		for _, tickets := range [][]string{nil, {"unknown"}, {other.ID}} {
			if err := w.caller.ForgetFor(t.Context(), "0912345678", tickets); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.wishOf(mine.ID); got.Result == book.Withdrawn || got.Telephone != lan {
			t.Errorf("the holder's own wish %+v", got)
		}
		if got := w.wishOf(other.ID); got.Result != book.Withdrawn || got.Telephone != "" {
			t.Errorf("the wish that was taken back %+v", got)
		}
	})
}

func TestForgetErasesFromTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.line(9)
		mine := w.office.take("A")
		w.wish(mine, lan)
		time.Sleep(time.Second)
		if !w.onDisk(lan[1:]) {
			t.Fatal("this test cannot see a number that is there")
		}
		if err := w.caller.Forget(t.Context(), "0912345678"); err != nil {
			t.Fatal(err)
		}
		if w.onDisk(lan[1:]) {
			t.Error("the number is still on the disk")
		}
		if got := w.wishOf(mine.ID); got.Result != book.Withdrawn {
			t.Errorf("wish %+v", got)
		}
		for range 9 {
			w.office.next("1")
		}
		time.Sleep(time.Hour)
		if len(w.town.calls()) != 0 {
			t.Error("somebody forgotten was called")
		}
	})
}

// A ticket that is over takes the number with it, and the day takes the rest.
func TestErasedWhenOverAndWhenTheDayTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		mine := w.near(&citizen{}, 10*time.Second)
		w.office.act(mine.ID, queue.Cancel)
		time.Sleep(10 * time.Second)
		if w.onDisk(lan[1:]) {
			t.Error("the number is still on the disk after the ticket")
		}
		if n, err := w.book.Calls(t.Context(), w.caller.today(), lan); err != nil || n != 1 {
			t.Errorf("%d calls counted, %v", n, err)
		}
		yesterday := w.caller.today()
		time.Sleep(24 * time.Hour)
		if _, ok, err := w.book.WishFor(t.Context(), mine.ID); ok || err != nil {
			t.Errorf("the wish is there the next day: %v, %v", ok, err)
		}
		if n, err := w.book.Calls(t.Context(), yesterday, lan); err != nil || n != 0 {
			t.Errorf("%d calls counted the next day, %v", n, err)
		}
	})
}

// onDisk looks for text in the files of the book.
func (w *world) onDisk(text string) bool {
	found := false
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
		found = found || bytes.Contains(b, []byte(text))
	}
	return found
}

// A defect in one call does not end the program, and that call counts.
func TestDefectInACall(t *testing.T) {
	c := &Caller{log: slog.New(slog.DiscardHandler)}
	rep, _, later := c.guarded(book.Wish{Number: "A001"}, func() (book.Report, book.Progress, bool) { panic("test") })
	if rep.Outcome != book.Doubtful || later {
		t.Errorf("%+v, later %v", rep, later)
	}
}
