package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// What the running engine does by the clock, on the instant; see time_test.go
// for the time of these tests.

func ruled(r queue.Rules) queue.Setup {
	s := queue.CommuneCentre()
	s.Rules = r
	return s
}

// called is a ticket that counter 1 has called.
func called(t *testing.T, e *queue.Engine, r queue.TakeRequest) queue.Ticket {
	t.Helper()
	openCounter(t, e, "1")
	take(t, e, r)
	return next(t, e, "1")
}

func do(t *testing.T, e *queue.Engine, r queue.ActRequest) queue.Ticket {
	t.Helper()
	got, err := e.Act(t.Context(), r)
	if err != nil {
		t.Fatalf("%s: %v", r.Action, err)
	}
	return got
}

// onTheInstant looks just before and just after; clocks do not tick in whole
// milliseconds, so that the start is not one.
func onTheInstant(t *testing.T, e *queue.Engine, id string, at time.Time, before, after queue.State) queue.Ticket {
	t.Helper()
	time.Sleep(time.Until(at) - time.Nanosecond)
	synctest.Wait()
	if s := ticket(t, e, id).State; s != before {
		t.Errorf("just before %s it is %s, want %s", at, s, before)
	}
	time.Sleep(time.Nanosecond)
	synctest.Wait()
	got := ticket(t, e, id)
	if got.State != after {
		t.Errorf("at %s it is %s, want %s", at, got.State, after)
	}
	return got
}

func TestParkedReturnOnTheInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{})
		time.Sleep(1234567 * time.Nanosecond)
		one := called(t, e, queue.TakeRequest{})
		parked := do(t, e, queue.ActRequest{Ticket: one.ID, Action: queue.Park, ResumeAt: time.Now().Add(10 * time.Minute)})
		soon := called(t, e, queue.TakeRequest{})
		sooner := do(t, e, queue.ActRequest{Ticket: soon.ID, Action: queue.Park, ResumeAt: time.Now().Add(time.Minute)})
		onTheInstant(t, e, sooner.ID, sooner.ResumeAt, queue.Parked, queue.Waiting)
		got := onTheInstant(t, e, parked.ID, parked.ResumeAt, queue.Parked, queue.Waiting)
		if !got.Returned || got.Reason != queue.ReasonResumed || got.Standing == nil || got.Standing.Ahead != 0 {
			t.Errorf("back: %+v", got)
		}
	})
}

func TestParkedReturnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := newEngine(t, queue.Config{Store: store})
		stop := run(t, e)
		parked := called(t, e, queue.TakeRequest{})
		do(t, e, queue.ActRequest{Ticket: parked.ID, Action: queue.Park, ResumeAt: time.Now().Add(time.Minute)})
		later := called(t, e, queue.TakeRequest{})
		at := do(t, e, queue.ActRequest{Ticket: later.ID, Action: queue.Park, ResumeAt: time.Now().Add(time.Hour)}).ResumeAt
		stop()
		time.Sleep(30 * time.Minute)
		e = start(t, queue.Config{Store: store})
		if got := next(t, e, "1"); got.ID != parked.ID { // Before any timer could fire.
			t.Errorf("next is %s", got.Number)
		}
		onTheInstant(t, e, later.ID, at, queue.Parked, queue.Waiting)
	})
}

func TestUnansweredEndOnTheInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: ruled(queue.Rules{CallsMost: 2, NoShowSeconds: 45})})
		time.Sleep(1234567 * time.Nanosecond)
		one := called(t, e, queue.TakeRequest{})
		time.Sleep(30 * time.Second)
		recalled := do(t, e, queue.ActRequest{Ticket: one.ID, Action: queue.Recall})
		got := onTheInstant(t, e, one.ID, recalled.CalledAt.Add(45*time.Second), queue.Called, queue.NoShow)
		if got.Reason != queue.ReasonNoAnswer {
			t.Errorf("reason %q", got.Reason)
		}
		// The counter is free again, and who needs help is waited for.
		helped := called(t, e, queue.TakeRequest{Needs: []string{"sight"}})
		do(t, e, queue.ActRequest{Ticket: helped.ID, Action: queue.Recall})
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := ticket(t, e, helped.ID).State; s != queue.Called {
			t.Errorf("it is %s", s)
		}
	})
}

func TestACallThatIsAnsweredNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: ruled(queue.Rules{CallsMost: 1, NoShowSeconds: 30})})
		one := called(t, e, queue.TakeRequest{})
		time.Sleep(30*time.Second - time.Millisecond)
		act(t, e, one.ID, queue.Start)
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := ticket(t, e, one.ID).State; s != queue.Serving {
			t.Errorf("it is %s", s)
		}
	})
}

func TestRemoteEndAtTheCutoffOnTheInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := start(t, queue.Config{Store: store, Setup: ruled(queue.Rules{CheckIn: true, RemoteUntil: "16:00"})})
		absent := take(t, e, queue.TakeRequest{Channel: queue.Web})
		there := take(t, e, queue.TakeRequest{Channel: queue.Web})
		act(t, e, there.ID, queue.CheckIn)
		held := queue.Ticket{}
		sleepUntil(t, "2000-01-01 15:59:30.000")
		held = take(t, e, queue.TakeRequest{Channel: queue.Phone, Hold: true})
		cutoff := time.Date(2000, 1, 1, 9, 0, 0, 0, time.UTC) // 16:00 in Viet Nam.
		got := onTheInstant(t, e, absent.ID, cutoff, queue.Waiting, queue.Expired)
		if got.Reason != queue.ReasonCutoff || !got.FinishedAt.Equal(cutoff) {
			t.Errorf("ended with %q at %s", got.Reason, got.FinishedAt)
		}
		if s := ticket(t, e, there.ID).State; s != queue.Waiting {
			t.Errorf("who is there is %s", s)
		}
		_, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Web})
		wantCode(t, err, queue.CodeChannelFull)
		// Delivered too late: it ends as the others did, without another command.
		act(t, e, held.ID, queue.Confirm)
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		if got := ticket(t, e, held.ID); got.State != queue.Expired || got.Reason != queue.ReasonCutoff {
			t.Errorf("the held one is %s, %q", got.State, got.Reason)
		}
		n := len(stored(t, store))
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if more := len(stored(t, store)) - n; more != 0 {
			t.Errorf("%d more events after the cutoff", more)
		}
	})
}

func TestUndoAndRestoreByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		e := newEngine(t, queue.Config{Store: store})
		stop := run(t, e)
		one := called(t, e, queue.TakeRequest{})
		act(t, e, one.ID, queue.Finish)
		stop()
		time.Sleep(time.Minute) // A restart forgets nothing that may be undone.
		e = newEngine(t, queue.Config{Store: store})
		stop = run(t, e)
		if got := act(t, e, one.ID, queue.Undo); got.State != queue.Called || got.Counter != "1" {
			t.Errorf("after the restart: %+v", got)
		}
		gone := act(t, e, one.ID, queue.Absent)
		time.Sleep(time.Minute + time.Millisecond)
		_, err := e.Act(t.Context(), queue.ActRequest{Ticket: one.ID, Action: queue.Undo})
		wantCode(t, err, queue.CodeWrongState)
		stop()
		e = start(t, queue.Config{Store: store})
		time.Sleep(time.Until(gone.FinishedAt.Add(30 * time.Minute)))
		if got := act(t, e, one.ID, queue.Restore); got.State != queue.Waiting || !got.Returned {
			t.Errorf("restored: %+v", got)
		}
		act(t, e, next(t, e, "1").ID, queue.Absent)
		time.Sleep(30*time.Minute + time.Millisecond)
		_, err = e.Act(t.Context(), queue.ActRequest{Ticket: one.ID, Action: queue.Restore})
		wantCode(t, err, queue.CodeWrongState)
	})
}

// Parked tickets end with the day, whatever hour they were parked for; those
// in hand go on into the next.
func TestTheDayEndsForParkedTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{Setup: until5()})
		one := called(t, e, queue.TakeRequest{})
		sleepUntil(t, "2000-01-01 16:00:00.000")
		parked := do(t, e, queue.ActRequest{Ticket: one.ID, Action: queue.Park, ResumeAt: time.Now().Add(12 * time.Hour)})
		midnight := time.Date(2000, 1, 1, 17, 0, 0, 0, time.UTC)
		if got := onTheInstant(t, e, parked.ID, midnight, queue.Parked, queue.Expired); got.Reason != queue.ReasonDayEnd {
			t.Errorf("ended with %q", got.Reason)
		}
		sleepUntil(t, "2000-01-02 12:00:00.000")
		if s := ticket(t, e, parked.ID).State; s != queue.Expired {
			t.Errorf("it came back as %s", s)
		}
	})
}
