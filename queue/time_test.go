package queue_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// Time in these tests is synctest's: it begins at midnight UTC of 1 January
// 2000, a Saturday, 07:00 in Viet Nam, and sleeping takes no time.

func sleepUntil(t *testing.T, clock string) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05.000", clock, zone)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
	synctest.Wait()
}

func TestHoldLapsesOnTheInstant(t *testing.T) {
	for channel, hold := range map[queue.Channel]time.Duration{
		queue.Kiosk: 60 * time.Second, queue.Telegram: 60 * time.Second, queue.Phone: 120 * time.Second,
	} {
		t.Run(string(channel), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := start(t, queue.Config{})
				time.Sleep(1234567 * time.Nanosecond) // Clocks do not tick in whole milliseconds.
				got := take(t, e, queue.TakeRequest{Channel: channel, Hold: true})
				if got.HoldUntil.Sub(got.IssuedAt) != hold {
					t.Errorf("held for %s", got.HoldUntil.Sub(got.IssuedAt))
				}
				time.Sleep(time.Until(got.HoldUntil) - time.Nanosecond)
				synctest.Wait()
				if s := ticket(t, e, got.ID).State; s != queue.Held {
					t.Errorf("%s just before", s)
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if l := ticket(t, e, got.ID); l.State != queue.Cancelled || l.Reason != queue.ReasonUndelivered || !l.FinishedAt.Equal(got.HoldUntil) {
					t.Errorf("just after: %s, %q, at %s", l.State, l.Reason, l.FinishedAt)
				}
				if other := take(t, e, queue.TakeRequest{}); other.Number.N != 2 {
					t.Errorf("the lapsed number was given out again: %s", other.Number)
				}
			})
		})
	}
}

func TestConfirmedInTimeNeverLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{})
		got := take(t, e, queue.TakeRequest{Hold: true})
		time.Sleep(59 * time.Second)
		act(t, e, got.ID, queue.Confirm)
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := ticket(t, e, got.ID).State; s != queue.Waiting {
			t.Errorf("it became %s", s)
		}
	})
}

func TestLateConfirmRevivesInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{})
		openCounter(t, e, "1")
		take(t, e, queue.TakeRequest{})
		time.Sleep(time.Second)
		late := take(t, e, queue.TakeRequest{Channel: queue.Telegram, Hold: true})
		time.Sleep(time.Second)
		take(t, e, queue.TakeRequest{})
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := ticket(t, e, late.ID); s.State != queue.Cancelled {
			t.Fatalf("it is %s", s.State)
		}
		got := act(t, e, late.ID, queue.Confirm)
		if got.State != queue.Waiting || got.Reason != "" || got.Standing.Ahead != 1 || !got.FinishedAt.IsZero() || got.Number != late.Number {
			t.Errorf("revived: %+v", got)
		}
		for want := 1; want <= 3; want++ {
			called := next(t, e, "1")
			if called.Number.N != want {
				t.Errorf("call %d goes to %s", want, called.Number)
			}
			act(t, e, called.ID, queue.Finish)
		}
	})
}

func TestManyHoldsLapseEachInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := start(t, queue.Config{Store: store})
		for range 50 {
			take(t, e, queue.TakeRequest{Hold: true})
			take(t, e, queue.TakeRequest{Channel: queue.Phone, Hold: true})
			time.Sleep(time.Second)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		lapsed := 0
		for _, ev := range stored(t, store) {
			if ev.Kind != queue.TicketLapsed {
				continue
			}
			lapsed++
			hold := 60 * time.Second
			if ev.Ticket.Channel == queue.Phone {
				hold = 120 * time.Second
			}
			if got := ev.At.Sub(ev.Ticket.IssuedAt); got != hold {
				t.Errorf("%s by %s lapsed after %s", ev.Ticket.Number, ev.Ticket.Channel, got)
			}
		}
		if lapsed != 100 {
			t.Errorf("%d lapsed, want 100", lapsed)
		}
	})
}

// until5 is an office that closes at 17:00.
func until5() queue.Setup {
	s := queue.CommuneCentre()
	for day := time.Sunday; day <= time.Saturday; day++ {
		s.Hours = append(s.Hours, queue.Hours{Day: day, From: "07:00", To: "17:00"})
	}
	return s
}

func dayOpenings(t *testing.T, s queue.Store) (opened []queue.Event) {
	t.Helper()
	for _, ev := range stored(t, s) {
		if ev.Kind == queue.DayOpened {
			opened = append(opened, ev)
		}
	}
	return opened
}

func TestClosedOfficeTurnsItsDayAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		setup := until5()
		setup.Rules.PersonMost = 2
		e := start(t, queue.Config{Store: store, Setup: setup})
		openCounter(t, e, "1")
		openCounter(t, e, "2")
		inHand := take(t, e, queue.TakeRequest{Person: "tel:+84912345678"})
		next(t, e, "1")
		waiting, held := take(t, e, queue.TakeRequest{}), queue.Ticket{}
		sleepUntil(t, "2000-01-01 16:59:59.000")
		held = take(t, e, queue.TakeRequest{Hold: true})
		sleepUntil(t, "2000-01-01 23:59:59.999")
		if p, err := store.Persons(t.Context(), setup.Office); err != nil || len(p) != 1 {
			t.Errorf("%d persons on record, %v", len(p), err)
		}
		if got := ticket(t, e, waiting.ID).State; got != queue.Waiting {
			t.Errorf("before midnight it is %s", got)
		}
		sleepUntil(t, "2000-01-02 00:00:00.000")
		if got := ticket(t, e, waiting.ID); got.State != queue.Expired || got.Reason != queue.ReasonDayEnd {
			t.Errorf("after midnight it is %s, %q", got.State, got.Reason)
		}
		if got := ticket(t, e, held.ID); got.State != queue.Cancelled {
			t.Errorf("the held one is %s", got.State)
		}
		if got := ticket(t, e, inHand.ID); got.State != queue.Called {
			t.Errorf("the one in hand is %s", got.State)
		}
		if p, err := store.Persons(t.Context(), until5().Office); err != nil || len(p) != 0 {
			t.Errorf("%d persons are still on record, %v", len(p), err)
		}
		sleepUntil(t, "2000-01-02 07:00:00.000")
		fresh := take(t, e, queue.TakeRequest{})
		if fresh.Number.N != 1 || fresh.Day != "2000-01-02" || ticket(t, e, "A001").ID != fresh.ID {
			t.Errorf("the new day's first is %s of %s", fresh.Number, fresh.Day)
		}
		if got := act(t, e, inHand.ID, queue.Finish); got.State != queue.Completed {
			t.Errorf("finished over night: %s", got.State)
		}
		if got := ticket(t, e, "A001"); got.ID != fresh.ID { // Also after yesterday's has moved.
			t.Errorf("A001 is yesterday's again")
		}
		if got := next(t, e, "2"); got.ID != fresh.ID { // Counters stay as they were.
			t.Errorf("counter 2 calls %s", got.Number)
		}
		if opened := dayOpenings(t, store); len(opened) != 2 || opened[1].Opening.Day != "2000-01-02" {
			t.Errorf("days opened: %+v", opened)
		}
	})
}

func TestBusyOfficeKeepsItsDayUntilTheHallIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := start(t, queue.Config{Store: store})
		openCounter(t, e, "1")
		sleepUntil(t, "2000-01-01 23:50:00.000")
		old := take(t, e, queue.TakeRequest{})
		sleepUntil(t, "2000-01-02 00:30:00.000")
		if second := take(t, e, queue.TakeRequest{}); second.Number.N != 2 || second.Day != old.Day {
			t.Errorf("at half past midnight: %s of %s", second.Number, second.Day)
		}
		act(t, e, next(t, e, "1").ID, queue.Finish)
		sleepUntil(t, "2000-01-02 00:40:00.000")
		if n := len(dayOpenings(t, store)); n != 1 {
			t.Errorf("%d days while somebody waits", n)
		}
		last := next(t, e, "1")
		sleepUntil(t, "2000-01-02 00:41:00.000")
		if n := len(dayOpenings(t, store)); n != 2 {
			t.Errorf("%d days a minute after the hall was empty, want 2", n)
		}
		if got := act(t, e, last.ID, queue.Start); got.State != queue.Serving || got.Day != old.Day {
			t.Errorf("yesterday's in hand: %+v", got)
		}
		if fresh := take(t, e, queue.TakeRequest{}); fresh.Number.N != 1 || fresh.Day != "2000-01-02" {
			t.Errorf("after that: %s of %s", fresh.Number, fresh.Day)
		}
	})
}

func TestTheDayTurnsAfterItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := start(t, queue.Config{Store: store})
		old := take(t, e, queue.TakeRequest{})
		sleepUntil(t, "2000-01-02 02:59:59.000")
		if n := len(dayOpenings(t, store)); n != 1 {
			t.Errorf("%d days within the grace", n)
		}
		sleepUntil(t, "2000-01-02 03:00:00.000")
		if n := len(dayOpenings(t, store)); n != 2 {
			t.Errorf("%d days after the grace, want 2", n)
		}
		if got := ticket(t, e, old.ID); got.State != queue.Expired {
			t.Errorf("yesterday's is %s", got.State)
		}
	})
}

func TestAnEmptyOfficeTurnsAtMidnightAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		start(t, queue.Config{Store: store})
		sleepUntil(t, "2000-01-08 12:00:00.000")
		opened := dayOpenings(t, store)
		if len(opened) != 8 {
			t.Fatalf("%d days in a week and a half day", len(opened))
		}
		for _, ev := range opened[1:] {
			if clock := ev.At.Add(7 * time.Hour).Format("15:04:05.000"); clock != "00:00:00.000" {
				t.Errorf("%s began at %s", ev.Opening.Day, clock)
			}
		}
	})
}

// wobbly is a clock that can be set.
type wobbly struct {
	mu  sync.Mutex
	off time.Duration
}

func (w *wobbly) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.off)
}

func (w *wobbly) set(off time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.off = off
}

func TestClockThatJumpsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &wobbly{}
		store := new(memory.Store)
		e := start(t, queue.Config{Store: store, Now: clock.now})
		openCounter(t, e, "1")
		first := take(t, e, queue.TakeRequest{})
		clock.set(-30 * time.Hour)
		second := take(t, e, queue.TakeRequest{})
		fast := take(t, e, queue.TakeRequest{Class: queue.Priority})
		if second.IssuedAt.Before(first.IssuedAt) || second.Day != first.Day || second.Number.N != 2 || fast.Standing.Ahead != 2 {
			t.Errorf("%s issued at %s after %s, day %s; %d ahead", second.Number, second.IssuedAt, first.IssuedAt, second.Day, fast.Standing.Ahead)
		}
		if called := next(t, e, "1"); called.ID != first.ID {
			t.Errorf("called %s", called.Number)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := len(dayOpenings(t, store)); n != 1 {
			t.Errorf("%d days opened", n)
		}
		log := stored(t, store)
		for i := 1; i < len(log); i++ {
			if log[i].At.Before(log[i-1].At) {
				t.Errorf("event %d is before the one before it", log[i].Seq)
			}
		}
	})
}

// The machine slept, or its clock was set: the first command after it belongs
// to the new day, though no timer has fired yet.
func TestClockThatJumpsForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &wobbly{}
		e := start(t, queue.Config{Now: clock.now})
		old := take(t, e, queue.TakeRequest{})
		held := take(t, e, queue.TakeRequest{Hold: true})
		clock.set(48 * time.Hour)
		got := take(t, e, queue.TakeRequest{})
		if got.Number.N != 1 || got.Day != "2000-01-03" || got.State != queue.Waiting {
			t.Errorf("%s of %s, %s", got.Number, got.Day, got.State)
		}
		if s := ticket(t, e, old.ID).State; s != queue.Expired {
			t.Errorf("the old one is %s", s)
		}
		if s := ticket(t, e, held.ID).State; s.Open() {
			t.Errorf("the held one is %s", s)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := ticket(t, e, got.ID).State; s != queue.Waiting {
			t.Errorf("a minute later it is %s", s)
		}
	})
}

// A restart on another day: the first taker gets today's first number.
func TestRestartOnAnotherDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := newEngine(t, queue.Config{Store: store})
		stop := run(t, e)
		for range 5 {
			take(t, e, queue.TakeRequest{})
		}
		stop()
		time.Sleep(40 * time.Hour)
		e = start(t, queue.Config{Store: store})
		if got := take(t, e, queue.TakeRequest{}); got.Number.N != 1 || got.Day != "2000-01-02" {
			t.Errorf("%s of %s", got.Number, got.Day)
		}
	})
}

func TestRestartKeepsEverything(t *testing.T) {
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			e := newEngine(t, queue.Config{Store: store, Links: links()})
			stop := run(t, e)
			openCounter(t, e, "1")
			var want []queue.Ticket
			for range 4 {
				want = append(want, take(t, e, queue.TakeRequest{Meta: queue.Meta{Key: strconv.Itoa(len(want))}, Needs: []string{"wheelchair"}}))
			}
			called := next(t, e, "1")
			stop()
			if _, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); queue.ErrorCode(err) != queue.CodeUnavailable {
				t.Errorf("a stopped office answers %v", err)
			}
			e = start(t, queue.Config{Store: store, Links: links()})
			for i, w := range want {
				got := take(t, e, queue.TakeRequest{Meta: queue.Meta{Key: strconv.Itoa(i)}, Needs: []string{"wheelchair"}})
				if got.ID != w.ID || got.Code != w.Code || got.URL != w.URL || !got.IssuedAt.Equal(w.IssuedAt) {
					t.Errorf("%s came back as %s", w.Number, got.Number)
				}
			}
			if _, err := e.Next(t.Context(), queue.CounterRequest{Counter: "1"}); queue.ErrorCode(err) != queue.CodeCounterBusy {
				t.Errorf("counter 1 forgot %s: %v", called.Number, err)
			}
		})
	}
}

// Stopping under load: everybody gets an answer, and every number that was
// acknowledged is in the log.
func TestRunAnswersEverybodyAndStops(t *testing.T) {
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			e := newEngine(t, queue.Config{Store: store})
			stop := run(t, e)
			var takers sync.WaitGroup
			var mu sync.Mutex
			acknowledged := map[string]bool{}
			for range 32 {
				takers.Go(func() {
					for {
						got, err := e.Take(context.Background(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
						if err != nil {
							wantCode(t, err, queue.CodeUnavailable)
							return
						}
						mu.Lock()
						acknowledged[got.ID] = true
						enough := len(acknowledged) == 500
						mu.Unlock()
						if enough {
							go stop()
						}
					}
				})
			}
			takers.Wait()
			stop()
			log := map[string]bool{}
			for _, ev := range stored(t, store) {
				if ev.Kind == queue.TicketIssued {
					log[ev.Ticket.ID] = true
				}
			}
			for id := range acknowledged {
				if !log[id] {
					t.Errorf("%s was acknowledged and is lost", id)
				}
			}
		})
	}
}

func TestGivingUpWaiting(t *testing.T) {
	e := newEngine(t, queue.Config{}) // Nobody runs it.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	wantCode(t, err, queue.CodeUnavailable)
}
