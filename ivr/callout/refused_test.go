package callout

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
)

// Who has said at the office to want no call is not called by a telephone that was
// down then, and not while the office cannot be asked; their number is erased. Others
// are called.
func TestRefusedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.line(9)
		mine, other := w.office.take("A"), w.office.take("A")
		w.wish(mine, lan)
		w.wish(other, "+84987654321")
		w.stop() // It is down when the message comes.
		var reachable atomic.Bool
		w.config.Refused = func(_ context.Context, wishes []book.Wish) (tickets []string, err error) {
			if !reachable.Load() {
				return nil, errors.New("the office cannot be reached")
			}
			for _, v := range wishes {
				if v.Telephone == lan {
					tickets = append(tickets, v.Ticket)
				}
			}
			return tickets, nil
		}
		w.start()
		for range 9 {
			w.office.next("1")
		}
		time.Sleep(10 * time.Minute)
		if calls := w.town.calls(); len(calls) != 0 {
			t.Fatalf("%d were called while the office could not be asked who refuses", len(calls))
		}
		if got := w.wishOf(mine.ID); got.Telephone != lan {
			t.Fatalf("%+v", got)
		}
		reachable.Store(true)
		time.Sleep(10 * time.Minute)
		if got := w.wishOf(mine.ID); got.Result != book.Withdrawn || w.onDisk(lan[1:]) {
			t.Errorf("%+v, on the disk: %v", got, w.onDisk(lan[1:]))
		}
		calls := w.town.calls()
		if len(calls) == 0 {
			t.Error("nobody was called")
		}
		for _, r := range calls {
			if r.number == lan {
				t.Error("somebody was called who had refused")
			}
		}
	})
}
