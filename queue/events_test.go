package queue_test

import (
	"context"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// More than is kept in memory for watchers: whoever comes late reads on from
// the store, without a gap, from wherever they were.
func TestALongLogIsReadFromTheStore(t *testing.T) {
	store := new(memory.Store)
	e := start(t, queue.Config{Store: store})
	slow := watch(t, e, 0)
	for range 600 {
		act(t, e, take(t, e, queue.TakeRequest{}).ID, queue.Cancel)
		act(t, e, take(t, e, queue.TakeRequest{Hold: true}).ID, queue.Confirm)
	}
	last := lastSeq(t, e)
	if last < 2400 {
		t.Fatalf("only %d events", last)
	}
	for want := int64(1); want <= last; want++ {
		if got := hear(t, slow); got.Seq != want {
			t.Fatalf("got %d, want %d", got.Seq, want)
		}
	}
	for _, after := range []int64{0, 1, 255, 256, 257, last - 2050, last - 1025, last - 1024, last - 1} {
		want := after + 1
		for ev, err := range e.Events(t.Context(), after) {
			if err != nil || ev.Seq != want {
				t.Fatalf("after %d: got %d, %v, want %d", after, ev.Seq, err, want)
			}
			if ev.Ticket != nil && (ev.Ticket.Code != "" || ev.Ticket.URL != "") {
				t.Fatalf("event %d shows %s", ev.Seq, ev.Ticket.Code)
			}
			if want++; ev.Seq == last {
				break
			}
		}
	}
}

func TestWatchersHearWhatWasBeforeTheStop(t *testing.T) {
	e := newEngine(t, queue.Config{})
	stop := run(t, e)
	take(t, e, queue.TakeRequest{})
	last := lastSeq(t, e)
	stop()
	var seen int64
	var end error
	for ev, err := range e.Events(context.Background(), 0) {
		if err != nil {
			end = err
			break
		}
		seen = ev.Seq
	}
	if seen != last || queue.ErrorCode(end) != queue.CodeUnavailable {
		t.Errorf("heard up to %d of %d, then %v", seen, last, end)
	}
}

func TestOpeningHidesTicketsFromThePublic(t *testing.T) {
	ev := queue.Event{Kind: queue.DayOpened, Opening: &queue.Opening{Day: "2026-11-21", Tickets: []queue.Ticket{{Code: "123456782"}}}}
	if got := ev.Public(); len(got.Opening.Tickets) != 0 || got.Opening.Day != "2026-11-21" {
		t.Errorf("public: %+v", got.Opening)
	}
	if len(ev.Opening.Tickets) != 1 {
		t.Error("the event itself was changed")
	}
}

func FuzzDecodeEvent(f *testing.F) {
	f.Add([]byte(`{"seq":1,"kind":"ticket_issued","ticket":{"number":"A001"}}`))
	f.Add([]byte(`{"at":"2026-11-21T00:00:00Z","opening":{"tickets":[{}]}}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ev, err := queue.DecodeEvent(body, "h")
		if err != nil {
			return
		}
		plain := ev.Public() // Without the kept body.
		made, err := plain.Body()
		if err != nil {
			t.Skip("not a value that this program writes")
		}
		again, err := queue.DecodeEvent(made, "h")
		if err != nil {
			t.Fatalf("%s cannot be read back: %v", made, err)
		}
		if once, _ := again.Public().Body(); string(once) != string(made) {
			t.Errorf("%s became %s", made, once)
		}
	})
}
