package queue_test

import (
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// A person has so many numbers a day, through whatever door.
func TestNumbersPerPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		setup := until5()
		setup.Rules.PersonMost = 2
		e := newEngine(t, queue.Config{Store: store, Setup: setup})
		stop := run(t, e)
		by := func(person string, c queue.Channel) (queue.Ticket, error) {
			return e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: c, Person: person})
		}
		want := func(code queue.Code, person string, c queue.Channel) queue.Ticket {
			t.Helper()
			got, err := by(person, c)
			wantCode(t, err, code)
			return got
		}
		const me, other = "tel:+84912345678", "tel:+84987654321"
		want("", me, queue.Phone)
		second := want("", me, queue.SMS)
		want(queue.CodePersonLimit, me, queue.Kiosk)
		want("", other, queue.Phone)
		for range 4 {
			want("", "", queue.Kiosk) // Nobody in particular.
		}
		act(t, e, second.ID, queue.Cancel)
		want("", me, queue.Web) // What was withdrawn does not count.
		want(queue.CodePersonLimit, me, queue.Web)
		stop()
		e = start(t, queue.Config{Store: store, Setup: setup})
		want(queue.CodePersonLimit, me, queue.Phone) // Remembered over a restart,
		sleepUntil(t, "2000-01-02 08:00:00.000")
		want("", me, queue.Phone) // but not over night.
	})
}

func TestWhoTellsNoNameIsNotRecorded(t *testing.T) {
	store := new(memory.Store)
	e := start(t, queue.Config{Store: store})
	for range 5 {
		take(t, e, queue.TakeRequest{})
	}
	if p, err := store.Persons(t.Context(), queue.CommuneCentre().Office); err != nil || len(p) != 0 {
		t.Errorf("%d persons on record, %v", len(p), err)
	}
}

// The same request again is no further number.
func TestARepeatIsNotCounted(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Rules.PersonMost = 1
	e := start(t, queue.Config{Setup: setup})
	r := queue.TakeRequest{Meta: queue.Meta{Key: "k", Caller: "bot"}, Service: "A", Channel: queue.Zalo, Person: "zalo:1"}
	first := take(t, e, r)
	if again := take(t, e, r); again.ID != first.ID {
		t.Errorf("the repeat gives %s", again.Number)
	}
}
