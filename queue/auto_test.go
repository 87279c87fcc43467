package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// auto is an office whose counters call by themselves.
func auto(peace int) queue.Setup {
	return ruled(queue.Rules{AutoCall: true, AutoCallSeconds: peace})
}

// at is what a counter has in hand.
func at(t testing.TB, e *queue.Engine, counter string) string {
	t.Helper()
	list, err := e.Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.ID == counter && c.Ticket != nil {
			return c.Ticket.Number.String()
		}
	}
	return ""
}

// beat is longer than the engine takes for the calls that are due one after
// another.
const beat = 200 * time.Millisecond

// pass lets time pass to the last timer.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestTheLongestIdleCounterCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := start(t, queue.Config{Setup: auto(0), Store: store})
		for _, c := range []string{"3", "1", "2"} { // All serve A.
			openCounter(t, e, c)
			pass(time.Second)
		}
		for i, want := range []string{"3", "1", "2"} {
			n := take(t, e, queue.TakeRequest{}).Number.String()
			pass(beat)
			if got := at(t, e, want); got != n {
				t.Errorf("call %d: counter %s has %q, want %s", i, want, got, n)
			}
			pass(time.Second)
		}
		late := take(t, e, queue.TakeRequest{})
		pass(beat)
		if got := ticket(t, e, late.ID).State; got != queue.Waiting {
			t.Errorf("with all counters busy it is %s", got)
		}
		act(t, e, "A002", queue.Finish) // Counter 1 is free again.
		pass(beat)
		if got := at(t, e, "1"); got != late.Number.String() {
			t.Errorf("counter 1 has %q", got)
		}
		// Those who are free wait in the order in which they became so.
		act(t, e, "A003", queue.Finish)
		pass(time.Second)
		act(t, e, "A001", queue.Finish)
		pass(time.Second)
		n := take(t, e, queue.TakeRequest{}).Number.String()
		pass(beat)
		if got := at(t, e, "2"); got != n {
			t.Errorf("counter 2, free the longest, has %q", got)
		}
		for _, ev := range stored(t, store) {
			if ev.Kind == queue.TicketCalled && (ev.Actor != "system" || ev.Reason != "" || ev.Chosen) {
				t.Errorf("event %+v", ev)
			}
		}
	})
}

func TestSeveralCountersCallAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: auto(0)})
		for range 3 {
			take(t, e, queue.TakeRequest{})
		}
		for _, c := range []string{"2", "1", "3"} {
			openCounter(t, e, c)
		}
		pass(beat)
		for counter, want := range map[string]string{"2": "A001", "1": "A002", "3": "A003"} {
			if got := at(t, e, counter); got != want {
				t.Errorf("counter %s has %q, want %s", counter, got, want)
			}
		}
	})
}

func TestWithoutAutoCallNobodyIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: ruled(queue.Rules{AutoCallSeconds: 1})})
		openCounter(t, e, "1")
		take(t, e, queue.TakeRequest{})
		pass(2 * time.Hour)
		if got := at(t, e, "1"); got != "" {
			t.Errorf("%s was called by nobody", got)
		}
	})
}

func TestACounterIsLeftInPeace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: auto(30)})
		time.Sleep(1234567 * time.Nanosecond)
		openCounter(t, e, "1")
		opened := time.Now().Truncate(time.Millisecond)
		id := take(t, e, queue.TakeRequest{}).ID
		onTheInstant(t, e, id, opened.Add(30*time.Second), queue.Waiting, queue.Called)
		act(t, e, id, queue.Finish)
		freed := time.Now().Truncate(time.Millisecond)
		pass(29 * time.Second)
		later := take(t, e, queue.TakeRequest{}).ID // Comes into the peace.
		onTheInstant(t, e, later, freed.Add(30*time.Second), queue.Waiting, queue.Called)
		act(t, e, later, queue.Finish)
		pass(10 * time.Second)
		take(t, e, queue.TakeRequest{})
		if got := next(t, e, "1").Number.String(); got != "A003" { // Who presses need not wait.
			t.Errorf("pressing calls %s", got)
		}
	})
}

func TestAPausedCounterIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: auto(10)})
		openCounter(t, e, "1")
		pass(time.Hour)
		if _, err := e.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Paused, Reason: "nghỉ"}); err != nil {
			t.Fatal(err)
		}
		id := take(t, e, queue.TakeRequest{}).ID
		pass(time.Hour)
		if got := ticket(t, e, id).State; got != queue.Waiting {
			t.Errorf("called to a paused counter: %s", got)
		}
		openCounter(t, e, "1")
		opened := time.Now().Truncate(time.Millisecond)
		onTheInstant(t, e, id, opened.Add(10*time.Second), queue.Waiting, queue.Called)
		// Paused with a ticket in hand, it calls nobody when that is done.
		if _, err := e.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Paused}); err != nil {
			t.Fatal(err)
		}
		other := take(t, e, queue.TakeRequest{}).ID
		act(t, e, id, queue.Finish)
		pass(time.Hour)
		if got := ticket(t, e, other).State; got != queue.Waiting {
			t.Errorf("called to a paused counter: %s", got)
		}
	})
}

// Who was idle the longest is known from the log.
func TestIdleCountersAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := newEngine(t, queue.Config{Setup: auto(60), Store: store})
		stop := run(t, e)
		for _, c := range []string{"3", "2", "1"} {
			openCounter(t, e, c)
			pass(time.Second)
		}
		freed := time.Now().Add(-3 * time.Second).Truncate(time.Millisecond)
		ids := []string{take(t, e, queue.TakeRequest{}).ID, take(t, e, queue.TakeRequest{}).ID}
		stop()
		pass(30 * time.Second)
		e = start(t, queue.Config{Setup: auto(60), Store: store})
		onTheInstant(t, e, ids[0], freed.Add(time.Minute), queue.Waiting, queue.Called)
		onTheInstant(t, e, ids[1], freed.Add(time.Minute+time.Second), queue.Waiting, queue.Called)
		for counter, want := range map[string]string{"3": "A001", "2": "A002", "1": ""} {
			if got := at(t, e, counter); got != want {
				t.Errorf("counter %s has %q, want %q", counter, got, want)
			}
		}
	})
}

// What only time brings wakes the counters too.
func TestAutoCallsAtABookedTime(t *testing.T) {
	for name, c := range map[string]struct {
		channel queue.Channel
		helps   bool
		early   bool // It may be called before its time, because nobody else is there.
	}{
		"from afar":                     {channel: queue.Web},
		"there":                         {channel: queue.Kiosk, early: true},
		"from afar, of a line to help":  {channel: queue.Web, helps: true},
		"in the hall, of a helped line": {channel: queue.Kiosk, helps: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				setup := auto(0)
				if c.helps {
					setup.Counters[0].Services, setup.Counters[0].Helps = []string{"D"}, []string{"A"}
				}
				e := start(t, queue.Config{Setup: setup})
				openCounter(t, e, "1")
				time.Sleep(1234567 * time.Nanosecond)
				slot := time.Now().Add(90 * time.Minute).Truncate(time.Millisecond)
				id := take(t, e, queue.TakeRequest{Channel: c.channel, Slot: slot}).ID
				pass(beat)
				if got := ticket(t, e, id).State; (got == queue.Called) != c.early {
					t.Fatalf("early it is %s", got)
				}
				if !c.early {
					onTheInstant(t, e, id, slot, queue.Waiting, queue.Called)
				}
			})
		})
	}
}

func TestAutoCallsGoOnAfterANoShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: ruled(queue.Rules{AutoCall: true, CallsMost: 1, NoShowSeconds: 60})})
		openCounter(t, e, "1")
		take(t, e, queue.TakeRequest{})
		take(t, e, queue.TakeRequest{Class: queue.Priority})
		deaf := take(t, e, queue.TakeRequest{Needs: []string{queue.NeedHearing}})
		last := take(t, e, queue.TakeRequest{})
		pass(beat)
		pass(time.Minute + beat)
		pass(time.Minute + beat)
		for _, n := range []string{"A001", "A002"} {
			if got := ticket(t, e, n).State; got != queue.NoShow {
				t.Errorf("%s is %s", n, got)
			}
		}
		pass(time.Hour) // Who needs more time is not given up by a clock.
		if got := ticket(t, e, deaf.ID).State; got != queue.Called || ticket(t, e, last.ID).State != queue.Waiting {
			t.Errorf("%s is %s", deaf.Number, got)
		}
	})
}

func TestAutoCallIsSwitchedByTheSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{})
		openCounter(t, e, "1")
		id := take(t, e, queue.TakeRequest{}).ID
		pass(time.Minute)
		if _, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: auto(0)}); err != nil {
			t.Fatal(err)
		}
		pass(beat)
		if got := ticket(t, e, id).State; got != queue.Called {
			t.Errorf("after the change it is %s", got)
		}
	})
}
